//! Random numbers and comparisons for the tests of kernels.

/// A small linear congruential generator: tests must not depend on what they test.
pub struct Random(pub u64);

impl Random {
    /// The next 32 bits.
    pub fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }
    /// An integer from `low` to `high`, both included.
    pub fn integer(&mut self, low: usize, high: usize) -> usize {
        low + self.bits() as usize % (high - low + 1)
    }
    /// One of these.
    pub fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.integer(0, of.len() - 1)]
    }
    /// `n` numbers of about [−1, 1].
    pub fn floats(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.bits() as f32 / (1u32 << 30) as f32 - 1.0).collect()
    }
}

/// Asserts that the largest difference is at most `bound` times the largest expected entry.
pub fn assert_close(found: &[f32], expected: &[f32], bound: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-3f32, |m, x| m.max(x.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= bound * scale, "{what}: [{i}] found {f}, expected {e}");
    }
}
