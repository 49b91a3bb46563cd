//! Tables: a row of cells of several kinds as values of a network, and back as a line of the file. Not here: reading tables
//! (`crate::table`), one column (`encoder.rs`), two of them (`pairs.rs`), batches (`rows.rs`), rows of cells (`cell_rows.rs`),
//! drawing (`picture.rs`).

mod asked;
mod budget;
mod cell_rows;
mod coder;
mod compared;
mod condition;
mod encoder;
mod given;
mod latent;
mod lines;
mod made;
mod modes;
mod nearby;
mod pair_picture;
mod pairs;
mod picture;
mod quantiles;
mod rows;

use super::{Entry, GridRows, Head, Modality, Preview, RowCells, RowLines, TableRows, Wish};
use crate::codec::Codec;
use crate::dataset::Dataset;
use crate::error::{DataError, io_error};
use crate::field::{CONDITION, Field, LABEL, Role};
use crate::learn::Rows;
use crate::raster::grid;
use crate::sources::{BatchSource, SourceOptions};
use crate::table::{Column, Condition, Kind, Numbers, Plan, Rule, RuleOptions, Schema};
pub use asked::RowFilter;
use budget::{longest_list, places};
use coder::RowCoder;
use encoder::{Encoder, Variable};
use ganymede_tensor::{DType, Data, Rng, Tensor, TensorType, stream_of};
pub use given::GivenRows;
use made::{Made, Planned};
pub use nearby::Filled;
use pairs::Pair;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The line of the table of modalities.
pub(super) const ENTRY: Entry = Entry {
    name: "table",
    takes: |_| false,
    images: false,
    of_arrays: false,
    new: |_, _| Arc::new(Table::default()),
    read: |learned| Ok(Arc::new(serde_json::from_value::<Table>(learned).map_err(|e| e.to_string())?)),
};

/// Classes that a target may have.
const MOST_CLASSES: usize = 256;
/// A table: how its rows are written, and how its columns become values of a network.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// How the file is written; none before there is any.
    schema: Option<Schema>,
    /// The column that rows are asked for by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<usize>,
    /// The number that models are to predict, where that is what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    goal: Option<usize>,
    /// What rows are conditioned on.
    #[serde(default, skip_serializing_if = "Condition::is_default")]
    condition: Condition,
    /// What its rows never break.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rule>,
    /// Which columns are learned, and how the others follow from them.
    plan: Plan,
    /// The columns that a network makes, by their places, in the order of a row: all that the plan learns but a target that is the
    /// condition.
    learned: Vec<(usize, Encoder)>,
    /// How many rows have each class of the target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<u64>,
    /// Mean and deviation of each value of a network.
    means: Vec<f64>,
    deviations: Vec<f64>,
    /// The pairs of columns that depend on each other most, for a drawing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<Pair>,
    /// What the normal variables behind the columns have in common ([`TableRows::factor`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    factor: Vec<Vec<f64>>,
    /// Rows that this was learned from.
    rows: u64,
}

/// The bytes of a row's cells.
pub(crate) fn cell_bytes(cells: &[f64]) -> Vec<u8> {
    cells.iter().flat_map(|cell| cell.to_le_bytes()).collect()
}

/// The cells of rows of bytes.
fn cells_of(bytes: &[u8]) -> impl Iterator<Item = f64> + '_ {
    bytes.as_chunks::<8>().0.iter().map(|cell| f64::from_le_bytes(*cell))
}

