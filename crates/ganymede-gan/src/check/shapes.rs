//! Rule: the layers of a network fit each other.

use super::subject::{sizes, stem};
use super::{Finding, Fix, Subject, cycle};
use crate::spec::{Role, TrainSpec};
use ganymede_nn::config::{ConfigError, nearest};
use ganymede_nn::layers::Inputs;
use ganymede_nn::{LayerConfig, LayerFault, LayerIssue};
use serde_json::{Map, Value, json};

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
    for (network, examined) in &s.networks {
        let way = cycle::way(&examined.layers);
        if let Some(way) = &way {
            let place = format!("{}.inputs", s.place(network, way[0]));
            findings.push(Finding::error(place, cycle::words(&examined.layers, way), Vec::new()));
        }
        // Layers that go round, and those behind them, are told once, and so is a name that another layer was meant to have.
        let apart = |issue: &&LayerIssue| match &issue.fault {
            LayerFault::Cycle { .. } => way.is_none(),
            LayerFault::Unknown { found, .. } => !examined.issues.iter().any(|other| {
                matches!(other.fault, LayerFault::Duplicate { .. }) && meant(other, &examined.issues) == Some(found)
            }),
            _ => true,
        };
        // A name that is missing because its layer has that of another.
        let taken: Vec<String> =
            examined.issues.iter().filter_map(|issue| name_meant(issue, &examined.issues)).collect();
        let follows =
            |issue: &&LayerIssue| matches!(&issue.fault, LayerFault::Unknown { found, .. } if taken.contains(found));
        for issue in examined.issues.iter().filter(apart).filter(|issue| !follows(issue)) {
            if let LayerFault::Duplicate { first } = issue.fault {
                findings.push(duplicate(s, network, issue, first, &examined.issues));
                continue;
            }
            let hint = issue.fault.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            let fixes = issue_fix(network, issue).into_iter().collect();
            findings.push(Finding::error(place(s, network, issue), format!("{}{hint}", issue.fault), fixes));
        }
        let Some(built) = &examined.built else { continue };
        for error in &built.errors {
            let fixes = reshape_fix(s, network, &error.message);
            let layer = error.scope.split('/').nth(1).unwrap_or("");
            let place = match built.names.iter().position(|name| name == layer) {
                Some(index) => {
                    let arguments = &s.layers(network)[index].arguments;
                    let argument = named_argument(arguments, &error.message).filter(|_| fixes.is_empty());
                    argument.map_or(s.place(network, index), |argument| s.argument(network, index, &argument))
                }
                None => format!("networks.{network} ({})", error.scope),
            };
            let taken =
                built.names.iter().position(|name| name == layer).and_then(|index| s.layers(network).get(index));
            let message = taken.and_then(|layer| named_inputs(layer, &error.message));
            findings.push(Finding::error(place, message.unwrap_or_else(|| error.message.clone()), fixes));
        }
    }
    findings
}

/// The message of a layer that joins inputs of other shapes, with the names of those that it takes.
fn named_inputs(layer: &LayerConfig, message: &str) -> Option<String> {
    let (before, sizes) = message.split_once("expected inputs of one shape, found ")?;
    let Some(Inputs::Once(names)) = &layer.inputs else { return None };
    let sizes: Vec<&str> = sizes.split(" and ").collect();
    let told: Vec<String> = sizes.iter().zip(names).map(|(size, name)| format!("{size} of `{name}`")).collect();
    (sizes.len() == names.len()).then(|| format!("{before}expected inputs of one shape, found {}", told.join(" and ")))
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

/// The name of a layer that there is not, for one with the name of another.
fn name_meant(issue: &LayerIssue, issues: &[LayerIssue]) -> Option<String> {
    let LayerFault::Duplicate { .. } = issue.fault else { return None };
    issues.iter().find_map(|other| match &other.fault {
        LayerFault::Unknown { found, .. } if stem(found) == stem(&issue.layer) => Some(found.clone()),
        _ => None,
    })
}

/// A layer with the name of another: it has the one that is named and not there, where that is the same with another number.
fn duplicate(s: &Subject, network: &str, issue: &LayerIssue, first: usize, issues: &[LayerIssue]) -> Finding {
    let class = &s.layers(network)[first].class_name;
    let reason =
        format!("expected a name of its own, found `{}`, which layers.{first} ({class}) has already", issue.layer);
    let fix = meant(issue, issues).map(|meant| {
        let meant = meant.to_string();
        let (network, index) = (network.to_string(), issue.index);
        Fix::new(format!("name it `{meant}`"), move |spec| {
            if let Some(layer) = spec.networks.get_mut(&network).and_then(|network| network.layers.get_mut(index)) {
                layer.name = Some(meant.clone());
            }
        })
    });
    Finding::error(place(s, network, issue), reason, fix.into_iter().collect())
}

/// The name that a layer with the name of another was meant to have: one that is taken, is not there, and has another number.
fn meant<'i>(duplicate: &LayerIssue, issues: &'i [LayerIssue]) -> Option<&'i String> {
    issues.iter().find_map(|other| match &other.fault {
        LayerFault::Unknown { found, .. } if stem(found) == stem(&duplicate.layer) => Some(found),
        _ => None,
    })
}

