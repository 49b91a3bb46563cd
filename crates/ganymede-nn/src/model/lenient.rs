//! Models in which something is wrong, put together as far as they can be told, so that the rest can be looked at. Not here: what is
//! wrong with them (`assemble.rs`).

use super::assemble::{Entry, LayerIssue, Wiring, entry, names, of_layer};
use super::{Model, ModelConfig, NamedLayer, Source};
use crate::config::ConfigError;
use crate::layers::Layer;
use crate::scope::Scope;
use ganymede_graph::Expr;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The message that stands where the result of a layer is not known, because something else is wrong with it.
pub const UNKNOWN: &str = "what this layer gives is not known";

/// A layer of which nothing is known.
#[derive(Debug)]
struct Unknown;

impl Layer for Unknown {
    fn class_name(&self) -> &'static str {
        "Unknown"
    }

    fn arguments(&self) -> Map<String, Value> {
        Map::new()
    }

    fn build<'g>(&self, scope: &Scope<'g>, _: &[Expr<'g>]) -> Vec<Expr<'g>> {
        vec![scope.builder().error(UNKNOWN.into(), None)]
    }
}

/// The model as far as it can be told, and everything that is wrong.
pub(super) fn lenient(name: &str, config: &ModelConfig) -> (Option<Model>, Vec<LayerIssue>) {
    let mut issues = Vec::new();
    let mut entries = Vec::new();
    for (index, layer) in config.layers.iter().enumerate() {
        let (mended, errors) = layer.mended();
        let (made, left) = mended.read();
        entries.push(entry(&mended, made.filter(|_| left.iter().all(is_known))));
        issues.extend(of_layer(index, layer, errors));
    }
    let mut names = names(&entries, &mut issues);
    for at in 1..names.len() {
        // What has the name of another is told, and is a layer of its own.
        while names[..at].contains(&names[at]) {
            names[at] += "_";
        }
    }
    let mut wiring = Wiring::new(&entries, &names);
    wiring.lenient = true;
    wiring.connect(&mut issues);
    let mut outputs = wiring.outputs(config.outputs.as_deref(), &mut issues);
    if config.outputs.is_none() && !wiring.unknown.is_empty() {
        // What such layers take is not known, so neither is what no layer takes: the last layer's output is the likeliest.
        let last = wiring.calls.iter().rposition(|call| call.layer + 1 == entries.len());
        outputs = last.map(|call| Source::Call { call, output: 0 }).into_iter().collect();
    }
    let Wiring { calls, inputs, unknown, .. } = wiring;
    let layer = |(at, (entry, name)): (usize, (&Entry, &String))| NamedLayer {
        name: name.clone(),
        trainable: entry.trainable,
        layer: entry.layer.clone().filter(|_| !unknown.contains(&at)).unwrap_or_else(|| Arc::new(Unknown)),
    };
    let layers: Vec<NamedLayer> = entries.iter().zip(&names).enumerate().map(layer).collect();
    issues.sort_by_key(|issue| issue.index);
    let model = Model { name: name.into(), layers, calls, outputs, inputs, sequential: false };
    (Some(model).filter(|model| !model.layers.is_empty()), issues)
}

/// Endings of the names of arguments on which no size depends.
const WITHOUT_SIZES: &[&str] = &[
    "activation",
    "alpha",
    "bias",
    "constraint",
    "epsilon",
    "initializer",
    "max_value",
    "momentum",
    "rate",
    "regularizer",
    "seed",
    "slope",
    "stddev",
    "trainable",
];

/// Whether it is known what a layer gives, in spite of an error that cannot be mended.
fn is_known(error: &ConfigError) -> bool {
    let without_sizes = |argument: &str| WITHOUT_SIZES.iter().any(|end| argument.ends_with(end));
    match error {
        // It is left aside.
        ConfigError::Unknown { .. } => true,
        ConfigError::Value { argument, .. } | ConfigError::Inside { argument, .. } => {
            without_sizes(argument) && argument != "dilation_rate"
        }
        _ => false,
    }
}
