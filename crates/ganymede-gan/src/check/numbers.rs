//! Rule: the numbers of `[train]`, `[ema]` and the phases are within their ranges. Not here: the batch
//! (`batch.rs`), learning rates (`optimizers.rs`), arguments of layers, which are refused where they are read.

use super::{Finding, Fix, Subject};
use crate::evaluate::metric_names;
use crate::phases::MAX_N_CRITIC;
use crate::spec::{PhaseSpec, TrainSection, TrainSpec};
use ganymede_nn::config::nearest;
use ganymede_nn::schedules::Scheduled;
use std::fmt::Display;

/// A bound that nobody meets.
const MOST: f64 = 1e30;

/// Where a phase keeps a number.
type SetNumber = fn(&mut PhaseSpec) -> &mut Option<Scheduled>;

const TOP_K: SetNumber = |phase| &mut phase.top_k;
const LABEL_FLIP: SetNumber = |phase| &mut phase.label_flip;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let (train, usual) = (&s.spec.train, TrainSection::default());
    let above_zero = |number: f64| number.is_finite() && number > 0.0;
    let mut found = Findings::default();
    if let Some(steps) = train.steps {
        let expected = "at least 1 step: nothing would be trained";
        found.require(steps > 0, "train.steps", expected, steps, 1500, |spec, n| spec.train.steps = Some(n));
    }
    let expected = "a number above 0: it says when the training ends";
    if let Some(kimg) = train.kimg {
        found.require(above_zero(kimg), "train.kimg", expected, kimg, 100.0, |spec, n| spec.train.kimg = Some(n));
    }
    if let Some(kimg) = train.most_kimg {
        let set = |spec: &mut TrainSpec, n| spec.train.most_kimg = Some(n);
        found.require(above_zero(kimg), "train.most_kimg", expected, kimg, 100.0, set);
    }
    if let Some(minutes) = train.minutes {
        let set = |spec: &mut TrainSpec, n| spec.train.minutes = Some(n);
        found.require(above_zero(minutes), "train.minutes", expected, minutes, 5.0, set);
    }
    let expected = format!("1 to {MAX_N_CRITIC} discriminator updates a step");
    let holds = (1..=MAX_N_CRITIC).contains(&train.n_critic);
    let set = |spec: &mut TrainSpec, n| spec.train.n_critic = n;
    found.require(holds, "train.n_critic", &expected, train.n_critic, usual.n_critic, set);
    let (parts, batch) = (train.micro_batches, train.batch);
    let expected = format!("a number of parts that divides the batch of {batch}");
    let holds = parts > 0 && batch.is_multiple_of(parts);
    let set = |spec: &mut TrainSpec, n| spec.train.micro_batches = n;
    found.require(holds, "train.micro_batches", &expected, parts, usual.micro_batches, set);
    let expected = "at least 1 checkpoint that stays";
    found.require(train.keep > 0, "train.keep", expected, train.keep, usual.keep, |spec, n| spec.train.keep = n);
    if let Some(ema) = &s.spec.ema {
        let set = |spec: &mut TrainSpec, n: f64| spec.ema.iter_mut().for_each(|ema| ema.half_life_kimg = n.into());
        let expected = "a number above 0; without averaging the table is left out";
        found.look(&ema.half_life_kimg, above_zero, "ema.half_life_kimg", expected, 10.0, set);
        let set = |spec: &mut TrainSpec, n: f64| spec.ema.iter_mut().for_each(|ema| ema.ramp_up = n.into());
        let expected = "0 (no ramp-up) or a number above it";
        found.look(&ema.ramp_up, |n| n == 0.0 || above_zero(n), "ema.ramp_up", expected, 0.05, set);
    }
    if let Some(evaluate) = &s.spec.evaluate {
        let set = |spec: &mut TrainSpec, n| spec.evaluate.iter_mut().for_each(|evaluate| evaluate.every_kimg = n);
        let expected = "a number above 0, or `parts`; without metrics while it runs the table is left out";
        let holds = above_zero(evaluate.every_kimg) || (evaluate.parts > 0 && evaluate.every_kimg == 0.0);
        found.require(holds, "evaluate.every_kimg", expected, evaluate.every_kimg, 50.0, set);
        let set = |spec: &mut TrainSpec, n| spec.evaluate.iter_mut().for_each(|evaluate| evaluate.patience = Some(n));
        let (patience, expected) = (evaluate.patience.unwrap_or(0.0), "a part of the training, 0 (never) to 1");
        found.require((0.0..=1.0).contains(&patience), "evaluate.patience", expected, patience, 1.0 / 3.0, set);
        let set = |spec: &mut TrainSpec, n| spec.evaluate.iter_mut().for_each(|evaluate| evaluate.samples = n);
        let expected = "at least 2 samples";
        found.require(evaluate.samples > 1, "evaluate.samples", expected, evaluate.samples, 1000, set);
        let known = metric_names();
        for name in evaluate.metrics.iter().flatten().filter(|name| !known.contains(&name.as_str())) {
            let reason = format!("expected one of {}; found {name}", known.join(", "));
            found.0.push(Finding::error(
                "evaluate.metrics",
                reason,
                vec![metric_fix(name, &known, evaluate.metrics.as_ref().is_some_and(|all| all.len() == 1))],
            ));
        }
    }
    for (at, phase) in s.spec.phases.iter().enumerate() {
        let set = move |spec: &mut TrainSpec, n| spec.phases[at].every = n;
        let expected = "at least 1: it runs in steps that this number divides";
        found.require(phase.every > 0, &format!("phases.{at}.every"), expected, phase.every, 1, set);
        for (number, term) in phase.terms.iter().enumerate() {
            let place = format!("phases.{at}.terms.{number}");
            let set = move |spec: &mut TrainSpec, n| spec.phases[at].terms[number].every = n;
            let expected = "at least 1: it is in the loss of every so many runs of its phase";
            found.require(term.every > 0, &format!("{place}.every"), expected, term.every, 1, set);
            let set = move |spec: &mut TrainSpec, n: f64| spec.phases[at].terms[number].weight = n.into();
            // The engine computes in f32: a larger weight would be infinite there.
            let finite = |weight: f64| (weight as f32).is_finite();
            found.look(&term.weight, finite, &format!("{place}.weight"), "a finite factor of the loss", 1.0, set);
        }
        let of_other = [
            ("top_k", phase.top_k.is_some() && !s.is_generators(phase), "generator", TOP_K),
            ("label_flip", phase.label_flip.is_some() && s.is_generators(phase), "discriminator", LABEL_FLIP),
        ];
        for (name, _, player, field) in of_other.into_iter().filter(|(_, of_other, ..)| *of_other) {
            let reason = format!("`{name}` is of a {player}'s objective, and this phase is the other player's");
            let fix =
                Fix::new(format!("leave phases.{at}.{name} out"), move |spec| *field(&mut spec.phases[at]) = None);
            found.0.push(Finding::error(format!("phases.{at}.{name}"), reason, vec![fix]));
        }
        let mut within = |name: &str, number: &Option<Scheduled>, range: (f64, f64), usual: f64, set: SetNumber| {
            let Some(number) = number else { return };
            let to = if range.1 < MOST { format!(" to {}", range.1) } else { String::new() };
            let expected = format!("a number from {}{to}", range.0);
            let set = move |spec: &mut TrainSpec, n: f64| *set(&mut spec.phases[at]) = Some(n.into());
            let holds = |value: f64| (range.0..=range.1).contains(&value);
            found.look(number, holds, &format!("phases.{at}.{name}"), &expected, usual, set);
        };
        if s.is_generators(phase) {
            within("top_k", &phase.top_k, (0.0, 1.0), 0.5, TOP_K);
        } else {
            within("label_flip", &phase.label_flip, (0.0, 1.0), 0.05, LABEL_FLIP);
        }
        within("clip_weights", &phase.clip_weights, (0.0, MOST), 0.01, |phase| &mut phase.clip_weights);
    }
    found.0
}

