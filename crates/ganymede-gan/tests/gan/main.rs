//! Tests of the crate from outside, in one program because linking takes longer than running. Not here: those that train for
//! many seconds (`modes.rs`).

mod augment;
mod common;
mod ctgan_step;
mod dcgan64;
mod every_phase_moves;
mod expression;
mod eye;
mod fields;
mod gradients_dcgan64;
mod keras_steps;
mod mutators;
mod phases;
mod presets;
mod regularizers;
mod roles;
mod sampling;
mod step;
mod torch_penalties;
mod values;
mod workloads;
