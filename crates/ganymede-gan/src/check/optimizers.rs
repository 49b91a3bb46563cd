//! Rule: every network has an optimizer of its own that moves it. Not here: networks that no phase trains (`trains.rs`).

use super::{Finding, Fix, Subject};
use ganymede_nn::{OptimizerConfig, Scheduled};
use serde_json::json;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        let place = format!("phases.{at} (`{}`)", phase.name);
        match &phase.optimizer {
            None => {
                let fix = Fix::new("add an Adam with learning_rate 0.0002 and beta_1 0.5", move |spec| {
                    spec.phases[at].optimizer = adam();
                });
                findings.push(Finding::error(
                    &place,
                    "expected an optimizer, found none: nothing would move",
                    vec![fix],
                ));
            }
            Some(optimizer) => {
                if let Some(reason) = rate_fault(&optimizer.learning_rate) {
                    let fix = Fix::new("use an Adam with learning_rate 0.0002", move |spec| {
                        spec.phases[at].optimizer = adam()
                    });
                    findings.push(Finding::error(&place, reason, vec![fix]));
                }
            }
        }
        let both = [s.spec.generator(), s.spec.discriminator()];
        let both = both.iter().all(|network| phase.trains.iter().any(|trained| trained == network));
        if both {
            let fix = Fix::new("split it: one phase for the discriminator, one for the generator", move |spec| {
                let (mut second, generator) = (spec.phases[at].clone(), spec.generator().to_string());
                spec.phases[at].trains.retain(|network| *network != generator);
                second.trains.retain(|network| *network == generator);
                second.name = format!("{}_g", second.name);
                spec.phases.insert(at + 1, second);
            });
            let reason = "one optimizer and one loss for both networks: the players would work for the same goal";
            findings.push(Finding::error(&place, reason, vec![fix]));
        }
    }
    findings
}

/// Why a learning rate moves nothing. A schedule that starts at 0 may be a warm-up: it is asked after 0, 1, 10, … 1e9 updates.
fn rate_fault(rate: &Scheduled) -> Option<String> {
    let first = rate.value(0);
    if !(first.is_finite() && first >= 0.0) {
        return Some(format!("expected a learning rate above 0, found {first}"));
    }
    let mut updates = [0].into_iter().chain((0..10).map(|n| 10u64.pow(n)));
    updates.all(|n| rate.value(n) == 0.0).then(|| "the learning rate is 0: nothing would move".into())
}

pub(super) fn adam() -> Option<OptimizerConfig> {
    serde_json::from_value(json!({ "class_name": "Adam", "learning_rate": 2e-4, "beta_1": 0.5 })).ok()
}
