//! Doing what a monitor says, and ending a training whose numbers mean nothing any more. Not here: what monitors see and
//! answer (`monitor.rs`), what follows from it in later steps (`timeline.rs`).

use super::runaway::{Runaway, Verdict};
use super::{Action, Seen, Trainer, loader};
use crate::checkpoint;
use crate::diverged::HighestRate;
use crate::error::GanError;
use crate::events::Event;
use crate::step::StepResult;
use std::sync::Arc;

impl Trainer<'_> {
    /// Shows a step to the monitor and does what it says; whether the training was rolled back.
    ///
    /// # Errors
    /// [`GanError::NonFinite`] when numbers are not finite and nobody rolls back; [`GanError::Unknown`] and
    /// [`GanError::Argument`] for scalars that there are not, and values that are no numbers.
    pub(super) fn ask(&mut self, result: &StepResult) -> Result<bool, GanError> {
        let scalars = self.timeline.at(self.step);
        let seen = Seen {
            step: self.step,
            losses: &result.losses,
            numbers: &result.numbers,
            non_finite: &result.non_finite,
            scalars: &scalars,
            store: self.stepper.store(),
        };
        let actions = self.monitor.as_mut().map_or_else(Vec::new, |monitor| monitor.step(&seen));
        let broken = result.non_finite.first().map(|(phase, _)| phase.clone());
        let rolls_back = |action: &Action| matches!(action, Action::RollBack { .. });
        if let Some(phase) = broken.filter(|_| !actions.iter().any(rolls_back)) {
            let name = |(of, what): &(String, String)| match *of == phase {
                true => what.clone(),
                false => format!("{what} in phase `{of}`"),
            };
            let what = result.non_finite.iter().map(name).collect();
            let value = result.losses.iter().map(|(_, loss)| *loss).find(|loss| !loss.is_finite());
            return Err(self.diverged(phase, what, value)?);
        }
        // Before anything is done: an answer is done as a whole or not at all.
        actions.iter().try_for_each(|action| match action {
            Action::SetScalar { name, value } => self.settable(name, *value),
            Action::RollBack { change } => change.iter().try_for_each(|(name, value)| self.settable(name, *value)),
            _ => Ok(()),
        })?;
        let mut rolled_back = false;
        for action in actions {
            match action {
                Action::Note(text) => self.emit(Event::Note { text })?,
                // Of a step that was not finite only a part may have been applied.
                Action::Save if !result.non_finite.is_empty() && !rolled_back => {}
                Action::Save if self.saved.is_some_and(|(step, _)| step == self.step) => {}
                Action::Save => self.save()?,
                Action::SetScalar { name, value } => self.set_scalar(name, value)?,
                Action::RollBack { change } => {
                    self.roll_back(change)?;
                    rolled_back = true;
                }
                Action::Stop => self.stopped = true,
            }
        }
        Ok(rolled_back)
    }

    /// Whether a scalar can have a value.
    fn settable(&self, name: &str, value: f64) -> Result<(), GanError> {
        let known = self.stepper.scalars();
        if !known.iter().any(|other| other == name) {
            return Err(GanError::Unknown { kind: "a scalar of the training", name: name.into(), known });
        }
        if !value.is_finite() {
            return Err(GanError::Argument { what: name.into(), reason: format!("expected a number, found {value}") });
        }
        Ok(())
    }

    /// Writes to disk what happened before anything follows from it: a later checkpoint must not outlive its reason.
    fn emit_synced(&mut self, event: Event) -> Result<(), GanError> {
        let line = self.line(event);
        self.log.write_synced(&line)?;
        self.observer.line(&line);
        Ok(())
    }

    fn set_scalar(&mut self, name: String, value: f64) -> Result<(), GanError> {
        if self.timeline.at(self.step).get(&name) == Some(&value) {
            return Ok(());
        }
        self.emit_synced(Event::SetScalar { name: name.clone(), value })?;
        self.timeline.set(self.step, &name, value);
        Ok(())
    }

    fn roll_back(&mut self, change: Vec<(String, f64)>) -> Result<(), GanError> {
        let mut scalars = self.timeline.at(self.step);
        scalars.extend(change);
        let Some((path, _)) = checkpoint::newest_whole(self.run.path())? else {
            return Err(GanError::NoCheckpoint { path: self.run.path().into(), asked: None, known: Vec::new() });
        };
        self.whole = false;
        let (from, manifest) = (self.step, checkpoint::load(&path, self.stepper.store_mut())?);
        (self.step, self.whole) = (manifest.step, true);
        self.loader = loader(&self.spec, &self.codec, &self.stepper, Arc::clone(&self.dataset), self.step)?;
        self.saved = Some((self.step, false));
        self.runaway = Runaway::default();
        self.owed = Default::default();
        let name = checkpoint::name(self.step);
        self.emit_synced(Event::RollBack { from, checkpoint: name, scalars: scalars.clone() })?;
        self.timeline.roll_back(self.step, scalars);
        self.tick = self.fresh_tick();
        Ok(())
    }

    /// Writes down that the training ends because of numbers that are not finite, and gives the error that says so.
    pub(super) fn diverged(
        &mut self,
        phase: String,
        what: Vec<String>,
        value: Option<f32>,
    ) -> Result<GanError, GanError> {
        self.emit(Event::NonFinite { phase: phase.clone(), what: what.clone() })?;
        self.emit(Event::End { reason: "diverged".into() })?;
        let (checkpoint, rate) = (self.checkpoint_path(), HighestRate::of(&self.spec));
        Ok(GanError::NonFinite { step: self.step, value, phase, what, checkpoint, rate })
    }

    /// Saves the state of a training whose losses mean nothing any more, and gives the error that says so.
    pub(super) fn ran_away(&mut self, verdict: Verdict) -> Result<GanError, GanError> {
        let Verdict { loss, value, steps } = verdict;
        let before = checkpoint::list(self.run.path())?;
        let before = before.into_iter().rev().find(|(step, _)| step + steps <= self.step).map(|(_, path)| path);
        // Nothing is removed: what came before it is worth more than this.
        if self.saved.is_none_or(|(step, _)| step != self.step) {
            self.write_checkpoint()?;
        }
        self.emit(Event::Runaway { loss: loss.clone(), value, steps })?;
        self.emit(Event::End { reason: "diverged".into() })?;
        Ok(GanError::Runaway { step: self.step, loss, value, steps, checkpoint: self.checkpoint_path(), before })
    }
}
