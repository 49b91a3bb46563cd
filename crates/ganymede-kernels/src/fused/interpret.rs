//! Runs the steps of a compiled region tile by tile with the vectors of one instruction set.
//! Not here: what the steps are (`compile.rs`), which points a task has (`split.rs`).

use std::mem::MaybeUninit;

use ganymede_tensor::DType;

use super::compile::{Place, Step};
use super::copy::Elements;
use super::ops::{Cursor, Op, apply};
use super::reduce::{MAX_WIDE, NO_ROW};
use super::region::Buffer;
use super::split::Share;
use super::{Compiled, FILE};
use crate::isa::{Kernel, LANES, Simd};

/// The buffers of a run, as addresses that tasks share.
///
/// Every buffer has the length that the region was checked to need. Tasks read reads, and write disjoint elements of
/// writes: stores are injective, accumulators belong to one block, and what is read in a write buffer is the very
/// element that the same point stores.
#[derive(Clone, Copy)]
pub(super) struct Buffers<'a> {
    pub reads: &'a [&'a [u8]],
    /// As many as the region writes.
    pub writes: *const *mut u8,
    /// As many floats as the region's scratch.
    pub scratch: *mut f32,
}

// SAFETY: see above: tasks never touch an element that another one writes.
unsafe impl Sync for Buffers<'_> {}
// SAFETY: as above.
unsafe impl Send for Buffers<'_> {}

impl Buffers<'_> {
    #[inline(always)]
    fn address(&self, buffer: Buffer) -> *mut u8 {
        match buffer {
            Buffer::Read(i) => self.reads[i].as_ptr().cast_mut(),
            // SAFETY: there are as many addresses as the region has write buffers.
            Buffer::Write(i) => unsafe { *self.writes.add(i) },
        }
    }
}

/// The registers of a tile.
#[repr(align(64))]
struct File([MaybeUninit<u32>; FILE]);

/// A part of a run on one thread. One type, so that the interpreter is compiled once per instruction set.
pub(super) struct Task<'a> {
    pub compiled: &'a Compiled,
    pub buffers: Buffers<'a>,
    pub work: Work,
}

/// What a task does.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// What is computed once per run: uniform and periodic registers. Before everything else.
    Prelude,
    /// The points of a block, and its accumulators.
    Block(usize),
    /// Consecutive points, without reductions.
    Stretch { first: usize, len: usize },
}

/// One task's view of a run.
struct Frame<'a> {
    compiled: &'a Compiled,
    buffers: Buffers<'a>,
    slots: *mut u32,
    /// First point of the tile, the same within the period, and the tile's length.
    first: usize,
    phase: usize,
    len: usize,
    block: usize,
    /// Output 0's accumulator of each fold is here, were it this block's; and the row of its wide accumulators.
    rows: [usize; MAX_WIDE],
}

impl Kernel for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut file = File([MaybeUninit::uninit(); FILE]);
        let compiled = self.compiled;
        let block = if let Work::Block(block) = self.work { block } else { 0 };
        let slots = file.0.as_mut_ptr().cast();
        let buffers = self.buffers;
        let mut frame = Frame { compiled, buffers, slots, first: 0, phase: 0, len: 0, block, rows: [NO_ROW; MAX_WIDE] };
        if let Work::Block(block) = self.work {
            frame.clear_accumulators(block);
        }
        let mut part = 0;
        while let Some((steps, start, len)) = self.part(part) {
            part += 1;
            let mut done = 0;
            while done < len {
                (frame.first, frame.len) = (start + done, compiled.tile.min(len - done));
                frame.phase = frame.first % compiled.period;
                // SAFETY: the buffers are as `Buffers` says, tasks are disjoint, and the prelude comes first.
                unsafe { frame.tile(s, steps) };
                done += frame.len;
            }
        }
        match self.work {
            Work::Prelude => frame.extend_periods(),
            Work::Block(_) => frame.flush_accumulators(),
            Work::Stretch { .. } => {}
        }
    }
}

