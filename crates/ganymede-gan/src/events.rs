//! What happens in a training, as lines of `events.jsonl`: {v, kind, step, kimg, time, …}. The kinds are
//! in `docs/reference/events.md`. Not here: showing them (the command, the studio).

use crate::error::GanError;
use crate::evaluate::Score;
use crate::profile::Profile;
use crate::run_dir::write_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

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
    /// Seconds since the process began to train.
    pub time: f64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
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
        /// Seconds a step, mean.
        sec_per_step: f64,
        /// Seconds per thousand real samples.
        sec_per_kimg: f64,
        /// Part of the time that was spent waiting for data.
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
    /// The training ended.
    End {
        /// `steps`, `minutes`, `interrupted` or `diverged`.
        reason: String,
    },
}

/// Whoever wants to see what happens.
pub trait Observer {
    /// A line was written.
    fn line(&mut self, line: &Line);

    /// A step was done (called for every step; not an event of its own).
    fn step(&mut self, _step: u64) {}

    /// The steps that were to be measured are done.
    fn profile(&mut self, _profile: &Profile) {}
}

/// Nobody.
impl Observer for () {
    fn line(&mut self, _: &Line) {}
}

/// The writer of `events.jsonl`: each line is written at once, whole.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    file: File,
}

impl EventLog {
    /// Opens the log for appending, makes it when it is not there.
    ///
    /// # Errors
    /// [`GanError::Io`].
    pub fn open(path: &Path) -> Result<EventLog, GanError> {
        let file =
            OpenOptions::new().create(true).append(true).open(path).map_err(|e| GanError::io(path, "open", e))?;
        Ok(EventLog { path: path.into(), file })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// [`GanError::Io`].
    pub fn write(&mut self, line: &Line) -> Result<(), GanError> {
        let text = serde_json::to_string(line).map_err(|e| GanError::io(&self.path, "write", e.into()))?;
        self.file.write_all(format!("{text}\n").as_bytes()).map_err(|e| GanError::io(&self.path, "write", e))
    }
}

/// The kinds of this version, as `docs/reference/events.md` describes them.
const KINDS: [&str; 9] =
    ["start", "resume", "tick", "snapshot", "metrics", "checkpoint", "replay", "non_finite", "end"];

/// What every line has, whatever its kind.
#[derive(Deserialize)]
struct Head {
    step: u64,
    kind: String,
}

/// Every whole line of a known kind; a torn last one is left out.
///
/// # Errors
/// [`GanError::Io`]; [`GanError::Run`] with the line's number when one but the last is no event.
pub fn read(path: &Path) -> Result<Vec<Line>, GanError> {
    Ok(read_lines(path)?.into_iter().filter_map(|(_, _, line)| line).collect())
}

/// Every whole line as it stands, with its head, and as an event when its kind is known.
fn read_lines(path: &Path) -> Result<Vec<(String, Head, Option<Line>)>, GanError> {
    let file = File::open(path).map_err(|e| GanError::io(path, "read", e))?;
    let mut lines = Vec::new();
    let mut broken = None;
    for (number, text) in BufReader::new(file).split(b'\n').enumerate() {
        let text = text.map_err(|e| GanError::io(path, "read", e))?;
        if let Some(reason) = broken {
            return Err(GanError::Run { path: path.into(), reason });
        }
        match parse(text) {
            Ok(line) => lines.push(line),
            Err(reason) => broken = Some(format!("line {}: expected an event, found {reason}", number + 1)),
        }
    }
    Ok(lines)
}

fn parse(text: Vec<u8>) -> Result<(String, Head, Option<Line>), String> {
    let text = String::from_utf8(text).map_err(|e| e.to_string())?;
    let head: Head = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let known = KINDS.contains(&head.kind.as_str());
    let line = known.then(|| serde_json::from_str(&text)).transpose().map_err(|e| e.to_string())?;
    Ok((text, head, line))
}

/// Cuts every line after `step` and a torn last one, without a step every line; writes the rest anew in one move.
///
/// # Errors
/// As [`read`], and when the new file cannot be written.
pub fn cut(path: &Path, step: Option<u64>) -> Result<(), GanError> {
    if !path.exists() {
        return Ok(());
    }
    let mut kept = String::new();
    for (text, head, _) in step.map_or(Ok(Vec::new()), |_| read_lines(path))? {
        let before = Some(head.step) < step;
        if before && head.kind != "end" || Some(head.step) == step && !["end", "replay"].contains(&head.kind.as_str()) {
            kept += &text;
            kept.push('\n');
        }
    }
    write_whole(path, kept.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: u64) -> Line {
        let event = Event::Snapshot { file: format!("samples/step-{step:08}.png") };
        Line { v: VERSION, step, kimg: step as f64 * 0.064, time: 1.5, event }
    }

    #[test]
    fn later_and_torn_lines_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        for step in [0, 5, 10, 15] {
            log.write(&line(step)).unwrap();
        }
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"v\":1,\"st").unwrap();
        assert_eq!(read(&path).unwrap().len(), 4);
        cut(&path, Some(10)).unwrap();
        assert_eq!(read(&path).unwrap(), [line(0), line(5), line(10)]);
    }

    #[test]
    fn a_broken_line_in_the_middle_is_an_error_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let good = serde_json::to_string(&line(1)).unwrap();
        std::fs::write(&path, format!("{good}\nnonsense\n{good}\n")).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn lines_of_a_later_kind_are_skipped_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let good = |step| serde_json::to_string(&line(step)).unwrap();
        let later = |step| format!("{{\"v\":1,\"kind\":\"weather\",\"sun\":[ 1 ],\"step\":{step}}}");
        let texts = [good(1), later(2), later(7), good(8)];
        std::fs::write(&path, texts.join("\n") + "\n").unwrap();
        assert_eq!(read(&path).unwrap(), [line(1), line(8)]);
        cut(&path, Some(5)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), texts[..2].join("\n") + "\n");
        std::fs::write(&path, later(1).replace("weather", "snapshot") + "\n" + &good(2) + "\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("line 1"), "a known kind without its fields is broken");
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
