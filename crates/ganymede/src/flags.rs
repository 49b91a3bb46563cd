//! Flags that several commands share, and what they change in a spec. Not here: each command's own.

use crate::failure::{Failure, USAGE, USER};
use crate::known_names;
use crate::whole::whole;
use clap::Args;
use ganymede_data::{
    DataOptions, Duplicates, Fit, Layout, Pages, Resolution, parse_background, parse_range, parse_sizes,
};
use ganymede_gan::run_dir;
use ganymede_gan::spec::{LARGEST_INTEGER, TrainSection};
use ganymede_gan::{Machine, SamplerOptions, best_checkpoint};
use ganymede_interop::{TensorBoard, tensorboard};
use ganymede_kernels::isa::Isa;
use ganymede_runtime::{CpuOptions, Numerics};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// How long to train: one of three.
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
pub struct LengthFlags {
    /// Stop after N steps in total. A step is one generator update with its n_critic discriminator updates
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=LARGEST_INTEGER), help_heading = "Length")]
    pub steps: Option<u64>,
    /// Stop after the discriminator has seen N thousand real samples
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Length")]
    pub kimg: Option<f64>,
    /// Stop after M minutes of training in this process
    #[arg(long, value_name = "M", value_parser = positive, help_heading = "Length")]
    pub minutes: Option<f64>,
}

impl LengthFlags {
    /// Whether none was given.
    pub fn is_none(&self) -> bool {
        self.steps.is_none() && self.kimg.is_none() && self.minutes.is_none()
    }

    /// The one that was given replaces what a run says, but for minutes: they limit this process, and the goal in steps stays.
    pub fn extend(&self, train: &mut TrainSection) {
        match self.minutes.filter(|_| train.last_step().is_some()) {
            Some(minutes) => train.minutes = Some(minutes),
            None => self.apply(train),
        }
    }

    /// The one that was given replaces what the spec says.
    pub fn apply(&self, train: &mut TrainSection) {
        if !self.is_none() {
            train.end_after(self.steps, self.kimg, self.minutes);
        }
    }
}

/// How often a training shows and saves.
#[derive(Args, Clone, Debug, Default)]
pub struct IntervalFlags {
    /// Steps between two grids of samples; 0 for none but the first and last
    #[arg(long, value_name = "K", value_parser = whole::<u64>(0..=LARGEST_INTEGER), help_heading = "Output")]
    pub snapshot_every: Option<u64>,
    /// Steps between two checkpoints; 0 for none but the first and last
    #[arg(long, value_name = "K", value_parser = whole::<u64>(0..=LARGEST_INTEGER), help_heading = "Output")]
    pub checkpoint_every: Option<u64>,
}

impl IntervalFlags {
    /// Those that were given replace what the spec says.
    pub fn apply(&self, train: &mut TrainSection) {
        train.snapshot_every = self.snapshot_every.unwrap_or(train.snapshot_every);
        train.checkpoint_every = self.checkpoint_every.unwrap_or(train.checkpoint_every);
    }
}

/// Where else a training is shown.
#[derive(Args, Clone, Debug)]
pub struct TensorBoardFlags {
    /// Also write what is logged for TensorBoard [default folder: tensorboard/ in the run]
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = "Output")]
    pub tensorboard: Option<Option<PathBuf>>,
}

impl TensorBoardFlags {
    /// Who writes it for a run, if it was asked for.
    pub fn of(&self, run: &Path) -> Option<TensorBoard> {
        let folder = self.tensorboard.as_ref()?.clone().unwrap_or_else(|| run.join(tensorboard::FOLDER));
        Some(TensorBoard::new(run, &folder))
    }
}

/// Which state of which run.
#[derive(Args, Clone, Debug)]
pub struct CheckpointFlags {
    /// Folder of the run, or `last` for the newest run in runs/
    #[arg(value_parser = run, default_value = LAST)]
    pub run: PathBuf,
    /// Checkpoint after this step [default: the newest]
    #[arg(long, value_name = "STEP")]
    pub checkpoint: Option<u64>,
    /// The best checkpoint by what the run evaluated while it trained (`train --evaluate-every`)
    #[arg(long, conflicts_with = "checkpoint")]
    pub best: bool,
}

