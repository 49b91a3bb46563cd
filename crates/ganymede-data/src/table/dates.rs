//! Dates and times: the format of a column is found from all of its texts, and each is written back as it was. Not here: how a
//! format reads and writes (`date_text.rs`), which formats a text can have (`date_guess.rs`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::date_format::{Digits, Pad, Part, parts, text_of};
use super::date_guess::{candidates, epochs, says_time};
use super::date_text::{DAY, Moment, month_of, month_start, read, write};
use super::grid::Grid;

/// POSIX: two-digit years from 69 on are of the 20th century.
const PIVOT: u8 = 69;
/// Of 9999-12-31, which stands for "never" in many tables.
const LAST_YEAR: i32 = 9999;
/// The first second of the year 1 and the one after the year 9999: what is between, every format can write.
const CALENDAR: (f64, f64) = (-62_135_596_800.0, 253_402_300_800.0);

/// How the dates of a column are written.
///
/// # Units
/// A cell is seconds since 1970-01-01 UTC; a time of day is seconds since midnight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct DateForm {
    parts: Vec<Part>,
    /// The offset from UTC that is written, in seconds.
    offset: i32,
    /// The first two-digit year of the 20th century.
    pivot: u8,
}

/// A [`DateForm`] in a file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    format: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    offset: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pivot: Option<u8>,
}

fn is_zero(n: &i32) -> bool {
    *n == 0
}

impl TryFrom<Saved> for DateForm {
    type Error = String;

    fn try_from(saved: Saved) -> Result<DateForm, String> {
        if i64::from(saved.offset).abs() >= DAY || saved.pivot.is_some_and(|p| p > 99) {
            return Err(format!("the format {:?} has an offset of a day or more, or a pivot above 99", saved.format));
        }
        Ok(DateForm { parts: parts(&saved.format)?, offset: saved.offset, pivot: saved.pivot.unwrap_or(PIVOT) })
    }
}

impl From<DateForm> for Saved {
    fn from(form: DateForm) -> Saved {
        let short = form.parts.contains(&Part::ShortYear);
        Saved { format: form.format(), offset: form.offset, pivot: short.then_some(form.pivot) }
    }
}

impl DateForm {
    /// The form of a column whose cells are all dates of one format, and what was assumed where the texts leave it open. `texts`: the
    /// cells that are not missing, without spaces around them, in the order of the rows. `name`: the column's; numbers such as
    /// `1700000000` are seconds since 1970 only where it speaks of a time.
    ///
    /// Every text is read and written back byte for byte, else the column has no form.
    pub fn find(name: &str, texts: &[&str]) -> Option<(DateForm, Option<String>)> {
        let first = texts.first()?;
        let mut fitting: Vec<(DateForm, Vec<i32>)> = Vec::new();
        for parts in candidates(first).into_iter().chain(epochs(name, first)) {
            let mut form = DateForm { parts, offset: 0, pivot: PIVOT };
            // The same reading in other words: 10/11/2021 with and without zeros.
            if fitting.iter().any(|(f, _)| f.order() == form.order()) {
                continue;
            }
            if let Some(offsets) = form.fits(texts) {
                form.offset = most_frequent(&offsets);
                fitting.push((form, offsets.keys().copied().collect()));
            }
        }
        let mut notes = Vec::new();
        let (mut form, offsets) = choose(name, texts, fitting, &mut notes)?;
        if !form.plausible(name, texts) {
            return None;
        }
        if form.parts.contains(&Part::ShortYear) {
            form.pivot = pivot(&form, texts);
            notes.push(form.pivot_note());
        }
        form.note_the_rest(&offsets, texts, &mut notes);
        Some((form, (!notes.is_empty()).then(|| notes.join("; "))))
    }

