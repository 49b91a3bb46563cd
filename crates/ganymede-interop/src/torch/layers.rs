//! What each class of layers becomes in torch: a line each. To add one: a line in [`write`], and a function where a line does not do.
//! Tensors of several axes stand channels first, (N, C, spatial…), between layers.

use super::convolutions::{conv, conv_transpose, tuple};
use super::module::{Given, Variable, Written};
use super::normalizations;
use crate::error::InteropError;

/// Writes a layer.
///
/// # Errors
/// [`InteropError::Layer`] for a class, or arguments, that torch has no words for.
pub(super) fn write(given: &Given<'_>) -> Result<Written, InteropError> {
    let x = &given.x().name;
    let plain = |forward: String| Ok(Written { forward, ..Written::default() });
    match given.config.class_name.as_str() {
        "Dense" => dense(given),
        "Conv1D" | "Conv2D" | "Conv3D" => conv(given),
        "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose" => conv_transpose(given),
        "BatchNormalization" => normalizations::batch(given),
        "ganymede>ConditionalBatchNormalization" => normalizations::conditional(given),
        "GroupNormalization" => normalizations::group(given),
        "LayerNormalization" => normalizations::layer(given),
        "Embedding" => embedding(given),
        "CategoryEncoding" => category_encoding(given),
        "ganymede>OneHot" => plain(format!("F.one_hot({x}, {}).float()", given.number("classes", 1.0))),
        "Activation" => plain(activated(given, x.clone(), usize::from(given.x().sizes.len() > 1))?),
        "ReLU" => relu(given),
        "LeakyReLU" => plain(format!("F.leaky_relu({x}, {})", given.number("negative_slope", 0.3))),
        "ELU" => plain(format!("F.elu({x}, {})", given.number("alpha", 1.0))),
        "Softmax" => softmax(given),
        "Reshape" | "Flatten" => plain(reshaped(given.x(), &given.output)),
        "UpSampling1D" | "UpSampling2D" | "UpSampling3D" => up_sampling(given),
        "Resizing" => resizing(given),
        "ZeroPadding2D" => border(given, 1, ""),
        "ganymede>ReflectionPadding2D" => border(given, 1, ", mode=\"reflect\""),
        "Cropping2D" => border(given, -1, ""),
        "AveragePooling2D" | "MaxPooling2D" => pooling(given),
        "GlobalAveragePooling1D" | "GlobalAveragePooling2D" | "GlobalAveragePooling3D" => global(given, "mean"),
        "GlobalMaxPooling1D" | "GlobalMaxPooling2D" | "GlobalMaxPooling3D" => global(given, "amax"),
        "Rescaling" => rescaling(given),
        "Add" => joined(given, |names| names.join(" + ")),
        "Multiply" => joined(given, |names| names.join(" * ")),
        "Subtract" => joined(given, |names| names.join(" - ")),
        "Average" => joined(given, |names| format!("({}) / {}", names.join(" + "), names.len())),
        "Maximum" => joined(given, |names| folded("torch.maximum", names)),
        "Minimum" => joined(given, |names| folded("torch.minimum", names)),
        "Concatenate" => concatenate(given),
        // They do nothing to what is generated.
        "Identity" | "Dropout" | "SpatialDropout1D" | "SpatialDropout2D" | "SpatialDropout3D" | "GaussianNoise"
        | "GaussianDropout" => plain(x.clone()),
        "Bidirectional" | "GRU" | "LSTM" | "MultiHeadAttention" | "SimpleRNN" => {
            Err(given.refuse("expected weights of the form that torch's layer of this kind has, found Keras's"))
        }
        "ganymede>Expression" => Err(given.refuse("expected a layer that plain torch has, found a text")),
        _ => Err(given.refuse("expected a layer that plain torch has, found another")),
    }
}

/// The expression with an activation of this layer around it; `axis` is that of the channels without the batch.
pub(super) fn activated(given: &Given<'_>, x: String, axis: usize) -> Result<String, InteropError> {
    let channels = if axis == 1 && given.output.len() > 1 { 1 } else { -1 };
    Ok(match given.word("activation", "linear").as_str() {
        "linear" => x,
        "relu" => format!("F.relu({x})"),
        "relu6" => format!("F.relu6({x})"),
        "tanh" => format!("torch.tanh({x})"),
        "sigmoid" => format!("torch.sigmoid({x})"),
        "silu" | "swish" => format!("F.silu({x})"),
        "elu" => format!("F.elu({x})"),
        "selu" => format!("F.selu({x})"),
        "softplus" => format!("F.softplus({x})"),
        "softsign" => format!("F.softsign({x})"),
        "mish" => format!("F.mish({x})"),
        "leaky_relu" => format!("F.leaky_relu({x}, 0.2)"),
        "exponential" => format!("torch.exp({x})"),
        "hard_tanh" => format!("F.hardtanh({x})"),
        "softmax" => format!("F.softmax({x}, {channels})"),
        "log_softmax" => format!("F.log_softmax({x}, {channels})"),
        other => return Err(given.refuse(format!("expected an activation that torch has, found `{other}`"))),
    })
}