impl Table {
    /// A table of these rows of cells, one after the other, with what is to be predicted at a place among its columns; the rows
    /// without those that break a rule which was given; and what the report says of its rules and of the target.
    ///
    /// # Errors
    /// The reason: no column can be learned, or the target is neither a number nor a list of few values.
    pub(crate) fn of(
        schema: Schema,
        cells: Vec<f64>,
        asked: Option<usize>,
        (numbers, condition): (Numbers, Condition),
        rules: &RuleOptions,
    ) -> Result<(Table, Vec<f64>, Vec<String>), String> {
        let width = schema.columns().len();
        let (target, goal) = match asked {
            None => (None, None),
            Some(at) if predicts(&schema.columns()[at])? => (None, asked),
            Some(_) => (asked, None),
        };
        let Planned { plan, rules, cells, mut notes } = Planned::of(&schema, cells, target, rules)?;
        let number = goal.map(|at| schema.columns()[at].name.clone());
        notes.extend(number.map(|name| {
            format!("target      `{name}` is a number: `evaluate` predicts it, rows are asked for by it as by any other column")
        }));
        let label = target.filter(|_| condition == Condition::Target);
        let made = Made::of(&plan, label, &cells, width);
        if made.columns.is_empty() && target.is_none() {
            return Err(
                "expected a column that can be learned, found none: all are ids, texts, constant or empty".into()
            );
        }
        let (most, longest) = (places(&schema, &made.columns), longest_list(&schema, &plan, &made.columns));
        let encoder = |(at, cells): (&usize, &Vec<f64>)| {
            let variable = match plan.gap(*at) {
                Some(_) => Variable::Number,
                None => variable(&schema.columns()[*at].kind),
            };
            let encoder = match (numbers, &variable) {
                (Numbers::Scores, Variable::Ordered { numbers }) if Some(*at) != target && numbers.len() > longest => {
                    Encoder::ranked(numbers, cells)
                }
                (Numbers::Scores, _) => Encoder::of(&variable, cells, most),
                // A target is a choice whatever its values are, and so are two numbers.
                (Numbers::Modes, Variable::Ordered { numbers }) if Some(*at) == target || numbers.len() <= 2 => {
                    Encoder::of(&Variable::Category { values: numbers.len() }, cells, most)
                }
                (Numbers::Modes, _) => Encoder::by_modes(&variable, cells, most),
            };
            (*at, encoder)
        };
        let learned = made.columns.iter().zip(&made.cells).map(encoder).collect();
        let classes = label.map_or(Vec::new(), |at| classes_of(&schema, at).map(|_| 0).collect());
        let schema = Some(schema);
        let mut table = Table { schema, target, goal, condition, rules, plan, learned, classes, ..Table::default() };
        table.look(&cells).map_err(|error| error.to_string())?;
        Ok((table, cells, notes))
    }

    /// The column that is the label of a row: a target that rows are conditioned on.
    fn label(&self) -> Option<usize> {
        self.target.filter(|_| self.condition == Condition::Target)
    }

    /// The label of each of these rows, with the names of the classes, where there is one.
    pub(crate) fn labels(&self, cells: &[f64]) -> Option<(Vec<u32>, Vec<String>)> {
        let (schema, at) = (self.schema.as_ref()?, self.label()?);
        let labels = cells.iter().skip(at).step_by(schema.columns().len()).map(|&cell| cell as u32).collect();
        Some((labels, classes_of(schema, at).map(String::from).collect()))
    }

    /// The field of what a network makes.
    pub(crate) fn sample(&self) -> Field {
        Field::new(crate::field::SAMPLE, TensorType::f32([self.width()]), Role::Sample)
    }

    /// Values of a row.
    fn width(&self) -> usize {
        self.learned.iter().map(|(_, encoder)| encoder.width()).sum::<usize>() + self.classes.len()
    }

