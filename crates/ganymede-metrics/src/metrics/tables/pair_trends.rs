//! Metric `pair_trends`: whether columns depend on each other as in real rows, two at a time. Not here: each column alone
//! (`column_shapes.rs`), all together (`detection.rs`).

use super::{known_mean, no_table, of_tables, worst};
use crate::estimate::{Estimate, FEW, multiplicities};
use crate::metrics::{Better, Metric, Value};
use crate::table::{Table, TableColumn};
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, stream_of};

/// Intervals that a number's range is cut into beside a category.
const BINS: usize = 10;
/// Most pairs that are compared: more are chosen by chance.
const MOST: usize = 5000;

/// Two columns of numbers depend on each other in real rows where |ρ| is above this, as `QualityReport` has it.
const CORRELATED: f64 = 0.5;
/// Other two do where Cramér's V is above this.
const ASSOCIATED: f64 = 0.3;

/// Rows of both sides as they are taken: how often each is.
type Times<'a> = [&'a [u32]; 2];

/// For each cell the interval of its own column's range that it is in, from 1; the greatest number and missing ones are in one more.
/// All are in the middle where the numbers are the same.
fn bins(cells: &[f32]) -> Vec<u32> {
    let known = || cells.iter().filter(|cell| !cell.is_nan()).map(|cell| f64::from(*cell));
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let (low, high) = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
    // In f32, as the cells: a whole number on an edge is on it.
    let edges: Vec<f32> = (0..=BINS).map(|at| (low + (high - low) * at as f64 / BINS as f64) as f32).collect();
    let bin = |cell: &f32| match cell.is_nan() {
        true => edges.len() as u32,
        false => edges.iter().filter(|edge| **edge <= *cell).count() as u32,
    };
    cells.iter().map(bin).collect()
}

/// 1 − ½ Σ |p_real − p_fake| over the pairs of places of two columns, for each way in which rows are taken.
fn contingency(a: [&[u32]; 2], b: [&[u32]; 2], ways: &[Times<'_>]) -> Vec<Option<f64>> {
    let pairs: [Vec<u64>; 2] =
        [0, 1].map(|side| a[side].iter().zip(b[side]).map(|(a, b)| u64::from(*a) << 32 | u64::from(*b)).collect());
    let mut different: Vec<u64> = pairs.concat();
    different.sort_unstable();
    different.dedup();
    let places = pairs.map(|side| {
        side.iter().map(|pair| different.binary_search(pair).unwrap_or_default() as u32).collect::<Vec<u32>>()
    });
    let similarity = |times: &Times<'_>| {
        let mut differences = vec![0.0; different.len()];
        for (side, sign) in [(0, 1.0), (1, -1.0)] {
            let each = sign / places[side].len() as f64;
            let rows = places[side].iter().zip(times[side]);
            rows.for_each(|(place, times)| differences[*place as usize] += each * f64::from(*times));
        }
        Some(1.0 - differences.iter().map(|difference| f64::abs(*difference)).sum::<f64>() / 2.0)
    };
    ways.iter().map(similarity).collect()
}

/// Cramér's V of two columns of places, √(χ² / n / (min(r, c) − 1)) of their r x c table; none where one of them is always the same.
fn association(a: &[u32], b: &[u32]) -> Option<f64> {
    let places = |cells: &[u32]| {
        let mut different = cells.to_vec();
        different.sort_unstable();
        different.dedup();
        different
    };
    let (rows, columns) = (places(a), places(b));
    let least = rows.len().min(columns.len());
    if least < 2 {
        return None;
    }
    let place = |all: &[u32], cell: u32| all.binary_search(&cell).unwrap_or_default();
    let (mut of_rows, mut of_columns) = (vec![0.0; rows.len()], vec![0.0; columns.len()]);
    let mut pairs: Vec<(usize, usize)> =
        a.iter().zip(b).map(|(a, b)| (place(&rows, *a), place(&columns, *b))).collect();
    pairs
        .iter()
        .for_each(|&(row, column)| (of_rows[row], of_columns[column]) = (of_rows[row] + 1.0, of_columns[column] + 1.0));
    pairs.sort_unstable();
    // χ² / n = Σ n_ij² / (n_i n_j) − 1.
    let shares = pairs.chunk_by(|one, other| one == other).map(|same| {
        let ((row, column), n) = (same[0], same.len() as f64);
        n * n / (of_rows[row] * of_columns[column])
    });
    Some(((shares.sum::<f64>() - 1.0).max(0.0) / (least - 1) as f64).sqrt())
}

