//! The status line of a training: what stands in it, and how often one is shown. Not here: the bar and the lines of other events
//! (`progress.rs`).

use crate::numbers::{bytes, duration};
use crate::wrap::WIDTH;
use ganymede_gan::objectives;
use std::collections::BTreeMap;
use std::time::Duration;

/// Until this time of the process there is at most one line in that long.
const SPACING: [(u64, u64); 3] = [(120, 10), (1_800, 30), (u64::MAX, 60)];
/// Part of the time from which on waiting for data and pauses matter.
pub const MATTERS: f64 = 0.1;
/// Growth from which on memory matters.
const GROWN: f64 = 1.25;
/// Where a line goes on.
const INDENT: usize = 4;

/// Lets lines through by time: the first at once, then one every 10 seconds, after two minutes every 30, after half an hour
/// every minute.
#[derive(Debug, Default)]
pub struct Gate {
    last: Option<Duration>,
}

impl Gate {
    /// Whether a line may be shown at this time of the process; then the next has to wait.
    pub fn opens(&mut self, now: Duration) -> bool {
        let (_, spacing) = SPACING.into_iter().find(|(until, _)| now.as_secs() < *until).unwrap_or(SPACING[2]);
        let open = self.last.is_none_or(|last| now.saturating_sub(last) >= Duration::from_secs(spacing));
        if open {
            self.last = Some(now);
        }
        open
    }
}

/// What a tick is shown as.
#[derive(Clone, Debug)]
pub struct Status {
    /// Steps done, and in all where that is known.
    pub steps: String,
    /// Thousands of real samples shown.
    pub kimg: f64,
    /// Time of the training, in all processes.
    pub time: Duration,
    /// Time that is left.
    pub left: Option<Duration>,
    /// Seconds for a thousand real samples.
    pub sec_per_kimg: f64,
    /// Losses by phase and term.
    pub losses: Vec<(String, f64)>,
    /// Part of the time that was spent waiting for data.
    pub wait: f64,
    /// Seconds that went to checkpoints, grids and evaluations, and those of the steps.
    pub pause: (f64, f64),
    /// Resident memory now, where it has grown.
    pub memory: Option<u64>,
}

impl Status {
    /// The line: at most 80 columns. What does not matter is left out, `kimg` and `sec/kimg` where there is no room; losses for
    /// which there is none go on below.
    pub fn line(&self) -> String {
        let mut parts = vec![format!("step {}", self.steps), format!("time {}", duration(self.time))];
        parts.extend(self.left.map(|left| format!("left {}", duration(left))));
        let losses = self.losses.iter().map(|(name, loss)| format!("{name} {}", number(*loss)));
        parts.extend(losses);
        if self.wait >= MATTERS {
            parts.push(format!("waited {:.0} % for data", self.wait * 100.0));
        }
        let (pause, steps) = self.pause;
        if pause >= 1.0 && pause >= MATTERS * steps {
            parts.push(format!("paused {}", duration(Duration::from_secs_f64(pause.min(1e15)))));
        }
        parts.extend(self.memory.map(|memory| format!("memory {}", bytes(memory))));
        let length = |parts: &[String]| parts.iter().map(|part| part.chars().count() + 2).sum::<usize>() - 2;
        let more = [format!("kimg {:.1}", self.kimg), format!("sec/kimg {:.2}", self.sec_per_kimg)];
        for (at, part) in more.into_iter().enumerate() {
            if length(&parts) + 2 + part.chars().count() <= WIDTH {
                parts.insert(1 + at, part);
            }
        }
        joined(&parts)
    }
}

/// The parts in lines of at most 80 columns, as many as fit into each.
fn joined(parts: &[String]) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for part in parts {
        let columns = part.chars().count();
        let break_before = column > 0 && column + 2 + columns > WIDTH;
        let gap = match column {
            0 => String::new(),
            _ if break_before => format!("\n{}", " ".repeat(INDENT)),
            _ => "  ".into(),
        };
        column = if break_before { INDENT + columns } else { column + gap.len() + columns };
        text += &gap;
        text += part;
    }
    text
}

/// A loss: four decimals of what is small, powers of ten of what is absurd.
fn number(loss: f64) -> String {
    match loss.abs() {
        size if size >= 1e5 => format!("{loss:.2e}"),
        size if size >= 100.0 => format!("{loss:.1}"),
        _ => format!("{loss:.4}"),
    }
}

/// Losses by what they are shown as: the objective of a phase, or its only term, by the phase alone, then all others by phase and term.
pub fn losses_by_phase(losses: &BTreeMap<String, f64>) -> Vec<(String, f64)> {
    let objectives = objectives::names();
    let is_objective = |name: &str| name.split_once('/').is_some_and(|(_, term)| objectives.iter().any(|o| o == term));
    let phase = |name: &str| name.split('/').next().unwrap_or_default().to_string();
    let leads = |name: &str| {
        let others = losses.keys().filter(|other| *other != name && phase(other) == phase(name));
        let others: Vec<&String> = others.collect();
        others.is_empty() || (is_objective(name) && !others.into_iter().any(|other| is_objective(other)))
    };
    let (lead, more): (Vec<_>, Vec<_>) = losses.iter().partition(|(name, _)| leads(name));
    let lead = lead.into_iter().map(|(name, loss)| (phase(name), *loss));
    lead.chain(more.into_iter().map(|(name, loss)| (name.clone(), *loss))).collect()
}

