//! What a line of `events.jsonl` is in TensorBoard. Not here: lines (`ganymede-gan`'s `events`), files (`records.rs`).
//!
//! | line | in TensorBoard |
//! |---|---|
//! | `start` | the spec as a text; what an older training wrote in the same folder is forgotten |
//! | `resume`, `roll_back` | what was written of later steps is forgotten |
//! | `tick` | `Loss/<phase>/<term>` with the numbers beside it, `Scalars/…`, `Progress/kimg`, `Timing/…`, `Resources/memory_gb` |
//! | `metrics` | `Metrics/<metric>`, `Metrics/<metric>/<features>` |
//! | `snapshot` | the picture `Samples` |
//! | `set_scalar` | `Scalars/<name>` |
//! | `note`, `non_finite`, `runaway` | the text `Notes` |

use super::messages::{Content, EventMessage, Image, Metadata, Plugin, Session, Size, Sizes, Summary, TensorMessage};
use super::messages::{Value, What};
use crate::error::InteropError;
use ganymede_gan::events::{Event, Line};
use ganymede_gan::run_dir;
use std::path::Path;

/// TensorFlow's number of the type of texts.
const TEXT: i32 = 7;
/// The number of what is shown as a tensor.
const TENSOR: i32 = 2;
/// The number of a session that begins.
const BEGINS: i32 = 1;

/// What is written for a line of a run; nothing for some lines, and for a grid that is not there any more.
pub(super) fn events(line: &Line, run: &Path, wall: f64) -> Result<Vec<EventMessage>, InteropError> {
    let event = |step: u64, what| EventMessage { wall_time: wall, step: step as i64, what: Some(what) };
    let session = |step| event(step, What::Session(Session { status: BEGINS }));
    let values = |value: Vec<Value>| event(line.step, What::Summary(Summary { value }));
    Ok(match &line.event {
        Event::Start { .. } => {
            let spec = run_dir::read_spec(run)?.to_toml();
            vec![session(0), values(vec![text("Spec", &format!("```toml\n{}\n```", spec.trim_end()))])]
        }
        Event::Resume { .. } => vec![session(line.step + 1)],
        Event::RollBack { from, .. } => {
            let note = text("Notes", &format!("went back from step {from} to step {}", line.step));
            vec![session(line.step + 1), values(vec![note])]
        }
        Event::Tick { .. } => vec![values(tick(line))],
        Event::Metrics { scores, .. } if !scores.is_empty() => {
            let tag = |metric: &str, of: &str| match of {
                "samples" => format!("Metrics/{metric}"),
                _ => format!("Metrics/{metric}/{of}"),
            };
            let score = |score: &ganymede_gan::Score| scalar(tag(&score.metric, &score.of), score.estimate.value);
            vec![values(scores.iter().map(score).collect())]
        }
        Event::Snapshot { file } => {
            let path = run.join(file);
            match std::fs::read(&path) {
                Ok(png) => vec![values(vec![picture("Samples", png, &path)?])],
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(error) => return Err(InteropError::io(&path, "read", error)),
            }
        }
        Event::SetScalar { name, value } => vec![values(vec![scalar(format!("Scalars/{name}"), *value)])],
        Event::Note { text: note } => vec![values(vec![text("Notes", note)])],
        Event::NonFinite { phase, what } => {
            vec![values(vec![text("Notes", &format!("not finite in phase `{phase}`: {}", what.join(", ")))])]
        }
        Event::Runaway { loss, value, steps } => {
            vec![values(vec![text("Notes", &format!("the loss `{loss}` is {value} for {steps} steps"))])]
        }
        _ => Vec::new(),
    })
}

/// The numbers of a tick.
fn tick(line: &Line) -> Vec<Value> {
    let Event::Tick { losses, numbers, scalars, sec_per_step, sec_per_kimg, pause, wait, resident_bytes } = &line.event
    else {
        return Vec::new();
    };
    let mut values: Vec<Value> = Vec::new();
    values.extend(losses.iter().chain(numbers).map(|(name, value)| scalar(format!("Loss/{name}"), *value)));
    values.extend(scalars.iter().map(|(name, value)| scalar(format!("Scalars/{name}"), *value)));
    values.push(scalar("Progress/kimg", line.kimg));
    if *sec_per_step > 0.0 {
        values.push(scalar("Timing/steps_per_sec", 1.0 / sec_per_step));
    }
    values.push(scalar("Timing/sec_per_step", *sec_per_step));
    values.push(scalar("Timing/sec_per_kimg", *sec_per_kimg));
    values.push(scalar("Timing/pause_sec", *pause));
    values.push(scalar("Timing/wait_share", *wait));
    values.push(scalar("Timing/total_sec", line.time));
    if *resident_bytes > 0 {
        values.push(scalar("Resources/memory_gb", *resident_bytes as f64 / 1e9));
    }
    values
}

fn scalar(tag: impl Into<String>, value: f64) -> Value {
    Value { tag: tag.into(), content: Some(Content::Scalar(value as f32)), metadata: None }
}

/// A text in Markdown.
fn text(tag: &str, markdown: &str) -> Value {
    let shape = Some(Sizes { dim: vec![Size { size: 1 }] });
    let tensor = TensorMessage { dtype: TEXT, shape, texts: vec![markdown.as_bytes().to_vec()] };
    let metadata = Metadata { plugin: Some(Plugin { name: "text".into() }), data_class: TENSOR };
    Value { tag: tag.into(), content: Some(Content::Tensor(tensor)), metadata: Some(metadata) }
}

/// A picture: its sizes and colours stand in the first chunk of a PNG.
fn picture(tag: &str, png: Vec<u8>, path: &Path) -> Result<Value, InteropError> {
    let colours = match png.get(..26) {
        Some(head) if head.starts_with(b"\x89PNG\r\n\x1a\n") && &head[12..16] == b"IHDR" => match head[25] {
            0 => 1,
            4 => 2,
            6 => 4,
            _ => 3,
        },
        _ => return Err(InteropError::foreign(path.display().to_string(), "expected a PNG, found another file")),
    };
    let size = |at: usize| i32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    let image = Image { height: size(20), width: size(16), colorspace: colours, encoded: png };
    Ok(Value { tag: tag.into(), content: Some(Content::Image(image)), metadata: None })
}
