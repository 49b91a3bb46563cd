//! The time of a training, with what is no training kept apart. Not here: when things are due (`mod.rs`).

use std::time::{Duration, Instant};

/// How long a training goes on. A pause is what goes to checkpoints, grids of samples and evaluations.
pub(super) struct Clock {
    now: Box<dyn Fn() -> Duration>,
    paused: Duration,
    /// What the processes before this one trained.
    before: Duration,
}

impl Clock {
    /// One that starts now.
    pub fn start() -> Clock {
        let started = Instant::now();
        Clock::of(move || started.elapsed())
    }

    /// One that reads the time from `now`.
    pub fn of(now: impl Fn() -> Duration + 'static) -> Clock {
        Clock { now: Box::new(now), paused: Duration::ZERO, before: Duration::ZERO }
    }

    /// The same, after so much time in other processes.
    pub fn after(self, before: Duration) -> Clock {
        Clock { before, ..self }
    }

    /// The time of all processes at a reading of [`elapsed`](Clock::elapsed).
    pub fn total(&self, reading: Duration) -> Duration {
        self.before.saturating_add(reading)
    }

    /// All of the time of this process.
    pub fn elapsed(&self) -> Duration {
        (self.now)()
    }

    /// All of the pauses.
    pub fn paused(&self) -> Duration {
        self.paused
    }

    /// The time without the pauses.
    pub fn trained(&self) -> Duration {
        self.elapsed().saturating_sub(self.paused)
    }

    /// The time from a reading to now.
    pub fn since(&self, reading: Duration) -> Duration {
        self.elapsed().saturating_sub(reading)
    }

    /// The time from a reading to now was a pause.
    pub fn pause(&mut self, reading: Duration) {
        self.paused += self.since(reading);
    }
}
