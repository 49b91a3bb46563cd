//! Rule: losses compare what there is to compare.

use super::{Finding, Fix, Subject};
use crate::objectives::objective;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        for (number, term) in phase.terms.iter().enumerate() {
            let generators = Subject::is_generators(phase);
            let expected: Vec<String> =
                if generators { vec!["fake"] } else { vec!["real", "fake"] }.into_iter().map(String::from).collect();
            let Some(args) = term.args.as_ref().filter(|args| **args != expected) else { continue };
            let place = format!("phases.{at} (`{}`).terms.{number} ({})", phase.name, term.class_name);
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
            let plain = crate::spec::TermSpec { args: None, ..term.clone() };
            if let Err(error) = objective(&plain) {
                let place = format!("phases.{at} (`{}`).terms.{number}", phase.name);
                let fix =
                    Fix::new("leave its arguments out", move |spec| spec.phases[at].terms[number].arguments.clear());
                findings.push(Finding::error(place, error.to_string(), vec![fix]));
            }
        }
    }
    findings
}
