//! The last rule: the programs of a step can be made of the spec. It runs where no other rule found an
//! error, so that nothing is refused only when the training starts.

use super::{Finding, Subject};
use crate::error::GanError;
use crate::phases;
use crate::spec::TrainSpec;
use ganymede_data::{CODEC_VERSION, Codec, Fit, Kind};
use ganymede_tensor::DType;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let known = s.network("discriminator").and_then(|d| d.inputs.first());
    let Some(shape) = s.data.map(|data| &data.shape).or(known) else { return Vec::new() };
    let codec = stand_in(shape, s.data.and_then(|data| data.classes).unwrap_or(1));
    let sampled = || phases::trace_sample(s.spec, 1, false).map(drop);
    let Err(error) = trace(s.spec, &codec).and_then(|()| sampled()) else { return Vec::new() };
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        let before = findings.len();
        let alone = TrainSpec { phases: vec![phase.clone()], ema: None, ..s.spec.clone() };
        for (number, term) in phase.terms.iter().enumerate() {
            let mut alone = alone.clone();
            alone.phases[0].terms = vec![term.clone()];
            if let Err(error) = trace(&alone, &codec) {
                findings.extend(told(&format!("phases.{at}.terms.{number} ({})", term.class_name), &error));
            }
        }
        if findings.len() == before
            && let Err(error) = trace(&alone, &codec)
        {
            findings.extend(told(&format!("phases.{at} (`{}`)", phase.name), &error));
        }
    }
    if findings.is_empty() {
        findings.extend(told("phases", &error));
    }
    findings
}

fn trace(spec: &TrainSpec, codec: &Codec) -> Result<(), GanError> {
    phases::trace(spec, codec).map(drop)
}

/// A finding for each thing that is wrong.
fn told(place: &str, error: &GanError) -> Vec<Finding> {
    let mut reasons: Vec<String> = match error {
        GanError::Argument { reason, .. } => vec![reason.clone()],
        error => error.to_string().lines().map(String::from).collect(),
    };
    reasons.dedup();
    if let (Some(hint), Some(first)) = (error.hint(), reasons.first_mut()) {
        *first = format!("{first} ({hint})");
    }
    reasons.into_iter().map(|reason| Finding::error(place, reason, Vec::new())).collect()
}

/// A description of samples of such a shape and so many classes; what else it says changes no type in a program.
fn stand_in(shape: &[usize], classes: usize) -> Codec {
    let (dtype, range, kind) = match shape.len() {
        3 => (DType::U8, [0.0, 255.0], Kind::Images { background: [0; 3], fit: Fit::Crop }),
        _ => (DType::F32, [-1.0, 1.0], Kind::Points { reference: Vec::new() }),
    };
    Codec {
        format_version: CODEC_VERSION,
        format: String::new(),
        source: String::new(),
        dtype,
        shape: shape.to_vec(),
        range,
        classes: (0..classes).map(|class| class.to_string()).collect(),
        kind,
    }
}
