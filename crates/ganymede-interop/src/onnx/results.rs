//! What a file gives: samples in the numbers that were asked for, and of a table each column. Not here: what they are computed from
//! (`nodes/`).

use super::emitter::Emitter;
use super::encode::int;
use super::messages::{Dimension, ShapeMessage, TensorTypeMessage, TypeMessage, ValueInfo};
use super::sizes::Size;
use super::value::Value;
use crate::error::InteropError;
use crate::formats::{Layout, Output};
use ganymede_data::{Codec, Scaling};
use ganymede_tensor::DType;

/// An output of the file.
pub(super) struct Outcome {
    pub name: String,
    pub ty: i32,
    pub sizes: Vec<Size>,
}

/// The type of an input or output.
pub(super) fn info(name: &str, ty: i32, sizes: &[Size], about: &str) -> ValueInfo {
    let dimension = |size: &Size| match size {
        Size::Fixed(size) => Dimension { dim_value: Some(*size as i64), dim_param: None },
        Size::Batch(1) => Dimension { dim_value: None, dim_param: Some("N".into()) },
        Size::Batch(times) => Dimension { dim_value: None, dim_param: Some(format!("{times}N")) },
    };
    let shape = ShapeMessage { dim: sizes.iter().map(dimension).collect() };
    let tensor_type = Some(TensorTypeMessage { elem_type: Some(ty), shape: Some(shape) });
    let doc_string = Some(about.to_string()).filter(|about| !about.is_empty());
    ValueInfo { name: Some(name.into()), ty: Some(TypeMessage { tensor_type }), doc_string }
}

/// A network's samples in other numbers: the tensor's name and its type.
pub(super) fn in_numbers(e: &mut Emitter, x: String, output: Output, codec: &Codec) -> (String, i32) {
    const FLOAT: i32 = 1;
    const UINT8: i32 = 2;
    const UINT16: i32 = 4;
    let scale = |e: &mut Emitter, x: String, factor: f64, offset: f64| {
        let (factor, offset) = (e.scalar(DType::F32, factor), e.scalar(DType::F32, offset));
        let x = e.node("Mul", vec![x, factor], Vec::new());
        e.node("Add", vec![x, offset], Vec::new())
    };
    let whole = |e: &mut Emitter, x: String, [low, high]: [f64; 2], ty: i32| {
        // A cast cuts off: with a half before it, it rounds.
        let (low, high) = (e.scalar(DType::F32, low), e.scalar(DType::F32, high + 0.25));
        let x = e.node("Clip", vec![x, low, high], Vec::new());
        (e.node("Cast", vec![x], vec![int("to", i64::from(ty))]), ty)
    };
    match (output, codec.sample().scaling) {
        (Output::Signed, _) | (Output::Data, Scaling::AsIs) => (x, FLOAT),
        (Output::Unit, _) => (scale(e, x, 0.5, 0.5), FLOAT),
        (Output::Uint8, _) => {
            let x = scale(e, x, 127.5, 128.0);
            whole(e, x, [0.0, 255.0], UINT8)
        }
        (Output::Data, _) => {
            let [low, high] = codec.range();
            let (factor, offset) = ((high - low) / 2.0, (high + low) / 2.0);
            match codec.dtype() {
                DType::U8 | DType::U16 => {
                    let x = scale(e, x, factor, offset + 0.5);
                    whole(e, x, [low, high], if codec.dtype() == DType::U8 { UINT8 } else { UINT16 })
                }
                _ => (scale(e, x, factor, offset), FLOAT),
            }
        }
    }
}

/// The samples of a generator as outputs: `image`, `sample`, or `row` and each column of a table.
pub(super) fn samples(
    e: &mut Emitter,
    value: &Value,
    (output, layout): (Output, Layout),
    codec: &Codec,
) -> Result<Vec<Outcome>, InteropError> {
    let is_image = value.rank() == 4;
    if !is_image && !matches!(output, Output::Signed | Output::Data) {
        let reason = format!("expected images, found samples of shape {:?}", codec.shape());
        return Err(InteropError::Argument { what: format!("--output {}", output.name()), reason });
    }
    let first = is_image && layout == Layout::Nchw;
    let name = if first { e.first(value)? } else { e.last(value)? };
    let mut sizes = value.sizes.clone();
    if first {
        let channels = sizes.remove(3);
        sizes.insert(1, channels);
    }
    let (name, ty) = in_numbers(e, name, output, codec);
    let rows = codec.modality().rows();
    let called = match (&rows, is_image) {
        (Some(_), _) => "row",
        (None, true) => "image",
        (None, false) => "sample",
    };
    let mut results = vec![Outcome { name: e.finish(&name, called), ty, sizes }];
    let Some(rows) = rows else { return Ok(results) };
    let whole = results[0].name.clone();
    let mut from = 0;
    let target = Some((rows.classes.len(), "target".to_string())).filter(|(classes, _)| *classes > 0);
    for (width, column) in rows.heads.iter().map(ganymede_data::Head::width).zip(rows.names).chain(target) {
        let (start, end, axis) = (e.integers(&[from]), e.integers(&[from + width as i64]), e.integers(&[1]));
        let part = e.node("Slice", vec![whole.clone(), start, end, axis], Vec::new());
        let sizes = vec![value.sizes[0], Size::Fixed(width)];
        results.push(Outcome { name: e.finish(&part, &column), ty, sizes });
        from += width as i64;
    }
    Ok(results)
}
