//! What can go wrong in a training. Not here: what to do about it (`hints.rs`), defects of a spec that makes sense as TOML
//! (`check/`), and how the command prints errors.

use crate::diverged::HighestRate;
use crate::spec::SpecFault;
use ganymede_data::DataError;
use ganymede_graph::{BuildError, BuildErrors};
use ganymede_nn::{FirstValueError, ModelError};
use ganymede_runtime::RuntimeError;
use ganymede_tensor::TensorError;
use std::path::{Path, PathBuf};

/// Every failure of this crate. Fields are facts; [`GanError::hint`] says what to do.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum GanError {
    /// The text of a spec is not one.
    #[error("{}", faults.iter().map(SpecFault::to_string).collect::<Vec<_>>().join("\n"))]
    Spec {
        /// All that is wrong with it, in the order of the text.
        faults: Vec<SpecFault>,
    },
    /// The file of a spec is no text that is read.
    #[error("line {}: {}", .0.line, .0.reason)]
    Text(ganymede_data::text::NotText),
    /// The same, with the file.
    #[error("{}: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: Box<GanError>,
    },
    /// A file was written by a later version.
    #[error("expected {what} of format_version {expected} or lower, found {found}")]
    Version {
        /// What it is: `a spec`, `a checkpoint`.
        what: &'static str,
        /// What this program writes.
        expected: u32,
        /// What the file says.
        found: u32,
    },
    /// A complete spec was needed.
    #[error("expected a complete spec, found none of: {}", missing.join(", "))]
    SpecIncomplete {
        /// Names of the missing tables.
        missing: Vec<&'static str>,
    },
    /// `--set key=value` could not be applied.
    #[error("cannot set `{assignment}`: {reason}")]
    Edit {
        /// The whole argument.
        assignment: String,
        /// Why not.
        reason: String,
    },
    /// A name is not in a table.
    #[error("expected {kind}, found `{name}`")]
    Unknown {
        /// What the table holds: `a preset`, `a term of a loss` …
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Arguments of a term or preset are wrong.
    #[error("{what}: {reason}")]
    Argument {
        /// The term, phase or preset.
        what: String,
        /// Expected before found.
        reason: String,
    },
    /// Too few generated rows are as they are asked to be.
    #[error("expected {wanted} rows as they are asked for, found {found} among {generated} that were generated{}", copied(*copies))]
    Rare {
        /// Rows that were asked for.
        wanted: u64,
        /// Rows that are as asked for.
        found: u64,
        /// Rows that were generated.
        generated: u64,
        /// Those of them that are copies of rows that were trained on.
        copies: u64,
    },
    /// The networks or losses do not fit together.
    #[error("{}", build_text(_0))]
    Build(BuildErrors),
    /// A network's layers are not a model.
    #[error("network `{network}`: {source}")]
    Model {
        /// Name of the network.
        network: String,
        /// What is wrong.
        source: ModelError,
    },
    /// Reading or writing samples failed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Computing failed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The plan needs more memory than there is.
    #[error("expected a plan of at most {} ({limit}), found one of at least {}", gib(*available), gib(*needed))]
    Memory {
        /// Bytes that the plan needs at least.
        needed: u64,
        /// Bytes that may be used.
        available: u64,
        /// Which limit it is: available memory or the cgroup's.
        limit: &'static str,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// `read`, `write`, `create` …
        action: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A folder is not a run, or a part of it is missing or broken.
    #[error("{}: {reason}", path.display())]
    Run {
        /// The folder or file.
        path: PathBuf,
        /// Expected before found.
        reason: String,
    },
    /// A run has not the checkpoint that was asked for.
    #[error("{}: {}", path.display(), no_checkpoint(*asked, known))]
    NoCheckpoint {
        /// The run.
        path: PathBuf,
        /// The step asked for; the newest without one.
        asked: Option<u64>,
        /// Steps of the checkpoints that there are.
        known: Vec<u64>,
    },
    /// A checkpoint's file is not what was written.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Expected before found.
        reason: String,
    },
    /// A checkpoint holds other networks than the spec has.
    #[error("{}: {reason}", path.display())]
    Misfit {
        /// The checkpoint.
        path: PathBuf,
        /// The tensor or network, expected before found.
        reason: String,
    },
    /// A line of `events.jsonl` is none, and is not a torn tail.
    #[error("{}, line {line}: {reason}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// Expected before found.
        reason: String,
    },
    /// A training that ended with an error was asked for more.
    #[error("{}: the training ended with an error after step {step}: it does no further step, and there is nothing to save", run.display())]
    Failed {
        /// The run.
        run: PathBuf,
        /// Whole steps done.
        step: u64,
        /// The newest checkpoint.
        checkpoint: PathBuf,
    },
    /// Another process trains in this run.
    #[error("{}: the run is locked by another process", path.display())]
    Locked {
        /// The run.
        path: PathBuf,
    },
    /// A resumed run was asked to be another one.
    #[error("{}: a resumed run cannot change {}", path.display(), changes.join("; "))]
    Changed {
        /// The run.
        path: PathBuf,
        /// `key: before -> asked for`.
        changes: Vec<String>,
    },
    /// A number is not finite.
    #[error("numbers became {} at step {step}{}: {}; nothing of that step was saved", in_words(*value), first_phase(phase), first(what))]
    NonFinite {
        /// The step.
        step: u64,
        /// The first loss or number of a state that is not finite, where it is known.
        value: Option<f32>,
        /// The phase; empty where it is of none.
        phase: String,
        /// Which terms, gradients and states.
        what: Vec<String>,
        /// The newest checkpoint.
        checkpoint: PathBuf,
        /// The highest learning rate.
        rate: Option<HighestRate>,
    },
    /// A number is not finite in a training in memory.
    #[error("step {step}{}: {} is not finite; nothing of it was applied", of_phase(phase), first(what))]
    Diverged {
        /// The step, from 1.
        step: u64,
        /// The phase; empty where it is of none.
        phase: String,
        /// Which terms, gradients and states.
        what: Vec<String>,
    },
    /// A loss was finite and beyond all bounds for many steps.
    #[error(
        "step {step}: the loss {loss} is {value:.3e}, and was beyond ±1e6 for {steps} steps: the training has run away"
    )]
    Runaway {
        /// Steps done.
        step: u64,
        /// The loss, `<phase>/<term>`.
        loss: String,
        /// Its last value.
        value: f64,
        /// For how many steps in a row.
        steps: u64,
        /// The state as it is.
        checkpoint: PathBuf,
        /// The newest checkpoint from before.
        before: Option<PathBuf>,
    },
    /// The rules of `check` found an error in a spec.
    #[error("{place}: {reason}")]
    Defect {
        /// Where: a layer's path, a phase, a table.
        place: String,
        /// Why, in a sentence.
        reason: String,
        /// What mends it, the best first.
        fixes: Vec<String>,
    },
    /// A run has trained longer than was asked for.
    #[error("{}: already at step {step}{}; {length} is the total, found {asked}", run.display(), in_kimg(*kimg))]
    Passed {
        /// The run.
        run: PathBuf,
        /// Step of its newest checkpoint.
        step: u64,
        /// The same in thousand samples, when that was asked for.
        kimg: Option<f64>,
        /// The length that was asked for: `--steps` or `--kimg`.
        length: &'static str,
        /// Its value.
        asked: String,
    },
    /// The data of a run is not where it was.
    #[error("{source}")]
    DataMoved {
        /// The run.
        run: PathBuf,
        /// What was not found.
        source: Box<DataError>,
    },
    /// A signal came before it was done.
    #[error("interrupted")]
    Interrupted,
    /// The data is not what the run was started on.
    #[error("{source_name}: expected the data that the run was started on, found {}", changes.join("; "))]
    DataChanged {
        /// The run.
        run: PathBuf,
        /// The data as the spec names it.
        source_name: String,
        /// What differs: `100 samples instead of 96` …
        changes: Vec<String>,
    },
    /// A checkpoint's replay gave other numbers.
    #[error("{}: {reason}", path.display())]
    Verify {
        /// The checkpoint or file.
        path: PathBuf,
        /// Expected before found.
        reason: String,
    },
}

