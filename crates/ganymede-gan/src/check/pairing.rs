//! Rule: the generator's output has the shape of the discriminator's input.

use super::subject::sizes;
use super::{Finding, Fix, Subject};
use crate::presets::layer;
use crate::spec::TrainSpec;
use ganymede_nn::LayerConfig;
use serde_json::json;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let (Some(generator), Some(discriminator)) = (s.network(s.spec.generator()), s.network(s.spec.discriminator()))
    else {
        return Vec::new();
    };
    let Some(taken) = discriminator.inputs.first() else { return Vec::new() };
    if generator.output.is_empty() || generator.output == *taken {
        return Vec::new();
    }
    let (given, taken) = (sizes_text(&generator.output), taken.clone());
    let reason = format!("the generator gives {given} where the discriminator takes {}", sizes_text(&taken));
    let place = format!("networks.{} -> networks.{}", s.spec.generator(), s.spec.discriminator());
    let finding = Finding::error(place, reason, fixes(s, &taken));
    vec![match at_fault(s, &taken) {
        Some(key) => finding.at(format!("networks.{}.layers.{key}", s.spec.generator())),
        None => finding,
    }]
}

/// The layer of the generator, and its argument, that the first fix changes; else its last layer.
fn at_fault(s: &Subject, target: &[usize]) -> Option<String> {
    let layers = s.layers(s.spec.generator());
    let last = layers.len().checked_sub(1)?.to_string();
    let Some((layout, start, more)) = plan(layers, target) else {
        let dense = dense_end(s, target).and_then(|_| layers.iter().rposition(|l| l.class_name == "Dense"));
        return Some(dense.map_or(last, |dense| format!("{dense}.units")));
    };
    if let Some(idle) = layout.idle.last().filter(|_| more > 0) {
        return Some(format!("{idle}.strides"));
    }
    match layout.start[..2] == start && layout.start == layout.written {
        false => Some(format!("{}.target_shape", layout.reshape)),
        true if layers[layout.last].arguments.get("filters") != Some(&json!(target[2])) => {
            Some(format!("{}.filters", layout.last))
        }
        true => Some(last),
    }
}

