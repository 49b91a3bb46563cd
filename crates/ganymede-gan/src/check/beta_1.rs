//! Rule: Adam's beta_1 suits adversarial training.

use super::{Finding, Fix, Subject};
use ganymede_nn::OptimizerConfig;
use serde_json::{Value, json};

/// # Source
/// Radford, Metz, Chintala (2015), arXiv:1511.06434, section 4: 0.9 "resulted in training oscillation and instability".
pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        let Some(Ok(Value::Object(config))) = phase.optimizer.as_ref().map(serde_json::to_value) else { continue };
        let adam =
            config.get("class_name").and_then(Value::as_str).is_some_and(|c| c.starts_with("Adam") && c != "Adamax");
        let beta = config.get("beta_1").map_or(Some(0.9), Value::as_f64);
        if !adam || beta.is_none_or(|b| b < 0.9) {
            continue;
        }
        let fix = Fix::new("set beta_1 = 0.5", move |spec| {
            let mut config = config.clone();
            config.insert("beta_1".into(), json!(0.5));
            if let Ok(optimizer) = serde_json::from_value::<OptimizerConfig>(Value::Object(config)) {
                spec.phases[at].optimizer = Some(optimizer);
            }
        });
        let reason = "Adam's beta_1 is 0.9: adversarial training tends to oscillate with it, 0.5 is usual";
        findings.push(Finding::hint(format!("phases.{at} (`{}`).optimizer", phase.name), reason, vec![fix]));
    }
    findings
}
