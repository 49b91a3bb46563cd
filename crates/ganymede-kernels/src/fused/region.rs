//! A fused region as plain data: one iteration space, what is loaded, computed and stored at each of its points.
//! Not here: whether it makes sense (`check.rs`) and how it runs (`compile.rs`, `interpret.rs`).

use ganymede_tensor::DType;

/// Element-wise work and reductions over one iteration space, in one pass over memory.
///
/// At each point of the space every instruction is evaluated in order; instruction k defines register k.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Region {
    /// Size of each axis of the iteration space, the last one fastest; at most 8 axes. Rank 0 is one point.
    pub extent: Vec<usize>,
    /// What [`Instruction::Load`] can load.
    pub operands: Vec<Operand>,
    /// The computation in single-assignment form.
    pub instructions: Vec<Instruction>,
    /// Where registers go.
    pub outputs: Vec<Output>,
}

/// Index of the instruction that defines a register.
pub type Register = usize;

/// Which slice given to a run is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Buffer {
    /// The i-th slice that is read.
    Read(usize),
    /// The i-th slice that is written. If an output writes it, reading it is updating in place: every point must
    /// read exactly the element that a [`Output::Store`] writes there.
    Write(usize),
}

/// A tensor in a buffer, and which of its elements belongs to which point.
///
/// The element of point i is number offset + Σₐ strideₐ · sₐ, with sₐ = iₐ, or what the window of axis a says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Operand {
    /// Where the elements are.
    pub buffer: Buffer,
    /// Their type, and that of the register loaded (`u8` and `u16` are widened to 32 bits, values kept).
    pub dtype: DType,
    /// Element of the origin.
    pub offset: isize,
    /// How each axis moves through the elements.
    pub axes: Vec<AxisMap>,
    /// What is loaded where a window has no element; of type `dtype`.
    pub fill: Constant,
}

/// How one axis of the iteration space moves through a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AxisMap {
    /// Distance in elements; 0 repeats (a broadcast), a negative one reverses.
    pub stride: isize,
    /// Which indices have an element; all, if there is none.
    pub window: Option<Window>,
}

/// Padding and interior padding: index i has source index (i − low)/step where that is an integer in 0..size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Index of source element 0; may be negative (the first elements are cut off).
    pub low: isize,
    /// Distance of source elements, at least 1.
    pub step: usize,
    /// Number of source elements.
    pub size: usize,
}

/// A typed constant; equality is that of the bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Constant {
    /// Its type.
    pub dtype: DType,
    /// Its bits in 32: `f32` as IEEE 754, `bool` as 0 or 1.
    pub bits: u32,
}

/// What defines a register. Arguments are earlier registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// The element of an operand (index into [`Region::operands`]).
    Load(usize),
    /// The same value everywhere.
    Const(Constant),
    /// The index along an axis, as a number.
    Iota {
        /// Axis of the iteration space.
        axis: usize,
        /// Type of the register.
        dtype: DType,
    },
    /// A function of one argument.
    Unary(Unary, Register),
    /// A function of two arguments of one type.
    Binary(Binary, Register, Register),
    /// A comparison of two arguments of one type; gives `bool`.
    Compare(Compare, Register, Register),
    /// `then` where `condition` (a `bool`) holds, else `otherwise`.
    Select {
        /// A `bool`.
        condition: Register,
        /// Taken where it is true.
        then: Register,
        /// Taken where it is false.
        otherwise: Register,
    },
    /// The value in another type: towards zero and saturating where the target is an integer (NaN gives 0),
    /// nearest where it is `f32`, `x ≠ 0` where it is `bool`; `bool` gives 0 or 1.
    Convert(Register, DType),
}

/// Functions of one `f32`; [`Unary::Not`] of a `bool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Each is the mathematical function of its name.
pub enum Unary {
    Neg,
    Abs,
    /// −1, 0 or 1; the argument where it is a zero or NaN.
    Sign,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sqrt,
    Sin,
    Cos,
    Tanh,
    /// 1/(1 + exp(−x))
    Sigmoid,
    Erf,
    Floor,
    Not,
}

/// Functions of two `f32`; [`Binary::And`] and [`Binary::Or`] of two `bool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Each is the function of its name.
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    /// a where a ≥ b, else b; NaN where either is.
    Maximum,
    /// a where a ≤ b, else b; NaN where either is.
    Minimum,
    And,
    Or,
}

