//! The element types of tensors. Not here: how kernels load them (`ganymede-kernels`).

use std::fmt;
use std::str::FromStr;

/// The element type of a tensor.
///
/// Arithmetic is done in `f32` (in `f64` by the reference interpreter); the integer types
/// carry data, labels, seeds and counters.
///
/// It is exhaustive on purpose: a backend that forgets a type must not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// IEEE 754 binary32.
    F32,
    /// Signed 32-bit integer: labels and indices.
    I32,
    /// Unsigned 32-bit integer: seeds and counters.
    U32,
    /// Unsigned 16-bit integer: deep images.
    U16,
    /// Unsigned 8-bit integer: images.
    U8,
    /// Truth value, one byte, 0 or 1.
    Bool,
}

impl DType {
    /// Every element type, in declaration order.
    pub const ALL: [DType; 6] = [DType::F32, DType::I32, DType::U32, DType::U16, DType::U8, DType::Bool];

    /// Size of one element in bytes.
    pub fn bytes(self) -> usize {
        match self {
            DType::F32 | DType::I32 | DType::U32 => 4,
            DType::U16 => 2,
            DType::U8 | DType::Bool => 1,
        }
    }

    /// Name as it is written in text forms and files: `f32`, `i32`, `u32`, `u16`, `u8`, `bool`.
    pub fn name(self) -> &'static str {
        match self {
            DType::F32 => "f32",
            DType::I32 => "i32",
            DType::U32 => "u32",
            DType::U16 => "u16",
            DType::U8 => "u8",
            DType::Bool => "bool",
        }
    }

    /// Whether it is one of the integer types (`bool` is not).
    pub fn is_integer(self) -> bool {
        !matches!(self, DType::F32 | DType::Bool)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DType {
    type Err = String;

    /// # Errors
    /// A message with the name when it is none of [`DType::ALL`].
    fn from_str(name: &str) -> Result<Self, String> {
        DType::ALL
            .into_iter()
            .find(|d| d.name() == name)
            .ok_or_else(|| format!("expected an element type (f32, i32, u32, u16, u8, bool), found `{name}`"))
    }
}
