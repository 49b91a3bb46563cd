//! Fused regions: element-wise work and reductions over one iteration space, given as data and interpreted in tiles
//! that fit into the first-level cache, in one pass over memory.
//!
//! [`Region`] says what; [`Compiled`] runs it, over a whole tensor or as an [`Epilogue`] on finished rows.
//! To add an instruction: a variant in `ganymede_tensor::region`, its primitive in `ganymede-graph`, its types in `check.rs`, its vector loop in `ops.rs`, its
//! meaning in `naive/fused.rs`. Not here: which nodes of a graph make a region (`ganymede-graph`).

mod chain;
mod check;
mod collapse;
mod compile;
mod copy;
mod error;
mod interpret;
mod ops;
mod reduce;
mod region;
mod split;

pub use error::RegionError;
pub use region::{
    AxisMap, Binary, Buffer, Compare, Constant, Instruction, Operand, Output, PaddedRange, Reduction, Region, Register,
    Unary, dense_strides,
};

use std::sync::atomic::{AtomicUsize, Ordering};

use compile::Step;
use interpret::{Buffers, Combine, Task, Work};
use reduce::Fold;
use split::{Share, Split};

use crate::isa::{Isa, LANES};
use crate::pool::Pool;

/// Most axes of an iteration space.
pub const MAX_RANK: usize = 8;

/// Words of a task's registers and wide accumulators, on its stack.
const FILE: usize = 32 * 1024;

/// Most write buffers of an epilogue, the matrix included.
const EPILOGUE_WRITES: usize = 16;

/// Partial results from which on combining them is shared between threads, and how many outputs a task then has.
const COMBINE_SHARED: usize = 1 << 16;
const COMBINE_OUTPUTS: usize = 1024;

/// A region made ready to run.
///
/// The result is a function of the inputs and the instruction set's arithmetic alone: points are split by shape, and
/// partial results are added in that order, for any number of threads.
#[derive(Debug, Default)]
pub struct Compiled {
    /// (bytes, alignment) of the buffers.
    reads: Vec<(usize, usize)>,
    writes: Vec<(usize, usize)>,
    total: usize,
    /// Whether write buffer 0 can be the matrix of an epilogue.
    dense: bool,
    /// Size of the last axis after collapsing.
    period: usize,
    tile: usize,
    uniforms: usize,
    periodics: usize,
    uniform_steps: Vec<Step>,
    periodic_steps: Vec<Step>,
    steps: Vec<Step>,
    folds: Vec<Fold>,
    shares: Vec<Share>,
    /// Where the wide accumulators begin in a task's registers.
    wide_at: usize,
    split: Split,
}

/// A region that finishes rows of a matrix while they are in cache; see [`Compiled::epilogue`].
pub struct Epilogue<'a> {
    compiled: &'a Compiled,
    isa: Isa,
    columns: usize,
    reads: &'a [&'a [u8]],
    /// Addresses of the write buffers, exclusively borrowed for 'a; that of the matrix is set at each call.
    writes: [*mut u8; EPILOGUE_WRITES],
    scratch: &'a [f32],
    /// Address of the matrix, once it is known; 0 before.
    matrix: AtomicUsize,
}

// SAFETY: calls at the same time are on different rows (see `apply`), and touch what belongs to them.
unsafe impl Sync for Epilogue<'_> {}
// SAFETY: as above; the buffers are borrowed, not bound to a thread.
unsafe impl Send for Epilogue<'_> {}

impl Compiled {
    /// Checks a region and makes it ready.
    ///
    /// # Errors
    /// [`RegionError`]: what is wrong with it, and where.
    pub fn new(region: &Region) -> Result<Compiled, RegionError> {
        compile::compile(region)
    }

    /// How many floats of scratch a run needs.
    pub fn scratch_len(&self) -> usize {
        self.partial_at(self.folds.len())
    }

    /// Bytes that each read buffer must have at least.
    pub fn read_bytes(&self) -> impl Iterator<Item = usize> {
        self.reads.iter().map(|&(bytes, _)| bytes)
    }

    /// Bytes that each written buffer must have at least.
    pub fn write_bytes(&self) -> impl Iterator<Item = usize> {
        self.writes.iter().map(|&(bytes, _)| bytes)
    }

