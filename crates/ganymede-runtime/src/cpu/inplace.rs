//! Writing a new value over an old one that nobody reads any more: states, and operands of a fused region that die
//! in it. Not here: offsets (`plan.rs`).

use super::lower::copy;
use super::plan::{BufferId, Home, Lowered, Slice};
use ganymede_kernels::fused::{Buffer, Operand, Output, Region};
use ganymede_tensor::DType;

/// Gives every assigned value the place of its state where no reader of the old value is left when it is written;
/// other values are copied at the end of the run.
pub(super) fn update_states(lowered: &mut Lowered) {
    let uses = Uses::of(lowered);
    for (state, value) in std::mem::take(&mut lowered.assigns) {
        let root = lowered.resolve(value);
        if root == lowered.whole(state) {
            continue;
        }
        let whole = root == lowered.whole(root.buffer) && lowered.buffers[root.buffer].home == Home::Arena;
        if !whole || !take_over(lowered, &uses, root.buffer, state) {
            let call = copy(value, lowered.whole(state), "assign");
            lowered.calls.push(call);
        }
    }
}

/// Who touches each buffer.
struct Uses {
    /// The first call that writes it.
    first_write: Vec<Option<usize>>,
    writes: Vec<usize>,
    /// The last call that reads it.
    last_read: Vec<Option<usize>>,
}

impl Uses {
    fn of(lowered: &Lowered) -> Uses {
        let n = lowered.buffers.len();
        let mut uses = Uses { first_write: vec![None; n], writes: vec![0; n], last_read: vec![None; n] };
        for (at, call) in lowered.calls.iter().enumerate() {
            for slice in &call.writes {
                let buffer = lowered.resolve(*slice).buffer;
                uses.first_write[buffer].get_or_insert(at);
                uses.writes[buffer] += 1;
            }
            for slice in &call.reads {
                uses.last_read[lowered.resolve(*slice).buffer] = Some(at);
            }
        }
        uses
    }
}

/// Makes `value` a part of the state `old` if that changes nothing for readers of `old`.
fn take_over(lowered: &mut Lowered, uses: &Uses, value: BufferId, old: BufferId) -> bool {
    let Some(first) = uses.first_write[value] else { return false };
    let free = match uses.last_read[old] {
        None => true,
        Some(reader) if reader < first => true,
        Some(reader) => reader == first && uses.writes[value] == 1 && update_in_place(lowered, first, value, old),
    };
    if free {
        lowered.buffers[value].home = Home::Part { of: old, offset: 0 };
    }
    free
}

/// Lets outputs of fused regions take the place of operands of the arena that die there.
pub(super) fn reuse_operands(lowered: &mut Lowered) {
    let mut last_use = vec![0; lowered.buffers.len()];
    for (at, call) in lowered.calls.iter().enumerate() {
        for &slice in call.reads.iter().chain(&call.writes) {
            last_use[lowered.resolve(slice).buffer] = at;
        }
    }
    let mut written = vec![false; lowered.buffers.len()];
    for at in 0..lowered.calls.len() {
        let arena = |lowered: &Lowered, slice: Slice| {
            let root = lowered.resolve(slice);
            let whole = root == lowered.whole(root.buffer) && lowered.buffers[root.buffer].home == Home::Arena;
            whole.then_some(root.buffer)
        };
        if lowered.calls[at].kernel.region_mut().is_some() {
            let call = &lowered.calls[at];
            let new: Vec<BufferId> =
                call.writes.iter().filter_map(|&s| arena(lowered, s)).filter(|&id| !written[id]).collect();
            for value in new {
                let size = lowered.buffers[value].bytes;
                let dying = lowered.calls[at].reads.iter().filter_map(|&s| arena(lowered, s));
                let candidates: Vec<BufferId> =
                    dying.filter(|&id| last_use[id] == at && lowered.buffers[id].bytes == size && size > 0).collect();
                let taken = candidates.into_iter().find(|&old| update_in_place(lowered, at, value, old));
                if let Some(old) = taken {
                    lowered.buffers[value].home = Home::Part { of: old, offset: 0 };
                    last_use[old] = last_use[value];
                }
            }
        }
        for &slice in &lowered.calls[at].writes {
            written[lowered.resolve(slice).buffer] = true;
        }
    }
}

/// Rewrites call `at`, if it has a fused region that stores `value` exactly where it reads `old`, to update in place.
fn update_in_place(lowered: &mut Lowered, at: usize, value: BufferId, old: BufferId) -> bool {
    let root = |lowered: &Lowered, slice: &Slice| lowered.resolve(*slice).buffer;
    let whole = |lowered: &Lowered, slice: &Slice, buffer| lowered.resolve(*slice) == lowered.whole(buffer);
    let call = &lowered.calls[at];
    let Some(write) = call.writes.iter().position(|s| whole(lowered, s, value)) else { return false };
    let Some(read) = call.reads.iter().position(|s| whole(lowered, s, old)) else { return false };
    // Another read of the same memory would see it change; so would another write.
    let alone = call.reads.iter().filter(|s| root(lowered, s) == old).count() == 1
        && !call.writes.iter().any(|s| root(lowered, s) == old);
    let dtype = lowered.buffers[value].dtype;
    let Some((region, first)) = lowered.calls[at].kernel.region_mut() else { return false };
    let Some(number) = read.checked_sub(first) else { return false };
    let mut operands = region.operands.iter();
    let fits = operands.all(|operand| match operand.read {
        Buffer::Read(index) => index != number || stored_there(region, write, dtype, operand),
        Buffer::Write(index) => index != write,
    });
    if !alone || !fits {
        return false;
    }
    for operand in &mut region.operands {
        match &mut operand.read {
            buffer if *buffer == Buffer::Read(number) => *buffer = Buffer::Write(write),
            Buffer::Read(index) if *index > number => *index -= 1,
            _ => {}
        }
    }
    lowered.calls[at].reads.remove(read);
    true
}

/// Whether every point stores to the written buffer exactly where it reads the operand.
fn stored_there(region: &Region, write: usize, dtype: DType, operand: &Operand) -> bool {
    region.outputs.iter().any(|output| match output {
        Output::Store { write: to, offset, strides, .. } => {
            *to == write
                && *offset == operand.offset
                && dtype == operand.dtype
                && operand
                    .axes
                    .iter()
                    .zip(strides)
                    .all(|(axis, stride)| axis.window.is_none() && axis.stride == *stride)
        }
        Output::Reduce { .. } => false,
    })
}
