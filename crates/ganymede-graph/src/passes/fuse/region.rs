//! A fused region as data: one iteration space, what is read, computed and written at each of its points.
//! Not here: which nodes make up a region (`group.rs`), how they are turned into this (`emit.rs`).

use crate::graph::NodeId;
use crate::ops::Op;
use ganymede_tensor::{DType, Shape};

/// Element-wise work and reductions over one iteration space, in one pass over memory.
///
/// At each point every instruction is evaluated in order; instruction k defines register k.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// The iteration space, last axis fastest; no axis of size 1, at most [`MAX_RANK`](super::MAX_RANK) axes.
    pub space: Shape,
    /// What [`Instruction::Load`] can load.
    pub operands: Vec<Operand>,
    /// The computation in single-assignment form.
    pub instructions: Vec<Instruction>,
    /// Element type of each register.
    pub dtypes: Vec<DType>,
    /// Where registers go.
    pub results: Vec<RegionResult>,
}

/// Index of the instruction that defines a register.
pub type Register = usize;

/// A value that is read, and which of its elements belongs to which point.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// The value; it lies at its [`Place`](super::Place).
    pub value: NodeId,
    /// Its element type.
    pub dtype: DType,
    /// Which element belongs to a point.
    pub map: IndexMap,
    /// What is loaded where a window has no element.
    pub fill: f64,
}

/// An index map: point i has element offset + Σₐ strideₐ·sₐ with sₐ = iₐ, or what the window of axis a says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndexMap {
    /// Element of the origin.
    pub offset: isize,
    /// How each axis of the space moves through the elements.
    pub axes: Vec<AxisMap>,
}

/// How one axis of the iteration space moves through a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AxisMap {
    /// Distance in elements; 0 repeats, a negative one reverses.
    pub stride: isize,
    /// Which indices have an element; all, if there is none.
    pub window: Option<AxisWindow>,
}

/// Index i has source index (i − low)/step where that is an integer in 0..size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AxisWindow {
    /// Index of source element 0; may be negative.
    pub low: isize,
    /// Distance of source elements, at least 1.
    pub step: usize,
    /// Number of source elements.
    pub size: usize,
}

/// What defines a register. Arguments are earlier registers.
#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    /// The element of an operand (index into [`Region::operands`]).
    Load(usize),
    /// The same value everywhere.
    Constant(f64),
    /// The index along an axis of the space.
    Iota {
        /// The axis.
        axis: usize,
    },
    /// An element-wise primitive.
    Apply {
        /// The primitive with its attributes.
        op: Op,
        /// Its operands.
        arguments: Vec<Register>,
    },
}

/// Where a register goes.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionResult {
    /// The value that is written, or a part of it; it lies at its [`Place`](super::Place).
    pub value: NodeId,
    /// What is written.
    pub register: Register,
    /// How.
    pub kind: ResultKind,
}

/// How a register becomes elements of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultKind {
    /// Every point has an element of its own (no windows).
    Store(IndexMap),
    /// The sum over axes of the space; the others lie densely, in order.
    ReduceSum {
        /// The axes, increasing.
        axes: Vec<usize>,
    },
    /// The largest element over axes of the space (NaN if any is); the others lie densely, in order.
    ReduceMax {
        /// The axes, increasing.
        axes: Vec<usize>,
    },
}

impl AxisMap {
    /// An axis with an element at every index.
    pub const fn plain(stride: isize) -> Self {
        AxisMap { stride, window: None }
    }

    /// The source index of index `i`, if it has one.
    pub fn source(&self, i: usize) -> Option<isize> {
        let Some(AxisWindow { low, step, size }) = self.window else { return Some(i as isize) };
        let (from_low, step) = (i as isize - low, step as isize);
        let inside = from_low >= 0 && from_low % step == 0 && from_low / step < size as isize;
        inside.then(|| from_low / step)
    }
}

impl IndexMap {
    /// The element of a point, if it has one.
    pub fn element(&self, point: &[usize]) -> Option<isize> {
        self.axes.iter().zip(point).try_fold(self.offset, |sum, (axis, &i)| Some(sum + axis.stride * axis.source(i)?))
    }
}
