//! Objectives: what a discriminator and a generator want of each other. To add one: a file here with
//! a struct that implements [`GanObjective`] and a line in [`OBJECTIVES`]; the names of commands,
//! documents and contract tests follow from the table. Not here: penalties (`regularizers/`).

mod hinge;
mod keras_loss;
mod minimax;
mod non_saturating;
mod relativistic_paired;
mod wasserstein;

pub use hinge::Hinge;
pub use keras_loss::KerasLoss;
pub use minimax::Minimax;
pub use non_saturating::NonSaturating;
pub use relativistic_paired::RelativisticPaired;
pub use wasserstein::Wasserstein;

use crate::error::GanError;
use crate::loss_scope::{LossScope, Verdict};
use crate::spec::TermSpec;
use ganymede_graph::Expr;
use ganymede_nn::losses::LossKind;
use serde::de::DeserializeOwned;

/// A pair of losses over the discriminator's verdicts on real and on generated samples.
pub trait GanObjective {
    /// What the discriminator minimises; a scalar.
    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g>;

    /// What the generator minimises; a scalar. A relative objective asks for the verdict on real samples
    /// itself, `s.discriminator(s.real())`: the others must not pay for it.
    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g>;
}

/// An entry of the table: name, one sentence, constructor from a term's arguments.
pub struct Entry {
    /// Name in specs.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    make: fn(toml::Table) -> Result<Box<dyn GanObjective>, toml::de::Error>,
}

/// Every objective that is not a plain Keras loss.
pub const OBJECTIVES: &[Entry] = &[
    Entry {
        name: "non_saturating",
        summary: "the generator maximises ln D(fake); Goodfellow et al. 2014",
        make: make::<NonSaturating>,
    },
    Entry {
        name: "minimax",
        summary: "the generator minimises ln(1 − D(fake)); Goodfellow et al. 2014",
        make: make::<Minimax>,
    },
    Entry {
        name: "hinge",
        summary: "the discriminator wants a margin of 1 and no more; Lim, Ye 2017",
        make: make::<Hinge>,
    },
    Entry {
        name: "wasserstein",
        summary: "the difference of the critic's means, for a critic of bounded slope; Arjovsky et al. 2017",
        make: make::<Wasserstein>,
    },
    Entry {
        name: "relativistic_paired",
        summary: "real and fake are compared pair by pair; Jolicoeur-Martineau 2018",
        make: make::<RelativisticPaired>,
    },
];

fn make<O: GanObjective + DeserializeOwned + 'static>(
    arguments: toml::Table,
) -> Result<Box<dyn GanObjective>, toml::de::Error> {
    toml::Value::Table(arguments).try_into().map(|o: O| Box::new(o) as Box<dyn GanObjective>)
}

/// Every name that [`objective`] knows.
pub fn names() -> Vec<String> {
    let keras = LossKind::NAMES.iter().map(|name| name.to_string());
    OBJECTIVES.iter().map(|e| e.name.to_string()).chain(keras).collect()
}

