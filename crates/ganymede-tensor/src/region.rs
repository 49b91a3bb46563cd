//! A fused region as plain data: one iteration space, what is loaded, computed and stored at each of its points. It is the
//! one description: `ganymede-graph` writes it over its values, `ganymede-kernels` runs it over slices, a GPU could print
//! it. Not here: which nodes make a region (`ganymede-graph`), whether it makes sense to a backend and how it runs.

use crate::DType;

/// Element-wise work and reductions over one iteration space, in one pass over memory.
///
/// At each point of the space every instruction is evaluated in order; instruction k defines register k. `R` is what is
/// read from and `W` what is written to: values of a graph, or slices of memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region<R, W> {
    /// Size of each axis of the iteration space, the last one fastest; at most 8 axes. Rank 0 is one point.
    pub extent: Vec<usize>,
    /// What [`Instruction::Load`] can load.
    pub operands: Vec<Operand<R>>,
    /// The computation in single-assignment form.
    pub instructions: Vec<Instruction>,
    /// Where registers go.
    pub outputs: Vec<Output<W>>,
}

/// Index of the instruction that defines a register.
pub type Register = usize;

/// A tensor that is read, and which of its elements belongs to which point.
///
/// The element of point i is number offset + Σₐ strideₐ · sₐ, with sₐ = iₐ, or what the window of axis a says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Operand<R> {
    /// Where the elements are.
    pub read: R,
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
    pub window: Option<PaddedRange>,
}

/// Padding and interior padding: index i has source index (i − low)/step where that is an integer in 0..size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaddedRange {
    /// Index of source element 0; may be negative (the first elements are cut off).
    pub low: isize,
    /// Distance of source elements, at least 1.
    pub step: usize,
    /// Number of source elements.
    pub size: usize,
}

/// A typed constant. It is kept in `f64` until a backend takes its [`bits`](Constant::bits); equality is that of the bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Constant {
    /// Its type.
    pub dtype: DType,
    value: u64,
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

/// Where a register goes. What is written belongs to one output, or to stores of the same type and strides whose elements
/// interleave (the parts of a concatenation).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Output<W> {
    /// Every point's value is element offset + Σₐ strideₐ·iₐ of the buffer, in the register's type.
    /// No two points may share an element.
    Store {
        /// What is stored.
        register: Register,
        /// What is written.
        write: W,
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
        /// What is written.
        write: W,
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

    /// The source index of index `i`, if it has one.
    pub fn source(&self, i: usize) -> Option<isize> {
        let Some(PaddedRange { low, step, size }) = self.window else { return Some(i as isize) };
        let (from_low, step) = (i as isize - low, step as isize);
        let inside = from_low >= 0 && from_low % step == 0 && from_low / step < size as isize;
        inside.then(|| from_low / step)
    }
}

impl Constant {
    /// A value, which is rounded to the type when its bits are taken.
    pub const fn new(dtype: DType, value: f64) -> Constant {
        Constant { dtype, value: value.to_bits() }
    }
    /// An `f32`.
    pub const fn f32(value: f32) -> Constant {
        Constant::new(DType::F32, value as f64)
    }
    /// An `i32`.
    pub const fn i32(value: i32) -> Constant {
        Constant::new(DType::I32, value as f64)
    }
    /// A `bool`.
    pub const fn bool(value: bool) -> Constant {
        Constant::new(DType::Bool, value as u8 as f64)
    }
    /// The zero (false) of a type.
    pub const fn zero(dtype: DType) -> Constant {
        Constant::new(dtype, 0.0)
    }

    /// The value before it is rounded.
    pub const fn value(self) -> f64 {
        f64::from_bits(self.value)
    }

