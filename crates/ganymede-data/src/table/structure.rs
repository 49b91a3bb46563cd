//! Which columns are learned, and how the others follow from them: the choice. Not here: how the cells are made (`plan.rs`), which
//! rules there are (`rules.rs`).

use std::collections::BTreeMap;

use super::grid::Grid;
use super::plan::{Bound, Check, Gap, Lookup, Plan, Step, Way};
use super::rules::{Rule, RuleColumn, RuleKind};

/// The plan of columns with these rules, which no row of theirs breaks (the rows that break a user's rule are left out before).
///
/// 1. A copy follows from the column that it copies.
/// 2. Of columns of categories that fix each other the first is learned; a column that others fix is looked up by one that is learned.
///    If two learned columns fix it, the one of fewer values says it, and the other's rule is a check.
/// 3. Of columns in order the lowest are learned; each above is a gap over all below it that are there. Where the larger is looked up,
///    the smaller is a gap below it.
/// 4. The `target` is learned as it is, so that samples of one of its classes can be asked for: if it is one of categories, no
///    other column says it (what would be said is a check), and it is the first of those that fix each other.
pub fn structure(rules: &[Rule], columns: &[RuleColumn], target: Option<usize>) -> Plan {
    let mut plan = Plan::default();
    let at: BTreeMap<usize, &RuleColumn> = columns.iter().map(|c| (c.index, c)).collect();
    let copies = copies(rules, &at);
    // A rule about an equal copy is one about what it copies.
    let own = |column: &usize| match copies.get(column) {
        Some(Step { way: Way::Copy { from }, .. }) => *from,
        _ => *column,
    };
    let fixes: Vec<(usize, usize)> = rules
        .iter()
        .filter_map(|rule| if let Rule::Fixes { from, to, .. } = rule { Some((own(from), own(to))) } else { None })
        .filter(|(from, to)| from != to && at.contains_key(from) && at.contains_key(to))
        .collect();
    let roots = roots(&fixes, &copies, &at, target);
    let orders: Vec<(usize, usize, bool)> = rules
        .iter()
        .filter_map(|rule| {
            if let Rule::AtMost { low, high, strict, .. } = rule { Some((own(low), own(high), *strict)) } else { None }
        })
        .filter(|(low, high, _)| low != high && at.contains_key(low) && at.contains_key(high))
        .collect();

    let is_ordered = |column: &usize| orders.iter().any(|(low, high, _)| low == column || high == column);
    let free = |c: &&RuleColumn| !copies.contains_key(&c.index) && !roots.contains_key(&c.index);
    let learned = columns.iter().filter(free).filter(|c| !is_ordered(&c.index));
    plan.steps.extend(learned.map(|c| Step { column: c.index, way: Way::Learned }));
    for (&to, &from) in &roots {
        plan.steps.push(Step { column: to, way: Way::Lookup(lookup(at[&from], at[&to])) });
    }
    let open: Vec<usize> = columns.iter().filter(free).map(|c| c.index).filter(is_ordered).collect();
    let kept = order(&mut plan, open, &orders, &at);
    plan.steps.extend(in_turn(&copies, &plan.steps));

    // Both columns are functions of one that is learned, and real rows have no other pairs.
    let root = |column: usize| roots.get(&column).copied().unwrap_or(column);
    for (from, to) in fixes {
        if root(from) != root(to) {
            plan.checks.push(Check::Fixes { lookup: lookup(at[&from], at[&to]), to });
        }
    }
    for (low, high, strict) in orders {
        let together = roots.contains_key(&low) && roots.contains_key(&high) && root(low) == root(high);
        if !kept.contains(&(low, high)) && !together {
            plan.checks.push(Check::AtMost { low, high: Bound { column: high, strict } });
        }
    }
    plan
}

