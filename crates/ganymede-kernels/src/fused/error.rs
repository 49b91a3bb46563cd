//! What can be wrong with a region, or with the buffers it is run on.

use ganymede_tensor::DType;

/// Why a region cannot be compiled or run. `Display` says where and what; these are bugs of who built the region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // The fields are what the messages say.
#[non_exhaustive]
pub enum RegionError {
    /// More axes than are supported.
    #[error("expected at most {} axes, found {found}", super::MAX_RANK)]
    Rank { found: usize },
    /// Sizes, strides or offsets beyond what can be addressed.
    #[error("expected sizes and strides below 2^48, found {found} in {place}")]
    TooLarge { place: String, found: i128 },
    /// A register, operand or axis that does not exist (yet).
    #[error("instruction {instruction}: expected {what} below {limit}, found {found}")]
    Reference { instruction: usize, what: &'static str, limit: usize, found: usize },
    /// A type an instruction does not take.
    #[error("instruction {instruction}: expected {expected}, found {found}")]
    Type { instruction: usize, expected: String, found: DType },
    /// What is loaded outside a window, of another type.
    #[error("{place}: expected a constant of {dtype}, found one of {found}")]
    Constant { place: String, dtype: DType, found: DType },
    /// A map with another number of axes than the iteration space.
    #[error("{place}: expected {expected} axes, found {found}")]
    Axes { place: String, expected: usize, found: usize },
    /// A window that moves by less than 1.
    #[error("{place}: expected a window step of at least 1, found 0")]
    Step { place: String },
    /// An element before the start of its buffer.
    #[error("{place}: expected elements from 0 on, found element {element}")]
    Negative { place: String, element: i128 },
    /// An output of a register that does not exist, or of a type it cannot take.
    #[error("output {output}: expected {expected}, found {found}")]
    Output { output: usize, expected: &'static str, found: String },
    /// Two points that write one element.
    #[error("output {output}: expected an element for each point, found strides {strides:?} over extent {extent:?}")]
    Collision { output: usize, strides: Vec<isize>, extent: Vec<usize> },
    /// Two outputs of one buffer that may write the same element.
    #[error("output {output}: expected elements of its own, found write buffer {write} of output {other}")]
    WrittenTwice { output: usize, other: usize, write: usize },
    /// An operand in a write buffer that is not updated at the same elements.
    #[error("operand {operand}: expected the map and type of the store to write buffer {write}, found another")]
    InPlace { operand: usize, write: usize },
    /// So many values at a time that no tile fits.
    #[error("expected at most {limit} values live at a time, found {found}")]
    TooManyValues { limit: usize, found: usize },
    /// Not of the form an epilogue must have.
    #[error("expected an epilogue on a dense f32 matrix in write buffer 0, found {found}")]
    Epilogue { found: String },
    /// Too few buffers, at run.
    #[error("expected {expected} {what} buffers, found {found}")]
    Buffers { what: &'static str, expected: usize, found: usize },
    /// A buffer that is too short, at run.
    #[error("expected at least {expected} bytes in {what} buffer {buffer}, found {found}")]
    TooShort { what: &'static str, buffer: usize, expected: usize, found: usize },
    /// A buffer whose address does not suit its elements, at run.
    #[error("expected {what} buffer {buffer} aligned to {alignment} bytes, found address {address:#x}")]
    Misaligned { what: &'static str, buffer: usize, alignment: usize, address: usize },
}

impl RegionError {
    /// What can be done about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RegionError::Rank { .. } => "merge axes, or split the region",
            RegionError::TooManyValues { .. } => "split the region",
            RegionError::TooLarge { .. } => "use a smaller batch or resolution",
            RegionError::Buffers { .. } | RegionError::TooShort { .. } | RegionError::Misaligned { .. } => {
                "this is a bug in the lowering: it gave other buffers than the region was built for"
            }
            _ => "this is a bug in what built the region",
        }
    }
}
