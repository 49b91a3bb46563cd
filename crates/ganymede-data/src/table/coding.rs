//! How a table becomes what a network learns: the choices of the options. Not here: the coding itself (`modalities/table`).

use serde::{Deserialize, Serialize};

/// How numbers of a table become values of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbers {
    /// By their rank, as normal scores; frequent values are choices beside them, and whole numbers of few values are choices with an
    /// order.
    #[default]
    Scores,
    /// By the modes of a mixture of normal distributions: which mode, and where in it.
    Modes,
}

impl Numbers {
    pub(crate) fn is_default(&self) -> bool {
        *self == Numbers::default()
    }
}

/// What rows of a table are conditioned on in training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// The target, where there is one.
    #[default]
    Target,
    /// One category of any column, which is drawn by the logarithm of its frequency: rare ones are seen often. The target is a column as
    /// others are.
    Category,
}

impl Condition {
    pub(crate) fn is_default(&self) -> bool {
        *self == Condition::default()
    }
}