    /// Runs the region.
    ///
    /// # Errors
    /// [`RegionError`] when buffers are missing, too short or not aligned for their elements, or scratch is too
    /// short; nothing is written then.
    pub fn run(
        &self,
        pool: &Pool,
        isa: Isa,
        reads: &[&[u8]],
        writes: &mut [&mut [u8]],
        scratch: &mut [f32],
    ) -> Result<(), RegionError> {
        self.check(reads, scratch.len())?;
        let found = writes.iter().map(|write| (write.as_ptr().addr(), write.len()));
        check_buffers("write", &self.writes, found)?;
        if self.total == 0 {
            for fold in &self.folds {
                let bytes = self.writes[fold.write].0;
                crate::arena::view_mut::<f32>(&mut writes[fold.write][..bytes]).fill(fold.identity());
            }
            return Ok(());
        }
        with_addresses(writes, |writes| {
            let buffers = Buffers { reads, writes, scratch: scratch.as_mut_ptr() };
            isa.dispatch(Task { compiled: self, buffers, work: Work::Prelude });
            let block = |block| isa.dispatch(Task { compiled: self, buffers, work: Work::Block(block) });
            pool.run(self.split.blocks, &block);
            self.combine(pool, isa, buffers);
        });
        Ok(())
    }

    fn combine(&self, pool: &Pool, isa: Isa, buffers: Buffers<'_>) {
        for (fold, share) in self.shares.iter().enumerate() {
            let Share::Partial { outputs, blocks } = *share else { continue };
            let parts = outputs.div_ceil(COMBINE_OUTPUTS);
            let task = |i: usize| {
                let (group, start) = (i / parts, i % parts * COMBINE_OUTPUTS);
                let len = COMBINE_OUTPUTS.min(outputs - start);
                isa.dispatch(Combine { compiled: self, buffers, fold, group, start, len });
            };
            let tasks = self.split.blocks / blocks * parts;
            if self.split.blocks * outputs >= COMBINE_SHARED {
                pool.run(tasks, &task);
            } else {
                (0..tasks).for_each(task);
            }
        }
    }

    /// Makes ready to apply the region to rows of a matrix as they are finished. The matrix, of `columns` columns and
    /// as many elements as the region has points, is write buffer 0: dense, `f32`, read or updated in place. `writes`
    /// are the write buffers from 1 on.
    ///
    /// # Errors
    /// [`RegionError`] when the region reduces or takes buffer 0 otherwise, or as [`Compiled::run`].
    pub fn epilogue<'a>(
        &'a self,
        isa: Isa,
        columns: usize,
        reads: &'a [&'a [u8]],
        writes: &'a mut [&mut [u8]],
        scratch: &'a mut [f32],
    ) -> Result<Epilogue<'a>, RegionError> {
        if let Some(found) = self.unfit_as_epilogue(columns) {
            return Err(RegionError::Epilogue { found });
        }
        self.check(reads, scratch.len())?;
        let found = writes.iter().map(|write| (write.as_ptr().addr(), write.len()));
        check_buffers("further write", self.writes.get(1..).unwrap_or_default(), found)?;
        if self.total > 0 {
            // The prelude does not touch write buffers.
            let buffers = Buffers { reads, writes: std::ptr::null(), scratch: scratch.as_mut_ptr() };
            isa.dispatch(Task { compiled: self, buffers, work: Work::Prelude });
        }
        let mut addresses = [std::ptr::null_mut(); EPILOGUE_WRITES];
        addresses[1..].iter_mut().zip(writes).for_each(|(address, write)| *address = write.as_mut_ptr());
        Ok(Epilogue { compiled: self, isa, columns, reads, writes: addresses, scratch, matrix: AtomicUsize::new(0) })
    }

    /// What keeps the region from being an epilogue.
    fn unfit_as_epilogue(&self, columns: usize) -> Option<String> {
        if !self.folds.is_empty() {
            Some("a reduction".to_string())
        } else if self.writes.len() > EPILOGUE_WRITES {
            Some(format!("{} write buffers", self.writes.len()))
        } else if !self.dense {
            Some("another map or type there".to_string())
        } else if self.total > 0 && (columns == 0 || !self.total.is_multiple_of(columns)) {
            Some(format!("{} points and {columns} columns", self.total))
        } else {
            None
        }
    }

    fn check(&self, reads: &[&[u8]], scratch: usize) -> Result<(), RegionError> {
        check_buffers("read", &self.reads, reads.iter().map(|read| (read.as_ptr().addr(), read.len())))?;
        let (expected, found) = (self.scratch_len() * 4, scratch * 4);
        if found < expected {
            return Err(RegionError::TooShort { what: "scratch", buffer: 0, expected, found });
        }
        Ok(())
    }

    /// Where periodic register k begins in scratch; after the last one: where they end.
    fn periodic_at(&self, k: usize) -> usize {
        self.uniforms * LANES + k * self.periodic_len()
    }

    /// Words of a periodic register: a tile may begin anywhere in the period.
    fn periodic_len(&self) -> usize {
        (self.period + self.tile).next_multiple_of(LANES)
    }

    /// Where the accumulators of a fold's blocks begin in scratch; of none: where they end.
    fn partial_at(&self, fold: usize) -> usize {
        let before = self.shares.iter().take(fold).map(|share| match share {
            Share::Own { .. } => 0,
            Share::Partial { outputs, .. } => (self.split.blocks * outputs).next_multiple_of(LANES),
        });
        self.periodic_at(self.periodics) + before.sum::<usize>()
    }
}

