//! Matrix products: C = A · B, batched, either operand transposed.
//!
//! `matmul.rs` chooses the algorithm, `tasks.rs` cuts the work, `tile.rs` does it in registers, `pack.rs` copies operands
//! into its layouts, `thin.rs` has the products of a few rows or columns. Convolutions (`conv`) use the same parts.

mod matmul;
pub(crate) mod pack;
pub(crate) mod parallel;
mod tasks;
pub(crate) mod thin;
pub(crate) mod tile;

pub use matmul::{GemmError, MatmulSpec, choice, matmul, scratch_len};
pub use parallel::Epilogue;
pub(crate) use parallel::run_epilogue;
