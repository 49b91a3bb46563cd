//! `events.jsonl`: appending lines, reading them after any crash, cutting them when a run goes on. Not here: what the
//! lines are (`mod.rs`).

use super::{KINDS, Line, VERSION};
use crate::durable::{sync_folder, write_whole};
use crate::error::GanError;
use serde::Deserialize;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

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
        let is_new = !path.exists();
        let file =
            OpenOptions::new().create(true).append(true).open(path).map_err(|e| GanError::io(path, "open", e))?;
        if let Some(folder) = path.parent().filter(|_| is_new) {
            sync_folder(folder)?;
        }
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

    /// Appends a line and brings it to the disk before anything that follows from it.
    ///
    /// # Errors
    /// [`GanError::Io`].
    pub fn write_synced(&mut self, line: &Line) -> Result<(), GanError> {
        self.write(line)?;
        self.file.sync_all().map_err(|e| GanError::io(&self.path, "sync", e))
    }
}

/// What is looked at before the fields of a kind: lines of later kinds need not have it all.
#[derive(Deserialize)]
struct Head {
    #[serde(default = "first_version")]
    v: u32,
    step: Option<u64>,
    kind: Option<String>,
}

fn first_version() -> u32 {
    1
}

/// A line as it stands, with its head, and as an event when its kind is known.
type Read = (String, Head, Option<Line>);

/// Why there is no line.
enum Broken {
    /// No JSON object: what a crash leaves at the end.
    Torn(String),
    /// An object that no version wrote.
    Wrong(String),
}

/// Every line of a known kind. ([`EventLog`] writes them.)
///
/// ```
/// use ganymede_gan::events::{self, Event, EventLog, Line};
///
/// let path = std::env::temp_dir().join("ganymede-doc-events.jsonl");
/// # std::fs::remove_file(&path).ok();
/// let event = Event::Note { text: "calm".into() };
/// let line = Line { v: events::VERSION, step: 5, kimg: 0.3, time: 1.5, event };
/// EventLog::open(&path)?.write(&line)?;
/// assert_eq!(events::read(&path)?, [line]);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A tail that is no JSON is left out: a crash leaves a torn last line, and a power cut zeros.
///
/// # Errors
/// [`GanError::Io`]; [`GanError::Version`] for lines of a later version; [`GanError::Log`] with the line's number when
/// one before others is torn, or one of a known kind lacks its fields.
pub fn read(path: &Path) -> Result<Vec<Line>, GanError> {
    Ok(read_lines(path)?.into_iter().filter_map(|(_, _, line)| line).collect())
}

fn read_lines(path: &Path) -> Result<Vec<Read>, GanError> {
    let file = File::open(path).map_err(|e| GanError::io(path, "read", e))?;
    let wrong = |line: usize, reason: String| GanError::Log { path: path.into(), line, reason };
    let (mut lines, mut torn) = (Vec::new(), None);
    for (at, text) in BufReader::new(file).split(b'\n').enumerate() {
        match (parse(text.map_err(|e| GanError::io(path, "read", e))?), &torn) {
            (Ok((_, Head { v, .. }, _)), _) if v > VERSION => {
                let error = GanError::Version { what: "events", expected: VERSION, found: v };
                return Err(error.in_file(path));
            }
            (Ok(line), None) => lines.push(line),
            (Ok(_), Some((line, found))) => {
                return Err(wrong(*line, format!("expected an event, found {found}; events follow it")));
            }
            (Err(Broken::Wrong(found)), _) => return Err(wrong(at + 1, format!("expected an event, found {found}"))),
            (Err(Broken::Torn(found)), None) => torn = Some((at + 1, found)),
            (Err(Broken::Torn(_)), Some(_)) => {}
        }
    }
    Ok(lines)
}

fn parse(text: Vec<u8>) -> Result<Read, Broken> {
    let text = String::from_utf8(text).map_err(|e| Broken::Torn(e.to_string()))?;
    let object: serde_json::Map<String, Value> =
        serde_json::from_str(&text).map_err(|e| Broken::Torn(e.to_string()))?;
    let wrong = |e: serde_json::Error| Broken::Wrong(e.to_string());
    let head: Head = serde_json::from_value(Value::Object(object)).map_err(wrong)?;
    let known = head.v <= VERSION && head.kind.as_deref().is_some_and(|kind| KINDS.contains(&kind));
    let line = known.then(|| serde_json::from_str(&text)).transpose().map_err(wrong)?;
    Ok((text, head, line))
}

