//! Rules that a user gives, and which of those that were found are not wanted. Rows that break a given rule are named and left out.
//! Not here: the rules that no row breaks (`rule_find.rs`), how samples keep them (`plan.rs`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::rules::{Rule, RuleColumn, RuleKind, key};

/// So many rows are named.
const NAMED: usize = 5;

/// What a user says of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleOptions {
    /// Whether rules are looked for.
    pub find: bool,
    /// Columns of which each fixes the next: `[["education", "education-num"]]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<Vec<String>>,
    /// Columns of which each is at most the next: `[["start", "end"]]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub le: Vec<Vec<String>>,
    /// Columns of numbers above zero.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub positive: Vec<String>,
    /// Columns between which no rule is wanted, if one is found: `[["net", "gross"]]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub off: Vec<Vec<String>>,
}

impl Default for RuleOptions {
    fn default() -> RuleOptions {
        RuleOptions { find: true, fixed: vec![], le: vec![], positive: vec![], off: vec![] }
    }
}

/// The rules of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruled {
    /// Given ones first.
    pub rules: Vec<Rule>,
    /// The rows that break a given rule, from 0, in ascending order; to be left out.
    pub left_out: Vec<usize>,
    /// What the report says of them: `start <= end: 2990 rows, 3 exceptions; rows 5, 17, 80 are left out`. A row is numbered from 1.
    pub notes: Vec<String>,
}

impl RuleOptions {
    /// Whether nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == RuleOptions::default()
    }

    /// The same with a rule as text: `city -> country` (the first fixes the second), `start <= end`, or `price > 0`.
    ///
    /// # Errors
    /// A text that is none of these.
    pub fn with(mut self, text: &str) -> Result<RuleOptions, String> {
        let names = |sign: &str| -> Vec<String> { text.split(sign).map(|name| name.trim().to_string()).collect() };
        let whole = |names: &[String]| names.len() >= 2 && names.iter().all(|name| !name.is_empty());
        if whole(&names("->")) {
            self.fixed.push(names("->"));
            return Ok(self);
        }
        if whole(&names("<=")) {
            self.le.push(names("<="));
            return Ok(self);
        }
        match text.rsplit_once('>').map(|(name, zero)| (name.trim(), zero.trim())) {
            Some((name, "0")) if !name.is_empty() => {
                self.positive.push(name.into());
                Ok(self)
            }
            _ => Err(format!("expected `A -> B`, `A <= B` or `A > 0` with names of columns, found `{text}`")),
        }
    }

    /// The given rules with the rows that break them, and those found in the other rows by `find` without the unwanted ones.
    ///
    /// # Errors
    /// A column that the table does not have, or whose kind no such rule is about; a rule that more than half of the rows break.
    pub fn apply(
        &self,
        names: &[String],
        columns: &[RuleColumn],
        find: impl Fn(&[RuleColumn]) -> Vec<Rule>,
    ) -> Result<Ruled, String> {
        let mut ruled = Ruled::default();
        let rows = columns.iter().map(|c| c.cells.len()).min().unwrap_or(0);
        let mut broken = BTreeSet::new();
        let given = |option: &str, list: &[String]| {
            list.iter().map(|name| column(option, name, names, columns)).collect::<Result<Vec<_>, _>>()
        };
        let mut add = |rule: Rule, exceptions: Vec<usize>| {
            let text = rule.describe(names);
            if exceptions.len() * 2 > rows {
                return Err(format!(
                    "{text}: more than half of the {rows} rows break this rule; is it the right one, and are the columns in the right order?"
                ));
            }
            if !exceptions.is_empty() {
                let first: Vec<String> = exceptions.iter().take(NAMED).map(|r| (r + 1).to_string()).collect();
                let more = if exceptions.len() > NAMED {
                    format!(" and {} more", exceptions.len() - NAMED)
                } else {
                    String::new()
                };
                ruled.notes.push(format!("{text}; rows {}{more} are left out", first.join(", ")));
            }
            broken.extend(exceptions);
            ruled.rules.push(rule);
            Ok(())
        };
        for list in &self.fixed {
            for pair in chain("fixed", list, &given("fixed", list)?)?.windows(2) {
                let (rule, exceptions) = fixed(pair[0], pair[1], rows)?;
                add(rule, exceptions)?;
            }
        }
        for list in &self.le {
            for pair in chain("le", list, &given("le", list)?)?.windows(2) {
                let (low, high) = (pair[0], pair[1]);
                if low.kind != high.kind || matches!(low.kind, RuleKind::Category { .. }) {
                    return Err(format!(
                        "le = {list:?} needs columns of numbers or of dates, and all of one kind; a column of few whole numbers is one of categories unless it is given as number"
                    ));
                }
                let both = (0..rows).filter(|r| !low.cells[*r].is_nan() && !high.cells[*r].is_nan()).count() as u64;
                let exceptions: Vec<usize> = (0..rows).filter(|r| low.cells[*r] > high.cells[*r]).collect();
                let rule = Rule::AtMost {
                    low: low.index,
                    high: high.index,
                    strict: false,
                    rows: both,
                    exceptions: exceptions.len() as u64,
                };
                add(rule, exceptions)?;
            }
        }
        for column in given("positive", &self.positive)? {
            if column.kind != RuleKind::Number {
                return Err(format!(
                    "positive = {:?}: a column is not one of numbers; one of few whole numbers is one of categories unless it is given as number",
                    self.positive
                ));
            }
            let exceptions: Vec<usize> = (0..rows).filter(|r| column.cells[*r] <= 0.0).collect();
            add(Rule::Positive { column: column.index, exceptions: exceptions.len() as u64 }, exceptions)?;
        }
        let mut off: Vec<BTreeSet<usize>> = Vec::new();
        for list in &self.off {
            off.push(given("off", list)?.iter().map(|c| c.index).collect());
        }
        ruled.left_out = broken.into_iter().collect();
        if self.find {
            let found = if ruled.left_out.is_empty() {
                find(columns)
            } else {
                find_without(columns, rows, &ruled.left_out, find)
            };
            let pair = |rule: &Rule| -> BTreeSet<usize> { rule.columns().into_iter().collect() };
            let said: Vec<BTreeSet<usize>> =
                ruled.rules.iter().filter(|r| matches!(r, Rule::AtMost { .. })).map(pair).collect();
            let is_new = |rule: &Rule| match rule {
                // A found order is the stricter one, or the same.
                Rule::AtMost { strict: false, .. } => !said.contains(&pair(rule)),
                Rule::Fixes { from, to, .. } => {
                    !ruled.rules.iter().any(|r| matches!(r, Rule::Fixes { from: f, to: t, .. } if f == from && t == to))
                }
                _ => true,
            };
            let wanted = |rule: &Rule| !off.iter().any(|list| pair(rule).is_subset(list)) && is_new(rule);
            let more: Vec<Rule> = found.into_iter().filter(wanted).collect();
            ruled.rules.extend(more);
        }
        Ok(ruled)
    }
}

