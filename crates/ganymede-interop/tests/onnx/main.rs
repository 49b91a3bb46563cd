//! Files that are written are read back: as messages whose structure has to be sound, and by a naive evaluator of ONNX's operators,
//! whose numbers have to be the engine's. `reference/onnx/check.py` does the same for every preset with onnxruntime.

mod common;
mod evaluator;
mod files;
mod formats;
mod hub;
mod primitives;
mod tables;
mod torch;
