//! TensorBoard: what stands in a run's `events.jsonl` as an event file, while the run trains or afterwards.
//!
//! | file | what |
//! |---|---|
//! | `messages.rs` | the messages of a file |
//! | `records.rs` | the file: records with checksums |
//! | `lines.rs` | what each line becomes |

mod lines;
mod messages;
mod records;

use crate::error::InteropError;
use crate::formats::{ExportOptions, Format, Place};
use crate::trained::Trained;
use ganymede_gan::events::{self, Event, Line};
use records::{Records, newest};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The line of the table of formats.
pub const FORMAT: Format = Format {
    name: "tensorboard",
    about: "a folder for TensorBoard with what the run logged",
    place: Place::Folder("tensorboard"),
    options: &[],
    write,
};

/// Name of the folder in a run.
pub const FOLDER: &str = "tensorboard";

/// Writes a training's lines for TensorBoard as they come.
///
/// A run that goes on gets a file more, and readers forget what earlier files say of steps that are done again. Where the folder has no event
/// file, what the run has logged before is written first.
#[derive(Debug)]
pub struct TensorBoard {
    run: PathBuf,
    folder: PathBuf,
    records: Option<Records>,
    broken: bool,
}

impl TensorBoard {
    /// A writer into `folder` of what happens in a run. Nothing is made before the first line.
    pub fn new(run: &Path, folder: &Path) -> TensorBoard {
        TensorBoard { run: run.into(), folder: folder.into(), records: None, broken: false }
    }

    /// Writes a line; readers can see it at once. After an error every later line is left out: a log for people is no reason to end a
    /// training, or to complain at every step.
    ///
    /// # Errors
    /// The first time that something cannot be written or read.
    pub fn line(&mut self, line: &Line) -> Result<(), InteropError> {
        if self.broken {
            return Ok(());
        }
        let written = self.write(line);
        self.broken = written.is_err();
        written
    }

    fn write(&mut self, line: &Line) -> Result<(), InteropError> {
        let wall = seconds(SystemTime::now());
        if let Some(records) = &mut self.records {
            return records.write(&lines::events(line, &self.run, wall)?);
        }
        let before = match newest(&self.folder)? {
            None if !matches!(line.event, Event::Start { .. }) => logged(&self.run)?,
            _ => Vec::new(),
        };
        let records = self.records.insert(Records::create(&self.folder, wall)?);
        // The log has the line already.
        let due = if before.is_empty() { std::slice::from_ref(line) } else { &before };
        due.iter().try_for_each(|one| {
            let wall = (wall - (line.time - one.time)).max(0.0);
            records.write(&lines::events(one, &self.run, wall)?)
        })
    }
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn log_of(run: &Path) -> PathBuf {
    run.join("events.jsonl")
}

/// What a run has logged.
fn logged(run: &Path) -> Result<Vec<Line>, InteropError> {
    Ok(events::read(&log_of(run))?)
}

fn write(trained: &Trained, _: &ExportOptions, out: &Path) -> Result<Vec<String>, InteropError> {
    let mut lines = logged(&trained.run)?;
    lines.retain(|line| line.step <= trained.step);
    let path = log_of(&trained.run);
    let changed = std::fs::metadata(&path).and_then(|facts| facts.modified());
    // The last line was written when the log was last changed.
    let end = seconds(changed.map_err(|e| InteropError::io(&path, "read", e))?);
    let begin = (end - lines.iter().map(|line| line.time).fold(0.0, f64::max)).max(0.0);
    let mut records = Records::replace(out, begin)?;
    let mut count = 0;
    for line in &lines {
        let events = lines::events(line, &trained.run, begin + line.time)?;
        count += events.len();
        records.write(&events)?;
    }
    let gone = |line: &&Line| matches!(&line.event, Event::Snapshot { file } if !trained.run.join(file).exists());
    let mut notes = vec![format!("events  {count} of {} lines", lines.len())];
    notes.extend(match lines.iter().filter(gone).count() {
        0 => None,
        gone => Some(format!("missing {gone} grids of samples that are not in the run any more")),
    });
    notes.push(format!("look    tensorboard --logdir {}", out.display()));
    Ok(notes)
}

#[cfg(test)]
mod tests;
