//! What happens in a training, as lines of `events.jsonl`: {v, kind, step, kimg, time, …}. The kinds are
//! in `docs/reference/events.md`. Not here: the file (`log.rs`), showing events (the command, the studio).

mod log;

pub(crate) use log::cut;
pub use log::{EventLog, read};

use crate::evaluate::Score;
use crate::profile::Profile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Version of the lines' form.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// [`VERSION`] of the writer.
    pub v: u32,
    /// Steps done.
    pub step: u64,
    /// Thousands of real samples shown to the discriminator.
    pub kimg: f64,
    /// Seconds of training in all processes so far, pauses included; in runs of older versions those of the process alone.
    pub time: f64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// The time that the lines of a run's first `step` steps tell. In older versions each process began at 0 again.
pub(crate) fn trained_time(lines: &[Line], step: u64) -> Duration {
    let (mut before, mut total) = (0.0, 0.0);
    for line in lines.iter().filter(|line| line.step <= step) {
        if matches!(line.event, Event::Resume { .. }) {
            before = if line.time < total { total } else { 0.0 };
        }
        total = before + line.time;
    }
    Duration::try_from_secs_f64(total).unwrap_or_default()
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The training began.
    Start {
        /// Step after which it ends, when that is known.
        last_step: Option<u64>,
        /// Samples in a batch.
        batch: usize,
        /// Planned peak of memory in bytes.
        planned_bytes: u64,
        /// Floating-point operations of a step.
        flops: u64,
        /// Trainable and other numbers of each network.
        parameters: BTreeMap<String, u64>,
    },
    /// The training goes on from a checkpoint; later lines were cut.
    Resume {
        /// Name of the checkpoint.
        checkpoint: String,
        /// Whether the instruction set differs from the one that the run began on.
        other_isa: bool,
        /// Damage of newer checkpoints, which were set aside as `damaged-step-N`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        damaged: Vec<String>,
    },
    /// Scalars since the last tick.
    Tick {
        /// Mean loss of each term, `<phase>/<term>`.
        losses: BTreeMap<String, f64>,
        /// Mean of each number that a term shows beside its loss, `<phase>/<term>/<number>`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        numbers: BTreeMap<String, f64>,
        /// What the last step was made with: the learning rate of each phase, `<phase>/learning_rate`, and the probability of each
        /// adaptive augmentation, `augment/<at>/p`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        scalars: BTreeMap<String, f64>,
        /// Seconds a step, mean, without the pause.
        sec_per_step: f64,
        /// Seconds per thousand real samples, without the pause.
        sec_per_kimg: f64,
        /// Seconds since the last tick that went to checkpoints, grids of samples and evaluations.
        #[serde(default)]
        pause: f64,
        /// Part of the time without the pause that was spent waiting for data.
        wait: f64,
        /// Resident memory of the process in bytes; 0 where the system does not say.
        resident_bytes: u64,
    },
    /// A grid of samples was written.
    Snapshot {
        /// File in the run.
        file: String,
    },
    /// The generator was compared with the data.
    Metrics {
        /// All numbers.
        scores: Vec<Score>,
        /// What could not be computed, and why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<String>,
        /// Seconds that it took.
        seconds: f64,
    },
    /// A checkpoint was written.
    Checkpoint {
        /// Its name.
        name: String,
        /// Seconds that writing took.
        seconds: f64,
    },
    /// The losses of the step after a checkpoint, as the bits of `f32`.
    Replay {
        /// Name of the checkpoint.
        checkpoint: String,
        /// `<phase>/<term>` to bits in hexadecimal.
        losses: BTreeMap<String, String>,
    },
    /// A number was not finite; nothing of the step was saved.
    NonFinite {
        /// The phase.
        phase: String,
        /// Which terms, gradients and parameters.
        what: Vec<String>,
    },
    /// A loss was finite and beyond all bounds for many steps.
    Runaway {
        /// The loss, `<phase>/<term>`.
        loss: String,
        /// Its last value.
        value: f64,
        /// For how many steps in a row.
        steps: u64,
    },
    /// A monitor wrote something down.
    Note {
        /// What it is.
        text: String,
    },
    /// A monitor gave a scalar another value, from the next step on.
    SetScalar {
        /// Name of the scalar in the programs, such as `g/learning_rate`.
        name: String,
        /// The value, instead of the spec's.
        value: f64,
    },
    /// A monitor took the training back to its newest checkpoint: `step` is that of the checkpoint.
    RollBack {
        /// Steps that were done.
        from: u64,
        /// The checkpoint's name.
        checkpoint: String,
        /// Every scalar with another value than the spec's, from here on.
        scalars: BTreeMap<String, f64>,
    },
    /// The training ended.
    End {
        /// `steps`, `minutes`, `interrupted`, `stopped`, `diverged` or, after any other error, `failed`.
        reason: String,
    },
}

