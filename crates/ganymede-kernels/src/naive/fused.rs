//! What a fused region means: point by point, instruction by instruction.
//! Every `f32` result is computed in `f64` and rounded once; sums are kept in `f64`.

use ganymede_tensor::DType;

use crate::fused::{AxisMap, Binary, Buffer, Compare, Instruction, Operand, Output, Reduction, Region, Unary};

/// A register at one point: `f32` and `bool` (0 or 1) included, every value fits.
type Value = f64;

/// Runs `region` on buffers that are long enough.
///
/// # Panics
/// When the region is not valid or a buffer is too short.
pub fn run(region: &Region, reads: &[&[u8]], writes: &mut [&mut [u8]]) {
    let total: usize = region.extent.iter().product();
    let mut reductions: Vec<Vec<f64>> = region.outputs.iter().map(|o| reduction(region, o)).collect();
    for point in 0..total {
        let index = unravel(point, &region.extent);
        let mut values: Vec<(DType, Value)> = Vec::new();
        for instruction in &region.instructions {
            let value = evaluate(region, *instruction, &values, &index, reads, writes);
            values.push(value);
        }
        for (output, reduction) in region.outputs.iter().zip(&mut reductions) {
            let (dtype, value) = values[output.register()];
            match output {
                Output::Store { write, offset, strides, .. } => {
                    let at = offset + index.iter().zip(strides).map(|(&i, s)| i as isize * s).sum::<isize>();
                    put(writes[*write], dtype, at as usize, value);
                }
                Output::Reduce { kind, axes, .. } => {
                    let kept = (0..index.len()).filter(|axis| !axes.contains(axis));
                    let at = kept.fold(0, |at, axis| at * region.extent[axis] + index[axis]);
                    let sum = &mut reduction[at];
                    *sum = match kind {
                        Reduction::Sum => *sum + value,
                        Reduction::Max if sum.is_nan() || value.is_nan() => f64::NAN,
                        Reduction::Max => sum.max(value),
                    };
                }
            }
        }
    }
    for (output, reduction) in region.outputs.iter().zip(&reductions) {
        for (i, &value) in reduction.iter().enumerate() {
            put(writes[output.write()], DType::F32, i, f64::from(value as f32));
        }
    }
}

/// The identities a reduction starts from; nothing for a store.
fn reduction(region: &Region, output: &Output) -> Vec<f64> {
    let Output::Reduce { kind, axes, .. } = output else { return Vec::new() };
    let kept = (0..region.extent.len()).filter(|axis| !axes.contains(axis));
    let identity = match kind {
        Reduction::Sum => 0.0,
        Reduction::Max => f64::NEG_INFINITY,
    };
    vec![identity; kept.map(|axis| region.extent[axis]).product()]
}

fn unravel(point: usize, extent: &[usize]) -> Vec<usize> {
    let mut index = vec![0; extent.len()];
    let mut rest = point;
    for axis in (0..extent.len()).rev() {
        index[axis] = rest % extent[axis];
        rest /= extent[axis];
    }
    index
}

fn evaluate(
    region: &Region,
    instruction: Instruction,
    values: &[(DType, Value)],
    index: &[usize],
    reads: &[&[u8]],
    writes: &[&mut [u8]],
) -> (DType, Value) {
    match instruction {
        Instruction::Load(operand) => {
            let operand = &region.operands[operand];
            (operand.dtype, load(operand, index, reads, writes))
        }
        Instruction::Const(constant) => (constant.dtype, value_of(constant.dtype, constant.bits())),
        Instruction::Iota { axis, dtype } => (dtype, rounded(dtype, index[axis] as f64)),
        Instruction::Unary(function, a) => {
            let (dtype, x) = values[a];
            (dtype, rounded(dtype, unary(function, x)))
        }
        Instruction::Binary(function, a, b) => {
            let (dtype, x) = values[a];
            (dtype, rounded(dtype, binary(function, x, values[b].1)))
        }
        Instruction::Compare(relation, a, b) => {
            let (x, y) = (values[a].1, values[b].1);
            let holds = match relation {
                Compare::Eq => x == y,
                Compare::Ne => x != y,
                Compare::Lt => x < y,
                Compare::Le => x <= y,
                Compare::Gt => x > y,
                Compare::Ge => x >= y,
            };
            (DType::Bool, f64::from(u8::from(holds)))
        }
        Instruction::Select { condition, then, otherwise } => {
            values[if values[condition].1 == 1.0 { then } else { otherwise }]
        }
        Instruction::Convert(a, to) => (to, converted(values[a].1, to)),
    }
}

