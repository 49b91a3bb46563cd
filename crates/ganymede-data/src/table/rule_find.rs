//! Which rules no row breaks. Every rule is checked on every row; most pairs of columns break it in the first few. A rule that
//! columns without any relation would keep by chance is not one. Not here: what follows from a rule (`plan.rs`).

use std::cmp::Ordering;

use super::grid::Grid;
use super::rules::{Rule, RuleColumn, RuleKind, key};

/// With fewer rows nothing is a rule.
const FEW: usize = 20;
/// A rule of order needs so many rows that have both cells.
const ORDERED: u64 = 100;
/// All rules together are wrong by chance once in so many tables.
const CHANCE: f64 = 1e4;
/// At least this share of the rows would break a rule of order if the columns were independent; below it, the columns' own
/// ranges keep the rule, and a generator too, nearly always.
const BROKEN: f64 = 0.05;
/// A copy by a formula needs so many different values.
const DIFFERENT: usize = 10;
/// Half of the rows have a value that so many rows have.
const REPEATED: u64 = 5;

/// The rules that no row breaks: copies first, then what fixes what, then what is at most what. What a copy says of other columns
/// is not said again, nor what follows from two rules of order. `columns`: all with the same number of cells.
pub fn find(columns: &[RuleColumn]) -> Vec<Rule> {
    let rows = columns.iter().map(|c| c.cells.len()).min().unwrap_or(0);
    if rows < FEW {
        return Vec::new();
    }
    let mut rules = Vec::new();
    let mut copied = vec![false; columns.len()];
    for i in 0..columns.len() {
        for j in 0..columns.len() {
            if i == j
                || copied[i]
                || copied[j]
                || columns[i].kind != columns[j].kind
                || matches!(columns[i].kind, RuleKind::Category { .. })
            {
                continue;
            }
            let (a, b) = (&columns[i], &columns[j]);
            if i < j && equal(a, b, rows) {
                rules.push(Rule::Equal { a: a.index, b: b.index });
                copied[j] = true;
            } else if let Some((factor, offset)) = affine(a, b, rows) {
                rules.push(Rule::Affine { from: a.index, to: b.index, factor, offset });
                copied[j] = true;
            }
        }
    }
    let own: Vec<&RuleColumn> = columns.iter().zip(&copied).filter(|(_, copied)| !**copied).map(|(c, _)| c).collect();
    let pairs = (own.len() * own.len()) as f64;
    for from in &own {
        rules.extend(own.iter().filter(|to| to.index != from.index).filter_map(|to| fixes(from, to, rows, pairs)));
    }
    rules.extend(ordered(&own, rows));
    rules
}

fn equal(a: &RuleColumn, b: &RuleColumn, rows: usize) -> bool {
    (0..rows).all(|r| key(a.cells[r]) == key(b.cells[r])) && different(b, rows, 2)
}

/// Whether a column has so many different numbers.
fn different(column: &RuleColumn, rows: usize, least: usize) -> bool {
    let mut seen = Vec::with_capacity(least);
    column.cells[..rows].iter().any(|x| {
        if !x.is_nan() && !seen.contains(x) {
            seen.push(*x);
        }
        seen.len() >= least
    })
}

/// The factor and the offset with which `to` is a copy of `from`: the numbers of fewest digits that the ends of the range allow.
fn affine(from: &RuleColumn, to: &RuleColumn, rows: usize) -> Option<(f64, f64)> {
    // Most pairs differ in what is missing, or have no common line through three rows.
    let mut ends: Option<(usize, usize)> = None;
    for r in 0..rows {
        if from.cells[r].is_nan() != to.cells[r].is_nan() {
            return None;
        }
        if from.cells[r].is_nan() {
            continue;
        }
        let (low, high) = ends.get_or_insert((r, r));
        if from.cells[r] < from.cells[*low] {
            *low = r;
        }
        if from.cells[r] > from.cells[*high] {
            *high = r;
        }
    }
    let (low, high) = ends?;
    let (x, width) = (from.cells[low], from.cells[high] - from.cells[low]);
    let (y, height) = (to.cells[low], to.cells[high] - to.cells[low]);
    let unit = match to.grid {
        Grid::Decimals { places } => 10f64.powi(-i32::from(places)),
        Grid::Steps { unit, .. } => unit,
        Grid::Months { .. } => return None,
        Grid::Free => 1e-12 * to.cells[low].abs().max(to.cells[high].abs()),
    };
    if !(width > 0.0 && height != 0.0 && width.is_finite() && height.is_finite()) {
        return None;
    }
    let factor = shortest((height - unit) / width, (height + unit) / width)?;
    let middle = y - factor * x;
    let offset = shortest(middle - unit / 2.0, middle + unit / 2.0)?;
    let is_copy = |r: usize| from.cells[r].is_nan() || to.grid.nearest(factor * from.cells[r] + offset) == to.cells[r];
    ((0..rows).all(is_copy) && different(from, rows, DIFFERENT) && different(to, rows, DIFFERENT))
        .then_some((factor, offset))
}

