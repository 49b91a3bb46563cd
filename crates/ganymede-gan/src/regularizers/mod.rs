//! Regularizers: terms that a player's loss gets beside the objective. To add one: a file here with a
//! sentence and a struct that implements [`Regularizer`], and a line in [`REGULARIZERS`]. Weight and interval are the
//! term's and the phase's. Not here: penalties on weights, which are Keras's (`ganymede-nn`).

mod slope;

use crate::error::GanError;
use crate::loss_scope::LossScope;
use crate::spec::TermSpec;
use crate::table::{self, table};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whose loss a regularizer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Player {
    /// The discriminator (critic).
    Discriminator,
    /// The generator.
    Generator,
}

impl fmt::Display for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Player::Discriminator => "discriminator",
            Player::Generator => "generator",
        })
    }
}

/// A term of one player's loss.
pub trait Regularizer {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument, what was expected and what was found.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whose losses it belongs to.
    fn players(&self) -> &'static [Player];

    /// The penalty before its weight; a scalar.
    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g>;
}

table! {
    /// Every regularizer.
    REGULARIZERS: dyn Regularizer {
        gradient_penalty::GradientPenalty,
        lipschitz_penalty::LipschitzPenalty,
        dragan::Dragan,
        zero_centered_penalty::ZeroCenteredPenalty,
        r1::R1,
        r2::R2,
        consistency::Consistency,
        balanced_consistency::BalancedConsistency,
        latent_consistency::LatentConsistency,
        latent_regression::LatentRegression,
        lecam::LeCam,
        path_length::PathLength,
        orthogonal::Orthogonal,
        feature_matching::FeatureMatching,
        auxiliary_classifier::AuxiliaryClassifier,
        second_moments::SecondMoments,
        condition::Condition,
        expression::Expression,
    }
}

/// Names of a regularizer's own arguments, or `None` when its name is not in the table.
pub(crate) fn arguments(name: &str) -> Option<Vec<String>> {
    let entry = REGULARIZERS.iter().find(|entry| entry.name == name)?;
    Some((entry.arguments)().iter().map(|argument| argument.to_string()).collect())
}

/// The regularizer of a term, or `None` when its name is not in the table.
///
/// # Errors
/// [`GanError::Argument`] when the term's arguments are not the regularizer's.
pub fn regularizer(term: &TermSpec) -> Result<Option<Box<dyn Regularizer>>, GanError> {
    let Some(own) = arguments(&term.class_name) else { return Ok(None) };
    let refuse = |reason: String| GanError::Argument { what: format!("term `{}`", term.class_name), reason };
    if let Some(reason) = table::strays_text(&term.strays(&own)) {
        return Err(refuse(reason));
    }
    let Some(made) = make(&term.class_name, &term.arguments) else { return Ok(None) };
    if term.args.is_some() {
        return Err(refuse("expected no `args`".into()));
    }
    made.map(Some).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss_scope::{Networks, Trace};
    use crate::spec::LatentDistribution;
    use ganymede_data::Codec;
    use ganymede_graph::Builder;
    use ganymede_graph::interpret::{Array, run};
    use ganymede_nn::layers::{Dense, Input};
    use ganymede_nn::{Mode, Sequential};
    use ganymede_tensor::TensorType;
    use std::collections::{BTreeMap, HashMap};
    use std::rc::Rc;

    /// The penalty and its derivative by the kernel k of D(x) = x·k, whose slope is k everywhere, at k = (1, 2, 2).
    fn of_a_plane(regularizer: &dyn Regularizer) -> (f64, Vec<f64>) {
        let codec = Codec::stand_in(TensorType::f32([3]), [-1.0, 1.0], Vec::new());
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

    /// ‖k‖ = 3. By hand: (3 − 1)² and 2 (3 − 1) k / 3; 9 and 2 k; ½ · 9 and k.
    #[test]
    fn penalties_of_a_plane_are_those_of_its_slope() {
        for (name, expected, factor) in [
            ("gradient_penalty", 4.0, 4.0 / 3.0),
            ("lipschitz_penalty", 4.0, 4.0 / 3.0),
            ("dragan", 4.0, 4.0 / 3.0),
            ("zero_centered_penalty", 9.0, 2.0),
            ("r1", 4.5, 1.0),
            ("r2", 4.5, 1.0),
        ] {
            let (penalty, gradient) = of_a_plane(&*make(name, &toml::Table::new()).unwrap().unwrap());
            assert!((penalty - expected).abs() < 1e-9, "{name}: {penalty}");
            for (found, k) in gradient.iter().zip([1.0, 2.0, 2.0]) {
                assert!((found - factor * k).abs() < 1e-9, "{name}: {gradient:?}");
            }
        }
    }
}