/// Receives the events of a training.
pub trait Observer {
    /// A line was written.
    fn line(&mut self, line: &Line);

    /// A step was done (called for every step; not an event of its own), after so many seconds of training in this
    /// process: without those of checkpoints, grids of samples and evaluations.
    fn step(&mut self, _step: u64, _seconds: f64) {}

    /// The steps that were to be measured are done.
    fn profile(&mut self, _profile: &Profile) {}
}

/// An observer that is shared and looked at afterwards.
impl<T: Observer + ?Sized> Observer for &mut T {
    fn line(&mut self, line: &Line) {
        (**self).line(line);
    }

    fn step(&mut self, step: u64, seconds: f64) {
        (**self).step(step, seconds);
    }

    fn profile(&mut self, profile: &Profile) {
        (**self).profile(profile);
    }
}

/// The observer that ignores everything.
impl Observer for () {
    fn line(&mut self, _: &Line) {}
}

/// The kinds of this version, as `docs/reference/events.md` describes them.
const KINDS: [&str; 13] = [
    "start",
    "resume",
    "tick",
    "snapshot",
    "metrics",
    "checkpoint",
    "replay",
    "non_finite",
    "runaway",
    "note",
    "set_scalar",
    "roll_back",
    "end",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Two processes of an older version, 12 s and 5 s, and one that went on from their sum; a line of a monitor beyond the step.
    #[test]
    fn the_time_of_all_processes_is_added_up() {
        let line = |step, time, event| Line { v: VERSION, step, kimg: 0.0, time, event };
        let note = |step, time| line(step, time, Event::Note { text: String::new() });
        let resume = |step, time| {
            let checkpoint = String::new();
            line(step, time, Event::Resume { checkpoint, other_isa: false, damaged: Vec::new() })
        };
        let mut lines = vec![note(0, 0.1), note(10, 4.0), note(20, 12.0), resume(20, 0.2), note(30, 5.0)];
        assert_eq!(trained_time(&lines, 30), Duration::from_secs(17));
        assert_eq!(trained_time(&lines, 10), Duration::from_secs(4));
        lines.extend([resume(30, 17.1), note(45, 90.0), note(40, 20.0)]);
        assert_eq!(trained_time(&lines, 40), Duration::from_secs(20));
        assert_eq!(trained_time(&[], 3), Duration::ZERO);
    }

    /// The page has a section for each kind, and no other.
    #[test]
    fn the_kinds_are_those_of_the_page() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/events.md");
        let page = std::fs::read_to_string(page).unwrap();
        let headings: Vec<&str> = page.lines().filter_map(|l| l.strip_prefix("## `")?.strip_suffix('`')).collect();
        assert_eq!(headings, KINDS);
        for (kind, field) in [("start", "missing field"), ("weather", "unknown variant")] {
            let error = serde_json::from_value::<Event>(serde_json::json!({ "kind": kind })).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
    }
}
