//! The kinds of data: one file each, and the table of all of them. Code outside never asks what kind of data it has; it
//! asks the modality for what it needs to know.
//!
//! To add one: write `modalities/x.rs` with a struct that implements [`Modality`] (its state is what was learned of the
//! samples to train on) and an [`Entry`], and add a line to [`MODALITIES`]. The contract tests
//! (`tests/data/modalities.rs`) then write and read it, and take batches from it. Batches that are put together in another way are a
//! file in `sources`. Not here: where the samples lie (`formats`), batches (`sources`), files of numbers (`codec.rs`).

pub(crate) mod images;
pub(crate) mod points;
mod row_cells;
mod signals;
pub(crate) mod table;
mod wish;

use crate::codec::Codec;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::field::Field;
use crate::formats::layout::Form;
use crate::learn::Rows;
use crate::options::DataOptions;
use crate::sources::{BatchSource, Shuffled, SourceOptions};
use ganymede_tensor::{Tensor, TensorType};
use serde_json::Value;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use row_cells::{KnownRows, NumberedRows, RowCells};
pub use table::{Filled, GivenRows, RowFilter};
pub use wish::Wish;

/// Every modality, in the order in which they are asked whether samples are theirs.
pub(crate) const MODALITIES: &[&Entry] = &[&images::ENTRY, &points::ENTRY, &signals::ENTRY, &table::ENTRY];

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its name in `codec.json`.
    pub(crate) name: &'static str,
    /// Whether samples of this type are of this kind by default.
    pub(crate) takes: fn(&TensorType) -> bool,
    /// Whether its samples are images: read with options of size, colours and the order of axes, and as bytes where nothing else is
    /// known. All others are numbers, taken with the sizes that an array has.
    pub(crate) images: bool,
    /// Whether an array can be said to hold it.
    pub(crate) of_arrays: bool,
    /// It, before anything was learned; with the form of the array, if samples are read out of one.
    pub(crate) new: fn(&DataOptions, Option<Form>) -> Arc<dyn Modality>,
    /// It, as [`Modality::learned`] wrote it; the error is the reason.
    pub(crate) read: fn(Value) -> Result<Arc<dyn Modality>, String>,
}

/// What one kind of data is, and what was learned of the samples that are trained on.
pub trait Modality: fmt::Debug + Send + Sync {
    /// Its name in the table and in `codec.json`.
    fn name(&self) -> &'static str;

    /// What was learned, as `codec.json` keeps it.
    fn learned(&self) -> Value;

    /// Whether these can be the fields of such data; the error is the reason.
    ///
    /// # Errors
    /// Expected and found, as text.
    fn check(&self, fields: &[Field]) -> Result<(), String>;

    /// What a run keeps of its data: the codec with what is learned of `rows`, which are the samples that are trained on and
    /// no others. By default nothing is.
    ///
    /// # Errors
    /// What reading the samples gives.
    fn learn(&self, codec: &Codec, _rows: &Rows<'_>) -> Result<Codec, DataError> {
        Ok(codec.clone())
    }

    /// Fields of a sample that follow from it, which the data set does not keep: [`Modality::derive`] gives their values.
    fn derived(&self) -> Vec<Field> {
        Vec::new()
    }

    /// The values of such a field for samples of these numbers, whose bytes these are, as the data set keeps them; (N, …). None for any
    /// other field.
    fn derive(&self, _field: &str, _numbers: &[u32], _bytes: &[u8]) -> Option<Tensor> {
        None
    }

    /// The batches to train on: by default every sample once an epoch, in an order of its own.
    ///
    /// # Errors
    /// [`DataError::Option`] for options that it does not have.
    fn source(
        &self,
        _codec: &Codec,
        dataset: Arc<Dataset>,
        rows: Vec<u32>,
        options: &SourceOptions,
    ) -> Result<Box<dyn BatchSource>, DataError> {
        if options.mirror {
            let reason = format!("expected images, found {}", self.name());
            return Err(DataError::Option { name: "mirror", reason });
        }
        Ok(Box::new(Shuffled::new(dataset, rows, options)?))
    }

    /// What a generator is given beside its latents; see [`Codec::conditions`]. By default each field of the role condition
    /// has the value wished for, else its classes or its examples in turn: the sample of seed s has number s mod count.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] for a wish that is none of the codec's fields.
    fn conditions(&self, codec: &Codec, wish: &Wish, seeds: Range<u64>) -> Result<Vec<(String, Tensor)>, DataError> {
        wish.tensors(codec, seeds)
    }

