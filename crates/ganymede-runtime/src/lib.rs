//! Runs graphs. A [`Backend`] makes a [`Store`] for the states that outlive a run and loads a graph
//! as a [`Program`] over it: write the inputs, run, read the outputs.
//!
//! [`CpuBackend`] is the fast one; [`ReferenceBackend`] runs the `f64` interpreter through the same
//! traits and is its oracle. Nothing here knows layers or GANs; what the primitives mean is
//! `ganymede-graph`, the inner loops are `ganymede-kernels`.
#![forbid(unsafe_code)]

mod backend;
mod convert;
mod cpu;
mod error;
mod reference;
mod state;

pub use backend::{
    Backend, InputSpec, KernelInfo, KernelSpan, KernelTime, MemoryReport, MissedFusion, OutputSpec, Program, Store,
};
pub use cpu::{CpuBackend, CpuOptions};
pub use error::RuntimeError;
pub use ganymede_kernels::choice::Choice;
pub use ganymede_kernels::conv::Numerics;
pub use reference::ReferenceBackend;
pub use state::{StateEntry, StateLayout};
