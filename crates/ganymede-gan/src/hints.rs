//! What the user can do about each error. Not here: the errors (`error.rs`).

use crate::error::GanError;
use crate::presets::{self, PRESET};
use ganymede_nn::config::nearest;

impl GanError {
    /// What the user can do about the error.
    pub fn hint(&self) -> Option<String> {
        match self {
            GanError::InFile { source, .. } => source.hint(),
            GanError::Spec { faults } => {
                let mends: Vec<&str> = faults.iter().filter_map(|fault| fault.mend.as_deref()).collect();
                (!mends.is_empty()).then(|| mends.join("; "))
            }
            GanError::Version { .. } => Some("update ganymede".into()),
            GanError::Text(_) => Some(ganymede_data::text::NotText::HINT.into()),
            GanError::SpecIncomplete { .. } => Some(
                "`ganymede check FILE` says what each of them needs; `ganymede presets NAME` prints a complete spec"
                    .into(),
            ),
            GanError::Rare { copies, .. } if *copies > 0 => Some(
                "where nearly every possible row is in the data, copies cannot be avoided: leave --no-copies out, or ask for less"
                    .into(),
            ),
            GanError::Rare { .. } => Some("ask for less, or train with this column as --target".into()),
            GanError::Edit { .. } => Some("keys are those of `ganymede presets NAME`, such as train.batch=32".into()),
            GanError::Unknown { kind: PRESET, name, known } if presets::elsewhere(name).is_some() => {
                let nearest = presets::elsewhere(name).unwrap_or_default();
                Some(format!("{nearest}; known: {}", known.join(", ")))
            }
            GanError::Unknown { name, known, .. } => Some(match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`? known: {}", known.join(", ")),
                None => format!("known: {}", known.join(", ")),
            }),
            GanError::Build(errors) => errors.0.iter().find_map(|e| e.hint.clone()),
            GanError::Model { source, .. } => source.hint(),
            GanError::Data(error) => error.hint(),
            GanError::Runtime(error) => error.hint(),
            GanError::Memory { .. } => Some(
                "take a smaller --batch or --resolution, free memory, or raise the limit if it is a cgroup's".into(),
            ),
            GanError::Log { .. } => Some(
                "the file was changed after it was written: bring it back from a copy, or remove that line; a run that goes on \
                 needs its `set_scalar` and `roll_back` lines, all others only inform"
                    .into(),
            ),
            GanError::Failed { run, checkpoint, .. } => Some(format!(
                "the last whole state is {}; `Training::resume` on {} goes on from there",
                checkpoint.display(),
                run.display()
            )),
            GanError::Locked { .. } => Some("wait for it, stop it, or train into another --outdir".into()),
            GanError::Changed { .. } => {
                Some("leave those options out, or start a new run (`--from RUN` starts from its networks)".into())
            }
            GanError::NonFinite { checkpoint, rate, .. } => {
                let run = checkpoint.ancestors().nth(2).map_or_else(|| "RUN".into(), |run| run.display().to_string());
                let lower = match rate {
                    Some(rate) => format!(
                        "`--from {run} --set {}` starts a new run from there with a lower learning rate (now {})",
                        rate.lowered(),
                        if rate.value < 1e3 { rate.value.to_string() } else { format!("{:e}", rate.value) }
                    ),
                    None => format!("`--from {run}` starts a new run from there"),
                };
                Some(format!(
                    "the last good state is {}; resumed, the same step fails again unless something is changed. {lower}; \
                     smaller weights of what is named help, too, and `ganymede check` may say which",
                    checkpoint.display()
                ))
            }
            GanError::Diverged { .. } => Some(
                "take a lower learning rate, or smaller weights and numbers of what is named there; the networks are those of the \
                 step before as far as this step's phases had come"
                    .into(),
            ),
            GanError::Runaway { checkpoint, before, .. } => Some(format!(
                "start a new run with a lower learning rate{}; the last state is kept in {}",
                before.as_ref().map_or(String::new(), |path| format!(", for instance from {}", path.display())),
                checkpoint.display()
            )),
            GanError::Defect { fixes, .. } if !fixes.is_empty() => Some(fixes.join("; or ")),
            GanError::Passed { length, .. } => {
                Some(format!("give a larger {length}; `ganymede sample` generates samples from the run as it is"))
            }
            GanError::DataMoved { run, .. } => Some(format!(
                "bring the run's data back there; or, where it was moved, `ganymede train PLACE --outdir {}` goes on with it \
                 and writes the new place down",
                run.display()
            )),
            GanError::DataChanged { run, .. } => Some(format!(
                "bring the old data back; or start a new run on this with `--from {0}`; `ganymede evaluate {0} DATA` compares \
                 with other data on purpose",
                run.display()
            )),
            GanError::NoCheckpoint { known, .. } if known.is_empty() => {
                Some("it ended before anything was saved: start it again with `ganymede train`".into())
            }
            GanError::NoCheckpoint { .. } => Some("name one of those; without a step the newest is taken".into()),
            GanError::Damaged { .. } => Some(
                "it changed after it was written: delete the checkpoint's folder, and the one before is the newest"
                    .into(),
            ),
            GanError::Misfit { .. } => Some(
                "the checkpoint is of other networks than the spec's: take the spec that it was trained with \
                 (`ganymede summary RUN` shows its networks), or start without it"
                    .into(),
            ),
            GanError::Run { .. } => {
                Some("a run is a folder with a spec.toml, such as runs/00000-dcgan-fashion-mnist".into())
            }
            _ => None,
        }
    }
}
