//! Which samples are trained on and which are kept out. Not here: the order of training (`order.rs`).

use ganymede_tensor::{Rng, stream_of};

/// From this many samples up, a part is kept out by default.
const HOLDOUT_FROM: usize = 1_000;
/// The part kept out by default.
const HOLDOUT: f64 = 0.05;

/// Two disjoint sets of sample numbers, each ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Samples to train on; never empty when there is a sample.
    pub train: Vec<u32>,
    /// Samples never trained on.
    pub holdout: Vec<u32>,
}

impl Split {
    /// Splits `samples` samples; the choice is a function of (`samples`, `holdout`, `seed`).
    ///
    /// `holdout` is the fraction kept out, rounded to whole samples; `None` is 5 % from 1,000 samples up, else 0.
    pub fn new(samples: usize, holdout: Option<f64>, seed: u64) -> Split {
        let fraction = holdout.unwrap_or(if samples >= HOLDOUT_FROM { HOLDOUT } else { 0.0 });
        let count = (fraction.clamp(0.0, 1.0) * samples as f64).round() as usize;
        let count = count.min(samples.saturating_sub(1));
        let all = 0..samples as u32;
        if count == 0 {
            return Split { train: all.collect(), holdout: Vec::new() };
        }
        let order = Rng::new(seed, stream_of("data/holdout")).permutation(samples);
        let mut kept_out = vec![false; samples];
        order[..count].iter().for_each(|&i| kept_out[i] = true);
        let (holdout, train) = all.partition(|&i| kept_out[i as usize]);
        Split { train, holdout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_disjoint_complete_and_fixed_by_the_seed() {
        let split = Split::new(2_000, None, 7);
        assert_eq!(split.holdout.len(), 100);
        let mut all = [split.train.clone(), split.holdout.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..2_000).collect::<Vec<u32>>());
        assert_eq!(split, Split::new(2_000, None, 7));
        assert_ne!(split, Split::new(2_000, None, 8));
    }

    #[test]
    fn small_sets_keep_everything_unless_asked() {
        assert!(Split::new(999, None, 0).holdout.is_empty());
        assert_eq!(Split::new(10, Some(0.3), 0).holdout.len(), 3);
        assert_eq!(Split::new(1, Some(0.99), 0).train, [0]);
        assert!(Split::new(0, None, 0).train.is_empty());
    }
}