ganymede_tensor::debug_as_text!(GanError, GanError::hint);

// By hand: the errors as a source would be printed with places in the engine's own text.
impl From<BuildErrors> for GanError {
    fn from(errors: BuildErrors) -> Self {
        GanError::Build(errors)
    }
}

fn copied(copies: u64) -> String {
    if copies > 0 { format!(", {copies} of them copies of rows that were trained on") } else { String::new() }
}

impl From<TensorError> for GanError {
    fn from(error: TensorError) -> Self {
        GanError::Argument { what: "tensor".into(), reason: error.to_string() }
    }
}

impl From<FirstValueError> for GanError {
    fn from(FirstValueError { parameter, source }: FirstValueError) -> Self {
        GanError::Argument { what: parameter, reason: source.to_string() }
    }
}

impl GanError {
    pub(crate) fn io(path: impl AsRef<Path>, action: &'static str, source: std::io::Error) -> Self {
        GanError::Io { path: path.as_ref().into(), action, source }
    }

    /// The same error, named with the file that it stands in.
    pub fn in_file(self, path: &Path) -> Self {
        GanError::InFile { path: path.into(), source: Box::new(self) }
    }
}

fn in_kimg(kimg: Option<f64>) -> String {
    kimg.map_or(String::new(), |kimg| format!(" ({kimg} kimg)"))
}