    /// The form of a column whose format is given, as `strftime` writes it, and what is written in another way than it was read.
    ///
    /// # Errors
    /// A format that is wrong, or a text that is no date of it.
    pub fn given(format: &str, texts: &[&str]) -> Result<(DateForm, Option<String>), String> {
        let given = DateForm { parts: parts(format)?, offset: 0, pivot: PIVOT };
        let mut best: Option<(usize, DateForm, Vec<i32>)> = None;
        for parts in without_zeros(&given.parts) {
            let mut form = DateForm { parts, ..given.clone() };
            let (mut offsets, mut kept, mut buffer) = (BTreeMap::new(), 0, String::new());
            for (i, text) in texts.iter().enumerate() {
                let moment = read(&form.parts, form.pivot, 0, text).ok_or_else(|| {
                    format!("{text:?} (value {} that is not missing) is no date of the format {format:?}", i + 1)
                })?;
                *offsets.entry(moment.offset).or_insert(0) += 1;
                buffer.clear();
                write(&form.parts, moment, &mut buffer);
                kept += usize::from(buffer == **text);
            }
            form.offset = most_frequent(&offsets);
            if best.as_ref().is_none_or(|(most, ..)| kept > *most) {
                best = Some((kept, form, offsets.keys().copied().collect()));
            }
            if kept == texts.len() {
                break;
            }
        }
        let (kept, mut form, offsets) = best.unwrap_or((texts.len(), given, Vec::new()));
        let mut notes = Vec::new();
        if form.parts.contains(&Part::ShortYear) {
            form.pivot = pivot(&form, texts);
            notes.push(form.pivot_note());
        }
        if kept < texts.len() {
            notes.push(format!(
                "{} of {} dates are written in another way than the format {:?} does",
                texts.len() - kept,
                texts.len(),
                form.format()
            ));
        }
        form.note_the_rest(&offsets, texts, &mut notes);
        Ok((form, (!notes.is_empty()).then(|| notes.join("; "))))
    }

    /// The format, as `strftime` writes it.
    pub fn format(&self) -> String {
        text_of(&self.parts)
    }

    /// Whether it is a time of day without a date.
    pub fn is_time_of_day(&self) -> bool {
        !self.parts.iter().any(|p| matches!(p, Part::Year | Part::ShortYear | Part::Epoch))
    }

    /// The seconds of a text; none for a text that is no date of this form. Names may be in any case, numbers without their zeros.
    pub fn parse(&self, text: &str) -> Option<f64> {
        Some(self.cell(read(&self.parts, self.pivot, self.offset, text)?))
    }

    /// The text of a number of seconds, rounded to the finest unit that the form has.
    pub fn write(&self, cell: f64) -> String {
        let mut out = String::new();
        self.write_into(cell, &mut out);
        out
    }

    /// As [`DateForm::write`], appended to `out`.
    pub fn write_into(&self, cell: f64, out: &mut String) {
        // What the form can write: from the first on and below the second.
        let local = match () {
            () if self.is_time_of_day() => (0.0, DAY as f64),
            () if self.parts.contains(&Part::ShortYear) => {
                [1900, 2000].map(|y| month_start((y + i64::from(self.pivot)) * 12)).into()
            }
            () => CALENDAR,
        };
        let (low, high) = (local.0 - f64::from(self.offset), local.1 - f64::from(self.offset));
        let mut cell = self.grid().nearest(cell.clamp(low, high));
        if cell >= high {
            cell = self.grid().at_most(high, true);
        }
        let places = self.places();
        let n = (cell * 10f64.powi(i32::from(places))).round() as i64;
        let per = 10i64.pow(u32::from(places));
        let (seconds, rest) = (n.div_euclid(per), n.rem_euclid(per));
        let mut moment = Moment { seconds, micros: rest * (1_000_000 / per), offset: self.offset };
        if moment.seconds < 0 && moment.micros > 0 && self.parts.contains(&Part::Epoch) {
            // -1.5 is written as -1 and -0.5.
            moment = Moment { seconds: moment.seconds + 1, micros: moment.micros - 1_000_000, ..moment };
        }
        write(&self.parts, moment, out);
    }

    /// The moments that it can write.
    pub fn grid(&self) -> Grid {
        let has = |test: fn(&Part) -> bool| self.parts.iter().any(test);
        let origin = -f64::from(self.offset);
        match () {
            () if has(|p| matches!(p, Part::Second | Part::Epoch)) => Grid::Decimals { places: self.places() },
            () if has(|p| matches!(p, Part::Minute)) => Grid::Steps { unit: 60.0, origin },
            () if has(|p| matches!(p, Part::Hour(_) | Part::Hour12(_))) => Grid::Steps { unit: 3600.0, origin },
            () if has(|p| matches!(p, Part::Day(_))) => Grid::Steps { unit: DAY as f64, origin },
            () if has(|p| matches!(p, Part::Month(_) | Part::MonthName { .. })) => Grid::Months { every: 1 },
            () => Grid::Months { every: 12 },
        }
    }

