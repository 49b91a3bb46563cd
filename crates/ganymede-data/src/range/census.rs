//! What values there are, counted in one pass and in any order: enough to choose a range. Not here: the choice (`mod.rs`).

use super::{DEPTHS, NEAR, USUAL};
use crate::raster::Pixels;

/// What values there are: enough to choose a range when all are seen, in any order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Census {
    pub(super) low: f64,
    pub(super) high: f64,
    /// The same of what is stored: filters that resize overshoot.
    pub(super) stored: [f64; 2],
    pub(super) total: u64,
    /// Floats that are no whole numbers, and those of them between −1 and 1.
    pub(super) fractional: u64,
    pub(super) inner: u64,
    /// Near and far outliers of each usual range.
    pub(super) outliers: [[u64; 2]; USUAL.len()],
    /// Values above each depth.
    pub(super) above: [u64; DEPTHS.len()],
    pub(super) given: Option<[f64; 2]>,
    /// Values outside the given range.
    pub(super) outside: u64,
}

fn count(values: &[f32], of_interest: impl Fn(f32) -> bool) -> u64 {
    values.iter().map(|&v| u64::from(of_interest(v))).sum()
}

impl Census {
    /// Of no value yet; `given` is the range that the user asks for.
    pub(crate) fn new(given: Option<[f64; 2]>) -> Census {
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        let none = [0; DEPTHS.len()];
        let outliers = [[0; 2]; USUAL.len()];
        Census {
            low,
            high,
            stored: [low, high],
            total: 0,
            fractional: 0,
            inner: 0,
            outliers,
            above: none,
            given,
            outside: 0,
        }
    }

    /// With the values of an image or of a point.
    pub(crate) fn of(pixels: &Pixels, given: Option<[f64; 2]>) -> Census {
        let mut census = Census::new(given);
        match pixels {
            Pixels::U8(v) => census.add_whole(v),
            Pixels::U16(v) => census.add_whole(v),
            Pixels::F32(v) => census.add_floats(v),
        }
        census.stored = [census.low, census.high];
        census
    }

    /// With what became of an image's values, which is stored in their place.
    pub(crate) fn stored_as(mut self, pixels: &Pixels) -> Census {
        self.stored = Census::of(pixels, None).stored;
        self
    }

    fn add_whole<T: Copy + Ord + Into<f64>>(&mut self, values: &[T]) {
        let (Some(&low), Some(&high)) = (values.iter().min(), values.iter().max()) else { return };
        (self.low, self.high) = (low.into(), high.into());
        self.total = values.len() as u64;
        for (count, depth) in self.above.iter_mut().zip(DEPTHS) {
            *count = if self.high > depth { values.iter().map(|&v| u64::from(v.into() > depth)).sum() } else { 0 };
        }
        if let Some([low, high]) = self.given {
            self.outside = values.iter().map(|&v| u64::from(v.into() < low || v.into() > high)).sum();
        }
    }

    fn add_floats(&mut self, values: &[f32]) {
        let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        (self.low, self.high) = (low.into(), high.into());
        self.total = values.len() as u64;
        self.fractional = count(values, |v| v != v.trunc());
        self.inner = count(values, |v| v != v.trunc() && v.abs() < 1.0);
        for (count_of, depth) in self.above.iter_mut().zip(DEPTHS) {
            *count_of = count(values, |v| v > depth as f32);
        }
        for (outliers, [low, high]) in self.outliers.iter_mut().zip(USUAL) {
            let (below, above, slack) = (low as f32, high as f32, ((high - low) * NEAR) as f32);
            let all = count(values, |v| v < below || v > above);
            let far = count(values, |v| v < below - slack || v > above + slack);
            *outliers = [all - far, far];
        }
        if let Some([low, high]) = self.given {
            self.outside = count(values, |v| f64::from(v) < low || f64::from(v) > high);
        }
    }

    /// Of both.
    pub(crate) fn join(mut self, other: &Census) -> Census {
        (self.low, self.high) = (self.low.min(other.low), self.high.max(other.high));
        self.stored = [self.stored[0].min(other.stored[0]), self.stored[1].max(other.stored[1])];
        self.total += other.total;
        self.fractional += other.fractional;
        self.inner += other.inner;
        self.outside += other.outside;
        self.above.iter_mut().zip(other.above).for_each(|(own, more)| *own += more);
        self.outliers.iter_mut().flatten().zip(other.outliers.iter().flatten()).for_each(|(own, more)| *own += more);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_are_near_or_far_from_each_usual_range() {
        // Of 0 to 1 a twentieth above is near, 3 is far; of −0.5 to 0.5 the same counts from there.
        let outliers = |values: &[f32]| Census::of(&Pixels::F32(values.to_vec()), None).outliers;
        let slack = NEAR as f32;
        let [unit, half, both, bytes] = outliers(&[0.0, 0.3, 1.0, 1.0 + slack * 0.9, 3.0]);
        assert_eq!((unit, half, both, bytes), ([1, 1], [0, 3], [1, 1], [0, 0]));
        let [unit, half, both, bytes] = outliers(&[-0.5 - slack * 0.9, 0.5, 255.0 + 255.0 * slack * 0.9, 400.0]);
        assert_eq!((unit, half, both, bytes), ([0, 3], [1, 2], [0, 2], [2, 1]));
    }
}
