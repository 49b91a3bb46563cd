//! Fewer, longer axes: drops axes of one index and joins neighbours that every map walks as one.
//! Not here: what is done with the maps (`compile.rs`, `copy.rs`).

use super::region::{AxisMap, PaddedRange};

/// A map from points to elements over the current axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    pub offset: isize,
    pub axes: Vec<AxisMap>,
    /// No point has an element: a window of an axis that vanished excludes the one index it had.
    pub vacant: bool,
}

impl Map {
    pub fn new(offset: isize, axes: &[AxisMap]) -> Map {
        Map { offset, axes: axes.to_vec(), vacant: false }
    }

    pub fn strided(offset: isize, strides: &[isize]) -> Map {
        Map { offset, axes: strides.iter().map(|&stride| AxisMap::stride(stride)).collect(), vacant: false }
    }

    /// Whether element number = offset + point number.
    pub fn is_dense(&self, extent: &[usize]) -> bool {
        let mut expected = 1;
        !self.vacant
            && extent.iter().zip(&self.axes).rev().all(|(&size, axis)| {
                let fits = size == 1 || axis.window.is_none() && axis.stride == expected;
                expected *= size as isize;
                fits
            })
    }

    /// Whether only the last axis matters.
    pub fn is_periodic(&self) -> bool {
        !self.axes.split_last().is_some_and(|(_, outer)| outer.iter().any(|axis| !repeats(axis)))
    }

    /// Whether every point has the same element.
    pub fn is_constant(&self) -> bool {
        self.vacant || self.axes.iter().all(repeats)
    }

    /// A window that excludes nothing is none.
    fn open_windows(&mut self, extent: &[usize]) {
        for (axis, &size) in self.axes.iter_mut().zip(extent) {
            if let Some(PaddedRange { low, step: 1, size: count }) = axis.window
                && low <= 0
                && size as isize - low <= count as isize
            {
                self.offset -= low * axis.stride;
                axis.window = None;
            }
        }
    }

    /// Removes an axis of one index.
    fn drop_axis(&mut self, axis: usize) {
        let AxisMap { stride, window } = self.axes.remove(axis);
        let Some(PaddedRange { low, step, size }) = window else { return };
        let source = -low / step as isize;
        if -low % step as isize == 0 && (0..size as isize).contains(&source) {
            self.offset += source * stride;
        } else {
            self.vacant = true;
        }
    }
}

/// Whether an axis does not matter.
fn repeats(axis: &AxisMap) -> bool {
    axis.stride == 0 && axis.window.is_none()
}

/// An axis and the next (of `size` indices) as one, if they can be.
fn joined(axis: &AxisMap, next: &AxisMap, size: usize) -> Option<AxisMap> {
    let size = size as isize;
    if next.window.is_some() || axis.stride != next.stride * size {
        return None;
    }
    let window = match axis.window {
        None => None,
        Some(PaddedRange { low, step: 1, size: count }) => {
            Some(PaddedRange { low: low * size, step: 1, size: count * size as usize })
        }
        Some(_) => return None,
    };
    Some(AxisMap { stride: next.stride, window })
}

/// Collapses the axes of `extent` in all `maps` alike; never joins across a pair that `keep_apart` names
/// (by original axis numbers, outer and inner). Returns, for each axis that is left, the original axis that is
/// its innermost part.
///
/// The extents must not be 0.
pub(super) fn collapse(
    extent: &mut Vec<usize>,
    maps: &mut [Map],
    keep_apart: impl Fn(usize, usize) -> bool,
) -> Vec<usize> {
    maps.iter_mut().for_each(|map| map.open_windows(extent));
    let mut names: Vec<usize> = (0..extent.len()).collect();
    for axis in (0..extent.len()).rev() {
        if extent[axis] == 1 {
            extent.remove(axis);
            names.remove(axis);
            maps.iter_mut().for_each(|map| map.drop_axis(axis));
        }
    }
    for inner in (1..extent.len()).rev() {
        let outer = inner - 1;
        let size = extent[inner];
        if keep_apart(names[outer], names[inner])
            || maps.iter().any(|map| joined(&map.axes[outer], &map.axes[inner], size).is_none())
        {
            continue;
        }
        for map in maps.iter_mut() {
            map.axes[outer] = joined(&map.axes[outer], &map.axes[inner], size).unwrap_or(map.axes[inner]);
            map.axes.remove(inner);
        }
        extent[outer] *= size;
        extent.remove(inner);
        names.remove(outer);
    }
    maps.iter_mut().for_each(|map| map.open_windows(extent));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_axes_become_one() {
        let (mut extent, mut maps) = (vec![4, 1, 3, 5], vec![Map::strided(7, &[15, 99, 5, 1])]);
        assert_eq!(collapse(&mut extent, &mut maps, |_, _| false), [3]);
        assert_eq!((extent, &maps[0]), (vec![60], &Map::strided(7, &[1])));
    }

    #[test]
    fn a_channel_broadcast_keeps_the_channels_apart() {
        let (mut extent, mut maps) = (vec![4, 3, 5], vec![Map::strided(0, &[15, 5, 1]), Map::strided(0, &[0, 0, 1])]);
        assert_eq!(collapse(&mut extent, &mut maps, |_, _| false), [1, 2]);
        assert_eq!(extent, [12, 5]);
        assert!(maps[0].is_dense(&extent) && maps[1].is_periodic() && !maps[1].is_constant());
    }

    #[test]
    fn a_window_grows_over_whole_inner_axes() {
        let window = |low, size| Some(PaddedRange { low, step: 1, size });
        let axes = [AxisMap { stride: 3, window: window(1, 4) }, AxisMap::stride(1)];
        let (mut extent, mut maps) = (vec![6, 3], vec![Map::new(0, &axes)]);
        collapse(&mut extent, &mut maps, |_, _| false);
        assert_eq!((extent, maps[0].axes[0]), (vec![18], AxisMap { stride: 1, window: window(3, 12) }));
    }

    #[test]
    fn a_window_without_effect_is_an_offset_and_one_that_excludes_all_is_vacant() {
        let axis = |low, size| AxisMap { stride: 2, window: Some(PaddedRange { low, step: 1, size }) };
        let mut maps = vec![Map::new(1, &[axis(-3, 9)]), Map::new(1, &[axis(0, 6)])];
        collapse(&mut vec![6], &mut maps, |_, _| false);
        assert_eq!(maps, [Map::strided(7, &[2]), Map::strided(1, &[2])]);
        let mut maps = vec![Map::new(1, &[axis(-3, 9)]), Map::new(1, &[axis(1, 6)])];
        collapse(&mut vec![1], &mut maps, |_, _| false);
        assert_eq!((maps[0].offset, maps[0].vacant, maps[1].vacant), (7, false, true));
    }
}