    /// The bits of the value in its type, in 32: `f32` to nearest as IEEE 754, integers towards zero and saturating,
    /// `bool` as 0 or 1.
    pub fn bits(self) -> u32 {
        let value = self.value();
        match self.dtype {
            DType::F32 => (value as f32).to_bits(),
            DType::I32 => value as i32 as u32,
            DType::U32 => value as u32,
            DType::U16 => u32::from(value as u16),
            DType::U8 => u32::from(value as u8),
            DType::Bool => u32::from(value != 0.0),
        }
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

impl<R> Operand<R> {
    /// The element of a point, if it has one.
    pub fn element(&self, point: &[usize]) -> Option<isize> {
        self.axes.iter().zip(point).try_fold(self.offset, |sum, (axis, &i)| Some(sum + axis.stride * axis.source(i)?))
    }

    /// A dense tensor of the iteration space's own shape.
    pub fn dense(read: R, dtype: DType, extent: &[usize]) -> Operand<R> {
        Operand::strided(read, dtype, 0, &dense_strides(extent))
    }

    /// A tensor read through strides, with an element at every point.
    pub fn strided(read: R, dtype: DType, offset: isize, strides: &[isize]) -> Operand<R> {
        let axes = strides.iter().map(|&stride| AxisMap::stride(stride)).collect();
        Operand { read, dtype, offset, axes, fill: Constant::zero(dtype) }
    }

    /// A dense tensor whose axes are the axes `along` of the space; it repeats along the others.
    pub fn broadcast(read: R, dtype: DType, extent: &[usize], along: &[usize]) -> Operand<R> {
        let own: Vec<usize> = along.iter().map(|&axis| extent[axis]).collect();
        let mut strides = vec![0; extent.len()];
        for (&axis, stride) in along.iter().zip(dense_strides(&own)) {
            strides[axis] = stride;
        }
        Operand::strided(read, dtype, 0, &strides)
    }
}

impl<W: Copy> Output<W> {
    /// Stores a dense tensor of the iteration space's own shape.
    pub fn dense(register: Register, write: W, extent: &[usize]) -> Output<W> {
        Output::Store { register, write, offset: 0, strides: dense_strides(extent) }
    }

    /// The register it takes.
    pub fn register(&self) -> Register {
        match *self {
            Output::Store { register, .. } | Output::Reduce { register, .. } => register,
        }
    }

    /// The same of another register, written elsewhere.
    fn moved<Q>(&self, register: Register, write: Q) -> Output<Q> {
        match self {
            Output::Store { offset, strides, .. } => {
                Output::Store { register, write, offset: *offset, strides: strides.clone() }
            }
            Output::Reduce { kind, axes, .. } => Output::Reduce { register, kind: *kind, axes: axes.clone(), write },
        }
    }

    /// Whether it combines values.
    pub fn reduces(&self) -> bool {
        matches!(self, Output::Reduce { .. })
    }

    /// What it writes.
    pub fn write(&self) -> W {
        match *self {
            Output::Store { write, .. } | Output::Reduce { write, .. } => write,
        }
    }
}

impl<R, W> Default for Region<R, W> {
    /// A point at which nothing is done.
    fn default() -> Self {
        Region { extent: Vec::new(), operands: Vec::new(), instructions: Vec::new(), outputs: Vec::new() }
    }
}

impl<R: Copy, W: Copy> Region<R, W> {
    /// The region with these outputs only, each with what it writes to, and with what they need: operands and instructions
    /// in their order. `read` gives where each operand is read from.
    pub fn with_outputs<P, Q: Copy>(&self, outputs: &[(&Output<W>, Q)], mut read: impl FnMut(R) -> P) -> Region<P, Q> {
        let mut needed = vec![false; self.instructions.len()];
        outputs.iter().for_each(|(output, _)| needed[output.register()] = true);
        for at in (0..self.instructions.len()).rev() {
            if needed[at] {
                self.instructions[at].arguments().for_each(|argument| needed[argument] = true);
            }
        }
        let mut kept = Region { extent: self.extent.clone(), ..Region::default() };
        let mut registers = vec![usize::MAX; self.instructions.len()];
        let mut operands = vec![usize::MAX; self.operands.len()];
        for (at, instruction) in self.instructions.iter().enumerate().filter(|(at, _)| needed[*at]) {
            registers[at] = kept.instructions.len();
            kept.instructions.push(match *instruction {
                Instruction::Load(operand) => {
                    if operands[operand] == usize::MAX {
                        operands[operand] = kept.operands.len();
                        let Operand { read: from, dtype, offset, axes, fill } = &self.operands[operand];
                        let (dtype, offset, axes, fill) = (*dtype, *offset, axes.clone(), *fill);
                        kept.operands.push(Operand { read: read(*from), dtype, offset, axes, fill });
                    }
                    Instruction::Load(operands[operand])
                }
                other => other.with_arguments(|argument| registers[argument]),
            });
        }
        kept.outputs =
            outputs.iter().map(|(output, write)| output.moved(registers[output.register()], *write)).collect();
        kept
    }
}

impl Instruction {
    /// The same with other registers in place of its arguments.
    pub fn with_arguments(self, of: impl Fn(Register) -> Register) -> Instruction {
        match self {
            Instruction::Load(_) | Instruction::Const(_) | Instruction::Iota { .. } => self,
            Instruction::Unary(function, a) => Instruction::Unary(function, of(a)),
            Instruction::Binary(function, a, b) => Instruction::Binary(function, of(a), of(b)),
            Instruction::Compare(relation, a, b) => Instruction::Compare(relation, of(a), of(b)),
            Instruction::Select { condition, then, otherwise } => {
                Instruction::Select { condition: of(condition), then: of(then), otherwise: of(otherwise) }
            }
            Instruction::Convert(a, dtype) => Instruction::Convert(of(a), dtype),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    /// a, b and c are read; the outputs are a + b, its sum, and −c.
    fn three() -> Region<char, u8> {
        let extent = vec![4];
        let operand = |read| Operand::dense(read, DType::F32, &extent);
        Region {
            operands: vec![operand('a'), operand('b'), operand('c')],
            instructions: vec![
                Instruction::Load(2),
                Instruction::Load(0),
                Instruction::Unary(Unary::Neg, 0),
                Instruction::Load(1),
                Instruction::Binary(Binary::Add, 1, 3),
            ],
            outputs: vec![
                Output::dense(4, 10, &extent),
                Output::Reduce { register: 4, kind: Reduction::Sum, axes: vec![0], write: 20 },
                Output::dense(2, 30, &extent),
            ],
            extent,
        }
    }

    #[test]
    fn what_no_output_needs_is_left_out_and_the_rest_keeps_its_order() {
        let region = three();
        let sum = region.with_outputs(&[(&region.outputs[1], "sum")], |name| name.to_ascii_uppercase());
        assert_eq!(sum.operands.iter().map(|operand| operand.read).collect::<Vec<_>>(), ['A', 'B']);
        let expected = [Instruction::Load(0), Instruction::Load(1), Instruction::Binary(Binary::Add, 0, 1)];
        assert_eq!(sum.instructions, expected);
        let output = Output::Reduce { register: 2, kind: Reduction::Sum, axes: vec![0], write: "sum" };
        assert_eq!(sum.outputs, [output]);

        let all: Vec<_> = region.outputs.iter().map(|output| (output, output.write())).collect();
        let again = region.with_outputs(&all, |name| name);
        assert_eq!(again.instructions.len(), 5);
        assert_eq!(again.operands.iter().map(|operand| operand.read).collect::<Vec<_>>(), ['c', 'a', 'b']);
        let twice = again.outputs.iter().zip(&region.outputs).all(|(a, b)| a == b);
        assert!(twice, "{:?}", again.outputs);
    }

    #[test]
    fn constants_are_rounded_to_their_type() {
        let bits = |dtype, value| Constant::new(dtype, value).bits();
        assert_eq!(bits(DType::F32, 0.1), 0.1f32.to_bits());
        assert_eq!((bits(DType::I32, -1.9), bits(DType::I32, 1e20)), (u32::MAX, i32::MAX as u32));
        assert_eq!((bits(DType::U8, 300.0), bits(DType::U16, -3.0), bits(DType::U32, 7.9)), (255, 0, 7));
        assert_eq!((bits(DType::Bool, 0.2), bits(DType::Bool, -0.0)), (1, 0));
        assert_ne!(Constant::f32(0.0), Constant::f32(-0.0));
    }

    #[test]
    fn windows_say_which_points_have_an_element() {
        // Two apart, the first at index 1: indices 1, 3 and 5 have elements 0, 1 and 2.
        let axis = AxisMap { stride: 10, window: Some(PaddedRange { low: 1, step: 2, size: 3 }) };
        let found: Vec<_> = (0..8).map(|i| axis.source(i)).collect();
        assert_eq!(found, [None, Some(0), None, Some(1), None, Some(2), None, None]);
        let operand = Operand { read: (), dtype: DType::F32, offset: 5, axes: vec![axis], fill: Constant::f32(0.0) };
        assert_eq!((operand.element(&[3]), operand.element(&[4])), (Some(15), None));
    }
}