/// Comparisons; with NaN all are false but `Ne`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The usual six.
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Where a register goes. A write buffer belongs to one output, or to stores of the same type and strides whose elements
/// interleave (the parts of a concatenation).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Output {
    /// Every point's value is element offset + Σₐ strideₐ·iₐ of the buffer, in the register's type.
    /// No two points may share an element.
    Store {
        /// What is stored.
        register: Register,
        /// Index of the written slice.
        write: usize,
        /// Element of the origin.
        offset: isize,
        /// Distance in elements along each axis.
        strides: Vec<isize>,
    },
    /// The values are combined along `axes`; the other axes lie densely in the buffer, in their order.
    Reduce {
        /// What is reduced; an `f32`.
        register: Register,
        /// How.
        kind: Reduction,
        /// Axes that vanish, ascending; the rest stays.
        axes: Vec<usize>,
        /// Index of the written slice.
        write: usize,
    },
}

/// How values are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// The sum; of nothing, 0.
    Sum,
    /// The maximum; NaN if any value is; of nothing, −∞.
    Max,
}

impl AxisMap {
    /// An axis that moves by `stride` elements and has one everywhere.
    pub const fn stride(stride: isize) -> AxisMap {
        AxisMap { stride, window: None }
    }
}

impl Constant {
    /// An `f32`.
    pub const fn f32(value: f32) -> Constant {
        Constant { dtype: DType::F32, bits: value.to_bits() }
    }
    /// An `i32`.
    pub const fn i32(value: i32) -> Constant {
        Constant { dtype: DType::I32, bits: value as u32 }
    }
    /// A `bool`.
    pub const fn bool(value: bool) -> Constant {
        Constant { dtype: DType::Bool, bits: value as u32 }
    }
    /// The zero (false) of a type.
    pub const fn zero(dtype: DType) -> Constant {
        Constant { dtype, bits: 0 }
    }
}

/// The strides of a dense tensor of this extent, the last axis fastest.
pub fn dense_strides(extent: &[usize]) -> Vec<isize> {
    let mut strides = vec![1isize; extent.len()];
    for axis in (1..extent.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(extent[axis].max(1) as isize);
    }
    strides
}

impl Operand {
    /// A dense tensor of the iteration space's own shape.
    pub fn dense(buffer: Buffer, dtype: DType, extent: &[usize]) -> Operand {
        Operand::strided(buffer, dtype, 0, &dense_strides(extent))
    }

    /// A tensor read through strides, with an element at every point.
    pub fn strided(buffer: Buffer, dtype: DType, offset: isize, strides: &[isize]) -> Operand {
        let axes = strides.iter().map(|&stride| AxisMap::stride(stride)).collect();
        Operand { buffer, dtype, offset, axes, fill: Constant::zero(dtype) }
    }

    /// A dense tensor whose axes are the axes `along` of the space; it repeats along the others.
    pub fn broadcast(buffer: Buffer, dtype: DType, extent: &[usize], along: &[usize]) -> Operand {
        let own: Vec<usize> = along.iter().map(|&axis| extent[axis]).collect();
        let mut strides = vec![0; extent.len()];
        for (&axis, stride) in along.iter().zip(dense_strides(&own)) {
            strides[axis] = stride;
        }
        Operand::strided(buffer, dtype, 0, &strides)
    }
}

impl Output {
    /// Stores a dense tensor of the iteration space's own shape.
    pub fn dense(register: Register, write: usize, extent: &[usize]) -> Output {
        Output::Store { register, write, offset: 0, strides: dense_strides(extent) }
    }

    /// The register it takes.
    pub fn register(&self) -> Register {
        match *self {
            Output::Store { register, .. } | Output::Reduce { register, .. } => register,
        }
    }

    /// The buffer it writes.
    pub fn write(&self) -> usize {
        match *self {
            Output::Store { write, .. } | Output::Reduce { write, .. } => write,
        }
    }
}

impl Instruction {
    /// The registers it takes.
    pub fn arguments(&self) -> impl Iterator<Item = Register> + use<> {
        let arguments = match *self {
            Instruction::Load(_) | Instruction::Const(_) | Instruction::Iota { .. } => [None; 3],
            Instruction::Unary(_, a) | Instruction::Convert(a, _) => [Some(a), None, None],
            Instruction::Binary(_, a, b) | Instruction::Compare(_, a, b) => [Some(a), Some(b), None],
            Instruction::Select { condition, then, otherwise } => [Some(condition), Some(then), Some(otherwise)],
        };
        arguments.into_iter().flatten()
    }
}