/// How each copy is made; a copy of a copy is one of the first. A column is copied once.
fn copies(rules: &[Rule], at: &BTreeMap<usize, &RuleColumn>) -> BTreeMap<usize, Step> {
    let mut copies: BTreeMap<usize, Step> = BTreeMap::new();
    for rule in rules {
        let (column, from, way) = match rule {
            Rule::Equal { a, b } => (*b, *a, Way::Copy { from: *a }),
            Rule::Affine { from, to, factor, offset } => {
                let grid = at.get(to).map_or(Grid::Free, |c| c.grid);
                (*to, *from, Way::Affine { from: *from, factor: *factor, offset: *offset, grid })
            }
            _ => continue,
        };
        // Neither has been made of another, and nothing of this one.
        let used = copies.contains_key(&column)
            || copies.contains_key(&from)
            || copies.values().any(|s| source(&s.way) == Some(column));
        if column != from && !used && at.contains_key(&column) && at.contains_key(&from) {
            copies.insert(column, Step { column, way });
        }
    }
    copies
}

fn source(way: &Way) -> Option<usize> {
    match way {
        Way::Copy { from } | Way::Affine { from, .. } => Some(*from),
        _ => None,
    }
}

/// The copies whose source is made by now.
fn in_turn(copies: &BTreeMap<usize, Step>, made: &[Step]) -> Vec<Step> {
    let is_made = |step: &&Step| source(&step.way).is_some_and(|from| made.iter().any(|s| s.column == from));
    copies.values().filter(is_made).cloned().collect()
}

/// For each column that is looked up, the learned one that says it.
fn roots(
    fixes: &[(usize, usize)],
    copies: &BTreeMap<usize, Step>,
    at: &BTreeMap<usize, &RuleColumn>,
    target: Option<usize>,
) -> BTreeMap<usize, usize> {
    let says = |from: usize, to: usize| fixes.contains(&(from, to));
    let count = |column: usize| if let RuleKind::Category { count } = at[&column].kind { count } else { usize::MAX };
    let is_copy = |column: &usize| copies.contains_key(column);
    // Learned: what nothing says, or only columns after it that it says too.
    let says_before = |from: usize, to: usize| !says(to, from) || from < to || Some(from) == target;
    let is_said = |to: usize| {
        Some(to) != target && fixes.iter().any(|&(from, t)| t == to && !is_copy(&from) && says_before(from, to))
    };
    let mut roots = BTreeMap::new();
    for &(_, to) in fixes {
        if is_copy(&to) || !is_said(to) {
            continue;
        }
        // Through columns that are looked up themselves, back to what is learned.
        let (mut reached, mut next) = (vec![to], 0);
        while let Some(&column) = reached.get(next) {
            for &(from, t) in fixes {
                if t == column && !is_copy(&from) && !reached.contains(&from) {
                    reached.push(from);
                }
            }
            next += 1;
        }
        let learned = reached.into_iter().filter(|c| *c != to && !is_said(*c) && count(*c) < usize::MAX);
        if let Some(from) = learned.min_by_key(|c| (count(*c), *c)) {
            roots.insert(to, from);
        }
    }
    roots
}

/// What each value of a column says of another: the cell of its first row.
fn lookup(from: &RuleColumn, to: &RuleColumn) -> Lookup {
    let count = if let RuleKind::Category { count } = from.kind { count } else { 0 };
    let mut cells: Vec<Option<Option<f64>>> = vec![None; count + 1];
    for row in 0..from.cells.len().min(to.cells.len()) {
        if let Some(place) = from.place(row) {
            cells[place].get_or_insert((!to.cells[row].is_nan()).then_some(to.cells[row]));
        }
    }
    Lookup { from: from.index, cells: cells.into_iter().map(Option::flatten).collect() }
}

