//! A category of any column as the condition of a row: which there are, how they are drawn, and the rows for them. Not here: a target as
//! the condition (`mod.rs`), batches (`rows.rs`).

use super::encoder::Encoder;
use super::{RowFilter, Table, cells_of, drawn};
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::field::{CONDITION, Field, Role};
use crate::modalities::Wish;
use crate::table::Condition;
use ganymede_tensor::{Data, Rng, Tensor, TensorType, stream_of};
use std::ops::Range;

/// Rows that are read at a time.
const CHUNK: usize = 4096;

/// A column whose categories are conditions.
struct Choices<'a> {
    /// Its place in the table.
    column: usize,
    /// Where a row of a network has it.
    values: Range<usize>,
    /// The place of each value of the column among its categories.
    places: &'a [u32],
    /// How many rows have each category.
    counts: Vec<u64>,
}

impl Choices<'_> {
    /// The category of a cell.
    fn category(&self, cell: f64) -> Option<usize> {
        self.places.get(cell as usize).map(|&place| place as usize).filter(|place| *place < self.counts.len())
    }
}

impl Table {
    /// The columns whose categories are conditions, in the order of a row; none where rows are conditioned on something else.
    fn choices(&self) -> Vec<Choices<'_>> {
        let (mut all, mut first) = (Vec::new(), 0);
        for (column, encoder) in &self.learned {
            let width = encoder.width();
            if let (Encoder::Choice { places, counts }, Condition::Category) = (encoder, self.condition) {
                let mut shared = vec![0; width];
                places.iter().zip(counts).for_each(|(&place, count)| shared[place as usize] += count);
                all.push(Choices { column: *column, values: first..first + width, places, counts: shared });
            }
            first += width;
        }
        all
    }

    /// Where a row of a network has the choices that are conditions.
    pub(super) fn condition_ranges(&self) -> Vec<Range<usize>> {
        self.choices().into_iter().map(|choices| choices.values).collect()
    }

    /// The field of conditions, where there are any.
    pub(super) fn condition_field(&self) -> Option<Field> {
        let width: usize = self.condition_ranges().iter().map(Range::len).sum();
        (width > 0).then(|| Field::new(CONDITION, TensorType::f32([width]), Role::Condition))
    }

    /// The conditions of the samples of these seeds, (N, …): a column, each as likely as any other, and a category as often as in the
    /// table. None where there are no conditions.
    pub(super) fn conditions_of_seeds(&self, seeds: Range<u64>) -> Option<Tensor> {
        let choices = self.choices();
        let conditions = seeds.map(|seed| {
            let mut rng = Rng::at(seed, stream_of("table/condition"), 0);
            let column = rng.below(choices.len().max(1) as u32) as usize;
            let counts = choices.get(column).map_or(&[][..], |choices| &choices.counts);
            (column, drawn(counts.iter().copied(), rng.uniform()).unwrap_or(0))
        });
        one_hot(&choices, conditions)
    }

    /// The conditions of rows of these numbers and cells, (N, …): a column, each as likely as any other, and the row's own category.
    pub(super) fn conditions_of_rows(&self, numbers: &[u32], cells: &[f64]) -> Option<Tensor> {
        let choices = self.choices();
        let columns = self.schema.as_ref()?.columns().len().max(1);
        let conditions = numbers.iter().zip(cells.chunks_exact(columns)).map(|(&number, row)| {
            let mut rng = Rng::at(u64::from(number), stream_of("table/condition"), 1);
            let column = rng.below(choices.len().max(1) as u32) as usize;
            let category = choices.get(column).and_then(|choices| choices.category(row[choices.column]));
            (column, category.unwrap_or(0))
        });
        one_hot(&choices, conditions)
    }

    /// What a generator is given for rows that this filter keeps: the first category that is asked for, or that what is asked for says.
    pub(super) fn wish_of(&self, filter: &RowFilter) -> Wish {
        let choices = self.choices();
        let asked = filter.equal().find_map(|(column, cell)| {
            let (from, values) = self.plan.says(column, cell)?;
            let ([value], Some(at)) = (&values[..], choices.iter().position(|choices| choices.column == from)) else {
                return None;
            };
            Some((at, choices[at].category(*value)?))
        });
        match asked.and_then(|asked| one_hot(&choices, [asked].into_iter())) {
            Some(condition) => Wish::all_of(CONDITION, condition.to_f64()),
            None => Wish::in_turn(),
        }
    }
}

