//! Convolution, and what its two gradients share with it: the window, the sizes and the loop.

use super::{Attributes, Class, Primitive, arity, count, float, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// How a kernel moves over 1, 2 or 3 spatial axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Step of each spatial axis, at least 1.
    pub strides: Vec<usize>,
    /// Zeros before each spatial axis.
    pub low: Vec<usize>,
    /// Zeros after each spatial axis.
    pub high: Vec<usize>,
    /// Distance of neighbouring taps on each spatial axis, at least 1.
    pub dilation: Vec<usize>,
    /// Number of groups: C_in and C_out are split, group g of the output sees group g of the input.
    pub groups: usize,
}

/// Why a window does not fit.
pub type WindowError = String;

impl Window {
    /// Stride 1, no padding, no dilation, one group.
    pub fn plain(spatial_rank: usize) -> Self {
        let (one, zero) = (vec![1; spatial_rank], vec![0; spatial_rank]);
        Window { strides: one.clone(), low: zero.clone(), high: zero, dilation: one, groups: 1 }
    }

    /// Number of spatial axes.
    pub fn rank(&self) -> usize {
        self.strides.len()
    }

    /// Output sizes: ⌊(i + low + high − (d·(k − 1) + 1)) / s⌋ + 1.
    ///
    /// # Errors
    /// When the window has no position, or its parts are not of one length.
    pub fn output(&self, input: &[usize], kernel: &[usize]) -> Result<Vec<usize>, WindowError> {
        self.check(input.len())?;
        let size = |a: usize| {
            let reach = self.dilation[a] * kernel[a].max(1).saturating_sub(1) + 1;
            let padded = input[a].saturating_add(self.low[a]).saturating_add(self.high[a]);
            if kernel[a] == 0 || reach > padded {
                return Err(format!(
                    "the kernel covers {reach} positions of spatial axis {a}, the padded input has {padded}"
                ));
            }
            Ok((padded - reach) / self.strides[a] + 1)
        };
        (0..input.len()).map(size).collect()
    }

    fn check(&self, rank: usize) -> Result<(), WindowError> {
        let lengths = [self.strides.len(), self.low.len(), self.high.len(), self.dilation.len()];
        if !(1..=3).contains(&rank) {
            return Err(format!("expected 1, 2 or 3 spatial axes, found {rank}"));
        }
        if lengths != [rank; 4] {
            return Err(format!("expected strides, padding and dilation of {rank} spatial axes, found {lengths:?}"));
        }
        if self.strides.contains(&0) || self.dilation.contains(&0) || self.groups == 0 {
            return Err("expected strides, dilation and groups of at least 1, found 0".into());
        }
        Ok(())
    }

    pub(super) fn attributes(&self) -> Attributes {
        Attributes::default()
            .sizes("strides", &self.strides)
            .sizes("low", &self.low)
            .sizes("high", &self.high)
            .sizes("dilation", &self.dilation)
            .sizes("groups", &[self.groups])
    }

    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Window {
            strides: attributes.take_sizes("strides")?,
            low: attributes.take_sizes("low")?,
            high: attributes.take_sizes("high")?,
            dilation: attributes.take_sizes("dilation")?,
            groups: attributes.take_size("groups")?,
        })
    }
}

/// The shapes of one convolution y = x ∗ k, whichever of the three is being computed.
pub(super) struct Sizes<'a> {
    pub x: &'a [usize],
    pub kernel: &'a [usize],
    pub y: &'a [usize],
}

/// Checks x, kernel and y against the window.
pub(super) fn check(window: &Window, sizes: &Sizes) -> Result<(), WindowError> {
    let rank = sizes.x.len().saturating_sub(2);
    window.check(rank)?;
    if sizes.kernel.len() != rank + 2 || sizes.y.len() != rank + 2 {
        return Err(format!("expected {} axes in input, kernel and output", rank + 2));
    }
    let (c_in, c_out) = (sizes.x[rank + 1], sizes.y[rank + 1]);
    if c_in != sizes.kernel[rank] * window.groups {
        let expected = sizes.kernel[rank] * window.groups;
        return Err(format!(
            "the kernel takes {expected} channels ({} x {} groups), the input has {c_in}",
            sizes.kernel[rank], window.groups
        ));
    }
    if c_out != sizes.kernel[rank + 1] {
        return Err(format!("the kernel gives {} channels, the output has {c_out}", sizes.kernel[rank + 1]));
    }
    if c_out % window.groups != 0 {
        return Err(format!("expected output channels divisible by {} groups, found {c_out}", window.groups));
    }
    let out = window.output(&sizes.x[1..=rank], &sizes.kernel[..rank])?;
    if out != sizes.y[1..=rank] || sizes.x[0] != sizes.y[0] {
        return Err(format!("the window gives {} x {out:?}, the output is {:?}", sizes.x[0], &sizes.y[..=rank]));
    }
    Ok(())
}

