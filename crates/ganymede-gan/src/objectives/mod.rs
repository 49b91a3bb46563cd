//! Objectives: what a discriminator and a generator want of each other. To add one: a file here with
//! a sentence and a struct that implements [`GanObjective`], and a line in [`OBJECTIVES`]; the names of commands,
//! documents and contract tests follow from the table. Not here: penalties (`regularizers/`).

mod keras_loss;

pub use keras_loss::KerasLoss;

use crate::error::GanError;
use crate::loss_scope::{LossScope, Verdict};
use crate::spec::TermSpec;
use crate::table::{self, table};
use ganymede_graph::Expr;
use ganymede_nn::losses::{Loss, LossKind};

/// A pair of losses over the discriminator's verdicts on real and on generated samples.
pub trait GanObjective {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument, what was expected and what was found.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether a higher logit says that a sample is more like real ones: top-k and adaptive augmentation need that.
    fn ranks(&self) -> bool {
        true
    }

    /// How sure the discriminator is of each real sample: above 0 where it takes it for real, below where for generated.
    /// Of an objective that [`ranks`](GanObjective::ranks).
    fn margin<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        let _ = (s, fake);
        real.logits
    }

    /// What the discriminator minimises; a scalar.
    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g>;

    /// What the generator minimises; a scalar. A relative objective asks for the verdict on real samples
    /// itself, `s.discriminator(s.real())`: the others must not pay for it.
    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g>;
}

table! {
    /// Every objective that is not a plain Keras loss.
    OBJECTIVES: dyn GanObjective {
        non_saturating::NonSaturating,
        minimax::Minimax,
        least_squares::LeastSquares,
        hinge::Hinge,
        wasserstein::Wasserstein,
        relativistic_paired::RelativisticPaired,
        relativistic_average::RelativisticAverage,
        relativistic_hinge::RelativisticHinge,
        dual_contrastive::DualContrastive,
        began::Began,
        expression_objective::ExpressionObjective,
    }
}

/// Every name that [`objective`] knows.
pub fn names() -> Vec<String> {
    let keras = LossKind::NAMES.iter().map(|name| name.to_string());
    OBJECTIVES.iter().map(|e| e.name.to_string()).chain(keras).collect()
}

/// Names of an objective's own arguments, or `None` when its name is none of [`names`].
pub(crate) fn arguments(name: &str) -> Option<Vec<String>> {
    let own = OBJECTIVES.iter().find(|entry| entry.name == name);
    let own = own.map(|entry| (entry.arguments)().iter().map(|argument| argument.to_string()).collect());
    // `config` is Keras's own form of them.
    let of_term = ["args", "config"].map(String::from);
    own.or_else(|| LossKind::NAMES.contains(&name).then(|| of_term.into_iter().chain(Loss::arguments(name)).collect()))
}

