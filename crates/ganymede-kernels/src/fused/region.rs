//! Fused regions over slices of memory. Not here: what a region says (`ganymede_tensor::region`), whether it makes sense
//! (`check.rs`) and how it runs (`compile.rs`, `interpret.rs`).

pub use ganymede_tensor::region::{
    AxisMap, Binary, Compare, Constant, Instruction, PaddedRange, Reduction, Register, Unary, dense_strides,
};

/// A region over the slices that are given to a run; outputs name written slices by their number.
pub type Region = ganymede_tensor::region::Region<Buffer, usize>;

/// A tensor in a slice.
pub type Operand = ganymede_tensor::region::Operand<Buffer>;

/// Where a register goes.
pub type Output = ganymede_tensor::region::Output<usize>;

/// Which slice given to a run is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Buffer {
    /// The i-th slice that is read.
    Read(usize),
    /// The i-th slice that is written. If an output writes it, reading it is updating in place: every point must
    /// read exactly the element that a [`Output::Store`] writes there.
    Write(usize),
}
