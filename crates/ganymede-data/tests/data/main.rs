//! Tests of the crate from outside, in one program because linking takes longer than running.

mod cache;
mod codec;
mod common;
mod damage;
mod folders;
mod formats;
mod images;
mod loader;
mod memory;
mod modalities;
mod round_trip;
mod rows;
mod tables;
