//! Where buffers lie. Not here: what is computed (`passes/fuse`), the buffers themselves (`ganymede-kernels`).

mod memory;

pub use memory::{ALIGNMENT, ArenaPlan, Request, memory};
