//! The pairs of columns that depend on each other most, and how real rows lie over both. Not here: each column alone (`encoder.rs`),
//! the drawing (`pair_picture.rs`).

use crate::table::{Column, Kind, Rule};
use serde::{Deserialize, Serialize};

/// Pairs that are kept, and in how many of them a column is at most.
const PAIRS: usize = 12;
const OF_COLUMN: usize = 3;
/// The weakest dependence (Cramér's V) of a pair.
const WEAKEST: f64 = 0.08;
/// Columns among which pairs are sought, and rows that tell of them.
const COLUMNS: usize = 400;
const ROWS: usize = 4000;
/// Rows below which a pair is not sought.
const LEAST: usize = 20;
/// Cells of pairs that are looked at: of many columns fewer rows.
const WORK: usize = 200_000_000;
/// Values of a list that have a place of their own, the most frequent ones.
const VALUES: usize = 8;
/// Different numbers up to which a list of numbers is shown as a list.
const LISTED: usize = 10;
/// Parts of a number's range, and parts of as many rows each where dependence is measured.
const PARTS: usize = 16;
const EQUAL: usize = 6;
/// Share of numbers at each end that is shown in the outermost part.
const OUTER: f64 = 0.005;

/// Two columns, and how many real rows are in each place of both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pair {
    /// From left to right.
    pub(super) across: Axis,
    /// From top to bottom.
    pub(super) down: Axis,
    /// Rows of each place, those of the topmost ones first.
    pub(super) counts: Vec<u64>,
}

/// A column as places in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Axis {
    /// The place of the column.
    pub(super) column: usize,
    /// What the places are.
    pub(super) parts: Parts,
}

/// What the places of a column are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Parts {
    /// Equal parts of a range, what is beyond in the outermost ones; and missing numbers behind them.
    Numbers {
        /// Where the first part begins.
        low: f64,
        /// Where the last one ends.
        high: f64,
        /// Whether there are missing ones.
        missing: bool,
    },
    /// These values of a list; and others behind them.
    Values {
        /// Places in the list.
        values: Vec<u32>,
        /// Whether there are others.
        others: bool,
    },
}

/// The number of a cell, where the column is shown as numbers.
fn number(column: &Column, cell: f64) -> f64 {
    match &column.kind {
        Kind::Category { numbers: Some(numbers), .. } => {
            numbers.get(cell as usize).copied().flatten().unwrap_or(f64::NAN)
        }
        _ => cell,
    }
}

fn is_list(column: &Column) -> bool {
    match &column.kind {
        Kind::Category { numbers: Some(numbers), .. } => numbers.len() <= LISTED,
        Kind::Category { .. } => true,
        _ => false,
    }
}

impl Axis {
    /// A column by the cells of some rows.
    fn of(at: usize, column: &Column, cells: impl Iterator<Item = f64> + Clone) -> Axis {
        let parts = match is_list(column) {
            true => {
                let mut counts = std::collections::BTreeMap::<u32, usize>::new();
                cells.for_each(|cell| *counts.entry(cell as u32).or_default() += 1);
                let mut by_count: Vec<(u32, usize)> = counts.into_iter().collect();
                by_count.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
                let others = by_count.len() > VALUES.max(LISTED);
                by_count.truncate(if others { VALUES } else { LISTED });
                let mut values: Vec<u32> = by_count.into_iter().map(|(value, _)| value).collect();
                values.sort_unstable();
                Parts::Values { values, others }
            }
            false => {
                let missing = cells.clone().any(|cell| number(column, cell).is_nan());
                let mut known: Vec<f64> =
                    cells.map(|cell| number(column, cell)).filter(|cell| !cell.is_nan()).collect();
                known.sort_unstable_by(f64::total_cmp);
                let end = |share: f64| known.get((share * known.len().saturating_sub(1) as f64).round() as usize);
                let [low, high] = [OUTER, 1.0 - OUTER].map(|share| end(share).copied().unwrap_or(0.0));
                Parts::Numbers { low, high, missing }
            }
        };
        Axis { column: at, parts }
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        match &self.parts {
            Parts::Numbers { missing, .. } => PARTS + usize::from(*missing),
            Parts::Values { values, others } => values.len() + usize::from(*others),
        }
    }

