//! Every sample once an epoch, each epoch in an order of its own. Not here: reading samples (`dataset.rs`).

use super::{Batch, BatchSource, SourceOptions, start};
use crate::dataset::Dataset;
use crate::error::DataError;
use ganymede_tensor::{Rng, TensorType, stream_of};
use std::sync::Arc;

/// Batch b is elements b·N … (b + 1)·N − 1 of one endless stream of samples whose epoch e is a permutation f(seed, e).
#[derive(Debug)]
pub struct Shuffled {
    dataset: Arc<Dataset>,
    rows: Vec<u32>,
    order: Order,
    batch: usize,
    types: Vec<(String, TensorType)>,
}

impl Shuffled {
    /// Batches of the samples `rows`.
    ///
    /// # Errors
    /// [`DataError::Option`] for a batch of 0, or no sample.
    pub fn new(dataset: Arc<Dataset>, rows: Vec<u32>, options: &SourceOptions) -> Result<Shuffled, DataError> {
        let batch = options.batch;
        if batch == 0 || rows.is_empty() {
            let reason = format!("expected at least 1 sample in a batch, found {batch} of {}", rows.len());
            return Err(DataError::Option { name: "batch", reason });
        }
        let types = dataset.codec().fields().iter().map(|field| (field.name.clone(), field.in_batch(batch))).collect();
        Ok(Shuffled { order: Order::new(options.seed, rows.len()), dataset, rows, batch, types })
    }
}

impl BatchSource for Shuffled {
    fn types(&self) -> &[(String, TensorType)] {
        &self.types
    }

    fn batch(&mut self, number: u64) -> Result<Batch, DataError> {
        let first = start(number, self.batch)?;
        let chosen: Vec<u32> =
            (first..first + self.batch as u64).map(|p| self.rows[self.order.at(p) as usize]).collect();
        let gathered = self.types.iter().map(|(name, _)| Ok((name.clone(), self.dataset.gather_field(name, &chosen)?)));
        Ok(Batch { number, tensors: gathered.collect::<Result<_, DataError>>()? })
    }
}

/// An endless stream of positions 0..n: epoch e is a permutation that depends on (seed, e) alone.
///
/// Position p of the stream is element p mod n of epoch ⌊p/n⌋, so a batch of N that starts at b·N
/// goes on across the ends of epochs, also when n < N.
#[derive(Debug)]
pub(crate) struct Order {
    seed: u64,
    samples: usize,
    epoch: Option<(u64, Vec<u32>)>,
}

impl Order {
    /// The stream over `samples` > 0 positions under `seed`.
    pub(crate) fn new(seed: u64, samples: usize) -> Self {
        Order { seed, samples, epoch: None }
    }

    /// The element at position `p` of the stream.
    pub(crate) fn at(&mut self, p: u64) -> u32 {
        let n = self.samples as u64;
        let (epoch, index) = (p / n, (p % n) as usize);
        match &self.epoch {
            Some((known, order)) if *known == epoch => order[index],
            _ => {
                let stream = stream_of("data/order").wrapping_add((epoch >> 32) as u32);
                let order = Rng::at(self.seed, stream, epoch as u32).permutation(self.samples);
                let order: Vec<u32> = order.into_iter().map(|i| i as u32).collect();
                let element = order[index];
                self.epoch = Some((epoch, order));
                element
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_has_every_sample_once_in_an_order_of_its_own() {
        let mut order = Order::new(3, 7);
        let stream: Vec<u32> = (0..70).map(|p| order.at(p)).collect();
        let mut epochs: Vec<&[u32]> = stream.chunks(7).collect();
        for epoch in &epochs {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6]);
        }
        epochs.sort_unstable();
        epochs.dedup();
        assert!(epochs.len() > 5, "ten epochs of seven have (almost) ten orders");
        let mut again = Order::new(3, 7);
        assert_eq!(again.at(52), stream[52], "a position does not depend on the positions asked before");
    }

    /// The high words count: epochs beyond 2³², and seeds that differ there alone.
    #[test]
    fn all_bits_of_seed_and_epoch_count() {
        let epoch = |seed: u64, number: u64| -> Vec<u32> {
            let mut order = Order::new(seed, 50);
            (0..50).map(|p| order.at(number * 50 + p)).collect()
        };
        let far = 1 << 32;
        assert_ne!(epoch(1, 0), epoch(1, far));
        assert_ne!(epoch(1, far), epoch(1, 2 * far));
        assert_ne!(epoch(1, 0), epoch(1 + far, 0));
    }
}
