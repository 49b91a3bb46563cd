//! Shapes, element types, host tensors, counter-based random numbers, and the description of fused work.
//!
//! The bottom of the stack: it depends on nothing of ours, computes nothing and
//! knows no graph. What a tensor *means* is in `ganymede-graph`; how it is computed
//! fast is in `ganymede-kernels`.
#![forbid(unsafe_code)]

mod dtype;
mod error_text;
pub mod region;
mod rng;
mod shape;
mod tensor;

pub use dtype::DType;
pub use error_text::write_error;
pub use rng::{Rng, philox4x32_10, stream_of};
pub use shape::{Shape, TensorType};
pub use tensor::{Data, Tensor, TensorError};