/// Resident memory that is worth a word: what has grown by a quarter since it was last told.
#[derive(Debug, Default)]
pub struct Memory {
    told: Option<u64>,
}

impl Memory {
    /// The bytes, if they are to be told. The plan told those of the beginning.
    pub fn grown(&mut self, now: u64) -> Option<u64> {
        let grown = self.told.is_some_and(|told| now as f64 > told as f64 * GROWN);
        if grown || self.told.is_none() {
            self.told = Some(now);
        }
        grown.then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tick every half second: at 0, every 10 s to 2 min, every 30 s to 30 min, then every minute.
    #[test]
    fn lines_come_by_time() {
        let mut gate = Gate::default();
        let opened = |gate: &mut Gate, from: u64, to: u64| {
            (2 * from..2 * to).filter(|half| gate.opens(Duration::from_millis(half * 500))).count()
        };
        assert_eq!(opened(&mut gate, 0, 120), 12);
        assert_eq!(opened(&mut gate, 120, 1_800), 56);
        assert_eq!(opened(&mut gate, 1_800, 3_600), 30);
        // A tick that comes seldom is always shown.
        assert!(gate.opens(Duration::from_secs(4_000)) && gate.opens(Duration::from_secs(5_000)));
    }

    fn status(steps: &str, losses: &[(&str, f64)]) -> Status {
        Status {
            steps: steps.into(),
            kimg: 115.2,
            time: Duration::from_secs(260),
            left: Some(Duration::from_secs(12_000)),
            sec_per_kimg: 2.25,
            losses: losses.iter().map(|(name, loss)| (name.to_string(), *loss)).collect(),
            wait: 0.09,
            pause: (0.9, 1.0),
            memory: None,
        }
    }

    #[test]
    fn a_line_says_what_matters() {
        let usual = status("3600/9000", &[("d", 0.3), ("g", 3.61234)]);
        assert_eq!(usual.line(), "step 3600/9000  kimg 115.2  time 4m 20s  left 3h 20m  d 0.3000  g 3.6123");
        let slow = Status { wait: 0.254, pause: (3.0, 30.0), memory: Some(1 << 30), left: None, ..usual };
        let expected =
            "step 3600/9000  time 4m 20s  d 0.3000  g 3.6123  waited 25 % for data  paused 3s\n    memory 1.0 GiB";
        assert_eq!(slow.line(), expected);
        assert!(!Status { pause: (3.0, 31.0), ..slow }.line().contains("paused"));
    }

    #[test]
    fn no_line_is_longer_than_80_columns() {
        let terms = ["d/gradient_penalty", "d/non_saturating", "d/r1", "g/auxiliary_classifier", "g/feature_matching"];
        for count in 0..=terms.len() {
            for loss in [0.1, -1234.5, 4.98e14] {
                let losses: Vec<(&str, f64)> = terms[..count].iter().map(|name| (*name, loss)).collect();
                let status = Status {
                    wait: 0.5,
                    pause: (9.0, 9.0),
                    memory: Some(1 << 33),
                    ..status("1,234,567/2,000,000", &losses)
                };
                let text = status.line();
                assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
                assert!(terms[..count].iter().all(|name| text.contains(name)), "{text}");
            }
        }
    }

    #[test]
    fn losses_have_their_phases_names_where_that_is_enough() {
        let losses = |names: &[&str]| names.iter().map(|n| (n.to_string(), 1.0)).collect();
        let names = |found: Vec<(String, f64)>| found.into_iter().map(|(n, _)| n).collect::<Vec<_>>();
        assert_eq!(names(losses_by_phase(&losses(&["d/a", "g/a"]))), ["d", "g"]);
        assert_eq!(names(losses_by_phase(&losses(&["d/a", "d/b", "g/a"]))), ["g", "d/a", "d/b"]);
        assert_eq!(names(losses_by_phase(&losses(&["d/hinge", "d/r1", "g/hinge"]))), ["d", "g", "d/r1"]);
        let two = ["d/hinge", "d/r1", "d/wasserstein"];
        assert_eq!(names(losses_by_phase(&losses(&two))), two);
    }

    #[test]
    fn memory_is_told_when_it_has_grown_by_a_quarter() {
        let mut memory = Memory::default();
        let told: Vec<Option<u64>> = [100, 120, 126, 150, 158].into_iter().map(|now| memory.grown(now)).collect();
        assert_eq!(told, [None, None, Some(126), None, Some(158)]);
    }
}
