//! The order of a training's states in memory. Not here: which there are (`loss.rs`, `update.rs`).

use super::{EMA_SUFFIX, Traced, averaged};
use crate::error::GanError;
use crate::spec::TrainSpec;
use ganymede_graph::Graph;
use ganymede_runtime::StateLayout;
use ganymede_tensor::TensorType;
use std::collections::HashSet;

/// Puts parameters, statistics and averaged copies into the layout, each kind of a network side by side.
pub(super) fn lay_out(spec: &TrainSpec, traced: &mut Traced) -> Result<(), GanError> {
    let slots = std::mem::take(&mut traced.layout);
    let mut layout = StateLayout::default();
    for (network, parameters) in &traced.parameters {
        for trainable in [true, false] {
            let kind = if trainable { "parameters" } else { "statistics" };
            for p in parameters.iter().filter(|p| p.trainable == trainable) {
                layout.push(&p.name, TensorType::f32(p.shape.clone()), format!("{network}/{kind}"));
            }
        }
    }
    let mut averages = StateLayout::default();
    if let Some(network) = spec.averaged() {
        let Some(parameters) = traced.parameters.get(network) else {
            let known = traced.parameters.keys().cloned().collect();
            return Err(GanError::Unknown { kind: "a network to average", name: network.into(), known });
        };
        for p in parameters {
            let ty = TensorType::f32(p.shape.clone());
            averages.push(averaged(network, &p.name), ty, format!("{network}{EMA_SUFFIX}/parameters"));
        }
    }
    let known: HashSet<&String> = layout.entries.iter().chain(&averages.entries).map(|entry| &entry.name).collect();
    let slots: Vec<_> = slots.entries.into_iter().filter(|entry| !known.contains(&entry.name)).collect();
    layout.entries.extend(slots);
    layout.entries.extend(averages.entries);
    traced.layout = layout;
    Ok(())
}

/// Notes a slot of an optimizer, unless another program has done so.
pub(super) fn push_once(traced: &mut Traced, name: String, ty: TensorType, group: &str) {
    if traced.layout.find(&name).is_none() {
        traced.layout.push(name, ty, group);
    }
}

/// Notes the states of a program that are not noted yet. Parameters come to their places later; what is left are the
/// states of terms and augmentations and the accumulated gradients, a group for each first part of their names.
pub(super) fn note_states(graph: &Graph, traced: &mut Traced) {
    for (name, ty) in graph.states() {
        let group: Vec<&str> = name.splitn(3, '/').take(2).collect();
        push_once(traced, name.to_string(), ty.clone(), &group.join("/"));
    }
}
