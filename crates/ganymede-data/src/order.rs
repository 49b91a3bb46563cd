//! The order of training: one endless stream of sample numbers. Not here: reading them (`loader.rs`).

use ganymede_tensor::{Rng, philox4x32_10, stream_of};

/// An endless stream of positions 0..n: epoch e is a permutation that depends on (seed, e) alone.
///
/// Position p of the stream is element p mod n of epoch ⌊p/n⌋, so a batch of N that starts at b·N
/// goes on across the ends of epochs, also when n < N.
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

/// Whether the sample at position `p` of the stream is mirrored: a fair coin of (seed, p).
pub(crate) fn mirrored(seed: u64, p: u64) -> bool {
    let key = [seed as u32, (seed >> 32) as u32];
    philox4x32_10([p as u32, (p >> 32) as u32, stream_of("data/mirror"), 0], key)[0] & 1 == 1
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

    #[test]
    fn mirroring_is_a_fair_coin() {
        let heads = (0..10_000).filter(|&p| mirrored(1, p)).count();
        assert!((4_800..5_200).contains(&heads), "{heads}");
    }
}