    /// The place of a cell; none of what has none.
    pub(super) fn place(&self, column: &Column, cell: f64) -> Option<usize> {
        match &self.parts {
            Parts::Numbers { low, high, missing } => {
                let number = number(column, cell);
                if number.is_nan() {
                    return missing.then_some(PARTS);
                }
                let part = if high > low { (number - low) / (high - low) * PARTS as f64 } else { PARTS as f64 / 2.0 };
                Some((part.max(0.0) as usize).min(PARTS - 1))
            }
            Parts::Values { values, others } => match values.binary_search(&(cell as u32)) {
                Ok(at) => Some(at),
                Err(_) => others.then_some(values.len()),
            },
        }
    }

    /// Whether a column is shown as a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.parts, Parts::Values { .. })
    }
}

impl Pair {
    /// How many rows of cells are in each place.
    pub(super) fn counted<'a>(&self, columns: &[Column], rows: impl Iterator<Item = &'a [f64]>) -> Vec<u64> {
        let mut counts = vec![0; self.across.len() * self.down.len()];
        let place = |axis: &Axis, row: &[f64]| axis.place(columns.get(axis.column)?, *row.get(axis.column)?);
        for row in rows {
            if let (Some(x), Some(y)) = (place(&self.across, row), place(&self.down, row)) {
                counts[y * self.across.len() + x] += 1;
            }
        }
        counts
    }

    /// Whether it can be one of so many columns; the error is the reason.
    pub(super) fn check(&self, columns: usize) -> Result<(), String> {
        let whole = |axis: &Axis| {
            axis.column < columns
                && match &axis.parts {
                    Parts::Numbers { low, high, .. } => low.is_finite() && high.is_finite() && low <= high,
                    Parts::Values { values, .. } => values.len() <= LISTED && values.is_sorted(),
                }
        };
        let whole =
            whole(&self.across) && whole(&self.down) && self.counts.len() == self.across.len() * self.down.len();
        if whole { Ok(()) } else { Err("expected pairs of the table's own columns, found others".into()) }
    }
}

/// The pairs of these rows of cells that depend most, the strongest first. Those that a rule binds are left out: it is kept anyway.
pub(super) fn strongest(columns: &[Column], rules: &[Rule], cells: &[f64]) -> Vec<Pair> {
    let width = columns.len().max(1);
    let learned: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].kind.is_learned()).take(COLUMNS).collect();
    let rows = cells.len() / width;
    let pairs = learned.len() * learned.len().saturating_sub(1) / 2;
    if pairs == 0 || rows < LEAST {
        return Vec::new();
    }
    let step = rows.div_ceil((WORK / pairs).clamp(200, ROWS));
    let chosen = || cells.chunks_exact(width).step_by(step);
    let codes: Vec<(Vec<u8>, usize)> =
        learned.iter().map(|at| codes(&columns[*at], chosen().map(|row| row[*at]))).collect();
    let bound = |a: usize, b: usize| {
        rules.iter().any(|rule| match rule {
            Rule::Fixes { from, to, .. } => [*from, *to] == [a, b] || [*to, *from] == [a, b],
            Rule::Affine { from, to, .. } => [*from, *to] == [a, b] || [*to, *from] == [a, b],
            Rule::Equal { a: one, b: other } => [*one, *other] == [a, b] || [*other, *one] == [a, b],
            _ => false,
        })
    };
    let mut found: Vec<(f64, usize, usize)> = Vec::new();
    for (i, a) in learned.iter().enumerate() {
        for (j, b) in learned.iter().enumerate().skip(i + 1) {
            let strength = dependence(&codes[i], &codes[j]);
            if strength >= WEAKEST && !bound(*a, *b) {
                found.push((strength, *a, *b));
            }
        }
    }
    found.sort_by(|one, other| other.0.total_cmp(&one.0).then((one.1, one.2).cmp(&(other.1, other.2))));
    let mut used = vec![0; columns.len()];
    let mut kept = Vec::new();
    for (_, a, b) in found {
        if kept.len() < PAIRS && used[a] < OF_COLUMN && used[b] < OF_COLUMN {
            used[a] += 1;
            used[b] += 1;
            kept.push(pair(columns, [a, b], cells));
        }
    }
    kept
}