impl<'a> Task<'a> {
    /// The parts of the task, one after the other: (steps, first point, number of points).
    #[inline(always)]
    fn part(&self, part: usize) -> Option<(&'a [Step], usize, usize)> {
        let compiled = self.compiled;
        match (self.work, part) {
            (Work::Prelude, 0) => Some((&compiled.uniform_steps, 0, LANES)),
            (Work::Prelude, 1) if compiled.periodics > 0 => Some((&compiled.periodic_steps, 0, compiled.period)),
            (Work::Block(block), part) => {
                let runs = compiled.split.runs(block);
                (part < runs.count).then(|| (&compiled.steps[..], runs.start + part * runs.stride, runs.len))
            }
            (Work::Stretch { first, len }, 0) => Some((&compiled.steps, first, len)),
            _ => None,
        }
    }
}

impl<'a> Frame<'a> {
    /// The accumulators of a block begin as those of nothing.
    #[inline(always)]
    fn clear_accumulators(&mut self, block: usize) {
        let runs = self.compiled.split.runs(block);
        for (i, fold) in self.compiled.folds.iter().enumerate() {
            let (first, len) = self.compiled.shares[i].outputs(block, &runs);
            let to = self.accumulators(i).wrapping_add(first);
            // SAFETY: these accumulators are this block's alone.
            unsafe {
                (0..len).for_each(|j| *to.add(j) = fold.identity());
                if let Some(wide) = fold.wide {
                    fold.flush(to, self.wide(i), &mut self.rows[wide.number]);
                }
            }
        }
    }

    #[inline(always)]
    fn flush_accumulators(&mut self) {
        for (i, fold) in self.compiled.folds.iter().enumerate() {
            if let Some(wide) = fold.wide {
                // SAFETY: these accumulators are this block's alone.
                unsafe { fold.flush(self.accumulators(i), self.wide(i), &mut self.rows[wide.number]) };
            }
        }
    }

    /// After one period of a periodic register comes as much of the next as a tile can reach.
    #[inline(always)]
    fn extend_periods(&self) {
        let compiled = self.compiled;
        for k in 0..compiled.periodics {
            let at = self.buffers.scratch.wrapping_add(compiled.periodic_at(k));
            for i in compiled.period..compiled.periodic_len() {
                // SAFETY: scratch has room for the registers, and no other task runs yet.
                unsafe { *at.add(i) = *at.add(i - compiled.period) };
            }
        }
    }

    /// # Safety
    /// The buffers are as [`Buffers`] says, these points are this task's, and what the steps take is computed.
    #[inline(always)]
    unsafe fn tile<S: Simd>(&mut self, s: S, steps: &[Step]) {
        let (first, len) = (self.first, self.len);
        for step in steps {
            // SAFETY: every place is valid for the tile, by construction (`compile.rs`) and the caller's promise.
            unsafe {
                match step {
                    Step::Compute { op, arguments, to } => {
                        let step = |place| if matches!(place, Place::Uniform(_)) { 0 } else { LANES };
                        let [a, b, c] = *arguments;
                        let steps = [step(a), step(b), step(c)];
                        let (a, b, c, to) = (self.at(a), self.at(b), self.at(c), self.at(*to));
                        let cursor = Cursor { a, b, c, to, steps, vectors: len / LANES };
                        apply(s, *op, cursor, len % LANES);
                    }
                    Step::Constant { bits, to } => {
                        let to = self.at(*to);
                        (0..len).for_each(|i| *to.add(i) = *bits);
                    }
                    Step::Load { buffer, dtype, walk, fill, to } => {
                        let at = buffer.map(|buffer| self.buffers.address(buffer).cast_const());
                        let elements = match (at, dtype) {
                            (None, DType::F32) => Elements::FloatNumbers,
                            (None, _) => Elements::Numbers,
                            (Some(at), DType::F32 | DType::I32 | DType::U32) => Elements::Words(at.cast()),
                            (Some(at), DType::U16) => Elements::Halves(at.cast()),
                            (Some(at), DType::U8) => Elements::Bytes(at),
                            (Some(at), DType::Bool) => Elements::Truths(at),
                        };
                        walk.gather(elements, *fill, first, len, self.at(*to));
                    }
                    Step::Store { from, dtype, walk, write } => {
                        let to = self.buffers.address(Buffer::Write(*write));
                        walk.scatter(*dtype, self.at(*from), first, len, to);
                    }
                    Step::Reduce { from, fold } => {
                        let (to, wide) = (self.accumulators(*fold), self.wide(*fold));
                        let from = self.at(*from).cast_const().cast();
                        let fold = &self.compiled.folds[*fold];
                        let row = &mut self.rows[fold.wide.map_or(0, |wide| wide.number)];
                        fold.add(s, to, (wide, row), from, first, len);
                    }
                }
            }
        }
    }

