//! Hugging Face: a folder that `hf upload` takes, with the generator in every form that it can be written in and a card that says what
//! it is. Nothing in it names a path of this machine.
//!
//! | file | what |
//! |---|---|
//! | `facts.rs` | what the card says of the run |
//! | `card.rs` | `README.md` |
//! | `front.rs` | the YAML at its top, which the hub reads |
//! | `snippets.rs` | how to load it |

mod card;
mod facts;
mod front;
mod snippets;

use crate::error::InteropError;
use crate::formats::{ExportOptions, Format, Place};
use crate::trained::Trained;
use crate::{keras, onnx, torch};
use facts::Facts;
use prost::Message;
use std::fs;
use std::path::Path;

/// The line of the table of formats.
pub const FORMAT: Format = Format {
    name: "hub",
    about: "a folder for Hugging Face: a card, and the generator in every form that it has",
    place: Place::Folder("hub"),
    options: &["license"],
    write,
};

/// The card.
const CARD: &str = "README.md";
/// The spec, and what else is needed to understand the numbers of the network.
const SPEC: &str = "ganymede.json";
/// The newest grid.
const SAMPLES: &str = "samples.png";
/// The file of ONNX.
const ONNX: &str = "model.onnx";

/// What the folder has and has not.
#[derive(Default)]
struct Parts {
    keras: bool,
    torch: bool,
    /// Names of inputs with their types, and the first output.
    onnx: Option<onnx::messages::GraphMessage>,
    samples: bool,
    /// What is missing, and why.
    left_out: Vec<(&'static str, String)>,
}

fn write(trained: &Trained, options: &ExportOptions, out: &Path) -> Result<Vec<String>, InteropError> {
    let license = options.license.as_deref().map(front::license).transpose()?;
    let facts = Facts::of(trained)?;
    fs::create_dir_all(out).map_err(|e| InteropError::io(out, "create", e))?;
    let parts = parts(trained, &facts, out)?;
    put(out, SPEC, facts.json().as_bytes())?;
    put(out, CARD, card::text(trained, &facts, &parts, license.as_deref())?.as_bytes())?;
    let mut notes: Vec<String> = Vec::new();
    let has = [(parts.keras, "keras"), (parts.torch, "torch"), (parts.onnx.is_some(), "onnx")];
    let has: Vec<&str> = has.into_iter().filter_map(|(there, name)| there.then_some(name)).collect();
    notes.push(format!("written {}", if has.is_empty() { "the card alone".into() } else { has.join(", ") }));
    notes.extend(parts.left_out.iter().map(|(what, why)| format!("without {what}: {why}")));
    if license.is_none() {
        notes.push("license other, since none was given: --license says which".into());
    }
    notes.push(format!("upload  hf upload USER/NAME {}", out.display()));
    Ok(notes)
}

/// Writes the generator in every form that it can be written in, and the newest grid.
fn parts(trained: &Trained, facts: &Facts, out: &Path) -> Result<Parts, InteropError> {
    let mut parts = Parts::default();
    let mut kept = |what: &'static str, result: Result<(), InteropError>| match result {
        Ok(()) => Ok(true),
        Err(error @ (InteropError::Io { .. } | InteropError::Gan(_))) => Err(error),
        Err(error) => {
            parts.left_out.push((what, error.to_string()));
            Ok(false)
        }
    };
    let keras = kept(
        "Keras",
        keras::files(trained).and_then(|files| files.iter().try_for_each(|(name, bytes)| put(out, name, bytes))),
    )?;
    let torch = kept("PyTorch", torch::write(trained, out).map(drop))?;
    let mut graph = None;
    let onnx = onnx::model(trained, &ExportOptions::default()).and_then(|model| {
        put(out, ONNX, &model.encode_to_vec())?;
        graph = model.graph;
        Ok(())
    });
    kept("ONNX", onnx)?;
    let samples = match &facts.grid {
        Some(grid) => {
            let png = fs::read(grid).map_err(|e| InteropError::io(grid, "read", e))?;
            put(out, SAMPLES, &png)?;
            true
        }
        None => {
            parts.left_out.push(("samples", "the run has no grid of samples of this step or before".into()));
            false
        }
    };
    Ok(Parts { keras, torch, onnx: graph, samples, ..parts })
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), InteropError> {
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|e| InteropError::io(&path, "write", e))
}
