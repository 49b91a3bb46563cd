//! How a training ended well, and samples of what it gave. Not here: what ends it badly (`error.rs`).

use crate::error::GanError;
use crate::machine::Machine;
use crate::sampler::{Labels, Sampler, SamplerOptions, Seeds};
use ganymede_runtime::{CpuOptions, Numerics};
use ganymede_tensor::Tensor;

use std::path::PathBuf;
use std::time::Duration;

/// How a training ended well.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// Steps done in all.
    pub step: u64,
    /// Why it ended.
    pub reason: Reason,
    /// Its run directory.
    pub run: PathBuf,
    /// The newest grid of samples.
    pub snapshot: PathBuf,
    /// The newest checkpoint.
    pub checkpoint: PathBuf,
    /// Time of this process since it began to train, pauses included.
    pub elapsed: Duration,
    /// The same of all processes that trained the run, up to the checkpoints that the later ones went on from.
    pub total: Duration,
    /// Part of the time of training that was spent waiting for data.
    pub wait: f64,
}

impl Outcome {
    /// Samples of these seeds in the units and element type of the data, (n, …sample), by averaged weights where there are
    /// some. Where there are classes, the sample of seed s is of class s mod C. [`Sampler`] has more to choose.
    ///
    /// # Errors
    /// What loading the checkpoint and sampling give.
    pub fn sample(&self, seeds: Seeds) -> Result<Tensor, GanError> {
        let machine = Machine::new(CpuOptions::default(), Numerics::default())?;
        let options = SamplerOptions { step: Some(self.step), ..SamplerOptions::default() };
        let (mut sampler, codec, _) = Sampler::open(&self.run, options, &machine.backend)?;
        Ok(codec.in_units(&sampler.draw(seeds, Labels::InTurn)?)?)
    }
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// All steps are done.
    Steps,
    /// The minutes are over.
    Minutes,
    /// It was told to stop.
    Interrupted,
    /// Its monitor stopped it.
    Stopped,
    /// Its evaluations had not become better for as long as `evaluate.patience` says.
    Patience,
}

impl Reason {
    /// Its name in events and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Steps => "steps",
            Reason::Minutes => "minutes",
            Reason::Interrupted => "interrupted",
            Reason::Stopped => "stopped",
            Reason::Patience => "patience",
        }
    }
}