/// The decimal of fewest digits from `low` to `high`.
fn shortest(low: f64, high: f64) -> Option<f64> {
    if low <= 0.0 && high >= 0.0 {
        return Some(0.0);
    }
    (-12..=15).find_map(|digits: i32| {
        let n = if digits < 0 { (low / 10f64.powi(-digits)).ceil() } else { (low * 10f64.powi(digits)).ceil() };
        let x = if digits < 0 { n * 10f64.powi(-digits) } else { n / 10f64.powi(digits) };
        (x >= low && x <= high && x.is_finite()).then_some(x)
    })
}

/// Whether each value of `from` goes with one of `to`, and more often than by chance.
///
/// Of n rows with k values of `from`, n − k repeat a value. If the columns were independent, each of these would agree with the first
/// of its value with probability p at most, the share of the most frequent value of `to`: all do with p^(n − k). Over all pairs of
/// columns this must be rarer than once in 10,000 tables.
fn fixes(from: &RuleColumn, to: &RuleColumn, rows: usize, pairs: f64) -> Option<Rule> {
    let RuleKind::Category { count } = from.kind else { return None };
    let mut said: Vec<Option<(u64, u64)>> = vec![None; count + 1];
    for r in 0..rows {
        let (value, cell) = (&mut said[from.place(r)?], key(to.cells[r]));
        match value {
            None => *value = Some((cell, 1)),
            Some((other, _)) if *other != cell => return None,
            Some((_, n)) => *n += 1,
        }
    }
    let mut seen: Vec<(u64, u64)> = said.into_iter().flatten().collect();
    let values = seen.len();
    let repeated: u64 = seen.iter().map(|(_, n)| *n).filter(|n| *n >= REPEATED).sum();
    seen.sort_unstable();
    let most = seen.chunk_by(|a, b| a.0 == b.0).map(|group| group.iter().map(|(_, n)| n).sum::<u64>()).max()?;
    let repeats = (rows - values) as f64;
    let unlikely = -repeats * (most as f64 / rows as f64).ln() >= (CHANCE * pairs).ln();
    (most < rows as u64 && repeated * 2 >= rows as u64 && unlikely).then_some(Rule::Fixes {
        from: from.index,
        to: to.index,
        pairs: values as u64,
        exceptions: 0,
    })
}

/// What is at most what, without what follows from others.
fn ordered(columns: &[&RuleColumn], rows: usize) -> Vec<Rule> {
    let mut found: Vec<(usize, usize, bool, u64)> = Vec::new();
    for i in 0..columns.len() {
        for j in i + 1..columns.len() {
            if columns[i].kind != columns[j].kind || matches!(columns[i].kind, RuleKind::Category { .. }) {
                continue;
            }
            let (a, b) = (columns[i].cells, columns[j].cells);
            let (mut below, mut above, mut ties, mut both) = (true, true, 0, 0u64);
            for r in 0..rows {
                let order = a[r].partial_cmp(&b[r]);
                below &= order != Some(Ordering::Greater);
                above &= order != Some(Ordering::Less);
                if !below && !above {
                    break;
                }
                both += u64::from(order.is_some());
                ties += u64::from(order == Some(Ordering::Equal));
            }
            if below == above || both < ORDERED {
                continue;
            }
            let (low, high) = if below { (i, j) } else { (j, i) };
            let broken = broken_by_chance(columns[low].cells, columns[high].cells, rows);
            if broken >= BROKEN && broken * both as f64 >= (CHANCE * (columns.len() * columns.len()) as f64).ln() {
                found.push((low, high, ties == 0, both));
            }
        }
    }
    // a <= c follows from a <= b <= c where b is there whenever a and c are.
    let follows = |&(low, high, strict, _): &(usize, usize, bool, u64)| {
        found.iter().filter(|rule| rule.0 == low && rule.1 != high).any(|first| {
            found.iter().any(|second| {
                let between = columns[first.1].cells;
                let there = || {
                    (0..rows).all(|r| {
                        !between[r].is_nan() || columns[low].cells[r].is_nan() || columns[high].cells[r].is_nan()
                    })
                };
                second.0 == first.1 && second.1 == high && (!strict || first.2 || second.2) && there()
            })
        })
    };
    let rule = |&(low, high, strict, rows): &(usize, usize, bool, u64)| Rule::AtMost {
        low: columns[low].index,
        high: columns[high].index,
        strict,
        rows,
        exceptions: 0,
    };
    found.iter().filter(|rule| !follows(rule)).map(rule).collect()
}

