//! Random numbers as a pure function of seed, draw and stream.

use super::{Attributes, Class, Primitive, arity, count, refuse};
use crate::error::TypeError;
use crate::expr::Expr;
use crate::interpret::Array;
use ganymede_tensor::{DType, Rng, Shape, TensorType};

/// Which distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Uniform in [0, 1), on a grid of 2⁻²⁴.
    Uniform,
    /// Standard normal, by Box–Muller.
    Normal,
}

/// Random numbers: operands are the seed (u32\[2\], or u32\[n, 2\] with one seed a sample) and the
/// draw (u32 scalar), which the host raises at every run; a third (u32 scalar) is the number of the first
/// sample where the tensor is a part of a batch.
///
/// Element i is made of word i mod 4 of Philox4x32-10 at counter (⌊i/4⌋, stream, draw); with a seed
/// a sample, i counts from 0 in each sample, in a part of a batch from the part's first element. No derivative.
///
/// # Source
/// Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3"; see `ganymede_tensor::Rng`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Random {
    /// Which distribution.
    pub distribution: Distribution,
    /// Shape of the result; the first axis is the batch.
    pub shape: Shape,
    /// Tells this node's numbers from those of other nodes.
    pub stream: u32,
}

impl Random {
    pub(super) const NAME: &'static str = "random";
    pub(super) fn from_attributes(attributes: &mut Attributes) -> Result<Self, String> {
        let distribution = match attributes.take_word("distribution")?.as_str() {
            "uniform" => Distribution::Uniform,
            "normal" => Distribution::Normal,
            other => return Err(format!("expected uniform or normal, found `{other}`")),
        };
        let shape = Shape::from(attributes.take_sizes("shape")?);
        let stream = u32::try_from(attributes.take_size("stream")?).map_err(|e| e.to_string())?;
        Ok(Random { distribution, shape, stream })
    }
}

impl Primitive for Random {
    fn name(&self) -> &'static str {
        Self::NAME
    }
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, TypeError> {
        arity(Self::NAME, inputs, if inputs.len() == 3 { 3 } else { 2 })?;
        for (operand, ty) in inputs.iter().enumerate() {
            if ty.dtype != DType::U32 {
                return Err(TypeError::DType { op: Self::NAME, operand, expected: "u32", found: ty.dtype });
            }
        }
        let samples = self.shape.first().copied();
        match inputs[0].shape[..] {
            [2] => {}
            [n, 2] if samples == Some(n) => {}
            _ => {
                return refuse(
                    Self::NAME,
                    &inputs[0],
                    format!("expected a seed of shape (2,) or (n, 2) for a result {}", self.shape),
                );
            }
        }
        if inputs[1].shape.rank() != 0 {
            return refuse(Self::NAME, &inputs[1], "expected a scalar draw".into());
        }
        if let Some(first) = inputs.get(2).filter(|first| first.shape.rank() != 0 || inputs[0].shape.rank() != 1) {
            return refuse(Self::NAME, first, "expected a scalar number of the first sample, and one seed".into());
        }
        Ok(TensorType::f32(self.shape.clone()))
    }
    fn flops(&self, _: &[TensorType], output: &TensorType) -> u64 {
        count(output) * 10
    }
    fn vjp<'g>(&self, inputs: &[Expr<'g>], _: Expr<'g>, _: Expr<'g>) -> Vec<Option<Expr<'g>>> {
        vec![None; inputs.len()]
    }
    fn interpret(&self, inputs: &[&Array], output: &TensorType) -> Array {
        let (seeds, draw) = (inputs[0], inputs[1].data[0] as u32);
        let samples = if seeds.ty.shape.rank() == 2 { seeds.ty.shape[0] } else { 1 };
        let each = output.elements() / samples.max(1);
        let row: usize = output.shape.iter().skip(1).product();
        let first = inputs.get(2).map_or(0, |first| first.data[0] as u64 * row as u64);
        let mut data = Vec::with_capacity(output.elements());
        for sample in 0..samples {
            let seed = seeds.data[2 * sample] as u64 | (seeds.data[2 * sample + 1] as u64) << 32;
            data.extend(Rng::fill(seed, self.stream, draw, first, each, self.distribution == Distribution::Normal));
        }
        Array { ty: output.clone(), data }
    }
    fn attributes(&self) -> Attributes {
        let name = if self.distribution == Distribution::Normal { "normal" } else { "uniform" };
        Attributes::default()
            .word("distribution", name)
            .sizes("shape", &self.shape)
            .integers("stream", vec![i64::from(self.stream)])
    }
    fn class(&self) -> Class {
        Class::Other
    }
}
