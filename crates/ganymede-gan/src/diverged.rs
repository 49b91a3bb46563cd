//! Runs that ended because numbers were not finite: what they may be changed by. Not here: noticing it (`step.rs`), ending the
//! training (`trainer/steer.rs`).

use crate::error::GanError;
use crate::events::{self, Event};
use crate::run_dir;
use crate::spec::TrainSpec;
use std::path::Path;

/// Learning rates above this one are not worth a tenth of them.
const USUAL: f64 = 2e-4;
/// No rate that trains is higher.
const HIGHEST: f64 = 0.05;

/// The highest learning rate of a spec: most numbers that are not finite come from it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HighestRate {
    /// Its key, as `--set` takes it.
    pub key: String,
    /// Its value, where it follows a schedule the highest.
    pub value: f64,
}

impl HighestRate {
    /// That of a spec, if a phase has an optimizer.
    pub fn of(spec: &TrainSpec) -> Option<HighestRate> {
        let rates = spec.phases.iter().enumerate().filter_map(|(at, phase)| {
            let value = phase.optimizer.as_ref()?.learning_rate.looks().map(|(_, rate)| rate).reduce(f64::max)?;
            Some(HighestRate { key: format!("phases.{at}.optimizer.learning_rate"), value })
        });
        rates.reduce(|highest, next| if next.value > highest.value { next } else { highest })
    }

    /// The assignment for `--set` that lowers it: to a tenth, or to what is usual with Adam where it is absurd.
    pub fn lowered(&self) -> String {
        match self.value {
            value if value > HIGHEST => format!("{}={USUAL}", self.key),
            value => format!("{}={:.1e}", self.key, value / 10.0),
        }
    }
}

/// How a run ended that came to numbers which are not finite.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Divergence {
    /// The step that gave them.
    pub step: u64,
    /// What may be lowered.
    pub rate: Option<HighestRate>,
}

/// Whether the last process that trained a run ended because numbers were not finite: going on gives the same numbers at the
/// same step.
///
/// # Errors
/// What reading the run gives.
pub fn diverged(run: &Path) -> Result<Option<Divergence>, GanError> {
    let log = run.join("events.jsonl");
    let lines = if log.exists() { events::read(&log)? } else { Vec::new() };
    // The line before the end says why.
    let step = match lines.as_slice() {
        [.., line, end] if matches!(&end.event, Event::End { reason } if reason == "diverged") => {
            matches!(line.event, Event::NonFinite { .. }).then_some(line.step)
        }
        _ => None,
    };
    let Some(step) = step else { return Ok(None) };
    Ok(Some(Divergence { step, rate: HighestRate::of(&run_dir::read_spec(run)?) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::{PresetInput, preset_for};
    use crate::spec::edit;

    #[test]
    fn the_highest_rate_is_lowered() {
        let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
        let set = |text: &str| HighestRate::of(&edit(&spec, text).unwrap()).unwrap();
        let high = set("phases.1.optimizer.learning_rate=0.02");
        assert_eq!((high.key.as_str(), high.value), ("phases.1.optimizer.learning_rate", 0.02));
        assert_eq!(high.lowered(), "phases.1.optimizer.learning_rate=2.0e-3");
        assert_eq!(set("phases.0.optimizer.learning_rate=1e9").lowered(), "phases.0.optimizer.learning_rate=0.0002");
        let decay = "{class_name='PiecewiseConstantDecay', boundaries=[7], values=[0.0001, 1e38]}";
        assert_eq!(set(&format!("phases.0.optimizer.learning_rate={decay}")).value, 1e38);
        assert_eq!(HighestRate::of(&TrainSpec::default()), None);
        edit(&spec, &high.lowered()).unwrap();
    }
}
