//! Elements that do not lie as the points do: gathered into a tile before use, scattered from one after.
//! Not here: dense operands and outputs, which the vector loops touch directly (`ops.rs`).

use ganymede_tensor::DType;

use super::MAX_RANK;
use super::collapse::{Map, collapse};
use super::region::{AxisMap, PaddedRange};

/// A map over axes of its own, as few as it allows; points are counted as in the region.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    extent: Vec<usize>,
    map: Map,
}

/// Where gathered elements come from.
#[derive(Clone, Copy)]
pub(super) enum Elements {
    /// 32-bit elements, taken as they are.
    Words(*const u32),
    /// 16-bit elements, widened.
    Halves(*const u16),
    /// 8-bit elements, widened.
    Bytes(*const u8),
    /// Truth values, made into masks.
    Truths(*const u8),
    /// Element k is k.
    Numbers,
    /// Element k is k as an `f32`.
    FloatNumbers,
}

impl Walk {
    pub fn new(extent: &[usize], map: &Map) -> Walk {
        let (mut extent, mut maps) = (extent.to_vec(), [map.clone()]);
        collapse(&mut extent, &mut maps, |_, _| false);
        let [mut map] = maps;
        if extent.is_empty() {
            extent.push(1);
            map.axes.push(AxisMap::stride(0));
        }
        Walk { extent, map }
    }

    /// Writes the elements of points `first..first + len` to `to`.
    ///
    /// # Safety
    /// `to` is valid for `len` words; the elements are valid wherever the map leads from these points.
    #[inline(always)]
    pub unsafe fn gather(&self, elements: Elements, fill: u32, first: usize, len: usize, to: *mut u32) {
        // SAFETY: the offsets are the map's, which the caller vouches for.
        unsafe {
            match elements {
                Elements::Words(at) => self.gather_with(|k| *at.offset(k), fill, first, len, to),
                Elements::Halves(at) => self.gather_with(|k| u32::from(*at.offset(k)), fill, first, len, to),
                Elements::Bytes(at) => self.gather_with(|k| u32::from(*at.offset(k)), fill, first, len, to),
                Elements::Truths(at) => {
                    self.gather_with(|k| u32::from(*at.offset(k) != 0).wrapping_neg(), fill, first, len, to)
                }
                Elements::Numbers => self.gather_with(|k| k as u32, fill, first, len, to),
                Elements::FloatNumbers => self.gather_with(|k| (k as f32).to_bits(), fill, first, len, to),
            }
        }
    }

    /// # Safety
    /// As `gather`; `fetch` is called with the map's offsets only.
    #[inline(always)]
    unsafe fn gather_with(&self, fetch: impl Fn(isize) -> u32, fill: u32, first: usize, len: usize, to: *mut u32) {
        let axis = self.map.axes[self.extent.len() - 1];
        for Row { base, start: i, len: n, done } in self.rows(first, len) {
            // SAFETY: rows lie within 0..len, and the offsets are the map's.
            unsafe {
                let to = to.add(done);
                let Some(base) = base else {
                    filled(to, n, fill);
                    continue;
                };
                let Some(PaddedRange { low, step, size }) = axis.window else {
                    strided(&fetch, base + i as isize * axis.stride, axis.stride, to, n);
                    continue;
                };
                let (step, here) = (step as isize, i as isize - low);
                let start = ((here + step - 1).div_euclid(step)).max(0);
                let end = ((here + n as isize - 1).div_euclid(step) + 1).min(size as isize);
                let base = base + start * axis.stride;
                if step == 1 && start < end {
                    let (before, count) = ((start - here) as usize, (end - start) as usize);
                    filled(to, before, fill);
                    strided(&fetch, base, axis.stride, to.add(before), count);
                    filled(to.add(before + count), n - before - count, fill);
                    continue;
                }
                filled(to, n, fill);
                for k in 0..(end - start).max(0) {
                    *to.offset((start + k) * step - here) = fetch(base + k * axis.stride);
                }
            }
        }
    }

    /// Writes points `first..first + len`, given as registers in `from`, to where the map leads (it has no windows).
    ///
    /// # Safety
    /// `from` is valid for `len` words, `to` as elements of `dtype` wherever the map leads from these points.
    #[inline(always)]
    pub unsafe fn scatter(&self, dtype: DType, from: *const u32, first: usize, len: usize, to: *mut u8) {
        // SAFETY: the offsets are the map's, which the caller vouches for.
        unsafe {
            match dtype {
                DType::F32 | DType::I32 | DType::U32 => {
                    let to = to.cast::<u32>();
                    self.scatter_with(|k, x| *to.offset(k) = x, from, first, len);
                }
                DType::U16 => {
                    let to = to.cast::<u16>();
                    self.scatter_with(|k, x| *to.offset(k) = x as u16, from, first, len);
                }
                DType::U8 => self.scatter_with(|k, x| *to.offset(k) = x as u8, from, first, len),
                DType::Bool => self.scatter_with(|k, x| *to.offset(k) = (x & 1) as u8, from, first, len),
            }
        }
    }

