//! Random tensors: Philox4x32-10 on vectors of counters.
//! Not here: the host's sequential generator (`ganymede_tensor::Rng`), which gives the same numbers.

use crate::isa::{Isa, Kernel, LANES, Simd};
use crate::math;
use crate::pool::Pool;

/// Elements that one turn of the vector loop makes: four words of 16 counters.
const GROUP: usize = 4 * LANES;

/// Groups of a task.
const TASK: usize = 64;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Uniform in [0, 1): (word >> 8)·2⁻²⁴.
    Uniform,
    /// Standard normal, by Box–Muller on the words (0, 1) and (2, 3) of a block: √(−2 ln u₁)·(cos 2πu₂, sin 2πu₂)
    /// with u₁ = ((w₀ >> 8) + 1)·2⁻²⁴ and u₂ = (w₁ >> 8)·2⁻²⁴.
    Normal,
}

/// Which generator makes which elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeds<'a> {
    /// One for the whole tensor.
    Whole {
        /// Low and high half of the seed.
        key: [u32; 2],
        /// Number of the tensor's first element.
        first: u64,
    },
    /// One for each sample, two words each; elements are numbered from 0 in every sample.
    PerSample(&'a [u32]),
}

/// Fills `out` with random numbers.
///
/// Element i takes word i mod 4 of the block at counter (⌊i/4⌋ low, ⌊i/4⌋ high, `stream`, `draw`).
///
/// # Shapes
/// With [`Seeds::PerSample`] of 2·n words, `out` is (n, …).
///
/// # Panics
/// When the samples' seeds are not pairs, or `out` is not a whole number of elements for each of them.
///
/// # Source
/// Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC '11. Box, Muller (1958),
/// "A note on the generation of random normal deviates".
pub fn fill(
    pool: &Pool,
    isa: Isa,
    distribution: Distribution,
    seeds: Seeds<'_>,
    stream: u32,
    draw: u32,
    out: &mut [f32],
) {
    if out.is_empty() {
        return;
    }
    let stretch = |key, first, out| Stretch { distribution, key, stream, draw, first, out };
    match seeds {
        Seeds::Whole { key, first } => {
            // Tasks begin at whole groups, as do the vectors.
            let head = (GROUP - (first % GROUP as u64) as usize) % GROUP;
            let parts = Parts::new(out, head.min(out.len()), TASK * GROUP);
            pool.run(parts.count(), &|i| {
                let (start, part) = parts.take(i);
                isa.dispatch(stretch(key, first + start as u64, part));
            });
        }
        Seeds::PerSample(keys) => {
            assert!(keys.len().is_multiple_of(2), "expected two words of seed for each sample, found {}", keys.len());
            let samples = keys.len() / 2;
            let whole = samples > 0 && out.len().is_multiple_of(samples);
            assert!(whole, "expected elements of {samples} samples, found {}", out.len());
            let each = out.len() / samples;
            let per_task = (TASK * GROUP / each).max(1);
            let parts = Parts::new(out, 0, per_task * each);
            pool.run(parts.count(), &|i| {
                let (start, part) = parts.take(i);
                for (sample, out) in part.chunks_exact_mut(each).enumerate() {
                    let key = 2 * (start / each + sample);
                    isa.dispatch(stretch([keys[key], keys[key + 1]], 0, out));
                }
            });
        }
    }
}

/// A slice cut into parts of one length (after a head of another), one for each task.
struct Parts {
    start: *mut f32,
    len: usize,
    head: usize,
    part: usize,
}

// SAFETY: tasks take different parts, which do not overlap.
unsafe impl Sync for Parts {}

impl Parts {
    fn new(out: &mut [f32], head: usize, part: usize) -> Parts {
        Parts { start: out.as_mut_ptr(), len: out.len(), head, part }
    }

    fn count(&self) -> usize {
        usize::from(self.head > 0) + (self.len - self.head).div_ceil(self.part)
    }

