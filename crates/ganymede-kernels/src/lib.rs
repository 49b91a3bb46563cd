//! CPU kernels on plain slices, and the vector instruction sets they are written against.
//!
//! It knows no graph and no layer: `ganymede-runtime` turns graph nodes into calls of these functions.
//! This is the one crate below the runtime where `unsafe` is allowed; every block says why it is sound.

pub mod arena;
pub mod choice;
pub mod conv;
pub mod fused;
pub mod gather;
pub mod gemm;
pub mod isa;
pub mod math;
pub mod naive;
pub mod peak;
pub mod pool;
pub mod random;
pub mod transpose;
