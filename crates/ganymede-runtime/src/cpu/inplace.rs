//! Writing a new value over an old one that nobody reads any more: states, and operands of a fused region that die
//! in it. Not here: offsets (`plan.rs`).

use super::kernel::Draft;
use super::lower::copy;
use super::plan::{BufferId, Home, Lowered, Slice};
use ganymede_kernels::fused::{Buffer, Operand, Output, Region};

/// Gives every assigned value the place of its state where no reader of the old value is left when it is written;
/// other values are copied at the end of the run.
pub(super) fn update_states(lowered: &mut Lowered) {
    for (state, value) in std::mem::take(&mut lowered.assigns) {
        let root = lowered.resolve(value);
        if root == lowered.whole(state) {
            continue;
        }
        if root == lowered.whole(root.buffer) && lowered.buffers[root.buffer].home == Home::Arena && take_over(lowered, root.buffer, state) {
            continue;
        }
        let call = copy(value, lowered.whole(state), "assign");
        lowered.calls.push(call);
    }
}

/// Makes `value` a part of `old` if that changes nothing for readers of `old`.
fn take_over(lowered: &mut Lowered, value: BufferId, old: BufferId) -> bool {
    let touches = |slices: &[Slice], buffer| slices.iter().any(|&slice| lowered.resolve(slice).buffer == buffer);
    let mut writers = lowered.calls.iter().enumerate().filter(|(_, c)| touches(&c.writes, value)).map(|(at, _)| at);
    let (Some(first), second) = (writers.next(), writers.next()) else { return false };
    let last_reader = lowered.calls.iter().rposition(|call| touches(&call.reads, old));
    let free = match last_reader {
        None => true,
        Some(reader) if reader < first => true,
        Some(reader) if reader == first && second.is_none() => update_in_place(lowered, first, value, old),
        Some(_) => false,
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
        let call = &lowered.calls[at];
        if matches!(call.kernel, Draft::Fused(_)) {
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

/// Rewrites call `at`, if it is a fused region that stores `value` exactly where it reads `old`, to update in place.
fn update_in_place(lowered: &mut Lowered, at: usize, value: BufferId, old: BufferId) -> bool {
    let call = &lowered.calls[at];
    let Draft::Fused(region) = &call.kernel else { return false };
    let whole = |slice: Slice, buffer| lowered.resolve(slice) == lowered.whole(buffer);
    let root = |slice: &Slice| lowered.resolve(*slice).buffer;
    let Some(write) = call.writes.iter().position(|&s| whole(s, value)) else { return false };
    let Some(read) = call.reads.iter().position(|&s| whole(s, old)) else { return false };
    // Another read of the same memory would see it change; so would another write.
    let alone = call.reads.iter().filter(|s| root(s) == old).count() == 1
        && !call.writes.iter().any(|s| root(s) == old)
        && !region.operands.iter().any(|o| o.buffer == Buffer::Write(write));
    let here = |operand: &&Operand| operand.buffer == Buffer::Read(read);
    if !alone || !region.operands.iter().filter(here).all(|operand| stored_there(region, write, operand)) {
        return false;
    }
    let Draft::Fused(region) = &mut lowered.calls[at].kernel else { return false };
    for operand in &mut region.operands {
        match &mut operand.buffer {
            buffer if *buffer == Buffer::Read(read) => *buffer = Buffer::Write(write),
            Buffer::Read(index) if *index > read => *index -= 1,
            _ => {}
        }
    }
    lowered.calls[at].reads.remove(read);
    true
}

/// Whether every point stores to the written buffer exactly where it reads the operand.
fn stored_there(region: &Region, write: usize, operand: &Operand) -> bool {
    region.outputs.iter().any(|output| match output {
        Output::Store { write: to, offset, strides, register } => {
            *to == write
                && *offset == operand.offset
                && register_dtype(region, *register) == Some(operand.dtype)
                && operand.axes.iter().zip(strides).all(|(axis, stride)| axis.window.is_none() && axis.stride == *stride)
        }
        Output::Reduce { .. } => false,
    })
}
