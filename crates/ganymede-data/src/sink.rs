//! Where formats put decoded samples, one after the other. Not here: the layout of the cache file (`cache.rs`).

use crate::error::DataError;
use crate::limits::MAX_IN_MEMORY;
use ganymede_tensor::TensorType;
use sha2::{Digest, Sha256};
use std::hash::Hasher;

/// Takes raw samples in order; hashes them for the fingerprint and for finding duplicates.
pub(crate) struct Sink<'a> {
    store: Store<'a>,
    sample: Option<TensorType>,
    fingerprint: Sha256,
    seen: Vec<u64>,
}

/// Where the bytes go.
pub(crate) enum Store<'a> {
    /// Into memory, at most [`MAX_IN_MEMORY`] bytes.
    Memory(Vec<u8>),
    /// Into a file.
    File(&'a mut dyn FnMut(&[u8]) -> Result<(), DataError>),
}

/// What a sink knows when all samples are in.
pub(crate) struct Filled {
    pub(crate) sample: TensorType,
    pub(crate) samples: u64,
    /// Samples that equal an earlier one, in order, each with that one.
    pub(crate) equal: Vec<[usize; 2]>,
    /// SHA-256 of the type and bytes of all samples; labels are added by the caller.
    pub(crate) fingerprint: Sha256,
    /// The samples, when they went into memory.
    pub(crate) memory: Vec<u8>,
}

/// The hash of samples of this type, before the first.
pub(crate) fn fingerprint(sample: &TensorType) -> Sha256 {
    Sha256::new().chain_update(sample.to_string())
}

impl<'a> Sink<'a> {
    /// An empty sink.
    pub(crate) fn new(store: Store<'a>) -> Self {
        Sink { store, sample: None, fingerprint: Sha256::new(), seen: Vec::new() }
    }

    /// Says what every sample is. Once, before the first [`Sink::push`].
    pub(crate) fn begin(&mut self, sample: TensorType) {
        self.fingerprint = fingerprint(&sample);
        self.sample = Some(sample);
    }

    /// Takes the next sample.
    ///
    /// # Errors
    /// [`DataError::MemoryLimit`], [`DataError::Mismatch`], or what writing the file gives.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        let expected = self.sample.as_ref().map_or(0, TensorType::bytes);
        if bytes.len() != expected {
            return Err(DataError::Mismatch {
                expected: format!("{expected} bytes a sample"),
                found: bytes.len().to_string(),
            });
        }
        match &mut self.store {
            Store::Memory(all) => {
                let needed = all.len() as u64 + bytes.len() as u64;
                if needed > MAX_IN_MEMORY {
                    return Err(DataError::MemoryLimit { limit: MAX_IN_MEMORY, needed });
                }
                all.extend_from_slice(bytes);
            }
            Store::File(write) => write(bytes)?,
        }
        self.fingerprint.update(bytes);
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write(bytes);
        self.seen.push(hasher.finish());
        Ok(())
    }

    /// Samples that equal an earlier one, in order, each with that one.
    pub(crate) fn equal(&self) -> Vec<[usize; 2]> {
        let mut seen: Vec<(u64, usize)> = self.seen.iter().copied().zip(0..).collect();
        seen.sort_unstable();
        let same = seen.chunk_by(|one, other| one.0 == other.0);
        let mut pairs: Vec<[usize; 2]> =
            same.flat_map(|same| same[1..].iter().map(|(_, again)| [*again, same[0].1])).collect();
        pairs.sort_unstable();
        pairs
    }

    /// Ends it; `None` when there was not one sample.
    pub(crate) fn finish(self) -> Option<Filled> {
        let samples = self.seen.len() as u64;
        let equal = self.equal();
        let memory = match self.store {
            Store::Memory(all) => all,
            Store::File(_) => Vec::new(),
        };
        let sample = self.sample.filter(|_| samples > 0)?;
        Some(Filled { sample, samples, equal, fingerprint: self.fingerprint, memory })
    }
}
