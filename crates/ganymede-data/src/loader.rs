//! Batches, read ahead by a thread of their own. Not here: their order (`order.rs`), the samples (`dataset.rs`).

use crate::codec::Kind;
use crate::dataset::{Dataset, tensor};
use crate::error::DataError;
use crate::order::{Order, mirrored};
use ganymede_tensor::{Data, Tensor, TensorType};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// An ordered set of named tensors of fixed type: what one step is trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Number of the batch, from 0.
    pub number: u64,
    /// `real` (N, …sample), then `label` (N,) as `i32` when the data has classes.
    pub tensors: Vec<(&'static str, Tensor)>,
}

impl Batch {
    /// The tensor of a name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|(n, _)| *n == name).map(|(_, tensor)| tensor)
    }
}

/// What a [`Loader`] may do beside reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoaderOptions {
    /// Mirror every second picture left to right, by a coin of (seed, position in the stream).
    pub mirror: bool,
    /// Number of batches read ahead, at least 1.
    pub prefetch: usize,
}

impl Default for LoaderOptions {
    fn default() -> Self {
        LoaderOptions { mirror: false, prefetch: 4 }
    }
}

/// An endless sequence of batches, none of them short.
///
/// Batch b is elements b·N … (b + 1)·N − 1 of one endless stream of samples whose epoch e is a permutation
/// f(seed, e); so batch b is a function of (samples, N, seed, b) alone.
#[derive(Debug)]
pub struct Loader {
    batches: Option<Receiver<Result<Batch, DataError>>>,
    thread: Option<JoinHandle<()>>,
    types: Vec<(&'static str, TensorType)>,
    waited: Duration,
}

impl Loader {
    /// Starts to read batches of `batch_size` of the samples `indices`, from batch `first_batch` on.
    ///
    /// # Errors
    /// [`DataError::Option`] for a batch of 0, no sample, or mirroring what is no picture.
    pub fn new(
        dataset: Arc<Dataset>,
        indices: Vec<u32>,
        batch_size: usize,
        seed: u64,
        first_batch: u64,
        options: LoaderOptions,
    ) -> Result<Loader, DataError> {
        if batch_size == 0 || indices.is_empty() {
            let reason = format!("expected at least 1 sample in a batch, found {batch_size} of {}", indices.len());
            return Err(DataError::Option { name: "batch", reason });
        }
        if options.mirror && !matches!(dataset.codec().kind, Kind::Images { .. }) {
            return Err(DataError::Option { name: "mirror", reason: "expected pictures, found points".into() });
        }
        let types = types(&dataset, batch_size);
        let (sender, receiver) = sync_channel(options.prefetch.max(1));
        let mut maker = Maker { order: Order::new(seed, indices.len()), dataset, indices, batch_size, seed, options };
        let thread = std::thread::Builder::new()
            .name("ganymede-data".into())
            .spawn(move || {
                for number in first_batch.. {
                    let batch = maker.batch(number);
                    let failed = batch.is_err();
                    if sender.send(batch).is_err() || failed {
                        return;
                    }
                }
            })
            .map_err(crate::error::io_error("ganymede-data", "start the thread"))?;
        Ok(Loader { batches: Some(receiver), thread: Some(thread), types, waited: Duration::ZERO })
    }

    /// Name and type of every tensor of a batch, in order.
    pub fn types(&self) -> &[(&'static str, TensorType)] {
        &self.types
    }

    /// The next batch. Not an `Iterator`: the sequence has no end, and an error is no item of it.
    ///
    /// # Errors
    /// What reading the samples gave; [`DataError::LoaderStopped`] after an error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Batch, DataError> {
        let start = Instant::now();
        let batch = self.batches.as_ref().and_then(|batches| batches.recv().ok());
        self.waited += start.elapsed();
        batch.unwrap_or(Err(DataError::LoaderStopped))
    }

    /// How long callers have waited in [`Loader::next`], all together.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        // Without a receiver the thread's next send fails, and it ends.
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Name and type of every tensor of a batch of `batch_size` samples, in order.
fn types(dataset: &Dataset, batch_size: usize) -> Vec<(&'static str, TensorType)> {
    let mut shape = vec![batch_size];
    shape.extend(dataset.sample_type().shape.iter());
    let mut types = vec![("real", TensorType::new(dataset.sample_type().dtype, shape))];
    if dataset.labels().is_some() {
        types.push(("label", TensorType::new(ganymede_tensor::DType::I32, [batch_size])));
    }
    types
}

/// Makes batch after batch; lives on the thread.
struct Maker {
    dataset: Arc<Dataset>,
    indices: Vec<u32>,
    order: Order,
    batch_size: usize,
    seed: u64,
    options: LoaderOptions,
}

impl Maker {
    fn batch(&mut self, number: u64) -> Result<Batch, DataError> {
        let first = number.checked_mul(self.batch_size as u64).ok_or_else(|| DataError::Option {
            name: "batch",
            reason: format!("expected fewer than 2^64 samples before a batch, found batch {number}"),
        })?;
        let positions = first..first + self.batch_size as u64;
        let chosen: Vec<u32> = positions.clone().map(|p| self.indices[self.order.at(p) as usize]).collect();
        let types = types(&self.dataset, self.batch_size);
        let mut bytes = vec![0; types[0].1.bytes()];
        self.dataset.read(&chosen, &mut bytes)?;
        if self.options.mirror {
            let sample = self.dataset.sample_type();
            let (row, pixel) = (sample.shape[1], sample.shape[2] * sample.dtype.bytes());
            for (position, picture) in positions.zip(bytes.chunks_exact_mut(sample.bytes())) {
                if mirrored(self.seed, position) {
                    picture.chunks_exact_mut(row * pixel).for_each(|row| mirror_row(row, pixel));
                }
            }
        }
        let mut tensors = vec![(types[0].0, tensor(&types[0].1, bytes)?)];
        if let Some(labels) = self.dataset.labels() {
            let labels = chosen.iter().map(|&i| labels[i as usize] as i32).collect();
            let made = Tensor::new([self.batch_size], Data::I32(labels));
            let made = made.map_err(|e| DataError::Mismatch { expected: "labels".into(), found: e.to_string() })?;
            tensors.push((types[1].0, made));
        }
        Ok(Batch { number, tensors })
    }
}

/// Reverses the pixels of a row.
fn mirror_row(row: &mut [u8], pixel: usize) {
    row.reverse();
    row.chunks_exact_mut(pixel).for_each(<[u8]>::reverse);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_mirrored_pixel_by_pixel() {
        let mut row = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        mirror_row(&mut row, 3);
        assert_eq!(row, [7, 8, 9, 4, 5, 6, 1, 2, 3]);
    }
}
