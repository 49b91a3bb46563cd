//! Columns as a user asks for them. Not here: what is found without being asked (`infer.rs`).

use super::categories;
use super::column::Kind;
use super::date_fit;
use super::fault::shown;
use super::ids::IdForm;
use super::infer::{Facts, Found, auto};
use super::number_fit::{self, NumberFit, most_alike};
use super::wishes::{ColumnWish, KindName};

/// The place of the first value that contradicts, where there is one, and what was expected and found.
type Contradiction = (Option<usize>, String);

/// The column as it is asked for.
pub(super) fn column(facts: &Facts, wish: &ColumnWish) -> Result<Found, Contradiction> {
    let kind = wish.kind.or(wish.format.is_some().then_some(KindName::Date));
    let mut found = match (kind, &wish.format) {
        (None, _) => auto(facts),
        (Some(KindName::Ignore), _) => Found::new(Kind::Ignored, "asked to be left out"),
        (Some(_), _) if facts.values.is_empty() => {
            return Err((None, "expected a cell that is not missing, found none".into()));
        }
        (Some(KindName::Category), _) => categories::list(facts, None),
        (Some(KindName::Ordered), _) => {
            let fit = numbers(facts)?;
            match fit.strays.first() {
                Some(&at) => return Err(no_number(facts, at)),
                None => categories::list(facts, Some(&fit.form)),
            }
        }
        (Some(KindName::Number), _) => numbers(facts)?.found(facts),
        (Some(KindName::Date), Some(format)) => date_fit::given(facts, format)?.found(facts),
        (Some(KindName::Date), None) => {
            let fit = facts.numeric().and_then(|(numeric, words)| date_fit::of(facts, &numeric, &words));
            let text = shown(facts.values[0].text);
            let reason = || {
                format!(
                    "expected dates of one format that is known, found `{text}`: say it, such as format = \"%d/%m/%Y\""
                )
            };
            fit.ok_or_else(|| (None, reason()))?.found(facts)
        }
        (Some(KindName::Id), _) => {
            let long = || (None, "expected ids of at most 128 letters, found longer ones".into());
            Found::id(facts, IdForm::find(&facts.texts()).ok_or_else(long)?, "")
        }
        (Some(KindName::Text), _) => Found::text(facts),
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
    if kind.is_some_and(|kind| kind != KindName::Ignore) {
        found.reason.push_str(", as asked");
    }
    Ok(found)
}

fn numbers(facts: &Facts) -> Result<NumberFit, Contradiction> {
    let all: Vec<usize> = (0..facts.values.len()).collect();
    let fit = facts.numeric().and_then(|(numeric, words)| number_fit::of(facts, numeric, words));
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