impl CheckpointFlags {
    /// The step that they name; none for the newest.
    ///
    /// # Errors
    /// When the best is asked for and the run has evaluated nothing, or cannot be read.
    pub fn step(&self) -> Result<Option<u64>, Failure> {
        if !self.best {
            return Ok(self.checkpoint);
        }
        let best = best_checkpoint(&self.run)?.ok_or_else(|| {
            let text =
                format!("--best: expected a run that evaluated itself, found no evaluation in {}", self.run.display());
            Failure::new(USER, text)
                .with_hint("`ganymede train --evaluate-every KIMG` evaluates; --checkpoint STEP names one")
        })?;
        Ok(Some(best.step))
    }
}

/// The word for the newest run.
pub const LAST: &str = "last";

/// A run by its folder, by its name in runs/, or the newest one.
///
/// # Errors
/// When there is no newest one.
pub fn run(text: &str) -> Result<PathBuf, String> {
    if text != LAST || run_dir::is_run(text.as_ref()) {
        // A name as `ganymede runs` prints it.
        let listed = Path::new(RUNS).join(text);
        return Ok(if run_dir::is_run(text.as_ref()) || !run_dir::is_run(&listed) { text.into() } else { listed });
    }
    let found = run_dir::newest(RUNS.as_ref());
    found.map_err(|error| format!("expected a run in {RUNS}/, found none ({error}); name the run's folder"))
}

/// The default folder of runs.
pub const RUNS: &str = "runs";

/// Which generator of which run.
#[derive(Args, Clone, Debug)]
pub struct GeneratorFlags {
    #[command(flatten)]
    pub at: CheckpointFlags,
    /// Use the weights of that step itself instead of the averaged weights (EMA)
    #[arg(long)]
    pub last_weights: bool,
    /// First recompute the batch statistics over N batches of 64 (standing statistics)
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=10_000))]
    pub standing_statistics: Option<u32>,
}

impl GeneratorFlags {
    /// The generator that they name, with this truncation.
    ///
    /// # Errors
    /// As [`CheckpointFlags::step`].
    pub fn options(&self, truncation: Option<f64>) -> Result<SamplerOptions, Failure> {
        let (step, last_weights, standing) = (self.at.step()?, self.last_weights, self.standing_statistics);
        Ok(SamplerOptions { step, last_weights, truncation, standing })
    }
}

/// How exact a training is.
#[derive(Args, Clone, Debug, Default)]
pub struct NumericsFlags {
    /// Algorithms of convolutions: fast, or strict, whose error is at most that of direct sums in f32 [default: the spec's, which is fast]
    #[arg(long, value_name = "HOW", value_parser = Numerics::ALL.map(Numerics::name), help_heading = "Machine")]
    pub numerics: Option<String>,
}

impl NumericsFlags {
    /// What was given replaces what the spec says.
    pub fn apply(&self, train: &mut TrainSection) {
        train.numerics = self.numerics.as_deref().and_then(|name| name.parse().ok()).unwrap_or(train.numerics);
    }
}

/// What computes. It changes no result, but for bits between instruction sets.
#[derive(Args, Clone, Debug, Default)]
pub struct MachineFlags {
    /// Number of threads [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1..=1024), help_heading = "Machine")]
    pub threads: Option<u16>,
    /// Instruction set of the kernels [default: the best of this processor]
    #[arg(long, value_name = "NAME", value_parser = isa_names(), help_heading = "Machine")]
    pub isa: Option<String>,
    /// Where to compute
    #[arg(long, value_name = "NAME", value_parser = known_names::device(), default_value = "cpu", help_heading = "Machine")]
    pub device: String,
}

