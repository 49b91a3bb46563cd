//! The whole file: the network's graph, its inputs and outputs, and the facts of the run. Not here: what the nodes become (`nodes/`).

use super::emitter::Emitter;
use super::encode::onnx_type;
use super::messages::{Fact, GraphMessage, Model, OperatorSet};
use super::nodes::write_nodes;
use super::results::{Outcome, info, samples};
use super::sizes::{BATCHES, Size, fixed, sizes};
use super::value::Value;
use super::{IR_VERSION, OPSET};
use crate::error::InteropError;
use crate::formats::{ExportOptions, Layout};
use crate::trained::{Network, Trained};
use ganymede_gan::phases::{trace_discriminator, trace_generator};
use ganymede_graph::passes::optimize;
use ganymede_graph::{Graph, NodeId};
use ganymede_tensor::Tensor;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

/// A network of a run as an ONNX model: a function of its inputs alone, for any number of samples.
///
/// # Shapes
/// Of a generator: `z` (N, …latent) and the fields that it is given, such as `label` (N), and `noise` where layers draw some; it gives
/// `image` (N, C, H, W) or (N, H, W, C), `sample` (N, …), or `row` (N, …) and each column of a table. Of a discriminator: `image` or
/// `sample`, and the fields; it gives `logits`.
///
/// # Errors
/// [`InteropError::MixesSamples`] for a network that needs a fixed number of samples, [`InteropError::Primitive`],
/// [`InteropError::Argument`] for options that do not fit the data, [`InteropError::Gan`] for a spec or a checkpoint that cannot be used.
pub fn model(trained: &Trained, options: &ExportOptions) -> Result<Model, InteropError> {
    let which = options.network.unwrap_or_default();
    let trace = |batch: usize| -> Result<Graph, InteropError> {
        let (spec, codec) = (&trained.spec, &trained.codec);
        Ok(optimize(match which {
            Network::Generator => trace_generator(spec, codec, batch)?,
            Network::Discriminator => trace_discriminator(spec, codec, batch)?,
        }))
    };
    if options.batch.is_none() && trace(BATCHES[0]).is_err() && trace(trained.spec.train.batch).is_ok() {
        let (layer, reason) = (trained.network(which), "not every number of samples fits".into());
        return Err(InteropError::MixesSamples { layer, reason });
    }
    let (graph, sizes) = sized(trace, options.batch)?;
    let network = trained.network(which);
    let states = trained.weights(&network)?;
    let mut emitter = Emitter::new(&graph, sizes, &states);
    let (output, layout) = (options.output.unwrap_or_default(), options.layout.unwrap_or_default());
    if which == Network::Discriminator && options.output.is_some() {
        let reason =
            "expected the generator, found the discriminator, whose samples come in the networks' range".into();
        return Err(InteropError::Argument { what: "--output".into(), reason });
    }
    let is_image = trained.codec.shape().len() == 3;
    if options.layout.is_some() && !is_image {
        let reason = format!("expected images, found samples of shape {:?}", trained.codec.shape());
        return Err(InteropError::Argument { what: "--layout".into(), reason });
    }
    emitter.channels_first = is_image && layout == Layout::Nchw;
    let values = write_nodes(&mut emitter)?;
    let mut outcomes = Vec::new();
    for (name, id) in &graph.outputs {
        let value = &values[id.index()];
        if which == Network::Discriminator {
            outcomes.push(as_it_is(&mut emitter, name, *id, value)?);
            continue;
        }
        emitter.at = *id;
        let own = emitter.own_sizes();
        let value = emitter.whole(value, &own)?;
        outcomes.extend(samples(&mut emitter, &value, (output, layout), &trained.codec)?);
    }
    let graph = finished(emitter, &network, &outcomes);
    Ok(Model {
        ir_version: Some(IR_VERSION),
        producer_name: Some("ganymede".into()),
        producer_version: Some(env!("CARGO_PKG_VERSION").into()),
        doc_string: Some(format!("`{network}` of the run {} after {} steps", trained.name(), trained.step)),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: Some(String::new()), version: Some(OPSET) }],
        metadata_props: facts(trained, which, options),
    })
}

/// Any graph of the engine as one of ONNX, for any number of samples or for a fixed one: `trace` gives it for a number of samples. Its
/// inputs and outputs keep their names, but `latent`, which is `z`; axes are in the engine's order.
///
/// # Errors
/// As [`model`], and what `trace` gives.
pub fn graph(
    trace: impl Fn(usize) -> Result<Graph, InteropError>,
    batch: Option<usize>,
    states: &BTreeMap<String, Tensor>,
) -> Result<GraphMessage, InteropError> {
    let (graph, sizes) = sized(|batch| Ok(optimize(trace(batch)?)), batch)?;
    let mut emitter = Emitter::new(&graph, sizes, states);
    let values = write_nodes(&mut emitter)?;
    let mut outcomes = Vec::new();
    for (name, id) in &graph.outputs {
        outcomes.push(as_it_is(&mut emitter, name, *id, &values[id.index()])?);
    }
    Ok(finished(emitter, &graph.name, &outcomes))
}