    /// Type of one sample as the data set keeps it, where that is not what a network makes.
    fn stored(&self) -> Option<TensorType> {
        None
    }

    /// How samples are shown to the user.
    fn preview(&self) -> Preview;

    /// How many pixels wide and high each pixel of a sample is in the preview of so many samples in a row and a column.
    fn preview_scale(&self, _codec: &Codec, _places: [usize; 2]) -> usize {
        1
    }

    /// Writes many samples, in the network's range, to look at: a PNG at `path` with such rows where samples stand in rows, and
    /// what else [`Modality::preview`] says beside it.
    ///
    /// # Errors
    /// [`DataError::Io`].
    fn write_preview(&self, codec: &Codec, path: &Path, samples: &[f32], rows: &GridRows) -> Result<(), DataError>;

    /// Writes samples, in the network's range, in the form that the data had; see [`Codec::write_samples`].
    ///
    /// # Errors
    /// [`DataError::Io`].
    fn write_samples(
        &self,
        codec: &Codec,
        dir: &Path,
        all: Range<u64>,
        first: u64,
        samples: &[f32],
    ) -> Result<Vec<PathBuf>, DataError>;

    /// Mean and deviation of each value that a network makes in the samples to train on; none where they are not known.
    fn feature_moments(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        None
    }

    /// What a row consists of; none where samples are no rows of a table.
    fn rows(&self) -> Option<TableRows> {
        None
    }

    /// The rows of a table as lines of its file; none where samples are no rows.
    fn lines(&self) -> Option<&dyn RowLines> {
        None
    }

    /// Names of the presets that train on such samples, the usual one first.
    fn presets(&self, sample: &TensorType) -> &'static [&'static str];

    /// Whether samples of `other` data, of the same sizes, mean the same as a run's; the error is the reason.
    ///
    /// # Errors
    /// Expected and found, as text.
    fn comparable(&self, _codec: &Codec, _other: &Codec) -> Result<(), String> {
        Ok(())
    }
}

/// The rows of a table as lines of its file.
pub trait RowLines: RowCells {
    /// The ending of the file's name: `csv`.
    fn ending(&self) -> &'static str;

    /// What stands before the rows.
    fn begin(&self, out: &mut Vec<u8>);

    /// The rows of these samples that are kept (by a filter, and at most so many) as lines. The first sample has the number `first`, which what is made
    /// anew follows from. Gives how many samples were looked at and how many were kept.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] for samples that are no rows.
    fn rows(
        &self,
        samples: &[f32],
        first: u64,
        kept: (&RowFilter, u64),
        out: &mut Vec<u8>,
    ) -> Result<[u64; 2], DataError>;

    /// Ends the file: its last line ends as that of the table does.
    fn end(&self, out: &mut Vec<u8>);

    /// What texts such as `income=>50K` and `age>=30` ask of rows: a class of the target, and a filter for all else.
    ///
    /// # Errors
    /// [`DataError::Condition`] for a column that there is not, or a value that is none of its own.
    fn asked(&self, texts: &[String]) -> Result<(Option<u32>, RowFilter), DataError>;

    /// What a generator is given so that it makes rows that a filter keeps, as far as it can be told: the first category that is asked
    /// for, where it takes one of any column.
    fn wish(&self, filter: &RowFilter) -> Wish;

    /// The name of the target, where rows are conditioned on it.
    fn target(&self) -> Option<&str>;

    /// The columns that rows are compared by: those that are learned, or follow from what is.
    fn columns(&self) -> Vec<RowColumn>;

    /// What real rows never break, by the places among [`RowLines::columns`].
    fn rules(&self) -> Vec<RowRule>;

    /// The cells of samples that rows are compared by, row after row: the place of a value in its list; a number as its part of the
    /// range, 0 to 1; NaN where a number is missing.
    fn compared(&self, samples: &[f32]) -> Vec<f32>;

    /// The same of rows as the data set keeps them.
    fn compared_stored(&self, bytes: &[u8]) -> Vec<f32>;
}

/// A column that rows are compared by.
#[derive(Clone, Debug, PartialEq)]
pub struct RowColumn {
    /// Its name.
    pub name: String,
    /// What its cells are.
    pub kind: RowKind,
    /// Whether it is the target.
    pub target: bool,
}

/// What the cells of a column are that rows are compared by.
#[derive(Clone, Debug, PartialEq)]
pub enum RowKind {
    /// Numbers from the first to the second of the range.
    Number {
        /// Whether all are whole.
        whole: bool,
        /// The smallest and the largest.
        range: [f64; 2],
    },
    /// One of a list.
    Category {
        /// The length of the list.
        values: usize,
        /// The place of what stands for a missing one.
        missing: Option<usize>,
    },
}

