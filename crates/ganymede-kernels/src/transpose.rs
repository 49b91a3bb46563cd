//! Tensors with their axes in another order: a copy in blocks that fit into vectors and cache lines.
//! Not here: transposition as part of other work (`fused` reads through strides, `gemm` takes transposed operands).

use crate::arena::Element;
use crate::isa::{Isa, Kernel, LANES, Simd};
use crate::pool::Pool;

/// Elements that a task copies, about.
const TASK: usize = 16 * 1024;

/// Why a permutation makes no transposition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransposeError {
    /// Not each axis once.
    #[error("expected each of {rank} axes once, found {permutation:?}")]
    Permutation {
        /// Number of axes.
        rank: usize,
        /// As given.
        permutation: Vec<usize>,
    },
}

impl TransposeError {
    /// What can be done about it.
    pub fn hint(&self) -> &'static str {
        "this is a bug in what built the transposition"
    }
}

/// A permuted copy, made ready: the result is made of units, each a strip of 16 rows of a transposed plane, or, where
/// the innermost axis stays innermost, one row of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transpose {
    total: usize,
    /// Size of the innermost axis of the result, and its stride in the source.
    inner: usize,
    inner_stride: usize,
    /// The axis that is innermost in the source, if that is another one.
    across: Option<Across>,
    /// The other axes, the fastest first.
    outer: Vec<Outer>,
    /// Strips of a plane.
    strips: usize,
    units: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Across {
    size: usize,
    /// Distance in the result of neighbours along this axis.
    distance: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Outer {
    size: usize,
    from: usize,
    to: usize,
}

impl Transpose {
    /// A tensor of shape `extent` becomes one whose axis k is axis `permutation[k]` of it.
    ///
    /// # Errors
    /// [`TransposeError`] when `permutation` is not each axis once.
    pub fn new(extent: &[usize], permutation: &[usize]) -> Result<Transpose, TransposeError> {
        let mut sorted = permutation.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..extent.len()) {
            return Err(TransposeError::Permutation { rank: extent.len(), permutation: permutation.to_vec() });
        }
        let axes = joined_axes(extent, permutation);
        let (&(inner, inner_stride), rest) = axes.split_last().unwrap_or((&(1, 1), &[]));
        let contiguous = rest.iter().position(|&(_, stride)| stride == 1);
        let (mut outer, mut across) = (Vec::with_capacity(rest.len()), None);
        let mut distance = inner;
        for (axis, &(size, stride)) in rest.iter().enumerate().rev() {
            if Some(axis) == contiguous {
                across = Some(Across { size, distance });
            } else {
                outer.push(Outer { size, from: stride, to: distance });
            }
            distance *= size;
        }
        let strips = across.map_or(1, |across| across.size.div_ceil(LANES));
        let units = outer.iter().map(|axis| axis.size).product::<usize>() * strips;
        Ok(Transpose { total: extent.iter().product(), inner, inner_stride, across, outer, strips, units })
    }

    /// Copies `from` to `to`.
    ///
    /// # Panics
    /// When the slices do not have as many elements as the tensor.
    pub fn run<T: Element>(&self, pool: &Pool, isa: Isa, from: &[T], to: &mut [T]) {
        let found = (from.len(), to.len());
        assert!(found == (self.total, self.total), "expected {} elements, found {found:?}", self.total);
        if self.total == 0 {
            return;
        }
        let per_unit = self.inner * if self.across.is_some() { LANES } else { 1 };
        let per_task = (TASK / per_unit).max(1);
        let tensors = Tensors { from: from.as_ptr(), to: to.as_mut_ptr() };
        pool.run(self.units.div_ceil(per_task), &|task| {
            let first = task * per_task;
            let end = (first + per_task).min(self.units);
            isa.dispatch(Units { plan: self, tensors: &tensors, first, end });
        });
    }
}

/// The axes of the result as (size, stride in the source), neighbours that are neighbours in the source joined, axes
/// of one index left out.
fn joined_axes(extent: &[usize], permutation: &[usize]) -> Vec<(usize, usize)> {
    let mut axes: Vec<(usize, usize)> = Vec::new();
    for &axis in permutation.iter().filter(|&&axis| extent[axis] != 1) {
        let (size, stride) = (extent[axis], extent[axis + 1..].iter().product());
        match axes.last_mut() {
            Some((outer, outer_stride)) if *outer_stride == stride * size => {
                (*outer, *outer_stride) = (*outer * size, stride);
            }
            _ => axes.push((size, stride)),
        }
    }
    axes
}

