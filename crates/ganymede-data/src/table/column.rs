//! One column: its kind, and the text of a cell. Not here: how the kind is found (`infer.rs`), texts as cells (`cell_reader.rs`),
//! each form of text (`numbers.rs`, `dates.rs`, `ids.rs`, `words.rs`).

use super::dates::DateForm;
use super::fault::shown;
use super::ids::IdForm;
use super::numbers::NumberForm;
use super::words::WordsForm;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name: the heading without spaces around it.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
    /// Why it is taken for that, in a few words: `whole numbers from 17 to 90, 73 different`.
    pub reason: String,
    /// Its missing cells.
    #[serde(default, skip_serializing_if = "Missing::is_none")]
    pub missing: Missing,
    /// What stands before and behind each cell that is neither missing nor of a list: spaces.
    #[serde(default, skip_serializing_if = "Spaces::are_none")]
    pub spaces: Spaces,
    /// Whether each cell that is not missing stands in quotes; else those that need them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quoted: bool,
}

/// The missing cells of a column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// How they are written, the most frequent spelling first; none where no cell is missing.
    pub spellings: Vec<Spelling>,
    /// In how many rows of the column they were counted; 0 where none is missing.
    pub rows: u64,
}

/// A spelling of a missing cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spelling {
    /// As the file writes it, spaces and all.
    pub text: String,
    /// In how many rows.
    pub count: u64,
    /// Whether it stands in quotes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quoted: bool,
}

/// Spaces around cells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spaces {
    /// Before each.
    pub before: String,
    /// Behind each.
    pub after: String,
}

/// A value of a column of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// As the file writes it, spaces and all.
    pub text: String,
    /// In how many rows.
    pub count: u64,
}

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// A number.
    Number {
        /// How it is written.
        form: NumberForm,
        /// The smallest.
        low: f64,
        /// The largest.
        high: f64,
    },
    /// A date or time; the cell is seconds since 1970-01-01 UTC, or since midnight for a time of day.
    Date {
        /// How it is written.
        form: DateForm,
        /// The earliest.
        low: f64,
        /// The latest.
        high: f64,
    },
    /// One of a list of values; the cell is the place in it. A missing cell is a value of its own.
    Category {
        /// The values: numbers by their size, texts in natural order, missing ones last.
        values: Vec<Listed>,
        /// The number that each value is, where all but the missing ones are numbers: then they have an order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        numbers: Option<Vec<Option<f64>>>,
    },
    /// A text that tells rows apart: another one is made for each sample, in the form of these.
    Id {
        /// How it is written.
        form: IdForm,
    },
    /// Free text: what it says is not learned.
    Text {
        /// Its lengths.
        form: WordsForm,
    },
    /// The same text in every row.
    Constant {
        /// As the file writes it.
        text: String,
    },
    /// Missing in every row.
    Empty,
    /// Asked to be left out: nothing is read of it, and its cells are written empty.
    Ignored,
}

impl Kind {
    /// Its name in reports and wishes.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Number { .. } => "number",
            Kind::Date { .. } => "date",
            Kind::Category { numbers: None, .. } => "category",
            Kind::Category { numbers: Some(_), .. } => "ordered",
            Kind::Id { .. } => "id",
            Kind::Text { .. } => "text",
            Kind::Constant { .. } => "constant",
            Kind::Empty => "empty",
            Kind::Ignored => "ignore",
        }
    }

    /// Whether its cells are learned; the cells of other columns are 0.
    pub fn is_learned(&self) -> bool {
        match self {
            Kind::Number { .. } | Kind::Date { .. } | Kind::Category { .. } => true,
            Kind::Id { .. } | Kind::Text { .. } | Kind::Constant { .. } | Kind::Empty | Kind::Ignored => false,
        }
    }
}

/// The bits of a NaN whose last ones are free to say which spelling of a missing cell is meant.
const NAN: u64 = 0x7ff8_0000_0000_0000;

impl Missing {
    /// How many cells are missing.
    pub fn count(&self) -> u64 {
        self.spellings.iter().map(|spelling| spelling.count).sum()
    }

    /// Whether no cell is missing.
    pub fn is_none(&self) -> bool {
        self.spellings.is_empty()
    }

    /// The cell of the spelling at a place: a NaN that remembers it, so that a row that was read is written alike.
    pub fn cell(place: usize) -> f64 {
        f64::from_bits(NAN | (place as u64 + 1))
    }

    /// Whether a cell that says nothing is missing: as many are as there were, for `dice` of 2^64.
    fn is_drawn(&self, dice: u64) -> bool {
        (u128::from(dice) * u128::from(self.rows)) >> 64 < u128::from(self.count())
    }

    /// The place of a text without spaces around it among the spellings.
    pub fn place(&self, trimmed: &str) -> Option<usize> {
        self.spellings.iter().position(|spelling| spelling.text.trim() == trimmed)
    }

    /// The spelling of a missing cell: that which it remembers, else one by their shares, for `dice` of 2^64.
    pub fn spelling(&self, cell: f64, dice: u64) -> Option<&Spelling> {
        let remembered = (cell.to_bits() & !NAN & (u64::MAX >> 1)) as usize;
        if let Some(spelling) = remembered.checked_sub(1).and_then(|place| self.spellings.get(place)) {
            return Some(spelling);
        }
        let total = u128::from(self.count());
        let mut left = ((u128::from(dice) * total) >> 64) as u64;
        let drawn = self.spellings.iter().find(|spelling| {
            let here = left < spelling.count;
            left = left.saturating_sub(spelling.count);
            here
        });
        drawn.or(self.spellings.first())
    }
}

