//! Tests of the crate from outside, in one program because linking takes longer than running.

mod common;
mod configs;
mod contracts;
mod examples;
mod expression;
mod images;
mod initializers;
mod keras_parity;
mod layers;
mod losses;
mod models;
mod numbers;
mod optimizers;
mod schedules;
mod sequences;
mod weights;
