//! Another range of values: from stored images to what a network takes.

use super::Layer;
use crate::arguments::Numbers;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;
use ganymede_tensor::{DType, TensorType};

configured! {
    /// x·scale + offset, as `f32`. The shape stays.
    pub struct Rescaling {
        /// The factor, or one for each channel.
        scale: Numbers = Numbers(vec![1.0]),
        ;
        /// What is added, or a number for each channel.
        offset: Numbers = Numbers(vec![0.0]),
    }
}

impl Layer for Rescaling {
    described!("Rescaling");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let builder = scope.builder();
        let channels = x.shape().last().copied().unwrap_or(1);
        let constant = |numbers: &Numbers| match numbers.0[..] {
            [one] => builder.constant(one),
            ref all if all.len() == channels => builder.constant_tensor(TensorType::f32([channels]), all),
            ref all => builder
                .error(format!("expected a number or one for each of {channels} channels, found {}", all.len()), None),
        };
        x.convert(DType::F32) * constant(&self.scale) + constant(&self.offset)
    }
}
