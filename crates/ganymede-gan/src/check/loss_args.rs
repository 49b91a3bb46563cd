//! Rule: the `args` of a Keras loss fit the player of its phase.

use super::{Finding, Fix, Subject};
use crate::objectives::{self, objective};
use crate::regularizers::{self, REGULARIZERS};
use crate::spec::TermSpec;
use crate::table::Stray;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        for (number, term) in phase.terms.iter().enumerate() {
            if REGULARIZERS.iter().any(|entry| entry.name == term.class_name) {
                // It compares nothing; that it takes no `args`, tracing says.
                continue;
            }
            let generators = s.is_generators(phase);
            let expected: Vec<String> =
                if generators { vec!["fake"] } else { vec!["real", "fake"] }.into_iter().map(String::from).collect();
            let Some(args) = term.args.as_ref().filter(|args| **args != expected) else { continue };
            let place = format!("phases.{at} (`{}`).terms.{number} ({}).args", phase.name, term.class_name);
            let why = if generators {
                "a generator has no target of its own: its loss is what the discriminator says of its fakes, compared with 1"
            } else {
                "a discriminator's loss has two parts: its verdict on real samples compared with 1, on fakes with 0"
            };
            let fix = Fix::new(format!("set args = {expected:?}"), move |spec| {
                spec.phases[at].terms[number].args = Some(expected.clone());
            });
            findings.push(Finding::error(place, format!("it is written as a loss of {args:?}; {why}"), vec![fix]));
        }
    }
    // Arguments that no loss has are told by the loss itself.
    for (at, phase) in s.spec.phases.iter().enumerate() {
        for (number, term) in phase.terms.iter().enumerate() {
            if term.arguments.get("reduction").and_then(toml::Value::as_str) == Some("none") {
                let place = format!("phases.{at}.terms.{number} ({})", term.class_name);
                let fix = Fix::new("leave out reduction = \"none\"", move |spec| {
                    spec.phases[at].terms[number].arguments.remove("reduction");
                });
                let reason = "expected a loss of one number, which has a gradient; found one of each sample";
                findings.push(Finding::error(place, reason, vec![fix]));
            }
            let own = objectives::arguments(&term.class_name).or_else(|| regularizers::arguments(&term.class_name));
            let strays = own.map_or(Vec::new(), |own| term.strays(&own));
            if !strays.is_empty() {
                let place = format!("phases.{at}.terms.{number} ({})", term.class_name);
                let finding = |stray: Stray| {
                    let place = format!("{place}.{}", stray.argument);
                    Finding::error(place, stray.to_string(), rename(at, number, term, &stray))
                };
                findings.extend(strays.into_iter().map(finding));
                continue;
            }
            let plain = TermSpec { args: None, ..term.clone() };
            if let Err(error) = objective(&plain) {
                let place = format!("phases.{at} (`{}`).terms.{number}", phase.name);
                let fix =
                    Fix::new("leave its arguments out", move |spec| spec.phases[at].terms[number].arguments.clear());
                // Without its texts nothing would be left of it.
                let fixes = if term.class_name == "expression_objective" { Vec::new() } else { vec![fix] };
                findings.push(Finding::error(place, error.to_string(), fixes));
            }
        }
    }
    findings
}

/// An argument that a term has not gets the name that is most like it.
fn rename(at: usize, number: usize, term: &TermSpec, stray: &Stray) -> Vec<Fix> {
    let Some(meant) = stray.nearest.clone() else { return Vec::new() };
    let argument = stray.argument.clone();
    let fits = term.clone().rename(&argument, &meant).is_ok();
    let fix = fits.then(|| {
        Fix::new(format!("rename `{argument}` to `{meant}`"), move |spec| {
            // That it fits was tried.
            let _ = spec.phases[at].terms[number].rename(&argument, &meant);
        })
    });
    fix.into_iter().collect()
}