/// The column of a name.
fn column<'a, 'b>(
    option: &str,
    name: &str,
    names: &[String],
    columns: &'b [RuleColumn<'a>],
) -> Result<&'b RuleColumn<'a>, String> {
    let place = names.iter().position(|n| n == name.trim()).ok_or_else(|| {
        let close = names
            .iter()
            .find(|n| n.eq_ignore_ascii_case(name.trim()))
            .map(|n| format!("; did you mean {n:?}?"))
            .unwrap_or_default();
        format!("{option} names {name:?}, which is no column{close} The columns are {}", names.join(", "))
    })?;
    columns
        .iter()
        .find(|c| c.index == place)
        .ok_or_else(|| format!("{option} names {name:?}, whose cells are not learned"))
}

/// A list of two columns or more that differ.
fn chain<'a, 'b>(
    option: &str,
    list: &[String],
    columns: &[&'b RuleColumn<'a>],
) -> Result<Vec<&'b RuleColumn<'a>>, String> {
    let different: BTreeSet<usize> = columns.iter().map(|c| c.index).collect();
    if columns.len() < 2 || different.len() < columns.len() {
        return Err(format!("{option} = {list:?}, expected two columns or more, each once"));
    }
    Ok(columns.to_vec())
}

/// The rule that one column fixes another, and the rows whose pair is not the most frequent of its value.
fn fixed(from: &RuleColumn, to: &RuleColumn, rows: usize) -> Result<(Rule, Vec<usize>), String> {
    if !matches!(from.kind, RuleKind::Category { .. }) {
        return Err("fixed: the first column is not one of categories; give it as category".to_string());
    }
    let mut counts: BTreeMap<usize, BTreeMap<u64, u64>> = BTreeMap::new();
    for r in 0..rows {
        let place = from.place(r).ok_or("fixed: a cell of the first column is not in its list")?;
        *counts.entry(place).or_default().entry(key(to.cells[r])).or_insert(0) += 1;
    }
    let most: BTreeMap<usize, u64> = counts
        .iter()
        .filter_map(|(place, of)| Some((*place, *of.iter().max_by_key(|(key, n)| (**n, std::cmp::Reverse(**key)))?.0)))
        .collect();
    let exceptions: Vec<usize> =
        (0..rows).filter(|r| from.place(*r).and_then(|p| most.get(&p)) != Some(&key(to.cells[*r]))).collect();
    let rule =
        Rule::Fixes { from: from.index, to: to.index, pairs: most.len() as u64, exceptions: exceptions.len() as u64 };
    Ok((rule, exceptions))
}

/// The rules of the rows that are not left out.
fn find_without(
    columns: &[RuleColumn],
    rows: usize,
    left_out: &[usize],
    find: impl Fn(&[RuleColumn]) -> Vec<Rule>,
) -> Vec<Rule> {
    let mut kept = vec![true; rows];
    left_out.iter().for_each(|r| kept[*r] = false);
    let cells: Vec<Vec<f64>> = columns
        .iter()
        .map(|c| c.cells.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(x, _)| *x).collect())
        .collect();
    let columns: Vec<RuleColumn> = columns.iter().zip(&cells).map(|(c, cells)| RuleColumn { cells, ..*c }).collect();
    find(&columns)
}

