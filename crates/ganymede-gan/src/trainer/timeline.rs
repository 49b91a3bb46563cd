//! Which scalars have another value than the spec's at which step: what the lines of a log say that monitors did. A
//! training that reads it does the same again. Not here: monitors (`monitor.rs`), writing into programs (`step.rs`).

use crate::events::{Event, Line};
use std::collections::BTreeMap;

/// Scalars by name.
pub type Scalars = BTreeMap<String, f64>;

/// The changes of scalars by step. Rolling back leaves none of what was done after the checkpoint's step, so that
/// nothing has to be rolled back again.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Timeline {
    changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq)]
struct Change {
    /// Steps done before it.
    step: u64,
    scalars: Scalars,
    /// Whether these are all, or some more.
    all: bool,
}

impl Timeline {
    /// What lines say, in their order.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Timeline {
        let mut timeline = Timeline::default();
        for line in lines {
            match &line.event {
                Event::SetScalar { name, value } => timeline.set(line.step, name, *value),
                Event::RollBack { scalars, .. } => timeline.roll_back(line.step, scalars.clone()),
                _ => {}
            }
        }
        timeline
    }

    /// A scalar has a value after `step` steps.
    pub fn set(&mut self, step: u64, name: &str, value: f64) {
        self.changes.push(Change { step, scalars: Scalars::from([(name.to_string(), value)]), all: false });
    }

    /// The training is at `step` again, where these are all scalars with another value.
    pub fn roll_back(&mut self, step: u64, scalars: Scalars) {
        self.changes.retain(|change| change.step < step);
        self.changes.push(Change { step, scalars, all: true });
    }

    /// The scalars of the step that follows `step` steps.
    pub fn at(&self, step: u64) -> Scalars {
        let mut due: Vec<&Change> = self.changes.iter().filter(|change| change.step <= step).collect();
        due.sort_by_key(|change| change.step);
        due.into_iter().fold(Scalars::new(), |mut scalars, change| {
            if change.all {
                scalars.clear();
            }
            scalars.extend(change.scalars.clone());
            scalars
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalars(pairs: &[(&str, f64)]) -> Scalars {
        pairs.iter().map(|(name, value)| (name.to_string(), *value)).collect()
    }

    #[test]
    fn a_change_holds_from_its_step_on_whatever_the_order_of_lines() {
        let mut timeline = Timeline::default();
        timeline.set(12, "a", 1.0);
        timeline.set(20, "b", 2.0);
        timeline.set(15, "a", 3.0); // By a monitor of a run that was resumed from before.
        assert_eq!(timeline.at(11), scalars(&[]));
        assert_eq!(timeline.at(12), scalars(&[("a", 1.0)]));
        assert_eq!(timeline.at(15), scalars(&[("a", 3.0)]));
        assert_eq!(timeline.at(99), scalars(&[("a", 3.0), ("b", 2.0)]));
    }

    #[test]
    fn rolling_back_forgets_what_was_done_after_the_checkpoint() {
        let mut timeline = Timeline::default();
        timeline.set(5, "a", 1.0);
        timeline.set(22, "b", 2.0);
        timeline.roll_back(20, scalars(&[("c", 0.5)]));
        assert_eq!(timeline.at(19), scalars(&[("a", 1.0)]));
        assert_eq!(timeline.at(20), scalars(&[("c", 0.5)]), "what it names is all");
        assert_eq!(timeline.at(30), scalars(&[("c", 0.5)]));
        timeline.set(25, "b", 4.0);
        assert_eq!(timeline.at(30), scalars(&[("b", 4.0), ("c", 0.5)]));
        timeline.roll_back(10, scalars(&[]));
        assert_eq!(timeline.at(30), scalars(&[]));
    }
}
