//! A monitor steers a training: it sees each step and returns actions. Each action is a line of `events.jsonl`, by
//! which a resumed run does the same without the monitor. Not here: doing it (`mod.rs`), showing a run
//! (`events::Observer`).

use super::timeline::Scalars;
use ganymede_runtime::Store;

/// What a monitor sees after a step.
#[non_exhaustive]
pub struct Seen<'a> {
    /// Steps done; where numbers are not finite, without this one.
    pub step: u64,
    /// Each term's loss by `<phase>/<term>`.
    pub losses: &'a [(String, f32)],
    /// What terms show beside their losses, by `<phase>/<term>/<number>`.
    pub numbers: &'a [(String, f32)],
    /// (phase, what) of everything that is not finite; nothing of the step was applied, and without
    /// [`Action::RollBack`] the training ends.
    pub non_finite: &'a [(String, String)],
    /// Scalars with another value than the spec's.
    pub scalars: &'a Scalars,
    /// The states: parameters, slots, statistics, averages.
    pub store: &'a dyn Store,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// Write a line down.
    Note(String),
    /// Write a checkpoint, whether or not one is due.
    Save,
    /// Give a scalar of the programs another value from the next step on. `<phase>/learning_rate` is that of a phase's
    /// optimizer; [`Stepper::scalars`](crate::Stepper::scalars) names the others.
    SetScalar {
        /// Its name.
        name: String,
        /// The value; it stays until it is set again.
        value: f64,
    },
    /// Go back to the newest checkpoint, and give these scalars other values there: without any the same would happen again.
    RollBack {
        /// Names and values.
        change: Vec<(String, f64)>,
    },
    /// End the training well: it is saved.
    Stop,
}

/// Steers a training. A closure is a monitor, too.
///
/// ```
/// use ganymede_gan::{Action, Monitor, Seen};
///
/// /// Halves the discriminator's learning rate once, when its loss vanishes.
/// struct Calm(bool);
///
/// impl Monitor for Calm {
///     fn step(&mut self, seen: &Seen<'_>) -> Vec<Action> {
///         let vanished = seen.losses.iter().any(|(name, loss)| name.starts_with("d/") && *loss < 1e-3);
///         if self.0 || !vanished {
///             return Vec::new(); // The training continues.
///         }
///         self.0 = true;
///         vec![Action::SetScalar { name: "d/learning_rate".into(), value: 1e-4 }]
///     }
/// }
/// ```
pub trait Monitor {
    /// What is to be done after a step; nothing where the training is to continue. A scalar that there is not, or a value that is no
    /// number, ends the training with an error that names those that there are: nothing of the answer is done, and the
    /// step is saved.
    fn step(&mut self, seen: &Seen<'_>) -> Vec<Action>;
}

impl<F: FnMut(&Seen<'_>) -> Vec<Action>> Monitor for F {
    fn step(&mut self, seen: &Seen<'_>) -> Vec<Action> {
        self(seen)
    }
}
