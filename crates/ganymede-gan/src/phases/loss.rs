//! The loss of a phase and its gradients. Not here: what the terms are (`objectives/`, `regularizers/`), what becomes
//! of the gradients (`update.rs`).

use super::{Flag, Recorder, reach, term_names};
use crate::error::GanError;
use crate::loss_scope::{LossScope, Verdict};
use crate::objectives::{GanObjective, objective};
use crate::regularizers::{Player, Regularizer, regularizer};
use crate::spec::{PhaseSpec, TermSpec};
use ganymede_graph::Expr;
use ganymede_nn::Parameter;
use ganymede_tensor::TensorType;

/// What a phase trains: a parameter and its value in the loss.
pub(super) type Trained<'g> = (Parameter, Expr<'g>);

/// The same with the gradient.
pub(super) type Gradient<'g> = (Parameter, Expr<'g>, Expr<'g>);

/// A term of a phase, made from the tables.
enum Term {
    Objective(Box<dyn GanObjective>),
    Regularizer(Box<dyn Regularizer>),
}

fn term(spec: &TermSpec) -> Result<Term, GanError> {
    if let Some(objective) = objective(spec)? {
        return Ok(Term::Objective(objective));
    }
    if let Some(regularizer) = regularizer(spec)? {
        return Ok(Term::Regularizer(regularizer));
    }
    Err(GanError::Unknown { kind: "a term of a loss", name: spec.class_name.clone(), known: term_names() })
}

/// Names of a phase's terms: those that they were given or their classes, with a number where one comes again.
pub(super) fn names(phase: &PhaseSpec) -> Vec<String> {
    let name = |(at, term): (usize, &TermSpec)| {
        let name = term.shown_as();
        let again = phase.terms[..at].iter().filter(|other| other.shown_as() == name).count();
        if again == 0 { name.to_string() } else { format!("{name}#{again}") }
    };
    phase.terms.iter().enumerate().map(name).collect()
}

/// The loss of a phase and its gradients; `due` says which intervals of terms are.
pub(super) fn differentiate<'g>(
    phase: &PhaseSpec,
    scope: &LossScope<'g>,
    due: &[u64],
    recorder: &mut Recorder<'g>,
) -> Result<Vec<Gradient<'g>>, GanError> {
    let refuse = |reason: String| GanError::Argument { what: format!("phase `{}`", phase.name), reason };
    let builder = scope.trace.builder;
    let (mut loss, mut verdicts): (Option<Expr<'g>>, _) = (None, None);
    let (mut has_objective, mut terms) = (false, Vec::new());
    for (spec, name) in phase.terms.iter().zip(names(phase)) {
        if spec.every > 1 && !due.contains(&spec.every) {
            continue;
        }
        let of_term = scope.of_term(&name);
        let value = match (term(spec)?, scope.player) {
            (Term::Objective(o), Player::Discriminator) => {
                has_objective = true;
                let (real, fake) = verdicts.get_or_insert_with(|| judged(phase, scope, &of_term, o.as_ref(), recorder));
                o.discriminator_loss(&of_term, real, fake)
            }
            (Term::Objective(o), Player::Generator) => {
                has_objective = true;
                if phase.top_k.is_some() && !o.ranks() {
                    let reason = format!("`top_k` takes the fakes with the highest scores, and `{name}` has no scores");
                    return Err(refuse(reason));
                }
                o.generator_loss(&of_term, &best(phase, scope))
            }
            (Term::Regularizer(r), player) if r.players().contains(&player) => r.penalty(&of_term),
            (Term::Regularizer(r), _) => {
                let owner = r.players()[0];
                let reason = format!(
                    "`{}` is a term of the {owner}'s loss: move it to the phase that trains it",
                    spec.class_name
                );
                return Err(refuse(reason));
            }
        };
        builder.output(&format!("{}/{name}", phase.name), value);
        recorder.terms.push(format!("{}/{name}", phase.name));
        recorder.flag(&phase.name, format!("term {name}"), value);
        let weight = scope.number(&format!("{name}/weight"), &spec.weight);
        // A term that is due every k-th time counts k times then.
        let weighted = if spec.every > 1 { value * weight * spec.every as f64 } else { value * weight };
        loss = Some(loss.map_or(weighted, |sum| sum + weighted));
        terms.push((name, value));
    }
    // What only an objective reads would otherwise be ignored.
    let of_objectives =
        [("label_flip", &phase.label_flip, Player::Discriminator), ("top_k", &phase.top_k, Player::Generator)];
    for (name, number, player) in of_objectives {
        if number.is_some() && (scope.player != player || !has_objective) {
            return Err(refuse(format!(
                "`{name}` is of a {player}'s objective, and this phase has none: leave it out"
            )));
        }
    }
    let Some(mut loss) = loss else {
        return Err(refuse("expected at least one term at every step, found none".into()));
    };
    let trained = trained(phase, scope)?;
    reach::require(phase, &terms, &trained, terms.len() == phase.terms.len())?;
    for (parameter, value) in &trained {
        if let Some(regularizer) = &parameter.regularizer {
            loss = loss + regularizer.penalty(*value);
        }
    }
    let values: Vec<Expr<'g>> = trained.iter().map(|(_, value)| *value).collect();
    let gradients = loss.grad(&values);
    for ((parameter, _), gradient) in trained.iter().zip(&gradients) {
        // Of the square: where it is no f32, Adam's step by an infinite velocity would be 0 for ever.
        recorder.flag(&phase.name, format!("gradient of {}", parameter.name), gradient.square());
    }
    Ok(trained.into_iter().zip(gradients).map(|((p, v), g)| (p, v, g)).collect())
}