    /// Where the tile's values of a place begin.
    #[inline(always)]
    fn at(&self, place: Place) -> *mut u32 {
        let compiled = self.compiled;
        match place {
            Place::Slot(slot) => self.slots.wrapping_add(slot * compiled.tile),
            Place::Uniform(k) => self.buffers.scratch.wrapping_add(k * LANES).cast(),
            Place::Periodic(k) => self.buffers.scratch.wrapping_add(compiled.periodic_at(k) + self.phase).cast(),
            Place::Dense(buffer, offset) => {
                let address = self.buffers.address(buffer).cast::<u32>();
                address.wrapping_offset(offset).wrapping_add(self.first)
            }
        }
    }

    /// Where output 0's accumulator of a fold would be, were it among this block's.
    #[inline(always)]
    fn accumulators(&self, fold: usize) -> *mut f32 {
        let compiled = self.compiled;
        match compiled.shares[fold] {
            Share::Own { .. } => self.buffers.address(Buffer::Write(compiled.folds[fold].write)).cast(),
            Share::Partial { outputs, blocks } => {
                let own = self.buffers.scratch.wrapping_add(compiled.partial_at(fold) + self.block * outputs);
                own.wrapping_sub(self.block / blocks * outputs)
            }
        }
    }

    /// The task's wide accumulators of a fold.
    #[inline(always)]
    fn wide(&self, fold: usize) -> *mut f32 {
        let before = self.compiled.folds[..fold].iter().filter_map(|fold| fold.wide);
        let offset: usize = before.map(|wide| wide.period).sum();
        self.slots.wrapping_add(self.compiled.wide_at + offset).cast()
    }
}

/// Adds up the accumulators of the blocks, in block order: `len` outputs of fold `fold` from `start` on.
pub(super) struct Combine<'a> {
    pub compiled: &'a Compiled,
    pub buffers: Buffers<'a>,
    pub fold: usize,
    /// Which of the groups of blocks.
    pub group: usize,
    pub start: usize,
    pub len: usize,
}

impl Kernel for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Share::Partial { outputs, blocks } = self.compiled.shares[self.fold] else { return };
        let fold = &self.compiled.folds[self.fold];
        let to = self.buffers.address(Buffer::Write(fold.write)).cast::<f32>();
        let to = to.wrapping_add(self.group * outputs + self.start);
        let partial = self.buffers.scratch.wrapping_add(self.compiled.partial_at(self.fold) + self.start);
        // SAFETY: the group's outputs and partial results; each is written by one task.
        unsafe {
            (0..self.len).for_each(|j| *to.add(j) = fold.identity());
            for block in self.group * blocks..(self.group + 1) * blocks {
                fold.merge(s, to, partial.add(block * outputs), self.len);
            }
        }
    }
}

const _: () = assert!(size_of::<Op>() <= 16);