/// A dense layer; its matrix acts on the last axis, which in torch's order is the channels' only where there is one.
fn dense(given: &Given<'_>) -> Result<Written, InteropError> {
    let kernel = given.weight_as("kernel", &[1, 0])?;
    let bias = given.flag("use_bias", true);
    let word = if bias { "" } else { ", bias=False" };
    let mut written = Written::default();
    written.parts.push(("", format!("nn.Linear({}, {}{word})", kernel.shape()[1], kernel.shape()[0])));
    written.weights.push((".weight".into(), kernel));
    if bias {
        written.weights.push((".bias".into(), given.weight("bias")?));
    }
    let x = &given.x().name;
    let y = match given.x().sizes.len() {
        0 | 1 => format!("self.{}({x})", given.name),
        _ => format!("self.{}({x}.movedim(1, -1)).movedim(-1, 1)", given.name),
    };
    written.forward = activated(given, y, 1)?;
    Ok(written)
}

fn embedding(given: &Given<'_>) -> Result<Written, InteropError> {
    let table = given.weight("embeddings")?;
    if !given.x().sizes.is_empty() {
        return Err(given.refuse("expected one number a sample, found several"));
    }
    let mut written = Written { forward: format!("self.{}({})", given.name, given.x().name), ..Written::default() };
    written.parts.push(("", format!("nn.Embedding({}, {})", table.shape()[0], table.shape()[1])));
    written.weights.push((".weight".into(), table));
    Ok(written)
}

fn relu(given: &Given<'_>) -> Result<Written, InteropError> {
    let x = &given.x().name;
    let (slope, threshold) = (given.number("negative_slope", 0.0), given.number("threshold", 0.0));
    if threshold != 0.0 {
        return Err(given.refuse(format!("expected a threshold of 0, found {threshold}")));
    }
    let y = if slope == 0.0 { format!("F.relu({x})") } else { format!("F.leaky_relu({x}, {slope})") };
    let max = given.config.arguments.get("max_value").and_then(serde_json::Value::as_f64);
    Ok(Written { forward: max.map_or(y.clone(), |max| format!("{y}.clamp(max={max})")), ..Written::default() })
}

fn softmax(given: &Given<'_>) -> Result<Written, InteropError> {
    let (rank, axis) = (given.x().sizes.len() as i64, given.number("axis", -1.0) as i64);
    let place = match (axis, rank) {
        (-1, 1) => -1,
        (-1, _) => 1,
        (axis, rank) if axis == rank => 1,
        _ => return Err(given.refuse(format!("expected the axis of the channels, found axis {axis}"))),
    };
    Ok(Written { forward: format!("F.softmax({}, {place})", given.x().name), ..Written::default() })
}

/// Other sizes: the elements are in the order of channels last.
fn reshaped(x: &Variable, output: &[usize]) -> String {
    let last = match x.sizes.len() {
        0 | 1 => x.name.clone(),
        _ => format!("{}.movedim(1, -1)", x.name),
    };
    let sizes: String = output.iter().map(|size| format!(", {size}")).collect();
    let shaped = format!("{last}.reshape(-1{sizes})");
    if output.len() > 1 { format!("{shaped}.movedim(-1, 1)") } else { shaped }
}

fn up_sampling(given: &Given<'_>) -> Result<Written, InteropError> {
    let rank = given.x().sizes.len() - 1;
    let times: Vec<usize> = (0..rank).map(|axis| given.output[axis] / given.x().sizes[axis].max(1)).collect();
    let mode = match given.word("interpolation", "nearest").as_str() {
        "nearest" => "mode=\"nearest\"".to_string(),
        "bilinear" if rank == 2 => "mode=\"bilinear\", align_corners=False".to_string(),
        other => return Err(given.refuse(format!("expected nearest or bilinear, found `{other}`"))),
    };
    let forward = format!("F.interpolate({}, scale_factor={}, {mode})", given.x().name, tuple(&times));
    Ok(Written { forward, ..Written::default() })
}

/// Bilinear resizing has the same centres in both; torch's `nearest` has not, its `nearest-exact` has.
fn resizing(given: &Given<'_>) -> Result<Written, InteropError> {
    let mode = match given.word("interpolation", "bilinear").as_str() {
        "bilinear" => "mode=\"bilinear\", align_corners=False",
        "nearest" => "mode=\"nearest-exact\"",
        other => return Err(given.refuse(format!("expected nearest or bilinear, found `{other}`"))),
    };
    let forward = format!("F.interpolate({}, size={}, {mode})", given.x().name, tuple(&given.output[..2]));
    Ok(Written { forward, ..Written::default() })
}

