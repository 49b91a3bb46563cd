//! Rule: every phase has losses that exist.

use super::subject::term_exists;
use super::{Finding, Fix, Subject};
use crate::phases;
use crate::spec::TermSpec;
use ganymede_nn::config::nearest;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, phase) in s.spec.phases.iter().enumerate() {
        let place = format!("phases.{at} (`{}`)", phase.name);
        if phase.terms.is_empty() {
            let fix = Fix::new("add the term `non_saturating`", move |spec| {
                spec.phases[at].terms.push(TermSpec::new("non_saturating"));
            });
            findings.push(Finding::error(&place, "expected at least one term in the loss, found none", vec![fix]));
        }
        for (number, term) in phase.terms.iter().enumerate().filter(|(_, t)| !term_exists(t)) {
            let known = phases::term_names();
            let near = nearest(&term.class_name, known.iter().map(String::as_str));
            let mut reason = format!("expected the name of a loss or regularizer, found `{}`", term.class_name);
            if near.is_none() {
                reason.push_str(&format!(" (known: {})", known.join(", ")));
            }
            let fix = near.map(|near| {
                Fix::new(format!("use `{near}`"), move |spec| {
                    spec.phases[at].terms[number].class_name.clone_from(&near);
                })
            });
            findings.push(Finding::error(&place, reason, fix.into_iter().collect()));
        }
    }
    findings
}
