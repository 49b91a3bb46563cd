//! Metric `table_form`: ranges, categories, missing cells and rules of rows. Not here: how often each value is
//! (`column_shapes.rs`).

use super::{known_mean, no_table, of_tables, worst};
use crate::estimate::{Estimate, MANY, multiplicities};
use crate::metrics::{Better, Metric, Value};
use crate::table::{Table, TableColumn, TableKind, TableRule};
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, stream_of};
use std::collections::BTreeSet;

/// Part of a column's span by which numbers of two columns may differ where a rule compares them: cells are rounded to 24 bits.
const ROUNDING: f64 = 1e-6;

/// The numbers, their better ends, and what each is of.
const NAMES: [(&str, Better); 5] = [
    ("value_coverage", Better::Higher),
    ("numbers_in_range", Better::Higher),
    ("known_categories", Better::Higher),
    ("missing_gap", Better::Lower),
    ("rules_kept", Better::Higher),
];

/// A number of each column, or of each rule.
type Parts = Vec<Option<f64>>;

/// Smallest and greatest known number of the rows that are taken.
fn range(cells: &[f32], times: &[u32]) -> Option<(f32, f32)> {
    let known = cells.iter().zip(times).filter(|(cell, times)| **times > 0 && !cell.is_nan()).map(|(cell, _)| *cell);
    known.fold(None, |range, cell| {
        Some(range.map_or((cell, cell), |(low, high): (f32, f32)| (low.min(cell), high.max(cell))))
    })
}

/// Of the rows for which something is known, the share that it is true of.
fn share(rows: impl Iterator<Item = (Option<bool>, u32)>) -> Option<f64> {
    let (mut hits, mut of) = (0u64, 0u64);
    for (right, times) in rows {
        if let Some(right) = right {
            of += u64::from(times);
            hits += if right { u64::from(times) } else { 0 };
        }
    }
    (of > 0).then(|| hits as f64 / of as f64)
}

/// The part of the real range that generated numbers reach over; none where real ones are all the same.
fn range_coverage(real: (f32, f32), fake: Option<(f32, f32)>) -> Option<f64> {
    let (low, span) = (f64::from(real.0), f64::from(real.1) - f64::from(real.0));
    if span <= 0.0 {
        return None;
    }
    let Some(fake) = fake else { return Some(0.0) };
    let below = ((f64::from(fake.0) - low) / span).max(0.0);
    let above = ((f64::from(real.1) - f64::from(fake.1)) / span).max(0.0);
    Some((1.0 - below - above).max(0.0))
}

/// Coverage, adherence and the gap of missing shares of a column: where `in range` is of numbers, `known` of categories.
fn of_column(column: &TableColumn, cells: [&[f32]; 2], times: [&[u32]; 2]) -> [Option<f64>; 4] {
    let missing = |side: usize| {
        share(cells[side].iter().map(|cell| Some(column.is_missing(*cell))).zip(times[side].iter().copied()))
    };
    let gap = missing(0).zip(missing(1)).map(|(real, fake)| (real - fake).abs());
    let fake = || cells[1].iter().zip(times[1].iter().copied());
    match column.kind {
        TableKind::Number { .. } => {
            let Some(real) = range(cells[0], times[0]) else { return [None, None, None, gap] };
            // A missing number is wrong where real ones are never missing.
            let nullable = missing(0).is_some_and(|share| share > 0.0);
            let inside = |cell: f32| match cell.is_nan() {
                true => (!nullable).then_some(false),
                false => Some(real.0 <= cell && cell <= real.1),
            };
            let inside = share(fake().map(|(cell, times)| (inside(*cell), times)));
            [range_coverage(real, range(cells[1], times[1])), inside, None, gap]
        }
        TableKind::Category { values, .. } => {
            let seen = |side: usize| {
                let mut seen = vec![false; values];
                let taken = cells[side].iter().zip(times[side]).filter(|(_, times)| **times > 0);
                taken.for_each(|(cell, _)| seen[*cell as usize] = true);
                seen
            };
            let (real, found) = (seen(0), seen(1));
            let count = real.iter().filter(|seen| **seen).count();
            let both = real.iter().zip(&found).filter(|(real, found)| **real && **found).count();
            let coverage = (count > 0).then(|| both as f64 / count as f64);
            let known = share(fake().map(|(cell, times)| (Some(real[*cell as usize]), times)));
            [coverage, None, known, gap]
        }
    }
}

