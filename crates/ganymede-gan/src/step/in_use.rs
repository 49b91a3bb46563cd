//! The numbers that steps are made with and that change over a training: learning rates, and probabilities of adaptive augmentations. Not
//! here: giving them to the programs (`step.rs`).

use super::Stepper;
use crate::error::GanError;
use crate::phases::PhaseInfo;
use std::collections::BTreeMap;

impl Stepper {
    /// What the last of `done` steps was made with: the learning rate of each phase, `<phase>/learning_rate`, and the probability of
    /// each adaptive augmentation, `augment/<at>/p`.
    ///
    /// # Errors
    /// When a state cannot be read.
    pub fn in_use(&self, done: u64) -> Result<BTreeMap<String, f64>, GanError> {
        let mut found = BTreeMap::new();
        for group in &self.groups {
            let (every, repeat) = (group.every.max(1), group.repeat.max(1));
            let turn = done.saturating_sub(1) / every;
            let (factor, iteration) = (self.spec.train.rate_factor(turn * every), turn * repeat + repeat - 1);
            for phase in group.programs.iter().flat_map(|loaded| &loaded.info.phases) {
                let other = other_rate(phase, (factor, iteration), &self.scalars);
                let rate = other.unwrap_or_else(|| phase.optimizer.learning_rate.value(iteration));
                found.insert(format!("{}/learning_rate", phase.name), rate);
            }
        }
        let adapts = |name: &&str| name.starts_with("augment/") && name.ends_with("/p");
        for name in self.store.layout().entries.iter().map(|entry| entry.name.as_str()).filter(adapts) {
            let value = self.store.read(name)?.to_f64();
            found.extend(value.first().map(|p| (name.to_string(), *p)));
        }
        Ok(found)
    }
}

/// The learning rate of a phase where it is another than its optimizer says: `factor` of that, or what was set.
pub(super) fn other_rate(
    phase: &PhaseInfo,
    (factor, iteration): (f64, u64),
    others: &BTreeMap<String, f64>,
) -> Option<f64> {
    let set = others.get(&format!("{}/learning_rate", phase.name)).copied();
    set.or_else(|| (factor < 1.0).then(|| phase.optimizer.learning_rate.value(iteration) * factor))
}