    /// What encodes and decodes rows, to be made once for many of them.
    fn coder(&self) -> RowCoder<'_> {
        RowCoder::of(self)
    }

    fn schema(&self) -> Result<&Schema, DataError> {
        let none = || DataError::Mismatch { expected: "a table that was read".into(), found: "none".into() };
        self.schema.as_ref().ok_or_else(none)
    }

    /// Looks at all rows: counts classes, and finds mean and deviation of each value.
    fn look(&mut self, cells: &[f64]) -> Result<(), DataError> {
        let (width, columns) = (self.width(), self.schema()?.columns().len());
        let (mut sums, mut squares, mut rows) = (vec![0.0f64; width], vec![0.0f64; width], 0u64);
        let mut classes = vec![0; self.classes.len()];
        let coder = self.coder();
        let (mut values, mut rng) = (vec![0.0f32; width], Rng::new(0, stream_of("table/look")));
        for row in cells.chunks_exact(columns) {
            coder.encode(row, &mut rng, &mut values);
            for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(&values) {
                let value = f64::from(value);
                *sum += value;
                *square += value * value;
            }
            if let Some(count) = self.label().and_then(|at| classes.get_mut(row[at] as usize)) {
                *count += 1;
            }
            rows += 1;
        }
        let all = rows.max(1) as f64;
        self.means = sums.iter().map(|sum| sum / all).collect();
        let deviation = |(square, mean): (&f64, &f64)| libm::sqrt((square / all - mean * mean).max(0.0));
        self.deviations = squares.iter().zip(&self.means).map(deviation).collect();
        (self.rows, self.classes) = (rows, classes);
        Ok(())
    }

    /// The class of the sample of a seed: as often as in the table.
    fn class_of(&self, seed: u64) -> i32 {
        drawn(self.classes.iter().copied(), Rng::at(seed, stream_of("table/target"), 0).uniform()).unwrap_or(0) as i32
    }
}

/// The place that `chance`, 0 to 1, falls on where each is as likely as its count; none where it falls on none.
fn drawn(counts: impl Iterator<Item = u64> + Clone, chance: f64) -> Option<usize> {
    let mut left = (chance * counts.clone().sum::<u64>() as f64) as u64;
    let falls = |count: u64| {
        let here = left < count;
        left = left.saturating_sub(count);
        here
    };
    counts.map(falls).position(|here| here)
}

/// The place of the largest value, the first of equal ones.
fn largest(values: &[f32]) -> usize {
    (0..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
}

/// Whether a column that is to be predicted is a number; else it is a list of few values.
fn predicts(column: &Column) -> Result<bool, String> {
    match &column.kind {
        Kind::Number { .. } => Ok(true),
        Kind::Category { values, .. } if values.len() <= MOST_CLASSES => Ok(false),
        Kind::Category { values, numbers: Some(_), .. } if values.len() > MOST_CLASSES => Ok(true),
        Kind::Category { values, .. } => Err(format!(
            "expected at most {MOST_CLASSES} different values of the target `{}`, found {}",
            column.name,
            values.len()
        )),
        kind => Err(format!(
            "expected a target of categories or numbers, found `{}`, which is {}",
            column.name,
            kind.name()
        )),
    }
}

fn variable(kind: &Kind) -> Variable<'_> {
    match kind {
        Kind::Category { numbers: Some(numbers), .. } => Variable::Ordered { numbers },
        Kind::Category { values, numbers: None } => Variable::Category { values: values.len() },
        _ => Variable::Number,
    }
}

/// How many values a column has, where it is one of a list.
fn listed(kind: &Kind) -> Option<usize> {
    match kind {
        Kind::Category { values, .. } => Some(values.len()),
        _ => None,
    }
}

/// The values of a column of a list, without spaces around them.
fn classes_of(schema: &Schema, at: usize) -> impl Iterator<Item = &str> {
    let values = match &schema.columns()[at].kind {
        Kind::Category { values, .. } => &values[..],
        _ => &[],
    };
    values.iter().map(|value| value.text.trim())
}