/// Whether each generated row keeps a rule; none where a cell is missing that it compares.
fn kept(rule: &TableRule, real: &Table<'_>, fake: &Table<'_>) -> Vec<Option<bool>> {
    let [a, b] = rule.places();
    let compared = |holds: &dyn Fn(f64) -> bool| {
        let (low, high) = (&fake.columns[a], &fake.columns[b]);
        let rounding = ROUNDING * low.span().max(high.span());
        let row = |(x, y): (&f32, &f32)| {
            (!x.is_nan() && !y.is_nan()).then(|| {
                let difference = low.value(*x) - high.value(*y);
                holds(if difference.abs() <= rounding { 0.0 } else { difference })
            })
        };
        fake.cells[a].iter().zip(&fake.cells[b]).map(row).collect()
    };
    let numbers = fake.columns[a].is_number() && fake.columns[b].is_number();
    match rule {
        TableRule::AtMost { .. } => compared(&|difference| difference <= 0.0),
        TableRule::Equal { .. } if numbers => compared(&|difference| difference == 0.0),
        // Lists of two columns number their categories each in their own way: what goes together is what real rows have.
        TableRule::Equal { .. } | TableRule::Fixes { .. } => {
            let pair = |table: &Table<'_>, row: usize| [a, b].map(|at| table.cells[at][row].to_bits());
            let known: BTreeSet<[u32; 2]> = (0..real.rows).map(|row| pair(real, row)).collect();
            (0..fake.rows).map(|row| Some(known.contains(&pair(fake, row)))).collect()
        }
    }
}

/// What is measured of two tables whose rows are taken so often: the parts of each number.
fn parts(real: &Table<'_>, fake: &Table<'_>, kept: &[Vec<Option<bool>>], times: [&[u32]; 2]) -> [Parts; 5] {
    let mut found: [Parts; 5] = Default::default();
    for (at, column) in real.columns.iter().enumerate() {
        let parts = of_column(column, [&real.cells[at], &fake.cells[at]], times);
        found.iter_mut().zip(parts).for_each(|(list, part)| list.push(part));
    }
    found[4] = kept.iter().map(|rows| share(rows.iter().copied().zip(times[1].iter().copied()))).collect();
    found
}

fn values(
    real: &Table<'_>,
    fake: &Table<'_>,
    rules: &[TableRule],
    seed: u64,
    stop: Stop<'_>,
) -> Result<Vec<Value>, MetricError> {
    let columns = real.columns;
    let number = |at: &usize| columns.get(*at).is_some_and(TableColumn::is_number);
    for rule in rules {
        let ordered = matches!(rule, TableRule::AtMost { .. });
        if rule.places().iter().any(|at| *at >= columns.len() || (ordered && !number(at))) {
            let reason =
                format!("expected columns of the table, which are numbers where one is compared, found {rule:?}");
            return Err(MetricError::argument("table_form", reason));
        }
    }
    let kept: Vec<Vec<Option<bool>>> = rules.iter().map(|rule| kept(rule, real, fake)).collect();
    let found = parts(real, fake, &kept, [&vec![1; real.rows], &vec![1; fake.rows]]);
    let mut rng = Rng::new(seed, stream_of("metrics/table_form"));
    let mut resampled: [Vec<f64>; 5] = Default::default();
    for _ in 0..MANY {
        stop.check()?;
        let times = [multiplicities(real.rows, &mut rng), multiplicities(fake.rows, &mut rng)];
        let again = parts(real, fake, &kept, [&times[0], &times[1]]);
        resampled.iter_mut().zip(&again).for_each(|(list, parts)| list.extend(known_mean(parts)));
    }
    let of_columns = || columns.iter().map(|column| column.name.clone());
    let value = |at: usize| {
        let (name, better) = NAMES[at];
        let estimate = Estimate::resampled(known_mean(&found[at])?, &resampled[at]).within(0.0, 1.0);
        let parts = found[at].iter().copied();
        let note = match better {
            Better::Lower => {
                let largest = of_columns().zip(parts).filter_map(|(name, part)| Some((name, part?)));
                let largest = largest.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, gap)| *gap > 0.0);
                largest.map(|(name, gap)| format!("largest: {name} {gap:.3}"))
            }
            _ if at == 4 => worst(rules.iter().map(|rule| rule.words(columns)).zip(parts)),
            _ => worst(of_columns().zip(parts)),
        };
        Some(Value { note, ..Value::new(name, better, estimate) })
    };
    Ok((0..NAMES.len()).filter_map(value).collect())
}

