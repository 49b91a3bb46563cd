//! Metric `column_shapes`: whether each column alone has the real distribution. Not here: columns together (`pair_trends.rs`),
//! ranges and rules (`form.rs`).

use super::{known_mean, no_table, of_tables, worst};
use crate::estimate::{Estimate, MANY, multiplicities};
use crate::metrics::{Better, Metric, Value};
use crate::table::{Table, TableColumn};
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, stream_of};

/// A column of both tables, by the places of its cells among the different ones of both, in their order.
struct Places {
    /// Those of the real rows and of the generated ones; [`ABSENT`] for missing numbers.
    of: [Vec<u32>; 2],
    /// Number of different cells.
    count: usize,
    /// Whether the order means something.
    ordered: bool,
}

/// The place of a missing number.
const ABSENT: u32 = u32::MAX;

impl Places {
    fn new(column: &TableColumn, real: &[f32], fake: &[f32]) -> Places {
        let mut different: Vec<f32> = real.iter().chain(fake).copied().filter(|cell| !cell.is_nan()).collect();
        different.sort_unstable_by(f32::total_cmp);
        different.dedup();
        let place =
            |cell: &f32| different.binary_search_by(|other| other.total_cmp(cell)).map_or(ABSENT, |at| at as u32);
        let places = |cells: &[f32]| cells.iter().map(place).collect();
        Places { of: [places(real), places(fake)], count: different.len(), ordered: column.is_number() }
    }

    /// 1 minus the distance of the two distributions, where row i of a side stands `times[i]` times: the greatest difference of the
    /// shares up to a number, or half the sum of the differences of categories' shares.
    fn similarity(&self, times: [&[u32]; 2], differences: &mut Vec<f64>) -> Option<f64> {
        differences.clear();
        differences.resize(self.count, 0.0);
        for (side, sign) in [(0, 1.0), (1, -1.0)] {
            let known = || self.of[side].iter().zip(times[side]).filter(|(place, _)| **place != ABSENT);
            let rows: u64 = known().map(|(_, times)| u64::from(*times)).sum();
            if rows == 0 {
                return None;
            }
            known().for_each(|(place, times)| differences[*place as usize] += sign * f64::from(*times) / rows as f64);
        }
        let distance = if self.ordered {
            let mut sum = 0.0;
            differences.iter().fold(0.0, |most: f64, difference| {
                sum += difference;
                most.max(f64::abs(sum))
            })
        } else {
            differences.iter().map(|difference| difference.abs()).sum::<f64>() / 2.0
        };
        Some(1.0 - distance)
    }
}

/// The similarity of each column; none where a side has no cell.
fn shapes(places: &[Places], times: [&[u32]; 2]) -> Vec<Option<f64>> {
    let mut differences = Vec::new();
    places.iter().map(|column| column.similarity(times, &mut differences)).collect()
}

fn values(real: &Table<'_>, fake: &Table<'_>, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    let pairs = real.cells.iter().zip(&fake.cells).zip(real.columns);
    let places: Vec<Places> = pairs.map(|((real, fake), column)| Places::new(column, real, fake)).collect();
    let found = shapes(&places, [&vec![1; real.rows], &vec![1; fake.rows]]);
    let value = known_mean(&found);
    let value =
        value.ok_or_else(|| MetricError::argument("column_shapes", "expected a cell on both sides, found none"))?;
    let mut rng = Rng::new(seed, stream_of("metrics/column_shapes"));
    let mut resampled = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        stop.check()?;
        let times = [multiplicities(real.rows, &mut rng), multiplicities(fake.rows, &mut rng)];
        resampled.extend(known_mean(&shapes(&places, [&times[0], &times[1]])));
    }
    let estimate = Estimate::resampled(value, &resampled).within(0.0, 1.0);
    let note = worst(real.columns.iter().map(|column| column.name.clone()).zip(found));
    Ok(vec![Value { note, ..Value::new("column_shapes", Better::Higher, estimate) }])
}

/// The line of the table.
pub(in crate::metrics) struct ColumnShapes;

impl Metric for ColumnShapes {
    fn name(&self) -> &'static str {
        "column_shapes"
    }

    fn summary(&self) -> &'static str {
        "how alike each column's distributions are: 1 − Kolmogorov–Smirnov or total variation distance, as in SDMetrics"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        no_table(data)
    }

    /// The mean over the columns of 1 − max |F_real − F_fake| of numbers' distribution functions F, and of 1 − ½ Σ |p_real − p_fake|
    /// of categories' shares p. Missing numbers are left out; a column without a number on a side is.
    ///
    /// # Source
    /// `KSComplement` and `TVComplement`, whose mean is "Column Shapes" of SDMetrics 0.32.
    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        of_tables(compared, self.name(), values)
    }

    /// Cells and places of both tables, and how often each row is taken.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        (2 * sizes.samples * (2 * data.elements() * size_of::<f32>() + 4 * size_of::<u32>())) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tables::reference::tables;
    use crate::testing::{category, number};

    /// Real 0, 0.5, 1 and a missing one beside 0, 0, 1, 1: shares up to 0 are 1/3 and 1/2, up to 0.5 are 2/3 and 1/2. Of categories
    /// ½ (|1/2 − 1/4| + |1/2 − 3/4|).
    #[test]
    fn shapes_are_those_of_hand() {
        let nan = f32::NAN;
        let of = |column: TableColumn, real: &[f32], fake: &[f32]| {
            Places::new(&column, real, fake).similarity([&[1, 1, 1, 1], &[1, 1, 1, 1]], &mut Vec::new())
        };
        let close = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}");
        close(of(number("x"), &[0.0, 0.5, 1.0, nan], &[0.0, 0.0, 1.0, 1.0]), 1.0 - 1.0 / 6.0);
        close(of(category("x", 3), &[0.0, 0.0, 2.0, 2.0], &[2.0, 2.0, 2.0, 0.0]), 0.75);
        // Far apart: numbers and categories alike.
        close(of(number("x"), &[0.0; 4], &[1.0; 4]), 0.0);
        close(of(category("x", 3), &[0.0; 4], &[1.0; 4]), 0.0);
        assert_eq!(of(number("x"), &[nan; 4], &[1.0; 4]), None);
        // Rows that are taken twice count twice, and those that are not taken do not.
        let places = Places::new(&category("x", 2), &[0.0, 1.0], &[0.0, 1.0]);
        close(places.similarity([&[2, 0], &[1, 1]], &mut Vec::new()), 0.5);
    }

    /// Tables by formula, with missing cells: each column is that of SDMetrics.
    #[test]
    fn shapes_are_those_of_sdmetrics() {
        for case in tables() {
            let [real, fake] = case.tables();
            let ones = vec![1; real.rows.max(fake.rows)];
            let places = (0..real.columns.len())
                .map(|at| Places::new(&real.columns[at], &real.cells[at], &fake.cells[at]))
                .collect::<Vec<_>>();
            let found = shapes(&places, [&ones[..real.rows], &ones[..fake.rows]]);
            case.same("shapes", &found);
            let mean = values(&real, &fake, 1, Stop::NEVER).unwrap()[0].estimate.value;
            case.same("column_shapes", &[Some(mean)]);
        }
    }
}
