//! The last rule: the programs of a step can be made of the spec, so that nothing is refused only when the training starts. It
//! leaves out what another rule found an error in.

use super::{Finding, Subject};
use crate::error::GanError;
use crate::phases;
use crate::spec::{PhaseSpec, TermSpec, TrainSection, TrainSpec};
use ganymede_data::{Codec, Field, Role};
use ganymede_tensor::{DType, TensorType};
use std::sync::Arc;

/// The spec without what was found to be wrong with its loop and its averages, and which phases are sound; none where something
/// is wrong that each phase hangs on.
pub(super) fn sound(spec: &TrainSpec, wrong: &[String]) -> Option<(TrainSpec, Vec<bool>)> {
    let of = |table: &str, place: &str| {
        place.strip_prefix(table).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let apart =
        |place: &String| ["data", "ema", "evaluate", "from", "phases", "train"].iter().any(|table| of(table, place));
    if !wrong.iter().all(apart) || wrong.iter().any(|place| place == "phases") {
        return None;
    }
    let any = |table: &str| wrong.iter().any(|place| of(table, place));
    let mut spec = spec.clone();
    if any("train") {
        spec.train = TrainSection::default();
    }
    if any("ema") {
        spec.ema = None;
    }
    let phases = (0..spec.phases.len()).map(|at| !any(&format!("phases.{at}"))).collect();
    Some((spec, phases))
}

/// What is wrong with sound phases.
pub(super) fn run(s: &Subject, sound: &[bool]) -> Vec<Finding> {
    let known = s.network(s.spec.discriminator()).and_then(|d| d.inputs.first());
    let Some(shape) = s.data.map(|data| &data.shape).or(known) else { return Vec::new() };
    let codec = stand_in(s, shape);
    let sampled = || phases::trace_generator(s.spec, &codec, 1).map(drop);
    let all = sound.iter().all(|sound| *sound);
    let Err(error) = trace(s.spec, &codec).and_then(|()| sampled()) else { return Vec::new() };
    let mut found = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate().filter(|(at, _)| sound[*at]) {
        found.extend(of_phase(s.spec, at, phase, &codec).into_iter().map(|(place, reason)| (at, place, reason)));
    }
    if found.is_empty() && all {
        found.extend(reasons(&error).into_iter().map(|reason| (0, "phases".to_string(), reason)));
    }
    merged(s.spec, found)
}

/// What is wrong with a phase: of each term, then of the phase as a whole; a place and a reason each.
fn of_phase(spec: &TrainSpec, at: usize, phase: &PhaseSpec, codec: &Codec) -> Vec<(String, String)> {
    let alone = TrainSpec { phases: vec![phase.clone()], ema: None, ..spec.clone() };
    let Err(error) = trace(&alone, codec) else { return Vec::new() };
    // A term is looked at beside an objective that asks nothing of the networks: they are built then, which some terms
    // leave to others, and what is wrong with them is known apart.
    let beside = |term: Option<&TermSpec>| {
        let terms = std::iter::once(TermSpec::new("wasserstein")).chain(term.cloned());
        let terms = terms.map(|term| TermSpec { every: 1, ..term }).collect();
        let phase = PhaseSpec { terms, top_k: None, label_flip: None, freeze: Vec::new(), ..phase.clone() };
        let spec = TrainSpec { phases: vec![phase], ..alone.clone() };
        trace(&spec, codec).err().map_or(Vec::new(), |error| reasons(&error))
    };
    let of_networks = beside(None);
    let mut found = Vec::new();
    for (number, term) in phase.terms.iter().enumerate() {
        let reasons = beside(Some(term)).into_iter().filter(|reason| !of_networks.contains(reason));
        found.extend(reasons.map(|reason| {
            let place = format!("phases.{at}.terms.{number} ({})", term.class_name);
            // Of what is written down, the text that is wrong.
            let key = ["value", "discriminator", "generator"]
                .into_iter()
                .find(|key| term.arguments.contains_key(*key) && reason.contains(&format!(" of `{key}`")));
            (key.map_or(place.clone(), |key| format!("{place}.{key}")), reason)
        }));
    }
    let place = place(at, phase);
    found.extend(of_networks.into_iter().map(|reason| (place.clone(), reason)));
    if found.is_empty() {
        found.extend(reasons(&error).into_iter().map(|reason| (place.clone(), reason)));
    }
    found
}

/// A finding for each reason: where it was found once there, else at what all those places are in.
fn merged(spec: &TrainSpec, found: Vec<(usize, String, String)>) -> Vec<Finding> {
    let mut findings: Vec<(usize, Finding)> = Vec::new();
    for (at, where_found, reason) in found {
        match findings.iter_mut().find(|(_, known)| known.reason == reason) {
            Some((first, known)) if *first == at => known.place = place(at, &spec.phases[at]),
            Some((_, known)) => known.place = "phases".into(),
            None => findings.push((at, Finding::error(where_found, reason, Vec::new()))),
        }
    }
    findings.into_iter().map(|(_, finding)| finding).collect()
}

fn place(at: usize, phase: &PhaseSpec) -> String {
    format!("phases.{at} (`{}`)", phase.name)
}

fn trace(spec: &TrainSpec, codec: &Codec) -> Result<(), GanError> {
    phases::trace(spec, codec).map(drop)
}

/// Everything that is wrong, each with what to do about it.
fn reasons(error: &GanError) -> Vec<String> {
    let with = |reason: String, hint: Option<String>| match hint {
        Some(hint) => format!("{reason} ({hint})"),
        None => reason,
    };
    let mut reasons: Vec<String> = match error {
        GanError::Argument { reason, .. } => vec![reason.clone()],
        GanError::Build(errors) => {
            let place = |scope: &str| if scope.is_empty() { String::new() } else { format!("{scope}: ") };
            let told = errors.0.iter().map(|e| with(format!("{}{}", place(&e.scope), e.message), e.hint.clone()));
            told.collect()
        }
        error => vec![with(error.to_string(), error.hint())],
    };
    reasons.dedup();
    reasons
}

/// A description of samples of such a shape, with the classes and fields of the data; where that was not read, with all that
/// the networks ask for. What else it says changes no type in a program.
fn stand_in(s: &Subject, shape: &[usize]) -> Codec {
    let known = s.data.filter(|data| data.classes.is_some());
    let classes = known.and_then(|data| data.classes).unwrap_or(1);
    let (dtype, range) = match shape.len() {
        3 => (DType::U8, [0.0, 255.0]),
        _ => (DType::F32, [-1.0, 1.0]),
    };
    let classes = (0..classes).map(|class| class.to_string()).collect();
    let codec = Codec::stand_in(TensorType::new(dtype, shape), range, classes);
    let further = known.map_or_else(|| asked_for(s), |data| data.fields.clone());
    let further = further.into_iter().filter(|field| codec.field(&field.name).is_none()).collect::<Vec<_>>();
    let fields: Vec<Field> = codec.fields().iter().cloned().chain(further).collect();
    // A kind of data that has no such fields is told by what reads it.
    let modality = s.data.and_then(|data| data.modality.clone());
    let own = modality.and_then(|modality| codec.with(fields.clone(), modality).ok());
    own.or_else(|| codec.with(fields, Arc::clone(codec.modality())).ok()).unwrap_or(codec)
}

/// The fields that inputs of networks are named after, as these inputs take them.
fn asked_for(s: &Subject) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for network in s.spec.networks.keys() {
        let types = s.network(network).into_iter().flat_map(|built| built.types.iter().skip(1));
        for (name, ty) in s.spec.conditions_of(network).into_iter().zip(types) {
            let Some(name) = name.filter(|name| fields.iter().all(|known| known.name != *name)) else { continue };
            let mut field = Field::new(name, ty.clone(), Role::Condition);
            if ty.dtype == DType::I32 && ty.shape.rank() == 0 {
                field.categories = vec!["0".into()];
            }
            fields.push(field);
        }
    }
    fields
}
