//! Rule: the discriminator gives one logit for a sample. Not here: its activation (`logits.rs`).

use super::{Finding, Fix, Subject};
use crate::objectives::OBJECTIVES;
use serde_json::json;

/// Terms that read further outputs of the discriminator.
const OF_CLASSES: &str = "auxiliary_classifier";

/// An objective takes every number of the first output as a logit. A map of logits (a discriminator of patches) is usual;
/// a row of numbers is mostly one that was meant for classes.
pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let discriminator = s.spec.discriminator();
    let Some(built) = s.network(discriminator) else { return Vec::new() };
    let [units] = built.output[..] else { return Vec::new() };
    let terms = || s.spec.phases.iter().flat_map(|phase| &phase.terms);
    let judged = terms().any(|term| term.class_name != "began" && OBJECTIVES.iter().any(|o| o.name == term.class_name));
    if units <= 1 || !judged || terms().any(|term| term.class_name == OF_CLASSES) {
        return Vec::new();
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
    vec![Finding::hint(place, reason, fix.into_iter().collect())]
}
