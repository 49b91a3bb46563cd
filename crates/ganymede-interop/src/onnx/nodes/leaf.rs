//! Values that are given or known: inputs, states, constants, indices, noise.

use crate::error::InteropError;
use crate::onnx::emitter::{Emitter, Input};
use crate::onnx::encode::numbers;
use crate::onnx::sizes::Size;
use crate::onnx::value::{Of, Value, first_order};
use ganymede_graph::Array;
use ganymede_graph::ops::{self, Constant, Distribution, Iota, Random, State};
use ganymede_tensor::{DType, TensorType};

/// An input. Seeds and numbers of draws are the engine's own: what is drawn with them is an input instead.
pub(super) fn input(e: &mut Emitter, op: &ops::Input) -> Result<Value, InteropError> {
    let (ty, sizes) = (e.graph.ty(e.at).clone(), e.own_sizes());
    if op.scalar || ty.dtype == DType::U32 {
        return Ok(Value { dtype: ty.dtype, sizes, of: Of::Host });
    }
    let (wanted, about) = match op.name.as_ref() {
        "latent" => ("z", "latents"),
        "sample" if sizes.len() == 4 => ("image", "images in the networks' range"),
        "sample" => ("sample", "samples in the networks' range"),
        other => (other, "values as they are in the data"),
    };
    let (name, about) = (e.name(wanted), about.to_string());
    let first = wanted == "image" && e.channels_first;
    let written =
        if first { first_order(sizes.len()).iter().map(|&axis| sizes[axis]).collect() } else { sizes.clone() };
    e.inputs.push(Input { name: name.clone(), dtype: ty.dtype, sizes: written, about });
    Ok(Value::tensor(ty.dtype, sizes, name).placed(first))
}

/// A weight or a statistic.
pub(super) fn state(e: &mut Emitter, op: &State) -> Result<Value, InteropError> {
    let ty = e.graph.ty(e.at);
    let found = e.states.get(op.name.as_ref());
    match found {
        Some(tensor) if tensor.ty() == *ty => Ok(Value::constant(Array::from(tensor), Some(op.name.as_ref().into()))),
        _ => {
            let found = found.map_or_else(|| "none".to_string(), |tensor| tensor.ty().to_string());
            let reason = format!("expected a tensor of type {ty}, found {found}");
            Err(InteropError::Argument { what: format!("state `{}`", op.name), reason })
        }
    }
}

/// A constant: one of many equal elements has one.
pub(super) fn constant(e: &mut Emitter, op: &Constant) -> Result<Value, InteropError> {
    let sizes = e.own_sizes();
    if let Some(shape) = numbers(&sizes) {
        let ty = TensorType::new(op.ty.dtype, shape);
        return Ok(Value::constant(Array { ty, data: op.values().collect() }, None));
    }
    let first = op.values().next().unwrap_or(0.0);
    let ty = TensorType::new(op.ty.dtype, vec![1; sizes.len()]);
    Ok(Value::constant(Array { ty, data: vec![first] }, None))
}

/// Indices along an axis; the other axes repeat.
pub(super) fn iota(e: &mut Emitter, op: &Iota) -> Result<Value, InteropError> {
    let sizes = e.own_sizes();
    let Size::Fixed(count) = sizes[op.axis] else { return Err(e.mixes("it numbers the samples")) };
    let mut shape = vec![1; sizes.len()];
    shape[op.axis] = count;
    let ty = TensorType::new(op.ty.dtype, shape);
    Ok(Value::constant(Array { ty, data: (0..count).map(|i| i as f64).collect() }, None))
}

/// Noise is an input: the same inputs give the same outputs.
pub(super) fn random(e: &mut Emitter, op: &Random) -> Result<Value, InteropError> {
    let sizes = e.own_sizes();
    if sizes.first().is_none_or(|size| *size != Size::Batch(1)) && sizes.iter().any(|s| matches!(s, Size::Batch(_))) {
        return Err(e.mixes("it draws noise for several samples together"));
    }
    let name = e.name("noise");
    let about = match op.distribution {
        Distribution::Uniform => "noise, uniform in [0, 1)",
        Distribution::Normal => "noise, standard normal",
    };
    e.inputs.push(Input { name: name.clone(), dtype: DType::F32, sizes: sizes.clone(), about: about.into() });
    Ok(Value::tensor(DType::F32, sizes, name))
}
