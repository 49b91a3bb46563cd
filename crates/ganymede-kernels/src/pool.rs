//! The thread pool: runs the numbered tasks of one kernel on a fixed set of threads.
//! Not here: how a kernel splits its work (each kernel does, by shape alone), and the reading of
//! data in the background (`ganymede-data`).

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Turns of the waiting loop before a thread sleeps: some tens of microseconds, longer than the
/// gap between two kernels of a step and shorter than anything a user would notice as load.
const SPINS: u32 = 1500;

/// The low bits of [`Shared::claim`] count the tasks not yet taken, the others number the run.
const TASK_BITS: u32 = 24;
const TASK_MASK: u64 = (1 << TASK_BITS) - 1;

/// Why a pool cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// A pool of zero threads was asked for.
    #[error("expected at least 1 thread, found 0")]
    NoThreads,
    /// The operating system refused a thread.
    #[error("cannot start thread {number} of {threads}: {source}")]
    Spawn {
        /// Which thread, counted from 1 (the caller's own).
        number: usize,
        /// How many were asked for.
        threads: usize,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl PoolError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            PoolError::NoThreads => "use as many threads as the machine has cores",
            PoolError::Spawn { .. } => "use fewer threads, or raise the limit on processes (`ulimit -u`)",
        }
    }
}

/// A fixed set of threads that run the tasks of one kernel at a time; the caller is one of them.
///
/// Tasks are handed out as threads become free, so which thread runs which task differs from run
/// to run: a kernel's result must not depend on it. A run allocates nothing. Idle threads wait
/// actively for a moment, then sleep.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held during a run: several threads may own a pool, and run one after the other.
    turn: Mutex<()>,
}

/// What a run is: lives on the stack of the caller until no task is pending.
struct Job<'a> {
    task: &'a (dyn Fn(usize) + Sync),
    first: usize,
    tasks: usize,
}

struct Shared {
    /// (number of the run, tasks not yet taken). A thread takes a task by lowering the count, and
    /// succeeds only while the run is the one it saw; the number has 40 bits, so it does not
    /// return within the life of a process.
    claim: AtomicU64,
    /// The current run's [`Job`]; valid for whoever has taken one of its tasks and not finished it.
    job: AtomicPtr<()>,
    /// Tasks of the current run that are not finished.
    pending: AtomicUsize,
    /// The first panic of the current run.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// Workers asleep, and whether the caller is; changed under `lock`.
    sleeping: AtomicU32,
    caller_sleeps: AtomicBool,
    stop: AtomicBool,
    lock: Mutex<()>,
    work: Condvar,
    done: Condvar,
    spins: u32,
}

thread_local! {
    /// Whether this thread is inside a task: a run started there is done on the spot.
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
}

