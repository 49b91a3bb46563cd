//! A fused region of the graph as a region of the kernels: the same data, with values as numbered buffers.
//! Not here: which nodes make a region (`ganymede_graph::passes::fuse`).

use ganymede_graph::ops::{Comparison, Connective};
use ganymede_graph::passes::fuse::region as graph;
use ganymede_graph::{NodeId, Op};
use ganymede_kernels::fused;
use ganymede_tensor::DType;

/// The region as the kernels take it, with these results only, each with the number of the buffer it is written to;
/// `buffer` gives the buffer of each operand's value.
pub(super) fn translate(
    region: &graph::Region,
    results: &[(&graph::RegionResult, usize)],
    mut buffer: impl FnMut(NodeId) -> fused::Buffer,
) -> Result<fused::Region, String> {
    let needed = needed(region, results);
    let mut translated = fused::Region { extent: region.space.to_vec(), ..fused::Region::default() };
    // Registers and operands that are not needed for these results are left out.
    let mut registers = vec![usize::MAX; region.instructions.len()];
    let mut operands = vec![usize::MAX; region.operands.len()];
    for (at, instruction) in region.instructions.iter().enumerate().filter(|(at, _)| needed[*at]) {
        let dtype = region.dtypes[at];
        let mut push = |instruction: fused::Instruction| {
            translated.instructions.push(instruction);
            translated.instructions.len() - 1
        };
        registers[at] = match instruction {
            graph::Instruction::Load(operand) => {
                if operands[*operand] == usize::MAX {
                    operands[*operand] = translated.operands.len();
                    let from = &region.operands[*operand];
                    let fused_buffer = buffer(from.value);
                    translated.operands.push(fused::Operand {
                        buffer: fused_buffer,
                        dtype: from.dtype,
                        offset: from.map.offset,
                        axes: from.map.axes.iter().map(axis).collect(),
                        fill: constant(from.dtype, from.fill),
                    });
                }
                push(fused::Instruction::Load(operands[*operand]))
            }
            graph::Instruction::Constant(value) => push(fused::Instruction::Const(constant(dtype, *value))),
            graph::Instruction::Iota { axis } => match dtype {
                DType::F32 | DType::I32 | DType::U32 => push(fused::Instruction::Iota { axis: *axis, dtype }),
                small => {
                    let index = push(fused::Instruction::Iota { axis: *axis, dtype: DType::U32 });
                    push(fused::Instruction::Convert(index, small))
                }
            },
            graph::Instruction::Apply { op, arguments } => {
                let own: Vec<usize> = arguments.iter().map(|&a| registers[a]).collect();
                match apply(op, &own, region.dtypes[arguments[0]]) {
                    Applied::Same(register) => register,
                    Applied::As(instruction) => push(instruction),
                    Applied::Unknown => return Err(format!("`{}` inside a fused region", op.primitive().name())),
                }
            }
        };
    }
    for &(result, write) in results {
        let register = registers[result.register];
        let reduce = |kind, axes: &Vec<usize>| fused::Output::Reduce { register, kind, axes: axes.clone(), write };
        translated.outputs.push(match &result.kind {
            graph::ResultKind::Store(map) => {
                let strides = map.axes.iter().map(|axis| axis.stride).collect();
                fused::Output::Store { register, write, offset: map.offset, strides }
            }
            graph::ResultKind::ReduceSum { axes } => reduce(fused::Reduction::Sum, axes),
            graph::ResultKind::ReduceMax { axes } => reduce(fused::Reduction::Max, axes),
        });
    }
    Ok(translated)
}

/// Which instructions the results depend on.
fn needed(region: &graph::Region, results: &[(&graph::RegionResult, usize)]) -> Vec<bool> {
    let mut needed = vec![false; region.instructions.len()];
    results.iter().for_each(|(result, _)| needed[result.register] = true);
    for at in (0..region.instructions.len()).rev() {
        if let (true, graph::Instruction::Apply { arguments, .. }) = (needed[at], &region.instructions[at]) {
            arguments.iter().for_each(|&a| needed[a] = true);
        }
    }
    needed
}

