//! How samples keep the rules: which columns are learned, and how the others follow from them. Not here: which rules there are
//! (`rules.rs`), how the choice is made (`structure.rs`), rows that are given in part (`complete.rs`).
//!
//! A column that another fixes is looked up; a copy is computed; of two columns in order, the larger is learned as its gap above the
//! smaller. So every sample keeps these rules, whatever a network makes. The few rules that cannot be kept like that are checks, by
//! which samples are rejected.
//!
//! - A gap is the distance from the largest of the columns below that are there (or from the smallest above). Where none of them is
//!   there it is the distance from their usual value, and may be negative. It is missing where the column is, and nowhere else: so rows
//!   with missing cells come back too.
//! - Gaps are counted in the finer unit of the columns' decimals, so that a row comes back digit by digit; only between numbers of full
//!   precision the last bit may differ.
//! - A made cell is rounded as its column is written, clamped to the real range, and then moved to the next number that keeps the
//!   rule. So the order holds in the written text; outside of the real range is a cell only where the order demands it, which takes
//!   a smaller column beyond the largest real value of the larger.

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::rules::{key, place};

/// Which columns are learned, and how the others follow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How each column becomes a cell, each after those that it follows from. Columns without a step have the cell 0.
    pub steps: Vec<Step>,
    /// What is checked on each sample.
    pub checks: Vec<Check>,
}

/// How a column becomes a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The column.
    pub column: usize,
    /// What it follows from.
    pub way: Way,
}

/// What a column follows from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Way {
    /// It is learned as it is.
    Learned,
    /// Its gap is learned.
    Gap(Gap),
    /// It is looked up. Where `from` has more values than a network can tell apart, the map says which of them may be put together
    /// without losing this column.
    Lookup(Lookup),
    /// It has the same numbers as another.
    Copy {
        /// The other.
        from: usize,
    },
    /// factor · from + offset, rounded.
    Affine {
        /// The other column.
        from: usize,
        /// The factor.
        factor: f64,
        /// The offset.
        offset: f64,
        /// What is rounded to.
        grid: Grid,
    },
}

impl Way {
    fn is_learned(&self) -> bool {
        matches!(self, Way::Learned | Way::Gap(_))
    }
}

/// A column that is learned as its distance from others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Whether it is above the others, or below.
    pub above: bool,
    /// The others.
    pub others: Vec<Bound>,
    /// What stands for the others where all are missing.
    pub usual: f64,
    /// The decimals in which the distance is counted; none for numbers of full precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<u8>,
    /// Which numbers the column can write.
    pub grid: Grid,
    /// Its smallest real number.
    pub least: f64,
    /// Its largest.
    pub most: f64,
}

/// A column that another is not beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The column.
    pub column: usize,
    /// The two are never equal.
    pub strict: bool,
}

/// What each value of a column of categories says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The column of categories.
    pub from: usize,
    /// The cell for each of its values, and last for a missing one; none for a missing cell.
    pub cells: Vec<Option<f64>>,
}

impl Lookup {
    /// The cell that a value says; missing for a value that was never seen.
    pub(super) fn cell(&self, value: f64) -> f64 {
        let last = self.cells.len() - 1;
        place(value, last).and_then(|i| self.cells[i]).unwrap_or(f64::NAN)
    }
}

/// A rule that samples are checked by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// A column has the cell that another says.
    Fixes {
        /// What it says.
        lookup: Lookup,
        /// The column that is said.
        to: usize,
    },
    /// One column is at most another, where both are there.
    AtMost {
        /// The smaller.
        low: usize,
        /// The larger, and whether it is never equal.
        high: Bound,
    },
}

impl Plan {
    /// The columns that are learned, in the order of the table: as they are, or as their gap. [`Plan::reduce`] gives their cells.
    pub fn learned(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.steps.iter().filter(|s| s.way.is_learned()).map(|s| s.column).collect();
        all.sort_unstable();
        all
    }

    /// What a learned column has to be for another column to have a cell: `country` is 3 where `city` is 0, 4 or 7. So samples can be
    /// asked for by columns that are looked up. NaN among the values is a missing cell. None where it follows from a gap or a formula.
    pub fn says(&self, column: usize, cell: f64) -> Option<(usize, Vec<f64>)> {
        match &self.steps.iter().find(|s| s.column == column)?.way {
            Way::Learned => Some((column, vec![cell])),
            // A source is made before, so this comes to an end.
            Way::Copy { from } => self.says(*from, cell),
            Way::Lookup(lookup) => {
                let values =
                    (0..lookup.cells.len()).map(|i| if i + 1 < lookup.cells.len() { i as f64 } else { f64::NAN });
                let says = |value: &f64| key(lookup.cell(*value)) == key(cell);
                Some((lookup.from, values.filter(says).collect()))
            }
            _ => None,
        }
    }

    /// The gap of a column that is learned as one.
    pub fn gap(&self, column: usize) -> Option<&Gap> {
        self.steps
            .iter()
            .find(|s| s.column == column)
            .and_then(|s| if let Way::Gap(gap) = &s.way { Some(gap) } else { None })
    }

    /// The cells of the learned columns of a row.
    pub fn reduce(&self, row: &[f64]) -> Vec<f64> {
        let mut cells = vec![None; row.len()];
        for Step { column, way } in &self.steps {
            cells[*column] = match way {
                Way::Learned => Some(row[*column]),
                Way::Gap(gap) => Some(gap.of(row, row[*column])),
                _ => None,
            };
        }
        cells.into_iter().flatten().collect()
    }

