//! What of a text is no spec, as findings; and what is not judged because it was not read. Not here: reading (`spec/`).

use super::{Finding, Fix, Rule, Severity, key};
use crate::spec::{Draft, SpecFault};

/// The name under which the faults of a text stand in a report.
pub(super) const NAME: &str = "reading";

/// The faults of a text. Their fixes are in its draft's spec already.
pub(super) fn findings(faults: &[SpecFault]) -> Vec<Finding> {
    let finding = |fault: &SpecFault| {
        let fixes = fault.mend.iter().map(|what| Fix::new(what.clone(), |_| {})).collect();
        let finding = Finding::error(fault.place.clone(), fault.reason.clone(), fixes);
        Finding { rule: NAME, line: Some(fault.line), ..finding }
    };
    faults.iter().map(finding).collect()
}

/// Whether a finding may come from a value that was left out, not from the spec. Of that value itself nothing more is said.
pub(super) fn follows(draft: &Draft, finding: &Finding, rule: &Rule) -> bool {
    let place = key(&finding.place);
    let mut left_out = draft.faults.iter().filter(|fault| fault.mend.is_none() && !fault.place.is_empty());
    let needed = |place: &str| rule.needs.iter().copied().flatten().any(|key| is_at(place, key));
    let within = |outer: &str| place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    left_out.any(|fault| within(&fault.place) || (finding.severity == Severity::Error && needed(&fault.place)))
}

/// Whether a dotted place is that of a key: `*` stands for any word, `**` at its end for all that is inside.
fn is_at(place: &str, key: &str) -> bool {
    let mut words = place.split('.');
    for expected in key.split('.') {
        match (expected, words.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (expected, word) if word == Some(expected) => {}
            _ => return false,
        }
    }
    words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_keys() {
        for (key, place, is) in [
            ("train.steps", "train.steps", true),
            ("train", "train.steps", false),
            ("train.steps", "train", false),
            ("phases.*.terms.*", "phases.0.terms.12", true),
            ("phases.*.terms.*", "phases.0.terms", false),
            ("phases.*", "phases.0.terms", false),
            ("networks.**", "networks.g.layers.3.units", true),
            ("networks.**", "networks", true),
            ("data.**", "database", false),
        ] {
            assert_eq!(is_at(place, key), is, "{key} {place}");
        }
    }
}
