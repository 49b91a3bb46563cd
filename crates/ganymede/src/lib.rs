//! ganymede trains generative adversarial networks on an engine of its own.
//!
//! This crate is the whole in one place: the parts under short names, and a [`prelude`] with what most
//! programs need. The command `ganymede` (feature `cli`, on by default) is its binary. It holds no
//! training logic: that is `ganymede-gan`, re-exported as [`gan`].
//!
//! ```
//! use ganymede::prelude::*;
//!
//! let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
//! let training = Training::preset("mlp", data)?.steps(2).outdir(std::env::temp_dir().join("ganymede-doc-facade"));
//! let outcome = training.start()?.train()?;
//! assert_eq!((outcome.step, outcome.reason), (2, Reason::Steps));
//! # std::fs::remove_dir_all(outcome.run)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A GAN without a run directory is a [`Gan`](prelude::Gan): networks, `fit`, `sample`. Samples of a run (`docs/guides/from-rust.md` says the same):
//!
//! ```no_run
//! use ganymede::prelude::*;
//! use std::path::Path;
//!
//! let (run, backend) = (Path::new("runs/00000-mlp-ring2d"), CpuBackend::new(CpuOptions::default())?);
//! let (mut sampler, codec, checkpoint) = Sampler::open(run, SamplerOptions::default(), &backend)?;
//! println!("{}", checkpoint.display());
//! let samples = sampler.draw(0..16, Labels::InTurn)?; // (16, …sample)
//! codec.write_grid(Path::new("grid.png"), &samples, 4)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub use ganymede_data as data;
pub use ganymede_gan as gan;
pub use ganymede_interop as interop;
pub use ganymede_nn as nn;
pub use ganymede_runtime as runtime;
pub use ganymede_tensor as tensor;

/// Graphs as data, with derivatives of any order. Passes, plans and kernels are the engine's own affair: they are not here.
pub mod graph {
    pub use ganymede_graph::{
        Array, BuildError, BuildErrors, Builder, Expr, Graph, IntoExpr, Node, NodeId, Op, Randomness, ScopeGuard,
        TypeError, VerifyError, concat, interpret, text,
    };
}

/// What most programs need.
pub mod prelude {
    pub use ganymede_data::{Batch, Codec, DataOptions, Dataset, Loader, Source, SourceOptions, Wish};
    pub use ganymede_gan::Length::{Epochs, Minutes, Steps};
    pub use ganymede_gan::events::{Event, Line, Observer};
    pub use ganymede_gan::run_dir::RunDir;
    pub use ganymede_gan::spec::{TermSpec, TrainSpec};
    pub use ganymede_gan::{
        Action, EvaluateOptions, Gan, GanError, Labels, Length, Monitor, Outcome, Reason, Sampler, SamplerOptions,
        Seen, Stepper, Trainer, Training, evaluate,
    };
    pub use ganymede_graph::{Builder, Expr, Graph};
    pub use ganymede_nn::layers::{
        BatchNormalization, Conv2D, Conv2DTranspose, Dense, Dropout, Flatten, Input, LeakyReLU, Reshape,
    };
    pub use ganymede_nn::optimizers::{Adam, RMSprop, SGD};
    pub use ganymede_nn::{Functional, Layer, Mode, Model, OptimizerConfig, Scope, Sequential};
    pub use ganymede_runtime::{Backend, CpuBackend, CpuOptions, Program, StateLayout, Store};
    pub use ganymede_tensor::{DType, Rng, Shape, Tensor, TensorType};
}
