//! The cotangent of a convolution's kernel.

use super::conv::{self, Sizes, Window};
use super::{Attributes, Class, Primitive, arity, float, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// The cotangent dk of a convolution's kernel, given its input x and the cotangent dy of its output.
///
/// It is bilinear: with cotangent c, dx = conv_input_grad(dy, c) and d(dy) = conv(x, c).
///
/// # Shapes
/// x (N, spatial…, C_in), dy (N, out…, C_out), result (`spatial` of the kernel…, C_in / groups, C_out).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConvWeightGrad {
    /// How the kernel moves.
    pub window: Window,
    /// Spatial sizes of the kernel.
    pub spatial: Vec<usize>,
}

impl ConvWeightGrad {
    pub(super) const NAME: &'static str = "conv_weight_grad";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        let spatial = attributes.take_sizes("spatial")?;
        Ok(ConvWeightGrad { window: Window::from_attributes(attributes)?, spatial })
    }
}

impl Primitive for ConvWeightGrad {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 2)?;
        float(Self::NAME, inputs, 0)?;
        float(Self::NAME, inputs, 1)?;
        let (x, y) = (&inputs[0].shape, &inputs[1].shape);
        let rank = self.spatial.len();
        if x.rank() != rank + 2 || y.rank() != rank + 2 {
            let reason = format!("expected {} axes in both", rank + 2);
            return Err(TypeError::Shapes { op: Self::NAME, left: x.clone(), right: y.clone(), reason });
        }
        if self.window.groups == 0 || x[rank + 1] % self.window.groups != 0 {
            let reason = format!("expected channels divisible by {} groups, found {}", self.window.groups, x[rank + 1]);
            return refuse(Self::NAME, &inputs[0], reason);
        }
        let mut kernel = self.spatial.clone();
        kernel.extend([x[rank + 1] / self.window.groups, y[rank + 1]]);
        match conv::check(&self.window, &Sizes { x, kernel: &kernel, y }) {
            Ok(()) => Ok(TensorType::f32(kernel)),
            Err(reason) => refuse(Self::NAME, &inputs[0], reason),
        }
    }
    fn flops(&self, inputs: &[TensorType], output: &TensorType) -> u64 {
        conv::flops(&output.shape, &inputs[1])
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let (x, rank) = (inputs[0].shape(), self.spatial.len());
        let dx = inputs[1].conv_input_grad(cotangent, self.window.clone(), &x[1..=rank]);
        let d_dy = inputs[0].conv(cotangent, self.window.clone());
        vec![Some(dx), Some(d_dy)]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let mut kernel = Array::zeros(output);
        let (x, y) = (inputs[0], inputs[1]);
        let sizes = Sizes { x: &x.ty.shape, kernel: &output.shape, y: &y.ty.shape };
        conv::each_product(&self.window, &sizes, |xi, ki, yi| kernel.data[ki] += x.data[xi] * y.data[yi]);
        kernel
    }
    fn attributes(&self) -> Attributes {
        self.window.attributes().sizes("spatial", &self.spatial)
    }
    fn class(&self) -> Class {
        Class::Contraction
    }
}