struct Tensors<T> {
    from: *const T,
    to: *mut T,
}

// SAFETY: units write disjoint elements of the result and read the source.
unsafe impl<T: Element> Sync for Tensors<T> {}

struct Units<'a, T> {
    plan: &'a Transpose,
    tensors: &'a Tensors<T>,
    first: usize,
    end: usize,
}

impl<T: Element> Kernel for Units<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let plan = self.plan;
        for unit in self.first..self.end {
            let (mut plane, strip) = (unit / plan.strips, unit % plan.strips);
            let (mut from, mut to) = (self.tensors.from, self.tensors.to);
            for axis in &plan.outer {
                from = from.wrapping_add(plane % axis.size * axis.from);
                to = to.wrapping_add(plane % axis.size * axis.to);
                plane /= axis.size;
            }
            // SAFETY: the offsets are those of elements of a tensor whose size was checked. Without an axis across,
            // the innermost axis is contiguous in the source too.
            unsafe {
                match plan.across {
                    None => std::ptr::copy_nonoverlapping(from, to, plan.inner),
                    Some(across) => {
                        let first = strip * LANES;
                        let rows = LANES.min(across.size - first);
                        let to = to.add(first * across.distance);
                        plan.strip(s, from.add(first), to, rows, across.distance);
                    }
                }
            }
        }
    }
}

impl Transpose {
    /// to[r·distance + i] = from[r + i·inner_stride] for r < `rows` ≤ 16 and every i of the innermost axis.
    ///
    /// # Safety
    /// These elements are inside the tensors.
    #[inline(always)]
    unsafe fn strip<T: Element, S: Simd>(&self, s: S, from: *const T, to: *mut T, rows: usize, distance: usize) {
        let vectors = if size_of::<T>() == 4 && rows == LANES { self.inner / LANES } else { 0 };
        // SAFETY: whole blocks are 16 by 16; the rest is taken one element at a time.
        unsafe {
            for block in 0..vectors {
                let (from, to) = (from.add(block * LANES * self.inner_stride), to.add(block * LANES));
                let mut block = [s.zero(); LANES];
                for (i, row) in block.iter_mut().enumerate() {
                    *row = s.load_ptr(from.add(i * self.inner_stride).cast());
                }
                let block = s.transpose(block);
                for (row, vector) in block.iter().enumerate() {
                    s.store_ptr(to.add(row * distance).cast(), *vector);
                }
            }
            for i in vectors * LANES..self.inner {
                for row in 0..rows {
                    *to.add(row * distance + i) = *from.add(row + i * self.inner_stride);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;
    use ganymede_tensor::Rng;

    #[test]
    fn random_permutations_are_the_plain_loop() {
        let pools: Vec<Pool> = (1..=3).map(|threads| Pool::new(threads).unwrap()).collect();
        let mut rng = Rng::new(4, 0);
        for round in 0..200 {
            let rank = rng.below(6) as usize;
            let mut size = || [1, 2, 3, 5, 16, 17, 40, usize::from(round % 20 != 0)][rng.below(8) as usize];
            let extent: Vec<usize> = (0..rank).map(|_| size()).collect();
            if extent.iter().product::<usize>() > 100_000 {
                continue;
            }
            let permutation = rng.permutation(rank);
            let from: Vec<u32> = (0..extent.iter().product::<usize>()).map(|_| rng.bits()).collect();
            let bytes: Vec<u8> = from.iter().map(|&x| x as u8).collect();
            let expected = naive::transpose::transpose(&extent, &permutation, &from);
            let expected_bytes = naive::transpose::transpose(&extent, &permutation, &bytes);
            let plan = Transpose::new(&extent, &permutation).unwrap();
            for pool in &pools {
                for isa in Isa::available() {
                    let (mut found, mut found_bytes) = (vec![0; from.len()], vec![0; from.len()]);
                    plan.run(pool, isa, &from, &mut found);
                    plan.run(pool, isa, &bytes, &mut found_bytes);
                    assert!(found == expected && found_bytes == expected_bytes, "{extent:?} {permutation:?} {isa:?}");
                }
            }
        }
    }

    #[test]
    fn a_permutation_has_each_axis_once() {
        let error = Transpose::new(&[2, 3], &[1, 1]).unwrap_err();
        assert_eq!(error.to_string(), "expected each of 2 axes once, found [1, 1]");
    }
}
