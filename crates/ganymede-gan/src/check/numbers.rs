//! Rule: the numbers of `[train]`, `[ema]` and the phases are within their ranges. Not here: the batch
//! (`batch.rs`), learning rates (`optimizers.rs`), arguments of layers, which are refused where they are read.

use super::{Finding, Fix, Subject};
use crate::phases::MAX_N_CRITIC;
use crate::spec::{EmaSpec, TrainSection, TrainSpec};
use std::fmt::Display;

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
    if let Some(minutes) = train.minutes {
        let set = |spec: &mut TrainSpec, n| spec.train.minutes = Some(n);
        found.require(above_zero(minutes), "train.minutes", expected, minutes, 5.0, set);
    }
    let expected = format!("1 to {MAX_N_CRITIC} discriminator updates a step");
    let holds = (1..=MAX_N_CRITIC).contains(&train.n_critic);
    let set = |spec: &mut TrainSpec, n| spec.train.n_critic = n;
    found.require(holds, "train.n_critic", &expected, train.n_critic, usual.n_critic, set);
    let expected = "at least 1 checkpoint that stays";
    found.require(train.keep > 0, "train.keep", expected, train.keep, usual.keep, |spec, n| spec.train.keep = n);
    if let Some(ema) = &s.spec.ema {
        let (half_life, ramp_up, usual) = (ema.half_life_kimg, ema.ramp_up, EmaSpec::default());
        let set = |spec: &mut TrainSpec, n| spec.ema.iter_mut().for_each(|ema| ema.half_life_kimg = n);
        let expected = "a number above 0; without averaging the table is left out";
        found.require(above_zero(half_life), "ema.half_life_kimg", expected, half_life, usual.half_life_kimg, set);
        let set = |spec: &mut TrainSpec, n| spec.ema.iter_mut().for_each(|ema| ema.ramp_up = n);
        let expected = "0 (no ramp-up) or a number above it";
        let holds = ramp_up == 0.0 || above_zero(ramp_up);
        found.require(holds, "ema.ramp_up", expected, ramp_up, usual.ramp_up, set);
    }
    for (at, phase) in s.spec.phases.iter().enumerate() {
        let set = move |spec: &mut TrainSpec, n| spec.phases[at].every = n;
        let expected = "at least 1: it runs in steps that this number divides";
        found.require(phase.every > 0, &format!("phases.{at}.every"), expected, phase.every, 1, set);
        for (number, term) in phase.terms.iter().enumerate() {
            let set = move |spec: &mut TrainSpec, n| spec.phases[at].terms[number].weight = n;
            // The engine computes in f32: a larger weight would be infinite there.
            let holds = (term.weight as f32).is_finite();
            let place = format!("phases.{at}.terms.{number}.weight");
            found.require(holds, &place, "a finite factor of the loss", term.weight, 1.0, set);
        }
    }
    found.0
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    /// An error at `place` unless it `holds`; the fix sets the number to `usual`.
    fn require<N: Display + Copy + 'static>(
        &mut self,
        holds: bool,
        place: &str,
        expected: &str,
        found: N,
        usual: N,
        set: impl Fn(&mut TrainSpec, N) + 'static,
    ) {
        if !holds {
            let fix = Fix::new(format!("set {place} = {usual}"), move |spec| set(spec, usual));
            self.0.push(Finding::error(place, format!("expected {expected}; found {found}"), vec![fix]));
        }
    }
}
