//! The kernels once more as plain loops: what they mean, and what the tests compare them with.
//! Not here: anything that a program runs in earnest.

pub mod conv;
pub mod fused;
pub mod gather;
pub mod gemm;
pub mod transpose;