/// Pearson's coefficient of the rows where both numbers are known; none where one of them is always the same.
fn correlation(x: &[f32], y: &[f32], times: &[u32]) -> Option<f64> {
    let rows = || {
        let rows = x.iter().zip(y).zip(times).map(|((x, y), times)| (f64::from(*x), f64::from(*y), f64::from(*times)));
        rows.filter(|(x, y, times)| *times > 0.0 && !x.is_nan() && !y.is_nan())
    };
    let (mut n, mut sums) = (0.0, [0.0; 2]);
    rows().for_each(|(x, y, times)| (n, sums) = (n + times, [sums[0] + times * x, sums[1] + times * y]));
    let means = sums.map(|sum| sum / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y, times) in rows() {
        let (dx, dy) = (x - means[0], y - means[1]);
        (xx, yy, xy) = (xx + times * dx * dx, yy + times * dy * dy, xy + times * dx * dy);
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
}

/// 1 − ½ |ρ_real − ρ_fake| of two columns of numbers, for each way in which rows are taken.
fn correlations(x: [&[f32]; 2], y: [&[f32]; 2], ways: &[Times<'_>]) -> Vec<Option<f64>> {
    let similarity = |times: &Times<'_>| {
        let [real, fake] = [0, 1].map(|side| correlation(x[side], y[side], times[side]));
        Some(1.0 - (real? - fake?).abs() / 2.0)
    };
    ways.iter().map(similarity).collect()
}

/// A column of both tables.
struct Column<'a> {
    about: &'a TableColumn,
    cells: [&'a [f32]; 2],
    /// Places of categories, and intervals of numbers.
    places: [Vec<u32>; 2],
}

impl<'a> Column<'a> {
    fn new(about: &'a TableColumn, cells: [&'a [f32]; 2]) -> Column<'a> {
        let places = |cells: &[f32]| match about.is_number() {
            true => bins(cells),
            false => cells.iter().map(|cell| *cell as u32).collect(),
        };
        Column { about, cells, places: cells.map(places) }
    }

    /// Whether they depend on each other in real rows.
    fn depends(&self, other: &Column<'_>) -> bool {
        if self.about.is_number() && other.about.is_number() {
            let ones = vec![1; self.cells[0].len()];
            return correlation(self.cells[0], other.cells[0], &ones).is_some_and(|rho| rho.abs() > CORRELATED);
        }
        association(&self.places[0], &other.places[0]).is_some_and(|v| v > ASSOCIATED)
    }

    /// Their similarity for each way in which rows are taken; none where real ones do not depend on each other.
    fn beside(&self, other: &Column<'_>, ways: &[Times<'_>]) -> Vec<Option<f64>> {
        if !self.depends(other) {
            return vec![None; ways.len()];
        }
        if self.about.is_number() && other.about.is_number() {
            return correlations(self.cells, other.cells, ways);
        }
        let ([a, a_fake], [b, b_fake]) = (&self.places, &other.places);
        contingency([a, a_fake], [b, b_fake], ways)
    }
}

/// Places of columns, two each: all pairs, or so many by chance.
fn chosen(columns: usize, seed: u64) -> Vec<[usize; 2]> {
    let all = columns * columns.saturating_sub(1) / 2;
    if all <= MOST {
        return (0..columns).flat_map(|a| (a + 1..columns).map(move |b| [a, b])).collect();
    }
    let mut rng = Rng::new(seed, stream_of("metrics/pair_trends/chosen"));
    let mut pairs = std::collections::BTreeSet::new();
    while pairs.len() < MOST {
        let (a, b) = (rng.below(columns as u32) as usize, rng.below(columns as u32) as usize);
        if a != b {
            pairs.insert([a.min(b), a.max(b)]);
        }
    }
    pairs.into_iter().collect()
}