/// Multiply-adds of the convolution, two operations each.
pub(super) fn flops(kernel: &[usize], y: &TensorType) -> u64 {
    let taps: u64 = kernel[..kernel.len() - 1].iter().map(|&k| k as u64).product();
    count(y).saturating_mul(2 * taps)
}

/// Calls `f(x index, kernel index, y index)` for every product of the convolution.
pub(super) fn each_product(window: &Window, sizes: &Sizes, mut f: impl FnMut(usize, usize, usize)) {
    let rank = window.rank();
    let (c_in, c_out) = (sizes.x[rank + 1], sizes.y[rank + 1]);
    let (group_in, group_out) = (c_in / window.groups, c_out / window.groups);
    let positions: usize = sizes.y[1..=rank].iter().product();
    let taps: usize = sizes.kernel[..rank].iter().product();
    for n in 0..sizes.y[0] {
        for position in 0..positions {
            'tap: for tap in 0..taps {
                let (mut p, mut t, mut x_at, mut stride) = (position, tap, 0, 1);
                for a in (0..rank).rev() {
                    let (o, k) = (p % sizes.y[1 + a], t % sizes.kernel[a]);
                    (p, t) = (p / sizes.y[1 + a], t / sizes.kernel[a]);
                    let at = (o * window.strides[a] + k * window.dilation[a]).wrapping_sub(window.low[a]);
                    if at >= sizes.x[1 + a] {
                        continue 'tap;
                    }
                    x_at += at * stride;
                    stride *= sizes.x[1 + a];
                }
                let x_at = (n * stride + x_at) * c_in;
                let y_at = (n * positions + position) * c_out;
                for o in 0..c_out {
                    let group = o / group_out;
                    for i in 0..group_in {
                        f(x_at + group * group_in + i, (tap * group_in + i) * c_out + o, y_at + o);
                    }
                }
            }
        }
    }
}

/// Convolution (cross-correlation, as every framework has it), channels last:
/// y\[n, o, c\] = Σ over taps t and channels i of x\[n, o·s + t·d − low, i\] · k\[t, i, c\].
///
/// # Shapes
/// x (N, spatial…, C_in), kernel (k…, C_in / groups, C_out), y (N, out…, C_out).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    /// How the kernel moves.
    pub window: Window,
}

impl Conv {
    pub(super) const NAME: &'static str = "conv";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(Conv { window: Window::from_attributes(attributes)? })
    }
}

impl Primitive for Conv {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 2)?;
        float(Self::NAME, inputs, 0)?;
        float(Self::NAME, inputs, 1)?;
        let (x, kernel) = (&inputs[0].shape, &inputs[1].shape);
        let rank = x.rank().saturating_sub(2);
        if kernel.rank() != x.rank() || rank == 0 {
            let reason = "expected (N, spatial…, channels) and (kernel…, channels, filters)".to_string();
            return Err(TypeError::Shapes { op: Self::NAME, left: x.clone(), right: kernel.clone(), reason });
        }
        let spatial = match self.window.output(&x[1..=rank], &kernel[..rank]) {
            Ok(spatial) => spatial,
            Err(reason) => return refuse(Self::NAME, &inputs[0], reason),
        };
        let y: Vec<usize> = [x[0]].into_iter().chain(spatial).chain([kernel[rank + 1]]).collect();
        match check(&self.window, &Sizes { x, kernel, y: &y }) {
            Ok(()) => Ok(TensorType::f32(y)),
            Err(reason) => refuse(Self::NAME, &inputs[0], reason),
        }
    }
    fn flops(&self, inputs: &[TensorType], output: &TensorType) -> u64 {
        flops(&inputs[1].shape, output)
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let (x, kernel, rank) = (inputs[0].shape(), inputs[1].shape(), self.window.rank());
        let dx = cotangent.conv_input_grad(inputs[1], self.window.clone(), &x[1..=rank]);
        let dk = inputs[0].conv_weight_grad(cotangent, self.window.clone(), &kernel[..rank]);
        vec![Some(dx), Some(dk)]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let mut y = Array::zeros(output);
        let (x, kernel) = (inputs[0], inputs[1]);
        let sizes = Sizes { x: &x.ty.shape, kernel: &kernel.ty.shape, y: &output.shape };
        each_product(&self.window, &sizes, |xi, ki, yi| y.data[yi] += x.data[xi] * kernel.data[ki]);
        y
    }
    fn attributes(&self) -> Attributes {
        self.window.attributes()
    }
    fn class(&self) -> Class {
        Class::Contraction
    }
}