impl MachineFlags {
    /// What they name; numerics and memory are said elsewhere.
    ///
    /// # Errors
    /// When the processor lacks the instruction set.
    pub fn cpu(&self) -> Result<CpuOptions, Failure> {
        let mut options = CpuOptions::default();
        options.threads = self.threads.map_or(options.threads, usize::from);
        if let Some(name) = &self.isa {
            let isa = Isa::from_name(name);
            options.isa = isa.map_err(|e| Failure::new(USER, format!("--isa: {e}")).with_hint(e.hint()))?;
        }
        Ok(options)
    }

    /// A backend with these numerics; it may take the memory that is available now.
    ///
    /// # Errors
    /// When the processor lacks the instruction set, or the threads cannot be started.
    pub fn machine(&self, numerics: Numerics) -> Result<Machine, Failure> {
        Ok(Machine::new(self.cpu()?, numerics)?)
    }
}

/// How data is read.
#[derive(Args, Clone, Debug, Default)]
pub struct DataFlags {
    /// Size of the images, such as 32 or 48x32 (width x height) [default: their own]
    #[arg(long, value_name = "N|WxH", help_heading = "Data")]
    pub resolution: Option<Resolution>,
    /// How images of another shape become that size [default: crop]
    #[arg(long, value_name = "HOW", value_parser = Fit::ALL.map(Fit::name), help_heading = "Data")]
    pub fit: Option<String>,
    /// 1 (grey) or 3 (red, green, blue) [default: 1 when all images are grey; the 1 to 8 of an array as they are]
    #[arg(long, value_name = "N", help_heading = "Data")]
    pub channels: Option<usize>,
    /// Values that become -1 and 1 for a network; values outside are clamped [default: chosen by type and values]
    #[arg(long, value_name = "LOW,HIGH", value_parser = range, allow_hyphen_values = true, help_heading = "Data")]
    pub range: Option<Ends>,
    /// Array: sizes of a sample, such as 28x28x1 for rows of 784 values [default: the array's own]
    #[arg(long, value_name = "HxWxC", value_parser = sizes, help_heading = "Data")]
    pub shape: Option<Sizes>,
    /// Array: order of an image's axes: height, width, channels; whc and cwh are transposed [default: by their sizes]
    #[arg(long, value_name = "ORDER", value_parser = Layout::ALL.map(Layout::name), help_heading = "Data")]
    pub layout: Option<String>,
    /// Array: what kind of data it holds, such as images or points [default: by its sizes]
    #[arg(long = "as", value_name = "KIND", help_heading = "Data")]
    pub modality: Option<String>,
    /// .npz: name of the array with the samples [default: the first usual name, such as train_images]
    #[arg(long, value_name = "NAME", help_heading = "Data")]
    pub key: Option<String>,
    /// .npz: name of the array with the labels [default: the usual name beside the samples]
    #[arg(long, value_name = "NAME", help_heading = "Data")]
    pub label_key: Option<String>,
    /// Colour under transparent pixels and around padded images, such as white, #ffcc00 or 255,204,0
    #[arg(long, value_name = "COLOUR", value_parser = background, help_heading = "Data")]
    pub background: Option<Background>,
    /// Mirror each image left to right with probability 1/2
    #[arg(long, help_heading = "Data")]
    pub mirror: bool,
    /// Fraction of the samples that is kept out of training [default: 0.05 from 1,000 samples up, else 0]
    #[arg(long, value_name = "FRACTION", help_heading = "Data")]
    pub holdout: Option<f64>,
    /// Fraction of the files, or lines of a table, that may be bad; more is an error [default: 0.05 of files, no line]
    #[arg(long, value_name = "FRACTION", help_heading = "Data")]
    pub max_bad: Option<f64>,
    /// Part of the data set to use: train, test, all or a folder's name [default: the part to train on]
    #[arg(long, value_name = "NAME", help_heading = "Data")]
    pub part: Option<String>,
    /// Where the classes of images come from: a table FILE, `folders` or `none` [default: chosen by what the data has]
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    pub labels: Option<String>,
    /// Column of the table that holds the classes: its name, or its number from 1
    #[arg(long, value_name = "NAME", help_heading = "Data")]
    pub label_column: Option<String>,
    /// Table: the column to predict; where it is one of few values, rows are asked for by it
    #[arg(long, value_name = "COLUMN", help_heading = "Data")]
    pub target: Option<String>,
    /// Table: what a column is, such as age=number or zip=category; may be repeated [default: found by its cells]
    #[arg(long = "column", value_name = "COLUMN=KIND", help_heading = "Data")]
    pub columns: Vec<String>,
    /// Table: a rule that rows keep, "A -> B" (the first fixes the second), "A <= B" or "A > 0"; rows that break it are left out;
    /// may be repeated
    #[arg(long = "rule", value_name = "RULE", help_heading = "Data")]
    pub rules: Vec<String>,
    /// Table: look for no rules between columns
    #[arg(long, help_heading = "Data")]
    pub no_rules: bool,
    /// Table: what separates cells, a character or `tab` [default: found in the first lines]
    #[arg(long, value_name = "CHAR", value_parser = delimiter, help_heading = "Data")]
    pub delimiter: Option<char>,
    /// Table: whether the first line names the columns [default: found by the lines below]
    #[arg(long, value_name = "YES|NO", value_parser = ["yes", "no"], help_heading = "Data")]
    pub header: Option<String>,
    /// Which pages or frames of an image file become samples [default: first]
    #[arg(long, value_name = "WHICH", value_parser = Pages::ALL.map(Pages::name), help_heading = "Data")]
    pub pages: Option<String>,
    /// Samples that equal an earlier one byte for byte: keep them, or drop them from training and holdout [default: keep]
    #[arg(long, value_name = "WHICH", value_parser = Duplicates::ALL.map(Duplicates::name), help_heading = "Data")]
    pub duplicates: Option<String>,
    /// Keep decoded samples in memory instead of in a cache file
    #[arg(long, help_heading = "Data")]
    pub no_cache: bool,
}