fn category_encoding(given: &Given<'_>) -> Result<Written, InteropError> {
    let (mode, x) = (given.word("output_mode", "multi_hot"), given.x());
    if mode != "one_hot" || !x.sizes.is_empty() {
        return Err(given.refuse(format!("expected one_hot of one number a sample, found {mode} of {:?}", x.sizes)));
    }
    let forward = format!("F.one_hot({}, {}).float()", x.name, given.number("num_tokens", 1.0));
    Ok(Written { forward, ..Written::default() })
}

/// Zeros or a mirror around an image, or the same cut off: [[top, bottom], [left, right]].
fn border(given: &Given<'_>, sign: i64, mode: &str) -> Result<Written, InteropError> {
    let name = if sign > 0 { "padding" } else { "cropping" };
    let default = if sign > 0 { 1 } else { 0 };
    let both = |value: &serde_json::Value| match value {
        serde_json::Value::Array(pair) => {
            let at = |i: usize| pair.get(i).and_then(serde_json::Value::as_i64).unwrap_or(0);
            [at(0), at(1)]
        }
        one => [one.as_i64().unwrap_or(default); 2],
    };
    let [[top, bottom], [left, right]] = match given.config.arguments.get(name) {
        Some(serde_json::Value::Array(axes)) if axes.len() == 2 => [both(&axes[0]), both(&axes[1])],
        Some(one) => [both(one); 2],
        None => [[default; 2]; 2],
    };
    let sizes = [left, right, top, bottom].map(|size| (sign * size).to_string()).join(", ");
    Ok(Written { forward: format!("F.pad({}, ({sizes}){mode})", given.x().name), ..Written::default() })
}

fn pooling(given: &Given<'_>) -> Result<Written, InteropError> {
    let sizes = given.list("pool_size", &[2, 2]);
    let strides = given.list("strides", &sizes);
    let fits = (0..2).all(|axis| given.x().sizes[axis] as i64 % sizes[axis].max(1) == 0) && strides == sizes;
    if given.word("padding", "valid") != "valid" && !fits {
        return Err(given.refuse("expected windows that fit into the image, found padding \"same\""));
    }
    let function = if given.config.class_name.starts_with("Max") { "F.max_pool2d" } else { "F.avg_pool2d" };
    let tuple = |sizes: &[i64]| format!("({}, {})", sizes[0], sizes[1]);
    let forward = format!("{function}({}, {}, {})", given.x().name, tuple(&sizes), tuple(&strides));
    Ok(Written { forward, ..Written::default() })
}

fn global(given: &Given<'_>, function: &str) -> Result<Written, InteropError> {
    let axes: Vec<usize> = (2..=given.x().sizes.len()).collect();
    let keep = if given.flag("keepdims", false) { ", keepdim=True" } else { "" };
    let forward = format!("{}.{function}(dim={}{keep})", given.x().name, tuple(&axes));
    Ok(Written { forward, ..Written::default() })
}

fn rescaling(given: &Given<'_>) -> Result<Written, InteropError> {
    let one = |name: &str, default: f64| match given.config.arguments.get(name) {
        None => Some(default),
        Some(value) => value.as_f64(),
    };
    match (one("scale", 1.0), one("offset", 0.0)) {
        (Some(scale), Some(offset)) => {
            Ok(Written { forward: format!("{} * {scale} + {offset}", given.x().name), ..Written::default() })
        }
        _ => Err(given.refuse("expected one scale and one offset, found one for each channel")),
    }
}

/// Several tensors as one; of tensors of other sizes the axes would have to be moved.
fn joined(given: &Given<'_>, expression: impl Fn(&[String]) -> String) -> Result<Written, InteropError> {
    let first = &given.inputs[0].sizes;
    if let Some(other) = given.inputs.iter().find(|input| input.sizes != *first) {
        let reason = format!("expected inputs of the same sizes, found {first:?} and {:?}", other.sizes);
        return Err(given.refuse(reason));
    }
    let names: Vec<String> = given.inputs.iter().map(|input| input.name.clone()).collect();
    Ok(Written { forward: expression(&names), ..Written::default() })
}

fn folded(function: &str, names: &[String]) -> String {
    names[1..].iter().fold(names[0].clone(), |all, name| format!("{function}({all}, {name})"))
}

fn concatenate(given: &Given<'_>) -> Result<Written, InteropError> {
    let (rank, axis) = (given.output.len() as i64, given.number("axis", -1.0) as i64);
    let axis = if axis < 0 { axis + rank + 1 } else { axis };
    if !(1..=rank).contains(&axis) {
        return Err(given.refuse(format!("expected an axis of a sample, found axis {axis}")));
    }
    let place = if axis == rank { 1 } else { axis + 1 };
    let names: Vec<&str> = given.inputs.iter().map(|input| input.name.as_str()).collect();
    Ok(Written {
        forward: format!("torch.cat(({}), {place})", names.join(", ") + if names.len() == 1 { "," } else { "" }),
        ..Written::default()
    })
}
