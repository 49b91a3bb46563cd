//! Columns of categories: the list of values and its order. Not here: which columns are that (`infer.rs`).

use super::column::{Kind, Listed};
use super::different::Value;
use super::infer::{Facts, Found};
use super::numbers::NumberForm;
use crate::formats::files::natural;

/// The column as a list of its values; those are numbers where they have a form.
pub(super) fn of(facts: &Facts, form: Option<&NumberForm>) -> Found {
    let found = form.cloned().or_else(|| {
        let texts: Vec<&str> = facts.values.iter().map(|value| value.text).collect();
        NumberForm::find(&texts, facts.comma)
    });
    list(facts, found.as_ref())
}

/// The column as a list of its values, with an order where `form` reads them as numbers.
pub(super) fn list(facts: &Facts, form: Option<&NumberForm>) -> Found {
    let number = |value: &Value| form.and_then(|form| form.parse(value.text));
    let mut values: Vec<(Option<f64>, &Value)> = facts.values.iter().map(|value| (number(value), value)).collect();
    values.sort_by(|(x, a), (y, b)| {
        let numbers = x.unwrap_or(f64::INFINITY).total_cmp(&y.unwrap_or(f64::INFINITY));
        numbers.then_with(|| natural(a.text.as_bytes(), b.text.as_bytes()))
    });
    let ends = (values.first().map(|(_, value)| value.text), values.last().map(|(_, value)| value.text));
    let n = values.len();
    let reason = match (form, ends) {
        (Some(form), (Some(low), Some(high))) => {
            let what = if form.is_whole() { "whole numbers" } else { "numbers" };
            format!("{n} different {what} from {low} to {high}")
        }
        _ => format!("{n} different texts"),
    };
    values.extend(facts.missing.iter().map(|value| (None, value)));
    let numbers = form.map(|_| values.iter().map(|(number, _)| *number).collect());
    let values = values.iter().map(|(_, value)| Listed { text: value.spelling.into(), count: value.count }).collect();
    Found::new(Kind::Category { values, numbers }, reason)
}