    /// Part i and its place; each is taken once, by the task of that number.
    #[allow(clippy::mut_from_ref)]
    fn take(&self, i: usize) -> (usize, &mut [f32]) {
        let cut = |i: usize| match (self.head, i) {
            (_, 0) => 0,
            (0, i) => (i * self.part).min(self.len),
            (head, i) => (head + (i - 1) * self.part).min(self.len),
        };
        let (start, end) = (cut(i), cut(i + 1));
        // SAFETY: inside the slice, and no other task has this part.
        (start, unsafe { std::slice::from_raw_parts_mut(self.start.add(start), end - start) })
    }
}

/// Consecutive elements under one key.
struct Stretch<'a> {
    distribution: Distribution,
    key: [u32; 2],
    stream: u32,
    draw: u32,
    first: u64,
    out: &'a mut [f32],
}

impl Kernel for Stretch<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut at = 0;
        while at < self.out.len() {
            let element = self.first + at as u64;
            let skip = (element % GROUP as u64) as usize;
            let n = (GROUP - skip).min(self.out.len() - at);
            let words = philox(s, blocks(s, element / GROUP as u64, self.stream, self.draw), self.key);
            // No `map` of arrays: it is not always inlined, and then passes vectors through memory.
            let values = match self.distribution {
                Distribution::Uniform => [unit(s, words[0]), unit(s, words[1]), unit(s, words[2]), unit(s, words[3])],
                Distribution::Normal => {
                    let (a, b) = box_muller(s, words[0], words[1]);
                    let (c, d) = box_muller(s, words[2], words[3]);
                    [a, b, c, d]
                }
            };
            let mut columns = [[0.0; LANES]; 4];
            for (column, value) in columns.iter_mut().zip(values) {
                s.store(column, value);
            }
            let mut group = [[0.0; 4]; LANES];
            for lane in 0..LANES {
                group[lane] = [columns[0][lane], columns[1][lane], columns[2][lane], columns[3][lane]];
            }
            match self.out[at..].first_chunk_mut::<GROUP>() {
                Some(out) if n == GROUP => out.copy_from_slice(group.as_flattened()),
                _ => self.out[at..at + n].copy_from_slice(&group.as_flattened()[skip..skip + n]),
            }
            at += n;
        }
    }
}

/// The counters of the 16 blocks of a group.
#[inline(always)]
fn blocks<S: Simd>(s: S, group: u64, stream: u32, draw: u32) -> [S::U32; 4] {
    // A group is 16 blocks, so the low word does not overflow within one.
    let block = group * LANES as u64;
    let low = s.add_u32(s.splat_u32(block as u32), s.lane_numbers());
    [low, s.splat_u32((block >> 32) as u32), s.splat_u32(stream), s.splat_u32(draw)]
}

