//! Whether the cells of a column are dates, and which of them are not. Not here: the formats (`dates.rs`).

use super::column::Kind;
use super::dates::DateForm;
use super::infer::{Facts, Found};
use super::number_fit::are_few;

pub(super) use super::date_guess::says_time;

/// From so many texts it is guessed which format most of them have.
const TRIED: usize = 8;

/// Dates of a column.
pub(super) struct DateFit {
    form: DateForm,
    /// Places of the values that are dates.
    dates: Vec<usize>,
    /// Places of the values that are none.
    strays: Vec<usize>,
    note: Option<String>,
}

/// The dates of a column: `numeric` are the places of values with a digit, `words` of those without, which are read as missing.
pub(super) fn of(facts: &Facts, numeric: &[usize], words: &[usize]) -> Option<DateFit> {
    let texts = |places: &[usize]| places.iter().map(|&at| facts.values[at].text).collect::<Vec<&str>>();
    let fit = |form, dates: Vec<usize>, mut strays: Vec<usize>, note| {
        strays.extend(words);
        strays.sort_unstable();
        DateFit { form, dates, strays, note }
    };
    if let Some((form, note)) = DateForm::find(facts.name, &texts(numeric)) {
        return Some(fit(form, numeric.to_vec(), Vec::new(), note));
    }
    // `0000-00-00` among dates.
    let forms = numeric.iter().take(TRIED).filter_map(|&at| DateForm::find(facts.name, &[facts.values[at].text]));
    let parted = forms.map(|(form, _)| -> (Vec<usize>, Vec<usize>) {
        numeric.iter().partition(|&&at| form.parse(facts.values[at].text).is_some())
    });
    let (dates, strays) = parted.min_by_key(|(_, strays)| strays.len()).filter(|(_, strays)| are_few(facts, strays))?;
    let (form, note) = DateForm::find(facts.name, &texts(&dates))?;
    Some(fit(form, dates, strays, note))
}

/// The dates of a column of this format.
pub(super) fn given(facts: &Facts, format: &str) -> Result<DateFit, (Option<usize>, String)> {
    let all: Vec<usize> = (0..facts.values.len()).collect();
    let wrong = |reason: String| {
        let form = DateForm::given(format, &[]).ok().map(|(form, _)| form);
        let place = form.and_then(|form| all.iter().copied().find(|&at| form.parse(facts.values[at].text).is_none()));
        (place, reason)
    };
    let (form, note) = DateForm::given(format, &facts.texts()).map_err(wrong)?;
    Ok(DateFit { form, dates: all.clone(), strays: Vec::new(), note })
}

impl DateFit {
    /// The column of dates.
    pub(super) fn found(self, facts: &Facts) -> Found {
        let DateFit { form, dates, strays, note } = self;
        let seconds = dates.iter().filter_map(|&at| form.parse(facts.values[at].text));
        let (low, high) = seconds.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let ends = [low, high].map(|x| form.write(x));
        let what = if form.is_time_of_day() { "times" } else { "dates" };
        let reason = format!("{what} as {} from {} to {}, {} different", form.format(), ends[0], ends[1], dates.len());
        Found { kind: Kind::Date { form, low, high }, reason, missing: strays, notes: note.into_iter().collect() }
    }
}