/// The objective of a term, or `None` when its name is none of [`names`].
///
/// # Errors
/// [`GanError::Argument`] when the term's arguments are not the objective's.
pub fn objective(term: &TermSpec) -> Result<Option<Box<dyn GanObjective>>, GanError> {
    let refuse = |reason: String| GanError::Argument { what: format!("term `{}`", term.class_name), reason };
    if let Some(entry) = OBJECTIVES.iter().find(|e| e.name == term.class_name) {
        if term.args.is_some() {
            return Err(refuse("expected no `args`: it compares real and fake by itself".into()));
        }
        return (entry.make)(term.arguments.clone()).map(Some).map_err(|e| refuse(e.message().to_string()));
    }
    if LossKind::NAMES.contains(&term.class_name.as_str()) {
        return Ok(Some(Box::new(KerasLoss::from_term(term)?)));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss_scope::{Networks, Trace};
    use crate::regularizers::Player;
    use crate::spec::LatentDistribution;
    use ganymede_data::{CODEC_VERSION, Codec, Kind};
    use ganymede_graph::Builder;
    use ganymede_graph::interpret::{Array, run};
    use ganymede_nn::layers::{Identity, Input};
    use ganymede_nn::{Mode, Sequential};
    use ganymede_tensor::{DType, TensorType};
    use std::collections::BTreeMap;
    use std::rc::Rc;

    /// Samples of one number, which the discriminator hands on as the logit.
    fn numbers() -> (Codec, Networks) {
        let codec = Codec {
            format_version: CODEC_VERSION,
            format: "test".into(),
            source: "test".into(),
            dtype: DType::F32,
            shape: vec![1],
            range: [-1.0, 1.0],
            classes: Vec::new(),
            kind: Kind::Points { reference: Vec::new() },
        };
        let stack = Sequential::new("discriminator").add(Input::new([1])).add(Identity::new());
        let models = BTreeMap::from([("discriminator".to_string(), stack.model().unwrap())]);
        (codec, Networks { models })
    }

    /// The discriminator's and the generator's loss at these logits, and their gradients: of the first by real and
    /// fake logits, of the second by fake logits.
    fn losses(objective: &dyn GanObjective, real: f64, fake: f64) -> ([f64; 2], [f64; 3]) {
        let builder = Builder::new("objective");
        let (codec, networks) = numbers();
        let mut trace = Trace::new(&builder, &networks, Mode::Train, 2, LatentDistribution::default());
        trace.codec = Some(&codec);
        let scope = LossScope::new(&Rc::new(trace), "d", Player::Discriminator);
        let reals = scope.discriminator(scope.real());
        let fakes = scope.discriminator(builder.input("fake", TensorType::f32([2, 1])));
        let d = objective.discriminator_loss(&scope, &reals, &fakes);
        let g = objective.generator_loss(&scope, &fakes);
        let mut wanted = vec![d, g];
        wanted.extend(d.grad(&[reals.logits, fakes.logits]));
        wanted.extend(g.grad(&[fakes.logits]));
        for (i, value) in wanted.iter().enumerate() {
            builder.output(&i.to_string(), *value);
        }
        drop(scope);
        let inputs =
            [("real", real), ("fake", fake)].map(|(name, x)| (name.to_string(), Array::new([2, 1], vec![x; 2])));
        let outputs = run(&builder.finish().unwrap(), &inputs.into(), &mut BTreeMap::new()).unwrap();
        let sum = |i: usize| outputs[&i.to_string()].data.iter().sum::<f64>();
        ([sum(0), sum(1)], [sum(2), sum(3), sum(4)])
    }

    #[test]
    fn every_objective_pulls_the_two_networks_apart() {
        for entry in OBJECTIVES {
            // Inside of the margin of `hinge`, which wants nothing beyond it.
            for (real, fake) in [(0.0, 0.0), (0.9, -0.9), (-1.5, 0.5)] {
                let (_, [real_grad, fake_grad, generator]) =
                    losses(&*(entry.make)(toml::Table::new()).unwrap(), real, fake);
                let name = entry.name;
                assert!(real_grad < 0.0, "{name}: the discriminator wants higher logits of real samples: {real_grad}");
                assert!(fake_grad > 0.0, "{name}: the discriminator wants lower logits of fakes: {fake_grad}");
                assert!(generator < 0.0, "{name}: the generator wants higher logits of fakes: {generator}");
            }
        }
    }

    #[test]
    fn every_objective_is_finite_where_the_discriminator_is_sure() {
        for entry in OBJECTIVES {
            for (real, fake) in [(50.0, -50.0), (-50.0, 50.0), (50.0, 50.0), (-50.0, -50.0)] {
                let (values, gradients) = losses(&*(entry.make)(toml::Table::new()).unwrap(), real, fake);
                let finite = values.iter().chain(&gradients).all(|x| x.is_finite());
                assert!(finite, "{} at {real}, {fake}: {values:?} {gradients:?}", entry.name);
            }
        }
    }
}
