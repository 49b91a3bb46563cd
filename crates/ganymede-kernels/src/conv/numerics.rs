//! How exact a convolution has to be. Not here: which algorithm that leaves (`plan.rs`, `winograd/cost.rs`).

use super::plan::Pass;
use std::fmt;
use std::str::FromStr;

/// How exact convolutions are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Numerics {
    /// The fastest algorithm; relative rms errors up to 4e-6.
    #[default]
    Fast,
    /// Only algorithms whose error is at or below that of the direct one in `f32`.
    Strict,
}

/// The name of a kind of numerics is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected fast or strict numerics, found `{name}`")]
pub struct UnknownNumerics {
    /// The name as given.
    pub name: String,
}

impl Numerics {
    /// All of them.
    pub const ALL: [Numerics; 2] = [Numerics::Fast, Numerics::Strict];

    /// The name that `parse` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Numerics::Fast => "fast",
            Numerics::Strict => "strict",
        }
    }

    /// The largest squares of outputs that Toom-Cook may compute in one go with so many taps in a phase;
    /// 0 for none.
    ///
    /// Larger squares lose accuracy faster than they save products. As exact as sums of products is F(2, 3) alone, and not
    /// for weights' gradients nor with phases; F(2, 2) has up to twice the error (docs/reference/accuracy.md).
    pub(super) fn largest_square(self, taps: usize, stride: usize, pass: Pass) -> usize {
        match self {
            Numerics::Fast => 4,
            Numerics::Strict if taps == 3 && stride == 1 && pass != Pass::WeightGrad => 2,
            Numerics::Strict => 0,
        }
    }
}

impl fmt::Display for Numerics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Numerics {
    type Err = UnknownNumerics;

    fn from_str(name: &str) -> Result<Numerics, UnknownNumerics> {
        let found = Numerics::ALL.into_iter().find(|numerics| numerics.name() == name);
        found.ok_or_else(|| UnknownNumerics { name: name.into() })
    }
}
