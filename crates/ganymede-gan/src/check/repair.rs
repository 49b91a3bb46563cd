//! Mending a spec: one fix after another, each followed by a new check, so that no fix rests on what is mended already. Not here:
//! what a fix is (`mod.rs`), writing it into the text (`spec/rewrite.rs`).

use super::{DataFacts, Finding, Report, Severity, check};
use crate::spec::{Draft, TrainSpec};

/// A spec after its repair.
#[derive(Debug)]
#[non_exhaustive]
pub struct Repaired {
    /// The spec, mended as far as there are fixes.
    pub spec: TrainSpec,
    /// What was changed, in order.
    pub changes: Vec<String>,
    /// What is found in it now.
    pub left: Report,
    /// What the data is as the spec reads it now.
    pub data: Option<DataFacts>,
}

impl Repaired {
    /// The spec and what was changed, where no error is left.
    pub fn whole(self) -> Option<(TrainSpec, Vec<String>)> {
        (!self.left.has_errors()).then_some((self.spec, self.changes))
    }
}

/// Applies the first fix of the first error that has one, checks again, until no error with a fix is left.
pub fn fix(draft: &Draft, data: Option<&DataFacts>) -> Repaired {
    const MOST: usize = 200;
    let mut draft = draft.clone();
    let mut changes: Vec<String> = draft.faults.iter().filter_map(|fault| fault.mend.clone()).collect();
    draft.faults.retain(|fault| fault.mend.is_none());
    let mut data = data.cloned();
    let mut report = check(&draft, data.as_ref());
    // Two fixes that undo each other would go on for ever.
    let mut seen = vec![draft.spec.clone()];
    let mut in_vain: Vec<(String, String)> = Vec::new();
    while changes.len() < MOST {
        let tried = |finding: &Finding| in_vain.contains(&(finding.place.clone(), finding.reason.clone()));
        let next = report.of(Severity::Error).find(|finding| !finding.fixes.is_empty() && !tried(finding));
        let Some(finding) = next else { break };
        let (place, reason, fix) = (finding.place.clone(), finding.reason.clone(), &finding.fixes[0]);
        let mut mended = Draft { spec: fix.apply(&draft.spec), ..draft.clone() };
        mended.missing.retain(|table| !(finding.rule == "train_table" && *table == "train"));
        let facts = facts(&draft, &mended, data.as_ref());
        let now = check(&mended, facts.as_ref());
        // A fix that leaves what it is for is none.
        if seen.contains(&mended.spec)
            || now.of(Severity::Error).any(|left| left.place == place && left.reason == reason)
        {
            in_vain.push((place, reason));
            continue;
        }
        changes.push(fix.what.clone());
        seen.push(mended.spec.clone());
        (draft, report, data) = (mended, now, facts);
    }
    Repaired { spec: draft.spec, changes, left: report, data }
}

/// What the data is as another spec reads it.
fn facts(old: &Draft, new: &Draft, data: Option<&DataFacts>) -> Option<DataFacts> {
    let size = |draft: &Draft| (draft.spec.data.options.resolution, draft.spec.data.options.channels);
    let mut facts = data.cloned()?;
    if size(old) != size(new) {
        facts.shape.clone_from(&new.spec.data.shape);
    }
    Some(facts)
}
