//! The different texts of a column, each with its number of rows. Not here: what they are (`infer.rs`).

use super::read::Table;
use std::collections::HashMap;

/// Texts that differ by the spaces around them at most.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value<'t> {
    /// Without spaces around it.
    pub(super) text: &'t str,
    /// Its most frequent spelling, the first of several.
    pub(super) spelling: &'t str,
    /// In how many rows.
    pub(super) count: u64,
    /// How many of these in quotes.
    pub(super) quoted: u64,
    /// The first of these rows.
    pub(super) row: u32,
    /// How many spellings it has.
    pub(super) spellings: u32,
}

/// The different texts of a column, in the order of the rows.
pub(super) fn different(table: &Table, column: usize) -> Vec<Value<'_>> {
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut values: Vec<Value> = Vec::new();
    for row in 0..table.rows() {
        let text = table.cell(row, column);
        let place = *places.entry(text).or_insert_with(|| {
            values.push(Value {
                text: text.trim(),
                spelling: text,
                count: 0,
                quoted: 0,
                row: row as u32,
                spellings: 1,
            });
            (values.len() - 1) as u32
        });
        let value = &mut values[place as usize];
        value.count += 1;
        value.quoted += u64::from(table.is_quoted(row, column));
    }
    drop(places);
    match values.iter().any(|value| value.text.len() < value.spelling.len()) {
        true => merged(values),
        false => values,
    }
}

/// Makes one of values that differ by spaces.
fn merged(values: Vec<Value<'_>>) -> Vec<Value<'_>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    // With the rows of the most frequent spelling.
    let mut out: Vec<(Value, u64)> = Vec::new();
    for value in values {
        let place = *places.entry(value.text).or_insert(out.len());
        let Some((one, most)) = out.get_mut(place) else {
            let count = value.count;
            out.push((value, count));
            continue;
        };
        if value.count > *most {
            (one.spelling, *most) = (value.spelling, value.count);
        }
        one.count += value.count;
        one.quoted += value.quoted;
        one.spellings += 1;
    }
    out.into_iter().map(|(value, _)| value).collect()
}