    /// The decimals of a second that it keeps.
    fn places(&self) -> u8 {
        self.parts
            .iter()
            .find_map(|p| match p {
                Part::Fraction(Digits::Fixed(n) | Digits::UnlessZero(n)) => Some((*n).min(6)),
                Part::Fraction(Digits::Needed) => Some(6),
                _ => None,
            })
            .unwrap_or(0)
    }

    fn cell(&self, moment: Moment) -> f64 {
        let per = 10i64.pow(u32::from(self.places()));
        (moment.seconds.saturating_mul(per) + moment.micros / (1_000_000 / per)) as f64 / per as f64
    }

    /// The offsets that the texts have, with their numbers, where each is read and written back byte for byte.
    fn fits(&self, texts: &[&str]) -> Option<BTreeMap<i32, u64>> {
        let (mut offsets, mut buffer) = (BTreeMap::new(), String::new());
        // Finer than a millionth of a second is not kept.
        let kept =
            if self.parts.iter().any(|p| matches!(p, Part::Fraction(Digits::Fixed(n)) if *n > 6)) { 6 } else { 9 };
        let mut last = (0, 0u64);
        for text in texts {
            let moment = read(&self.parts, self.pivot, 0, text)?;
            buffer.clear();
            write(&self.parts, moment, &mut buffer);
            if buffer != **text && !(kept == 6 && same_but_fine_digits(&buffer, text)) {
                return None;
            }
            if last.0 != moment.offset {
                *offsets.entry(last.0).or_insert(0) += last.1;
                last = (moment.offset, 0);
            }
            last.1 += 1;
        }
        *offsets.entry(last.0).or_insert(0) += last.1;
        offsets.retain(|_, n| *n > 0);
        Some(offsets)
    }

    /// The order of year, month and day: `mdY`. Two forms with the same one read the same.
    fn order(&self) -> String {
        self.parts
            .iter()
            .filter_map(|p| match p {
                Part::Year => Some('Y'),
                Part::ShortYear => Some('y'),
                Part::Month(_) | Part::MonthName { .. } => Some('m'),
                Part::Day(_) => Some('d'),
                Part::Hour(_) => Some('H'),
                Part::Epoch => Some('s'),
                Part::Fraction(Digits::Needed) => Some('.'),
                Part::Fraction(_) => Some('f'),
                _ => None,
            })
            .collect()
    }

    /// Whether texts of digits and few signs are dates rather than numbers or codes.
    fn plausible(&self, name: &str, texts: &[&str]) -> bool {
        let year_in = |low: i32, high: i32| {
            let years = || texts.iter().map(|t| self.parse(t).map_or(0, year));
            years().any(|y| (low..=high).contains(&y)) && years().all(|y| (low..=high).contains(&y) || y == LAST_YEAR)
        };
        if self.parts.contains(&Part::Epoch) {
            return year_in(1990, 2040);
        }
        let signs: Vec<char> =
            self.parts.iter().filter_map(|p| if let Part::Literal(c) = p { Some(*c) } else { None }).collect();
        let names = self.parts.iter().any(|p| matches!(p, Part::MonthName { .. }));
        let number = !names && matches!(signs[..], [] | ['.']);
        let day = self.parts.iter().any(|p| matches!(p, Part::Day(_)));
        if self.is_time_of_day() || day && !number {
            return true;
        }
        if !year_in(1800, 2200) {
            return false;
        }
        if day || !number || says_time(name) {
            return true;
        }
        // 202403 and 03.2024 may be numbers: one in eight is a month by chance, and a counter never jumps from 202112 to 202201.
        let different: BTreeSet<&str> = texts.iter().copied().take(10_000).collect();
        let years: BTreeSet<i32> = different.iter().filter_map(|t| self.parse(t).map(year)).collect();
        different.len() >= 8 && years.len() >= 2
    }

    fn pivot_note(&self) -> String {
        let pivot = self.pivot;
        let low = if pivot == 0 {
            String::new()
        } else {
            format!(", 00 to {:02} are 2000 to {}", pivot - 1, 1999 + i32::from(pivot))
        };
        format!("two-digit years {pivot:02} to 99 are 19{pivot:02} to 1999{low}")
    }

