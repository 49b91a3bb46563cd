//! What each column of a table is, by rules on all of its cells. Not here: the form of numbers (`numbers.rs`), lists of values
//! (`categories.rs`), what a user asks for instead (`asked.rs`).
//!
//! The rules, of which the first that fits holds; n: cells that are not missing, d: the different ones among them:
//!
//! 1. d = 0: empty; d = 1 and none missing: constant; else d ≤ 2: category
//! 2. dates of one format: date
//! 3. numbers of one form: whole ones with d ≤ min(100, √n) are a category with order; whole ones with d > 0.95 n whose column is
//!    called an id, or that rise with the rows in small steps, are ids; others are numbers
//! 4. texts with n / d ≥ 1.5: category
//! 5. texts of three words and more: free text; d > 0.95 n: ids; others: category
//!
//! For rules 2 and 3 up to five texts without a digit, and in 1 % of the cells others, are read as missing.

use super::asked;
use super::categories;
use super::column::{Column, Kind, Missing, Spaces, Spelling};
use super::date_fit::{self, says_time};
use super::different::{Value, different};
use super::fault::{TableError, shown};
use super::ids::IdForm;
use super::number_fit::{self, NumberFit};
use super::read::Table;
use super::schema::Schema;
use super::wishes::{ColumnWish, Wishes};
use super::words::WordsForm;
use rayon::prelude::*;

/// How a missing cell may be written in any column. Beside numbers every text without a digit is one.
const MISSING: [&str; 17] = [
    "", "?", "NA", "N/A", "n/a", "na", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "Null", "NaT", "nil", "\\N",
];
/// How many different texts without a digit may stand beside numbers, at most in half of the cells.
const WORDS: usize = 5;
/// Whole numbers of at most so many different values are a category, where they are not more than the square root of the cells.
const ORDERED: usize = 100;
/// Texts of so many words on average are free text, where they hardly repeat.
const WORDY: usize = 3;
/// Numbers that rise with the rows are ids where there are so many, and one is at most so much larger than the one before on average.
const RISING: (u64, f64) = (10, 100.0);
/// Names of columns of ids, by their last word.
const ID_NAMES: [&str; 13] =
    ["id", "ids", "uuid", "guid", "key", "pk", "no", "nr", "number", "index", "idx", "serial", "code"];
/// Names of columns of numbers that may rise with the rows, by their last word.
const NO_ID_NAMES: [&str; 8] = ["year", "years", "age", "day", "days", "week", "month", "hour"];
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

    /// A column of ids.
    pub(super) fn id(facts: &Facts, form: IdForm, why: &str) -> Found {
        let reason = format!("{} of {} different{why}; {}", facts.values.len(), facts.cells, form.describe());
        Found::new(Kind::Id { form }, reason)
    }

    /// A column of free text.
    pub(super) fn text(facts: &Facts) -> Found {
        let form = WordsForm::find(&facts.texts());
        let reason = format!("{} of {} different; {}", facts.values.len(), facts.cells, form.describe());
        Found::new(Kind::Text { form }, reason)
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
    if let Some((numeric, words)) = facts.numeric() {
        if let Some(fit) = date_fit::of(facts, &numeric, &words) {
            return fit.found(facts);
        }
        if let Some(fit) = number_fit::of(facts, numeric, words) {
            return number(facts, fit);
        }
    }
    text(facts)
}

fn number(facts: &Facts, fit: NumberFit) -> Found {
    let few = facts.values.len() <= ORDERED && (facts.values.len() as u64).pow(2) <= facts.cells;
    // What comes back in another way has too many values for a list.
    if few && (fit.form.is_whole() || fit.changed > 0) {
        let ordered = fit.strays.is_empty() && fit.changed == 0;
        return categories::of(facts, ordered.then_some(&fit.form));
    }
    let told = fit.form.is_whole() && fit.strays.is_empty() && facts.are_mostly_different();
    let why = if told { facts.are_ids(&fit) } else { None };
    match why.and_then(|why| Some((IdForm::find(&facts.texts())?, why))) {
        Some((form, why)) => Found::id(facts, form, why),
        None => fit.found(facts),
    }
}

fn text(facts: &Facts) -> Found {
    let different = facts.values.len() as u64;
    if facts.cells * 2 >= different * 3 {
        return categories::of(facts, None);
    }
    let words: usize = facts.values.iter().map(|value| value.text.split_whitespace().count()).sum();
    let is_free = words >= WORDY * facts.values.len();
    let ids = || facts.are_mostly_different().then(|| IdForm::find(&facts.texts()));
    match if is_free { Some(None) } else { ids() } {
        None => categories::of(facts, None),
        Some(Some(form)) => Found::id(facts, form, ""),
        Some(None) => Found::text(facts),
    }
}

impl<'t> Facts<'t> {
    /// The different texts that are not missing.
    pub(super) fn texts(&self) -> Vec<&'t str> {
        self.values.iter().map(|value| value.text).collect()
    }

    /// The places of texts with a digit and of those without, where the latter may be missing cells of numbers or dates: they are
    /// few.
    pub(super) fn numeric(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        let (numeric, words): (Vec<usize>, Vec<usize>) =
            (0..self.values.len()).partition(|&at| self.values[at].text.bytes().any(|b| b.is_ascii_digit()));
        let beside: u64 = words.iter().map(|&at| self.values[at].count).sum();
        (!numeric.is_empty() && words.len() <= WORDS && beside * 2 <= self.cells).then_some((numeric, words))
    }

    /// Whether more than 95 % of the cells are different.
    fn are_mostly_different(&self) -> bool {
        self.values.len() as u64 * 100 > self.cells * 95
    }

    /// Why whole numbers that are mostly different are ids, if they are.
    fn are_ids(&self, fit: &NumberFit) -> Option<&'static str> {
        let last = last_word(self.name);
        if ID_NAMES.contains(&&last[..]) {
            return Some(", called an id");
        }
        let numbers: Vec<f64> = self.values.iter().filter_map(|value| fit.form.parse(value.text)).collect();
        let rise = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        let step = (numbers.last()? - numbers.first()?) / (numbers.len() as f64 - 1.0).max(1.0);
        let is_one = rise && self.cells >= RISING.0 && step <= RISING.1;
        (is_one && !says_time(self.name) && !NO_ID_NAMES.contains(&&last[..])).then_some(", rising with the rows")
    }

    /// The column, and what was assumed.
    fn column(mut self, found: Found) -> (Column, Vec<String>) {
        let Found { kind, mut reason, missing, mut notes } = found;
        let always = self.missing.iter().map(|value| value.count).sum::<u64>();
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
        let rows = if spellings.is_empty() { 0 } else { self.cells + always };
        let missing = Missing { spellings, rows };
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

/// The last word of a name in small letters: of `customerId`, `Customer ID` and `customer_id` it is `id`.
fn last_word(name: &str) -> String {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() && before.is_lowercase() {
            words.push(String::new());
        }
        words.last_mut().into_iter().for_each(|word| word.extend(letter.is_alphanumeric().then_some(letter)));
        before = letter;
    }
    words.into_iter().rev().find(|word| !word.is_empty()).unwrap_or_default().to_lowercase()
}