/// Steps for the `open` columns, the lowest first; the pairs whose order is kept by them.
fn order(
    plan: &mut Plan,
    mut open: Vec<usize>,
    orders: &[(usize, usize, bool)],
    at: &BTreeMap<usize, &RuleColumn>,
) -> Vec<(usize, usize)> {
    let mut kept = Vec::new();
    while !open.is_empty() {
        // In a circle, which only a user's rules can be, the first is learned as it is.
        let lowest =
            open.iter().position(|c| !orders.iter().any(|(low, high, _)| high == c && open.contains(low))).unwrap_or(0);
        let column = open.remove(lowest);
        let made = |other: &usize| plan.steps.iter().any(|s| s.column == *other);
        let bounds = |above: bool| -> Vec<Bound> {
            let other = |&(low, high, strict): &(usize, usize, bool)| {
                let (mine, column_of) = if above { (high, low) } else { (low, high) };
                (mine == column && made(&column_of)).then_some(Bound { column: column_of, strict })
            };
            orders.iter().filter_map(other).collect()
        };
        let (below, above) = (bounds(true), bounds(false));
        let is_above = !below.is_empty();
        let others = if is_above { below } else { above };
        let way = if others.is_empty() {
            Way::Learned
        } else {
            kept.extend(others.iter().map(|o| if is_above { (o.column, column) } else { (column, o.column) }));
            Way::Gap(gap(at[&column], is_above, others, at))
        };
        plan.steps.push(Step { column, way });
    }
    kept
}

fn gap(column: &RuleColumn, above: bool, others: Vec<Bound>, at: &BTreeMap<usize, &RuleColumn>) -> Gap {
    let places = |grid: Grid| match grid {
        Grid::Free => None,
        Grid::Decimals { places } => Some(places),
        Grid::Steps { .. } | Grid::Months { .. } => Some(0),
    };
    let counted = others.iter().map(|o| places(at[&o.column].grid)).chain([places(column.grid)]);
    let places = counted.reduce(|a, b| Some(a?.max(b?))).flatten();
    let there = || column.cells.iter().copied().filter(|x| x.is_finite());
    let (least, most) = there().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let mut gap = Gap { above, others, usual: 0.0, places, grid: column.grid, least, most };
    if least > most {
        (gap.least, gap.most) = (0.0, 0.0);
    }
    gap.usual = usual(&gap.others, at);
    gap
}

