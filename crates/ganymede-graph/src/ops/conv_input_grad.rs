//! The cotangent of a convolution's input: also the forward pass of a transposed convolution.

use super::conv::{self, Sizes, Window};
use super::{Attributes, Class, Primitive, arity, float, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// The cotangent dx of a convolution's input x, given the cotangent dy of its output and its kernel.
///
/// It is bilinear: with cotangent c, d(dy) = conv(c, k) and dk = conv_weight_grad(c, dy).
///
/// # Shapes
/// dy (N, out…, C_out), kernel (k…, C_in / groups, C_out), result (N, `spatial`…, C_in).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConvInputGrad {
    /// How the kernel moves.
    pub window: Window,
    /// Spatial sizes of x.
    pub spatial: Vec<usize>,
}

impl ConvInputGrad {
    pub(super) const NAME: &'static str = "conv_input_grad";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        let spatial = attributes.take_sizes("spatial")?;
        Ok(ConvInputGrad { window: Window::from_attributes(attributes)?, spatial })
    }
}

impl Primitive for ConvInputGrad {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 2)?;
        float(Self::NAME, inputs, 0)?;
        float(Self::NAME, inputs, 1)?;
        let (y, kernel) = (&inputs[0].shape, &inputs[1].shape);
        let rank = self.spatial.len();
        if y.rank() != rank + 2 || kernel.rank() != rank + 2 {
            let reason = format!("expected {} axes in both", rank + 2);
            return Err(TypeError::Shapes { op: Self::NAME, left: y.clone(), right: kernel.clone(), reason });
        }
        let channels = kernel[rank].saturating_mul(self.window.groups);
        let x: Vec<usize> = [y[0]].into_iter().chain(self.spatial.iter().copied()).chain([channels]).collect();
        match conv::check(&self.window, &Sizes { x: &x, kernel, y }) {
            Ok(()) => Ok(TensorType::f32(x)),
            Err(reason) => refuse(Self::NAME, &inputs[0], reason),
        }
    }
    fn flops(&self, inputs: &[TensorType], _: &TensorType) -> u64 {
        conv::flops(&inputs[1].shape, &inputs[0])
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let kernel = inputs[1].shape();
        let d_dy = cotangent.conv(inputs[1], self.window.clone());
        let dk = cotangent.conv_weight_grad(inputs[0], self.window.clone(), &kernel[..self.spatial.len()]);
        vec![Some(d_dy), Some(dk)]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let mut x = Array::zeros(output);
        let (y, kernel) = (inputs[0], inputs[1]);
        let sizes = Sizes { x: &output.shape, kernel: &kernel.ty.shape, y: &y.ty.shape };
        conv::each_product(&self.window, &sizes, |xi, ki, yi| x.data[xi] += y.data[yi] * kernel.data[ki]);
        x
    }
    fn attributes(&self) -> Attributes {
        self.window.attributes().sizes("spatial", &self.spatial)
    }
    fn class(&self) -> Class {
        Class::Contraction
    }
}