/// Sizes as `28x28x3`.
pub(super) fn sizes_text(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// How a generator of images is laid out: Dense, Reshape to (h, w, c), stages, last convolution.
struct UpsamplingStack {
    dense: usize,
    reshape: usize,
    /// The sizes that the Reshape gives, and those that are meant: height, width, channels.
    written: Vec<usize>,
    start: Vec<usize>,
    /// Indices of the upsampling stages.
    stages: Vec<usize>,
    /// Indices of transposed convolutions before the last layer that do not upsample.
    idle: Vec<usize>,
    /// Their common stride.
    stride: usize,
    last: usize,
}

fn layout(layers: &[LayerConfig]) -> Option<UpsamplingStack> {
    let reshape = layers.iter().position(|l| l.class_name == "Reshape")?;
    let dense = layers[..reshape].iter().rposition(|l| l.class_name == "Dense")?;
    let written = sizes(&layers[reshape], "target_shape", 1).filter(|t| t.len() == 3)?;
    let start = match written[..] {
        // Channels first, as elsewhere.
        [channels, height, width] if height == width && channels > height => vec![height, width, channels],
        _ => written.clone(),
    };
    let transposed = (reshape + 1..layers.len()).filter(|&i| layers[i].class_name == "Conv2DTranspose");
    let upsamples = |&i: &usize| sizes(&layers[i], "strides", 2).is_some_and(|s| s[0] > 1);
    let (stages, mut idle): (Vec<usize>, Vec<usize>) = transposed.partition(upsamples);
    let stride = sizes(&layers[*stages.first()?], "strides", 2)?[0];
    let equal = stages.iter().all(|&i| sizes(&layers[i], "strides", 2).is_some_and(|s| s == [stride, stride]));
    let last = layers.iter().rposition(|l| l.class_name.starts_with("Conv2D"))?;
    idle.retain(|&i| i != last);
    equal.then_some(UpsamplingStack { dense, reshape, written, start, stages, idle, stride, last })
}

/// How the generator becomes one of a target: its layout, the height and width to start from, and the number of further stages.
fn plan(layers: &[LayerConfig], target: &[usize]) -> Option<(UpsamplingStack, [usize; 2], usize)> {
    let (layout, &[height, width, _]) = (layout(layers)?, target) else { return None };
    let starts = (0..4).filter_map(|more| {
        let factor = layout.stride.checked_pow((layout.stages.len() + more) as u32)?;
        let fits = height % factor == 0 && width % factor == 0;
        fits.then_some((more, [height / factor, width / factor]))
    });
    // The number of stages whose start is nearest to the one that is there.
    let (more, start) = starts.min_by_key(|(more, start)| (start[0].abs_diff(layout.start[0]), *more))?;
    Some((layout, start, more))
}

/// Sizes, padding and further stages of a kind that is there, so that the generator gives `target`; else
/// the discriminator's input follows the generator.
fn fixes(s: &Subject, target: &[usize]) -> Vec<Fix> {
    let mut fixes = Vec::new();
    if let (Some((layout, start, more)), Some(&channels)) = (plan(s.layers(s.spec.generator()), target), target.last())
    {
        let changes = changes(s.layers(s.spec.generator()), &layout, start, more, channels);
        if !changes.is_empty() {
            fixes.push(Fix::new(changes.join(", "), move |spec| rebuild(spec, start, more, channels)));
        }
    }
    fixes.extend(dense_end(s, target));
    if let Some(generator) = s.network(s.spec.generator()).map(|g| g.output.clone()) {
        let what = format!("set the discriminator's Input to {}", sizes_text(&generator));
        fixes.push(Fix::new(what, move |spec| {
            let layers = spec.discriminator_mut().map(|n| &mut n.layers);
            if let Some(input) = layers.and_then(|l| l.iter_mut().find(|l| l.class_name == "Input")) {
                input.arguments.insert("shape".into(), json!(generator));
            }
        }));
    }
    fixes
}

/// The units of a generator's last Dense that gives the sample itself, and the Reshape after it.
fn dense_end(s: &Subject, target: &[usize]) -> Option<Fix> {
    let (layers, output) = (s.layers(s.spec.generator()), &s.network(s.spec.generator())?.output);
    let units = |shape: &[usize]| shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    let dense = layers.iter().rposition(|l| l.class_name == "Dense")?;
    let given = layers[dense].arguments.get("units").and_then(|u| u.as_u64())?;
    let reshape = layers.iter().rposition(|l| l.class_name == "Reshape").filter(|&i| i > dense);
    // What it gives are points, where samples are images.
    let flat = reshape.is_none() && target.len() != output.len();
    let named = s.spec.networks.get(s.spec.generator()).is_some_and(|network| network.outputs.is_some());
    if units(output).map(|n| n as u64) != Some(given) || (flat && (output.len() != 1 || named)) {
        return None;
    }
    let (units, shape) = (units(target)?, target.to_vec());
    let also = if reshape.is_some() || flat { format!(", Reshape to {}", sizes_text(target)) } else { String::new() };
    Some(Fix::new(format!("set units of the generator's last Dense to {units}{also}"), move |spec| {
        let Some(network) = spec.generator_mut() else { return };
        for (index, key, value) in [(Some(dense), "units", json!(units)), (reshape, "target_shape", json!(shape))] {
            if let Some(layer) = index.and_then(|i| network.layers.get_mut(i)) {
                layer.arguments.insert(key.into(), value);
            }
        }
        if flat {
            network.layers.push(layer("Reshape", json!({ "target_shape": shape })));
        }
    }))
}

/// What [`rebuild`] changes, in words.
fn changes(
    layers: &[LayerConfig],
    layout: &UpsamplingStack,
    start: [usize; 2],
    more: usize,
    channels: usize,
) -> Vec<String> {
    let mut all = Vec::new();
    let (depth, number) =
        (layout.start[2], |layer: &LayerConfig, key| layer.arguments.get(key).and_then(|n| n.as_u64()));
    let units = start[0] * start[1] * depth;
    if layout.start[..2] != start || number(&layers[layout.dense], "units") != Some(units as u64) {
        all.push(format!(
            "start from {}: Dense of {units} units, Reshape to it",
            sizes_text(&[start[0], start[1], depth])
        ));
    } else if layout.start != layout.written {
        all.push(format!("write target_shape = {:?}: height, width, channels", layout.start));
    }
    let same = |layer: &LayerConfig| layer.arguments.get("padding").and_then(|p| p.as_str()) == Some("same");
    if layers[layout.reshape + 1..].iter().any(|layer| layer.class_name.starts_with("Conv2D") && !same(layer)) {
        all.push("padding \"same\"".into());
    }
    if number(&layers[layout.last], "filters") != Some(channels as u64) {
        all.push(format!("set filters of its last {} to {channels}", layers[layout.last].class_name));
    }
    let woken = woken(layout, more);
    for index in woken {
        let strides = [layout.stride; 2];
        all.push(format!("set strides = {strides:?} in layers.{index} ({})", layers[*index].class_name));
    }
    let more = more - woken.len();
    if more > 0 {
        all.push(format!(
            "add {more} more {} of that kind",
            layers[*layout.stages.last().unwrap_or(&layout.last)].class_name
        ));
    }
    all
}

/// The transposed convolutions that upsample instead of further stages, the last ones first.
fn woken(layout: &UpsamplingStack, more: usize) -> &[usize] {
    &layout.idle[layout.idle.len() - more.min(layout.idle.len())..]
}

fn rebuild(spec: &mut TrainSpec, start: [usize; 2], more: usize, channels: usize) {
    let Some(network) = spec.generator_mut() else { return };
    let Some(layout) = layout(&network.layers) else { return };
    let layers = &mut network.layers;
    let depth = layout.start[2];
    layers[layout.dense].arguments.insert("units".into(), json!(start[0] * start[1] * depth));
    layers[layout.reshape].arguments.insert("target_shape".into(), json!([start[0], start[1], depth]));
    for layer in layers[layout.reshape + 1..].iter_mut().filter(|l| l.class_name.starts_with("Conv2D")) {
        layer.arguments.insert("padding".into(), json!("same"));
    }
    layers[layout.last].arguments.insert("filters".into(), json!(channels));
    let woken = woken(&layout, more);
    for &index in woken {
        layers[index].arguments.insert("strides".into(), json!([layout.stride, layout.stride]));
    }
    let stage = *layout.stages.last().unwrap_or(&layout.last);
    for _ in woken.len()..more {
        let copy = LayerConfig { name: None, ..layers[stage].clone() };
        layers.insert(stage + 1, copy);
    }
}