impl Epilogue<'_> {
    /// Applies the region to consecutive rows of the matrix, of which `rows` are the values and `first_row` is the
    /// number of the first. May be called from several threads at a time.
    ///
    /// # Panics
    /// When these are not whole rows of the matrix, or of another matrix than in the first call.
    pub fn apply(&self, first_row: usize, rows: &mut [f32]) {
        let first = first_row.saturating_mul(self.columns);
        let within = first <= self.compiled.total && rows.len() <= self.compiled.total - first;
        let whole = within && rows.len().is_multiple_of(self.columns.max(1));
        assert!(whole, "expected whole rows of {} of the matrix", self.columns);
        if rows.is_empty() {
            return;
        }
        let start = rows.as_mut_ptr().wrapping_sub(first).cast::<u8>();
        // All rows are those of one matrix, so the exclusive borrow of `rows` makes these points this call's alone,
        // and with them what they write in other buffers.
        let other = self.matrix.compare_exchange(0, start.addr(), Ordering::Relaxed, Ordering::Relaxed);
        assert!(other.is_ok() || other == Err(start.addr()), "expected rows of one matrix, found another");
        let mut writes = self.writes;
        writes[0] = start;
        // The prelude has written scratch; from here on it is only read.
        let scratch = self.scratch.as_ptr().cast_mut();
        let buffers = Buffers { reads: self.reads, writes: writes.as_ptr(), scratch };
        let work = Work::Stretch { first, len: rows.len() };
        self.isa.dispatch(Task { compiled: self.compiled, buffers, work });
    }
}

/// Calls `f` with the addresses of the buffers.
fn with_addresses(writes: &mut [&mut [u8]], f: impl FnOnce(*const *mut u8)) {
    const INLINE: usize = 32;
    let mut addresses = [std::ptr::null_mut(); INLINE];
    if writes.len() <= INLINE {
        addresses.iter_mut().zip(writes).for_each(|(address, write)| *address = write.as_mut_ptr());
        return f(addresses.as_ptr());
    }
    let addresses: Vec<*mut u8> = writes.iter_mut().map(|write| write.as_mut_ptr()).collect();
    f(addresses.as_ptr());
}

/// Checks count, length and alignment of buffers given as (address, bytes).
fn check_buffers(
    what: &'static str,
    needed: &[(usize, usize)],
    found: impl ExactSizeIterator<Item = (usize, usize)>,
) -> Result<(), RegionError> {
    if found.len() < needed.len() {
        return Err(RegionError::Buffers { what, expected: needed.len(), found: found.len() });
    }
    for (buffer, (&(expected, alignment), (address, found))) in needed.iter().zip(found).enumerate() {
        if found < expected {
            return Err(RegionError::TooShort { what, buffer, expected, found });
        }
        if expected > 0 && !address.is_multiple_of(alignment) {
            return Err(RegionError::Misaligned { what, buffer, alignment, address });
        }
    }
    Ok(())
}
