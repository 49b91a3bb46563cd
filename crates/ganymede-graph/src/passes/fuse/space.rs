//! Iteration spaces: how finely the elements of a region must be told apart.
//!
//! All values of a region have the same number of elements in the same row-major order, so a point is
//! an element number, and sizes matter only where something is repeated, moved or reduced. A space is
//! the set of *breaks*: the products of trailing sizes at which some index map changes its stride.
//! Not here: the maps (`view.rs`).

use super::MAX_RANK;
use ganymede_tensor::Shape;
use ganymede_tensor::region::AxisMap;

/// A number of elements, and where it must and must not be broken into axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Space {
    pub total: usize,
    /// Proper divisors of `total`, increasing, each dividing the next.
    breaks: Vec<usize>,
    /// Intervals without a break strictly inside: an axis with a window, the channels of a contraction.
    whole: Vec<(usize, usize)>,
}

impl Space {
    /// A space that need not be broken.
    pub fn flat(total: usize) -> Space {
        Space { total, breaks: Vec::new(), whole: Vec::new() }
    }

    /// The output of a contraction: (rows, channels), told apart no further.
    pub fn rows(shape: &Shape) -> Space {
        let (total, channels) = (shape.elements(), shape.last().copied().unwrap_or(1));
        let mut space = Space::flat(total);
        space.whole = vec![(1, channels), (channels, total)];
        if channels > 1 && channels < total {
            space.breaks.push(channels);
        }
        space
    }

    /// What reading through a map over `sizes` asks for.
    pub fn of_map(sizes: &[usize], axes: &[AxisMap]) -> Space {
        let mut space = Space::flat(sizes.iter().product());
        let mut inner: Option<(usize, AxisMap)> = None;
        let mut product = 1;
        for (&size, &axis) in sizes.iter().zip(axes).rev() {
            if size == 1 {
                continue;
            }
            let continues = inner.is_none_or(|(size, inner)| continues(axis, size, inner));
            if !continues {
                space.breaks.push(product);
            }
            if axis.window.is_some() {
                space.whole.push((product, product * size));
            }
            product *= size;
            inner = Some((size, axis));
        }
        space
    }

    /// What telling some axes of a shape from the others asks for.
    pub fn of_axes(shape: &[usize], axes: &[usize]) -> Space {
        let mut space = Space::flat(shape.iter().product());
        let mut product = 1;
        let mut inner = None;
        for (axis, &size) in shape.iter().enumerate().rev().filter(|(_, size)| **size != 1) {
            let chosen = axes.contains(&axis);
            if inner.is_some_and(|inner| inner != chosen) {
                space.breaks.push(product);
            }
            product *= size;
            inner = Some(chosen);
        }
        space
    }

    /// The space with one break.
    pub fn broken_at(total: usize, at: usize) -> Space {
        let breaks = if at > 1 && at < total { vec![at] } else { Vec::new() };
        Space { total, breaks, whole: Vec::new() }
    }

    /// The space that has what both ask for; `None` if there is none.
    pub fn union(&self, other: &Space) -> Option<Space> {
        if self.total != other.total {
            return None;
        }
        let mut space = self.clone();
        space.breaks.extend(&other.breaks);
        space.breaks.sort_unstable();
        space.breaks.dedup();
        for &interval in &other.whole {
            if !space.whole.contains(&interval) {
                space.whole.push(interval);
            }
        }
        let bounds = || [1].into_iter().chain(space.breaks.iter().copied()).chain([space.total]);
        let divides = bounds().zip(bounds().skip(1)).all(|(a, b)| b % a == 0);
        let whole = |&(low, high): &(usize, usize)| !space.breaks.iter().any(|&b| low < b && b < high);
        (divides && space.breaks.len() < MAX_RANK && space.whole.iter().all(whole)).then_some(space)
    }

