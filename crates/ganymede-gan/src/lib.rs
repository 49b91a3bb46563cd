//! Training generative adversarial networks.
//!
//! A [`spec::TrainSpec`] decides everything; [`phases::trace`] turns it into programs, [`Trainer`] runs
//! them and keeps a run directory, [`Sampler`] generates samples from one. Objectives, regularizers, augmentations and presets
//! are tables with one file an entry.
//!
//! Nothing here prints: an [`events::Observer`] shows progress. The engine is `ganymede-graph` and `ganymede-runtime`,
//! layers are `ganymede-nn`, samples are `ganymede-data`, metrics `ganymede-metrics`.
#![forbid(unsafe_code)]

pub mod augment;
mod best;
pub mod check;
pub mod checkpoint;
mod diverged;
mod durable;
mod error;
mod evaluate;
pub mod events;
pub mod expression;
mod fill;
mod gan;
mod hints;
mod loss_scope;
mod machine;
pub mod objectives;
pub mod phases;
mod plan;
pub mod presets;
pub mod profile;
mod ranges;
pub mod regularizers;
pub mod resources;
pub mod run_dir;
mod run_list;
mod sampler;
mod select;
pub mod spec;
mod step;
mod table;
mod trainer;
mod training;
mod verify;

pub use best::{Best, best_checkpoint};
pub use diverged::{Divergence, HighestRate, diverged};
pub use error::GanError;
pub use evaluate::{
    EvaluateOptions, Evaluation, Score, evaluate, evaluate_watched, evaluation_bytes, incomparable, leading,
    metric_names, score_name, summary,
};
pub use fill::fill_rows;
pub use gan::{Gan, Length, Tick};
pub use ganymede_metrics as metrics;
pub use loss_scope::{LossScope, Verdict};
pub use machine::Machine;
pub use plan::PlanReport;
pub use run_list::{RunState, RunSummary, run_list};
pub use sampler::{Labels, Sampler, SamplerOptions, Seeds, rows_by_class};
pub use select::{RealRows, RowDraws, RowOptions, RowReport, RowsAsked, Selected, Selector, sample_rows};
pub use step::{StepResult, Stepper};
pub use trainer::{Action, Monitor, Outcome, Reason, Scalars, Seen, Setup, Trainer};
pub use training::{Compiled, Pace, Training, image_codec, may_go_on, open_beside, open_run_data, rehearse, run_name};
pub use verify::{Verification, verify};
