//! From calls on buffers to calls on memory: states and dying values are updated in place, the rest gets offsets by
//! lifetime. Not here: which calls there are (`lower.rs`), how offsets are found (`ganymede_graph::plan`).

use super::inplace;
use super::kernel::{Draft, Kernel};
use super::memory::aligned;
use crate::{KernelInfo, MemoryReport, RuntimeError};
use ganymede_graph::plan;
use ganymede_kernels::arena::{Access, Span};
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
    pub fn plan(mut self, threads: usize) -> Result<Planned, RuntimeError> {
        inplace::update_states(&mut self);
        inplace::reuse_operands(&mut self);
        let calls = std::mem::take(&mut self.calls);
        // (first, last) call that touches each root buffer.
        let mut lives: Vec<Option<(usize, usize)>> = vec![None; self.buffers.len()];
        let mut kernels = Vec::with_capacity(calls.len());
        let mut scratches = Vec::with_capacity(calls.len());
        for (at, call) in calls.iter().enumerate() {
            for slice in call.reads.iter().chain(&call.writes) {
                let life = &mut lives[self.resolve(*slice).buffer];
                *life = Some(life.map_or((at, at), |(first, _)| (first, at)));
            }
            let kernel = call.kernel.compile(&call.info)?;
            scratches.push(kernel.scratch_bytes(threads));
            kernels.push(kernel);
        }
        let mut requests = Vec::new();
        let mut request = |bytes: usize, first, last| {
            requests.push(plan::Request { bytes: aligned(bytes), first, last });
            requests.len() - 1
        };
        let mut fixed = 0usize;
        let places: Vec<Place> = self
            .buffers
            .iter()
            .zip(&lives)
            .map(|(buffer, life)| match (buffer.home, life) {
                (Home::Arena, &Some((first, last))) => Place::Requested(request(buffer.bytes, first, last)),
                // Never touched: it has no elements that anyone reads.
                (Home::Arena, None) => Place::At(Span { memory: ARENA, offset: 0, bytes: 0 }),
                (Home::Fixed, _) => {
                    let offset = fixed;
                    fixed = fixed.saturating_add(aligned(buffer.bytes));
                    Place::At(Span { memory: FIXED, offset, bytes: buffer.bytes })
                }
                (Home::State(span), _) => Place::At(Span { memory: span.memory + STORE, ..span }),
                (Home::Part { .. }, _) => Place::Resolved,
            })
            .collect();
        let scratch_requests: Vec<usize> = scratches.iter().enumerate().map(|(at, &b)| request(b, at, at)).collect();
        let layout = plan::memory(&requests);
        let own = |id: BufferId| match places[id] {
            Place::Requested(request) => {
                Span { memory: ARENA, offset: layout.offsets[request], bytes: self.buffers[id].bytes }
            }
            Place::At(span) => span,
            Place::Resolved => Span { memory: ARENA, offset: 0, bytes: 0 },
        };
        let span = |slice: Slice| {
            let slice = self.resolve(slice);
            let home = own(slice.buffer);
            Span { memory: home.memory, offset: home.offset + slice.offset, bytes: slice.bytes }
        };
        let mut bound = Vec::with_capacity(calls.len());
        let mut infos = Vec::with_capacity(calls.len());
        for ((call, kernel), (&bytes, &request)) in
            calls.into_iter().zip(kernels).zip(scratches.iter().zip(&scratch_requests))
        {
            let reads = call.reads.iter().map(|&slice| span(slice)).collect();
            let mut writes: Vec<Span> = call.writes.iter().map(|&slice| span(slice)).collect();
            if bytes > 0 {
                writes.push(Span { memory: ARENA, offset: layout.offsets[request], bytes });
            }
            let what = || format!("kernel {} of {}", call.info.name, call.info.scope);
            let access = Access::new(reads, writes).map_err(|source| RuntimeError::Memory { what: what(), source })?;
            bound.push(Bound { kernel, access });
            infos.push(call.info);
        }
        let spans = (0..self.buffers.len()).map(|id| span(self.whole(id))).collect();
        let scratch_bytes = scratches.into_iter().max().unwrap_or(0);
        let memory = MemoryReport { arena_bytes: layout.total, fixed_bytes: fixed, scratch_bytes };
        Ok(Planned { calls: bound, infos, spans, memory })
    }
}

enum Place {
    Requested(usize),
    At(Span),
    Resolved,
}
