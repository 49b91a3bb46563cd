//! Learning-rate schedules: pure functions of the number of updates done, in `f64` on the host. Not here: who
//! writes the value before a run (`optimizers/`, `ganymede-gan`).
//!
//! To add one: a file with its struct (`configured!`) and its [`Decay`]; a line in the table below. It is then
//! read and written by name wherever a [`Scheduled`] number stands.

mod cosine_decay;
mod cosine_decay_restarts;
mod exponential_decay;
mod inverse_time_decay;
mod piecewise_constant_decay;
mod polynomial_decay;

pub use cosine_decay::CosineDecay;
pub use cosine_decay_restarts::CosineDecayRestarts;
pub use exponential_decay::ExponentialDecay;
pub use inverse_time_decay::InverseTimeDecay;
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;

use crate::arguments::IntoArgument;
use crate::config::{ConfigError, Invalid, nearest, shown};
use crate::family::{Written, by_value, family};
use serde_json::{Value, json};

/// What every schedule can do.
pub trait Decay {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument and what it should be.
    fn check(&self) -> Result<(), Invalid>;

    /// The value for the next update after `step` updates.
    fn value(&self, step: f64) -> f64;
}

family! {
    /// A schedule, by Keras's name.
    pub enum Schedule: Decay, "a schedule" {
        ExponentialDecay,
        InverseTimeDecay,
        PolynomialDecay,
        PiecewiseConstantDecay,
        CosineDecay,
        CosineDecayRestarts,
    }
}
by_value!(Schedule, "a schedule");

impl Schedule {
    /// The value for the next update after `step` updates.
    pub fn value(&self, step: u64) -> f64 {
        self.object().value(step as f64)
    }
}

/// A number that may follow a schedule: written as the number, or as the schedule's table.
#[derive(Clone, Debug, PartialEq)]
pub enum Scheduled {
    /// The same at every step.
    Constant(f64),
    /// A function of the step.
    Schedule(Schedule),
}

impl Scheduled {
    /// The value for the next update after `step` updates.
    pub fn value(&self, step: u64) -> f64 {
        match self {
            Scheduled::Constant(value) => *value,
            Scheduled::Schedule(schedule) => schedule.value(step),
        }
    }

    /// What a check looks at: a constant, or a schedule's values after 0, 1, 10, … 10⁹ updates; each with the number of updates.
    pub fn looks(&self) -> impl Iterator<Item = (u64, f64)> {
        let last = match self {
            Scheduled::Constant(_) => 0,
            Scheduled::Schedule(_) => 10,
        };
        [0].into_iter().chain((0..last).map(|n| 10u64.pow(n))).map(|step| (step, self.value(step)))
    }

    /// Requires what a check looks at to fulfil `holds`.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn require(
        &self,
        argument: &'static str,
        holds: impl Fn(f64) -> bool,
        expected: &str,
    ) -> Result<(), Invalid> {
        let fault = self.looks().map(|(_, value)| value).find(|&value| !holds(value));
        fault.map_or(Ok(()), |value| crate::family::require(argument, false, expected, value))
    }
}

impl From<f64> for Scheduled {
    fn from(value: f64) -> Self {
        Scheduled::Constant(value)
    }
}

impl<S: Into<Schedule>> From<S> for Scheduled {
    fn from(schedule: S) -> Self {
        Scheduled::Schedule(schedule.into())
    }
}

impl IntoArgument<Scheduled> for f64 {
    fn into_argument(self) -> Scheduled {
        self.into()
    }
}

impl<S: Into<Schedule>> IntoArgument<Scheduled> for S {
    fn into_argument(self) -> Scheduled {
        Scheduled::Schedule(self.into())
    }
}

impl Written for Scheduled {
    fn read_value(value: Value) -> Result<Self, Vec<ConfigError>> {
        match value.as_f64() {
            Some(value) => Ok(Scheduled::Constant(value)),
            // What is no finite number has no form in JSON.
            None if value.is_null() => {
                let (kind, found) = ("a finite number or a schedule", "nan or inf".into());
                Err(vec![ConfigError::Form { kind, found }])
            }
            // A text that is like no schedule may be anything.
            None if value.as_str().is_some_and(|name| nearest(name, Schedule::NAMES.iter().copied()).is_none()) => {
                Err(vec![ConfigError::Form { kind: "a number or a schedule", found: shown(&value) }])
            }
            None => Schedule::read_value(value).map(Scheduled::Schedule),
        }
    }

    fn write_value(&self) -> Value {
        match self {
            Scheduled::Constant(value) => json!(value),
            Scheduled::Schedule(schedule) => schedule.write_value(),
        }
    }
}
by_value!(Scheduled, "a number or a schedule");
