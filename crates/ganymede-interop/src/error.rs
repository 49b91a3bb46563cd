//! What can go wrong in reading or writing other people's formats. Not here: what goes wrong in a run itself (`ganymede-gan`).

use ganymede_gan::GanError;
use std::path::{Path, PathBuf};

/// Every failure of this crate. Fields are facts; [`InteropError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InteropError {
    /// The run cannot be used.
    #[error(transparent)]
    Gan(#[from] GanError),
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// `read`, `write`, `create`.
        action: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// What is to be written is there already.
    #[error("{}: expected a new path, found {what}", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
        /// `a file` or `a folder`.
        what: &'static str,
    },
    /// An option has no such value, or the format has no such option.
    #[error("{what}: {reason}")]
    Argument {
        /// The option.
        what: String,
        /// Expected before found.
        reason: String,
    },
    /// The graph has a primitive that the format has no words for.
    #[error("layer `{layer}`: expected primitives that {format} has, found `{primitive}`")]
    Primitive {
        /// The format.
        format: &'static str,
        /// Where in the network it stands.
        layer: String,
        /// Its name.
        primitive: String,
    },
    /// The network computes a sample from its neighbours in the batch, or from how many there are.
    #[error("layer `{layer}` mixes the samples of a batch: export with a fixed batch ({reason})")]
    MixesSamples {
        /// Where in the network it stands.
        layer: String,
        /// What it is that mixes them.
        reason: String,
    },
    /// The format has no layer like this one.
    #[error("layer `{layer}` ({class}): {reason}")]
    Layer {
        /// Its name in the network.
        layer: String,
        /// Its class.
        class: String,
        /// Expected before found.
        reason: String,
    },
    /// A file of another program has what cannot be taken.
    #[error("{place}: {reason}")]
    Foreign {
        /// The file, its part, and the layer.
        place: String,
        /// Expected before found.
        reason: String,
        /// What to do.
        hint: Option<String>,
    },
}

impl InteropError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            InteropError::Gan(error) => error.hint(),
            InteropError::Exists { .. } => Some("--overwrite replaces it; --out names another".into()),
            InteropError::MixesSamples { .. } => {
                Some("--batch N writes a network for exactly N samples at a time".into())
            }
            InteropError::Layer { .. } => Some("`ganymede export RUN onnx` takes every layer".into()),
            InteropError::Foreign { hint, .. } => hint.clone(),
            _ => None,
        }
    }

    /// What cannot be taken at a place of a file.
    pub(crate) fn foreign(place: impl Into<String>, reason: impl Into<String>) -> InteropError {
        InteropError::Foreign { place: place.into(), reason: reason.into(), hint: None }
    }

    /// The same with what to do.
    pub(crate) fn with_hint(self, text: impl Into<String>) -> InteropError {
        match self {
            InteropError::Foreign { place, reason, .. } => {
                InteropError::Foreign { place, reason, hint: Some(text.into()) }
            }
            other => other,
        }
    }

    /// The same with where the place is.
    pub(crate) fn inside(self, around: impl std::fmt::Display) -> InteropError {
        match self {
            InteropError::Foreign { place, reason, hint } => {
                InteropError::Foreign { place: format!("{around}: {place}"), reason, hint }
            }
            other => other,
        }
    }

    pub(crate) fn io(path: &Path, action: &'static str, source: std::io::Error) -> InteropError {
        InteropError::Io { path: path.into(), action, source }
    }
}
