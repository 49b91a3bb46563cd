//! Views: movement of a stored value as an index map on its elements.
//! Not here: where a view cannot be had and the elements are copied (`group.rs`).

use super::space::project;
use crate::graph::NodeId;
use crate::ops::Op;
use ganymede_tensor::Shape;
use ganymede_tensor::region::{AxisMap, PaddedRange};

/// Elements of a stored value in another arrangement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    /// The stored value.
    pub base: NodeId,
    /// Element of the origin.
    pub offset: isize,
    /// Sizes of the arrangement.
    pub sizes: Vec<usize>,
    /// How each of its axes moves through the elements of the base.
    pub axes: Vec<AxisMap>,
    /// The value where a window has no element.
    pub fill: f64,
}

impl View {
    /// The value as it lies.
    pub fn dense(base: NodeId, shape: &Shape) -> View {
        let axes = shape.strides().iter().map(|&s| AxisMap::stride(s as isize)).collect();
        View { base, offset: 0, sizes: shape.to_vec(), axes, fill: 0.0 }
    }

    /// The same elements under other sizes; `None` where that is no index map.
    pub fn reshaped(&self, shape: &Shape) -> Option<View> {
        let axes = project(&self.sizes, &self.axes, shape)?;
        Some(View { sizes: shape.to_vec(), axes, ..self.clone() })
    }

    /// What the movement `op` makes of it; `None` where that is no index map.
    pub fn moved(mut self, op: &Op, shape: &Shape) -> Option<View> {
        let own = std::mem::replace(&mut self.sizes, shape.to_vec());
        match op {
            Op::Transpose(transpose) => self.axes = transpose.order.iter().map(|&a| self.axes[a]).collect(),
            Op::Broadcast(broadcast) => {
                let mut axes = vec![AxisMap::stride(0); shape.rank()];
                for (i, &to) in broadcast.axes.iter().enumerate() {
                    match self.axes[i] {
                        axis if own[i] == shape[to] => axes[to] = axis,
                        AxisMap { window: None, .. } => {}
                        AxisMap { window: Some(_), .. } => return None,
                    }
                }
                self.axes = axes;
            }
            Op::Reverse(reverse) => {
                for (a, axis) in self.axes.iter_mut().enumerate().filter(|(a, _)| reverse.axes.contains(a)) {
                    let last = match &mut axis.window {
                        None => own[a] as isize - 1,
                        Some(PaddedRange { low, step, size }) => {
                            let source = *size as isize - 1;
                            *low = own[a] as isize - 1 - *low - source * *step as isize;
                            source
                        }
                    };
                    self.offset += last * axis.stride;
                    axis.stride = -axis.stride;
                }
            }
            Op::Slice(slice) => {
                for a in 0..own.len() {
                    self.slice(a, slice.start[a] as isize, slice.stride[a])?;
                }
            }
            Op::Pad(pad) => {
                let fill = f64::from_bits(pad.value);
                if self.axes.iter().any(|a| a.window.is_some()) && self.fill.to_bits() != pad.value {
                    return None;
                }
                self.fill = fill;
                for a in 0..own.len() {
                    if (pad.low[a], pad.high[a], pad.interior[a]) == (0, 0, 0) || own[a] == shape[a] {
                        continue;
                    }
                    if self.axes[a].window.is_some() {
                        return None;
                    }
                    let window = PaddedRange { low: pad.low[a] as isize, step: pad.interior[a] + 1, size: own[a] };
                    self.axes[a].window = Some(window);
                }
            }
            _ => return None,
        }
        Some(self)
    }

    /// Takes indices start, start + stride, … of an axis; its new size is set already.
    fn slice(&mut self, a: usize, start: isize, stride: usize) -> Option<()> {
        let (size, axis, jump) = (self.sizes[a], &mut self.axes[a], stride as isize);
        let Some(window) = &mut axis.window else {
            self.offset += start * axis.stride;
            axis.stride *= jump;
            return Some(());
        };
        window.low -= start;
        if stride > 1 && size > 1 {
            if window.step == 1 {
                // Of the source elements, those that are hit: first the one at or after index 0.
                let first = (-window.low).max(0).next_multiple_of_signed(jump, window.low);
                let count = (window.size as isize - first + jump - 1).div_euclid(jump).max(0);
                self.offset += first * axis.stride;
                axis.stride *= jump;
                *window = PaddedRange { low: (window.low + first).div_euclid(jump), step: 1, size: count as usize };
            } else if window.step.is_multiple_of(stride) && window.low % jump == 0 {
                *window = PaddedRange { low: window.low / jump, step: window.step / stride, size: window.size };
            } else {
                return None;
            }
        }
        let PaddedRange { low, step, size: source } = *window;
        if source == 0 {
            return None;
        }
        let (last, covered) = (size as isize - 1, low + (source as isize - 1) * step as isize);
        if size == 1 || (step == 1 && low <= 0 && covered >= last) {
            // Every index has an element: no window is needed (and one index must not keep one).
            let first = axis.source(0)?;
            self.offset += first * axis.stride;
            axis.window = None;
        }
        Some(())
    }

