//! Whether a region makes sense: references, types, addresses; what compiling and running rely on.
//! Not here: how it runs.

use ganymede_tensor::DType;

use super::region::{AxisMap, Binary, Buffer, Constant, Instruction, Operand, Output, Region, Unary, dense_strides};
use super::{MAX_RANK, RegionError};

/// Sizes, strides and offsets are below this, so that sums and products of them fit into 128 bits.
const LIMIT: i128 = 1 << 48;

/// What checking finds out.
pub(super) struct Checked {
    /// Type of each register.
    pub types: Vec<DType>,
    /// (bytes, alignment) that each read buffer must have.
    pub reads: Vec<(usize, usize)>,
    /// The same of each write buffer.
    pub writes: Vec<(usize, usize)>,
    /// Whether write buffer 0 is touched as a dense `f32` matrix only: the element of every point's number.
    pub dense: bool,
}

pub(super) fn check(region: &Region) -> Result<Checked, RegionError> {
    let rank = region.extent.len();
    if rank > MAX_RANK {
        return Err(RegionError::Rank { found: rank });
    }
    let mut points = 1;
    for &size in &region.extent {
        points = limited("the extent", (size as i128).saturating_mul(points.max(1)))?;
    }
    let mut checked = Checked { types: types(region)?, reads: Vec::new(), writes: Vec::new(), dense: true };
    let dense = |dtype, offset, axes: &[AxisMap]| {
        let dense = dense_strides(&region.extent);
        let fits = |((&size, axis), &stride): ((&usize, &AxisMap), &isize)| {
            axis.window.is_none() && (size == 1 || axis.stride == stride)
        };
        dtype == DType::F32 && offset == 0 && region.extent.iter().zip(axes).zip(&dense).all(fits)
    };
    for (i, operand) in region.operands.iter().enumerate() {
        let place = format!("operand {i}");
        constant(&place, operand.fill, operand.dtype)?;
        let end = reach(&place, &region.extent, operand.offset, &operand.axes)?;
        if operand.read == Buffer::Write(0) {
            checked.dense &= dense(operand.dtype, operand.offset, &operand.axes);
        }
        match operand.read {
            Buffer::Read(buffer) => need(&mut checked.reads, buffer, end, operand.dtype),
            Buffer::Write(buffer) => need(&mut checked.writes, buffer, end, operand.dtype),
        }
    }
    for (i, output) in region.outputs.iter().enumerate() {
        let Some(&dtype) = checked.types.get(output.register()) else {
            let expected = "an existing register";
            return Err(RegionError::Output { output: i, expected, found: format!("register {}", output.register()) });
        };
        let clash = |other: &usize| !disjoint(region, &checked.types, output, &region.outputs[*other]);
        if let Some(other) = (0..i).find(clash) {
            return Err(RegionError::WrittenTwice { output: i, other, write: output.write() });
        }
        let end = match output {
            Output::Store { offset, strides, .. } => {
                let axes: Vec<AxisMap> = strides.iter().map(|&stride| AxisMap::stride(stride)).collect();
                let end = reach(&format!("output {i}"), &region.extent, *offset, &axes)?;
                if !injective(&region.extent, strides) {
                    let (strides, extent) = (strides.clone(), region.extent.clone());
                    return Err(RegionError::Collision { output: i, strides, extent });
                }
                if output.write() == 0 {
                    checked.dense &= dense(dtype, *offset, &axes);
                }
                end
            }
            Output::Reduce { axes, .. } => reduced(region, i, axes, dtype)?,
        };
        need(&mut checked.writes, output.write(), end, dtype);
    }
    region.operands.iter().enumerate().try_for_each(|(i, operand)| in_place(region, &checked.types, i, operand))?;
    Ok(checked)
}

fn limited(place: &str, found: i128) -> Result<i128, RegionError> {
    if (-LIMIT..LIMIT).contains(&found) {
        Ok(found)
    } else {
        Err(RegionError::TooLarge { place: place.to_string(), found })
    }
}

fn need(buffers: &mut Vec<(usize, usize)>, buffer: usize, elements: usize, dtype: DType) {
    if buffers.len() <= buffer {
        buffers.resize(buffer + 1, (0, 1));
    }
    let (bytes, alignment) = &mut buffers[buffer];
    *bytes = (*bytes).max(elements * dtype.bytes());
    *alignment = (*alignment).max(dtype.bytes());
}

/// How many elements a map needs: one more than the last that it reaches.
fn reach(place: &str, extent: &[usize], offset: isize, axes: &[AxisMap]) -> Result<usize, RegionError> {
    if axes.len() != extent.len() {
        return Err(RegionError::Axes { place: place.to_string(), expected: extent.len(), found: axes.len() });
    }
    let (mut low, mut high) = (limited(place, offset as i128)?, offset as i128);
    let mut any = true;
    for (&size, axis) in extent.iter().zip(axes) {
        let stride = limited(place, axis.stride as i128)?;
        let (first, last) = match axis.window {
            None => (0, size as i128 - 1),
            Some(window) => {
                let (start, step) = (limited(place, window.low as i128)?, limited(place, window.step as i128)?);
                if step == 0 {
                    return Err(RegionError::Step { place: place.to_string() });
                }
                let last = limited(place, window.size as i128)? - 1;
                ((-start + step - 1).div_euclid(step).max(0), (size as i128 - 1 - start).div_euclid(step).min(last))
            }
        };
        any &= first <= last;
        low += (stride * first).min(stride * last);
        high += (stride * first).max(stride * last);
    }
    if !any {
        return Ok(0);
    }
    if low < 0 {
        return Err(RegionError::Negative { place: place.to_string(), element: low });
    }
    Ok(limited(place, high)? as usize + 1)
}

