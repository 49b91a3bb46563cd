//! Which samples are trained on and which are kept out. Not here: the order of training (`sources`).

use ganymede_tensor::{Rng, stream_of};
use std::collections::{BTreeMap, BTreeSet};

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
        let count = wanted(samples, holdout);
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

    /// Splits samples so that those of one group, by its number, are on one side: whole groups are kept out, in an
    /// order that `seed` gives, up to the fraction; at least one group is kept out if there are two groups and the
    /// fraction comes to a sample.
    pub fn by_group(groups: &[u32], holdout: Option<f64>, seed: u64) -> Split {
        let count = wanted(groups.len(), holdout);
        let mut sizes = BTreeMap::<u32, usize>::new();
        groups.iter().for_each(|&group| *sizes.entry(group).or_default() += 1);
        let names: Vec<u32> = sizes.keys().copied().collect();
        let order = Rng::new(seed, stream_of("data/holdout/groups")).permutation(names.len());
        let mut kept_out = BTreeSet::new();
        let mut left = count;
        for group in order.iter().map(|&at| names[at]) {
            let size = sizes[&group];
            if size <= left && kept_out.len() + 1 < names.len() {
                left -= size;
                kept_out.insert(group);
            }
        }
        if kept_out.is_empty() && count > 0 && names.len() > 1 {
            kept_out.insert(names[order[0]]);
        }
        let (holdout, train) = (0..groups.len() as u32).partition(|&i| kept_out.contains(&groups[i as usize]));
        Split { train, holdout }
    }
}

impl Split {
    /// The same of these samples: their numbers in the place of places among them.
    pub(crate) fn of(self, samples: &[u32]) -> Split {
        let numbers = |places: Vec<u32>| places.into_iter().map(|place| samples[place as usize]).collect();
        Split { train: numbers(self.train), holdout: numbers(self.holdout) }
    }
}

/// How many samples are to be kept out; never all.
fn wanted(samples: usize, holdout: Option<f64>) -> usize {
    let fraction = holdout.unwrap_or(if samples >= HOLDOUT_FROM { HOLDOUT } else { 0.0 });
    let count = (fraction.clamp(0.0, 1.0) * samples as f64).round() as usize;
    count.min(samples.saturating_sub(1))
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

    #[test]
    fn groups_are_never_split() {
        // Patients of 1 to 9 samples, in no order.
        let groups: Vec<u32> = (0..1_500u32).map(|i| i.wrapping_mul(2_654_435_761) >> 24).collect();
        for seed in 0..20 {
            for holdout in [None, Some(0.01), Some(0.3), Some(0.99)] {
                let split = Split::by_group(&groups, holdout, seed);
                let groups_in = |part: &[u32]| part.iter().map(|&i| groups[i as usize]).collect::<BTreeSet<u32>>();
                assert!(groups_in(&split.train).is_disjoint(&groups_in(&split.holdout)), "{holdout:?} {seed}");
                assert_eq!(split.train.len() + split.holdout.len(), groups.len());
                assert!(!split.train.is_empty() && !split.holdout.is_empty());
                let part = split.holdout.len() as f64 / groups.len() as f64;
                assert!(part <= holdout.unwrap_or(HOLDOUT) && part > holdout.unwrap_or(HOLDOUT) - 0.02, "{part}");
            }
        }
        assert_ne!(Split::by_group(&groups, None, 1), Split::by_group(&groups, None, 2));
        // Two groups larger than the fraction: one is kept out, and never both; one group alone is trained on.
        let two = Split::by_group(&[7, 7, 7, 3, 3, 3], Some(0.1), 0);
        assert_eq!((two.train.len(), two.holdout.len()), (3, 3));
        assert!(Split::by_group(&[7; 5], Some(0.5), 0).holdout.is_empty());
        assert!(Split::by_group(&[1, 2, 3], None, 0).holdout.is_empty(), "small sets keep everything unless asked");
    }

    #[test]
    fn the_part_kept_out_is_rounded_and_never_everything() {
        let kept = |samples, holdout| Split::new(samples, holdout, 0).holdout.len();
        assert_eq!((kept(1_000, None), kept(1_001, None), kept(1_030, None)), (50, 50, 52));
        // 0.3·5 = 1.5 and 0.25·5 = 1.25.
        assert_eq!((kept(5, Some(0.3)), kept(5, Some(0.25))), (2, 1));
        assert_eq!((kept(5, Some(2.0)), kept(5, Some(-1.0)), kept(0, Some(0.5))), (4, 0, 0));
        let split = Split::new(100, Some(0.5), 3);
        assert!(split.train.is_sorted() && split.holdout.is_sorted());
        // No part of the order of the file.
        assert_ne!(split.holdout, (0..50).collect::<Vec<u32>>());
        assert_ne!(split.holdout, (50..100).collect::<Vec<u32>>());
    }
}