/// The similarity of each pair of columns, for each way in which rows are taken.
fn trends(
    tables: [&Table<'_>; 2],
    pairs: &[[usize; 2]],
    ways: &[Times<'_>],
    stop: Stop<'_>,
) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
    let [real, fake] = tables;
    let column = |at: usize| Column::new(&real.columns[at], [&real.cells[at], &fake.cells[at]]);
    let columns: Vec<Column<'_>> = (0..real.columns.len()).map(column).collect();
    let similarity = |[a, b]: &[usize; 2]| {
        stop.check()?;
        Ok(columns[*a].beside(&columns[*b], ways))
    };
    pairs.iter().map(similarity).collect()
}

fn values(real: &Table<'_>, fake: &Table<'_>, seed: u64, stop: Stop<'_>) -> Result<Vec<Value>, MetricError> {
    let mut rng = Rng::new(seed, stream_of("metrics/pair_trends"));
    let drawn: Vec<[Vec<u32>; 2]> = std::iter::once([vec![1; real.rows], vec![1; fake.rows]])
        .chain((0..FEW).map(|_| [multiplicities(real.rows, &mut rng), multiplicities(fake.rows, &mut rng)]))
        .collect();
    let ways: Vec<Times<'_>> = drawn.iter().map(|[real, fake]| [&real[..], &fake[..]]).collect();
    let columns = real.columns;
    let pairs = chosen(columns.len(), seed);
    let found = trends([real, fake], &pairs, &ways, stop)?;
    let of_way = |way: usize| -> Vec<Option<f64>> { found.iter().map(|pair| pair[way]).collect() };
    let value = known_mean(&of_way(0)).ok_or_else(|| {
        MetricError::argument(
            "pair_trends",
            "expected two columns that depend on each other in real rows and vary in others, found none",
        )
    })?;
    let resampled: Vec<f64> = (1..=FEW).filter_map(|way| known_mean(&of_way(way))).collect();
    let estimate = Estimate::resampled(value, &resampled).within(0.0, 1.0);
    let names = pairs.iter().map(|[a, b]| format!("{} with {}", columns[*a].name, columns[*b].name));
    let worst = worst(names.zip(of_way(0)));
    let all = columns.len() * (columns.len() - 1) / 2;
    let part = (pairs.len() < all).then(|| format!("{} of {all} pairs, by chance", pairs.len()));
    let notes: Vec<String> = part.into_iter().chain(worst).collect();
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok(vec![Value { note, ..Value::new("pair_trends", Better::Higher, estimate) }])
}

/// The line of the table.
pub(in crate::metrics) struct PairTrends;

impl Metric for PairTrends {
    fn name(&self) -> &'static str {
        "pair_trends"
    }

    fn summary(&self) -> &'static str {
        "how alike correlations and contingency tables of two columns are, as in SDMetrics"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        no_table(data).or_else(|| (data.columns.len() < 2).then(|| "the table has one column only".into()))
    }

    /// The mean over the pairs of columns that depend on each other in real rows (|ρ| above 0.5 of two numbers, else Cramér's V above
    /// 0.3) of 1 − ½ |ρ_real − ρ_fake| where both are numbers (Pearson's ρ of the rows without missing
    /// cells), else of 1 − ½ Σ |p_real − p_fake| over the shares p of pairs of categories. Beside a category, a number is the one of
    /// ten equal parts of its own side's range that it is in; a missing one is a part of its own with the greatest number.
    /// Of more than 5,000 pairs so many are compared, by chance.
    ///
    /// # Source
    /// `CorrelationSimilarity` and `ContingencySimilarity`, whose mean is "Column Pair Trends" in the `QualityReport` of SDMetrics
    /// 0.32.
    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        of_tables(compared, self.name(), values)
    }

    /// Cells and places of both tables, how often rows are taken, and pairs of places.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        let cells = 2 * data.elements() * size_of::<f32>();
        (2 * sizes.samples * (cells + (FEW + 1) * size_of::<u32>() + 3 * size_of::<u64>() + size_of::<u32>())) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tables::reference::tables;

    /// Edges of 0, …, 10: a tenth each; the greatest is in a part of its own, with the missing ones.
    #[test]
    fn bins_are_those_of_numpy() {
        let cells: Vec<f32> = (0..=10).map(|at| at as f32 / 10.0).collect();
        assert_eq!(bins(&cells), (1..=11).collect::<Vec<u32>>());
        assert_eq!(bins(&[2.0, 12.0, 4.9, f32::NAN]), [1, 11, 3, 11]);
        // Edges from 2.5 to 3.5: all on the sixth.
        assert_eq!(bins(&[3.0, 3.0, f32::NAN]), [6, 6, 11]);
        assert_eq!(bins(&[f32::NAN]), [11]);
    }

    #[test]
    fn correlations_and_shares_are_those_of_hand() {
        let times = [1u32; 4];
        // Means 2.5 and 2.5; Σ dx dy = 4, Σ dx² = 5, Σ dy² = 5.
        let found = correlation(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0], &times).unwrap();
        assert!((found - 0.8).abs() < 1e-12, "{found}");
        let with_missing = correlation(&[1.0, 2.0, 3.0, f32::NAN], &[2.0, 4.0, 6.0, -90.0], &times).unwrap();
        assert!((with_missing - 1.0).abs() < 1e-12);
        assert_eq!(correlation(&[1.0; 4], &[1.0, 3.0, 2.0, 4.0], &times), None);
        // The last row three times and the first not at all.
        let found = correlation(&[9.0, 0.0, 1.0, 2.0], &[9.0, 0.0, 0.0, 1.0], &[0, 1, 1, 3]).unwrap();
        let plain = correlation(&[0.0, 1.0, 2.0, 2.0, 2.0], &[0.0, 0.0, 1.0, 1.0, 1.0], &[1; 5]).unwrap();
        assert!((found - plain).abs() < 1e-12);
        // Pairs (0, 0) and (1, 1) half each beside all four a quarter each: ½ (4 · ¼).
        let (a, b): (&[u32], &[u32]) = (&[0, 0, 1, 1], &[0, 1, 0, 1]);
        let found = contingency([a, a], [a, b], &[[&times, &times]]);
        assert_eq!(found, [Some(0.5)]);
    }

    /// By hand: of four rows in two columns of two values each; 3 of 4 agree: χ²/n = 1/3.
    #[test]
    fn association_is_that_of_cramer() {
        assert_eq!(association(&[0, 0, 1, 1], &[5, 5, 9, 9]), Some(1.0));
        assert_eq!(association(&[0, 0, 1, 1], &[0, 1, 0, 1]), Some(0.0));
        let found = association(&[0, 0, 1, 1], &[0, 0, 0, 1]).unwrap();
        assert!((found - (1.0f64 / 3.0).sqrt()).abs() < 1e-12, "{found}");
        assert_eq!(association(&[0, 0], &[0, 1]), None);
    }

    #[test]
    fn of_many_pairs_some_are_chosen() {
        assert_eq!(chosen(3, 1), [[0, 1], [0, 2], [1, 2]]);
        assert_eq!((chosen(100, 1).len(), chosen(101, 1).len(), chosen(0, 1).len()), (4950, 5000, 0));
        assert!(chosen(1000, 1).iter().all(|[a, b]| a < b && *b < 1000) && chosen(1000, 1) != chosen(1000, 2));
    }

    /// Tables by formula, with missing cells: each pair is that of SDMetrics.
    #[test]
    fn trends_are_those_of_sdmetrics() {
        for case in tables() {
            let [real, fake] = case.tables();
            let (ones, pairs) = (vec![1; real.rows.max(fake.rows)], chosen(real.columns.len(), 1));
            let found =
                trends([&real, &fake], &pairs, &[[&ones[..real.rows], &ones[..fake.rows]]], Stop::NEVER).unwrap();
            case.same("pairs", &found.concat());
            let mean = values(&real, &fake, 1, Stop::NEVER).unwrap()[0].estimate.value;
            case.same("column_pair_trends", &[Some(mean)]);
        }
    }
}