    /// Whether the elements lie one after another from the offset on.
    pub fn is_contiguous(&self) -> bool {
        let mut dense = 1;
        self.sizes.iter().zip(&self.axes).rev().filter(|(size, _)| **size != 1).all(|(&size, axis)| {
            let here = axis.window.is_none() && axis.stride == dense;
            dense *= size as isize;
            here
        })
    }
}

/// Rounding up along a grid.
trait NextOnGrid {
    /// The least f ≥ self with (origin + f) a multiple of `step`.
    fn next_multiple_of_signed(self, step: isize, origin: isize) -> isize;
}

impl NextOnGrid for isize {
    fn next_multiple_of_signed(self, step: isize, origin: isize) -> isize {
        self + (-(origin + self)).rem_euclid(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpret::Array;
    use crate::ops;
    use ganymede_tensor::region::{Constant, Operand};
    use ganymede_tensor::{DType, Rng, TensorType};

    /// The elements of a view of 0, 1, 2, ….
    fn elements(view: &View) -> Vec<f64> {
        let (offset, axes, dtype) = (view.offset, view.axes.clone(), DType::F32);
        let map = Operand { read: view.base, dtype, offset, axes, fill: Constant::new(dtype, view.fill) };
        let shape = Shape::from(view.sizes.clone());
        let strides = shape.strides();
        let point = |i: usize| (0..shape.rank()).map(|a| i / strides[a] % shape[a]).collect::<Vec<_>>();
        (0..shape.elements()).map(|i| map.element(&point(i)).map_or(view.fill, |e| e as f64)).collect()
    }

    /// Chains of random movements are what the interpreter makes of them.
    #[test]
    fn chains_of_movements_agree_with_their_meaning() {
        let mut composed = 0;
        for seed in 0..3000 {
            let mut rng = Rng::new(seed, 1);
            let shape = Shape::from([2 + rng.below(4) as usize, 1 + rng.below(4) as usize]);
            let mut array = Array::new(shape.clone(), (0..shape.elements()).map(|i| i as f64).collect());
            let mut view = View::dense(NodeId(0), &shape);
            for _ in 0..4 {
                let own = array.ty.shape.clone();
                let rank = own.rank();
                let mut draw = |n: usize| rng.below(n as u32) as usize;
                let op: Op = match draw(5) {
                    0 => ops::Transpose { order: (0..rank).rev().collect() }.into(),
                    1 => ops::Reverse { axes: vec![draw(rank)] }.into(),
                    2 => {
                        let start: Vec<usize> = own.iter().map(|&n| draw(n)).collect();
                        let stride = own.iter().map(|_| 1 + draw(3)).collect();
                        ops::Slice { start, limit: own.to_vec(), stride }.into()
                    }
                    3 => {
                        let mut sizes = || own.iter().map(|_| draw(3)).collect::<Vec<_>>();
                        ops::Pad { low: sizes(), high: sizes(), interior: sizes(), value: (-1f64).to_bits() }.into()
                    }
                    _ if rank < 4 => {
                        let mut shape = own.to_vec();
                        shape.insert(1, 2);
                        let axes = (0..rank).map(|a| if a == 0 { 0 } else { a + 1 }).collect();
                        ops::Broadcast { shape: shape.into(), axes }.into()
                    }
                    _ => continue,
                };
                let ty = op.primitive().infer(&[array.ty.clone()]).unwrap();
                if ty.elements() > 3000 {
                    break;
                }
                let Some(moved) = view.moved(&op, &ty.shape) else { break };
                array = op.primitive().interpret(&[&array], &ty);
                view = moved;
                composed += 1;
                assert_eq!(elements(&view), array.data, "seed {seed}, {op:?}");
                let flat = TensorType::f32([ty.elements()]);
                if let Some(reshaped) = view.reshaped(&flat.shape) {
                    assert_eq!(elements(&reshaped), array.data, "seed {seed}, flattened");
                }
            }
        }
        assert!(composed > 6000, "{composed} movements were composed");
    }
}