/// Ten rounds of Philox on 16 counters.
#[inline(always)]
fn philox<S: Simd>(s: S, mut counter: [S::U32; 4], mut key: [u32; 2]) -> [S::U32; 4] {
    let multipliers = [s.splat_u32(0xD251_1F53), s.splat_u32(0xCD9E_8D57)];
    for _ in 0..10 {
        let [a, b, c, d] = counter;
        let (high, low) = (s.mul_hi(a, multipliers[0]), s.mul_lo(a, multipliers[0]));
        let (high2, low2) = (s.mul_hi(c, multipliers[1]), s.mul_lo(c, multipliers[1]));
        counter = [s.xor(s.xor(high2, b), s.splat_u32(key[0])), low2, s.xor(s.xor(high, d), s.splat_u32(key[1])), low];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

/// (word >> 8)·2⁻²⁴
#[inline(always)]
fn unit<S: Simd>(s: S, word: S::U32) -> S::F32 {
    s.mul(s.i32_to_f32(s.shift_right::<8>(word)), s.splat(1.0 / 16_777_216.0))
}

/// Two standard normals of two words.
#[inline(always)]
fn box_muller<S: Simd>(s: S, a: S::U32, b: S::U32) -> (S::F32, S::F32) {
    let above_zero = s.add_u32(s.shift_right::<8>(a), s.splat_u32(1));
    let u1 = s.mul(s.i32_to_f32(above_zero), s.splat(1.0 / 16_777_216.0));
    let radius = s.sqrt(s.mul(s.splat(-2.0), math::log(s, u1)));
    let (sin, cos) = math::sin_cos(s, s.mul(unit(s, b), s.splat(std::f32::consts::TAU)));
    (s.mul(radius, cos), s.mul(radius, sin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_tensor::Rng;

    struct Words([u32; 4], [u32; 2]);

    impl Kernel for Words {
        type Output = [[u32; LANES]; 4];
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> Self::Output {
            let mut words = [[0; LANES]; 4];
            let found = philox(s, self.0.map(|word| s.splat_u32(word)), self.1);
            words.iter_mut().zip(found).for_each(|(words, found)| s.store_u32(words, found));
            words
        }
    }

    /// The known answers of the authors' Random123 distribution.
    #[test]
    fn philox_known_answers() {
        let known = [
            ([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]),
            (
                [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
                [0xa4093822, 0x299f31d0],
                [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
            ),
        ];
        for isa in Isa::available() {
            for (counter, key, answer) in known {
                assert_eq!(isa.dispatch(Words(counter, key)), answer.map(|word: u32| [word; LANES]), "{isa:?}");
            }
        }
    }

    #[test]
    fn elements_are_those_of_the_host_for_any_number_of_threads() {
        let pools: Vec<Pool> = (1..=4).map(|threads| Pool::new(threads).unwrap()).collect();
        let seed = 0x0123_4567_89ab_cdef_u64;
        let key = [seed as u32, (seed >> 32) as u32];
        for distribution in [Distribution::Uniform, Distribution::Normal] {
            for first in [0, 1, 3, 64, 1000, (1 << 34) - 70] {
                for n in [0, 1, 2, 63, 200, 10_000] {
                    let normal = distribution == Distribution::Normal;
                    let expected = Rng::fill(seed, 11, 5, first, n, normal);
                    for isa in Isa::available() {
                        let mut found = vec![f32::NAN; n];
                        fill(&pools[0], isa, distribution, Seeds::Whole { key, first }, 11, 5, &mut found);
                        for (x, y) in found.iter().zip(&expected) {
                            let tolerance = if normal { 2e-6 * y.abs().max(1.0) } else { 0.0 };
                            assert!((f64::from(*x) - y).abs() <= tolerance, "{isa:?} {first} {n}: {x} {y}");
                        }
                        for pool in &pools[1..] {
                            let mut again = vec![f32::NAN; n];
                            fill(pool, isa, distribution, Seeds::Whole { key, first }, 11, 5, &mut again);
                            assert_eq!(again, found, "{isa:?} {} threads", pool.threads());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_sample_has_the_same_numbers_in_any_batch() {
        let pool = Pool::new(3).unwrap();
        let keys: Vec<u32> = (0..2 * 700).map(|i| i * 7919).collect();
        for (samples, each) in [(700, 1), (300, 100), (3, 10_000), (5, 0)] {
            for isa in Isa::available() {
                let mut batch = vec![f32::NAN; samples * each];
                let seeds = Seeds::PerSample(&keys[..2 * samples]);
                fill(&pool, isa, Distribution::Normal, seeds, 1, 2, &mut batch);
                for sample in [0, samples / 2, samples - 1] {
                    let mut alone = vec![f32::NAN; each];
                    let key = [keys[2 * sample], keys[2 * sample + 1]];
                    fill(&pool, isa, Distribution::Normal, Seeds::Whole { key, first: 0 }, 1, 2, &mut alone);
                    assert_eq!(alone, batch[sample * each..][..each]);
                }
            }
        }
    }
}