/// Cuts every line after `step` and a torn tail, without a step every line; writes the rest anew in one move. What a
/// monitor did stays: it is done again at its step. So does a line of a later kind that is of no step.
///
/// # Errors
/// As [`read`], and when the new file cannot be written.
pub(crate) fn cut(path: &Path, step: Option<u64>) -> Result<(), GanError> {
    if !path.exists() {
        return Ok(());
    }
    let mut kept = String::new();
    for (text, Head { step: of, kind, .. }, _) in step.map_or(Ok(Vec::new()), |_| read_lines(path))? {
        let stays = match kind.as_deref() {
            Some("set_scalar" | "roll_back") => true,
            Some("end") => false,
            Some("replay") => of < step,
            _ => of <= step, // None is less than any step.
        };
        if stays {
            kept += &text;
            kept.push('\n');
        }
    }
    write_whole(path, kept.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Event;

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
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains("events.jsonl, line 2: expected an event, found"), "{error}");
        assert!(error.hint().unwrap().contains("remove that line"), "{error}");
        // Whole JSON of a known kind without its fields is no crash's doing, wherever it stands.
        std::fs::write(&path, format!("{good}\n{{\"v\":1,\"step\":3,\"kind\":\"tick\"}}\n")).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 2: expected an event, found missing field"), "{error}");
    }

    #[test]
    fn lines_of_a_later_kind_are_skipped_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let good = |step| serde_json::to_string(&line(step)).unwrap();
        let later = |step| format!("{{\"v\":1,\"kind\":\"weather\",\"sun\":[ 1 ],\"step\":{step}}}");
        let of_no_step = "{\"kind\":\"note to all\",\"v\":1}".to_string();
        let of_no_kind = "{\"v\":1,\"step\":3,\"what\":[{}]}".to_string();
        let texts = [good(1), of_no_step, of_no_kind, later(2), later(7), good(8)];
        std::fs::write(&path, texts.join("\n") + "\n").unwrap();
        assert_eq!(read(&path).unwrap(), [line(1), line(8)]);
        cut(&path, Some(5)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), texts[..4].join("\n") + "\n");
        // At the end, too: a later kind is no torn tail.
        std::fs::write(&path, texts[..2].join("\n") + "\n").unwrap();
        cut(&path, Some(5)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), texts[..2].join("\n") + "\n");
        std::fs::write(&path, later(1).replace("weather", "snapshot") + "\n" + &good(2) + "\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("line 1"), "a known kind without its fields is broken");
    }

    /// What file systems leave after a power cut: the file's length is on disk, its last blocks are not.
    #[test]
    fn a_tail_that_is_no_line_is_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let good = |step| (serde_json::to_string(&line(step)).unwrap() + "\n").into_bytes();
        let whole = [good(1), good(2)].concat();
        let tails: [&[u8]; 6] = [
            &[0; 4096],
            &good(3)[..20],
            b"\xff\xfe\x00garbage",
            b"{\"v\":1,\"step\":3,\"kind\":\"tick\"\0\0\0\0",
            b"\0\0\0\0\n\0\0\0",
            b"nonsense\nand more\n",
        ];
        for tail in tails {
            std::fs::write(&path, [&whole, tail].concat()).unwrap();
            assert_eq!(read(&path).unwrap(), [line(1), line(2)], "{tail:?}");
            cut(&path, Some(2)).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole, "{tail:?}");
        }
        for empty in [&[0_u8; 8192][..], b""] {
            std::fs::write(&path, empty).unwrap();
            assert_eq!(read(&path).unwrap(), []);
            cut(&path, Some(2)).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"");
        }
    }

    #[test]
    fn a_later_version_is_told_before_its_fields() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let good = serde_json::to_string(&line(1)).unwrap();
        for later in ["\"step\":3,\"kind\":\"tick\",\"losses\":\"none\"", "\"at\":3,\"kind\":\"weather\"", "\"at\":3"] {
            std::fs::write(&path, format!("{good}\n{{\"v\":2,{later}}}\n")).unwrap();
            let error = read(&path).unwrap_err();
            assert_eq!(error.hint().as_deref(), Some("update ganymede"), "{later}: {error}");
        }
    }

    #[test]
    fn what_a_monitor_did_is_not_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        let set = Line { event: Event::SetScalar { name: "g/learning_rate".into(), value: 0.5 }, ..line(12) };
        for one in [&line(10), &set, &line(15)] {
            log.write(one).unwrap();
        }
        cut(&path, Some(10)).unwrap();
        assert_eq!(read(&path).unwrap(), [line(10), set]);
    }
}
