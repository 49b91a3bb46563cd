//! Rule: Adam's beta_1 suits adversarial training.

use super::{Finding, Fix, Subject};
use ganymede_nn::Scheduled;
use ganymede_nn::optimizers::OptimizerKind;

/// # Source
/// Radford, Metz, Chintala (2015), arXiv:1511.06434, section 4: 0.9 "resulted in training oscillation and instability".
pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        let Some(optimizer) = &phase.optimizer else { continue };
        let beta = match &optimizer.kind {
            OptimizerKind::Adam(adam) => &adam.beta_1,
            OptimizerKind::AdamW(adam) => &adam.beta_1,
            _ => continue,
        };
        if !matches!(beta, Scheduled::Constant(beta) if *beta >= 0.9) {
            continue;
        }
        let Some(mended) = optimizer.with_number("beta_1", 0.5) else { continue };
        let fix = Fix::new("set beta_1 = 0.5", move |spec| spec.phases[at].optimizer = Some(mended.clone()));
        let Scheduled::Constant(beta) = beta else { continue };
        let reason = format!("Adam's beta_1 is {beta}: adversarial training tends to oscillate with it, 0.5 is usual");
        findings.push(Finding::hint(format!("phases.{at} (`{}`).optimizer.beta_1", phase.name), reason, vec![fix]));
    }
    findings
}