    fn note_the_rest(&self, offsets: &[i32], texts: &[&str], notes: &mut Vec<String>) {
        if offsets.len() > 1 {
            let mut written = String::new();
            let parts: Vec<Part> = self.parts.iter().filter(|p| matches!(p, Part::Offset { .. })).cloned().collect();
            write(&parts, Moment { seconds: 0, micros: 0, offset: self.offset }, &mut written);
            notes.push(format!(
                "the times have {} offsets from UTC; the moments are kept, all are written with {written}",
                offsets.len()
            ));
        }
        let fine = self.parts.iter().any(|p| matches!(p, Part::Fraction(Digits::Fixed(n)) if *n > 6));
        if fine {
            let mut buffer = String::new();
            let lost = texts.iter().any(|t| {
                buffer.clear();
                if let Some(moment) = read(&self.parts, self.pivot, 0, t) {
                    write(&self.parts, moment, &mut buffer);
                }
                buffer != **t
            });
            if lost {
                notes.push("fractions are kept to a millionth of a second".to_string());
            }
        }
    }
}

/// The year of a number of seconds.
fn year(seconds: f64) -> i32 {
    month_of(seconds).map_or(0, |m| m.div_euclid(12) as i32)
}

/// The day of the month of a number of seconds, from 0.
fn day_of_month(seconds: f64) -> i64 {
    month_of(seconds).map_or(0, |m| ((seconds - month_start(m)) / DAY as f64) as i64)
}

/// Whether two texts differ in digits of one fraction alone, after its sixth.
fn same_but_fine_digits(written: &str, text: &str) -> bool {
    let (a, b) = (written.as_bytes(), text.as_bytes());
    let start = (0..a.len().min(b.len())).find(|&i| a[i] != b[i]).unwrap_or(0);
    let before = a[..start].iter().rev().take_while(|c| c.is_ascii_digit()).count();
    let digits = b[start..].iter().take_while(|c| c.is_ascii_digit()).count();
    a.len() == b.len() && before >= 6 && a[start + digits..] == b[start + digits..]
}

fn most_frequent(offsets: &BTreeMap<i32, u64>) -> i32 {
    offsets
        .iter()
        .max_by_key(|(offset, n)| (**n, std::cmp::Reverse(offset.abs()), **offset))
        .map_or(0, |(offset, _)| *offset)
}

/// The format with and without the zeros of its month, day and hour.
fn without_zeros(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut all = vec![parts.to_vec()];
    for i in 0..parts.len() {
        let bare = match parts[i] {
            Part::Month(Pad::Zero) => Part::Month(Pad::None),
            Part::Day(Pad::Zero) => Part::Day(Pad::None),
            Part::Hour(Pad::Zero) => Part::Hour(Pad::None),
            Part::Hour12(Pad::Zero) => Part::Hour12(Pad::None),
            _ => continue,
        };
        for mut more in all.clone() {
            more[i] = bare.clone();
            all.push(more);
        }
    }
    all
}

/// The first two-digit year of the 20th century: 69, unless the years run over it; then the first after the longest run of years
/// that are not used.
fn pivot(form: &DateForm, texts: &[&str]) -> u8 {
    let posix = DateForm { pivot: PIVOT, ..form.clone() };
    let used: BTreeSet<i32> = texts.iter().filter_map(|t| posix.parse(t).map(|s| year(s).rem_euclid(100))).collect();
    let sorted: Vec<i32> = used.into_iter().collect();
    let gaps = sorted.iter().enumerate().map(|(i, &y)| {
        let before = if i == 0 { sorted[sorted.len() - 1] - 100 } else { sorted[i - 1] };
        (y - before, before, y)
    });
    match gaps.max_by_key(|(length, _, after)| (*length, *after)) {
        Some((_, before, after)) => {
            let cut = i32::from(PIVOT);
            let inside = before < cut && cut <= after
                || before + 100 < cut && cut <= after + 100
                || before < cut - 100 && cut - 100 <= after;
            if inside { PIVOT } else { after.rem_euclid(100) as u8 }
        }
        None => PIVOT,
    }
}