/// Conditions, each a column and a category of it, as one-hot over the categories of all columns.
fn one_hot(choices: &[Choices<'_>], conditions: impl Iterator<Item = (usize, usize)>) -> Option<Tensor> {
    let firsts = firsts(choices);
    let width = *firsts.last()?;
    let (mut values, mut count) = (Vec::new(), 0);
    for (column, category) in conditions {
        values.resize((count + 1) * width, 0.0f32);
        *values.get_mut(count * width + firsts.get(column)? + category)? = 1.0;
        count += 1;
    }
    if width == 0 { None } else { Tensor::new([count, width], Data::F32(values)).ok() }
}

/// Where each column's categories begin in a condition, and behind them where they end.
fn firsts(choices: &[Choices<'_>]) -> Vec<usize> {
    let mut all = vec![0];
    choices.iter().for_each(|choices| all.push(all[all.len() - 1] + choices.counts.len()));
    all
}

/// Draws the conditions of batches, and rows for them (training-by-sampling): a column, each as likely as any other; a category by
/// ln(count + 1) within the column; a row among those that have it.
///
/// # Source
/// Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019), "Modeling tabular data using conditional GAN", arXiv:1907.00503, section 4.3.
///
/// # Differs
/// The logarithm is of count + 1, so that a category of one row is drawn too.
#[derive(Debug)]
pub(super) struct Drawing {
    columns: Vec<DrawnColumn>,
    /// Values of a condition.
    width: usize,
}

#[derive(Debug)]
struct DrawnColumn {
    /// Where its categories begin in a condition.
    first: usize,
    /// Shares of the categories up to each.
    shares: Vec<f64>,
    /// Places of the rows, by category, and where each category begins; behind them where the last ends.
    rows: Vec<u32>,
    begins: Vec<usize>,
}

impl Drawing {
    /// For these rows of a data set; none where there are no conditions.
    ///
    /// # Errors
    /// What reading them gives.
    pub(super) fn of(table: &Table, dataset: &Dataset, rows: &[u32]) -> Result<Option<Drawing>, DataError> {
        let choices = table.choices();
        let firsts = firsts(&choices);
        if choices.is_empty() {
            return Ok(None);
        }
        let mut categories: Vec<Vec<u32>> = vec![Vec::with_capacity(rows.len()); choices.len()];
        for rows in rows.chunks(CHUNK) {
            let mut bytes = vec![0; rows.len() * dataset.sample_type().bytes()];
            dataset.read(rows, &mut bytes)?;
            let cells: Vec<f64> = cells_of(&bytes).collect();
            for row in cells.chunks_exact(cells.len() / rows.len()) {
                for (known, choices) in categories.iter_mut().zip(&choices) {
                    known.push(choices.category(row[choices.column]).unwrap_or(0) as u32);
                }
            }
        }
        let column = |((choices, known), first): ((&Choices<'_>, &Vec<u32>), &usize)| {
            let mut order: Vec<u32> = (0..known.len() as u32).collect();
            order.sort_by_key(|&row| known[row as usize]);
            let begins: Vec<usize> = (0..=choices.counts.len())
                .map(|category| order.partition_point(|&row| (known[row as usize] as usize) < category))
                .collect();
            let logs: Vec<f64> = begins.windows(2).map(|ends| libm::log1p((ends[1] - ends[0]) as f64)).collect();
            let (all, mut sum) = (logs.iter().sum::<f64>(), 0.0);
            let share = |log: &f64| {
                sum += log;
                sum / all
            };
            DrawnColumn { first: *first, shares: logs.iter().map(share).collect(), rows: order, begins }
        };
        let columns = choices.iter().zip(&categories).zip(&firsts).map(column).collect();
        Ok(Some(Drawing { columns, width: firsts[choices.len()] }))
    }

    /// The places of the rows of a batch, and their conditions (N, …): a function of seed and number alone.
    pub(super) fn batch(&self, seed: u64, number: u64, size: usize) -> (Vec<u32>, Vec<f32>) {
        let stream = stream_of("data/condition").wrapping_add((number >> 32) as u32);
        let mut rng = Rng::at(seed, stream, number as u32);
        let (mut rows, mut conditions) = (Vec::with_capacity(size), vec![0.0; size * self.width]);
        for condition in conditions.chunks_exact_mut(self.width) {
            let column = &self.columns[rng.below(self.columns.len() as u32) as usize];
            let (category, row) = column.draw(&mut rng);
            condition[column.first + category] = 1.0;
            rows.push(row);
        }
        (rows, conditions)
    }
}

impl DrawnColumn {
    /// A category, and the place of a row that has it.
    fn draw(&self, rng: &mut Rng) -> (usize, u32) {
        let chance = rng.uniform();
        let mut category = self.shares.partition_point(|&share| share <= chance);
        // Rounding may leave the last share below 1: there stands the last category that has rows.
        if category >= self.shares.len() {
            category = self.begins.partition_point(|&begin| begin < self.rows.len()) - 1;
        }
        let (from, to) = (self.begins[category], self.begins[category + 1]);
        let at = rng.below((to - from).max(1) as u32) as usize;
        (category, self.rows[(from + at).min(self.rows.len() - 1)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::DataOptions;
    use crate::source::Source;
    use crate::sources::SourceOptions;
    use crate::table::Numbers;
    use std::sync::Arc;

    /// 120 rows: `colour` red 60, green 40, blue 20; `size` is a number; `big` says yes for every fourth row.
    fn data(target: Option<&str>) -> Dataset {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("three.csv");
        let colour = |i: usize| ["red", "green", "red", "blue", "green", "red"][i % 6];
        let line =
            |i: usize| format!("{},{}.5,{}\n", colour(i), i * 7 % 120, if i.is_multiple_of(4) { "yes" } else { "no" });
        let lines: String = (0..120).map(line).collect();
        std::fs::write(&path, format!("colour,size,big\n{lines}")).unwrap();
        let options = DataOptions {
            use_cache: false,
            target: target.map(String::from),
            numbers: Numbers::Modes,
            condition: Condition::Category,
            ..DataOptions::default()
        };
        Dataset::open(&Source::parse(&path).unwrap(), &options, &()).unwrap()
    }

    /// The column and the category of each condition, of three colours and two answers.
    fn read(condition: &Tensor) -> Vec<(usize, usize)> {
        let values = condition.as_f32().unwrap();
        let place = |row: &[f32]| {
            assert_eq!((row.iter().sum::<f32>(), row.iter().filter(|v| **v == 1.0).count()), (1.0, 1));
            row.iter().position(|v| *v == 1.0).unwrap()
        };
        values.chunks(5).map(place).map(|at| if at < 3 { (0, at) } else { (1, at - 3) }).collect()
    }

    #[test]
    fn a_batch_has_rows_of_its_conditions_by_the_logarithm_of_their_frequency() {
        for target in [None, Some("big")] {
            let data = data(target);
            let codec = data.learn(&data.split(Some(0.0), 1)).unwrap();
            assert!(data.labels().is_none() && codec.field(CONDITION).unwrap().examples.is_empty());
            let rows = codec.modality().rows().unwrap();
            let options = SourceOptions::new(500, 7);
            let all: Vec<u32> = (0..120).collect();
            let mut source = codec.batches(Arc::new(data.clone()), all.clone(), &options).unwrap();
            let (mut shares, mut seen) = ([[0.0; 3]; 2], 0.0);
            for number in 0..20 {
                let batch = source.batch(number).unwrap();
                let samples = batch.get("real").unwrap().as_f32().unwrap();
                for (sample, (column, category)) in
                    samples.chunks(codec.shape()[0]).zip(read(batch.get(CONDITION).unwrap()))
                {
                    assert_eq!(sample[rows.conditions[column].clone()][category], 1.0);
                    shares[column][category] += 1.0;
                    seen += 1.0;
                }
            }
            // By hand: half of each column; ln 41, ln 21, ln 61 of the colours in their order; ln 31, ln 91 of the answers.
            let counts = |names: &[(&str, f64)]| -> Vec<f64> {
                let mut sorted = names.to_vec();
                sorted.sort_by_key(|name| name.0);
                let all: f64 = sorted.iter().map(|name| (name.1 + 1.0).ln()).sum();
                sorted.iter().map(|name| (name.1 + 1.0).ln() / all / 2.0).collect()
            };
            let mut expected =
                [counts(&[("red", 60.0), ("green", 40.0), ("blue", 20.0)]), counts(&[("no", 90.0), ("yes", 30.0)])];
            for (found, expected) in shares.iter_mut().zip(&mut expected) {
                expected.resize(3, 0.0);
                found.sort_by(f64::total_cmp);
                expected.sort_by(f64::total_cmp);
                for (found, expected) in found.iter().zip(expected.iter()) {
                    assert!((found / seen - expected).abs() < 0.015, "{shares:?}");
                }
            }
            let again = codec.batches(Arc::new(data), all, &options).unwrap().batch(13).unwrap();
            assert_eq!(again, source.batch(13).unwrap(), "a batch does not depend on those before");
        }
    }

    /// Columns as often as each other, categories as in the table; of a real row its own.
    #[test]
    fn what_is_generated_has_the_frequencies_of_the_table() {
        let data = data(None);
        let codec = data.learn(&data.split(Some(0.0), 1)).unwrap();
        let given = codec.conditions(&Wish::in_turn(), 0..6000).unwrap();
        assert_eq!(given.len(), 1);
        let found = read(&given[0].1);
        let mut shares: Vec<f64> = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
            .iter()
            .map(|pair| found.iter().filter(|found| *found == pair).count() as f64 / 6000.0)
            .collect();
        shares.sort_by(f64::total_cmp);
        for (share, expected) in shares.iter().zip([1.0 / 12.0, 0.125, 1.0 / 6.0, 0.25, 0.375]) {
            assert!((share - expected).abs() < 0.02, "{shares:?}");
        }
        assert_eq!(read(&codec.conditions(&Wish::in_turn(), 40..44).unwrap()[0].1), found[40..44]);
        let rows: Vec<u32> = (0..120).collect();
        let of_rows = read(&data.gather_field(CONDITION, &rows).unwrap());
        let first = |column: usize| of_rows.iter().filter(|pair| pair.0 == column).count();
        assert!(first(0) > 40 && first(1) > 40);
        let same: Vec<_> = of_rows.iter().zip(&rows).filter(|(pair, row)| pair.0 == 1 && *row % 4 == 0).collect();
        assert!(same.windows(2).all(|pair| pair[0].0 == pair[1].0), "all of these rows say yes");
    }

    #[test]
    fn a_category_that_is_asked_for_is_the_condition() {
        let data = data(None);
        let table = data.codec().modality().lines().unwrap();
        let wish = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
            let (class, filter) = table.asked(&texts).unwrap();
            assert_eq!(class, None);
            table.wish(&filter)
        };
        let [blue, yes] = [&["size>3", "colour=blue", "big=yes"][..], &["big=yes"]].map(|texts| {
            let given = data.codec().conditions(&wish(texts), 0..3).unwrap();
            let read = read(&given[0].1);
            assert!(read.windows(2).all(|pair| pair[0] == pair[1]), "all samples have it");
            read[0]
        });
        assert_eq!((blue.0, yes.0), (0, 1));
        assert_eq!(wish(&["size>3", "colour!=red"]), Wish::in_turn());
    }

    /// Numbers alone: nothing to condition on, and every row once an epoch.
    #[test]
    fn without_categories_there_are_no_conditions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.csv");
        let lines: String = (0..40).map(|i| format!("{}.25,{}.5\n", i * 3 % 40, i)).collect();
        std::fs::write(&path, format!("a,b\n{lines}")).unwrap();
        let options = DataOptions { use_cache: false, condition: Condition::Category, ..DataOptions::default() };
        let data = Dataset::open(&Source::parse(&path).unwrap(), &options, &()).unwrap();
        let codec = data.learn(&data.split(Some(0.0), 1)).unwrap();
        assert!(codec.field(CONDITION).is_none() && codec.modality().rows().unwrap().conditions.is_empty());
        let all: Vec<u32> = (0..40).collect();
        let mut source = codec.batches(Arc::new(data), all, &SourceOptions::new(8, 1)).unwrap();
        assert!(source.batch(0).unwrap().get(CONDITION).is_none());
    }
}
