//! How a training ends with an error: what was whole is saved, and nothing is done any more. Not here: numbers that mean
//! nothing (`steer.rs`), how it ends well (`mod.rs`).

use super::Trainer;
use crate::error::GanError;
use crate::events::Event;

impl Trainer<'_> {
    /// Refuses to go on after an error.
    pub(super) fn goes_on(&self) -> Result<(), GanError> {
        match self.failed {
            false => Ok(()),
            true => {
                let (run, checkpoint) = (self.run.path().into(), self.checkpoint_path());
                Err(GanError::Failed { run, step: self.step, checkpoint })
            }
        }
    }

    /// Does something, with which the training ends if it is an error: states of a whole step are saved.
    pub(super) fn or_fail<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, GanError>) -> Result<T, GanError> {
        let error = match act(self) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        self.failed = true;
        // The error that matters is the first one.
        if self.whole && !self.ended && self.saved.is_none_or(|(step, _)| step != self.step) {
            let _ = self.save();
        }
        if !self.ended {
            let _ = self.emit(Event::End { reason: "failed".into() });
        }
        Err(error)
    }
}