/// A pair with the longer list from top to bottom, where names have room; numbers beside a list from left to right.
fn pair(columns: &[Column], both: [usize; 2], cells: &[f64]) -> Pair {
    let axis = |at: usize| Axis::of(at, &columns[at], cells.iter().skip(at).step_by(columns.len()).copied());
    let [a, b] = both.map(axis);
    let swap = match (a.is_list(), b.is_list()) {
        (true, false) => true,
        (true, true) => a.len() > b.len(),
        _ => false,
    };
    let (across, down) = if swap { (b, a) } else { (a, b) };
    let mut pair = Pair { across, down, counts: Vec::new() };
    pair.counts = pair.counted(columns, cells.chunks_exact(columns.len()));
    pair
}

/// The places of cells where dependence is measured, and how many there are: parts of a number's range with as many rows each.
fn codes(column: &Column, cells: impl Iterator<Item = f64> + Clone) -> (Vec<u8>, usize) {
    if is_list(column) {
        let axis = Axis::of(0, column, cells.clone());
        let codes = cells.map(|cell| axis.place(column, cell).unwrap_or(0) as u8).collect();
        return (codes, axis.len());
    }
    let numbers = cells.map(|cell| number(column, cell));
    let mut known: Vec<f64> = numbers.clone().filter(|cell| !cell.is_nan()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..EQUAL).filter_map(|at| known.get(at * known.len() / EQUAL).copied()).collect();
    edges.dedup();
    let code = |cell: f64| match cell.is_nan() {
        true => edges.len() as u8 + 1,
        false => edges.partition_point(|edge| *edge <= cell) as u8,
    };
    (numbers.map(code).collect(), edges.len() + 2)
}

/// Cramér's V of two columns of codes, without what few rows add to it by chance.
///
/// # Source
/// Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T".
fn dependence((a, wide): &(Vec<u8>, usize), (b, high): &(Vec<u8>, usize)) -> f64 {
    let mut counts = vec![0u32; wide * high];
    a.iter().zip(b).for_each(|(a, b)| counts[usize::from(*b) * wide + usize::from(*a)] += 1);
    let of_columns: Vec<f64> = (0..*wide).map(|x| counts.iter().skip(x).step_by(*wide).sum::<u32>().into()).collect();
    let of_rows: Vec<f64> = counts.chunks_exact((*wide).max(1)).map(|row| row.iter().sum::<u32>().into()).collect();
    let [k, r] = [&of_columns, &of_rows].map(|sums| sums.iter().filter(|sum| **sum > 0.0).count() as f64);
    let n = a.len() as f64;
    if k < 2.0 || r < 2.0 || n < 2.0 {
        return 0.0;
    }
    let part = |(at, count): (usize, &u32)| match f64::from(*count) {
        0.0 => 0.0,
        count => count * count / (of_columns[at % wide] * of_rows[at / wide]),
    };
    // χ²/n = Σ n_ij² / (n_i n_j) − 1.
    let square = counts.iter().enumerate().map(part).sum::<f64>() - 1.0;
    let square = (square - (k - 1.0) * (r - 1.0) / (n - 1.0)).max(0.0);
    let less = |size: f64| size - (size - 1.0) * (size - 1.0) / (n - 1.0) - 1.0;
    let most = less(k).min(less(r));
    if most > 0.0 { (square / most).sqrt().min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 2 x 2 with 40, 10, 10, 40: χ²/n = 0.36, less 1/99, over 1 − 1/99; independent columns have none.
    #[test]
    fn dependence_is_cramers_v_without_chance() {
        let codes = |of: &[(u8, usize)]| -> Vec<u8> { of.iter().flat_map(|(code, n)| vec![*code; *n]).collect() };
        let a = (codes(&[(0, 50), (1, 50)]), 2);
        let b = (codes(&[(0, 40), (1, 10), (0, 10), (1, 40)]), 2);
        let expected = ((0.36 - 1.0 / 99.0) / (1.0 - 1.0 / 99.0_f64)).sqrt();
        assert!((dependence(&a, &b) - expected).abs() < 1e-12);
        let apart = (codes(&[(0, 25), (1, 25), (0, 25), (1, 25)]), 2);
        assert_eq!((dependence(&a, &apart), dependence(&a, &(vec![1; 100], 2))), (0.0, 0.0));
        assert_eq!(dependence(&(vec![0, 1, 2], 3), &(vec![0, 1, 2], 3)), 0.0, "three rows say nothing");
    }
}