fn axis(axis: &graph::AxisMap) -> fused::AxisMap {
    let window = axis.window.map(|w| fused::Window { low: w.low, step: w.step, size: w.size });
    fused::AxisMap { stride: axis.stride, window }
}

/// A constant in the given type: `f32` to nearest, integers towards zero and saturating.
pub(super) fn constant(dtype: DType, value: f64) -> fused::Constant {
    let bits = match dtype {
        DType::F32 => (value as f32).to_bits(),
        DType::I32 => value as i32 as u32,
        DType::U32 => value as u32,
        DType::U16 => u32::from(value as u16),
        DType::U8 => u32::from(value as u8),
        DType::Bool => u32::from(value != 0.0),
    };
    fused::Constant { dtype, bits }
}

enum Applied {
    /// The register of an argument.
    Same(usize),
    As(fused::Instruction),
    Unknown,
}

/// The instruction of a primitive; `dtype` is the type of its first argument.
fn apply(op: &Op, arguments: &[usize], dtype: DType) -> Applied {
    use fused::{Binary, Compare, Instruction, Unary};
    let unary = |function| Applied::As(Instruction::Unary(function, arguments[0]));
    let binary = |function| Applied::As(Instruction::Binary(function, arguments[0], arguments[1]));
    match op {
        Op::StopGradient(_) | Op::AllReduceSum(_) => Applied::Same(arguments[0]),
        Op::Convert(convert) if convert.dtype == dtype => Applied::Same(arguments[0]),
        Op::Convert(convert) => Applied::As(Instruction::Convert(arguments[0], convert.dtype)),
        Op::Neg(_) => unary(Unary::Neg),
        Op::Abs(_) => unary(Unary::Abs),
        Op::Sign(_) => unary(Unary::Sign),
        Op::Exp(_) => unary(Unary::Exp),
        Op::Expm1(_) => unary(Unary::Expm1),
        Op::Log(_) => unary(Unary::Log),
        Op::Log1p(_) => unary(Unary::Log1p),
        Op::Sqrt(_) => unary(Unary::Sqrt),
        Op::Sin(_) => unary(Unary::Sin),
        Op::Cos(_) => unary(Unary::Cos),
        Op::Tanh(_) => unary(Unary::Tanh),
        Op::Sigmoid(_) => unary(Unary::Sigmoid),
        Op::Erf(_) => unary(Unary::Erf),
        Op::Floor(_) => unary(Unary::Floor),
        Op::Not(_) => unary(Unary::Not),
        Op::Add(_) => binary(Binary::Add),
        Op::Sub(_) => binary(Binary::Sub),
        Op::Mul(_) => binary(Binary::Mul),
        Op::Div(_) => binary(Binary::Div),
        Op::Pow(_) => binary(Binary::Pow),
        Op::Maximum(_) => binary(Binary::Maximum),
        Op::Minimum(_) => binary(Binary::Minimum),
        Op::Logical(logical) => binary(match logical.kind {
            Connective::And => Binary::And,
            Connective::Or => Binary::Or,
        }),
        Op::Compare(compare) => {
            let relation = match compare.kind {
                Comparison::Equal => Compare::Eq,
                Comparison::Less => Compare::Lt,
                Comparison::LessEqual => Compare::Le,
                Comparison::Greater => Compare::Gt,
                Comparison::GreaterEqual => Compare::Ge,
            };
            Applied::As(Instruction::Compare(relation, arguments[0], arguments[1]))
        }
        Op::Select(_) => {
            Applied::As(Instruction::Select { condition: arguments[0], then: arguments[1], otherwise: arguments[2] })
        }
        _ => Applied::Unknown,
    }
}