fn load(operand: &Operand, index: &[usize], reads: &[&[u8]], writes: &[&mut [u8]]) -> Value {
    let mut at = operand.offset;
    for (&i, AxisMap { stride, window }) in index.iter().zip(&operand.axes) {
        let mut source = i as isize;
        if let Some(window) = window {
            source -= window.low;
            let step = window.step as isize;
            if source % step != 0 || source / step < 0 || source / step >= window.size as isize {
                return value_of(operand.dtype, operand.fill.bits());
            }
            source /= step;
        }
        at += source * stride;
    }
    let bytes = match operand.read {
        Buffer::Read(i) => reads[i],
        Buffer::Write(i) => writes[i],
    };
    let size = operand.dtype.bytes();
    let element = &bytes[at as usize * size..][..size];
    let mut bits = [0; 4];
    bits[..size].copy_from_slice(element);
    value_of(operand.dtype, u32::from_le_bytes(bits))
}

fn value_of(dtype: DType, bits: u32) -> Value {
    match dtype {
        DType::F32 => f64::from(f32::from_bits(bits)),
        DType::I32 => f64::from(bits as i32),
        _ => f64::from(bits),
    }
}

fn put(bytes: &mut [u8], dtype: DType, at: usize, value: Value) {
    let size = dtype.bytes();
    let bits = match dtype {
        DType::F32 => (value as f32).to_bits(),
        DType::I32 => value as i32 as u32,
        _ => value as u32,
    };
    bytes[at * size..][..size].copy_from_slice(&bits.to_le_bytes()[..size]);
}

/// A result in the type of its register: floats rounded.
fn rounded(dtype: DType, x: f64) -> f64 {
    if dtype == DType::F32 { f64::from(x as f32) } else { x }
}

fn converted(x: f64, to: DType) -> f64 {
    match to {
        DType::F32 => f64::from(x as f32),
        DType::I32 => f64::from(x as i32),
        DType::U32 => f64::from(x as u32),
        DType::U16 => f64::from(x as u16),
        DType::U8 => f64::from(x as u8),
        DType::Bool => f64::from(u8::from(x != 0.0)),
    }
}

fn unary(function: Unary, x: f64) -> f64 {
    match function {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Sign if x == 0.0 || x.is_nan() => x,
        Unary::Sign => x.signum(),
        Unary::Exp => x.exp(),
        Unary::Expm1 => x.exp_m1(),
        Unary::Log => x.ln(),
        Unary::Log1p => x.ln_1p(),
        Unary::Sqrt => x.sqrt(),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tanh => x.tanh(),
        Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Unary::Erf => libm::erf(x),
        Unary::Floor => x.floor(),
        Unary::Not => 1.0 - x,
    }
}

fn binary(function: Binary, x: f64, y: f64) -> f64 {
    match function {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Pow => x.powf(y),
        Binary::Maximum | Binary::Minimum if x.is_nan() || y.is_nan() => f64::NAN,
        Binary::Maximum => {
            if x >= y {
                x
            } else {
                y
            }
        }
        Binary::Minimum => {
            if x <= y {
                x
            } else {
                y
            }
        }
        Binary::And => x.min(y),
        Binary::Or => x.max(y),
    }
}
