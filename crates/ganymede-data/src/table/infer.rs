//! What each column of a table is, by rules on all of its cells. Not here: the form of numbers (`numbers.rs`), lists of values
//! (`categories.rs`), what a user asks for instead (`asked.rs`).
//!
//! The rules, of which the first that fits holds; n: cells that are not missing, d: the different ones among them:
//!
//! 1. all missing: empty; the same text everywhere: constant
//! 2. d ≤ 2: category
//! 3. all numbers of one form: whole ones with d ≤ min(100, √n) are a category with order; whole ones with d > 0.95 n that rise with
//!    the rows, or whose column is called an id, are ids; others are numbers
//! 4. texts with n / d ≥ 1.5: category
//! 5. other texts are a category too

use super::asked;
use super::categories;
use super::column::{Column, Kind, Missing, Spaces, Spelling};
use super::different::{Value, different};
use super::fault::{TableError, shown};
use super::number_fit::{self, NumberFit};
use super::read::Table;
use super::schema::Schema;
use super::wishes::{ColumnWish, Wishes};
use rayon::prelude::*;

/// How a missing cell may be written in any column. Beside numbers every text without a digit is one.
const MISSING: [&str; 17] = [
    "", "?", "NA", "N/A", "n/a", "na", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "Null", "NaT", "nil", "\\N",
];
/// How many different texts without a digit may stand beside numbers, at most in half of the cells.
const WORDS: usize = 5;
/// Whole numbers of at most so many different values are a category, where they are not more than the square root of the cells.
const ORDERED: usize = 100;
/// How many columns are worked on at once: each holds its different texts.
const AT_ONCE: usize = 8;

/// What is found of a column.
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) reason: String,
    /// Places of values that are read as missing, beside those that always are.
    pub(super) missing: Vec<usize>,
    pub(super) notes: Vec<String>,
}

impl Found {
    pub(super) fn new(kind: Kind, reason: impl Into<String>) -> Found {
        Found { kind, reason: reason.into(), missing: Vec::new(), notes: Vec::new() }
    }
}

/// A column as it is looked at.
pub(super) struct Facts<'t> {
    pub(super) name: &'t str,
    /// The different texts that are not missing, in the order of the rows.
    pub(super) values: Vec<Value<'t>>,
    /// The spellings of missing cells.
    pub(super) missing: Vec<Value<'t>>,
    /// Number of cells that are not missing.
    pub(super) cells: u64,
    /// Whether `1,234` is 1.234, where nothing else says it: in a file with semicolons.
    pub(super) comma: bool,
}

/// What each column of a table is: by the rules of this file, or as a user wishes.
///
/// # Errors
/// A wish for a column that is not there, with the name that may be meant; a wish that a cell contradicts, with its line.
pub fn infer(table: &Table, wishes: &Wishes) -> Result<Schema, TableError> {
    let wishes = wishes.of(&table.names)?;
    let mut columns = Vec::with_capacity(table.columns());
    let mut notes = table.notes.clone();
    let all: Vec<usize> = (0..table.columns()).collect();
    for some in all.chunks(AT_ONCE) {
        let found: Vec<_> = some.par_iter().map(|&at| column(table, at, wishes[at])).collect();
        for one in found {
            let (column, said) = one?;
            notes.extend(said.into_iter().map(|note| format!("column `{}`: {note}", shown(&column.name))));
            columns.push(column);
        }
    }
    Schema::new(table.dialect.clone(), columns, notes)
}

fn column(table: &Table, at: usize, wish: Option<&ColumnWish>) -> Result<(Column, Vec<String>), TableError> {
    let also = wish.map_or(&[][..], |wish| &wish.missing);
    let is_missing = |text: &str| MISSING.contains(&text) || also.iter().any(|other| other.trim() == text);
    let (missing, values): (Vec<_>, Vec<_>) =
        different(table, at).into_iter().partition(|value| is_missing(value.text));
    let cells = values.iter().map(|value| value.count).sum();
    let comma = table.dialect.delimiter == ';';
    let facts = Facts { name: &table.names[at], values, missing, cells, comma };
    let found = match wish {
        Some(wish) => asked::column(&facts, wish).map_err(|(place, reason)| {
            let error = TableError::new(reason).column(facts.name);
            let hint = "leave the column as it is found, or ask for another kind";
            place.map_or(error.clone(), |place| error.line(table.line(facts.values[place].row as usize))).hint(hint)
        })?,
        None => auto(&facts),
    };
    Ok(facts.column(found))
}

