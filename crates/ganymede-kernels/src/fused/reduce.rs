//! Sums and maxima of a register over some axes: how a run of points is added to the accumulators.
//! Not here: which blocks of points have which accumulators (`split.rs`).

use super::ops::maximum;
use super::region::Reduction;
use crate::isa::{LANES, Simd};

/// At least this many accumulators of a narrow inner axis, so that additions do not wait for each other.
const WIDE: usize = 64;

/// Outputs that can have accumulators of their own in a task; further ones do without.
pub(super) const MAX_WIDE: usize = 16;

/// One reduction over the collapsed axes, seen as rows along an inner axis that is either kept or reduced.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    pub kind: Reduction,
    pub write: usize,
    /// Points of a row.
    row: usize,
    /// Whether the outputs of a row's points differ.
    row_kept: bool,
    /// The axes of rows: (indices, distance in outputs; 0 where reduced), the innermost last.
    outer: Vec<(usize, usize)>,
    pub wide: Option<Wide>,
}

/// Accumulators for rows of few kept points: a row is `outputs` points repeated, and point i of it goes to
/// accumulator i mod `period`; whole vectors, where the outputs alone would fill a part of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide {
    outputs: usize,
    /// A multiple of the outputs and of the lanes.
    pub period: usize,
    /// Which of the task's wide accumulators.
    pub number: usize,
}

/// No row: what wide accumulators belong to before the first.
pub(super) const NO_ROW: usize = usize::MAX;

impl Fold {
    /// The fold of axes of these sizes, of which some are kept; `number`: how many wide ones there are already.
    pub fn new(kind: Reduction, write: usize, extent: &[usize], kept: &[bool], number: usize) -> Fold {
        let mut runs: Vec<(usize, bool)> = Vec::new();
        for (&size, &kept) in extent.iter().zip(kept) {
            match runs.last_mut() {
                Some((run, same)) if *same == kept => *run *= size,
                _ => runs.push((size, kept)),
            }
        }
        let mut distance = 1;
        let mut axes: Vec<(usize, usize)> = Vec::new();
        for &(size, kept) in runs.iter().rev() {
            axes.push((size, if kept { distance } else { 0 }));
            distance *= if kept { size } else { 1 };
        }
        axes.reverse();
        let (row, row_distance) = axes.pop().unwrap_or((1, 0));
        let mut fold = Fold { kind, write, row, row_kept: row_distance == 1, outer: axes, wide: None };
        if let Some(&(repeats, 0)) = fold.outer.last()
            && row < WIDE
            && repeats >= WIDE
            && number < MAX_WIDE
        {
            let whole = row * (LANES >> row.trailing_zeros().min(LANES.trailing_zeros()));
            fold.wide = Some(Wide { outputs: row, period: whole * WIDE.div_ceil(whole), number });
            fold.row = row * repeats;
            fold.outer.pop();
        }
        fold
    }

    /// The value of nothing.
    pub fn identity(&self) -> f32 {
        match self.kind {
            Reduction::Sum => 0.0,
            Reduction::Max => f32::NEG_INFINITY,
        }
    }

    /// The first output of a row.
    #[inline(always)]
    fn base(&self, row: usize) -> usize {
        match *self.outer {
            [] => 0,
            [(_, distance)] => row * distance,
            _ => {
                let (mut rest, mut base) = (row, 0);
                for &(size, distance) in self.outer.iter().rev() {
                    base += rest % size * distance;
                    rest /= size;
                }
                base
            }
        }
    }

    /// How many rows from this one on have its outputs.
    #[inline(always)]
    fn repeats(&self, row: usize) -> usize {
        match self.outer.last() {
            Some(&(size, 0)) => size - row % size,
            _ => 1,
        }
    }

    /// Adds points `first..first + len`, given in `from`, to the accumulators: output i's is at `to` + i, the wide
    /// ones, of the row `current`, are at `wide`.
    ///
    /// # Safety
    /// `from` is valid for `len` floats; `to` + i is valid for every output i of these points; `wide` is valid for
    /// the wide period.
    #[inline(always)]
    pub unsafe fn add<S: Simd>(
        &self,
        s: S,
        to: *mut f32,
        (wide, current): (*mut f32, &mut usize),
        from: *const f32,
        first: usize,
        len: usize,
    ) {
        // SAFETY: passed on.
        unsafe {
            match (self.kind, &self.wide) {
                (Reduction::Sum, None) => self.add_rows::<S, Sum>(s, to, from, first, len),
                (Reduction::Max, None) => self.add_rows::<S, Max>(s, to, from, first, len),
                (Reduction::Sum, Some(w)) => self.add_wide::<S, Sum>(s, to, (w, wide, current), from, first, len),
                (Reduction::Max, Some(w)) => self.add_wide::<S, Max>(s, to, (w, wide, current), from, first, len),
            }
        }
    }