/// One of the forms that fit, by evidence; what was assumed goes to `notes`.
fn choose(
    name: &str,
    texts: &[&str],
    mut fitting: Vec<(DateForm, Vec<i32>)>,
    notes: &mut Vec<String>,
) -> Option<(DateForm, Vec<i32>)> {
    let at =
        |order: &str, fitting: &[(DateForm, Vec<i32>)]| fitting.iter().position(|(f, _)| f.order().starts_with(order));
    if let Some(first) = at("ymd", &fitting) {
        // 05/03/21: days take more values than years do.
        let last = fitting.iter().position(|(f, _)| f.order().starts_with("dmy") || f.order().starts_with("mdy"));
        if last.is_some() {
            let form = &fitting[first].0;
            let cells = || texts.iter().filter_map(|t| form.parse(t));
            let start = cells().map(year).collect::<BTreeSet<_>>().len();
            let end = cells().map(day_of_month).collect::<BTreeSet<_>>().len();
            let (kept, why) = if end * 2 <= start {
                ("last", end)
            } else if start * 2 <= end {
                ("first", start)
            } else {
                return None;
            };
            notes.push(format!(
                "the year is taken as the {kept} of the three numbers, because that one has only {why} different values; {}",
                overrule(name, &if kept == "last" { form.format() } else { fitting[last?].0.format() })
            ));
            fitting.retain(|(f, _)| f.order().starts_with("ymd") == (kept == "first"));
        }
    }
    let place = |order: [&str; 2], fitting: &[(DateForm, Vec<i32>)]| order.iter().find_map(|o| at(o, fitting));
    let (month_first, day_first) = (place(["mdY", "mdy"], &fitting), place(["dmY", "dmy"], &fitting));
    let (Some(m), Some(d)) = (month_first, day_first) else {
        return (!fitting.is_empty()).then(|| fitting.swap_remove(0));
    };
    let why = evidence(&fitting[m].0, &fitting[d].0, texts);
    let (taken, other) = if why.0 { (d, m) } else { (m, d) };
    let words = if why.0 { "day/month" } else { "month/day" };
    notes.push(format!(
        "day before month is not certain: all days are 12 or less; taken as {words}{}; {}",
        why.1,
        overrule(name, &fitting[other].0.format())
    ));
    Some(fitting.swap_remove(taken))
}

fn overrule(name: &str, format: &str) -> String {
    format!("if that is wrong: --column {}=date:{format}", if name.is_empty() { "NAME" } else { name })
}