/// The kind of a column by the rules.
pub(super) fn auto(facts: &Facts) -> Found {
    let values = &facts.values;
    match &values[..] {
        [] => return Found::new(Kind::Empty, "missing in every row"),
        [one] if facts.missing.is_empty() => {
            let text = one.spelling.to_string();
            return Found::new(Kind::Constant { text }, "the same in every row");
        }
        [_] | [_, _] => return categories::of(facts, None),
        _ => {}
    }
    match facts.numbers() {
        Some(fit) => number(facts, fit),
        None => categories::of(facts, None),
    }
}

fn number(facts: &Facts, fit: NumberFit) -> Found {
    let few = facts.values.len() <= ORDERED && (facts.values.len() as u64).pow(2) <= facts.cells;
    // What comes back in another way has too many values for a list.
    if few && (fit.form.is_whole() || fit.changed > 0) {
        let ordered = fit.strays.is_empty() && fit.changed == 0;
        return categories::of(facts, ordered.then_some(&fit.form));
    }
    fit.found(facts)
}

impl<'t> Facts<'t> {
    /// The numbers of the column, where texts without a digit beside them are few.
    fn numbers(&self) -> Option<NumberFit> {
        let (numeric, words): (Vec<usize>, Vec<usize>) =
            (0..self.values.len()).partition(|&at| self.values[at].text.bytes().any(|b| b.is_ascii_digit()));
        let beside: u64 = words.iter().map(|&at| self.values[at].count).sum();
        if numeric.is_empty() || words.len() > WORDS || beside * 2 > self.cells {
            return None;
        }
        number_fit::of(self, numeric, words)
    }

    /// The column, and what was assumed.
    fn column(mut self, found: Found) -> (Column, Vec<String>) {
        let Found { kind, mut reason, missing, mut notes } = found;
        if !missing.is_empty() {
            let count: u64 = missing.iter().map(|&at| self.values[at].count).sum();
            let named: Vec<String> =
                missing.iter().take(3).map(|&at| format!("`{}`", shown(self.values[at].text))).collect();
            let more = if missing.len() > 3 { ", …" } else { "" };
            reason.push_str(&format!("; {}{more} ({count} cells) read as missing", named.join(", ")));
            for &at in missing.iter().rev() {
                self.missing.push(self.values.remove(at));
            }
        }
        self.missing.sort_by(|a, b| b.count.cmp(&a.count).then(a.row.cmp(&b.row)));
        let spellings = self.missing.iter().map(|value| Spelling {
            text: value.spelling.into(),
            count: value.count,
            quoted: value.quoted * 2 > value.count,
        });
        let spellings: Vec<Spelling> = spellings.collect();
        let quoted = self.values.iter().map(|value| value.quoted).sum::<u64>();
        let quoted = quoted > 0 && quoted == self.values.iter().map(|value| value.count).sum::<u64>();
        let listed = matches!(kind, Kind::Category { .. } | Kind::Constant { .. });
        let spaces = if listed { None } else { common_spaces(&self.values) };
        let uneven = self.values.iter().filter(|value| value.spellings > 1).count();
        if listed && uneven > 0 {
            let first = self.values.iter().find(|value| value.spellings > 1).map_or("", |value| value.spelling);
            notes.push(format!(
                "{uneven} values differ only by spaces and are one each, the first is `{}`",
                shown(first)
            ));
        } else if !listed && kind.is_learned() && spaces.is_none() {
            notes.push("spaces around cells differ and are not written".into());
        }
        let missing = Missing { spellings };
        (Column { name: self.name.into(), kind, reason, missing, spaces: spaces.unwrap_or_default(), quoted }, notes)
    }
}

/// The spaces around all values, where they are the same everywhere.
fn common_spaces(values: &[Value]) -> Option<Spaces> {
    let Some(first) = values.first() else { return Some(Spaces::default()) };
    let (before, after) = split_spaces(first);
    values
        .iter()
        .all(|value| value.spellings == 1 && split_spaces(value) == (before, after))
        .then(|| Spaces { before: before.into(), after: after.into() })
}

/// What stands before and behind the text of a value.
fn split_spaces<'t>(value: &Value<'t>) -> (&'t str, &'t str) {
    let before = value.spelling.len() - value.spelling.trim_start().len();
    (&value.spelling[..before], &value.spelling[before + value.text.len()..])
}
