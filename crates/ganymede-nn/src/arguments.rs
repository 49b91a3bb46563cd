//! The types that an argument of a layer can have, and how each is read, written and given in Rust.
//! Not here: reading all arguments of a class (`config.rs`).

use crate::config::Misread;
use serde_json::{Value, json};

/// A type of argument.
pub trait Argument: Sized + PartialEq {
    /// What it can be, as in "expected … to be a positive whole number".
    fn expected() -> String;

    /// The argument of a value.
    ///
    /// # Errors
    /// When the value is not of this type.
    fn read(value: &Value) -> Result<Self, Misread>;

    /// The value of the argument.
    fn write(&self) -> Value;

    /// What a null means, if it means anything but the default.
    fn null() -> Option<Self> {
        None
    }
}

/// What can be given for an argument of type `T` in Rust.
pub trait IntoArgument<T> {
    /// The argument.
    fn into_argument(self) -> T;
}

impl<T> IntoArgument<T> for T {
    fn into_argument(self) -> T {
        self
    }
}

impl<T> IntoArgument<Option<T>> for T {
    fn into_argument(self) -> Option<T> {
        Some(self)
    }
}

macro_rules! plain {
    ($ty:ty, $expected:literal, $value:ident => $read:expr) => {
        impl Argument for $ty {
            fn expected() -> String {
                $expected.into()
            }
            fn read($value: &Value) -> Result<Self, Misread> {
                $read.ok_or_else(Misread::default)
            }
            fn write(&self) -> Value {
                json!(self)
            }
        }
    };
}

plain!(usize, "a whole number from 0", v => whole(v).and_then(|i| usize::try_from(i).ok()));
plain!(u64, "a whole number from 0", v => v.as_u64());
plain!(i64, "a whole number", v => whole(v));
plain!(f64, "a number", v => v.as_f64());
plain!(bool, "true or false", v => v.as_bool());
plain!(String, "a text", v => v.as_str().map(str::to_string));

/// A whole number, also where it is written as a float (`3.0`).
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64))
}

impl<T: Argument> Argument for Option<T> {
    fn expected() -> String {
        T::expected()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        T::read(value).map(Some)
    }
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }
    fn null() -> Option<Self> {
        Some(None)
    }
}

impl<T: Argument> Argument for Vec<T> {
    fn expected() -> String {
        format!("a list, each item {}", T::expected())
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        value.as_array().ok_or_else(Misread::default)?.iter().map(T::read).collect()
    }
    fn write(&self) -> Value {
        self.iter().map(T::write).collect()
    }
}

impl<T: Clone, const N: usize> IntoArgument<Vec<T>> for [T; N] {
    fn into_argument(self) -> Vec<T> {
        self.to_vec()
    }
}

/// One whole number for each of N spatial axes; a single number stands for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerAxis<const N: usize>(pub [usize; N]);

impl<const N: usize> Argument for PerAxis<N> {
    fn expected() -> String {
        if N == 1 { usize::expected() } else { format!("a whole number from 0, or a list of {N} of them") }
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        if let Ok(size) = usize::read(value) {
            return Ok(PerAxis([size; N]));
        }
        <[usize; N]>::try_from(Vec::read(value)?).map(PerAxis).map_err(|_| Misread::default())
    }
    fn write(&self) -> Value {
        if N == 1 { json!(self.0[0]) } else { json!(self.0.as_slice()) }
    }
}

impl<const N: usize> IntoArgument<PerAxis<N>> for usize {
    fn into_argument(self) -> PerAxis<N> {
        PerAxis([self; N])
    }
}

impl<const N: usize> IntoArgument<PerAxis<N>> for [usize; N] {
    fn into_argument(self) -> PerAxis<N> {
        PerAxis(self)
    }
}

impl<const N: usize> IntoArgument<Option<PerAxis<N>>> for usize {
    fn into_argument(self) -> Option<PerAxis<N>> {
        Some(PerAxis([self; N]))
    }
}

impl<const N: usize> IntoArgument<Option<PerAxis<N>>> for [usize; N] {
    fn into_argument(self) -> Option<PerAxis<N>> {
        Some(PerAxis(self))
    }
}

