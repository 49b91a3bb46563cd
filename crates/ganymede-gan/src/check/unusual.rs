//! Rule: numbers that a training may have and that are hardly meant: rates with which nothing settles, terms that are
//! pushed up. Not here: numbers that it cannot have (`numbers.rs`, `optimizers.rs`).

use super::{Finding, Fix, Subject};
use ganymede_nn::{OptimizerConfig, Scheduled};

/// Optimizers whose steps are as long as the learning rate, whatever the gradient.
const NORMED: &[&str] = &["Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Lion", "Adafactor", "LossScaleOptimizer"];

/// The highest rate that is usual, of an optimizer of these and of any other.
const HIGHEST: (f64, f64) = (0.05, 10.0);

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        findings.extend(phase.optimizer.as_ref().and_then(|optimizer| rate(at, &phase.name, optimizer)));
        for (number, term) in phase.terms.iter().enumerate() {
            let Some((_, weight)) = term.weight.looks().find(|(_, weight)| *weight < 0.0) else { continue };
            let reason = format!(
                "the weight {weight} is below 0: `{}` is made larger, where losses and penalties are made smaller",
                term.class_name
            );
            let fix = Fix::new(format!("set weight = {}", -weight), move |spec| {
                spec.phases[at].terms[number].weight = (-weight).into();
            });
            let fixes = if matches!(term.weight, Scheduled::Constant(_)) { vec![fix] } else { Vec::new() };
            findings.push(Finding::hint(
                format!("phases.{at}.terms.{number} ({}).weight", term.class_name),
                reason,
                fixes,
            ));
        }
    }
    findings
}

fn rate(at: usize, phase: &str, optimizer: &OptimizerConfig) -> Option<Finding> {
    let class = optimizer.kind.class_name();
    let normed = NORMED.contains(&class);
    let highest = if normed { HIGHEST.0 } else { HIGHEST.1 };
    let (_, rate) = optimizer.learning_rate.looks().find(|(_, rate)| *rate > highest)?;
    let consequence = match normed {
        true => "moves every parameter by about that much in each step, whatever the gradient is",
        false => "multiplies the gradient by it in each step",
    };
    let shown = if rate < 1e6 { rate.to_string() } else { format!("{rate:e}") };
    let reason =
        format!("the learning rate {shown} is far above what trains: {class} {consequence}; 0.0002 is usual with Adam");
    let mended = optimizer.with_number("learning_rate", 2e-4).filter(|_| normed);
    let fix = |mended: OptimizerConfig| {
        Fix::new("set learning_rate = 0.0002", move |spec| spec.phases[at].optimizer = Some(mended.clone()))
    };
    let fixes = mended.map(fix).into_iter().collect();
    Some(Finding::hint(format!("phases.{at} (`{phase}`).optimizer.learning_rate"), reason, fixes))
}