impl Pool {
    /// A pool of `threads` threads, the caller of [`Pool::run`] included.
    ///
    /// # Errors
    /// [`PoolError`] when `threads` is 0 or the system does not give that many.
    pub fn new(threads: usize) -> Result<Pool, PoolError> {
        if threads == 0 {
            return Err(PoolError::NoThreads);
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared {
            claim: AtomicU64::new(0),
            job: AtomicPtr::new(std::ptr::null_mut()),
            pending: AtomicUsize::new(0),
            panic: Mutex::new(None),
            sleeping: AtomicU32::new(0),
            caller_sleeps: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            lock: Mutex::new(()),
            work: Condvar::new(),
            done: Condvar::new(),
            // More threads than cores: who spins takes the core of one who works.
            spins: if threads > cores { 0 } else { SPINS },
        });
        // The pool exists before its workers, so that an error on the way stops those already there.
        let mut pool = Pool { shared, workers: Vec::with_capacity(threads - 1), turn: Mutex::new(()) };
        for number in 2..=threads {
            let shared = Arc::clone(&pool.shared);
            let worker = std::thread::Builder::new()
                .name(format!("kernel-{number}"))
                .spawn(move || shared.work())
                .map_err(|source| PoolError::Spawn { number, threads, source })?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    /// How many threads run tasks, the caller included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `task(i)` once for every i in 0..`tasks`, on any thread and in any order, and returns
    /// when all calls have ended. From inside a task, the calls are made in order on that thread.
    ///
    /// # Panics
    /// When a task panics: with the first panic, after the other tasks have ended (without further
    /// threads, at once).
    pub fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        if tasks <= 1 || self.workers.is_empty() || IN_TASK.get() {
            for i in 0..tasks {
                task(i);
            }
            return;
        }
        let _turn = lock(&self.turn);
        let mut first = 0;
        while first < tasks {
            let part = (tasks - first).min(TASK_MASK as usize);
            self.run_part(&Job { task, first, tasks: part });
            first += part;
        }
    }

    fn run_part(&self, job: &Job<'_>) {
        let shared = &*self.shared;
        shared.pending.store(job.tasks, Ordering::Relaxed);
        shared.job.store(std::ptr::from_ref(job).cast_mut().cast(), Ordering::Relaxed);
        let run = (shared.claim.load(Ordering::Relaxed) >> TASK_BITS) + 1;
        shared.claim.store(run << TASK_BITS | job.tasks as u64, Ordering::SeqCst);
        if shared.sleeping.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&shared.lock);
            if job.tasks > self.workers.len() {
                shared.work.notify_all();
            } else {
                (1..job.tasks).for_each(|_| shared.work.notify_one());
            }
        }
        IN_TASK.set(true);
        while shared.take_one() {}
        IN_TASK.set(false);
        shared.wait_until_done();
        let panic = lock(&shared.panic).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Shared {
    /// Takes and runs one task of the current run; false when none is left.
    fn take_one(&self) -> bool {
        let mut seen = self.claim.load(Ordering::SeqCst);
        loop {
            if seen & TASK_MASK == 0 {
                return false;
            }
            match self.claim.compare_exchange_weak(seen, seen - 1, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        // SAFETY: this thread has just taken a task of the run, and `pending` still counts it, so
        // `run_part` has not returned: the job is alive on its stack. The exchange read the value
        // that `run_part` published after writing `job`, so the pointer is this run's.
        let job = unsafe { &*self.job.load(Ordering::Relaxed).cast::<Job<'_>>() };
        let index = job.first + job.tasks - (seen & TASK_MASK) as usize;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (job.task)(index))) {
            lock(&self.panic).get_or_insert(panic);
        }
        // After this line the job may be gone.
        if self.pending.fetch_sub(1, Ordering::SeqCst) == 1 && self.caller_sleeps.load(Ordering::SeqCst) {
            let _guard = lock(&self.lock);
            self.done.notify_all();
        }
        true
    }

    fn wait_until_done(&self) {
        for _ in 0..self.spins {
            if self.pending.load(Ordering::SeqCst) == 0 {
                return;
            }
            std::hint::spin_loop();
        }
        let mut guard = lock(&self.lock);
        self.caller_sleeps.store(true, Ordering::SeqCst);
        while self.pending.load(Ordering::SeqCst) != 0 {
            guard = self.done.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.caller_sleeps.store(false, Ordering::SeqCst);
    }

    /// A worker's life.
    fn work(&self) {
        IN_TASK.set(true);
        while !self.stop.load(Ordering::SeqCst) {
            if !self.take_one() {
                self.wait_for_work();
            }
        }
    }

    fn wait_for_work(&self) {
        let idle = || self.claim.load(Ordering::SeqCst) & TASK_MASK == 0 && !self.stop.load(Ordering::SeqCst);
        for _ in 0..self.spins {
            if !idle() {
                return;
            }
            std::hint::spin_loop();
        }
        let mut guard = lock(&self.lock);
        // Counted before the last look: a caller who publishes after that look sees the sleeper
        // and takes the lock, which is free only once this thread waits.
        self.sleeping.fetch_add(1, Ordering::SeqCst);
        while idle() {
            guard = self.work.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleeping.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        {
            let _guard = lock(&self.shared.lock);
            self.shared.work.notify_all();
        }
        for worker in self.workers.drain(..) {
            // Tasks' panics are caught, so a worker ends normally; were it not so, dropping a pool
            // would still not be the place to panic.
            let _ = worker.join();
        }
    }
}

/// Panics never happen while these locks are held; a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once() {
        for threads in 1..=5 {
            let pool = Pool::new(threads).unwrap();
            assert_eq!(pool.threads(), threads);
            for tasks in [0, 1, 2, 3, 7, 100, 1000] {
                for _ in 0..20 {
                    let counts: Vec<AtomicU32> = (0..tasks).map(|_| AtomicU32::new(0)).collect();
                    pool.run(tasks, &|i| {
                        counts[i].fetch_add(1, Ordering::Relaxed);
                    });
                    assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1), "{threads} threads, {tasks} tasks");
                }
            }
        }
    }

    #[test]
    fn sleeping_workers_wake_and_help() {
        let pool = Pool::new(2).unwrap();
        let caller = std::thread::current().id();
        // Ends only when the worker joins in: the caller waits inside its task for the other one.
        for _ in 0..5 {
            while pool.shared.sleeping.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            let arrived = AtomicU32::new(0);
            let others = AtomicU32::new(0);
            pool.run(2, &|_| {
                arrived.fetch_add(1, Ordering::SeqCst);
                others.fetch_add(u32::from(std::thread::current().id() != caller), Ordering::SeqCst);
                while arrived.load(Ordering::SeqCst) < 2 {
                    std::thread::yield_now();
                }
            });
            assert_eq!(others.load(Ordering::SeqCst), 1);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_survives() {
        for threads in [1, 2, 4] {
            let pool = Pool::new(threads).unwrap();
            for bad in [0, 13, 63] {
                let result = catch_unwind(AssertUnwindSafe(|| pool.run(64, &|i| assert!(i != bad, "task {i} fails"))));
                let panic = result.unwrap_err();
                assert_eq!(panic.downcast_ref::<String>().unwrap(), &format!("task {bad} fails"));
                let sum = AtomicUsize::new(0);
                pool.run(10, &|i| {
                    sum.fetch_add(i, Ordering::Relaxed);
                });
                assert_eq!(sum.load(Ordering::Relaxed), 45);
            }
        }
    }

    #[test]
    fn nested_runs_are_done_in_place_and_two_callers_take_turns() {
        let pool = Pool::new(3).unwrap();
        let sum = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        pool.run(8, &|_| {
                            let here = std::thread::current().id();
                            pool.run(4, &|i| {
                                assert_eq!(std::thread::current().id(), here);
                                sum.fetch_add(i, Ordering::Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(sum.load(Ordering::Relaxed), 2 * 50 * 8 * 6);
    }

    #[test]
    fn no_pool_without_threads() {
        assert!(matches!(Pool::new(0), Err(PoolError::NoThreads)));
    }
}