/// Where an issue is: the key of the spec that has it.
fn place<'a>(s: &'a Subject, network: &str, issue: &'a LayerIssue) -> String {
    let Some(layer) = s.spec.networks.get(network).and_then(|network| network.layers.get(issue.index)) else {
        let key = if issue.layer == "outputs" { "outputs" } else { "layers" };
        return format!("networks.{network}.{key}");
    };
    let place = s.place(network, issue.index);
    let key = match &issue.fault {
        LayerFault::Config(error) => {
            let mut at = Value::Object(layer.arguments.clone());
            let mut path = renamed(s, network, issue, error.path());
            for step in &path {
                let inner = match &mut at {
                    Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
                    at => at.get_mut(step),
                };
                at = inner.map(Value::take).unwrap_or_default();
            }
            if matches!(error.innermost(), ConfigError::Class { .. }) && at.is_object() {
                path.push("class_name");
            }
            path.join(".")
        }
        LayerFault::Duplicate { .. } | LayerFault::Name { .. } => "name".into(),
        LayerFault::Unknown { .. } | LayerFault::Cycle { .. } | LayerFault::InputTakes if layer.inputs.is_some() => {
            "inputs".into()
        }
        _ => String::new(),
    };
    if key.is_empty() { place } else { format!("{place}.{key}") }
}

/// The path of an argument by the names that the text has, where another issue gives one a new name.
fn renamed<'a>(s: &'a Subject, network: &str, issue: &LayerIssue, mut path: Vec<&'a str>) -> Vec<&'a str> {
    let others = s.networks.get(network).into_iter().flat_map(|examined| &examined.issues);
    for other in others.filter(|other| other.index == issue.index) {
        let LayerFault::Config(error) = &other.fault else { continue };
        if let ConfigError::Unknown { argument, nearest: Some(meant), .. } = error.innermost() {
            let inner = error.path().len() - 1;
            if path.len() > inner && path[..inner] == error.path()[..inner] && path[inner] == meant {
                path[inner] = argument;
            }
        }
    }
    path
}

/// The argument, also of a wrapped layer, that a message names first.
fn named_argument(arguments: &Map<String, Value>, message: &str) -> Option<String> {
    let words: Vec<&str> = message.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let inner = arguments.iter().filter_map(|(name, value)| Some((name, value.as_object()?)));
    let inner = inner.filter_map(|(name, inner)| Some(format!("{name}.{}", named_argument(inner, message)?)));
    let own = words.iter().find(|word| arguments.contains_key(**word));
    own.map(|word| word.to_string()).or_else(|| inner.into_iter().next())
}

/// What mends an issue, where it is clear what was meant.
fn issue_fix(network: &str, issue: &LayerIssue) -> Option<Fix> {
    let (network, index) = (network.to_string(), issue.index);
    match &issue.fault {
        LayerFault::Config(error) => {
            let mend = error.mend()?;
            Some(Fix::new(mend.to_string(), move |spec| {
                if let Some(layer) = spec.networks.get_mut(&network).and_then(|network| network.layers.get_mut(index)) {
                    layer.mend(&mend);
                }
            }))
        }
        LayerFault::Unknown { found, nearest: Some(near) } => {
            let (found, near) = (found.clone(), near.clone());
            Some(Fix::new(format!("write \"{near}\""), move |spec| {
                let Some(network) = spec.networks.get_mut(&network) else { return };
                let names = match network.layers.get_mut(index).map(|layer| &mut layer.inputs) {
                    None => network.outputs.iter_mut().flatten().collect(),
                    Some(Some(Inputs::Once(names))) => names.iter_mut().collect(),
                    Some(Some(Inputs::Shared(uses))) => uses.iter_mut().flatten().collect::<Vec<_>>(),
                    Some(None) => return,
                };
                names.into_iter().filter(|name| **name == found).for_each(|name| name.clone_from(&near));
            }))
        }
        _ => None,
    }
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
    "ganymede>SelfAttention2D",
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
