//! ONNX, written from the engine's graph (docs/decisions/0062): every network that can be traced can be exported, for it consists of
//! some forty primitives. Files are of opset 17 and IR version 8.
//!
//! | file | what |
//! |---|---|
//! | `messages.rs` | the messages of a file |
//! | `sizes.rs` | which sizes are the batch's |
//! | `value.rs`, `emitter.rs` | values in the file, names, constants |
//! | `encode.rs` | element types, constants, attributes |
//! | `nodes/` | what each primitive becomes |
//! | `results.rs` | samples in other numbers, and a table's columns |
//! | `writer.rs` | the whole file |

mod emitter;
mod encode;
pub mod messages;
mod nodes;
mod results;
mod sizes;
mod value;
mod writer;

use crate::error::InteropError;
use crate::formats::{ExportOptions, Format, Place};
use crate::trained::Trained;
use prost::Message;
use std::path::Path;

pub use writer::{graph, model};

/// The line of the table of formats.
pub const FORMAT: Format = Format {
    name: "onnx",
    about: "one file for ONNX Runtime and others: any network",
    place: Place::File("onnx"),
    options: &["network", "output", "layout", "batch"],
    write,
};

/// Version of the operators.
pub const OPSET: i64 = 17;
/// Version of the file's form.
pub const IR_VERSION: i64 = 8;

fn write(trained: &Trained, options: &ExportOptions, out: &Path) -> Result<Vec<String>, InteropError> {
    let model = model(trained, options)?;
    std::fs::write(out, model.encode_to_vec()).map_err(|e| InteropError::io(out, "write", e))?;
    Ok(writer::in_words(&model))
}