    /// # Safety
    /// As `add`.
    #[inline(always)]
    unsafe fn add_rows<S: Simd, C: Combine>(&self, s: S, to: *mut f32, from: *const f32, first: usize, len: usize) {
        let (mut row, mut start) = (first / self.row, first % self.row);
        let mut done = 0;
        while done < len {
            let mut n = (self.row - start).min(len - done);
            let mut rows = 1;
            let base = to.wrapping_add(self.base(row));
            let from = from.wrapping_add(done);
            // SAFETY: the run's points are inside `from`, their outputs valid.
            unsafe {
                if self.row_kept {
                    if n == self.row {
                        rows = self.repeats(row).min((len - done) / n);
                    }
                    add_columns::<S, C>(s, base.wrapping_add(start), from, rows, n);
                } else {
                    *base = C::scalars(*base, fold::<S, C>(s, from, n));
                }
            }
            n *= rows;
            done += n;
            start = 0;
            row += rows;
        }
    }

    /// # Safety
    /// As `add`.
    #[inline(always)]
    unsafe fn add_wide<S: Simd, C: Combine>(
        &self,
        s: S,
        to: *mut f32,
        (wide, at, current): (&Wide, *mut f32, &mut usize),
        from: *const f32,
        first: usize,
        len: usize,
    ) {
        let mut done = 0;
        while done < len {
            let (row, start) = ((first + done) / self.row, (first + done) % self.row);
            if row != *current {
                // SAFETY: passed on.
                unsafe { self.flush(to, at, current) };
                *current = row;
            }
            let phase = start % wide.period;
            let mut n = (self.row - start).min(len - done);
            let from = from.wrapping_add(done);
            // SAFETY: phase + n is within the period, or phase is 0 and whole periods are added, and then the rest.
            unsafe {
                if phase != 0 {
                    n = n.min(wide.period - phase);
                    add_columns::<S, C>(s, at.add(phase), from, 1, n);
                } else {
                    let (periods, rest) = (n / wide.period, n % wide.period);
                    if periods > 0 {
                        add_columns::<S, C>(s, at, from, periods, wide.period);
                    }
                    add_columns::<S, C>(s, at, from.wrapping_add(periods * wide.period), 1, rest);
                }
            }
            done += n;
        }
    }

    /// Adds the wide accumulators to the outputs of their row, in order, and empties them.
    ///
    /// # Safety
    /// As `add`, of the outputs of row `current`.
    #[inline(always)]
    pub unsafe fn flush(&self, to: *mut f32, at: *mut f32, current: &mut usize) {
        let Some(wide) = self.wide else { return };
        // SAFETY: the period is a multiple of the outputs.
        unsafe {
            if *current != NO_ROW {
                let base = to.wrapping_add(self.base(*current));
                for i in 0..wide.period {
                    let output = base.add(i % wide.outputs);
                    *output = self.combine(*output, *at.add(i));
                }
            }
            (0..wide.period).for_each(|i| *at.add(i) = self.identity());
        }
        *current = NO_ROW;
    }

    /// Two partial results as one.
    #[inline(always)]
    fn combine(&self, a: f32, b: f32) -> f32 {
        match self.kind {
            Reduction::Sum => Sum::scalars(a, b),
            Reduction::Max => Max::scalars(a, b),
        }
    }

    /// Combines `n` partial results with those in `to`.
    ///
    /// # Safety
    /// Both are valid for `n` floats and do not overlap.
    #[inline(always)]
    pub unsafe fn merge<S: Simd>(&self, s: S, to: *mut f32, from: *const f32, n: usize) {
        // SAFETY: passed on.
        unsafe {
            match self.kind {
                Reduction::Sum => add_columns::<S, Sum>(s, to, from, 1, n),
                Reduction::Max => add_columns::<S, Max>(s, to, from, 1, n),
            }
        }
    }
}

