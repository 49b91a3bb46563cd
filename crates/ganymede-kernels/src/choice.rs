//! What an algorithm and the reason for it are called. Not here: the choices themselves (`conv`, `gemm`).

/// An algorithm, and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name, such as `toom-cook F(4x4,2x2)` or `direct`.
    pub name: String,
    /// Why this one.
    pub reason: String,
}

impl Choice {
    /// A choice in words.
    pub fn new(name: impl Into<String>, reason: impl Into<String>) -> Choice {
        Choice { name: name.into(), reason: reason.into() }
    }
}
