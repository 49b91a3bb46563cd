//! Rule: the discriminator gives one logit for a sample. Not here: its activation (`logits.rs`).

use super::pairing::sizes_text;
use super::{Finding, Fix, Subject};
use crate::objectives::OBJECTIVES;
use crate::presets::layer;
use ganymede_nn::LayerConfig;
use serde_json::json;

/// Terms that read further outputs of the discriminator.
const OF_CLASSES: &str = "auxiliary_classifier";

/// An objective takes every number of the first output as a logit. A map of logits (a discriminator of patches) is usual;
/// a row of numbers is mostly one that was meant for classes.
pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let discriminator = s.spec.discriminator();
    let Some(built) = s.network(discriminator) else { return Vec::new() };
    let units = match built.output[..] {
        [units] => units,
        [.., units] if s.layers(discriminator).last().is_some_and(|last| last.class_name == "Dense") => units,
        _ => return Vec::new(),
    };
    let terms = || s.spec.phases.iter().flat_map(|phase| &phase.terms);
    // Of a sample and of what is written down, more than one number may be meant.
    let other = ["began", "expression_objective"];
    let judged = terms()
        .any(|term| !other.contains(&term.class_name.as_str()) && OBJECTIVES.iter().any(|o| o.name == term.class_name));
    if !judged || terms().any(|term| term.class_name == OF_CLASSES) {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = flatten(s, &built.output).into_iter().collect();
    if units <= 1 {
        return findings;
    }
    let layers = s.layers(discriminator);
    let last = layers.iter().rposition(|layer| layer.arguments.contains_key("units"));
    let place = last.map_or(format!("networks.{discriminator}.layers"), |index| s.place(discriminator, index));
    let reason = format!(
        "the discriminator gives {units} numbers for each sample, and each counts as a logit of real or fake; one is usual"
    );
    let fix = last.map(|index| {
        let discriminator = discriminator.to_string();
        Fix::new("set units = 1", move |spec| {
            if let Some(layer) = spec.networks.get_mut(&discriminator).and_then(|n| n.layers.get_mut(index)) {
                layer.arguments.insert("units".into(), json!(1));
            }
        })
    });
    let finding = Finding::hint(place, reason, fix.into_iter().collect());
    findings.push(match last {
        Some(index) => finding.at(format!("networks.{discriminator}.layers.{index}.units")),
        None => finding,
    });
    findings
}

/// A last Dense that takes a map: one for each of its places, where one for the sample is mostly meant.
fn flatten(s: &Subject, output: &[usize]) -> Option<Finding> {
    let discriminator = s.spec.discriminator();
    let index = s.layers(discriminator).len().checked_sub(1).filter(|_| output.len() > 1)?;
    let numbers: usize = output.iter().product();
    let reason = format!(
        "the last Dense takes a map, so that the discriminator gives {numbers} numbers for each sample ({}), each a logit of \
         a patch; a Flatten before it gives {} for the sample",
        sizes_text(output),
        if output.last() == Some(&1) { "one".to_string() } else { output.last().unwrap_or(&1).to_string() }
    );
    let fix = Fix::new("put a Flatten before it", move |spec| {
        let Some(layers) = spec.discriminator_mut().map(|network| &mut network.layers) else { return };
        let Some(dense) = layers.get_mut(index) else { return };
        let flatten = LayerConfig { inputs: dense.inputs.take(), ..layer("Flatten", json!({})) };
        layers.insert(index, flatten);
    });
    Some(Finding::hint(s.place(discriminator, index), reason, vec![fix]))
}