/// How two values become one.
trait Combine {
    const IDENTITY: f32;
    fn vectors<S: Simd>(s: S, a: S::F32, b: S::F32) -> S::F32;
    fn scalars(a: f32, b: f32) -> f32;
    fn lanes<S: Simd>(s: S, v: S::F32) -> f32;
}

struct Sum;
struct Max;

impl Combine for Sum {
    const IDENTITY: f32 = 0.0;
    #[inline(always)]
    fn vectors<S: Simd>(s: S, a: S::F32, b: S::F32) -> S::F32 {
        s.add(a, b)
    }
    #[inline(always)]
    fn scalars(a: f32, b: f32) -> f32 {
        a + b
    }
    #[inline(always)]
    fn lanes<S: Simd>(s: S, v: S::F32) -> f32 {
        s.reduce_add(v)
    }
}

impl Combine for Max {
    const IDENTITY: f32 = f32::NEG_INFINITY;
    #[inline(always)]
    fn vectors<S: Simd>(s: S, a: S::F32, b: S::F32) -> S::F32 {
        maximum(s, a, b)
    }
    #[inline(always)]
    fn scalars(a: f32, b: f32) -> f32 {
        if a.is_nan() || a >= b { a } else { b }
    }
    #[inline(always)]
    fn lanes<S: Simd>(s: S, v: S::F32) -> f32 {
        if s.any(s.not(s.eq(v, v))) { f32::NAN } else { s.reduce_max(v) }
    }
}

/// to[j] ∘= from[r·n + j] for r = 0, 1, … `rows`.
///
/// # Safety
/// `to` is valid for `n` floats, `from` for `rows`·`n`; they do not overlap.
#[inline(always)]
unsafe fn add_columns<S: Simd, C: Combine>(s: S, to: *mut f32, from: *const f32, rows: usize, n: usize) {
    let whole = n - n % LANES;
    let mut j = 0;
    // SAFETY: j + 16 ≤ n in the first loop, and n − j < 16 lanes are touched after it.
    unsafe {
        while j < whole {
            let mut sum = s.load_ptr(to.add(j));
            for row in 0..rows {
                sum = C::vectors(s, sum, s.load_ptr(from.add(row * n + j)));
            }
            s.store_ptr(to.add(j), sum);
            j += LANES;
        }
        if j < n {
            let mut sum = s.load_partial_ptr(to.add(j), n - j);
            for row in 0..rows {
                sum = C::vectors(s, sum, s.load_partial_ptr(from.add(row * n + j), n - j));
            }
            s.store_partial_ptr(to.add(j), n - j, sum);
        }
    }
}

/// All of `n` floats as one: 64 lanes, then 16, then the tree of the lanes.
///
/// # Safety
/// `from` is valid for `n` floats.
#[inline(always)]
unsafe fn fold<S: Simd, C: Combine>(s: S, from: *const f32, n: usize) -> f32 {
    let identity = s.splat(C::IDENTITY);
    let mut sums = [identity; 4];
    let mut j = 0;
    // SAFETY: every load ends at or before n.
    unsafe {
        while j + 4 * LANES <= n {
            sums[0] = C::vectors(s, sums[0], s.load_ptr(from.add(j)));
            sums[1] = C::vectors(s, sums[1], s.load_ptr(from.add(j + LANES)));
            sums[2] = C::vectors(s, sums[2], s.load_ptr(from.add(j + 2 * LANES)));
            sums[3] = C::vectors(s, sums[3], s.load_ptr(from.add(j + 3 * LANES)));
            j += 4 * LANES;
        }
        let mut sum = C::vectors(s, C::vectors(s, sums[0], sums[1]), C::vectors(s, sums[2], sums[3]));
        while j + LANES <= n {
            sum = C::vectors(s, sum, s.load_ptr(from.add(j)));
            j += LANES;
        }
        if j < n {
            let rest = s.load_partial_ptr(from.add(j), n - j);
            // Lane i is beyond the end where i − (n − j) is not negative.
            let beyond = s.shift_right::<31>(s.sub_u32(s.lane_numbers(), s.splat_u32((n - j) as u32)));
            let inside = s.sub_u32(s.splat_u32(0), beyond);
            sum = C::vectors(s, sum, s.select(inside, rest, identity));
        }
        C::lanes(s, sum)
    }
}
