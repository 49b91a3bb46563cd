//! Counter-based random numbers: a pure function of key and counter.
//! Not here: random nodes of a graph (`ganymede-graph`), vectorised filling (`ganymede-kernels`);
//! both give the same words and, up to rounding, the same normals as this file.

/// Philox4x32-10: ten rounds of a keyed bijection on four words.
///
/// # Source
/// Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC '11.
pub fn philox4x32_10(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        let p0 = u64::from(counter[0]) * 0xD251_1F53;
        let p1 = u64::from(counter[2]) * 0xCD9E_8D57;
        counter =
            [(p1 >> 32) as u32 ^ counter[1] ^ key[0], p1 as u32, (p0 >> 32) as u32 ^ counter[3] ^ key[1], p0 as u32];
    }
    counter
}

/// The stream number of a name: 32-bit FNV-1a, finished with an avalanche so that
/// names which differ in the last letter differ everywhere.
///
/// # Source
/// FNV-1a (Fowler, Noll, Vo); finaliser of MurmurHash3 (Appleby).
pub fn stream_of(name: &str) -> u32 {
    let mut hash = name.bytes().fold(0x811c_9dc5u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// A sequence of random numbers that is a function of (seed, stream, draw) alone.
///
/// Element i is word i mod 4 of Philox block (⌊i/4⌋, stream, draw) under the seed, so any
/// element can be computed on its own; this type hands them out in order.
///
/// ```
/// use ganymede_tensor::{Rng, stream_of};
///
/// let draw = |name: &str| {
///     let mut rng = Rng::new(7, stream_of(name));
///     [rng.normal(), rng.normal()]
/// };
/// assert_eq!(draw("generator/dense"), draw("generator/dense"));
/// assert_ne!(draw("generator/dense"), draw("generator/dense_1"));
/// ```
#[derive(Clone, Debug)]
pub struct Rng {
    key: [u32; 2],
    stream: u32,
    draw: u32,
    index: u64,
    block: [u32; 4],
}

impl Rng {
    /// The sequence of `stream` under `seed`, draw 0.
    pub fn new(seed: u64, stream: u32) -> Self {
        Rng::at(seed, stream, 0)
    }

    /// The sequence of `stream` and `draw` under `seed`.
    pub fn at(seed: u64, stream: u32, draw: u32) -> Self {
        Rng { key: [seed as u32, (seed >> 32) as u32], stream, draw, index: 0, block: [0; 4] }
    }

    /// The next 32 random bits.
    pub fn bits(&mut self) -> u32 {
        let lane = (self.index % 4) as usize;
        if lane == 0 {
            let block = self.index / 4;
            self.block = philox4x32_10([block as u32, (block >> 32) as u32, self.stream, self.draw], self.key);
        }
        self.index += 1;
        self.block[lane]
    }

    /// Uniform in [0, 1), on a grid of 2⁻²⁴.
    pub fn uniform(&mut self) -> f64 {
        unit(self.bits())
    }

    /// Uniform in [low, high).
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Standard normal, by Box–Muller; takes two words (starts at an even element).
    pub fn normal(&mut self) -> f64 {
        if !self.index.is_multiple_of(2) {
            self.bits();
        }
        let (a, b) = (self.bits(), self.bits());
        box_muller(a, b).0
    }

    /// Uniform integer in 0..n, without bias (rejection).
    ///
    /// # Panics
    /// When `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "there is no integer below 0");
        let zone = u32::MAX - (u32::MAX - n + 1) % n;
        loop {
            let bits = self.bits();
            if bits <= zone {
                return bits % n;
            }
        }
    }

    /// A random order of 0..n (Fisher–Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            let bound = u32::try_from(last + 1).expect("a permutation of fewer than 2^32 elements");
            order.swap(last, self.below(bound) as usize);
        }
        order
    }
}

/// The uniform of a word: ⌊word/2⁸⌋·2⁻²⁴, in [0, 1).
pub(crate) fn unit(word: u32) -> f64 {
    f64::from(word >> 8) / 16_777_216.0
}

/// Two standard normals of two words: √(−2 ln u₁)·(cos 2πu₂, sin 2πu₂), u₁ in (0, 1].
///
/// # Source
/// Box, Muller (1958), "A note on the generation of random normal deviates".
pub(crate) fn box_muller(a: u32, b: u32) -> (f64, f64) {
    let radius = libm::sqrt(-2.0 * libm::log(unit(a) + 1.0 / 16_777_216.0));
    let angle = 2.0 * std::f64::consts::PI * unit(b);
    (radius * libm::cos(angle), radius * libm::sin(angle))
}

impl Rng {
    /// `n` elements of a random node: what `ganymede-graph`'s random primitive means by
    /// uniform (`normal = false`) or standard normal (`normal = true`), from element `first` on.
    pub fn fill(seed: u64, stream: u32, draw: u32, first: u64, n: usize, normal: bool) -> Vec<f64> {
        let key = [seed as u32, (seed >> 32) as u32];
        let element = |i: u64| {
            let block = philox4x32_10([(i / 4) as u32, ((i / 4) >> 32) as u32, stream, draw], key);
            let lane = (i % 4) as usize;
            match (normal, lane % 2) {
                (false, _) => unit(block[lane]),
                (true, 0) => box_muller(block[lane], block[lane + 1]).0,
                (true, _) => box_muller(block[lane - 1], block[lane]).1,
            }
        };
        (first..first + n as u64).map(element).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of the authors' Random123 distribution.
    #[test]
    fn philox_known_answers() {
        assert_eq!(philox4x32_10([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(philox4x32_10([u32::MAX; 4], [u32::MAX; 2]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
        assert_eq!(
            philox4x32_10([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    #[test]
    fn moments_of_normal_and_uniform() {
        let n = 100_000;
        let x = Rng::fill(7, 3, 0, 0, n, true);
        let mean = x.iter().sum::<f64>() / n as f64;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "mean {mean}, variance {variance}");
        let u = Rng::fill(7, 4, 0, 0, n, false);
        assert!(u.iter().all(|v| (0.0..1.0).contains(v)));
        assert!((u.iter().sum::<f64>() / n as f64 - 0.5).abs() < 0.005);
    }

    #[test]
    fn fill_does_not_depend_on_where_it_starts() {
        let whole = Rng::fill(1, 2, 3, 0, 50, true);
        assert_eq!(Rng::fill(1, 2, 3, 17, 33, true), whole[17..]);
    }

    #[test]
    fn permutations_are_permutations_and_fair() {
        let mut counts = [0; 3];
        for seed in 0..3000 {
            let order = Rng::new(seed, 0).permutation(3);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2]);
            counts[order[0]] += 1;
        }
        assert!(counts.iter().all(|&c| (900..1100).contains(&c)), "{counts:?}");
    }

    #[test]
    fn streams_differ() {
        assert_ne!(stream_of("generator/dropout"), stream_of("generator/dropout_1"));
        assert_ne!(stream_of("a"), stream_of("b"));
    }
}
