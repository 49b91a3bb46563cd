//! From calls on buffers to calls on memory: states and dying values are updated in place, the rest gets offsets by
//! lifetime. Not here: which calls there are (`lower.rs`), how offsets are found (`ganymede_graph::plan`).

use super::inplace;
use super::kernel::{Draft, Kernel};
use super::memory::aligned;
use crate::{KernelInfo, MemoryReport, RuntimeError};
use ganymede_graph::plan;
use ganymede_kernels::arena::{Access, Span};
use ganymede_kernels::conv::Numerics;
use ganymede_tensor::DType;

/// Memory of values that live within a run.
pub(super) const ARENA: u8 = 0;
/// Memory of inputs, outputs and constants.
pub(super) const FIXED: u8 = 1;
/// The first of the store's memories.
pub(super) const STORE: u8 = 2;

/// Index of a buffer.
pub(super) type BufferId = usize;

/// Room for one value.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    pub bytes: usize,
    pub dtype: DType,
    pub home: Home,
}

/// Where a buffer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Placed by lifetime.
    Arena,
    /// An input, output or constant: a place of its own.
    Fixed,
    /// A state: the span counts the store's own memories.
    State(Span),
    /// Inside another buffer.
    Part { of: BufferId, offset: usize },
}

/// Bytes of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub buffer: BufferId,
    pub offset: usize,
    pub bytes: usize,
}

/// One kernel call before it has memory.
#[derive(Debug)]
pub(super) struct Call {
    pub kernel: Draft,
    pub reads: Vec<Slice>,
    pub writes: Vec<Slice>,
    pub info: KernelInfo,
}

/// Everything that a program does, on buffers.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    /// Name of the graph.
    pub program: String,
    pub buffers: Vec<Buffer>,
    pub calls: Vec<Call>,
    /// (state, its new value), values that are read before they would be overwritten.
    pub assigns: Vec<(BufferId, Slice)>,
}

/// A kernel call, ready to run.
pub(super) struct Bound {
    pub kernel: Kernel,
    pub access: Access,
}

/// Calls on memory.
pub(super) struct Planned {
    pub calls: Vec<Bound>,
    pub infos: Vec<KernelInfo>,
    /// Where each buffer lies.
    pub spans: Vec<Span>,
    pub memory: MemoryReport,
}

impl Lowered {
    pub fn buffer(&mut self, bytes: usize, dtype: DType, home: Home) -> BufferId {
        self.buffers.push(Buffer { bytes, dtype, home });
        self.buffers.len() - 1
    }

    /// All of a buffer.
    pub fn whole(&self, buffer: BufferId) -> Slice {
        Slice { buffer, offset: 0, bytes: self.buffers[buffer].bytes }
    }

    /// The slice as bytes of a buffer that is not part of another.
    pub fn resolve(&self, mut slice: Slice) -> Slice {
        while let Home::Part { of, offset } = self.buffers[slice.buffer].home {
            slice = Slice { buffer: of, offset: slice.offset + offset, ..slice };
        }
        slice
    }