/// Defines an argument that is one of a few words.
macro_rules! words {
    (
        $(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }
        $(expected $expected:literal)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $crate::arguments::Argument for $name {
            fn expected() -> String {
                $(return $expected.into();)?
                #[allow(unreachable_code, reason = "where the words say it themselves")]
                [$($word),+].map(|w| format!("\"{w}\"")).join(" or ")
            }
            fn read(value: &serde_json::Value) -> Result<Self, $crate::config::Misread> {
                match value.as_str() {
                    $(Some($word) => Ok($name::$variant),)+
                    Some(other) => Err($crate::config::Misread::word(other, [$($word),+])),
                    None => Err($crate::config::Misread::default()),
                }
            }
            fn write(&self) -> serde_json::Value {
                match self { $($name::$variant => $word.into(),)+ }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What surrounds the input of a convolution or a pool.
    pub enum Padding {
        /// Nothing.
        Valid = "valid",
        /// So much that the output has ⌈input / stride⌉ positions, the larger half at the end.
        Same = "same",
        /// So much at the start that output t depends on inputs up to t only; for `Conv1D` alone.
        Causal = "causal",
    }
    expected "\"valid\" or \"same\" (or \"causal\" in Conv1D)"
}

words! {
    /// How values between pixels are made.
    pub enum Interpolation {
        /// The nearest pixel's.
        Nearest = "nearest",
        /// Linear in both directions between the four neighbours, with half-pixel centres.
        Bilinear = "bilinear",
    }
}

/// One or more axes; negative ones count from the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(pub Vec<i64>);

impl Argument for Axes {
    fn expected() -> String {
        "an axis or a list of axes".into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        match i64::read(value) {
            Ok(axis) => Ok(Axes(vec![axis])),
            Err(_) => Vec::read(value).map(Axes),
        }
    }
    fn write(&self) -> Value {
        if self.0.len() == 1 { json!(self.0[0]) } else { json!(self.0) }
    }
}

impl IntoArgument<Axes> for i64 {
    fn into_argument(self) -> Axes {
        Axes(vec![self])
    }
}

impl<const N: usize> IntoArgument<Axes> for [i64; N] {
    fn into_argument(self) -> Axes {
        Axes(self.to_vec())
    }
}

impl<const N: usize> IntoArgument<Option<Axes>> for [i64; N] {
    fn into_argument(self) -> Option<Axes> {
        Some(Axes(self.to_vec()))
    }
}

/// Numbers of positions before and after each of N spatial axes. One number stands for all of them; one for each
/// axis (where N > 1) for both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Borders<const N: usize>(pub [[usize; 2]; N]);

impl<const N: usize> Argument for Borders<N> {
    fn expected() -> String {
        match N {
            1 => "a whole number or a pair [start, end], not negative".into(),
            _ => format!("a whole number, a list of {N}, or a list of {N} pairs [start, end], not negative"),
        }
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        if let Ok(all) = usize::read(value) {
            return Ok(Borders([[all; 2]; N]));
        }
        let pair = |value: &Value| <[usize; 2]>::try_from(Vec::read(value)?).map_err(|_| Misread::default());
        if N == 1 && value.get(0).is_some_and(|first| !first.is_array()) {
            return Ok(Borders([pair(value)?; N]));
        }
        let items = value.as_array().filter(|items| items.len() == N).ok_or_else(Misread::default)?;
        let mut borders = [[0; 2]; N];
        for (border, item) in borders.iter_mut().zip(items) {
            *border = usize::read(item).map(|both| [both; 2]).or_else(|_| pair(item))?;
        }
        Ok(Borders(borders))
    }
    fn write(&self) -> Value {
        if N == 1 { json!(self.0[0]) } else { json!(self.0.as_slice()) }
    }
}

impl<const N: usize> IntoArgument<Borders<N>> for usize {
    fn into_argument(self) -> Borders<N> {
        Borders([[self; 2]; N])
    }
}

impl<const N: usize> IntoArgument<Borders<N>> for [[usize; 2]; N] {
    fn into_argument(self) -> Borders<N> {
        Borders(self)
    }
}

/// A number, or one for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers(pub Vec<f64>);

impl Argument for Numbers {
    fn expected() -> String {
        "a number or a list of numbers".into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        match f64::read(value) {
            Ok(number) => Ok(Numbers(vec![number])),
            Err(_) => Vec::read(value).map(Numbers),
        }
    }
    fn write(&self) -> Value {
        if self.0.len() == 1 { json!(self.0[0]) } else { json!(self.0) }
    }
}

impl IntoArgument<Numbers> for f64 {
    fn into_argument(self) -> Numbers {
        Numbers(vec![self])
    }
}

impl<const N: usize> IntoArgument<Numbers> for [f64; N] {
    fn into_argument(self) -> Numbers {
        Numbers(self.to_vec())
    }
}

/// Where the channels are: always last. Keras's other word is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelsLast;

impl Argument for ChannelsLast {
    fn expected() -> String {
        "\"channels_last\"".into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        match value.as_str() {
            Some("channels_last") => Ok(ChannelsLast),
            Some("channels_first") => {
                let hint = "images are (height, width, channels) here: remove data_format, and put a Permute layer in \
                            front where the channels come first";
                Err(Misread { hint: Some(hint.into()), ..Misread::default() })
            }
            _ => Err(Misread::default()),
        }
    }
    fn write(&self) -> Value {
        json!("channels_last")
    }
    fn null() -> Option<Self> {
        Some(ChannelsLast)
    }
}
