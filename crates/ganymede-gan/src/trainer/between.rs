//! A training that somebody else drives: so many steps at a time, and what can be had between two of them. Not here: a training
//! that runs to its end (`mod.rs`).

use super::{Outcome, Reason, Trainer};
use crate::error::GanError;
use crate::phases::EMA_SUFFIX;
use crate::sampler::{Labels, Sampler, Seeds};
use ganymede_tensor::Tensor;
use std::sync::atomic::AtomicBool;

impl Trainer<'_> {
    /// Trains until `step` steps are done, and gives nothing; or until the spec's end or `stop` before that, and gives the reason. Called
    /// several times it trains as [`run`](Trainer::run) does, to the bit.
    ///
    /// # Errors
    /// As [`run`](Trainer::run).
    pub fn advance_to(&mut self, step: u64, stop: &AtomicBool) -> Result<Option<Reason>, GanError> {
        self.goes_on()?;
        self.or_fail(|trainer| trainer.pay(stop))?;
        loop {
            if let Some(reason) = self.reason_to_end(stop) {
                return Ok(Some(reason));
            }
            if self.step >= step {
                return Ok(None);
            }
            self.or_fail(|trainer| trainer.advance(stop))?;
        }
    }

    /// Ends the training for a reason that [`advance_to`](Trainer::advance_to) gave, as [`run`](Trainer::run) ends.
    ///
    /// # Errors
    /// As [`finish`](Trainer::finish).
    pub fn finish_for(self, reason: Reason) -> Result<Outcome, GanError> {
        self.goes_on()?;
        self.end(reason)
    }

    /// One sample for each seed from the generator as it is now, (n, …sample), in the network's range: what a checkpoint of this step
    /// would give.
    ///
    /// # Errors
    /// As [`Sampler::draw`].
    pub fn draw(&mut self, seeds: Seeds, labels: Labels<'_>) -> Result<Tensor, GanError> {
        self.now()?.draw(seeds, labels)
    }

    /// The sampler with the weights of now.
    ///
    /// # Errors
    /// When running fails.
    pub fn now(&mut self) -> Result<&mut Sampler, GanError> {
        self.stepper.settle()?;
        self.sampler.copy_from(self.stepper.store())?;
        Ok(&mut self.sampler)
    }

    /// The weights of a network as they are now, by their names, in the order of its layers. A network of the spec, or one that
    /// [`networks`](crate::Stepper::networks) names.
    ///
    /// # Errors
    /// [`GanError::Unknown`] for a name that is no network's.
    pub fn weights(&mut self, network: &str) -> Result<Vec<(String, Tensor)>, GanError> {
        self.stepper.settle()?;
        let known = self.stepper.networks();
        if !known.iter().any(|name| name == network) {
            return Err(GanError::Unknown { kind: "a network", name: network.into(), known });
        }
        let own = network.strip_suffix(EMA_SUFFIX).unwrap_or(network);
        let store = self.stepper.store();
        let parameters = self.stepper.parameters(own).iter();
        parameters
            .map(|parameter| {
                let name =
                    if own == network { parameter.name.clone() } else { crate::phases::averaged(own, &parameter.name) };
                let value = store.read(&name)?;
                Ok((name, value))
            })
            .collect()
    }
}