/// What real rows never break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowRule {
    /// The first column says the second.
    Fixes(usize, usize),
    /// The first is at most the second.
    AtMost(usize, usize),
    /// Both are the same.
    Equal(usize, usize),
}

/// What the rows of a table are to a network.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRows {
    /// The parts of a row, in order, without the target, which stands behind them as one-hot.
    pub heads: Vec<Head>,
    /// The name of the column that each part is of.
    pub names: Vec<String>,
    /// How many rows the table has.
    pub rows: u64,
    /// Where a row has the choices that the field [`CONDITION`](crate::CONDITION) consists of, one after the other; none without this field.
    pub conditions: Vec<Range<usize>>,
    /// How many of them have each choice of each part; none of a number.
    pub shares: Vec<Vec<f64>>,
    /// How many of them are of each class of the target; none without.
    pub classes: Vec<f64>,
    /// A with AAᵀ the correlations of the normal variables behind the target (where there is one) and the parts, of which
    /// those of a list are cut into parts (of lists without an order the largest first); two for each part of atoms, their choice and their number. None where nothing was
    /// learned yet, and of more than [`TableRows::MOST_VARIABLES`].
    pub factor: Vec<Vec<f64>>,
}

impl TableRows {
    /// Normal variables up to which their correlations are learned.
    pub const MOST_VARIABLES: usize = 128;
}

/// A part of a row: neighbouring values that a network makes together.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// A number of any size.
    Number,
    /// One of so many, as one-hot.
    Choice(usize),
    /// One of these numbers, as one-hot, and the number behind it.
    Ordered(Vec<f64>),
    /// One of so many, as one-hot, the last of which is any number; and this number behind it, else 0.
    Atoms(usize),
    /// A number from −1 to 1, and behind it one of so many modes, as one-hot, which the number stands in.
    Modes(usize),
}

impl Head {
    /// Values of it that are a choice.
    pub fn choices(&self) -> usize {
        match self {
            Head::Number => 0,
            Head::Choice(choices) | Head::Atoms(choices) | Head::Modes(choices) => *choices,
            Head::Ordered(numbers) => numbers.len(),
        }
    }

    /// Values that it has in a sample.
    pub fn width(&self) -> usize {
        match self {
            Head::Number => 1,
            Head::Choice(choices) => *choices,
            Head::Ordered(numbers) => numbers.len() + 1,
            Head::Atoms(choices) => choices + 1,
            Head::Modes(modes) => modes + 1,
        }
    }
}

/// How samples are shown to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// How many samples tell enough.
    pub samples: u64,
    /// Endings of the files; the first is the image, whose path is given.
    pub files: &'static [&'static str],
}

/// How samples stand in a grid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridRows {
    /// Samples in a row.
    pub columns: usize,
    /// Names of the rows, from the first on; none for rows that are of nothing.
    pub names: Vec<String>,
}

/// Name of the one file of all samples that are written of data that came as an array.
pub const ARRAY: &str = "samples.npy";

/// Names of all modalities that arrays can be said to hold.
pub fn names() -> Vec<&'static str> {
    MODALITIES.iter().filter(|entry| entry.of_arrays).map(|entry| entry.name).collect()
}

/// The modality of a name with what it had learned; the error is the reason.
pub(crate) fn read(name: &str, learned: Value) -> Result<Arc<dyn Modality>, String> {
    let entry = MODALITIES.iter().find(|entry| entry.name == name);
    let known = || MODALITIES.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
    let entry = entry.ok_or_else(|| format!("expected one of the modalities {}, found `{name}`", known()))?;
    (entry.read)(learned)
}

/// The modality that the options ask for.
///
/// # Errors
/// [`DataError::Option`] with all names.
pub(crate) fn asked(options: &DataOptions) -> Result<Option<&'static Entry>, DataError> {
    let Some(name) = &options.modality else { return Ok(None) };
    let entry = MODALITIES.iter().find(|entry| entry.name == name && entry.of_arrays).copied();
    let reason = || format!("expected one of {}, found `{name}`", names().join(", "));
    entry.map(Some).ok_or_else(|| DataError::Option { name: "modality", reason: reason() })
}

/// The first modality that has such samples, else points.
pub(crate) fn of_sample(sample: &TensorType) -> &'static Entry {
    MODALITIES.iter().find(|entry| (entry.takes)(sample)).unwrap_or(&&points::ENTRY)
}
