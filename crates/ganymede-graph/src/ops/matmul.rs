//! Matrix product.

use super::{Attributes, Class, Primitive, arity, count, float, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::TensorType;

/// Matrix product over the last two axes, the leading axes are an equal batch:
/// y (…, m, n) = A·B with A (…, m, k), given as (…, k, m) if transposed, and B (…, k, n), given as (…, n, k).
/// dA = dy·Bᵀ, dB = Aᵀ·dy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MatMul {
    /// Whether A is given transposed.
    pub transpose_a: bool,
    /// Whether B is given transposed.
    pub transpose_b: bool,
}

impl MatMul {
    pub(super) const NAME: &'static str = "matmul";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        Ok(MatMul {
            transpose_a: attributes.take_bool("transpose_a")?,
            transpose_b: attributes.take_bool("transpose_b")?,
        })
    }
}

impl Primitive for MatMul {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, 2)?;
        float(Self::NAME, inputs, 0)?;
        float(Self::NAME, inputs, 1)?;
        let (a, b) = (&inputs[0].shape, &inputs[1].shape);
        let rank = a.rank();
        if rank < 2 {
            return refuse(Self::NAME, &inputs[0], format!("expected at least two axes, found {rank}"));
        }
        let mismatch = |reason| TypeError::Shapes { op: Self::NAME, left: a.clone(), right: b.clone(), reason };
        if b.rank() != rank || a[..rank - 2] != b[..rank - 2] {
            return Err(mismatch("leading axes must be equal".into()));
        }
        let [m, k, k2, n] = self.sizes(a, b);
        if k != k2 {
            return Err(mismatch(format!("expected equal inner sizes, found {k} and {k2}")));
        }
        let mut sizes = a[..rank - 2].to_vec();
        sizes.extend([m, n]);
        Ok(TensorType::f32(sizes))
    }
    fn flops(&self, inputs: &[TensorType], output: &TensorType) -> u64 {
        let [_, k, _, _] = self.sizes(&inputs[0].shape, &inputs[1].shape);
        count(output).saturating_mul(2 * k as u64)
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, cotangent: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        let (a, b) = (inputs[0], inputs[1]);
        let da = if self.transpose_a {
            b.matmul_transposed(cotangent, self.transpose_b, true)
        } else {
            cotangent.matmul_transposed(b, false, !self.transpose_b)
        };
        let db = if self.transpose_b {
            cotangent.matmul_transposed(a, true, self.transpose_a)
        } else {
            a.matmul_transposed(cotangent, !self.transpose_a, false)
        };
        vec![Some(da), Some(db)]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let (a, b) = (inputs[0], inputs[1]);
        let [m, k, _, n] = self.sizes(&a.ty.shape, &b.ty.shape);
        let mut result = Array::zeros(output);
        for batch in 0..output.elements().checked_div(m * n).unwrap_or(0) {
            for i in 0..m {
                for j in 0..n {
                    let left = |p: usize| a.data[batch * m * k + if self.transpose_a { p * m + i } else { i * k + p }];
                    let right = |p: usize| b.data[batch * k * n + if self.transpose_b { j * k + p } else { p * n + j }];
                    result.data[(batch * m + i) * n + j] = (0..k).map(|p| left(p) * right(p)).sum();
                }
            }
        }
        result
    }
    fn attributes(&self) -> Attributes {
        Attributes::default().word("transpose_a", self.transpose_a).word("transpose_b", self.transpose_b)
    }
    fn class(&self) -> Class {
        Class::Contraction
    }
}

impl MatMul {
    /// m, k of A, k of B, n for operands of at least two axes.
    fn sizes(&self, a: &[usize], b: &[usize]) -> [usize; 4] {
        let (a1, a2, b1, b2) = (a[a.len() - 2], a[a.len() - 1], b[b.len() - 2], b[b.len() - 1]);
        let (m, k) = if self.transpose_a { (a2, a1) } else { (a1, a2) };
        let (k2, n) = if self.transpose_b { (b2, b1) } else { (b1, b2) };
        [m, k, k2, n]
    }
}
