//! Other people's formats for networks and runs of ganymede: `.keras`, ONNX, PyTorch, TensorBoard, Hugging Face. Not here:
//! the commands (`ganymede`), training.
//!
//! [`Trained`] is a run at a checkpoint; [`FORMATS`] is the table of what it can be written as, one file or folder each.
#![forbid(unsafe_code)]

mod axes;
mod error;
mod formats;
mod hub;
pub mod keras;
pub mod onnx;
mod own;
pub mod tensorboard;
mod torch;
mod trained;

pub use error::InteropError;
pub use formats::{ExportOptions, FORMATS, Format, Layout, Output, Place, export, format};
pub use tensorboard::TensorBoard;
pub use trained::{Network, Trained};
