//! Rule: numbers of layers let something through. Not here: numbers that a layer refuses itself (`shapes.rs`).

use super::{Finding, Fix, Subject};
use ganymede_nn::LayerConfig;
use serde_json::{Map, Value, json};

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for network in s.spec.networks.keys() {
        for (index, layer) in s.layers(network).iter().enumerate() {
            let place = s.place(network, index);
            for (argument, reason, meant) in faults(layer) {
                let fix = meant.map(|meant| set(network, index, &argument, meant));
                findings.push(Finding::error(format!("{place}.{argument}"), reason, fix.into_iter().collect()));
            }
        }
    }
    findings
}

/// What is wrong with a layer, wrapped layers among it: the argument, the reason, and the number where it is clear which was meant.
fn faults(layer: &LayerConfig) -> Vec<(String, String, Option<f64>)> {
    let mut found = of(&layer.class_name, &layer.arguments);
    if let Some(Value::Object(inner)) = layer.arguments.get("layer") {
        let class = inner.get("class_name").and_then(Value::as_str).unwrap_or_default();
        let inner = of(class, inner).into_iter();
        found.extend(inner.map(|(argument, reason, _)| (format!("layer.{argument}"), reason, None)));
    }
    found
}

fn of(class: &str, arguments: &Map<String, Value>) -> Vec<(String, String, Option<f64>)> {
    let number = |name: &str| arguments.get(name).and_then(Value::as_f64);
    let mut found = Vec::new();
    let sizes = arguments.get("shape").and_then(Value::as_array).filter(|_| matches!(class, "Input" | "InputLayer"));
    if let Some(sizes) = sizes.filter(|sizes| sizes.iter().any(|size| size.as_u64() == Some(0))) {
        let shown = sizes.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        let reason = format!("expected sizes of at least 1, found [{shown}]: nothing would go into the network");
        found.push(("shape".into(), reason, None));
    }
    if class.contains("Dropout") && number("rate") == Some(1.0) {
        let reason =
            "rate 1 drops everything: nothing of what comes before it reaches the output; expected a rate below 1";
        found.push(("rate".into(), reason.into(), None));
    }
    if class.ends_with("Normalization") {
        if let Some(momentum) = number("momentum").filter(|momentum| !(0.0..=1.0).contains(momentum)) {
            let reason =
                format!("expected a momentum from 0 to 1, the part of the old average that stays, found {momentum}");
            found.push(("momentum".into(), reason, None));
        }
        if let Some(epsilon) = number("epsilon").filter(|epsilon| *epsilon < 0.0) {
            let reason = format!("expected an epsilon of at least 0, which is added to the variance, found {epsilon}");
            found.push(("epsilon".into(), reason, Some(-epsilon)));
        }
    }
    found
}

fn set(network: &str, index: usize, argument: &str, number: f64) -> Fix {
    let (network, argument) = (network.to_string(), argument.to_string());
    Fix::new(format!("set {argument} = {number}"), move |spec| {
        if let Some(layer) = spec.networks.get_mut(&network).and_then(|network| network.layers.get_mut(index)) {
            layer.arguments.insert(argument.clone(), json!(number));
        }
    })
}
