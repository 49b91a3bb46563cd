//! Going on with a run: its own spec, its own data, and what may be changed. Not here: the checkpoint that it goes on from
//! (`trainer/`), what of the spec may change (`run_dir.rs`).

use super::{Place, Training};
use crate::checkpoint;
use crate::error::GanError;
use crate::run_dir::{self, RunDir};
use crate::spec::{DataSpec, TrainSpec};
use ganymede_data::{DataError, DataOptions, Dataset, Progress, Source};
use ganymede_runtime::CpuOptions;
use std::path::Path;
use std::sync::Arc;

impl Training {
    /// Goes on with a run as its spec says, on its own data.
    ///
    /// # Errors
    /// [`GanError::Run`] when the folder is none, [`GanError::Locked`]; [`GanError::DataMoved`] and
    /// [`GanError::DataChanged`] when the data is not there or not what it was; what reading gives.
    ///
    /// ```
    /// use ganymede_data::{DataOptions, Dataset, Source};
    /// use ganymede_gan::Training;
    /// use std::sync::atomic::AtomicBool;
    ///
    /// let folder = std::env::temp_dir().join("ganymede-doc-resume");
    /// let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
    /// let stop = AtomicBool::new(false);
    /// let first = Training::preset("mlp", data)?.steps(1).outdir(&folder).start()?.run(&stop)?;
    /// let second = Training::resume(&first.run)?.steps(2).start()?.run(&stop)?;
    /// assert_eq!((second.run, second.step), (first.run.clone(), 2));
    /// # std::fs::remove_dir_all(first.run)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume(run: impl AsRef<Path>) -> Result<Training, GanError> {
        let (run, spec) = (RunDir::open(run.as_ref())?, run_dir::read_spec(run.as_ref())?);
        let data = open_run_data(run.path(), &spec.data, &())?;
        Training::resume_on(run, spec, data)
    }

    /// Goes on with a run under a spec that differs from its own only in what may, on data that a program has: it is read as the
    /// run reads it ([`Dataset::of_run`]).
    ///
    /// # Errors
    /// [`GanError::Changed`] when more differs, [`GanError::Passed`] when the run is longer already,
    /// [`GanError::DataChanged`] when it is other data; [`GanError::Argument`] for data that others hold too, and read otherwise.
    pub fn resume_on(run: RunDir, spec: TrainSpec, data: impl Into<Arc<Dataset>>) -> Result<Training, GanError> {
        may_go_on(&run, &spec)?;
        let codec = run_dir::read_codec(run.path())?;
        let data = match Arc::try_unwrap(data.into()) {
            Ok(own) => Arc::new(own.of_run(&codec)?),
            Err(shared) => shared,
        };
        run_dir::same_data(run.path(), &data)?;
        Ok(Training {
            began: spec.clone(),
            spec,
            data,
            codec,
            place: Place::Run(run),
            cpu: CpuOptions::default(),
            first: Vec::new(),
        })
    }
}

/// Reads the samples that a run was started on, with the classes in the order of the run's.
///
/// # Errors
/// [`GanError::DataMoved`] when they are not where they were; what reading gives.
pub fn open_run_data(run: &Path, data: &DataSpec, progress: &dyn Progress) -> Result<Dataset, GanError> {
    // Read first: one of a later version is told before its data is looked for.
    let codec = run_dir::read_codec(run)?;
    let source = match Source::parse(&data.source) {
        Err(source @ DataError::NotFound { .. }) => {
            return Err(GanError::DataMoved { run: run.into(), source: Box::new(source) });
        }
        other => other?,
    };
    Ok(Dataset::open(&source, &data.options, progress)?.of_run(&codec)?)
}

/// Reads other samples to stand beside a run: with the classes in the order of the run's, and rows as the run's table was read.
///
/// What the options say of columns holds for the table that was trained on; rows that do not bear it out, as those of one class alone, are
/// read without it.
///
/// # Errors
/// What reading gives.
pub fn open_beside(run: &Path, data: &DataSpec, progress: &dyn Progress) -> Result<Dataset, GanError> {
    let (codec, source) = (run_dir::read_codec(run)?, Source::parse(&data.source)?);
    let opened = Dataset::open(&source, &data.options, progress);
    let dataset = match opened {
        Err(told) if codec.modality().lines().is_some() => {
            let options = DataOptions {
                columns: Default::default(),
                rules: Default::default(),
                target: None,
                numbers: Default::default(),
                condition: Default::default(),
                ..data.options.clone()
            };
            Dataset::open(&source, &options, progress).map_err(|_| told)?
        }
        opened => opened?,
    };
    run_dir::beside(run, dataset)
}

/// Whether a run may go on under a spec, before its data is read.
///
/// # Errors
/// [`GanError::Changed`] when more differs than may, [`GanError::Passed`] when the run is longer already.
pub fn may_go_on(run: &RunDir, spec: &TrainSpec) -> Result<(), GanError> {
    run.compare(spec)?;
    reaches_further(run, spec)
}

/// Refuses another length in steps or kimg that the run has trained already.
fn reaches_further(run: &RunDir, spec: &TrainSpec) -> Result<(), GanError> {
    let (train, old) = (&spec.train, run_dir::read_spec(run.path())?.train);
    let Some(last) = train.last_step().filter(|_| (train.steps, train.kimg) != (old.steps, old.kimg)) else {
        return Ok(());
    };
    let known = checkpoint::list(run.path())?;
    let newest =
        known.iter().rev().take_while(|(step, _)| *step > last).find(|(_, path)| checkpoint::check(path).is_ok());
    let Some((step, _)) = newest else { return Ok(()) };
    let (length, asked, kimg) = match (train.steps, train.kimg) {
        (Some(steps), _) if steps == last => ("--steps", steps.to_string(), None),
        (_, kimg) => {
            let shown = (*step * train.images_per_step()) as f64 / 1000.0;
            ("--kimg", kimg.unwrap_or_default().to_string(), Some(shown))
        }
    };
    Err(GanError::Passed { run: run.path().into(), step: *step, kimg, length, asked })
}
