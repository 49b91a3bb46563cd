//! Rule: losses of logits get logits, losses of probabilities probabilities.

use super::{Finding, Fix, Subject};
use crate::objectives::OBJECTIVES;
use crate::spec::TermSpec;
use ganymede_nn::losses::LossKind;
use serde_json::json;

/// What a loss wants of the discriminator: `Some(true)` logits, `Some(false)` probabilities, `None` either.
fn wants_logits(term: &TermSpec) -> Option<bool> {
    match term.class_name.as_str() {
        // BEGAN's discriminator gives a sample and no logit.
        "began" => None,
        // Of what is written down it is not known.
        "expression_objective" => None,
        name if OBJECTIVES.iter().any(|entry| entry.name == name) => Some(true),
        "BinaryCrossentropy" | "CategoricalCrossentropy" | "SparseCategoricalCrossentropy" => {
            Some(term.arguments.get("from_logits").and_then(toml::Value::as_bool).unwrap_or(false))
        }
        _ => None,
    }
}

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let Some((index, activation)) = s.last_activation(s.spec.discriminator()) else { return Vec::new() };
    let squashes = matches!(activation.as_str(), "sigmoid" | "softmax" | "hard_sigmoid");
    let terms: Vec<(usize, usize, &TermSpec)> = s
        .spec
        .phases
        .iter()
        .enumerate()
        .flat_map(|(at, phase)| phase.terms.iter().enumerate().map(move |(number, term)| (at, number, term)))
        .collect();
    if let Some((.., term)) = terms.iter().find(|(_, _, t)| squashes && wants_logits(t) == Some(true)) {
        let of_any_size = !matches!(term.class_name.as_str(), "non_saturating" | "minimax")
            && !LossKind::NAMES.contains(&term.class_name.as_str());
        let consequence = if of_any_size {
            format!("`{}` compares logits of any size, these stay between 0 and 1", term.class_name)
        } else {
            format!(
                "squashed twice, the discriminator's loss could not fall below {:.3}, ln(1 + 1/e) + ln 2",
                (1.0 + (-1.0f64).exp()).ln() + 2.0f64.ln()
            )
        };
        let reason = format!("`{activation}` meets a loss of logits: {consequence}");
        let linear = Fix::new(format!("leave out the last activation `{activation}`"), move |spec| {
            let Some(network) = spec.discriminator_mut() else { return };
            if matches!(network.layers[index].class_name.as_str(), "Activation" | "Softmax") {
                network.layers.remove(index);
            } else {
                network.layers[index].arguments.shift_remove("activation");
            }
        });
        let place = format!("{} against the losses", s.place(s.spec.discriminator(), index));
        return vec![Finding::error(place, reason, vec![linear])];
    }
    let mut findings = Vec::new();
    for (at, number, term) in terms.iter().filter(|(_, _, t)| !squashes && wants_logits(t) == Some(false)) {
        let (at, number) = (*at, *number);
        let place = format!("phases.{at}.terms.{number} ({})", term.class_name);
        let reason = "the discriminator gives logits, the loss expects probabilities from 0 to 1".to_string();
        let from_logits = Fix::new("set from_logits = true", move |spec| {
            spec.phases[at].terms[number].arguments.insert("from_logits".into(), toml::Value::Boolean(true));
        });
        let sigmoid = Fix::new("end the discriminator with a sigmoid", move |spec| {
            if let Some(layer) = spec.discriminator_mut().and_then(|n| n.layers.get_mut(index)) {
                layer.arguments.insert("activation".into(), json!("sigmoid"));
            }
        });
        findings.push(Finding::error(place, reason, vec![from_logits, sigmoid]));
    }
    findings
}