    /// # Safety
    /// As `scatter`; `put` is called with the map's offsets only.
    #[inline(always)]
    unsafe fn scatter_with(&self, put: impl Fn(isize, u32), from: *const u32, first: usize, len: usize) {
        let stride = self.map.axes[self.extent.len() - 1].stride;
        for Row { base, start, len: n, done } in self.rows(first, len) {
            let base = base.unwrap_or(0) + start as isize * stride;
            // A loop of its own for stride 1: the compiler makes vectors of it.
            if stride == 1 {
                for j in 0..n {
                    // SAFETY: rows lie within 0..len.
                    put(base + j as isize, unsafe { *from.add(done + j) });
                }
            } else {
                for j in 0..n {
                    // SAFETY: as above.
                    put(base + j as isize * stride, unsafe { *from.add(done + j) });
                }
            }
        }
    }

    /// The rows that make up points `first..first + len`.
    #[inline(always)]
    fn rows(&self, first: usize, len: usize) -> Rows<'_> {
        let mut index = [0; MAX_RANK];
        let mut rest = first;
        for axis in (0..self.extent.len()).rev() {
            index[axis] = rest % self.extent[axis];
            rest /= self.extent[axis];
        }
        Rows { walk: self, index, done: 0, len }
    }

    /// The element of these outer indices, were the last index 0 without a window.
    #[inline(always)]
    fn base(&self, index: &[usize]) -> Option<isize> {
        let mut base = self.map.offset;
        if self.map.vacant {
            return None;
        }
        for (&i, axis) in index.iter().zip(&self.map.axes) {
            let mut source = i as isize;
            if let Some(PaddedRange { low, step, size }) = axis.window {
                source -= low;
                if step != 1 {
                    if source % step as isize != 0 {
                        return None;
                    }
                    source /= step as isize;
                }
                if source < 0 || source >= size as isize {
                    return None;
                }
            }
            base += source * axis.stride;
        }
        Some(base)
    }
}

/// Points along the last axis of a walk.
struct Row {
    /// The element of the outer indices; `None` where a window has none.
    base: Option<isize>,
    /// Index of the first point.
    start: usize,
    len: usize,
    /// Points of the rows before.
    done: usize,
}

/// An iterator, not a function that takes a closure: closures are not always inlined, and then lack the vectors of
/// the instruction set.
struct Rows<'a> {
    walk: &'a Walk,
    index: [usize; MAX_RANK],
    done: usize,
    len: usize,
}

impl Iterator for Rows<'_> {
    type Item = Row;

    #[inline(always)]
    fn next(&mut self) -> Option<Row> {
        if self.done >= self.len {
            return None;
        }
        let extent = &self.walk.extent;
        let last = extent.len() - 1;
        let start = self.index[last];
        let len = (extent[last] - start).min(self.len - self.done);
        let row = Row { base: self.walk.base(&self.index[..last]), start, len, done: self.done };
        self.done += len;
        self.index[last] = 0;
        for axis in (0..last).rev() {
            self.index[axis] += 1;
            if self.index[axis] < extent[axis] {
                break;
            }
            self.index[axis] = 0;
        }
        Some(row)
    }
}

/// # Safety
/// `to` is valid for `n` words.
#[inline(always)]
unsafe fn filled(to: *mut u32, n: usize, value: u32) {
    for j in 0..n {
        // SAFETY: j < n.
        unsafe { *to.add(j) = value };
    }
}

/// # Safety
/// `to` is valid for `n` words, and `fetch` may be called with base, base + stride … (n of them).
#[inline(always)]
unsafe fn strided(fetch: &impl Fn(isize) -> u32, base: isize, stride: isize, to: *mut u32, n: usize) {
    // SAFETY: j < n. The loops differ in what the compiler makes of them: copies, fills, strided loads.
    unsafe {
        match stride {
            1 => {
                for j in 0..n {
                    *to.add(j) = fetch(base + j as isize);
                }
            }
            0 if n > 0 => filled(to, n, fetch(base)),
            _ => {
                for j in 0..n {
                    *to.add(j) = fetch(base + j as isize * stride);
                }
            }
        }
    }
}