/// The middle of the cells of the first of the columns.
fn usual(others: &[Bound], at: &BTreeMap<usize, &RuleColumn>) -> f64 {
    let mut cells: Vec<f64> =
        others.iter().take(1).flat_map(|o| at[&o.column].cells).copied().filter(|x| x.is_finite()).collect();
    let middle = cells.len() / 2;
    if cells.is_empty() { 0.0 } else { *cells.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

#[cfg(test)]
mod tests {
    use ganymede_tensor::Rng;

    use super::super::rule_find::find;
    use super::*;

    const CENTS: Grid = Grid::Decimals { places: 2 };
    const DAYS: Grid = Grid::Steps { unit: 86_400.0, origin: 0.0 };
    const SECONDS: Grid = Grid::Decimals { places: 0 };

    /// A table with every kind of rule: 0 city, 1 country, 2 code (both ways with city), 3 height of the city, 4 start (days),
    /// 5 start again, 6 end (days, sometimes missing), 7 seen (seconds, sometimes missing), 8 net, 9 tax, 10 gross above both,
    /// 11 gross in pounds.
    fn table() -> Vec<(RuleKind, Grid, Vec<f64>)> {
        let mut rng = Rng::new(5, 0);
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 12];
        for _ in 0..2000 {
            let city = f64::from(rng.below(7));
            let start = f64::from(rng.below(3000)) * 86_400.0;
            let end = start + f64::from(rng.below(90)) * 86_400.0;
            let seen = end + f64::from(rng.below(80_000)) + 1.0;
            let (net, tax) = (f64::from(rng.below(90_000)), f64::from(rng.below(90_000)));
            let gross = net.max(tax) + f64::from(rng.below(700));
            let missing = |rng: &mut Rng, x: f64| if rng.below(10) == 0 { f64::NAN } else { x };
            let row = [
                city,
                if city == 6.0 { f64::NAN } else { (city / 2.0).floor() },
                6.0 - city,
                city * 120.5,
                missing(&mut rng, start),
                0.0,
                missing(&mut rng, end),
                missing(&mut rng, seen),
                net / 100.0,
                tax / 100.0,
                missing(&mut rng, gross / 100.0),
                0.0,
            ];
            columns.iter_mut().zip(row).for_each(|(c, x)| c.push(x));
        }
        columns[5] = columns[4].clone();
        columns[11] = columns[10].iter().map(|x| CENTS.nearest(x * 0.8)).collect();
        let category = |count| (RuleKind::Category { count }, Grid::Free);
        let kinds = [category(7), category(3), category(7), (RuleKind::Number, CENTS)]
            .into_iter()
            .chain([(RuleKind::Date, DAYS), (RuleKind::Date, DAYS), (RuleKind::Date, DAYS), (RuleKind::Date, SECONDS)])
            .chain([(RuleKind::Number, CENTS); 4]);
        kinds.zip(columns).map(|((kind, grid), cells)| (kind, grid, cells)).collect()
    }

    fn columns(table: &[(RuleKind, Grid, Vec<f64>)]) -> Vec<RuleColumn<'_>> {
        table
            .iter()
            .enumerate()
            .map(|(index, (kind, grid, cells))| RuleColumn { index, kind: *kind, grid: *grid, cells })
            .collect()
    }

    fn bits(row: &[f64]) -> Vec<u64> {
        row.iter().map(|x| x.to_bits()).collect()
    }

    fn holds(rule: &Rule, row: &[f64], table: &[(RuleKind, Grid, Vec<f64>)]) -> bool {
        match rule {
            Rule::Fixes { from, to, .. } => {
                let first = (0..2000).find(|r| table[*from].2[*r] == row[*from]).unwrap();
                table[*to].2[first] == row[*to] || table[*to].2[first].is_nan() && row[*to].is_nan()
            }
            Rule::Equal { a, b } => row[*a] == row[*b] || row[*a].is_nan() && row[*b].is_nan(),
            Rule::Affine { from, to, factor, offset } => {
                let x = CENTS.nearest(factor * row[*from] + offset);
                x == row[*to] || x.is_nan() && row[*to].is_nan()
            }
            Rule::AtMost { low, high, strict, .. } => !(row[*low] > row[*high] || *strict && row[*low] == row[*high]),
            Rule::Positive { column, .. } => row[*column].is_nan() || row[*column] > 0.0,
        }
    }

    /// Every real row comes back bit for bit, and every sample of any learned cells keeps every rule.
    #[test]
    fn rows_come_back_and_samples_keep_the_rules() {
        let table = table();
        let columns = columns(&table);
        let rules = find(&columns);
        let plan = structure(&rules, &columns, None);
        let plan: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        plan.check(12).unwrap();
        assert_eq!(plan.learned(), [0, 4, 6, 7, 8, 9, 10]);
        assert_eq!(plan.checks, []);
        assert_eq!(plan.gap(10).unwrap().others.iter().map(|o| o.column).collect::<Vec<_>>(), [8, 9]);
        assert_eq!(
            (plan.says(1, 0.0), plan.says(2, 6.0), plan.says(5, 86_400.0)),
            (Some((0, vec![0.0, 1.0])), Some((0, vec![0.0])), Some((4, vec![86_400.0])))
        );
        assert!(plan.says(1, f64::NAN).is_some_and(|(column, values)| column == 0 && values[0] == 6.0));
        assert_eq!(
            (plan.says(1, 7.0), plan.says(6, 0.0), plan.says(11, 0.0), plan.says(99, 0.0)),
            (Some((0, vec![])), None, None, None)
        );
        let mut learned: Vec<Vec<f64>> = vec![Vec::new(); 7];
        for r in 0..2000 {
            let row: Vec<f64> = table.iter().map(|c| c.2[r]).collect();
            let cells = plan.reduce(&row);
            assert_eq!(bits(&plan.expand(&cells, 12)), bits(&row), "row {r}: {row:?}, learned {cells:?}");
            assert!(plan.keeps(&row));
            learned.iter_mut().zip(cells).for_each(|(all, x)| all.push(x));
        }
        let mut rng = Rng::new(6, 0);
        for _ in 0..5000 {
            // Any number in the range of each column, on no grid where it is a gap.
            let cells: Vec<f64> = plan
                .learned()
                .iter()
                .zip(&learned)
                .map(|(column, all)| {
                    let (low, high) = all
                        .iter()
                        .filter(|x| !x.is_nan())
                        .fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
                    let any = rng.uniform_in(low - 1.0, high + 1.0);
                    match (column, rng.below(8)) {
                        (0, _) => any.round().clamp(low, high),
                        (_, 0) => f64::NAN,
                        (c, _) if plan.gap(*c).is_none() => table[*c].1.nearest(any).clamp(low, high),
                        _ => any,
                    }
                })
                .collect();
            let row = plan.expand(&cells, 12);
            for rule in &rules {
                assert!(holds(rule, &row, &table), "{} in {row:?} of {cells:?}", rule.describe(&[]));
            }
            for (i, (_, grid, _)) in table.iter().enumerate() {
                assert!(row[i].is_nan() || grid.nearest(row[i]) == row[i], "column {i} of {row:?}");
            }
        }
    }

    /// Two columns that fix a third without fixing each other: one says it, the other is checked.
    #[test]
    fn what_cannot_be_made_is_checked() {
        let mut rng = Rng::new(7, 0);
        let country: Vec<f64> = (0..600).map(|_| f64::from(rng.below(3))).collect();
        let city: Vec<f64> = country.iter().map(|c| c * 4.0 + f64::from(rng.below(4))).collect();
        let prefix: Vec<f64> = country.iter().map(|c| c * 2.0 + f64::from(rng.below(2))).collect();
        let category =
            |index, count, cells| RuleColumn { index, kind: RuleKind::Category { count }, grid: Grid::Free, cells };
        let columns = [category(0, 12, &city[..]), category(1, 3, &country[..]), category(2, 6, &prefix[..])];
        let plan = structure(&find(&columns), &columns, None);
        plan.check(3).unwrap();
        assert_eq!((plan.learned(), plan.checks.len()), (vec![0, 2], 1));
        let row = plan.expand(&[5.0, 4.0], 3);
        assert_eq!((row[1], plan.keeps(&row)), (2.0, false), "city 5 is in country 1, prefix 4 in country 2");
        assert!(plan.keeps(&plan.expand(&[8.0, 4.0], 3)));
        // A number that is looked up bounds one that is learned, from above.
        let most: Vec<f64> = city.iter().map(|c| c * 10.0 + 20.0).collect();
        let used: Vec<f64> = most.iter().map(|m| f64::from(rng.below(*m as u32 + 1))).collect();
        let number = |index, cells| RuleColumn { index, kind: RuleKind::Number, grid: SECONDS, cells };
        let columns = [category(0, 12, &city[..]), number(1, &most[..]), number(2, &used[..])];
        let plan = structure(&find(&columns), &columns, None);
        assert!(!plan.gap(2).unwrap().above && plan.checks.is_empty() && plan.learned() == [0, 2]);
        for r in 0..600 {
            let row = [city[r], most[r], used[r]];
            assert_eq!(plan.expand(&plan.reduce(&row), 3), row);
        }
        assert_eq!(plan.expand(&[3.0, 7.4], 3), [3.0, 50.0, 43.0]);
        assert_eq!(plan.expand(&[3.0, 99.0], 3), [3.0, 50.0, 0.0]);
    }

    /// The target is learned, whatever says it.
    #[test]
    fn the_target_is_learned() {
        let mut rng = Rng::new(8, 0);
        let city: Vec<f64> = (0..600).map(|_| f64::from(rng.below(6))).collect();
        let code: Vec<f64> = city.iter().map(|c| 5.0 - c).collect();
        let country: Vec<f64> = city.iter().map(|c| (c / 3.0).floor()).collect();
        let category =
            |index, count, cells| RuleColumn { index, kind: RuleKind::Category { count }, grid: Grid::Free, cells };
        let columns = [category(0, 6, &city[..]), category(1, 6, &code[..]), category(2, 2, &country[..])];
        let rules = find(&columns);
        let plan = |target| structure(&rules, &columns, target);
        assert_eq!((plan(None).learned(), plan(None).checks.len()), (vec![0], 0));
        assert_eq!((plan(Some(1)).learned(), plan(Some(1)).checks.len()), (vec![1], 0));
        assert_eq!(plan(Some(1)).expand(&[5.0], 3), [0.0, 5.0, 0.0]);
        // The country is a class of its own: the cities of others are rejected.
        let with_country = plan(Some(2));
        with_country.check(3).unwrap();
        assert_eq!((with_country.learned(), with_country.checks.len()), (vec![0, 2], 2));
        assert!(with_country.keeps(&with_country.expand(&[4.0, 1.0], 3)));
        assert!(!with_country.keeps(&with_country.expand(&[4.0, 0.0], 3)));
    }

    /// A circle of a user's rules and rules between copies end in checks or in nothing, not in a loop.
    #[test]
    fn odd_rules() {
        let (a, b) = ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]);
        let number = |index, cells| RuleColumn { index, kind: RuleKind::Number, grid: SECONDS, cells };
        let columns = [number(0, &a[..]), number(1, &b[..])];
        let at_most = |low, high| Rule::AtMost { low, high, strict: false, rows: 3, exceptions: 0 };
        let plan = structure(&[at_most(0, 1), at_most(1, 0)], &columns, None);
        plan.check(2).unwrap();
        assert_eq!((plan.learned(), plan.checks.len()), (vec![0, 1], 1));
        let plan = structure(
            &[Rule::Equal { a: 0, b: 1 }, Rule::Equal { a: 1, b: 0 }, at_most(0, 1), at_most(5, 1)],
            &columns,
            None,
        );
        plan.check(2).unwrap();
        assert_eq!((plan.learned(), plan.checks.len()), (vec![0], 0));
        assert_eq!(structure(&[], &[], None), Plan::default());
    }

    /// What no program writes is refused, not believed.
    #[test]
    fn damaged_plans_are_refused() {
        for json in [
            r#"{"steps":[{"column":2,"way":"learned"}],"checks":[]}"#,
            r#"{"steps":[{"column":0,"way":"learned"},{"column":0,"way":"learned"}],"checks":[]}"#,
            r#"{"steps":[{"column":0,"way":{"copy":{"from":1}}}],"checks":[]}"#,
            r#"{"steps":[{"column":0,"way":{"copy":{"from":0}}}],"checks":[]}"#,
            r#"{"steps":[{"column":1,"way":"learned"},{"column":0,"way":{"lookup":{"from":1,"cells":[]}}}],"checks":[]}"#,
            r#"{"steps":[{"column":0,"way":{"lookup":{"from":9,"cells":[1.0]}}}],"checks":[]}"#,
            r#"{"steps":[],"checks":[{"at_most":{"low":0,"high":{"column":7,"strict":true}}}]}"#,
            r#"{"steps":[],"checks":[{"fixes":{"lookup":{"from":0,"cells":[]},"to":1}}]}"#,
            r#"{"steps":[],"checks":[],"x":1}"#,
        ] {
            assert!(
                serde_json::from_str::<Plan>(json).map_err(|e| e.to_string()).and_then(|p| p.check(2)).is_err(),
                "{json}"
            );
        }
    }
}
