//! Metrics of tables: what each asks of the comparison, and how it names columns. Not here: what a table is (`table.rs`), models
//! that learn from rows (`learners/`).

mod column_shapes;
mod copying;
mod detection;
mod form;
mod pair_trends;
#[cfg(test)]
pub(crate) mod reference;
mod scores;
mod utility;

pub(super) use column_shapes::ColumnShapes;
pub(super) use copying::Copying;
pub(super) use detection::Detection;
pub(super) use form::TableForm;
pub(super) use pair_trends::PairTrends;
pub(super) use utility::Utility;

use super::Value;
use crate::estimate::mean;
use crate::table::Table;
use crate::{Comparison, Facts, MetricError, Number, Stop};

/// Columns or pairs that a note names.
const NAMED: usize = 3;
/// Fewest rows of a side.
const LEAST: usize = 20;

/// Why data has no such number: it is no table, or one without columns.
fn no_table(data: &Facts) -> Option<String> {
    data.expect(Facts::TABLE).or_else(|| data.columns.is_empty().then(|| "the table has no columns to compare".into()))
}

/// Numbers of two tables: `of` is given the real one, then the generated one.
fn of_tables(
    compared: &mut Comparison<'_>,
    name: &str,
    of: impl Fn(&Table<'_>, &Table<'_>, u64, Stop<'_>) -> Result<Vec<Value>, MetricError>,
) -> Result<Vec<Number>, MetricError> {
    let columns = &compared.data.columns;
    compared.samples(|real, fake, seed, stop| {
        let read = |samples| Table::of(name, samples, columns)?.at_least(name, LEAST);
        of(&read(real)?, &read(fake)?, seed, stop)
    })
}

/// The mean of the numbers that there are; none where there is none.
fn known_mean(numbers: &[Option<f64>]) -> Option<f64> {
    let known: Vec<f64> = numbers.iter().flatten().copied().collect();
    (!known.is_empty()).then(|| mean(&known))
}

/// The lowest of the numbers, by name: `worst: gain 0.451, age 0.630`. What has no number is not named, nor what is 1.
fn worst(numbers: impl Iterator<Item = (String, Option<f64>)>) -> Option<String> {
    let mut known: Vec<(String, f64)> = numbers.filter_map(|(name, number)| Some((name, number?))).collect();
    known.retain(|(_, number)| *number < 1.0);
    known.sort_by(|a, b| a.1.total_cmp(&b.1));
    known.truncate(NAMED);
    let named: Vec<String> = known.iter().map(|(name, number)| format!("{name} {number:.3}")).collect();
    (!named.is_empty()).then(|| format!("worst: {}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_are_named() {
        let numbers = [Some(0.9), None, Some(0.25), Some(1.0), Some(0.5), Some(0.75)];
        let named = |numbers: &[Option<f64>]| worst(numbers.iter().enumerate().map(|(at, n)| (format!("c{at}"), *n)));
        assert_eq!(named(&numbers).unwrap(), "worst: c2 0.250, c4 0.500, c5 0.750");
        assert_eq!((named(&[Some(1.0), None]), known_mean(&[None])), (None, None));
        assert_eq!(known_mean(&[Some(1.0), None, Some(0.5)]), Some(0.75));
    }
}