    /// All cells of a row of so many columns, from those of the learned ones. Numbers of columns that are learned as they are have to
    /// be rounded and in their range; the rest is kept here.
    pub fn expand(&self, learned: &[f64], columns: usize) -> Vec<f64> {
        let mut is_learned = vec![false; columns];
        self.steps.iter().filter(|s| s.way.is_learned()).for_each(|s| is_learned[s.column] = true);
        let mut next = learned.iter();
        let mut row: Vec<f64> =
            is_learned.iter().map(|learned| if *learned { *next.next().unwrap_or(&f64::NAN) } else { 0.0 }).collect();
        for Step { column, way } in &self.steps {
            row[*column] = match way {
                Way::Learned => continue,
                Way::Gap(gap) => gap.cell(&row, row[*column]),
                Way::Lookup(lookup) => lookup.cell(row[lookup.from]),
                Way::Copy { from } => row[*from],
                Way::Affine { from, factor, offset, grid } => grid.nearest(factor * row[*from] + offset),
            };
        }
        row
    }

    /// Whether a row keeps the rules that are only checked.
    pub fn keeps(&self, row: &[f64]) -> bool {
        self.checks.iter().all(|check| match check {
            Check::Fixes { lookup, to } => key(lookup.cell(row[lookup.from])) == key(row[*to]),
            Check::AtMost { low, high } => {
                let (a, b) = (row[*low], row[high.column]);
                !(a > b || high.strict && a == b)
            }
        })
    }

    /// Fails for a plan that no table of so many columns has.
    pub fn check(&self, columns: usize) -> Result<(), String> {
        let mut made = vec![false; columns];
        for Step { column, way } in &self.steps {
            if *column >= columns || made[*column] {
                return Err(format!("column {column} is made twice, or the table has only {columns} columns"));
            }
            let sound = match way {
                Way::Learned => Ok(vec![]),
                Way::Gap(gap) => gap.check().map(|()| gap.others.iter().map(|o| o.column).collect()),
                Way::Lookup(lookup) => lookup.check().map(|()| vec![lookup.from]),
                Way::Copy { from } => Ok(vec![*from]),
                Way::Affine { from, factor, offset, grid } if factor.is_finite() && offset.is_finite() => {
                    grid.check().map(|()| vec![*from])
                }
                Way::Affine { .. } => Err("a copy has an infinite factor or offset".to_string()),
            };
            if let Some(other) = sound?.into_iter().find(|c: &usize| !made.get(*c).copied().unwrap_or(false)) {
                return Err(format!("column {column} follows from column {other}, which is not made before it"));
            }
            made[*column] = true;
        }
        for check in &self.checks {
            let of = match check {
                Check::Fixes { lookup, to } => lookup.check().map(|()| [lookup.from, *to])?,
                Check::AtMost { low, high } => [*low, high.column],
            };
            if of.iter().any(|c| *c >= columns) {
                return Err(format!("a rule is about column {}, the table has {columns}", of[0].max(of[1])));
            }
        }
        Ok(())
    }
}

impl Lookup {
    fn check(&self) -> Result<(), String> {
        if self.cells.is_empty() { Err(format!("nothing is looked up by column {}", self.from)) } else { Ok(()) }
    }
}

impl Gap {
    /// The others' cell that the distance is counted from, and whether it is a real one.
    fn base(&self, row: &[f64]) -> (f64, bool) {
        let others = self.others.iter().map(|o| row[o.column]).filter(|x| !x.is_nan());
        let base = others.reduce(|a, b| if self.above { a.max(b) } else { a.min(b) });
        (base.unwrap_or(self.usual), base.is_some())
    }

    /// The distance of a row's cell.
    fn of(&self, row: &[f64], cell: f64) -> f64 {
        let base = self.base(row).0;
        let distance = if self.above { self.sum(cell, -base) } else { self.sum(base, -cell) };
        // Not −0.
        distance + 0.0
    }

    /// The cell of a distance.
    fn cell(&self, row: &[f64], distance: f64) -> f64 {
        if distance.is_nan() {
            return f64::NAN;
        }
        let (base, real) = self.base(row);
        let distance = if real { distance.max(0.0) } else { distance };
        let cell = self
            .grid
            .nearest(self.sum(base, if self.above { distance } else { -distance }))
            .max(self.least)
            .min(self.most);
        self.others.iter().map(|o| (row[o.column], o.strict)).filter(|(x, _)| !x.is_nan()).fold(
            cell,
            |cell, (x, strict)| {
                let short = if self.above { cell < x } else { cell > x };
                match () {
                    () if !(short || strict && cell == x) => cell,
                    () if self.above => self.grid.at_least(x, strict),
                    () => self.grid.at_most(x, strict),
                }
            },
        )
    }

    /// a + b, counted in units of the last decimal.
    fn sum(&self, a: f64, b: f64) -> f64 {
        let Some(places) = self.places else { return a + b };
        let scale = 10f64.powi(i32::from(places));
        let n = (a * scale).round() + (b * scale).round();
        // Beyond 2^52 a number has no such decimals.
        if n.abs() < 4_503_599_627_370_496.0 { n / scale } else { a + b }
    }

    fn check(&self) -> Result<(), String> {
        if self.others.is_empty()
            || self.places.is_some_and(|p| p > 15)
            || [self.usual, self.least, self.most].iter().any(|x| !x.is_finite())
        {
            return Err("a gap has no other column, too many decimals or an infinite range".to_string());
        }
        self.grid.check()
    }
}