/// A metric that there is not becomes the one that was meant; else it is left out, and with the last of them the list.
fn metric_fix(name: &str, known: &[&str], only: bool) -> Fix {
    let (near, name) = (nearest(name, known.iter().copied()), name.to_string());
    let what = match &near {
        Some(near) => format!("write \"{near}\""),
        None if only => "leave evaluate.metrics out: all of them".into(),
        None => format!("leave `{name}` out"),
    };
    Fix::new(what, move |spec| {
        let Some(metrics) = spec.evaluate.as_mut().map(|evaluate| &mut evaluate.metrics) else { return };
        let names = metrics.iter_mut().flatten();
        match &near {
            Some(near) => names.filter(|other| **other == name).for_each(|other| other.clone_from(near)),
            None => *metrics = metrics.take().map(|names| names.into_iter().filter(|other| *other != name).collect()),
        }
        *metrics = metrics.take().filter(|names: &Vec<String>| !names.is_empty());
    })
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    /// The same of a number that may follow a schedule, at the steps that a check looks at.
    fn look(
        &mut self,
        number: &Scheduled,
        holds: impl Fn(f64) -> bool,
        place: &str,
        expected: &str,
        usual: f64,
        set: impl Fn(&mut TrainSpec, f64) + 'static,
    ) {
        let Some((step, value)) = number.looks().find(|(_, value)| !holds(*value)) else { return };
        match number {
            Scheduled::Constant(_) => self.require(false, place, expected, value, usual, set),
            Scheduled::Schedule(_) => {
                let expected = format!("{expected} at every step");
                self.require(false, place, &expected, format_args!("{value} at step {step}"), usual, set);
            }
        }
    }

    /// An error at `place` unless it `holds`; the fix sets the number to `usual`.
    fn require<N: Display + Copy + 'static>(
        &mut self,
        holds: bool,
        place: &str,
        expected: &str,
        found: impl Display,
        usual: N,
        set: impl Fn(&mut TrainSpec, N) + 'static,
    ) {
        if !holds {
            let fix = Fix::new(format!("set {place} = {usual}"), move |spec| set(spec, usual));
            self.0.push(Finding::error(place, format!("expected {expected}; found {found}"), vec![fix]));
        }
    }
}