    /// Places everything. `threads` counts for kernels whose scratch is per thread.
    pub fn plan(mut self, threads: usize, numerics: Numerics) -> Result<Planned, RuntimeError> {
        inplace::update_states(&mut self);
        inplace::reuse_operands(&mut self);
        let lives = self.lives()?;
        let calls = std::mem::take(&mut self.calls);
        let kernels: Vec<Kernel> = calls
            .iter()
            .map(|call| call.kernel.compile(numerics).map_err(|reason| call.info.failed(&self.program, reason)))
            .collect::<Result<_, _>>()?;
        let scratches: Vec<usize> = kernels.iter().map(|kernel| kernel.scratch_bytes(threads)).collect();
        let (roots, scratch_spans, memory) = self.arrange(&lives, &scratches);
        let span = |slice: Slice| {
            let slice = self.resolve(slice);
            let root = roots[slice.buffer];
            Span { memory: root.memory, offset: root.offset + slice.offset, bytes: slice.bytes }
        };
        let (mut bound, mut infos) = (Vec::with_capacity(calls.len()), Vec::with_capacity(calls.len()));
        for ((mut call, kernel), scratch) in calls.into_iter().zip(kernels).zip(scratch_spans) {
            let reads = call.reads.iter().map(|&slice| span(slice)).collect();
            let writes = call.writes.iter().map(|&slice| span(slice)).chain(scratch).collect();
            let access = Access::new(reads, writes).map_err(|e| call.info.failed(&self.program, e.to_string()))?;
            (call.info.algorithm, call.info.reason) =
                kernel.choice().map(|choice| (choice.name, choice.reason)).unzip();
            bound.push(Bound { kernel, access });
            infos.push(call.info);
        }
        let spans = (0..self.buffers.len()).map(|id| span(self.whole(id))).collect();
        Ok(Planned { calls: bound, infos, spans, memory })
    }

    /// The first and last call that touches each root buffer.
    ///
    /// # Errors
    /// When a value of the arena is read before it is written.
    fn lives(&self) -> Result<Vec<Option<Life>>, RuntimeError> {
        let mut lives: Vec<Option<Life>> = vec![None; self.buffers.len()];
        for (at, call) in self.calls.iter().enumerate() {
            let touched = call.reads.iter().map(|slice| (slice, true)).chain(call.writes.iter().map(|s| (s, false)));
            for (&slice, read) in touched {
                let root = self.resolve(slice).buffer;
                if read && lives[root].is_none() && self.buffers[root].home == Home::Arena && slice.bytes > 0 {
                    return Err(call.info.failed(&self.program, "it reads a value before it is written".into()));
                }
                lives[root] = Some((lives[root].map_or(at, |(first, _)| first), at));
            }
        }
        Ok(lives)
    }

    /// Where each root buffer and each call's scratch lies, and how much memory that takes.
    fn arrange(&self, lives: &[Option<Life>], scratches: &[usize]) -> (Vec<Span>, Vec<Option<Span>>, MemoryReport) {
        let mut requests = Vec::new();
        let mut fixed = 0usize;
        let nowhere = Span { memory: ARENA, offset: 0, bytes: 0 };
        let mut roots = vec![nowhere; self.buffers.len()];
        let mut requested = Vec::new();
        for (id, buffer) in self.buffers.iter().enumerate() {
            match (buffer.home, lives[id]) {
                (Home::Arena, Some((first, last))) => {
                    requests.push(plan::Request { bytes: buffer.bytes, first, last });
                    requested.push(id);
                }
                (Home::Fixed, _) => {
                    roots[id] = Span { memory: FIXED, offset: fixed, bytes: buffer.bytes };
                    fixed = fixed.saturating_add(aligned(buffer.bytes));
                }
                (Home::State(span), _) => roots[id] = Span { memory: span.memory + STORE, ..span },
                // Untouched, or part of another.
                (Home::Arena, None) | (Home::Part { .. }, _) => {}
            }
        }
        requests.extend(scratches.iter().enumerate().map(|(at, &bytes)| plan::Request { bytes, first: at, last: at }));
        let layout = plan::memory(&requests);
        let (offsets, scratch_offsets) = layout.offsets.split_at(requested.len());
        for (&id, &offset) in requested.iter().zip(offsets) {
            roots[id] = Span { memory: ARENA, offset, bytes: self.buffers[id].bytes };
        }
        let scratch_span = |(&bytes, &offset)| (bytes > 0).then_some(Span { memory: ARENA, offset, bytes });
        let scratch_spans = scratches.iter().zip(scratch_offsets).map(scratch_span).collect();
        let scratch_bytes = scratches.iter().copied().max().unwrap_or(0);
        (roots, scratch_spans, MemoryReport { arena_bytes: layout.total, fixed_bytes: fixed, scratch_bytes })
    }
}

/// The first and the last call that touches a buffer.
type Life = (usize, usize);
