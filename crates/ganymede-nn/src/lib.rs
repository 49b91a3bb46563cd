//! Layers, models, initializers, losses and optimizers, all as functions that build graphs.
//!
//! Names, arguments, defaults and numbers are those of Keras 3. Nothing here runs: a [`Layer`]
//! appends nodes to a `ganymede_graph::Builder` through a [`Scope`], which makes the parameters.
//! Running is `ganymede-runtime`, adversarial training is `ganymede-gan`.
#![forbid(unsafe_code)]

pub mod activations;
pub mod arguments;
pub mod config;
mod config_error;
pub mod constraints;
pub mod expression;
mod family;
pub mod initializers;
pub mod layers;
pub mod losses;
mod mend;
mod model;
mod nearest;
pub mod optimizers;
pub mod regularizers;
pub mod schedules;
mod scope;
mod summary;

pub use activations::Activation;
pub use config::{Arguments, ConfigError};
pub use constraints::Constraint;
pub use family::Misspelt;
pub use initializers::Initializer;
pub use layers::{Layer, LayerConfig};
pub use losses::Loss;
pub use model::{
    Functional, LayerFault, LayerHandle, LayerIssue, Model, ModelConfig, ModelError, NamedLayer, Sequential, Symbol,
    UNKNOWN,
};
pub use optimizers::OptimizerConfig;
pub use regularizers::Regularizer;
pub use schedules::{Schedule, Scheduled};
pub use scope::{FirstValueError, Mode, Parameter, ParameterSpec, Scope, Substitute};
pub use summary::{Row, Summary};