/// The objective of a term, or `None` when its name is none of [`names`].
///
/// # Errors
/// [`GanError::Argument`] when the term's arguments are not the objective's.
pub fn objective(term: &TermSpec) -> Result<Option<Box<dyn GanObjective>>, GanError> {
    let refuse = |reason: String| GanError::Argument { what: format!("term `{}`", term.class_name), reason };
    if let Some(reason) = arguments(&term.class_name).and_then(|own| table::strays_text(&term.strays(&own))) {
        return Err(refuse(reason));
    }
    if let Some(made) = make(&term.class_name, &term.arguments) {
        if term.args.is_some() {
            return Err(refuse("expected no `args`: it compares real and fake by itself".into()));
        }
        return made.map(Some).map_err(refuse);
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
    use ganymede_data::Codec;
    use ganymede_graph::Builder;
    use ganymede_graph::interpret::{Array, run};
    use ganymede_nn::layers::{Identity, Input, Rescaling};
    use ganymede_nn::{Mode, Sequential};
    use ganymede_tensor::TensorType;
    use std::collections::BTreeMap;
    use std::rc::Rc;

    /// Samples of one number, which the discriminator hands on as the logit.
    fn numbers() -> (Codec, Networks) {
        let codec = Codec::stand_in(TensorType::f32([1]), [-1.0, 1.0], Vec::new());
        let stack = Sequential::new("discriminator").add(Input::new([1])).add(Identity::new());
        let models = BTreeMap::from([("discriminator".to_string(), stack.model().unwrap())]);
        (codec, Networks { models })
    }

    /// The discriminator's and the generator's loss at these logits, and their gradients: of the first by real and
    /// fake logits, of the second by fake logits.
    fn losses(objective: &dyn GanObjective, real: [f64; 2], fake: [f64; 2]) -> ([f64; 2], [f64; 3]) {
        let builder = Builder::new("objective");
        let (codec, networks) = numbers();
        let mut trace = Trace::new(&builder, &networks, Mode::Train, 2, LatentDistribution::default());
        trace.codec = Some(&codec);
        let scope = LossScope::new(&Rc::new(trace), "d", Player::Discriminator);
        let reals = scope.discriminator(scope.real());
        let fakes = scope.discriminator(builder.input("fake", TensorType::f32([2, 1])));
        let d = objective.discriminator_loss(&scope, &reals, &fakes);
        let g = objective.generator_loss(&scope, &fakes);
        if objective.ranks() {
            // As sure of a real sample that is as high above the fakes as it was told to be, wherever the logits lie.
            let margin = |by: f64| {
                let real = Verdict { logits: fakes.logits * 0.0 + by, ..reals.clone() };
                let fake = Verdict { logits: fakes.logits * 0.0, ..fakes.clone() };
                objective.margin(&scope, &real, &fake).mean()
            };
            builder.output("sure", margin(1.0));
            builder.output("wrong", margin(-1.0));
        }
        let mut wanted = vec![d, g];
        wanted.extend(d.grad(&[reals.logits, fakes.logits]));
        wanted.extend(g.grad(&[fakes.logits]));
        for (i, value) in wanted.iter().enumerate() {
            builder.output(&i.to_string(), *value);
        }
        drop(scope);
        let inputs =
            [("real", real), ("fake", fake)].map(|(name, x)| (name.to_string(), Array::new([2, 1], x.to_vec())));
        let mut states = BTreeMap::from([("d/k".to_string(), Array::new([0; 0], vec![0.0]))]);
        let outputs = run(&builder.finish().unwrap(), &inputs.into(), &mut states).unwrap();
        if let (Some(sure), Some(wrong)) = (outputs.get("sure"), outputs.get("wrong")) {
            assert!(sure.data[0] > 0.0 && wrong.data[0] < 0.0, "{} {}", sure.data[0], wrong.data[0]);
        }
        let sum = |i: usize| outputs[&i.to_string()].data.iter().sum::<f64>();
        ([sum(0), sum(1)], [sum(2), sum(3), sum(4)])
    }

    /// An objective of the table with its defaults; texts for one that has none.
    fn example(entry: &Entry) -> Box<dyn GanObjective> {
        let texts = "discriminator = 'mean(softplus(-real_logits)) + mean(softplus(fake_logits))'\n\
                     generator = 'mean(softplus(-fake_logits))'";
        let arguments = if entry.name == "expression_objective" { texts } else { "" };
        (entry.make)(toml::from_str(arguments).unwrap()).unwrap()
    }

    #[test]
    fn every_objective_pulls_the_two_networks_apart() {
        for entry in OBJECTIVES.iter().filter(|entry| entry.name != "began") {
            // Inside of what margins and labels want, beyond which there is nothing to want, or the opposite.
            for (real, fake) in [(0.5, 0.4), (0.9, 0.1), (-0.4, 0.5)] {
                let (_, [real_grad, fake_grad, generator]) = losses(&*example(entry), [real; 2], [fake; 2]);
                let name = entry.name;
                assert!(real_grad < 0.0, "{name}: the discriminator wants higher logits of real samples: {real_grad}");
                assert!(fake_grad > 0.0, "{name}: the discriminator wants lower logits of fakes: {fake_grad}");
                assert!(generator < 0.0, "{name}: the generator wants higher logits of fakes: {generator}");
            }
        }
    }

    /// Two logits of each kind; by hand, in the formulas' own terms.
    #[test]
    fn losses_are_those_of_the_formulas() {
        let (real, fake) = ([0.3, -1.2], [0.8, -0.1]);
        let softplus = |x: f64| x.exp().ln_1p();
        let mean = |x: [f64; 2]| (x[0] + x[1]) / 2.0;
        let each = |x: [f64; 2], f: &dyn Fn(f64) -> f64| mean(x.map(f));
        let contrast = |f: f64, r: f64| (f - r).exp();
        let dual = mean([0, 1].map(|i| (1.0 + contrast(fake[0], real[i]) + contrast(fake[1], real[i])).ln()))
            + mean([0, 1].map(|j| (1.0 + contrast(fake[j], real[0]) + contrast(fake[j], real[1])).ln()));
        let average = |high: [f64; 2], low: [f64; 2]| {
            each(high, &|x| softplus(mean(low) - x)) + each(low, &|x| softplus(x - mean(high)))
        };
        let smooth = each(real, &|x| 0.9 * softplus(-x) + 0.1 * softplus(x)) + each(fake, &softplus);
        let squares = |x: [f64; 2], wanted: f64| 0.5 * each(x, &|x| (x - wanted).powi(2));
        for (name, arguments, d, g) in [
            ("least_squares", "", squares(real, 1.0) + squares(fake, 0.0), squares(fake, 1.0)),
            (
                "least_squares",
                "fake_label = -1.0\ngenerator_label = 0.0",
                squares(real, 1.0) + squares(fake, -1.0),
                squares(fake, 0.0),
            ),
            ("relativistic_average", "", average(real, fake), average(fake, real)),
            ("dual_contrastive", "", dual, -dual),
            ("non_saturating", "real_label = 0.9", smooth, each(fake, &|x| softplus(-x))),
            ("minimax", "real_label = 0.9", smooth, -each(fake, &softplus)),
            ("hinge", "", each(real, &|x| (1.0 - x).max(0.0)) + each(fake, &|x| (1.0 + x).max(0.0)), -mean(fake)),
        ] {
            let objective = make(name, &toml::from_str(arguments).unwrap()).unwrap().unwrap();
            let ([found_d, found_g], _) = losses(&*objective, real, fake);
            assert!((found_d - d).abs() < 1e-9 && (found_g - g).abs() < 1e-9, "{name}: {found_d} {d}, {found_g} {g}");
        }
        let error = make("hinge", &toml::from_str("margin = 2.0").unwrap()).unwrap().err().unwrap();
        assert!(error.contains("margin"), "{error}");
    }

    /// Of an autoencoder that gives all it sees back halved, L(x) = E |x|/2. With k at 0 at first.
    #[test]
    fn began_holds_its_balance() {
        let builder = Builder::new("began");
        let (codec, _) = numbers();
        let stack = Sequential::new("discriminator").add(Input::new([1])).add(Rescaling::new(0.5));
        let networks = Networks { models: BTreeMap::from([("discriminator".to_string(), stack.model().unwrap())]) };
        let mut trace = Trace::new(&builder, &networks, Mode::Train, 2, LatentDistribution::default());
        trace.codec = Some(&codec);
        let scope = LossScope::new(&Rc::new(trace), "d", Player::Discriminator);
        let fakes = scope.discriminator(builder.input("fake", TensorType::f32([2, 1])));
        let objective = Began { gamma: 0.5.into(), lambda: 0.1.into() };
        builder.output("d", objective.discriminator_loss(&scope, &scope.discriminator(scope.real()), &fakes));
        builder.output("g", objective.generator_loss(&scope, &fakes));
        drop(scope);
        let graph = builder.finish().unwrap();
        let mut states = BTreeMap::from([("d/k".to_string(), Array::new([0; 0], vec![0.2]))]);
        let inputs = [("real", vec![4.0, -2.0]), ("fake", vec![0.5, -0.5])];
        let inputs = inputs.map(|(name, values)| (name.to_string(), Array::new([2, 1], values)));
        let outputs = run(&graph, &inputs.into(), &mut states).unwrap();
        let (real, fake) = (1.5, 0.25);
        assert!((outputs["d"].data[0] - (real - 0.2 * fake)).abs() < 1e-9);
        assert!((outputs["g"].data[0] - fake).abs() < 1e-9);
        assert!((states["d/k"].data[0] - (0.2 + 0.1 * (0.5 * real - fake))).abs() < 1e-9, "{:?}", states["d/k"]);
    }

    #[test]
    fn every_objective_is_finite_where_the_discriminator_is_sure() {
        for entry in OBJECTIVES {
            for (real, fake) in [(50.0, -50.0), (-50.0, 50.0), (50.0, 50.0), (-50.0, -50.0)] {
                let (values, gradients) = losses(&*example(entry), [real; 2], [fake; 2]);
                let finite = values.iter().chain(&gradients).all(|x| x.is_finite());
                assert!(finite, "{} at {real}, {fake}: {values:?} {gradients:?}", entry.name);
            }
        }
    }
}