/// Bytes in GiB: `22.1 GiB`; less than a tenth of one in MiB.
fn gib(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 102.4 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// What belongs to no phase, such as the probability of an augmentation, is named alone.
fn of_phase(phase: &str) -> String {
    if phase.is_empty() { String::new() } else { format!(", phase `{phase}`") }
}

/// The phase that it was noticed in.
fn first_phase(phase: &str) -> String {
    if phase.is_empty() { String::new() } else { format!(", first in phase `{phase}`") }
}

/// What a number became that is not finite.
fn in_words(value: Option<f32>) -> &'static str {
    match value {
        Some(value) if value.is_nan() => "NaN",
        Some(_) => "infinite",
        None => "NaN or infinite",
    }
}

/// The first of what is not finite, and how much more there is.
fn first(what: &[String]) -> String {
    const SHOWN: usize = 3;
    let word = |what: &String| match what.split_once(' ') {
        Some(("term", name)) => format!("the loss {name}"),
        Some(("gradient", _)) => format!("the {what}"),
        _ => what.clone(),
    };
    let named = what.iter().take(SHOWN).map(word).collect::<Vec<_>>().join(", ");
    match what.len().saturating_sub(SHOWN) {
        0 => named,
        more => format!("{named} and {more} more (events.jsonl names all)"),
    }
}

/// Each error with its place in the graph, without its place in the engine's own text.
fn build_text(errors: &BuildErrors) -> String {
    let line =
        |e: &BuildError| if e.scope.is_empty() { e.message.clone() } else { format!("{}: {}", e.scope, e.message) };
    errors.0.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn no_checkpoint(asked: Option<u64>, known: &[u64]) -> String {
    let known: Vec<String> = known.iter().map(u64::to_string).collect();
    match asked {
        Some(step) if !known.is_empty() => format!("expected a checkpoint of step {}, found {step}", known.join(", ")),
        _ => "expected a checkpoint in checkpoints/, found none".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `fn main() -> Result<(), GanError>` prints behind `Error: `.
    #[test]
    fn debug_is_the_text_with_causes_and_hint() {
        let known = vec!["non_saturating".into(), "hinge".into()];
        let error = GanError::Unknown { kind: "a term of a loss", name: "nonsaturating".into(), known };
        let text = "expected a term of a loss, found `nonsaturating`\nhint: did you mean `non_saturating`? known: non_saturating, hinge";
        assert_eq!(format!("{error:?}"), text);
        let error: Box<dyn std::error::Error> = Box::new(error);
        assert_eq!(format!("{error:?}"), text);

        let refused = || std::io::Error::new(std::io::ErrorKind::PermissionDenied, "Permission denied");
        let error = GanError::Io { path: "x".into(), action: "write", source: refused() };
        assert_eq!(format!("{error:?}"), "cannot write x: Permission denied");
        let data = DataError::Io { path: "x.npy".into(), doing: "read", source: refused() };
        let text = "x.npy: could not read: Permission denied\nhint: check the permissions; GANYMEDE_CACHE names the folder of the \
                    cache, --no-cache reads the data without one";
        assert_eq!(format!("{data:?}"), text);
        assert_eq!(format!("{:?}", GanError::Data(data)), text);

        let model = ganymede_nn::Sequential::new("g").model().unwrap_err();
        assert_eq!(format!("{model:?}"), "expected at least one layer, found none");
        let runtime = RuntimeError::DuplicateState { name: "x".into() };
        assert_eq!(format!("{runtime:?}"), "expected every state once, found `x` twice");
    }

    #[test]
    fn what_is_not_finite_is_named_up_to_three() {
        let error = |count: usize| {
            let what = (0..count).map(|n| format!("gradient of x/{n}")).collect();
            let (phase, checkpoint, value, rate) =
                ("g".into(), "runs/a/checkpoints/step-1".into(), Some(f32::NAN), None);
            let error = GanError::NonFinite { step: 7, value, phase, what, checkpoint, rate };
            assert!(error.hint().unwrap().contains("checkpoints/step-1"));
            error.to_string()
        };
        let three = "numbers became NaN at step 7, first in phase `g`: the gradient of x/0, the gradient of x/1, the gradient of x/2";
        assert_eq!(error(3), format!("{three}; nothing of that step was saved"));
        assert_eq!(error(20), format!("{three} and 17 more (events.jsonl names all); nothing of that step was saved"));
        let what = vec!["augment/0/p".into()];
        let (phase, value, rate) = (String::new(), Some(f32::INFINITY), None);
        let error = GanError::NonFinite { step: 7, value, phase, what, checkpoint: "c".into(), rate };
        assert_eq!(error.to_string(), "numbers became infinite at step 7: augment/0/p; nothing of that step was saved");
    }
}