/// The verdicts on real samples and on fakes that a discriminator's loss is of. With `label_flip` some pairs of
/// them have changed places. Augmentations learn how sure they are by the objective of the term.
fn judged<'g>(
    phase: &PhaseSpec,
    scope: &LossScope<'g>,
    of_term: &LossScope<'g>,
    objective: &dyn GanObjective,
    recorder: &mut Recorder<'g>,
) -> (Verdict<'g>, Verdict<'g>) {
    let (real, fake) = (scope.discriminator(scope.real()), scope.discriminator(scope.fake()));
    let margin = || objective.ranks().then(|| objective.margin(of_term, &real, &fake));
    for (name, value) in scope.observe(margin) {
        scope.trace.builder.output(&name, value);
        recorder.terms.push(name);
    }
    let Some(share) = &phase.label_flip else { return (real, fake) };
    let shape = real.logits.shape();
    if shape != fake.logits.shape() {
        return (real, fake);
    }
    let _scope = scope.trace.builder.enter_path(&format!("{}/label_flip", phase.name));
    let chance = scope.trace.builder.uniform(column(&shape));
    let flipped = chance.less(scope.number("label_flip", share));
    let flags = |x: Expr<'g>| flipped.reshape(column(&x.shape()));
    let input = |a: Expr<'g>, b: Expr<'g>| if a.shape()[0] == shape[0] { flags(a).select(b, a) } else { a };
    let swap = |a: &Verdict<'g>, b: &Verdict<'g>| Verdict {
        input: input(a.input, b.input),
        logits: flipped.select(b.logits, a.logits),
        ..a.clone()
    };
    (swap(&real, &fake), swap(&fake, &real))
}

/// One value a sample, beside values of `shape`: (N, 1, …).
fn column(shape: &[usize]) -> Vec<usize> {
    shape.iter().take(1).copied().chain(shape.iter().skip(1).map(|_| 1)).collect()
}

/// The verdict on fakes that a generator's loss is of. With `top_k` derivatives flow through the share with the highest
/// logits alone, N/k times as much through each: the gradient is that of the mean over these k.
///
/// # Source
/// Sinha, Zhao, Goyal, Raffel, Odena (2020), "Top-k training of GANs: improving GAN performance by throwing away bad
/// samples", arXiv:2002.06224.
fn best<'g>(phase: &PhaseSpec, scope: &LossScope<'g>) -> Verdict<'g> {
    let fake = scope.discriminator(scope.fake());
    let Some(share) = &phase.top_k else { return fake };
    let logits = fake.logits;
    let shape = logits.shape();
    let Some(&batch) = shape.first().filter(|_| !logits.is_poison()) else { return fake };
    let score = logits.sum_per_sample().stop_gradient(); // (N,)
    let (own, other) = (score.reshape([batch, 1]), score.reshape([1, batch]));
    // A sample's rank is the number of those above it; of equals the first is the higher one.
    let index = |axis| scope.trace.builder.iota(TensorType::f32([batch, batch]), axis);
    let above = other.greater(own).or(other.equal(own).and(index(1).less(index(0)))); // (N, N)
    let rank = above.select(1.0, 0.0).sum_axes(&[1]); // (N,)
    let below = (-(scope.number("top_k", share) * batch as f64)).floor();
    let count = (-below).maximum(1.0); // k = ⌈share·N⌉, at least 1
    let factor = rank.less(count).select(batch as f64 / count, 0.0).reshape(column(&shape)); // (N, 1, …)
    let through = (logits - logits.stop_gradient()) * factor;
    Verdict { logits: logits.stop_gradient() + through, ..fake }
}

/// The trainable parameters of a phase's networks with their current values.
fn trained<'g>(phase: &PhaseSpec, scope: &LossScope<'g>) -> Result<Vec<Trained<'g>>, GanError> {
    let what = || format!("phase `{}`", phase.name);
    let mut found = Vec::new();
    for network in &phase.trains {
        let Some(scope) = scope.trace.scopes.get(network) else {
            let known = scope.trace.scopes.keys().cloned().collect();
            return Err(GanError::Unknown { kind: "a network of the spec", name: network.clone(), known });
        };
        for parameter in scope.parameters().into_iter().filter(|p| p.trainable) {
            let value = scope.builder().state(&parameter.name, TensorType::f32(parameter.shape.clone()));
            found.push((parameter, value));
        }
    }
    if found.is_empty() {
        let reason = format!("expected networks with parameters in the loss, found none in {:?}", phase.trains);
        return Err(GanError::Argument { what: what(), reason });
    }
    let names: Vec<&str> = found.iter().map(|(parameter, _)| parameter.name.as_str()).collect();
    let kept = super::unfrozen(&names, &phase.freeze);
    let kept = kept.map_err(|unmatched| GanError::Argument { what: what(), reason: unmatched.to_string() })?;
    let mut kept = kept.into_iter();
    found.retain(|_| kept.next() == Some(true));
    Ok(found)
}

impl<'g> Recorder<'g> {
    /// Records whether every element of a value is finite.
    pub(super) fn flag(&mut self, phase: &str, what: String, value: Expr<'g>) {
        self.flags.push(Flag { phase: phase.to_string(), what });
        self.finite.push(not_finite(value));
    }
}

/// 0 where every element is finite, else NaN, as a scalar: ∞ − ∞ and NaN − NaN are NaN. (Of x·0 the 0 would be taken out
/// of the sum, which may overflow.)
#[allow(clippy::eq_op)]
fn not_finite<'g>(x: Expr<'g>) -> Expr<'g> {
    (x - x).sum()
}