/// The line of the table.
pub(in crate::metrics) struct TableForm;

impl Metric for TableForm {
    fn name(&self) -> &'static str {
        "table_form"
    }

    fn summary(&self) -> &'static str {
        "whether rows reach the real ranges and categories, stay within them, miss as many cells, and keep the rules of real rows"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        no_table(data)
    }

    /// - `value_coverage`: the mean over columns of the part of the real range that generated numbers reach over, and of the share of
    ///   real categories that are generated;
    /// - `numbers_in_range`: the mean over columns of the share of numbers within the real range; a missing one is not where real
    ///   ones are never missing;
    /// - `known_categories`: the mean over columns of the share of rows whose category a real row has;
    /// - `missing_gap`: the mean over columns of the difference of the shares of missing cells;
    /// - `rules_kept`: the mean over the rules of the share of rows that keep them. A pair of values that one fixes the other in
    ///   is kept where a real row has it. Numbers are equal within 1e-6 of their column's span.
    ///
    /// Those of which the table has nothing are left out.
    ///
    /// # Source
    /// `RangeCoverage`, `CategoryCoverage`, `BoundaryAdherence` and `CategoryAdherence` of SDMetrics 0.32.
    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        let rules = &compared.data.rules;
        of_tables(compared, self.name(), |real, fake, seed, stop| values(real, fake, rules, seed, stop))
    }

    /// Cells of both tables, how often each row is taken, and which rows keep each rule.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        let row = data.elements() * size_of::<f32>() + 4 * size_of::<u32>();
        (sizes.samples * (2 * row + data.rules.len() * size_of::<Option<bool>>())) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{category, number};
    use ganymede_tensor::Tensor;

    const ONES: [&[u32]; 2] = [&[1; 4], &[1; 4]];

    #[test]
    fn columns_are_judged_by_hand() {
        let nan = f32::NAN;
        // Real 0 to 1, generated 0.25 to 2, one of four beyond: a quarter of the range is not reached.
        let found = of_column(&number("x"), [&[0.0, 1.0, 0.5, 0.5], &[0.25, 2.0, 0.5, 1.0]], ONES);
        assert_eq!(found, [Some(0.75), Some(0.75), None, Some(0.0)]);
        // Missing where no real one is: wrong. Where some are: not judged, and a gap of ¾ − ¼.
        let found = of_column(&number("x"), [&[0.0, 1.0, 0.5, 0.5], &[nan, 0.5, 0.5, nan]], ONES);
        assert_eq!(found, [Some(0.0), Some(0.5), None, Some(0.5)]);
        let found = of_column(&number("x"), [&[0.0, 1.0, nan, 0.5], &[nan, nan, 0.5, nan]], ONES);
        assert_eq!(found, [Some(0.0), Some(1.0), None, Some(0.5)]);
        assert_eq!(of_column(&number("x"), [&[0.5; 4], &[0.5; 4]], ONES), [None, Some(1.0), None, Some(0.0)]);
        assert_eq!(of_column(&number("x"), [&[nan; 4], &[0.5; 4]], ONES), [None, None, None, Some(1.0)]);
        // Of categories 0, 1, 2 one is generated; one of four rows is of another, which stands for missing cells.
        let column = TableColumn { kind: TableKind::Category { values: 4, missing: Some(3) }, ..category("x", 4) };
        let found = of_column(&column, [&[0.0, 1.0, 2.0, 2.0], &[1.0, 1.0, 3.0, 1.0]], ONES);
        assert_eq!(found, [Some(1.0 / 3.0), None, Some(0.75), Some(0.25)]);
        // Rows that are not taken are not there.
        let found = of_column(&column, [&[0.0, 1.0, 2.0, 2.0], &[1.0, 1.0, 3.0, 1.0]], [&[0, 4, 0, 0], &[1, 1, 0, 2]]);
        assert_eq!(found, [Some(1.0), None, Some(1.0), Some(0.0)]);
    }

    #[test]
    fn rules_are_judged_by_hand() {
        let wide = |name: &str, range| TableColumn { kind: TableKind::Number { whole: true, range }, ..number(name) };
        let columns = [wide("low", [0.0, 10.0]), wide("high", [5.0, 25.0]), category("a", 3), category("b", 3)];
        let table = |rows: &[[f32; 4]]| {
            Table::of("x", &Tensor::from_f32([rows.len(), 4], rows.concat()).unwrap(), &columns).unwrap()
        };
        let real = table(&[[0.0, 0.0, 0.0, 2.0], [1.0, 1.0, 1.0, 1.0]]);
        let nan = f32::NAN;
        // 7 and 5; 5 and 5; 10 and 25; missing.
        let fake = table(&[[0.7, 0.0, 0.0, 2.0], [0.5, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0], [nan, 0.0, 2.0, 0.0]]);
        let judged = |rule: TableRule| kept(&rule, &real, &fake);
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(judged(TableRule::AtMost { low: 0, high: 1 }), [no, yes, yes, None]);
        assert_eq!(judged(TableRule::AtMost { low: 1, high: 0 }), [yes, yes, no, None]);
        assert_eq!(judged(TableRule::Equal { a: 0, b: 1 }), [no, yes, no, None]);
        assert_eq!(judged(TableRule::Fixes { from: 2, to: 3 }), [yes, no, yes, no]);
        assert_eq!(judged(TableRule::Equal { a: 2, b: 3 }), [yes, no, yes, no]);
        // 0.1 + 0.2 of a span is 0.3 of it but for rounding.
        let near = table(&[[0.5 + 3e-7, 0.0, 0.0, 0.0], [0.5 + 3e-5, 0.0, 0.0, 0.0]]);
        assert_eq!(kept(&TableRule::AtMost { low: 0, high: 1 }, &real, &near), [yes, no]);
        let rules = [TableRule::AtMost { low: 0, high: 1 }, TableRule::Fixes { from: 2, to: 3 }];
        let found = values(&real, &fake, &rules, 1, Stop::NEVER).unwrap();
        let rules_kept = found.iter().find(|value| value.name == "rules_kept").unwrap();
        assert!((rules_kept.estimate.value - (2.0 / 3.0 + 0.5) / 2.0).abs() < 1e-12, "{rules_kept:?}");
        assert_eq!(rules_kept.note.as_deref(), Some("worst: a fixes b 0.500, low <= high 0.667"));
        assert_eq!(found[3].note.as_deref(), Some("largest: low 0.250"));
        for rule in [TableRule::AtMost { low: 0, high: 2 }, TableRule::Fixes { from: 0, to: 4 }] {
            let error = values(&real, &fake, &[rule], 1, Stop::NEVER).unwrap_err().to_string();
            assert!(error.contains("expected columns of the table"), "{error}");
        }
    }
}
