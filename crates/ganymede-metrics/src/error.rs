//! What keeps a number from being measured. Not here: what it means for an evaluation (`comparison.rs`).

use ganymede_graph::BuildErrors;
use ganymede_nn::{FirstValueError, ModelError};
use ganymede_runtime::RuntimeError;
use std::error::Error;

/// Why there is no number.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// The sets are not what the metric or features are of.
    #[error("{what}: {reason}")]
    Argument {
        /// The metric or features.
        what: String,
        /// Expected before found.
        reason: String,
    },
    /// Something that it needs beside the two sets is not there.
    #[error("{0}")]
    Missing(String),
    /// It was told to stop.
    #[error("the evaluation was stopped before it was done")]
    Stopped,
    /// The network of features is not a graph.
    #[error(transparent)]
    Build(#[from] BuildErrors),
    /// The network of features is not a model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Computing features failed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// Other samples could not be had.
    #[error(transparent)]
    Others(Box<dyn Error + Send + Sync>),
}

ganymede_tensor::debug_as_text!(MetricError, MetricError::hint);

impl From<FirstValueError> for MetricError {
    fn from(FirstValueError { parameter, source }: FirstValueError) -> MetricError {
        MetricError::argument(&parameter, source.to_string())
    }
}

impl MetricError {
    pub(crate) fn argument(what: &str, reason: impl Into<String>) -> MetricError {
        MetricError::Argument { what: what.into(), reason: reason.into() }
    }

    /// Whether it says something of the sets: then the number is left out, and the others are measured.
    pub fn leaves_out(&self) -> bool {
        matches!(self, MetricError::Argument { .. } | MetricError::Missing(_))
    }

    /// What the user can do about the error.
    pub fn hint(&self) -> Option<String> {
        match self {
            MetricError::Runtime(error) => error.hint(),
            MetricError::Model(error) => error.hint(),
            MetricError::Argument { .. } | MetricError::Missing(_) => {
                Some("ask for another number of samples, or for other metrics".into())
            }
            _ => None,
        }
    }
}
