//! Rules between columns that no row breaks: what is said of them. Not here: how they are found (`rule_find.rs`), what a user says
//! (`rule_options.rs`), how samples keep them (`plan.rs`).

use serde::{Deserialize, Serialize};

use super::grid::Grid;

/// A column between whose cells and others' rules are looked for.
#[derive(Clone, Copy, Debug)]
pub struct RuleColumn<'a> {
    /// Its place in the table.
    pub index: usize,
    /// What its cells are.
    pub kind: RuleKind,
    /// Which numbers it can write.
    pub grid: Grid,
    /// A cell for each row, all columns in the same order.
    pub cells: &'a [f64],
}

/// What the cells of a column are, as far as rules ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// Places in a list of so many values.
    Category {
        /// The length of the list.
        count: usize,
    },
    /// Numbers.
    Number,
    /// Seconds since 1970, or of a day.
    Date,
}

/// A rule; columns are named by their places in the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Each value of one column goes with one value of another; a missing cell is a value.
    Fixes {
        /// The column that says the other.
        from: usize,
        /// The column that is said.
        to: usize,
        /// How many values of `from` there are.
        pairs: u64,
        /// How many rows break it.
        exceptions: u64,
    },
    /// Two columns have the same numbers or moments, perhaps written differently.
    Equal {
        /// The first.
        a: usize,
        /// The other.
        b: usize,
    },
    /// to = factor · from + offset, rounded as `to` is written.
    Affine {
        /// The column that says the other.
        from: usize,
        /// The column that is said.
        to: usize,
        /// The factor.
        factor: f64,
        /// The offset.
        offset: f64,
    },
    /// Where both are there, one is at most the other.
    AtMost {
        /// The smaller.
        low: usize,
        /// The larger.
        high: usize,
        /// They are never equal.
        strict: bool,
        /// How many rows have both.
        rows: u64,
        /// How many rows break it.
        exceptions: u64,
    },
    /// All numbers are above zero.
    Positive {
        /// The column.
        column: usize,
        /// How many rows break it.
        exceptions: u64,
    },
}

impl Rule {
    /// The rule in words, with its evidence: `education fixes education-num: 16 pairs, 0 exceptions`.
    pub fn describe(&self, names: &[String]) -> String {
        let name = |i: &usize| names.get(*i).map_or_else(|| format!("column {}", i + 1), Clone::clone);
        match self {
            Rule::Fixes { from, to, pairs, exceptions } => {
                format!("{} fixes {}: {pairs} pairs, {exceptions} exceptions", name(from), name(to))
            }
            Rule::Equal { a, b } => format!("{} is {} in every row", name(b), name(a)),
            Rule::Affine { from, to, factor, offset } => {
                let sign = if *offset < 0.0 { '-' } else { '+' };
                let plus = if *offset == 0.0 { String::new() } else { format!(" {sign} {}", offset.abs()) };
                format!("{} is {factor} · {}{plus} in every row", name(to), name(from))
            }
            Rule::AtMost { low, high, strict, rows, exceptions } => {
                format!(
                    "{} {} {}: {rows} rows, {exceptions} exceptions",
                    name(low),
                    if *strict { "<" } else { "<=" },
                    name(high)
                )
            }
            Rule::Positive { column, exceptions } => format!("{} > 0: {exceptions} exceptions", name(column)),
        }
    }

    /// The columns that it speaks of.
    pub fn columns(&self) -> Vec<usize> {
        match self {
            Rule::Fixes { from, to, .. } | Rule::Affine { from, to, .. } => vec![*from, *to],
            Rule::Equal { a, b } => vec![*a, *b],
            Rule::AtMost { low, high, .. } => vec![*low, *high],
            Rule::Positive { column, .. } => vec![*column],
        }
    }
}

/// A cell as something that can be compared: missing cells are equal, and so are 0 and −0.
pub(super) fn key(cell: f64) -> u64 {
    if cell.is_nan() { u64::MAX } else { (cell + 0.0).to_bits() }
}

impl RuleColumn<'_> {
    /// The place of a row's cell in the list of categories; a missing cell is the one after the last. None for another kind of column.
    pub(super) fn place(&self, row: usize) -> Option<usize> {
        match self.kind {
            RuleKind::Category { count } => place(self.cells[row], count),
            _ => None,
        }
    }
}

/// The place that a cell of a category is; a missing cell is the one after the last.
pub(super) fn place(cell: f64, count: usize) -> Option<usize> {
    if cell.is_nan() {
        return Some(count);
    }
    (cell >= 0.0 && cell < count as f64 && cell.fract() == 0.0).then_some(cell as usize)
}
