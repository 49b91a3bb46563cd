//! Rule: the layers of a network fit each other.

use super::subject::sizes;
use super::{Finding, Fix, Subject};
use serde_json::json;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for needed in ["generator", "discriminator"] {
        if !s.spec.networks.contains_key(needed) {
            let reason = format!("expected a network `{needed}`, found none");
            findings.push(Finding::error(format!("networks.{needed}"), reason, Vec::new()));
        }
    }
    for (network, built) in &s.built {
        match built {
            Err(reasons) => {
                for (reason, hint) in reasons {
                    let reason = if hint.is_empty() { reason.clone() } else { format!("{reason} ({hint})") };
                    findings.push(Finding::error(format!("networks.{network}"), reason, Vec::new()));
                }
            }
            Ok(built) => {
                for error in &built.errors {
                    let fixes = reshape_fix(s, network, &error.message);
                    findings.push(Finding::error(&error.scope, &error.message, fixes));
                }
            }
        }
    }
    findings
}

/// A Reshape right behind a Dense: the Dense gets as many units as the target has values.
fn reshape_fix(s: &Subject, network: &str, message: &str) -> Vec<Fix> {
    let layers = s.layers(network);
    for at in 1..layers.len() {
        let (before, layer) = (&layers[at - 1], &layers[at]);
        if layer.class_name != "Reshape" || before.class_name != "Dense" {
            continue;
        }
        let (Some(target), Some(units)) = (sizes(layer, "target_shape", 1), before.arguments.get("units")) else {
            continue;
        };
        let values: usize = target.iter().product();
        if units.as_u64() == Some(values as u64) || !message.contains(&format!("expected {values} values")) {
            continue;
        }
        let network = network.to_string();
        return vec![Fix::new(format!("set units of the Dense before it to {values}"), move |spec| {
            if let Some(layer) = spec.networks.get_mut(&network).and_then(|n| n.layers.get_mut(at - 1)) {
                layer.arguments.insert("units".into(), json!(values));
            }
        })];
    }
    Vec::new()
}
