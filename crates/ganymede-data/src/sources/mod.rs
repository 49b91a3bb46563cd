//! The batches to train on: what makes them, one file each. A source is pure in (samples, seed, number of the batch),
//! so a run that is stopped and resumed sees the same ones. Not here: reading ahead (`loader.rs`), which source a kind
//! of data has (`modalities`).
//!
//! To add one: write `sources/x.rs` with a struct that implements [`BatchSource`], alone or around another one, and let a
//! modality give it in [`crate::Modality::source`]. Sampling by condition and random crops are such sources.

mod mirrored;
pub(crate) mod shuffled;

use crate::error::DataError;
use ganymede_tensor::{Tensor, TensorType};

pub use mirrored::Mirrored;
pub use shuffled::Shuffled;

/// An ordered set of named tensors of fixed type: what one step is trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Number of the batch, from 0.
    pub number: u64,
    /// A tensor for each field by its name, in the order of the codec: `real` (N, …sample), then `label` (N,) as `i32` when
    /// the data has classes, then all others.
    pub tensors: Vec<(String, Tensor)>,
}

impl Batch {
    /// A batch of these tensors.
    pub fn new<const F: usize>(number: u64, tensors: [(&str, Tensor); F]) -> Batch {
        Batch { number, tensors: tensors.into_iter().map(|(name, tensor)| (name.to_string(), tensor)).collect() }
    }

    /// The tensor of a name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|(n, _)| n == name).map(|(_, tensor)| tensor)
    }
}

/// An endless sequence of batches of fixed type, none of them short.
pub trait BatchSource: Send {
    /// Name and type of every tensor of a batch, in order.
    fn types(&self) -> &[(String, TensorType)];

    /// Batch `number`: a function of it, the samples and the seed alone, whatever was asked for before.
    ///
    /// # Errors
    /// What reading the samples gives.
    fn batch(&mut self, number: u64) -> Result<Batch, DataError>;
}

/// How batches are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceOptions {
    /// Samples in a batch.
    pub batch: usize,
    /// Seed of all that is random.
    pub seed: u64,
    /// Whether each image is mirrored left to right with probability ½.
    pub mirror: bool,
}

impl SourceOptions {
    /// Batches of that many samples, and nothing done to them.
    pub fn new(batch: usize, seed: u64) -> SourceOptions {
        SourceOptions { batch, seed, mirror: false }
    }
}

/// Position in the endless stream of samples at which a batch starts.
pub(crate) fn start(number: u64, batch: usize) -> Result<u64, DataError> {
    let end = number.checked_add(1).and_then(|next| next.checked_mul(batch as u64));
    end.map(|end| end - batch as u64).ok_or_else(|| DataError::Option {
        name: "batch",
        reason: format!("expected fewer than 2^64 samples before a batch, found batch {number}"),
    })
}
