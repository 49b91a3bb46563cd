//! Rule: lengths and repetitions are numbers that a training can count. Not here: the batch (`batch.rs`),
//! and whether there is a length at all (`train_table.rs`).

use super::{Finding, Fix, Subject};
use crate::phases::MAX_N_CRITIC;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    let n_critic = s.spec.train.n_critic;
    if !(1..=MAX_N_CRITIC).contains(&n_critic) {
        let fix = Fix::new("set train.n_critic = 1", |spec| spec.train.n_critic = 1);
        let reason = format!("expected 1 to {MAX_N_CRITIC} discriminator updates in a step, found {n_critic}");
        findings.push(Finding::error("train.n_critic", reason, vec![fix]));
    }
    for (index, phase) in s.spec.phases.iter().enumerate().filter(|(_, phase)| phase.every == 0) {
        let fix = Fix::new("set every = 1", move |spec| spec.phases[index].every = 1);
        let place = format!("phases.{index} (`{}`).every", phase.name);
        findings.push(Finding::error(place, "expected every step or every so many, found 0", vec![fix]));
    }
    let train = &s.spec.train;
    for (key, value) in [("kimg", train.kimg), ("minutes", train.minutes)] {
        if value.is_some_and(|v| v.is_nan() || v < 0.0) {
            let found = value.unwrap_or_default();
            let reason = format!("expected a length of 0 or more, found {found}");
            findings.push(Finding::error(format!("train.{key}"), reason, Vec::new()));
        }
    }
    findings
}
