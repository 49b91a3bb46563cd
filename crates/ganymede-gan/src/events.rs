//! What happens in a training, as lines of `events.jsonl`: {v, kind, step, kimg, time, …}. The kinds are
//! in `docs/reference/events.md`. Not here: showing them (the command, the studio).

use crate::error::GanError;
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
    /// A number was not finite; the step was not applied.
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

/// Every whole line; a torn last one is left out.
///
/// # Errors
/// [`GanError::Io`]; [`GanError::Run`] with the line's number when one but the last is no event.
pub fn read(path: &Path) -> Result<Vec<Line>, GanError> {
    let file = File::open(path).map_err(|e| GanError::io(path, "read", e))?;
    let mut lines = Vec::new();
    let mut broken = None;
    for (number, text) in BufReader::new(file).split(b'\n').enumerate() {
        let text = text.map_err(|e| GanError::io(path, "read", e))?;
        if let Some(reason) = broken {
            return Err(GanError::Run { path: path.into(), reason });
        }
        match serde_json::from_slice(&text) {
            Ok(line) => lines.push(line),
            Err(e) => broken = Some(format!("line {}: expected an event, found {e}", number + 1)),
        }
    }
    Ok(lines)
}

/// Cuts every line after `step` and a torn last one; writes the rest anew in one move.
///
/// # Errors
/// As [`read`], and when the new file cannot be written.
pub fn cut(path: &Path, step: u64) -> Result<(), GanError> {
    if !path.exists() {
        return Ok(());
    }
    let kept: String = read(path)?
        .iter()
        .filter(|line| line.step <= step && !matches!(line.event, Event::End { .. }))
        .filter(|line| line.step < step || !matches!(line.event, Event::Replay { .. }))
        .filter_map(|line| serde_json::to_string(line).ok())
        .map(|text| text + "\n")
        .collect();
    let temporary = path.with_extension("jsonl.tmp");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(kept.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(|e| GanError::io(path, "write", e))
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
        cut(&path, 10).unwrap();
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
}