/// A graph with the sizes of its nodes.
fn sized(
    trace: impl Fn(usize) -> Result<Graph, InteropError>,
    batch: Option<usize>,
) -> Result<(Graph, Vec<Vec<Size>>), InteropError> {
    let graph = trace(batch.unwrap_or(BATCHES[0]))?;
    let sizes = match batch {
        Some(_) => fixed(&graph),
        None => sizes(&graph, &trace(BATCHES[1])?)?,
    };
    Ok((graph, sizes))
}

/// A value as an output, whole and with its axes in the engine's order.
fn as_it_is(e: &mut Emitter, name: &str, id: NodeId, value: &Value) -> Result<Outcome, InteropError> {
    e.at = id;
    let sizes = e.own_sizes();
    let value = e.whole(value, &sizes)?;
    let made = e.last(&value)?;
    Ok(Outcome { name: e.finish(&made, name), ty: onnx_type(value.dtype), sizes })
}

/// All that was written, without constants that nothing takes.
fn finished(emitter: Emitter, name: &str, outcomes: &[Outcome]) -> GraphMessage {
    let input = emitter.inputs.iter().map(|i| info(&i.name, onnx_type(i.dtype), &i.sizes, &i.about)).collect();
    let output = outcomes.iter().map(|o| info(&o.name, o.ty, &o.sizes, "")).collect();
    let (node, mut initializer) = (emitter.nodes, emitter.initializers);
    let used: HashSet<&String> = node.iter().flat_map(|node| &node.input).collect();
    initializer.retain(|tensor| tensor.name.as_ref().is_some_and(|name| used.contains(name)));
    GraphMessage { node, name: Some(name.into()), initializer, input, output }
}

/// What a user of the file wants to know of the run.
fn facts(trained: &Trained, which: Network, options: &ExportOptions) -> Vec<Fact> {
    let codec = &trained.codec;
    let mut facts = vec![
        ("ganymede_version", env!("CARGO_PKG_VERSION").to_string()),
        ("run", trained.name()),
        ("step", trained.step.to_string()),
        ("network", trained.network(which)),
        ("data", trained.data()),
        ("range", json!(codec.range()).to_string()),
    ];
    if which == Network::Generator {
        facts.push(("latent", trained.latents().into()));
        facts.push(("output", options.output.unwrap_or_default().name().into()));
    }
    if codec.shape().len() == 3 {
        facts.push(("layout", options.layout.unwrap_or_default().name().into()));
    }
    if !codec.classes().is_empty() {
        facts.push(("classes", json!(codec.classes()).to_string()));
    }
    if let Some(rows) = codec.modality().rows() {
        let columns = rows.names.iter().zip(&rows.heads);
        let columns: Vec<_> = columns.map(|(name, head)| json!({ "name": name, "values": head.width() })).collect();
        facts.push(("columns", json!(columns).to_string()));
    }
    let fact = |(key, value): (&str, String)| Fact { key: Some(key.into()), value: Some(value) };
    facts.into_iter().map(fact).collect()
}

/// Inputs, outputs and size of a file in words.
pub(super) fn in_words(model: &Model) -> Vec<String> {
    let Some(graph) = &model.graph else { return Vec::new() };
    let type_of = |info: &super::messages::ValueInfo| {
        let ty = info.ty.as_ref().and_then(|ty| ty.tensor_type.as_ref());
        let dims = ty.and_then(|ty| ty.shape.as_ref()).map(|shape| shape.dim.clone()).unwrap_or_default();
        let size = |dim: &super::messages::Dimension| match (&dim.dim_param, dim.dim_value) {
            (Some(name), _) => name.clone(),
            (None, size) => size.unwrap_or(0).to_string(),
        };
        let name = match ty.and_then(|ty| ty.elem_type) {
            Some(1) => "float32",
            Some(2) => "uint8",
            Some(4) => "uint16",
            Some(7) => "int64",
            _ => "bool",
        };
        let sizes: Vec<String> = dims.iter().map(size).collect();
        format!("{} {name} ({})", info.name.clone().unwrap_or_default(), sizes.join(", "))
    };
    let mut lines: Vec<String> = graph.input.iter().map(|info| format!("input   {}", type_of(info))).collect();
    // A table has an output for each column.
    const SHOWN: usize = 4;
    lines.extend(graph.output.iter().take(SHOWN).map(|info| format!("output  {}", type_of(info))));
    if graph.output.len() > SHOWN {
        lines.push(format!("        and {} more, one for each column", graph.output.len() - SHOWN));
    }
    let numbers: i64 = graph.initializer.iter().map(|tensor| tensor.dims.iter().product::<i64>()).sum();
    lines.push(format!("nodes   {} (opset {OPSET}), {numbers} numbers", graph.node.len()));
    lines
}
