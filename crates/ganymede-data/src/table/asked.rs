//! Columns as a user asks for them. Not here: what is found without being asked (`infer.rs`).

use super::categories;
use super::column::Kind;
use super::fault::shown;
use super::infer::{Facts, Found, auto};
use super::number_fit::{self, NumberFit, most_alike};
use super::wishes::{ColumnWish, KindName};

/// The place of the first value that contradicts, where there is one, and what was expected and found.
type Contradiction = (Option<usize>, String);

/// The column as it is asked for.
pub(super) fn column(facts: &Facts, wish: &ColumnWish) -> Result<Found, Contradiction> {
    let mut found = match wish.kind {
        None => auto(facts),
        Some(KindName::Ignore) => Found::new(Kind::Ignored, "asked to be left out"),
        Some(_) if facts.values.is_empty() => {
            return Err((None, "expected a cell that is not missing, found none".into()));
        }
        Some(KindName::Category) => categories::list(facts, None),
        Some(KindName::Ordered) => {
            let fit = numbers(facts)?;
            match fit.strays.first() {
                Some(&at) => return Err(no_number(facts, at)),
                None => categories::list(facts, Some(&fit.form)),
            }
        }
        Some(KindName::Number) => numbers(facts)?.found(facts),
    };
    if let Some(decimals) = wish.decimals {
        match &mut found.kind {
            Kind::Number { form, .. } if decimals <= 15 => *form = form.clone().with_decimals(decimals),
            Kind::Number { .. } => return Err((None, format!("expected at most 15 decimals, found {decimals}"))),
            other => {
                return Err((
                    None,
                    format!("expected numbers to write with {decimals} decimals, found the kind {}", other.name()),
                ));
            }
        }
    }
    if wish.kind.is_some_and(|kind| kind != KindName::Ignore) {
        found.reason.push_str(", as asked");
    }
    Ok(found)
}

fn numbers(facts: &Facts) -> Result<NumberFit, Contradiction> {
    let (numeric, words): (Vec<usize>, Vec<usize>) =
        (0..facts.values.len()).partition(|&at| facts.values[at].text.bytes().any(|b| b.is_ascii_digit()));
    let all: Vec<usize> = (0..facts.values.len()).collect();
    let beside: u64 = words.iter().map(|&at| facts.values[at].count).sum();
    let fit = if beside * 2 > facts.cells { None } else { number_fit::of(facts, numeric, words) };
    fit.ok_or_else(|| {
        let (_, strays) = most_alike(facts, &all);
        no_number(facts, strays.first().copied().unwrap_or(0))
    })
}

fn no_number(facts: &Facts, at: usize) -> Contradiction {
    let text = shown(facts.values[at].text);
    (
        Some(at),
        format!(
            "expected a number, as the others are, found `{text}`: a text that means a missing cell is said with `missing`"
        ),
    )
}
