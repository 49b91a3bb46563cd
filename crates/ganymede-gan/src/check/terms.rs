//! Rule: every phase has losses that exist, and every player an objective.

use super::subject::term_exists;
use super::{Finding, Fix, Subject};
use crate::phases;
use crate::regularizers::REGULARIZERS;
use crate::spec::{Role, TermSpec};
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
            let place = format!("{place}.terms.{number} ({}).class_name", term.class_name);
            findings.push(Finding::error(place, reason, fix.into_iter().collect()));
        }
    }
    let players = [(Role::Discriminator, s.spec.discriminator()), (Role::Generator, s.spec.generator())];
    findings.extend(players.iter().filter_map(|(role, network)| without_objective(s, *role, network)));
    findings
}

/// A network that learns from regularizers alone. Matching features is an objective of its own, and so may be
/// what is written down.
fn without_objective(s: &Subject, role: Role, network: &str) -> Option<Finding> {
    let is_objective = |term: &TermSpec| {
        !REGULARIZERS.iter().any(|entry| entry.name == term.class_name)
            || ["feature_matching", "expression"].contains(&term.class_name.as_str())
    };
    let phases: Vec<_> =
        s.spec.phases.iter().enumerate().filter(|(_, p)| p.trains.iter().any(|name| name == network)).collect();
    let (at, phase) = phases.iter().find(|(_, phase)| !phase.terms.is_empty())?;
    if phases.iter().any(|(_, phase)| phase.terms.is_empty() || phase.terms.iter().any(is_objective)) {
        return None;
    }
    let reason = format!("the {} has regularizers and no objective: it does not learn what is real", role.name());
    Some(Finding::hint(format!("phases.{at} (`{}`)", phase.name), reason, Vec::new()))
}