    /// The sizes of the axes, outermost first; none is 1.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = Vec::with_capacity(self.breaks.len() + 1);
        let mut inner = 1;
        for &bound in self.breaks.iter().chain([&self.total]) {
            if bound > inner {
                sizes.push(bound / inner);
            }
            inner = bound;
        }
        sizes.reverse();
        sizes
    }
}

/// Whether `outer` goes on where an axis of the given size leaves off, so that both are one axis.
fn continues(outer: AxisMap, size: usize, inner: AxisMap) -> bool {
    outer.window.is_none() && inner.window.is_none() && outer.stride == inner.stride * size as isize
}

/// The map over axes of sizes `from` as a map over axes of sizes `to` (equal products), if it is one.
pub(super) fn project(from: &[usize], axes: &[AxisMap], to: &[usize]) -> Option<Vec<AxisMap>> {
    // As few axes as the map has, innermost first; then every target axis is a piece of one of them.
    let mut source: Vec<(usize, AxisMap)> = Vec::with_capacity(from.len());
    for (&size, &axis) in from.iter().zip(axes).rev().filter(|(size, _)| **size != 1) {
        match source.last_mut() {
            Some((joined, inner)) if continues(axis, *joined, *inner) => *joined *= size,
            _ => source.push((size, axis)),
        }
    }
    let mut projected = vec![AxisMap::stride(0); to.len()];
    let mut source = source.into_iter();
    let mut current: Option<(usize, AxisMap)> = None;
    for (slot, &size) in projected.iter_mut().zip(to).rev().filter(|(_, size)| **size != 1) {
        let (left, axis) = current.take().or_else(|| source.next())?;
        if left % size != 0 || (axis.window.is_some() && left != size) {
            return None;
        }
        *slot = axis;
        if left > size {
            current = Some((left / size, AxisMap::stride(axis.stride * size as isize)));
        }
    }
    Some(projected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strides(values: &[isize]) -> Vec<AxisMap> {
        values.iter().map(|&s| AxisMap::stride(s)).collect()
    }

    #[test]
    fn a_dense_map_needs_no_break_and_a_channel_vector_one() {
        assert_eq!(Space::of_map(&[4, 5, 6], &strides(&[30, 6, 1])).sizes(), [120]);
        assert_eq!(Space::of_map(&[4, 5, 6], &strides(&[0, 0, 1])).sizes(), [20, 6]);
        assert_eq!(Space::of_map(&[4, 1, 6], &strides(&[1, 9, 0])).sizes(), [4, 6]);
        assert_eq!(Space::of_axes(&[4, 5, 6], &[0, 1]).sizes(), [20, 6]);
    }

    #[test]
    fn spaces_that_do_not_divide_do_not_join() {
        let six_by_four = Space::broken_at(24, 4);
        assert_eq!(six_by_four.union(&Space::broken_at(24, 3)), None);
        assert_eq!(six_by_four.union(&Space::broken_at(24, 2)).unwrap().sizes(), [6, 2, 2]);
        let windowed =
            AxisMap { stride: 1, window: Some(ganymede_tensor::region::PaddedRange { low: 1, step: 1, size: 4 }) };
        assert_eq!(Space::of_map(&[4, 6], &[AxisMap::stride(4), windowed]).union(&Space::broken_at(24, 3)), None);
    }

    #[test]
    fn maps_are_split_and_joined() {
        assert_eq!(project(&[24], &strides(&[2]), &[2, 3, 4]), Some(strides(&[24, 8, 2])));
        assert_eq!(project(&[2, 3, 4], &strides(&[12, 4, 1]), &[6, 4]), Some(strides(&[4, 1])));
        assert_eq!(project(&[4, 6], &strides(&[0, 1]), &[24]), None);
        assert_eq!(project(&[4, 6], &strides(&[0, 1]), &[4, 2, 3]), Some(strides(&[0, 3, 1])));
        assert_eq!(project(&[4, 6], &strides(&[0, 0]), &[3, 8]), Some(strides(&[0, 0])));
        assert_eq!(project(&[1], &strides(&[7]), &[]), Some(vec![]));
    }
}
