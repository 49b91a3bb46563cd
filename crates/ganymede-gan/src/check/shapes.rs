//! Rule: the layers of a network fit each other.

use super::subject::sizes;
use super::{Finding, Fix, Subject};
use crate::spec::{Role, TrainSpec};
use ganymede_nn::config::{ConfigError, nearest};
use ganymede_nn::{LayerFault, LayerIssue};
use serde_json::json;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in [Role::Generator, Role::Discriminator] {
        if s.spec.networks_of(role).next().is_none() {
            let name = role.name();
            let others: Vec<&str> = s.spec.networks.keys().map(String::as_str).collect();
            let reason = match others.is_empty() {
                true => format!("expected a network `{name}`, found none"),
                false => {
                    let others = others.join("`, `");
                    format!("expected a network `{name}` or one with role = \"{name}\", found `{others}`")
                }
            };
            let like = others.iter().find(|other| nearest(other, [name]).is_some()).map(|other| other.to_string());
            let place = format!("networks.{}", like.as_deref().unwrap_or(name));
            let fix = like.map(|other| Fix::new(format!("name it `{name}`"), move |spec| rename(spec, &other, name)));
            findings.push(Finding::error(place, reason, fix.into_iter().collect()));
        }
    }
    for (network, built) in &s.built {
        match built {
            Err(issues) => {
                for issue in issues.iter().filter(|issue| !told_by_another(issue, issues)) {
                    let hint = issue.fault.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
                    let fixes = rename_fix(s, network, issue).or_else(|| class_fix(s, network, issue));
                    let fixes = fixes.into_iter().collect();
                    let place = match s.layers(network).get(issue.index) {
                        Some(_) => s.place(network, issue.index),
                        None => format!("networks.{network}.layers"),
                    };
                    findings.push(Finding::error(place, format!("{}{hint}", issue.fault), fixes));
                }
            }
            Ok(built) => {
                for error in &built.errors {
                    let fixes = reshape_fix(s, network, &error.message);
                    let layer = error.scope.split('/').nth(1).unwrap_or("");
                    let place = match built.names.iter().position(|name| name == layer) {
                        Some(index) => s.place(network, index),
                        None => format!("networks.{network} ({})", error.scope),
                    };
                    findings.push(Finding::error(place, &error.message, fixes));
                }
            }
        }
    }
    findings
}

/// Gives a network another name, everywhere.
fn rename(spec: &mut TrainSpec, old: &str, new: &str) {
    if let Some(network) = spec.networks.remove(old) {
        spec.networks.insert(new.into(), network);
    }
    let names = spec.phases.iter_mut().flat_map(|phase| &mut phase.trains);
    let names = names.chain(spec.ema.iter_mut().filter_map(|ema| ema.network.as_mut()));
    names.filter(|name| *name == old).for_each(|name| *name = new.into());
}

/// Whether a missing argument of a layer is there under a misspelt name.
fn told_by_another(issue: &LayerIssue, issues: &[LayerIssue]) -> bool {
    let LayerFault::Config(ConfigError::Missing { argument, .. }) = &issue.fault else { return false };
    issues.iter().any(|other| {
        let meant = match &other.fault {
            LayerFault::Config(ConfigError::Unknown { nearest, .. }) => nearest.as_deref(),
            _ => None,
        };
        other.index == issue.index && meant == Some(argument)
    })
}

/// A misspelt argument of a layer gets the nearest known name, unless the layer has that one too.
fn rename_fix(s: &Subject, network: &str, issue: &LayerIssue) -> Option<Fix> {
    let LayerFault::Config(ConfigError::Unknown { class, argument, nearest: Some(meant), .. }) = &issue.fault else {
        return None;
    };
    let layer = s.layers(network).get(issue.index)?;
    let own = layer.class_name == *class && layer.arguments.contains_key(argument);
    if !own || layer.arguments.contains_key(meant) {
        return None;
    }
    let (network, index, argument, meant) = (network.to_string(), issue.index, argument.clone(), meant.clone());
    Some(Fix::new(format!("rename `{argument}` to `{meant}`"), move |spec| {
        if let Some(layer) = spec.networks.get_mut(&network).and_then(|n| n.layers.get_mut(index))
            && let Some(value) = layer.arguments.shift_remove(&argument)
        {
            layer.arguments.insert(meant.clone(), value);
        }
    }))
}

/// A layer of a class that there is not becomes one of the class that was meant.
fn class_fix(s: &Subject, network: &str, issue: &LayerIssue) -> Option<Fix> {
    let LayerFault::Config(ConfigError::Class { found, nearest: Some(meant), .. }) = &issue.fault else {
        return None;
    };
    s.layers(network).get(issue.index).filter(|layer| layer.class_name == *found)?;
    let (network, index, meant) = (network.to_string(), issue.index, meant.clone());
    Some(Fix::new(format!("write \"{meant}\""), move |spec| {
        if let Some(layer) = spec.networks.get_mut(&network).and_then(|n| n.layers.get_mut(index)) {
            layer.class_name = meant.clone();
        }
    }))
}

/// Layers that give as many values as they take.
const KEEP_SIZES: &[&str] = &[
    "Activation",
    "BatchNormalization",
    "Dropout",
    "ELU",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Identity",
    "LayerNormalization",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Rescaling",
    "Softmax",
    "UnitNormalization",
];

/// A Reshape behind a Dense, with nothing between them that changes sizes: the Dense gets as many units as the target has values.
fn reshape_fix(s: &Subject, network: &str, message: &str) -> Vec<Fix> {
    let layers = s.layers(network);
    for (at, layer) in layers.iter().enumerate().filter(|(_, layer)| layer.class_name == "Reshape") {
        let last = layers[..at].iter().rposition(|layer| !KEEP_SIZES.contains(&layer.class_name.as_str()));
        let Some(dense) = last.filter(|&dense| layers[dense].class_name == "Dense") else { continue };
        let before = &layers[dense];
        let (Some(target), Some(units)) = (sizes(layer, "target_shape", 1), before.arguments.get("units")) else {
            continue;
        };
        let values: usize = target.iter().product();
        if units.as_u64() == Some(values as u64) || !message.contains(&format!("expected {values} values")) {
            continue;
        }
        let network = network.to_string();
        let behind = layers.get(at + 1).map_or("", |behind| behind.class_name.as_str());
        if target.len() == 2 && (behind.contains("2D") || behind == "BatchNormalization") {
            // A map without its channels: they follow from the units.
            let channels = units
                .as_u64()
                .and_then(|units| (units as usize).checked_rem(values).map(|rest| (units as usize, rest)));
            let Some((units, 0)) = channels else { return Vec::new() };
            let whole = [&target[..], &[units / values]].concat();
            return vec![Fix::new(format!("set target_shape = {whole:?}"), move |spec| {
                if let Some(layer) = spec.networks.get_mut(&network).and_then(|n| n.layers.get_mut(at)) {
                    layer.arguments.insert("target_shape".into(), json!(whole));
                }
            })];
        }
        return vec![Fix::new(format!("set units of the Dense before it to {values}"), move |spec| {
            if let Some(layer) = spec.networks.get_mut(&network).and_then(|n| n.layers.get_mut(dense)) {
                layer.arguments.insert("units".into(), json!(values));
            }
        })];
    }
    Vec::new()
}