/// Whether no two points share an element: each stride steps over all that the smaller ones reach.
fn injective(extent: &[usize], strides: &[isize]) -> bool {
    let mut axes: Vec<(usize, usize)> =
        extent.iter().zip(strides).filter(|(e, _)| **e > 1).map(|(&e, s)| (s.unsigned_abs(), e)).collect();
    axes.sort_unstable();
    let mut reached = 0u128;
    axes.into_iter().all(|(stride, size)| {
        let free = stride as u128 > reached;
        reached += stride as u128 * (size as u128 - 1);
        free
    }) || extent.contains(&0)
}

/// Whether two outputs write different elements: in different buffers, or along the same strides from elements that
/// are so far apart that "which of the two" is like one more axis.
fn disjoint(region: &Region, types: &[DType], a: &Output, b: &Output) -> bool {
    match (a, b) {
        _ if a.write() != b.write() => true,
        (
            Output::Store { register, offset, strides, .. },
            Output::Store { register: other_register, offset: other_offset, strides: other_strides, .. },
        ) => {
            let (mut extent, mut strides) = (region.extent.clone(), strides.clone());
            let same = strides == *other_strides && types[*register] == types[*other_register];
            extent.push(2);
            strides.push(offset - other_offset);
            same && injective(&extent, &strides)
        }
        _ => false,
    }
}

fn reduced(region: &Region, output: usize, axes: &[usize], dtype: DType) -> Result<usize, RegionError> {
    if dtype != DType::F32 {
        return Err(RegionError::Output { output, expected: "a register of f32", found: dtype.to_string() });
    }
    if !axes.is_sorted_by(|a, b| a < b) || axes.iter().any(|&axis| axis >= region.extent.len()) {
        let expected = "ascending axes of the iteration space";
        return Err(RegionError::Output { output, expected, found: format!("{axes:?}") });
    }
    let kept = (0..region.extent.len()).filter(|axis| !axes.contains(axis));
    Ok(kept.map(|axis| region.extent[axis]).product())
}

/// An operand in a write buffer must be the very element that is stored at the same point.
fn in_place(region: &Region, types: &[DType], index: usize, operand: &Operand) -> Result<(), RegionError> {
    let Buffer::Write(buffer) = operand.read else { return Ok(()) };
    let same = |output: &Output| match output {
        Output::Store { register, write, offset, strides } => {
            let axes = || region.extent.iter().zip(&operand.axes).zip(strides).filter(|((e, _), _)| **e > 1);
            *write == buffer
                && types[*register] == operand.dtype
                && *offset == operand.offset
                && operand.axes.iter().all(|axis| axis.window.is_none())
                && axes().all(|((_, axis), stride)| axis.stride == *stride)
        }
        Output::Reduce { .. } => false,
    };
    let written = region.outputs.iter().any(|output| output.write() == buffer);
    if !written || region.outputs.iter().any(same) {
        return Ok(());
    }
    Err(RegionError::InPlace { operand: index, write: buffer })
}

fn constant(place: &str, constant: Constant, dtype: DType) -> Result<(), RegionError> {
    match constant.dtype == dtype {
        true => Ok(()),
        false => Err(RegionError::Constant { place: place.to_string(), dtype, found: constant.dtype }),
    }
}

/// The type of each register.
fn types(region: &Region) -> Result<Vec<DType>, RegionError> {
    let mut types: Vec<DType> = Vec::with_capacity(region.instructions.len());
    for (i, instruction) in region.instructions.iter().enumerate() {
        let below = |what, limit: usize, found| match found < limit {
            true => Ok(()),
            false => Err(RegionError::Reference { instruction: i, what, limit, found }),
        };
        instruction.arguments().try_for_each(|register| below("a register", i, register))?;
        let wrong = |expected: &str, found| RegionError::Type { instruction: i, expected: expected.to_string(), found };
        let same = |a: usize, b: usize| match types[a] == types[b] {
            true => Ok(types[a]),
            false => Err(wrong(types[a].name(), types[b])),
        };
        types.push(match *instruction {
            Instruction::Load(operand) => {
                below("an operand", region.operands.len(), operand)?;
                region.operands[operand].dtype
            }
            Instruction::Const(value) => value.dtype,
            Instruction::Iota { axis, dtype } => {
                below("an axis", region.extent.len(), axis)?;
                let values = match dtype {
                    DType::Bool => 0,
                    _ => 1usize.checked_shl(8 * dtype.bytes() as u32).unwrap_or(usize::MAX),
                };
                if region.extent[axis] > values {
                    return Err(wrong("a number that holds every index", dtype));
                }
                dtype
            }
            Instruction::Unary(function, a) => match (function, types[a]) {
                (Unary::Not, DType::Bool) => DType::Bool,
                (Unary::Not, found) => return Err(wrong("bool", found)),
                (_, DType::F32) => DType::F32,
                (_, found) => return Err(wrong("f32", found)),
            },
            Instruction::Binary(function, a, b) => match (function, same(a, b)?) {
                (Binary::And | Binary::Or, DType::Bool) => DType::Bool,
                (Binary::And | Binary::Or, found) => return Err(wrong("bool", found)),
                (_, DType::F32) => DType::F32,
                (_, found) => return Err(wrong("f32", found)),
            },
            Instruction::Compare(_, a, b) => same(a, b).map(|_| DType::Bool)?,
            Instruction::Select { condition, then, otherwise } => match types[condition] {
                DType::Bool => same(then, otherwise)?,
                found => return Err(wrong("bool", found)),
            },
            Instruction::Convert(_, dtype) => dtype,
        });
    }
    Ok(types)
}