impl Spaces {
    fn are_none(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }
}

impl Column {
    /// The text of a cell, and whether it stands in quotes without need. `number`: that of the sample, for what is made anew in each.
    ///
    /// # Errors
    /// A cell that the column cannot have: no place in its list, missing where none is missing.
    pub fn text(&self, cell: f64, number: u64) -> Result<(Cow<'_, str>, bool), String> {
        // The same number gives other columns other dice.
        let dice = mix(number ^ u64::from(crc32fast::hash(self.name.as_bytes())) << 32);
        let missing = || {
            let spelling = self.missing.spelling(cell, mix(dice));
            let spelling = spelling.ok_or("expected a value, as no cell of the column is missing, found none")?;
            Ok::<_, String>((Cow::Borrowed(&spelling.text[..]), spelling.quoted))
        };
        let spaced = |write: &dyn Fn(&mut String)| {
            let mut text = self.spaces.before.clone();
            write(&mut text);
            text.push_str(&self.spaces.after);
            Ok((Cow::Owned(text), self.quoted))
        };
        match &self.kind {
            Kind::Number { .. } | Kind::Date { .. } if cell.is_nan() => missing(),
            Kind::Number { .. } | Kind::Date { .. } if !cell.is_finite() => {
                Err(format!("expected a number, found {cell}"))
            }
            Kind::Number { form, .. } => spaced(&|text| form.write(text, cell)),
            Kind::Date { form, .. } => spaced(&|text| form.write_into(cell, text)),
            Kind::Id { .. } | Kind::Text { .. } if cell.is_nan() || self.missing.is_drawn(dice) => missing(),
            Kind::Id { form } => {
                let id = form.write(number).ok_or_else(|| {
                    format!(
                        "expected at most {} rows, as the column has no further ids, found number {number}",
                        form.possible()
                    )
                })?;
                spaced(&|text| text.push_str(&id))
            }
            Kind::Text { form } => spaced(&|text| text.push_str(&form.write(number))),
            Kind::Category { values, .. } => {
                let place = (cell >= 0.0 && cell.fract() == 0.0).then_some(cell as usize);
                let value = place
                    .and_then(|place| values.get(place))
                    .ok_or_else(|| format!("expected the place of one of {} values, found {cell}", values.len()))?;
                let missing = self.missing.spellings.iter().find(|spelling| spelling.text == value.text);
                Ok((Cow::Borrowed(&value.text), missing.map_or(self.quoted, |spelling| spelling.quoted)))
            }
            Kind::Constant { text } => Ok((Cow::Borrowed(text), self.quoted)),
            Kind::Empty => missing(),
            Kind::Ignored => Ok((Cow::Borrowed(""), false)),
        }
    }

    /// What a cell must be, for a message.
    pub(crate) fn expected(&self) -> String {
        match &self.kind {
            Kind::Number { form, low, .. } => format!("a number such as `{}`", form.text(*low)),
            Kind::Category { values, .. } => {
                let listed: Vec<String> =
                    values.iter().take(5).map(|value| format!("`{}`", shown(value.text.trim()))).collect();
                let more = if values.len() > 5 { format!(" or {} more", values.len() - 5) } else { String::new() };
                format!("one of {}{more}", listed.join(", "))
            }
            Kind::Date { form, low, .. } => format!("a date such as `{}`", form.write(*low)),
            _ => "any text".into(),
        }
    }

    /// What is wrong with it, where it comes from a file that somebody changed.
    pub(super) fn fault(&self) -> Option<String> {
        let spaces = [&self.spaces.before, &self.spaces.after];
        if spaces.iter().any(|text| !text.trim().is_empty() || text.len() > 64) {
            return Some("expected spaces around cells, found other letters".into());
        }
        let mut total = 0u64;
        for spelling in &self.missing.spellings {
            match total.checked_add(spelling.count) {
                Some(sum) => total = sum,
                None => return Some("expected counts of missing cells, found too large ones".into()),
            }
        }
        if total > self.missing.rows {
            return Some(format!(
                "expected at most {} missing cells, one for each row, found {total}",
                self.missing.rows
            ));
        }
        match &self.kind {
            Kind::Number { low, high, .. } | Kind::Date { low, high, .. }
                if !(low <= high && low.is_finite() && high.is_finite()) =>
            {
                Some(format!("expected a smallest and a largest number, found {low} and {high}"))
            }
            Kind::Number { form, .. } => form.fault(),
            // Their forms are checked when they are loaded.
            Kind::Date { .. } | Kind::Id { .. } | Kind::Text { .. } => None,
            Kind::Category { values, numbers } => {
                let mut texts: Vec<&str> = values.iter().map(|value| value.text.trim()).collect();
                texts.sort_unstable();
                if values.is_empty() || texts.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Some("expected a list of different values, found none, or two alike".into());
                }
                let numbers = numbers.as_ref()?;
                let wrong = numbers.len() != values.len() || numbers.iter().flatten().any(|x| !x.is_finite());
                wrong.then(|| format!("expected a number for each of {} values", values.len()))
            }
            Kind::Empty if self.missing.is_none() => Some("expected spellings of missing cells, found none".into()),
            Kind::Constant { .. } | Kind::Empty | Kind::Ignored => None,
        }
    }
}

/// A number that looks like a random one of 64 bits.
///
/// # Source
/// Steele, Lea, Flood (2014): SplitMix64.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