/// The share of rows with low > high if the two columns were independent, from up to 4,096 rows that have both.
fn broken_by_chance(low: &[f64], high: &[f64], rows: usize) -> f64 {
    let step = rows.div_ceil(4096).max(1);
    let both = || (0..rows).step_by(step).filter(|r| !low[*r].is_nan() && !high[*r].is_nan());
    let sorted = |cells: &[f64]| {
        let mut all: Vec<f64> = both().map(|r| cells[r]).collect();
        all.sort_unstable_by(f64::total_cmp);
        all
    };
    let (low, high) = (sorted(low), sorted(high));
    let (mut below, mut sum) = (0, 0);
    for x in &low {
        while below < high.len() && high[below] < *x {
            below += 1;
        }
        sum += below;
    }
    sum as f64 / (low.len() * high.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use ganymede_tensor::Rng;

    use super::*;

    const CENTS: Grid = Grid::Decimals { places: 2 };
    const DAYS: Grid = Grid::Steps { unit: 86_400.0, origin: 0.0 };

    fn number(index: usize, cells: &[f64]) -> RuleColumn<'_> {
        RuleColumn { index, kind: RuleKind::Number, grid: CENTS, cells }
    }

    fn category(index: usize, count: usize, cells: &[f64]) -> RuleColumn<'_> {
        RuleColumn { index, kind: RuleKind::Category { count }, grid: Grid::Free, cells }
    }

    fn random(seed: u64, n: usize, most: u32) -> Vec<f64> {
        let mut rng = Rng::new(seed, 0);
        (0..n).map(|_| f64::from(rng.below(most))).collect()
    }

    /// A city says its country, also where the country is missing; the country does not say the city, and chance says nothing.
    #[test]
    fn one_column_fixes_another() {
        let city = random(1, 400, 10);
        let country: Vec<f64> = city.iter().map(|c| if *c == 9.0 { f64::NAN } else { (c / 3.0).floor() }).collect();
        let height: Vec<f64> = city.iter().map(|c| c * 111.0).collect();
        let coin = random(2, 400, 2);
        let rules =
            find(&[category(3, 10, &city), category(5, 3, &country), number(6, &height), category(8, 2, &coin)]);
        let fixes = |to| Rule::Fixes { from: 3, to, pairs: 10, exceptions: 0 };
        assert_eq!(rules, [fixes(5), fixes(6)]);
        assert_eq!(
            rules[0].describe(&["", "", "", "city", "", "country"].map(String::from)),
            "city fixes country: 10 pairs, 0 exceptions"
        );
        let mut broken = country.clone();
        broken[399] = 1.0 - broken[399].min(1.0);
        assert_eq!(find(&[category(3, 10, &city), category(5, 3, &broken)]), []);
    }

    /// Nearly unique values, few rows and a rare value prove nothing.
    #[test]
    fn chance_is_no_rule() {
        let wide: Vec<f64> = (0..400).map(|i| f64::from(i / 2)).collect();
        let same: Vec<f64> = wide.iter().map(|w| w % 3.0).collect();
        assert_eq!(find(&[category(0, 200, &wide), category(1, 3, &same)]), [], "each value in two rows");
        let few = random(1, 19, 3);
        assert_eq!(find(&[category(0, 3, &few), category(1, 3, &few)]), [], "19 rows");
        let mut rare = vec![0.0; 400];
        rare[0] = 1.0;
        let mut value = random(3, 400, 4);
        value[0] = 4.0;
        assert_eq!(find(&[category(0, 5, &value), category(1, 2, &rare)]), [], "one row of 400");
        let twenty = random(1, 20, 3);
        assert_eq!(
            find(&[category(0, 3, &twenty), category(1, 3, &twenty)]).len(),
            2,
            "20 rows and three values that agree"
        );
    }

    /// Copies: the same numbers, a formula with rounding, and its first column only in further rules.
    #[test]
    fn copies() {
        let celsius: Vec<f64> = random(1, 300, 4000).iter().map(|x| (x - 1000.0) / 100.0).collect();
        let fahrenheit: Vec<f64> =
            celsius.iter().map(|c| Grid::Decimals { places: 1 }.nearest(c * 1.8 + 32.0)).collect();
        let mut later: Vec<f64> =
            celsius.iter().zip(random(2, 300, 500)).map(|(a, b)| CENTS.nearest(a + b / 100.0)).collect();
        later[7] = f64::NAN;
        let columns = [
            number(0, &celsius),
            RuleColumn { grid: Grid::Decimals { places: 1 }, ..number(1, &fahrenheit) },
            number(2, &celsius),
            number(4, &later),
        ];
        assert_eq!(
            find(&columns),
            [
                Rule::Affine { from: 0, to: 1, factor: 1.8, offset: 32.0 },
                Rule::Equal { a: 0, b: 2 },
                Rule::AtMost { low: 0, high: 4, strict: false, rows: 299, exceptions: 0 },
            ]
        );
        let rule = &find(&columns)[0];
        assert_eq!(rule.describe(&["C".into(), "F".into()]), "F is 1.8 · C + 32 in every row");
        let mut broken = fahrenheit.clone();
        broken[299] += 0.1;
        assert!(
            !find(&[columns[0], RuleColumn { cells: &broken, ..columns[1] }])
                .iter()
                .any(|r| matches!(r, Rule::Affine { .. }))
        );
        assert_eq!(
            (shortest(0.93, 0.94), shortest(-105.0, -95.0), shortest(999.7, 1000.4), shortest(-1.0, 1.0)),
            (Some(0.93), Some(-100.0), Some(1000.0), Some(0.0))
        );
    }

    /// Order: what follows from two rules is not said, unless the column between is missing where the others are not.
    #[test]
    fn order() {
        let day = |x: f64| x * 86_400.0;
        let start: Vec<f64> = random(1, 500, 1000).into_iter().map(day).collect();
        let middle: Vec<f64> = start.iter().zip(random(2, 500, 60)).map(|(a, b)| a + day(b)).collect();
        let end: Vec<f64> = middle.iter().zip(random(3, 500, 60)).map(|(a, b)| a + day(b + 1.0)).collect();
        let date = |index, cells| RuleColumn { index, kind: RuleKind::Date, grid: DAYS, cells };
        let rule = |low, high, strict, rows| Rule::AtMost { low, high, strict, rows, exceptions: 0 };
        assert_eq!(
            find(&[date(0, &end), date(1, &start), date(2, &middle)]),
            [rule(2, 0, true, 500), rule(1, 2, false, 500)]
        );
        let mut gaps = middle.clone();
        gaps[3] = f64::NAN;
        assert_eq!(
            find(&[date(0, &end), date(1, &start), date(2, &gaps)]),
            [rule(1, 0, true, 500), rule(2, 0, true, 499), rule(1, 2, false, 499)]
        );
        // Ranges that hardly meet keep the order by themselves; numbers and dates are never compared.
        let small: Vec<f64> = random(4, 500, 100).iter().map(|x| x / 100.0).collect();
        let large: Vec<f64> = random(5, 500, 1000).iter().map(|x| x + 0.5).collect();
        assert!(
            !small.iter().zip(&large).any(|(a, b)| a > b) || find(&[number(0, &small), number(1, &large)]).is_empty()
        );
        assert_eq!(find(&[number(0, &start), date(1, &end)]), []);
        let mut one = end.clone();
        one[499] = start[499] - 1.0;
        assert_eq!(find(&[date(0, &start), date(1, &one)]), []);
    }

    /// Columns without any relation, of any skew, keep no rule in 400 tables.
    #[test]
    fn independent_columns_have_no_rules() {
        let mut rng = Rng::new(11, 0);
        for table in 0..400 {
            let rows = 20 + rng.below(600) as usize;
            let cells: Vec<(usize, Vec<f64>)> = (0..8)
                .map(|_| {
                    let (count, skew) = (2 + rng.below(40), rng.uniform_in(0.3, 8.0));
                    let mut cell = || (libm::pow(rng.uniform(), skew) * f64::from(count)).floor();
                    (count as usize, (0..rows).map(|_| cell()).collect())
                })
                .collect();
            let columns: Vec<RuleColumn> = cells
                .iter()
                .enumerate()
                .map(|(i, (count, cells))| if i < 5 { category(i, *count, cells) } else { number(i, cells) })
                .collect();
            assert_eq!(find(&columns), [], "table {table} of {rows} rows");
        }
    }
}