/// Red, green, blue.
pub type Background = [u8; 3];
/// A low value and a high one.
pub type Ends = [f64; 2];
/// Sizes of a sample. A type of its own: a list is a flag that may be repeated.
#[derive(Clone, Debug)]
pub struct Sizes(Vec<usize>);

impl DataFlags {
    /// Those that were given replace what the options say.
    ///
    /// # Errors
    /// A text that says nothing of a column.
    pub fn apply(&self, options: &mut DataOptions) -> Result<(), Failure> {
        for text in &self.columns {
            let wishes = std::mem::take(&mut options.columns);
            options.columns = wishes.with(text).map_err(|reason| Failure::new(USAGE, format!("--column: {reason}")))?;
        }
        for text in &self.rules {
            let rules = std::mem::take(&mut options.rules);
            options.rules = rules.with(text).map_err(|reason| Failure::new(USAGE, format!("--rule: {reason}")))?;
        }
        options.rules.find &= !self.no_rules;
        options.delimiter = self.delimiter.or(options.delimiter);
        options.header = self.header.as_deref().map(|header| header == "yes").or(options.header);
        options.target = self.target.clone().or(options.target.take());
        options.resolution = self.resolution.or(options.resolution);
        options.channels = self.channels.or(options.channels);
        options.range = self.range.or(options.range);
        options.reshape = self.shape.as_ref().map(|sizes| sizes.0.clone()).or(options.reshape.take());
        options.layout = self.layout.as_deref().and_then(|name| name.parse().ok()).or(options.layout);
        options.modality = self.modality.clone().or(options.modality.take());
        options.key = self.key.clone().or(options.key.take());
        options.label_key = self.label_key.clone().or(options.label_key.take());
        options.holdout = self.holdout.or(options.holdout);
        options.max_bad = self.max_bad.or(options.max_bad);
        options.background = self.background.unwrap_or(options.background);
        options.fit = self.fit.as_deref().and_then(|name| name.parse().ok()).unwrap_or(options.fit);
        options.part = self.part.clone().or(options.part.take());
        options.labels = self.labels.clone().or(options.labels.take());
        options.label_column = self.label_column.clone().or(options.label_column.take());
        options.pages = self.pages.as_deref().and_then(|name| name.parse().ok()).unwrap_or(options.pages);
        options.duplicates =
            self.duplicates.as_deref().and_then(|name| name.parse().ok()).unwrap_or(options.duplicates);
        options.mirror |= self.mirror;
        options.use_cache &= !self.no_cache;
        Ok(())
    }
}

