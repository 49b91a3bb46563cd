//! Proving a checkpoint: hashes, reload, and the next step's losses to the bit. Not here: reading and
//! writing it (`checkpoint/`).

use crate::checkpoint;
use crate::error::GanError;
use crate::events::{self, Event};
use crate::run_dir;
use crate::step::Stepper;
use crate::trainer::{Timeline, bits, loader};
use ganymede_data::Dataset;
use ganymede_runtime::Backend;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was proved of a checkpoint.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Verification {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// Number of files whose hash was right.
    pub files: usize,
    /// The replayed losses, equal to the bit; `None` when the run holds no line to compare with.
    pub replayed: Option<BTreeMap<String, String>>,
}

/// Checks the hashes of a run's checkpoint (the newest without a step), loads it, runs the next step and
/// compares its losses with the run's `replay` line, bit by bit.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Source};
/// use ganymede_gan::{Training, verify};
/// use ganymede_runtime::{CpuBackend, CpuOptions};
/// use std::sync::Arc;
///
/// # let folder = std::env::temp_dir().join("ganymede-doc-verify");
/// let data = Arc::new(Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?);
/// let run = Training::preset("mlp", Arc::clone(&data))?.steps(1).outdir(&folder).start()?.finish()?.run;
/// let proved = verify(&run, None, data, &CpuBackend::new(CpuOptions::default())?)?;
/// assert!(proved.replayed.is_some());
/// # std::fs::remove_dir_all(run)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`GanError::DataChanged`] for other data than the run was started on, [`GanError::Verify`] when a loss differs or the
/// instruction set is another; what loading and running give.
pub fn verify(
    run: &Path,
    step: Option<u64>,
    dataset: Arc<Dataset>,
    backend: &dyn Backend,
) -> Result<Verification, GanError> {
    let spec = run_dir::read_spec(run)?;
    run_dir::same_data(run, &dataset)?;
    let path = checkpoint::find(run, step)?;
    let codec = run_dir::read_codec(run)?;
    let mut stepper = Stepper::new(&spec, &codec, backend)?;
    let manifest = checkpoint::load(&path, stepper.store_mut())?;
    let name = checkpoint::name(manifest.step);
    let lines = events::read(&run.join("events.jsonl"))?;
    let replay = lines.iter().enumerate().rev().find_map(|(at, line)| match &line.event {
        Event::Replay { checkpoint, losses } if *checkpoint == name => Some((at, losses)),
        _ => None,
    });
    let Some((at, expected)) = replay else {
        return Ok(Verification { checkpoint: path, files: manifest.files.len(), replayed: None });
    };
    let isa = backend.isa();
    if manifest.isa != isa {
        let reason = format!("expected the instruction set {}, found {isa}: its bits are not comparable", manifest.isa);
        return Err(GanError::Verify { path, reason });
    }
    if manifest.numerics != spec.train.numerics {
        let (expected, found) = (manifest.numerics, spec.train.numerics);
        let reason = format!("expected {expected} numerics, found {found} in spec.toml: the bits are not comparable");
        return Err(GanError::Verify { path, reason });
    }
    // What a monitor had done when the line was written.
    stepper.set_scalars(Timeline::of(&lines[..at]).at(manifest.step));
    let mut batches = loader(&spec, &codec, &stepper, dataset, manifest.step)?;
    let found = bits(&stepper.run(manifest.step, || Ok(batches.next()?))?);
    if found != *expected {
        let reason = format!("expected the next step's losses {expected:?}, found {found:?}");
        return Err(GanError::Verify { path, reason });
    }
    Ok(Verification { checkpoint: path, files: manifest.files.len(), replayed: Some(found) })
}
