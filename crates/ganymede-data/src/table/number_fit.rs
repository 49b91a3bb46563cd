//! Whether the cells of a column are numbers, and which of them are not. Not here: the forms (`numbers.rs`).

use super::column::Kind;
use super::infer::{Facts, Found};
use super::number_parts::Parts;
use super::numbers::NumberForm;
use std::collections::HashMap;

/// At most so many different texts with digits may be of another form, in at most one cell of [`STRAY_SHARE`].
const STRAYS: usize = 20;
const STRAY_SHARE: u64 = 100;

/// Numbers of a column.
pub(super) struct NumberFit {
    pub(super) form: NumberForm,
    /// Places of the values that are numbers.
    pub(super) numbers: Vec<usize>,
    /// Places of the values that are none.
    pub(super) strays: Vec<usize>,
    /// How many values come back in another way.
    pub(super) changed: usize,
}

/// The numbers of a column: `numeric` are the places of values with a digit, `words` of those without, which are read as missing.
pub(super) fn of(facts: &Facts, numeric: Vec<usize>, words: Vec<usize>) -> Option<NumberFit> {
    let texts: Vec<&str> = numeric.iter().map(|&at| facts.values[at].text).collect();
    if let Some(form) = NumberForm::find(&texts, facts.comma) {
        return Some(NumberFit { form, numbers: numeric, strays: words, changed: 0 });
    }
    let (numbers, mut strays) = most_alike(facts, &numeric);
    if !are_few(facts, &strays) {
        return None;
    }
    let texts: Vec<&str> = numbers.iter().map(|&at| facts.values[at].text).collect();
    let (form, changed) = NumberForm::find(&texts, facts.comma)
        .map(|form| (form, 0))
        .or_else(|| NumberForm::nearest(&texts, facts.comma))?;
    strays.extend(words);
    strays.sort_unstable();
    Some(NumberFit { form, numbers, strays, changed })
}

/// Whether values are so few that they may be read as missing.
pub(super) fn are_few(facts: &Facts, places: &[usize]) -> bool {
    let count: u64 = places.iter().map(|&at| facts.values[at].count).sum();
    places.len() <= STRAYS && count * STRAY_SHARE <= facts.cells
}

/// The values with the most frequent unit around a number, and the others.
pub(super) fn most_alike(facts: &Facts, among: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let readings = [('.', Some(',')), (',', Some('.')), (',', Some(' ')), ('.', Some('\''))];
    let unit = |at: usize, (point, group): (char, Option<char>)| {
        let parts = Parts::of(facts.values[at].text, point, group)?;
        (parts.is_plain(group) && parts.value().is_some()).then_some((parts.prefix, parts.suffix))
    };
    let best = readings.into_iter().rev().map(|reading| {
        let mut counts: HashMap<(&str, &str), u64> = HashMap::new();
        for &at in among {
            if let Some(unit) = unit(at, reading) {
                *counts.entry(unit).or_default() += facts.values[at].count;
            }
        }
        // The smaller text of several, so that it is the same each time.
        let most = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        (most, reading)
    });
    match best.max_by_key(|(most, _)| most.map_or(0, |(_, count)| count)) {
        Some((Some((common, _)), reading)) => among.iter().partition(|&&at| unit(at, reading) == Some(common)),
        _ => (Vec::new(), among.to_vec()),
    }
}

impl NumberFit {
    /// The column of numbers.
    pub(super) fn found(self, facts: &Facts) -> Found {
        let values = self.numbers.iter().filter_map(|&at| self.form.parse(facts.values[at].text));
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let what = match (&self.form.exponent, self.form.decimals) {
            (Some(_), _) => "numbers with exponents".into(),
            (None, digits) if digits.most == 0 => "whole numbers".into(),
            (None, digits) if digits.least == digits.most => format!("numbers of {} decimals", digits.most),
            (None, digits) => format!("numbers of {} to {} decimals", digits.least, digits.most),
        };
        let ends = [low, high].map(|x| self.form.text(x));
        let reason = format!("{what} from {} to {}, {} different", ends[0], ends[1], self.numbers.len());
        let notes = match self.changed {
            0 => Vec::new(),
            n => vec![format!(
                "{n} different numbers are written in another way than the file has them, such as zeros at their end"
            )],
        };
        Found { kind: Kind::Number { form: self.form, low, high }, reason, missing: self.strays, notes }
    }
}