#[cfg(test)]
mod tests {
    use super::super::grid::Grid;
    use super::super::rule_find::find;
    use super::*;

    const NAMES: [&str; 4] = ["a", "b", "city", "country"];

    fn apply(options: RuleOptions, cells: &[Vec<f64>]) -> Result<Ruled, String> {
        let kind = |i| if i < 2 { RuleKind::Number } else { RuleKind::Category { count: 4 } };
        let columns: Vec<RuleColumn> = cells
            .iter()
            .enumerate()
            .map(|(index, cells)| RuleColumn { index, kind: kind(index), grid: Grid::Free, cells })
            .collect();
        options.apply(&NAMES.map(String::from), &columns, find)
    }

    fn table() -> Vec<Vec<f64>> {
        let mut cells = vec![
            (0..200).map(|i| f64::from(i * 37 % 200) - 5.0).collect::<Vec<f64>>(),
            (0..200).map(|i| f64::from(i * 37 % 200 + i % 7) - 5.0).collect(),
            (0..200).map(|i| f64::from(i % 4)).collect(),
            (0..200).map(|i| f64::from(i % 4 / 2)).collect(),
        ];
        cells[0][10] = 500.0;
        cells[3][20] = 3.0;
        cells[3][21] = f64::NAN;
        cells
    }

    /// Rows that break a given rule are counted and named; without them more rules are found.
    #[test]
    fn rows_that_break_a_rule_are_left_out() {
        let list = |names: &[&str]| vec![names.iter().map(|n| n.to_string()).collect::<Vec<_>>()];
        let options = RuleOptions {
            fixed: list(&["city", "country"]),
            le: list(&["a", " b"]),
            positive: vec!["a".into()],
            ..Default::default()
        };
        let ruled = apply(options.clone(), &table()).unwrap();
        assert_eq!(
            ruled.notes,
            [
                "city fixes country: 4 pairs, 2 exceptions; rows 21, 22 are left out",
                "a <= b: 200 rows, 1 exceptions; rows 11 are left out",
                "a > 0: 6 exceptions; rows 1, 66, 93, 120, 147 and 1 more are left out",
            ]
        );
        assert_eq!(ruled.left_out, [0, 10, 20, 21, 65, 92, 119, 146, 173]);
        assert_eq!(ruled.rules.len(), 3);
        // Found rules come back when nothing is given, unless they are switched off.
        assert_eq!(apply(RuleOptions::default(), &table()).unwrap().rules, []);
        let mut sound = table();
        (sound[0][10], sound[3][20], sound[3][21]) = (0.0, 0.0, 0.0);
        assert_eq!(apply(RuleOptions::default(), &sound).unwrap().rules.len(), 2);
        let off = RuleOptions { off: list(&["b", "a"]), ..Default::default() };
        assert!(matches!(apply(off, &sound).unwrap().rules[..], [Rule::Fixes { from: 2, to: 3, .. }]));
        assert_eq!(apply(RuleOptions { find: false, ..Default::default() }, &sound).unwrap().rules, []);
    }

    #[test]
    fn rules_are_read_from_texts() {
        let all = ["city -> country", "a<=b", "a <= b <= city", "price > 0", "x->y > 0"];
        let found = all.iter().fold(RuleOptions::default(), |rules, text| rules.with(text).unwrap());
        let list = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(found.fixed, [list(&["city", "country"]), list(&["x", "y > 0"])]);
        assert_eq!(found.le, [list(&["a", "b"]), list(&["a", "b", "city"])]);
        assert!(found.positive == ["price"] && found.find && !found.is_usual() && RuleOptions::default().is_usual());
        for bad in ["", "a", "a >= b", "a < b", "-> b", "a ->", "> 0", "a > 1"] {
            let error = RuleOptions::default().with(bad).unwrap_err();
            assert!(error.contains(&format!("found `{bad}`")), "{error}");
        }
    }

    /// What cannot be is said with what to do.
    #[test]
    fn errors_say_what_is_wrong() {
        let options = |toml: &str| toml::from_str::<RuleOptions>(toml).unwrap();
        for (toml, text) in [
            (r#"le = [["b", "a"]]"#, "more than half of the 200 rows break"),
            (r#"le = [["A", "b"]]"#, "did you mean \"a\"?"),
            (r#"le = [["a"]]"#, "two columns or more"),
            (r#"le = [["a", "a"]]"#, "each once"),
            (r#"le = [["a", "city"]]"#, "of numbers or of dates"),
            (r#"fixed = [["a", "city"]]"#, "not one of categories"),
            (r#"positive = ["city"]"#, "not one of numbers"),
            (r#"off = [["x"]]"#, "is no column"),
        ] {
            let error = apply(options(toml), &table()).unwrap_err();
            assert!(error.contains(text), "{toml}: {error}");
        }
        assert!(toml::from_str::<RuleOptions>("fix = []").is_err());
    }
}
