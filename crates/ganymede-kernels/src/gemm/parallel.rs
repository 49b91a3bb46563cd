//! What the drivers share: tasks with scratch of their own, and the output that several tasks write.

use super::tile::PANEL;
use crate::isa::{Isa, Kernel, Simd};
use crate::pool::Pool;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Called with finished rows of the output: (number of the first row, the rows), once for every row.
pub type Epilogue<'a> = Option<&'a (dyn Fn(usize, &mut [f32]) + Sync)>;

/// The output, which tasks write at places that do not overlap.
#[derive(Clone, Copy)]
pub struct Output {
    start: *mut f32,
    len: usize,
}

// SAFETY: it is only a pointer; whoever writes through it says why nobody else does there.
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Output {}

impl Output {
    /// The output `c`, which must outlive every use (it does: drivers make one per call).
    pub fn new(c: &mut [f32]) -> Output {
        Output { start: c.as_mut_ptr(), len: c.len() }
    }

    /// Where it starts.
    pub fn start(self) -> *mut f32 {
        self.start
    }

    /// The floats from `first` to `first + count`.
    ///
    /// # Safety
    /// They must lie within the output, and nothing else may refer to them while the slice lives.
    pub unsafe fn part<'a>(self, first: usize, count: usize) -> &'a mut [f32] {
        debug_assert!(first + count <= self.len);
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(first), count) }
    }
}

/// Counts how many tasks of each block are done, so that who does the last one can go on with the block.
pub struct Finished<'a> {
    counts: &'a [AtomicU32],
    tasks: u32,
}

impl<'a> Finished<'a> {
    /// Blocks of so many tasks each, as many as there are floats to count in.
    pub fn new(counts: &'a mut [f32], tasks: usize) -> Finished<'a> {
        counts.fill(0.0);
        let (start, len) = (counts.as_mut_ptr().cast::<AtomicU32>(), counts.len());
        // SAFETY: a float has the size and alignment of a counter, 0.0 its bits of 0, and the floats stay borrowed.
        Finished { counts: unsafe { std::slice::from_raw_parts(start, len) }, tasks: tasks as u32 }
    }

    /// One task of a block is done; whether it was the last one. What the others wrote can be read then.
    pub fn one(&self, block: usize) -> bool {
        self.counts[block].fetch_add(1, Ordering::AcqRel) + 1 == self.tasks
    }
}

/// Calls `body(task, scratch)` once for every task; each thread has `each` floats of `scratch` to itself.
///
/// # Panics
/// When `scratch` is shorter than `each` times the number of threads (or tasks, if they are fewer).
pub fn with_scratch(
    pool: &Pool,
    tasks: usize,
    scratch: &mut [f32],
    each: usize,
    body: &(dyn Fn(usize, &mut [f32]) + Sync),
) {
    let workers = pool.threads().min(tasks);
    assert!(scratch.len() >= workers * each);
    let (scratch, next) = (Output::new(scratch), AtomicUsize::new(0));
    pool.run(workers, &|worker| {
        // SAFETY: `run` calls with each worker's number once, and these parts do not overlap.
        let own = unsafe { scratch.part(worker * each, each) };
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                break;
            }
            body(task, own);
        }
    });
}

/// Calls the epilogue on all rows of `c`, in blocks of about 16 kB.
pub fn run_epilogue(pool: &Pool, c: &mut [f32], columns: usize, epilogue: Epilogue<'_>) {
    let Some(epilogue) = epilogue else { return };
    if columns == 0 || c.is_empty() {
        return;
    }
    let rows = c.len() / columns;
    let block = (4096 / columns).clamp(1, rows);
    let c = Output::new(c);
    pool.run(rows.div_ceil(block), &|task| {
        let first = task * block;
        let count = block.min(rows - first);
        // SAFETY: the blocks are within the rows and do not overlap.
        epilogue(first, unsafe { c.part(first * columns, count * columns) });
    });
}

/// c = the sum of the pieces, in their order.
pub fn add_pieces(pool: &Pool, isa: Isa, pieces: &[f32], c: &mut [f32]) {
    const BLOCK: usize = 4096;
    let len = c.len();
    let out = Output::new(c);
    pool.run(len.div_ceil(BLOCK), &|task| {
        let first = task * BLOCK;
        // SAFETY: the blocks are within C and do not overlap.
        let c = unsafe { out.part(first, BLOCK.min(len - first)) };
        c.copy_from_slice(&pieces[first..][..c.len()]);
        for piece in pieces.chunks_exact(len).skip(1) {
            isa.dispatch(Add(c, &piece[first..][..c.len()]));
        }
    });
}

struct Add<'a>(&'a mut [f32], &'a [f32]);

impl Kernel for Add<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (c, x) in self.0.chunks_mut(PANEL).zip(self.1.chunks(PANEL)) {
            if c.len() == PANEL {
                s.store(c, s.add(s.load(c), s.load(x)));
            } else {
                s.store_partial(c, s.add(s.load_partial(c), s.load_partial(x)));
            }
        }
    }
}