impl Modality for Table {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn learned(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn check(&self, fields: &[Field]) -> Result<(), String> {
        let Some(schema) = &self.schema else { return Err("expected a table with columns, found none".into()) };
        let column =
            |at: usize| schema.columns().get(at).ok_or_else(|| format!("expected a column, found number {at}"));
        self.plan.check(schema.columns().len())?;
        let made = Made::of(&self.plan, self.label(), &[], schema.columns().len()).columns;
        if self.learned.iter().map(|(at, _)| *at).ne(made) {
            return Err("expected an encoder for each column that is learned, found others".into());
        }
        for (at, encoder) in &self.learned {
            let kind = &column(*at)?.kind;
            encoder.check(if self.plan.gap(*at).is_some() { None } else { listed(kind) })?;
        }
        self.pairs.iter().try_for_each(|pair| pair.check(schema.columns().len()))?;
        if !self.factor.iter().all(|row| row.len() == self.factor.len() && row.iter().all(|value| value.is_finite())) {
            return Err("expected a square of finite numbers as factor, found another".into());
        }
        let classes = self.label().map_or(Ok(0), |at| column(at).map(|column| listed(&column.kind).unwrap_or(0)))?;
        let width = self.width();
        if classes != self.classes.len() || [self.means.len(), self.deviations.len()] != [width, width] {
            return Err(format!("expected {classes} classes and {width} means and deviations, found others"));
        }
        if fields[0].ty != TensorType::f32([width]) {
            return Err(format!("expected rows of {width} values, found {}", fields[0].ty));
        }
        let condition = fields.iter().find(|field| field.name == CONDITION).map(|field| &field.ty);
        match self.derived().first().map(|field| &field.ty) {
            known if known == condition => Ok(()),
            known => Err(format!("expected the field `{CONDITION}` of the type {known:?}, found {condition:?}")),
        }
    }

    /// The distribution of each column, and the frequencies of classes, among the rows to train on; what a network makes of a
    /// column is as all rows have it.
    fn learn(&self, codec: &Codec, rows: &Rows<'_>) -> Result<Codec, DataError> {
        let width = self.schema()?.columns().len();
        let mut bytes = vec![0; rows.numbers().len() * width * 8];
        rows.dataset().read(rows.numbers(), &mut bytes)?;
        let cells: Vec<f64> = cells_of(&bytes).collect();
        drop(bytes);
        let made = Made::of(&self.plan, self.label(), &cells, width);
        let fitted = |((at, encoder), cells): (&(usize, Encoder), &Vec<f64>)| (*at, encoder.fitted(cells));
        let mut table = Table { learned: self.learned.iter().zip(&made.cells).map(fitted).collect(), ..self.clone() };
        table.look(&cells)?;
        table.factor = table.factor_of(&cells);
        table.pairs = pairs::strongest(self.schema()?.columns(), &self.rules, &cells);
        let mut fields = codec.fields().to_vec();
        // Frequencies say what conditions there are: they need no examples.
        fields.iter_mut().filter(|field| field.name == CONDITION).for_each(|field| field.examples.clear());
        codec.with(fields, Arc::new(table))
    }

    fn derived(&self) -> Vec<Field> {
        self.condition_field().into_iter().collect()
    }

    fn derive(&self, field: &str, numbers: &[u32], bytes: &[u8]) -> Option<Tensor> {
        let cells: Vec<f64> = cells_of(bytes).collect();
        if field == CONDITION { self.conditions_of_rows(numbers, &cells) } else { None }
    }

    fn source(
        &self,
        codec: &Codec,
        dataset: Arc<Dataset>,
        rows: Vec<u32>,
        options: &SourceOptions,
    ) -> Result<Box<dyn BatchSource>, DataError> {
        if options.mirror {
            let reason = "expected images, found table".into();
            return Err(DataError::Option { name: "mirror", reason });
        }
        Ok(Box::new(rows::TableBatches::new(self.clone(), codec, dataset, rows, options)?))
    }

    fn conditions(&self, codec: &Codec, wish: &Wish, seeds: Range<u64>) -> Result<Vec<(String, Tensor)>, DataError> {
        let asked = wish.fields().any(|field| field == LABEL);
        if wish.fields().next().is_none()
            && let Some(drawn) = self.conditions_of_seeds(seeds.clone())
        {
            return Ok(vec![(CONDITION.into(), drawn)]);
        }
        let mut given = wish.tensors(codec, seeds.clone())?;
        for (name, tensor) in given.iter_mut().filter(|(name, _)| !asked && name == LABEL) {
            let labels: Vec<i32> = seeds.clone().map(|seed| self.class_of(seed)).collect();
            let made = Tensor::new([labels.len()], Data::I32(labels));
            *tensor = made.map_err(|e| DataError::Mismatch { expected: name.clone(), found: e.to_string() })?;
        }
        Ok(given)
    }

    fn stored(&self) -> Option<TensorType> {
        let columns = self.schema.as_ref().map_or(0, |schema| schema.columns().len());
        Some(TensorType::new(DType::U8, [8 * columns]))
    }

    fn preview(&self) -> Preview {
        Preview { samples: 1024, files: &["png", "csv"] }
    }

    /// Draws each column's distribution beside the real one, and pairs of columns, and writes the rows as lines of the file.
    fn write_preview(&self, _: &Codec, path: &Path, samples: &[f32], _: &GridRows) -> Result<(), DataError> {
        let mut text = Vec::new();
        self.begin(&mut text);
        RowLines::rows(self, samples, 0, (&RowFilter::default(), u64::MAX), &mut text)?;
        self.end(&mut text);
        grid::write_file(&path.with_extension("csv"), &text)?;
        grid::write_png(path, &picture::columns(self, samples)?)
    }

    /// The file `samples.csv` of all rows, or `samples.tsv`.
    fn write_samples(
        &self,
        _: &Codec,
        dir: &Path,
        all: Range<u64>,
        first: u64,
        samples: &[f32],
    ) -> Result<Vec<PathBuf>, DataError> {
        let path = dir.join(format!("samples.{}", self.ending()));
        let begins = first == all.start;
        let mut text = Vec::new();
        if begins {
            self.begin(&mut text);
        }
        RowLines::rows(self, samples, first, (&RowFilter::default(), u64::MAX), &mut text)?;
        if first + (samples.len() / self.width()) as u64 == all.end {
            self.end(&mut text);
        }
        std::fs::create_dir_all(dir).map_err(io_error(dir, "create"))?;
        let failed = || io_error(&path, "write");
        let mut file = File::options().write(true).create(begins).truncate(begins).open(&path).map_err(failed())?;
        file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(&text)).map_err(failed())?;
        Ok(if begins { vec![path] } else { Vec::new() })
    }

