//! Rule: networks that take labels get them, and know every class. Not here: their shapes (`shapes.rs`).

use super::{Finding, Fix, Subject};
use ganymede_data::LABEL;
use ganymede_nn::LayerConfig;
use ganymede_nn::config::nearest;
use serde_json::{Value, json};

/// Arguments of layers that say how many classes they know.
const COUNTS: [(&str, &str); 4] = [
    ("CategoryEncoding", "num_tokens"),
    ("Embedding", "input_dim"),
    ("ganymede>ConditionalBatchNormalization", "classes"),
    ("ganymede>OneHot", "classes"),
];

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
    let Some(classes) = s.data.and_then(|data| data.classes) else {
        return without_data(s).and_then(|known| named_classes(s, known, "the generator knows")).into_iter().collect();
    };
    let mut findings = Vec::new();
    for network in s.spec.networks.keys() {
        let takes_labels = s.spec.conditions_of(network).iter().any(|field| field.as_deref() == Some(LABEL));
        if s.network(network).is_none() || !takes_labels {
            continue;
        }
        if classes == 0 {
            let reason = "it takes labels beside its first input, and the data has no classes: sub-folders of images are \
                          classes; else take a preset without labels, such as dcgan";
            let finding = Finding::error(format!("networks.{network}"), reason, Vec::new());
            let input = s.layers(network).iter().position(|layer| layer.name.as_deref() == Some(LABEL));
            findings.push(match input {
                Some(index) => finding.at(format!("networks.{network}.layers.{index}")),
                None => finding,
            });
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
            let key = format!("networks.{network}.layers.{index}.{}{argument}", if wrapped { "layer." } else { "" });
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
                true => Finding::hint(place, reason, fixes).at(key),
                false => Finding::error(place, reason, fixes).at(key),
            });
        }
    }
    findings.extend(named_classes(s, classes, "the data has"));
    findings
}

/// The number of classes that the generator's only condition has.
fn without_data(s: &Subject) -> Option<usize> {
    let generator = s.spec.generator();
    let label = s.spec.conditions_of(generator) == [Some(LABEL.to_string())];
    let (_, _, known) = s.layers(generator).iter().find_map(count).filter(|_| label)?;
    usize::try_from(known).ok()
}

/// The layer with which the discriminator of an auxiliary classifier names classes; `whose` are as many.
fn named_classes(s: &Subject, classes: usize, whose: &str) -> Option<Finding> {
    let discriminator = s.spec.discriminator();
    let mut terms = s.spec.phases.iter().flat_map(|phase| &phase.terms);
    terms.find(|term| term.class_name == "auxiliary_classifier")?;
    let output = s.spec.networks.get(discriminator)?.outputs.as_ref()?.get(1)?;
    let names = s.layers(discriminator).iter().filter_map(|layer| layer.name.as_deref());
    // One that is there comes first.
    let output = nearest(output, names)?;
    let index = s.layers(discriminator).iter().position(|layer| layer.name.as_ref() == Some(&output))?;
    let known = s.layers(discriminator)[index].arguments.get("units")?.as_u64()?;
    if classes == 0 || known == classes as u64 {
        return None;
    }
    let place = format!("{}.units", s.place(discriminator, index));
    let discriminator = discriminator.to_string();
    let fix = Fix::new(format!("set units = {classes}"), move |spec| {
        if let Some(layer) = spec.networks.get_mut(&discriminator).and_then(|network| network.layers.get_mut(index)) {
            layer.arguments.insert("units".into(), json!(classes));
        }
    });
    Some(match known > classes as u64 {
        true => {
            let reason = format!("it names {known} classes, {whose} {classes}: no sample is one of the others");
            Finding::hint(place, reason, vec![fix])
        }
        false => {
            let reason = format!("it names {known} classes, {whose} {classes}: each needs a unit");
            Finding::error(place, reason, vec![fix])
        }
    })
}