fn isa_names() -> Vec<&'static str> {
    Isa::ALL.map(Isa::name).to_vec()
}

fn delimiter(text: &str) -> Result<char, String> {
    match (text, &text.chars().collect::<Vec<_>>()[..]) {
        ("tab" | "\\t", _) => Ok('\t'),
        (_, [character]) => Ok(*character),
        _ => Err(format!("expected one character or `tab`, found `{text}`")),
    }
}

fn background(text: &str) -> Result<Background, String> {
    parse_background(text)
}

fn range(text: &str) -> Result<Ends, String> {
    parse_range(text)
}

fn sizes(text: &str) -> Result<Sizes, String> {
    parse_sizes(text).map(Sizes)
}

/// A number above 0.
pub fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err(format!("expected a number above 0, found `{text}`")),
    }
}

/// A part of a whole, 0 to 1.
pub fn part(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err(format!("expected a part from 0 to 1, found `{text}`")),
    }
}

/// The seeds of `--seed S|A-B` with `-n N`: S, S+1, … or A to B, both included.
///
/// # Errors
/// When B is below A, or N contradicts A-B.
pub fn seeds(seed: &str, count: Option<u64>, default_count: u64) -> Result<RangeInclusive<u64>, Failure> {
    let refuse = |reason: String| Err(Failure::new(USAGE, reason));
    let number = |text: &str| text.trim().parse::<u64>();
    if let Ok(first) = number(seed) {
        let last = count.unwrap_or(default_count).checked_sub(1).and_then(|more| first.checked_add(more));
        return match last {
            Some(last) => Ok(first..=last),
            None => refuse(format!("expected seeds up to {}, found {count:?} from {first} on", u64::MAX)),
        };
    }
    match seed.split_once('-').map(|(a, b)| (number(a), number(b))) {
        Some((Ok(first), Ok(last))) if first <= last => match count {
            Some(count) if Some(count) != (last - first).checked_add(1) => {
                refuse(format!("expected as many samples as --seed {seed} has, found -n {count}"))
            }
            _ => Ok(first..=last),
        },
        _ => refuse(format!("expected a seed such as 7 or seeds such as 0-15, found `{seed}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_counted_from_the_first() {
        assert_eq!(seeds("7", Some(3), 64).unwrap(), 7..=9);
        assert_eq!(seeds("0", None, 64).unwrap(), 0..=63);
        assert_eq!(seeds("4-9", None, 64).unwrap(), 4..=9);
        assert_eq!(seeds("4-9", Some(6), 64).unwrap(), 4..=9);
        for (seed, count) in [("4-9", Some(5)), ("9-4", None), ("x", None), ("-3", None), ("3", Some(0))] {
            assert!(seeds(seed, count, 64).is_err(), "{seed} {count:?}");
        }
        assert!(seeds("18446744073709551615", Some(2), 64).is_err());
    }

    #[test]
    fn a_length_replaces_the_others() {
        let mut train = TrainSection { steps: Some(1200), ..TrainSection::default() };
        LengthFlags { minutes: Some(5.0), ..LengthFlags::default() }.apply(&mut train);
        assert_eq!((train.steps, train.minutes), (None, Some(5.0)));
        LengthFlags::default().apply(&mut train);
        assert_eq!(train.minutes, Some(5.0));
    }
}
