//! Rule: augmentations exist, have the arguments that are written, and take the samples. Not here: what they need of an
//! objective (`tracing.rs`).

use super::{Finding, Fix, Subject};
use crate::augment::{self, Augmentation};
use crate::error::GanError;
use crate::loss_scope::{LossScope, Networks, Trace};
use crate::regularizers::Player;
use crate::spec::{AugmentSpec, words};
use crate::table::Stray;
use ganymede_graph::{BuildError, Builder};
use ganymede_nn::Mode;
use ganymede_nn::config::nearest;
use ganymede_tensor::TensorType;
use std::collections::BTreeMap;
use std::rc::Rc;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let known = augment::names();
    let taken = s.network(s.spec.discriminator()).and_then(|d| d.inputs.first());
    let shape = s.data.map(|data| &data.shape).or(taken);
    let mut findings = Vec::new();
    for (at, spec) in s.spec.augment.iter().enumerate() {
        if !known.contains(&spec.class_name) {
            findings.push(unknown(at, spec, &known));
            continue;
        }
        let place = format!("augment.{at} ({})", spec.class_name);
        let strays = augment::strays(spec);
        if !strays.is_empty() {
            let finding = |stray: &Stray| {
                Finding::error(format!("{place}.{}", stray.argument), stray.to_string(), rename(at, stray))
            };
            findings.extend(strays.iter().map(finding));
            continue;
        }
        match augment::augmentations(std::slice::from_ref(spec)) {
            Err(error) => findings.extend(unreadable(at, spec, &error)),
            Ok(made) => {
                let errors =
                    shape.map_or(Vec::new(), |shape| made.iter().flat_map(|a| applied(s, &**a, shape)).collect());
                findings.extend(errors.into_iter().map(|error| {
                    let hint = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                    Finding::error(&place, format!("{}{hint}", error.message), vec![leave_out(at, spec)])
                }));
            }
        }
    }
    findings
}

fn unknown(at: usize, spec: &AugmentSpec, known: &[String]) -> Finding {
    let near = nearest(&spec.class_name, known.iter().map(String::as_str));
    let mut reason = format!("expected {}, found `{}`", augment::KIND, spec.class_name);
    if near.is_none() {
        reason.push_str(&format!(" (known: {})", known.join(", ")));
    }
    let fix = near.map(|near| {
        Fix::new(format!("use `{near}`"), move |spec| {
            if let Some(spec) = spec.augment.get_mut(at) {
                spec.class_name.clone_from(&near);
            }
        })
    });
    Finding::error(format!("augment.{at}.class_name"), reason, fix.into_iter().collect())
}

/// What is wrong with each argument of an augmentation that cannot be made, with what was meant where that is clear.
fn unreadable(at: usize, spec: &AugmentSpec, error: &GanError) -> Vec<Finding> {
    let place = format!("augment.{at} ({})", spec.class_name);
    let made = |spec: &AugmentSpec| augment::augmentations(std::slice::from_ref(spec)).err();
    let reason = |error: &GanError| match error {
        GanError::Argument { reason, .. } => reason.clone(),
        error => error.to_string(),
    };
    // Each argument alone, beside the defaults of the others.
    let alone = |(name, value): (&String, &toml::Value)| {
        let with = |value: &toml::Value| AugmentSpec {
            arguments: [(name.clone(), value.clone())].into_iter().collect(),
            ..spec.clone()
        };
        let error = made(&with(value))?;
        let message = reason(&error);
        // In a list, the word that is none of those it takes.
        let word = message.strip_prefix("unknown variant `").and_then(|rest| rest.split('`').next());
        let told = words::reason(&message, name, None, &word.map_or_else(|| value.to_string(), String::from));
        // Another form first, then other words in it.
        let forms = words::meant(&message, value);
        let words = forms.iter().filter_map(|other| Some(words::meant(&reason(&made(&with(other))?), other)));
        let others: Vec<toml::Value> = forms.iter().cloned().chain(words.flatten()).collect();
        let fix = others.into_iter().find(|other| made(&with(other)).is_none()).map(|other| {
            let name = name.clone();
            Fix::new(format!("write {other}"), move |spec| {
                if let Some(spec) = spec.augment.get_mut(at) {
                    spec.arguments.insert(name.clone(), other.clone());
                }
            })
        });
        Some(Finding::error(format!("{place}.{name}"), told, fix.into_iter().collect()))
    };
    let found: Vec<Finding> = spec.arguments.iter().filter_map(alone).collect();
    if found.is_empty() { vec![Finding::error(place, reason(error), Vec::new())] } else { found }
}

fn rename(at: usize, stray: &Stray) -> Vec<Fix> {
    let fix = |meant: String| {
        let argument = stray.argument.clone();
        Fix::new(format!("rename `{argument}` to `{meant}`"), move |spec| {
            if let Some(value) = spec.augment.get_mut(at).and_then(|spec| spec.arguments.remove(&argument)) {
                spec.augment[at].arguments.insert(meant.clone(), value);
            }
        })
    };
    stray.nearest.clone().map(fix).into_iter().collect()
}

fn leave_out(at: usize, what: &AugmentSpec) -> Fix {
    let what = what.clone();
    Fix::new(format!("leave augment.{at} out"), move |spec| spec.augment.retain(|other| *other != what))
}

/// What is wrong with applying it to samples of this shape.
fn applied(s: &Subject, augmentation: &dyn Augmentation, shape: &[usize]) -> Vec<BuildError> {
    const BATCH: usize = 2;
    let builder = Builder::new("augment");
    let networks = Networks { models: BTreeMap::new() };
    let trace = Rc::new(Trace::new(&builder, &networks, Mode::Train, BATCH, s.spec.latent.distribution));
    let sizes: Vec<usize> = [BATCH].into_iter().chain(shape.iter().copied()).collect();
    augmentation
        .apply(&LossScope::new(&trace, "augment", Player::Discriminator), builder.input("x", TensorType::f32(sizes)));
    drop(trace);
    builder.take_errors()
}
