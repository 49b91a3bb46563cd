//! Rule: networks that take labels get them, and know every class. Not here: their shapes (`shapes.rs`).

use super::{Finding, Fix, Subject};
use serde_json::json;

/// Arguments of layers that say how many classes they know.
const COUNTS: [(&str, &str); 2] = [("Embedding", "input_dim"), ("ganymede>ConditionalBatchNormalization", "classes")];

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let Some(classes) = s.data.and_then(|data| data.classes) else { return Vec::new() };
    let mut findings = Vec::new();
    for network in s.spec.networks.keys() {
        if s.network(network).is_none_or(|built| built.inputs.len() < 2) {
            continue;
        }
        if classes == 0 {
            let reason = "it takes labels as its second input, and the data has no classes: sub-folders of pictures are \
                          classes; else take a preset without labels, such as dcgan";
            findings.push(Finding::error(format!("networks.{network}"), reason, Vec::new()));
            continue;
        }
        for (index, layer) in s.layers(network).iter().enumerate() {
            let Some((_, argument)) = COUNTS.iter().find(|(class, _)| *class == layer.class_name) else { continue };
            let known = layer.arguments.get(*argument).and_then(|value| value.as_u64()).unwrap_or(1);
            if known >= classes as u64 {
                continue;
            }
            let (network, argument) = (network.clone(), argument.to_string());
            let reason = format!("expected {argument} of {classes}, the number of the data's classes, found {known}");
            let place = s.place(&network, index);
            let fix = Fix::new(format!("set {argument} = {classes}"), move |spec| {
                if let Some(layer) = spec.networks.get_mut(&network).and_then(|n| n.layers.get_mut(index)) {
                    layer.arguments.insert(argument.clone(), json!(classes));
                }
            });
            findings.push(Finding::error(place, reason, vec![fix]));
        }
    }
    findings
}
