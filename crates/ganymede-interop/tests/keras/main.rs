//! `.keras` files of Keras itself, committed with what Keras 3.15 computes of them (`reference/keras_files/check.py --fixtures`), are read,
//! run, written and read again; what cannot be taken is told; damaged files are refused without a panic.

mod common;
mod files;
mod mutants;
mod refused;
mod runs;
