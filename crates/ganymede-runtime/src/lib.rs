//! Runs graphs. A [`Backend`] makes a [`Store`] for the states that outlive a run and loads a graph
//! as a [`Program`] over it: write the inputs, run, read the outputs.
//!
//! [`CpuBackend`] is the fast one; [`ReferenceBackend`] runs the `f64` interpreter through the same
//! traits and is its oracle.
//!
//! ```
//! use ganymede_graph::Builder;
//! use ganymede_runtime::{Backend, CpuBackend, CpuOptions, StateLayout};
//! use ganymede_tensor::{Tensor, TensorType};
//!
//! // A program that adds what it is given to a state.
//! let builder = Builder::new("add");
//! let sum = builder.state("sum", TensorType::f32([2])) + builder.input("x", TensorType::f32([2]));
//! builder.assign("sum", sum);
//! builder.output("largest", sum.max_axes(&[0]));
//! let graph = builder.finish()?;
//!
//! let backend = CpuBackend::new(CpuOptions::default())?;
//! let mut store = backend.store(&StateLayout::of_graph(&graph, "states"))?; // all zeros
//! let mut program = backend.load(&graph, store.as_ref())?;
//! for _ in 0..3 {
//!     program.write("x", &Tensor::from_f32([2], vec![1.0, 2.0])?)?;
//!     program.run(store.as_mut())?;
//! }
//! assert_eq!(store.read("sum")?.to_f64(), [3.0, 6.0]);
//! assert_eq!(program.read_scalar("largest")?, 6.0);
//! assert!(program.memory().fixed_bytes >= 8, "what it takes is known before it runs");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing here knows layers or GANs; what the primitives mean is
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
pub use ganymede_kernels::conv::Numerics;
pub use reference::ReferenceBackend;
pub use state::{StateEntry, StateLayout};
