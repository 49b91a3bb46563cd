//! Rule: networks that take labels get them, and know every class. Not here: their shapes (`shapes.rs`).

use super::{Finding, Fix, Subject};
use ganymede_data::LABEL;
use ganymede_nn::LayerConfig;
use serde_json::{Value, json};

/// Arguments of layers that say how many classes they know.
const COUNTS: [(&str, &str); 2] = [("Embedding", "input_dim"), ("ganymede>ConditionalBatchNormalization", "classes")];

/// A layer's number of classes: whether it stands in a wrapper (spectral normalization), its argument, and what that is.
fn count(layer: &LayerConfig) -> Option<(bool, &'static str, u64)> {
    let count_argument = |class: &str| COUNTS.iter().find(|(known, _)| *known == class).map(|(_, argument)| *argument);
    let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or(1);
    if let Some(argument) = count_argument(&layer.class_name) {
        return Some((false, argument, number(layer.arguments.get(argument))));
    }
    let inner = layer.arguments.get("layer")?;
    let argument = count_argument(inner.get("class_name")?.as_str()?)?;
    Some((true, argument, number(inner.get(argument))))
}

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let Some(classes) = s.data.and_then(|data| data.classes) else { return Vec::new() };
    let mut findings = Vec::new();
    for network in s.spec.networks.keys() {
        let takes_labels = s.spec.conditions_of(network).iter().any(|field| field.as_deref() == Some(LABEL));
        if s.network(network).is_none() || !takes_labels {
            continue;
        }
        if classes == 0 {
            let reason = "it takes labels beside its first input, and the data has no classes: sub-folders of images are \
                          classes; else take a preset without labels, such as dcgan";
            findings.push(Finding::error(format!("networks.{network}"), reason, Vec::new()));
            continue;
        }
        if s.spec.conditions_of(network).len() > 1 {
            // Which field a layer is of is not known then.
            continue;
        }
        for (index, layer) in s.layers(network).iter().enumerate() {
            let Some((wrapped, argument, known)) = count(layer) else { continue };
            if known == classes as u64 {
                continue;
            }
            let (network, argument) = (network.clone(), argument.to_string());
            let more = known > classes as u64;
            let reason = match more {
                true => format!("it knows {known} classes, the data has {classes}: it does not learn the others"),
                false => format!("expected {argument} of {classes}, the number of the data's classes, found {known}"),
            };
            let place = s.place(&network, index);
            let fix = Fix::new(format!("set {argument} = {classes}"), move |spec| {
                let layer = spec.networks.get_mut(&network).and_then(|n| n.layers.get_mut(index));
                let arguments = layer.and_then(|layer| match wrapped {
                    true => layer.arguments.get_mut("layer")?.as_object_mut(),
                    false => Some(&mut layer.arguments),
                });
                if let Some(arguments) = arguments {
                    arguments.insert(argument.clone(), json!(classes));
                }
            });
            let fixes = vec![fix];
            findings.push(match more {
                true => Finding::hint(place, reason, fixes),
                false => Finding::error(place, reason, fixes),
            });
        }
    }
    findings
}
