//! What of a text is no spec, as findings; and what is not judged because it was not read. Not here: reading (`spec/`).

use super::{Finding, Fix, Severity};
use crate::spec::Draft;

/// The name under which the faults of a text stand in a report.
pub(super) const NAME: &str = "reading";

/// The faults of a text. Their fixes are in the draft's spec already.
pub(super) fn findings(draft: &Draft) -> Vec<Finding> {
    let finding = |fault: &crate::spec::SpecFault| {
        let fixes = fault.mend.iter().map(|what| Fix::new(what.clone(), |_| {})).collect();
        let finding = Finding::error(fault.place.clone(), fault.reason.clone(), fixes);
        Finding { rule: NAME, line: Some(fault.line), ..finding }
    };
    draft.faults.iter().map(finding).collect()
}

/// Any last word of a place; any number of an item.
const ANY: &str = "*";
const NUMBER: &str = "#";

/// Rules that would miss a value which was left out, by the first word of its place and the last.
const MISSING: &[(&str, &[&str], &[&str])] = &[
    ("train", &["train", "steps", "kimg", "minutes"], &["train_table"]),
    (
        "networks",
        &[ANY],
        &["shapes", "pairing", "data_shape", "labels", "generator_range", "logits", "kernel_stride", "references"],
    ),
    ("phases", &["terms", "class_name", "args"], &["terms", "loss_args", "logits", "lipschitz"]),
    ("phases", &["optimizer", "class_name"], &["optimizers"]),
    (
        "phases",
        &["phases", NUMBER, "name", "trains", "player"],
        &["references", "terms", "loss_args", "logits", "optimizers", "lipschitz"],
    ),
    ("data", &[ANY], &["data_shape", "labels", "batch"]),
];

/// Whether a finding may come from a value that was left out, not from the spec.
pub(super) fn follows(draft: &Draft, finding: &Finding) -> bool {
    let left_out = draft.faults.iter().filter(|fault| fault.mend.is_none());
    let misses = |place: &str| {
        let of = |(table, ends, rules): &(&str, &[&str], &[&str])| {
            let last = place.rsplit('.').next().unwrap_or(place);
            let is = |end: &str| end == ANY || end == last || (end == NUMBER && last.parse::<usize>().is_ok());
            place.split('.').next() == Some(table) && ends.iter().copied().any(is) && rules.contains(&finding.rule)
        };
        MISSING.iter().any(of)
    };
    finding.severity == Severity::Error && left_out.into_iter().any(|fault| misses(&fault.place))
}