/// Whether the day comes first, and the evidence for it.
fn evidence(month_first: &DateForm, day_first: &DateForm, texts: &[&str]) -> (bool, &'static str) {
    let facts = |form: &DateForm| {
        let cells: Vec<f64> = texts.iter().filter_map(|t| form.parse(t)).collect();
        let up = cells.windows(2).all(|w| w[0] <= w[1]) || cells.windows(2).all(|w| w[0] >= w[1]);
        let days: BTreeSet<u64> = cells.iter().map(|c| c.to_bits()).collect();
        let firsts = cells.iter().all(|c| day_of_month(*c) == 0);
        (up && days.len() >= 3, firsts && days.len() >= 3)
    };
    let ((up_m, first_m), (up_d, first_d)) = (facts(month_first), facts(day_first));
    match () {
        () if up_m != up_d => (up_d, ", because the rows are then in the order of time"),
        () if first_m != first_d => (first_d, ", because every date is then the first of a month"),
        () if day_first.parts.contains(&Part::Literal('.')) => (true, ", as is usual with points"),
        () => (false, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&str]) -> (String, String) {
        match DateForm::find("x", texts) {
            Some((form, note)) => (form.format(), note.unwrap_or_default()),
            None => ("no date".to_string(), String::new()),
        }
    }

    /// Every format is found from texts alone, and every text comes back; the seconds are Python's
    /// `datetime(..., tzinfo=timezone.utc).timestamp()`.
    #[test]
    fn formats_are_found() {
        for (format, texts, second) in [
            ("%Y-%m-%d", &["2021-03-04", "2019-12-31"][..], 1_577_750_400.0),
            ("%Y-%m-%d", &["2021-03-04", "9999-12-31"], 253_402_214_400.0),
            ("%Y-%m-%d %H:%M:%S", &["2021-03-04 05:06:07", "2019-12-31 23:59:59"], 1_577_836_799.0),
            ("%Y-%m-%d %H:%M:%S", &["0001-01-01 00:00:00", "9999-12-31 23:59:59"], 253_402_300_799.0),
            ("%Y-%m-%dT%H:%M:%SZ", &["2021-03-04T05:06:07Z", "1969-12-31T23:59:59Z"], -1.0),
            ("%Y-%m-%dT%H:%M:%S%:z", &["2021-03-04T05:06:07+02:00", "1970-01-01T02:00:00+02:00"], 0.0),
            ("%Y-%m-%d %H:%M:%S%z", &["2021-03-04 05:06:07-0330", "1970-01-01 00:00:00-0330"], 12_600.0),
            (
                "%Y-%m-%d %H:%M:%S.%f",
                &["2021-03-04 05:06:07.123456", "2001-09-09 01:46:40.000001"],
                1_000_000_000.000001,
            ),
            ("%Y-%m-%d %H:%M:%S%?.6f", &["2021-03-04 05:06:07", "2001-09-09 01:46:40.500000"], 1_000_000_000.5),
            ("%Y-%m-%dT%H:%M:%S%.f", &["2021-03-04T05:06:07.25", "2001-09-09T01:46:40"], 1_000_000_000.0),
            ("%Y-%m-%d %H:%M", &["2021-03-04 05:06", "2001-09-09 01:46"], 999_999_960.0),
            ("%Y%m%d", &["20240320", "20000229"], 951_782_400.0),
            ("%Y%m%dT%H%M%S", &["20240320T101112", "20000229T000000"], 951_782_400.0),
            ("%Y%m%d%H%M%S", &["20240320101112", "20000229000001"], 951_782_401.0),
            ("%d/%m/%Y", &["31/01/2021", "01/02/2021"], 1_612_137_600.0),
            ("%m/%d/%Y", &["01/31/2021", "02/01/2021"], 1_612_137_600.0),
            ("%-m/%-d/%Y", &["1/31/2021", "2/1/2021"], 1_612_137_600.0),
            ("%-m/%-d/%Y %-H:%M", &["1/31/2021 9:05", "2/1/2021 13:00"], 1_612_184_400.0),
            ("%-m/%-d/%Y %-I:%M %p", &["1/31/2021 12:05 AM", "2/1/2021 1:00 PM"], 1_612_184_400.0),
            ("%Y/%m/%d", &["2021/03/04", "2021/02/01"], 1_612_137_600.0),
            ("%Y-%d-%m", &["2021-31-01", "2021-01-02"], 1_612_137_600.0),
            ("%d %m %Y", &["31 01 2021", "01 02 2021"], 1_612_137_600.0),
            ("%d.%m.%Y", &["31.01.2021", "01.02.2021"], 1_612_137_600.0),
            ("%#b %d %Y", &["jan 31 2021", "feb 01 2021"], 1_612_137_600.0),
            ("%b %e %Y", &["Jan 31 2021", "Feb  1 2021"], 1_612_137_600.0),
            ("%-d %B %Y", &["31 January 2021", "1 February 2021"], 1_612_137_600.0),
            ("%d-%b-%y", &["31-Jan-21", "01-Feb-21"], 1_612_137_600.0),
            ("%d-%^b-%Y", &["31-JAN-2021", "01-FEB-2021"], 1_612_137_600.0),
            ("%B %-d, %Y", &["January 31, 2021", "February 1, 2021"], 1_612_137_600.0),
            (
                "%a, %d %b %Y %H:%M:%S GMT",
                &["Sun, 31 Jan 2021 00:00:00 GMT", "Mon, 01 Feb 2021 00:00:00 GMT"],
                1_612_137_600.0,
            ),
            ("%a %b %e %H:%M:%S %Y", &["Sun Jan 31 00:00:00 2021", "Mon Feb  1 00:00:00 2021"], 1_612_137_600.0),
            ("%Y-%m", &["2021-01", "2021-02"], 1_612_137_600.0),
            ("%b %Y", &["Jan 2021", "Feb 2021"], 1_612_137_600.0),
            ("%b-%y", &["Jan-21", "Feb-21"], 1_612_137_600.0),
            ("%H:%M", &["12:30", "00:05"], 300.0),
            ("%H:%M:%S", &["12:30:05", "00:00:59"], 59.0),
            ("%-I:%M %P", &["1:30 pm", "12:05 am"], 300.0),
        ] {
            let (form, note) =
                DateForm::find("x", texts).unwrap_or_else(|| panic!("{texts:?} are no dates, expected {format}"));
            assert_eq!(form.format(), format, "{texts:?} {note:?}");
            assert_eq!(form.parse(texts[1]), Some(second), "{texts:?}");
            for text in texts {
                let cell = form.parse(text).unwrap();
                assert_eq!(form.write(cell), *text);
                assert_eq!(form.grid().nearest(cell), cell, "{texts:?}");
            }
            let json = serde_json::to_string(&form).unwrap();
            assert_eq!(serde_json::from_str::<DateForm>(&json).unwrap(), form, "{json}");
        }
    }

    /// What is no date of one format: days that are not in the calendar, numbers, codes, versions, mixtures.
    #[test]
    fn others_are_no_dates() {
        for texts in [
            &["2021-02-28", "2021-02-29"][..],
            &["31/01/2021", "31/02/2021"],
            &["2021-03-04", "04/03/2021"],
            &["2021", "2022"],
            &["20240320", "17000101"],
            &["20240320", "20241301"],
            &["200101", "200102", "200103"],
            &["12.2021", "11.5034"],
            &["1.2.21", "2.10.20"],
            &["01/02/03", "03/02/01"],
            &["12:30", "24:00"],
            &["12:30", "12:61"],
            &["1700000000", "1700000001"],
            &["555-1234", "555-1235"],
            &["Mon, 31 Jan 2021", "Mon, 01 Feb 2021"],
            &["A1", "B2"],
            &["", "2021-01-01"],
            &["3 kg", "4 kg"],
            &["2021-03-04 05:06:60", "2021-03-04 05:06:07"],
        ] {
            assert_eq!(found(texts).0, "no date", "{texts:?}");
        }
    }

    /// Month before day unless there is evidence, and the report says which and how to overrule it.
    #[test]
    fn an_open_order_is_said() {
        let (format, note) = found(&["03/04/2021", "01/02/2021", "02/02/2021"]);
        assert_eq!(format, "%m/%d/%Y");
        assert_eq!(
            note,
            "day before month is not certain: all days are 12 or less; taken as month/day; if that is wrong: --column x=date:%d/%m/%Y"
        );
        assert_eq!(
            found(&["03/04/2021", "05/05/2021", "01/06/2021"]).0,
            "%d/%m/%Y",
            "the rows are in the order of time"
        );
        assert_eq!(found(&["01/05/2021", "01/02/2021", "01/03/2021"]).0, "%d/%m/%Y", "the first of each month");
        assert_eq!(found(&["03.04.2021", "01.02.2021", "02.02.2021"]).0, "%d.%m.%Y", "points");
    }

    /// The year of two digits is the number that varies less; its century is said.
    #[test]
    fn short_years() {
        let (format, note) = found(&["15/03/21", "16/04/21", "28/05/20", "09/06/20"]);
        assert_eq!(format, "%d/%m/%y");
        assert!(
            note.contains("the last of the three numbers")
                && note.contains("69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068"),
            "{note}"
        );
        assert_eq!(found(&["21-03-15", "21-04-16", "20-05-28", "20-06-09"]).0, "%y-%m-%d");
        // Births of 1945 to 2020: the years 21 to 44 are not used, so 45 is 1945.
        let births: Vec<String> = (45..=120).map(|y| format!("03/25/{:02}", y % 100)).collect();
        let (form, note) = DateForm::find("birth", &births.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert_eq!(form.parse("03/25/45"), Some(-781_747_200.0), "{note:?}");
        assert_eq!(form.parse("03/25/20"), Some(1_585_094_400.0));
        let form: DateForm = serde_json::from_str(&serde_json::to_string(&form).unwrap()).unwrap();
        assert_eq!(form.parse("03/25/45"), Some(-781_747_200.0));
    }

    /// Seconds and thousandths of them, where the name speaks of a time.
    #[test]
    fn epochs_need_a_name() {
        for (texts, format, cell) in [
            (["1700000000", "1700000001"], "%s", 1_700_000_001.0),
            (["1700000000123", "1700000001500"], "%s%3f", 1_700_000_001.5),
            (["1700000000.25", "1700000001.50"], "%s.%2f", 1_700_000_001.5),
        ] {
            let (form, _) = DateForm::find("createdAt", &texts).unwrap();
            assert_eq!((form.format().as_str(), form.parse(texts[1])), (format, Some(cell)));
            assert_eq!(form.write(cell), texts[1]);
            assert!(DateForm::find("amount", &texts).is_none());
        }
        assert!(DateForm::find("createdAt", &["1700000000", "17"]).is_none());
        assert_eq!(DateForm::given("%s", &["-5"]).unwrap().0.write(-5.0), "-5");
    }

    /// Of several offsets the moments are kept, and it is said.
    #[test]
    fn offsets_become_one() {
        let texts = ["2021-01-31T12:00:00+01:00", "2021-07-31T12:00:00+02:00", "2021-08-31T12:00:00+02:00"];
        let (form, note) = DateForm::find("x", &texts).unwrap();
        assert_eq!(form.write(form.parse(texts[0]).unwrap()), "2021-01-31T13:00:00+02:00");
        assert_eq!(
            note.unwrap(),
            "the times have 2 offsets from UTC; the moments are kept, all are written with +02:00"
        );
    }

    /// Any number becomes a date of the form, the nearest where there is one.
    #[test]
    fn numbers_become_dates() {
        let days = DateForm::given("%d/%m/%Y", &[]).unwrap().0;
        assert_eq!(days.write(1_612_137_600.0 + 43_199.0), "01/02/2021");
        assert_eq!(days.write(1_612_137_600.0 + 43_201.0), "02/02/2021");
        let months = DateForm::given("%Y-%m", &[]).unwrap().0;
        assert_eq!(
            (months.write(951_782_400.0), months.write(949_363_200.0)),
            ("2000-03".to_string(), "2000-02".to_string())
        );
        let clock = DateForm::given("%H:%M", &[]).unwrap().0;
        assert_eq!((clock.write(86_399.0), clock.write(-5.0)), ("23:59".to_string(), "00:00".to_string()));
        for cell in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300] {
            for form in ["%d/%m/%Y", "%Y-%m", "%H:%M", "%s", "%Y-%m-%dT%H:%M:%S%.f%:z"] {
                let form = DateForm::given(form, &[]).unwrap().0;
                assert!(form.parse(&form.write(cell)).is_some(), "{form:?} {cell}");
            }
        }
    }

    /// A given format that texts do not have is an error with the text; one without its zeros is found.
    #[test]
    fn a_given_format() {
        assert_eq!(DateForm::given("%d/%m/%Y", &["3/1/2021", "31/12/2021"]).unwrap().0.format(), "%-d/%-m/%Y");
        assert!(
            DateForm::given("%d/%m/%Y", &["03/01/2021", "01/13/2021"]).unwrap_err().contains("\"01/13/2021\" (value 2")
        );
        let note = DateForm::given("%d/%m/%Y", &["3/1/2021", "03/12/2021", "04/12/2021"]).unwrap().1.unwrap();
        assert!(note.starts_with("1 of 3 dates"), "{note}");
        for format in ["%", "%Q", "%d", "%Y%Y", "%Y %H", "%I:%M", "", "%s %Y", "%-d%m%Y", "%H:%M:%S%.f."] {
            assert!(DateForm::given(format, &[]).is_err(), "{format:?}");
        }
        for json in [
            r#"{"format":"%d"}"#,
            r#"{"format":"%Y","offset":90000}"#,
            r#"{"format":"%y","pivot":100}"#,
            r#"{"format":"%Y","x":1}"#,
        ] {
            assert!(serde_json::from_str::<DateForm>(json).is_err(), "{json}");
        }
    }

    /// Texts and formats of any characters: no panic, and what is found is read and written back.
    #[test]
    fn any_texts() {
        let mut rng = ganymede_tensor::Rng::new(3, 0);
        let pieces = [
            "0",
            "1",
            "12",
            "2021",
            "03",
            "31",
            "-",
            "/",
            ".",
            ":",
            " ",
            "T",
            "Z",
            "+02:00",
            "-0330",
            "AM",
            "pm",
            "Jan",
            "MAY",
            "june",
            "Mon",
            ",",
            "é",
            "99999999999999999999",
        ];
        let formats = [
            "%Y", "%y", "%m", "%-m", "%d", "%e", "%b", "%^B", "%a", "%H", "%-I", "%M", "%S", "%3f", "%.f", "%?.9f",
            "%p", "%z", "%:z", "%:::z", "%s", "%%", "%", "-", " ", "é", ":",
        ];
        let mut text = |from: &[&str], most: u32| -> String {
            (0..rng.below(most)).map(|_| from[rng.below(from.len() as u32) as usize]).collect()
        };
        let mut sound = 0;
        for _ in 0..100_000 {
            let any = text(&pieces, 10);
            if let Some((form, _)) = DateForm::find("time", &[&any]) {
                assert_eq!(form.write(form.parse(&any).unwrap()), any, "{form:?}");
            }
            let Ok((form, _)) = DateForm::given(&text(&formats, 8), &[]) else { continue };
            sound += 1;
            assert_eq!(parts(&form.format()).unwrap(), form.parts);
            let _ = form.parse(&any);
            let written = form.write(f64::from(rng_of(&any)) * 1000.25);
            let back = form.parse(&written).unwrap_or_else(|| panic!("{written:?} of {}", form.format()));
            assert_eq!(form.write(back), written, "{}", form.format());
        }
        assert!(sound > 100, "{sound}");
    }

    /// A number of a text.
    fn rng_of(text: &str) -> i32 {
        ganymede_tensor::stream_of(text) as i32
    }
}