    fn lines(&self) -> Option<&dyn RowLines> {
        Some(self)
    }

    fn feature_moments(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        Some((self.means.clone(), self.deviations.clone()))
    }

    fn rows(&self) -> Option<TableRows> {
        let heads: Vec<Head> = self.learned.iter().map(|(_, encoder)| encoder.head()).collect();
        let (shares, classes) = self.shares(&heads);
        let conditions = self.condition_ranges();
        let name = |at: usize| Some(self.schema.as_ref()?.columns().get(at)?.name.clone());
        let names = self.learned.iter().map(|(at, _)| name(*at).unwrap_or_default()).collect();
        Some(TableRows { heads, names, rows: self.rows, conditions, shares, classes, factor: self.factor.clone() })
    }

    fn presets(&self, _: &TensorType) -> &'static [&'static str] {
        &["table", "ctgan", "marginals", "copula"]
    }

    fn comparable(&self, _: &Codec, other: &Codec) -> Result<(), String> {
        let names = |value: &Value| -> Vec<String> {
            let columns = value["schema"]["columns"].as_array().into_iter().flatten();
            columns.map(|column| column["name"].as_str().unwrap_or_default().to_string()).collect()
        };
        let (own, others) = (names(&self.learned()), names(&other.modality().learned()));
        match own == others {
            true => Ok(()),
            false => Err(format!("expected the columns {}, found {}", own.join(", "), others.join(", "))),
        }
    }
}
