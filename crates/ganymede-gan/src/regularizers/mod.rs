//! Regularizers: terms that a player's loss gets beside the objective. To add one: a file here with a
//! struct that implements [`Regularizer`] and a line in [`REGULARIZERS`]. Weight and interval are the
//! term's and the phase's. Not here: penalties on weights, which are Keras's (`ganymede-nn`).

mod gradient_penalty;
mod r1;
mod r2;

pub use gradient_penalty::GradientPenalty;
pub use r1::R1;
pub use r2::R2;

use crate::error::GanError;
use crate::loss_scope::LossScope;
use crate::spec::TermSpec;
use ganymede_graph::Expr;
use serde::de::DeserializeOwned;

/// Whose loss a regularizer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Player {
    /// The discriminator (critic).
    Discriminator,
    /// The generator.
    Generator,
}

/// A term of one player's loss.
pub trait Regularizer {
    /// Whose loss it belongs to.
    fn player(&self) -> Player;

    /// The penalty before its weight; a scalar.
    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g>;
}

/// An entry of the table: name, one sentence, constructor from a term's arguments.
pub struct Entry {
    /// Name in specs.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    make: fn(toml::Table) -> Result<Box<dyn Regularizer>, toml::de::Error>,
}

/// Every regularizer.
pub const REGULARIZERS: &[Entry] = &[
    Entry {
        name: "gradient_penalty",
        summary: "the critic's slope between real and fake is held at 1; Gulrajani et al. 2017",
        make: make::<GradientPenalty>,
    },
    Entry {
        name: "r1",
        summary: "the discriminator's slope at real samples is held at 0; Mescheder et al. 2018",
        make: make::<R1>,
    },
    Entry {
        name: "r2",
        summary: "the discriminator's slope at generated samples is held at 0; Mescheder et al. 2018",
        make: make::<R2>,
    },
];

fn make<R: Regularizer + DeserializeOwned + 'static>(
    arguments: toml::Table,
) -> Result<Box<dyn Regularizer>, toml::de::Error> {
    toml::Value::Table(arguments).try_into().map(|r: R| Box::new(r) as Box<dyn Regularizer>)
}

/// The regularizer of a term, or `None` when its name is not in the table.
///
/// # Errors
/// [`GanError::Argument`] when the term's arguments are not the regularizer's.
pub fn regularizer(term: &TermSpec) -> Result<Option<Box<dyn Regularizer>>, GanError> {
    let Some(entry) = REGULARIZERS.iter().find(|e| e.name == term.class_name) else { return Ok(None) };
    let refuse = |reason: String| GanError::Argument { what: format!("term `{}`", term.class_name), reason };
    if term.args.is_some() {
        return Err(refuse("expected no `args`".into()));
    }
    (entry.make)(term.arguments.clone()).map(Some).map_err(|e| refuse(e.message().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss_scope::{Networks, Trace};
    use crate::spec::LatentDistribution;
    use ganymede_data::{CODEC_VERSION, Codec, Kind};
    use ganymede_graph::Builder;
    use ganymede_graph::interpret::{Array, run};
    use ganymede_nn::layers::{Dense, Input};
    use ganymede_nn::{Mode, Sequential};
    use ganymede_tensor::{DType, TensorType};
    use std::collections::{BTreeMap, HashMap};
    use std::rc::Rc;

    /// The penalty and its derivative by the kernel k of D(x) = x·k, whose slope is k everywhere, at k = (1, 2, 2).
    fn of_a_plane(regularizer: &dyn Regularizer) -> (f64, Vec<f64>) {
        let codec = Codec {
            format_version: CODEC_VERSION,
            format: "test".into(),
            source: "test".into(),
            dtype: DType::F32,
            shape: vec![3],
            range: [-1.0, 1.0],
            classes: Vec::new(),
            kind: Kind::Points { reference: Vec::new() },
        };
        let dense = |units: usize| Dense::new(units).use_bias(false);
        let stack = |name: &str, inputs: usize, units: usize| {
            let model = Sequential::new(name).add(Input::new([inputs])).add(dense(units)).model().unwrap();
            (name.to_string(), model)
        };
        let networks = Networks { models: [stack("discriminator", 3, 1), stack("generator", 2, 3)].into() };
        let builder = Builder::new("penalty");
        let mut trace = Trace::new(&builder, &networks, Mode::Train, 4, LatentDistribution::default());
        trace.codec = Some(&codec);
        let scope = LossScope::new(&Rc::new(trace), "d", Player::Discriminator);
        let penalty = regularizer.penalty(&scope);
        let kernel = builder.state("discriminator/dense/kernel", TensorType::f32([3, 1]));
        builder.output("penalty", penalty);
        builder.output("gradient", penalty.grad(&[kernel])[0]);
        drop(scope);
        let graph = builder.finish().unwrap();
        let inputs: HashMap<String, Array> = graph
            .inputs()
            .map(|(name, ty)| (name.to_string(), Array { ty: ty.clone(), data: vec![0.5; ty.elements()] }))
            .collect();
        let mut states = BTreeMap::from([
            ("discriminator/dense/kernel".to_string(), Array::new([3, 1], vec![1.0, 2.0, 2.0])),
            ("generator/dense/kernel".to_string(), Array::new([2, 3], vec![0.5; 6])),
        ]);
        let outputs = run(&graph, &inputs, &mut states).unwrap();
        (outputs["penalty"].data[0], outputs["gradient"].data.clone())
    }

    /// ‖k‖ = 3. By hand: (3 − 1)² and 2 (3 − 1) k / 3; ½ · 9 and k.
    #[test]
    fn every_penalty_of_a_plane_is_that_of_its_slope() {
        for entry in REGULARIZERS {
            let (expected, factor) = match entry.name {
                "gradient_penalty" => (4.0, 4.0 / 3.0),
                "r1" | "r2" => (4.5, 1.0),
                name => panic!("expected the penalty of a plane for `{name}` here, found none"),
            };
            let (penalty, gradient) = of_a_plane(&*(entry.make)(toml::Table::new()).unwrap());
            assert!((penalty - expected).abs() < 1e-9, "{}: {penalty}", entry.name);
            for (found, k) in gradient.iter().zip([1.0, 2.0, 2.0]) {
                assert!((found - factor * k).abs() < 1e-9, "{}: {gradient:?}", entry.name);
            }
        }
    }
}
