//! The texts of a format of dates: read and written. The calendar is that of the crate `time`; the patterns are few and fixed, so they
//! are read byte by byte. Not here: the format itself (`date_format.rs`), which one a column has (`dates.rs`).

use time::{Date, Month};

use super::date_format::{Case, Digits, Pad, Part};

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// The Julian day of 1970-01-01.
const EPOCH: i64 = 2_440_588;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    /// Seconds since 1970-01-01 UTC.
    pub seconds: i64,
    /// Millionths of a second beside them.
    pub micros: i64,
    /// The offset from UTC that the text has, in seconds.
    pub offset: i32,
}

/// The months since January of the year 0 of a moment; none outside of the calendar.
pub(super) fn month_of(seconds: f64) -> Option<i64> {
    let date = date_of((seconds / DAY as f64).floor())?;
    Some(i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1)
}

/// The start of a month, counted as by [`month_of`]; infinite outside of the calendar.
pub(super) fn month_start(month: i64) -> f64 {
    let (year, place) = (month.div_euclid(12), month.rem_euclid(12) as u8 + 1);
    let outside = if month < 0 { f64::NEG_INFINITY } else { f64::INFINITY };
    i32::try_from(year).ok().and_then(|y| days(y, place, 1)).map_or(outside, |d| (d * DAY) as f64)
}

/// Days since 1970-01-01; none for a day that is not in the calendar.
fn days(year: i32, month: u8, day: u8) -> Option<i64> {
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    Some(i64::from(date.to_julian_day()) - EPOCH)
}

fn date_of(days: f64) -> Option<Date> {
    let julian = days + EPOCH as f64;
    (julian.abs() < 1e9).then(|| Date::from_julian_day(julian as i32).ok())?
}

/// A reader of bytes from the left.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    /// The number of the next `least` to `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let n = self.0.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if n < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(n);
        self.0 = rest;
        Some(digits.iter().fold(0i64, |sum, b| sum * 10 + i64::from(b - b'0')))
    }

    /// Whether the next bytes are these; they are passed by.
    fn take(&mut self, text: &[u8]) -> bool {
        let found = self.0.get(..text.len()).is_some_and(|b| b.eq_ignore_ascii_case(text));
        if found {
            self.0 = &self.0[text.len()..];
        }
        found
    }

    /// The place in `names` of the next bytes: the whole name, or its first three letters.
    fn name(&mut self, names: &[&str], full: bool) -> Option<u8> {
        (0..names.len())
            .find(|&i| self.take(if full { names[i].as_bytes() } else { &names[i].as_bytes()[..3] }))
            .map(|i| i as u8)
    }
}

/// What a text of the format says; none for another text. `pivot`: the first two-digit year of the 20th century; `offset`: that of a
/// text which does not say its own, in seconds. Names may be in any case and numbers without their zeros.
pub(super) fn read(parts: &[Part], pivot: u8, offset: i32, text: &str) -> Option<Moment> {
    let mut at = Bytes(text.as_bytes());
    let (mut year, mut month, mut day, mut hour, mut minute, mut second, mut micros) = (None, 1, 1, 0, 0, 0, 0);
    let (mut weekday, mut afternoon, mut offset, mut epoch) = (None, None, offset, None);
    let mut sign = 1;
    for (i, part) in parts.iter().enumerate() {
        let next = parts.get(i + 1);
        // Digits that follow without anything between belong to the next part.
        let joined = matches!(
            next,
            Some(
                Part::Year
                    | Part::ShortYear
                    | Part::Month(_)
                    | Part::Day(_)
                    | Part::Hour(_)
                    | Part::Hour12(_)
                    | Part::Minute
                    | Part::Second
            ) | Some(Part::Fraction(Digits::Fixed(_)))
        );
        let least = if joined { 2 } else { 1 };
        match part {
            Part::Literal(c) => {
                let mut buffer = [0; 4];
                at.take(c.encode_utf8(&mut buffer).as_bytes()).then_some(())?;
            }
            Part::Year => year = Some(at.number(4, 4)? as i32),
            Part::ShortYear => {
                let n = at.number(2, 2)? as i32;
                year = Some(n + if n >= i32::from(pivot) { 1900 } else { 2000 });
            }
            Part::Month(pad) => month = padded(&mut at, *pad, least)?,
            Part::Day(pad) => day = padded(&mut at, *pad, least)?,
            Part::MonthName { full, .. } => month = i64::from(at.name(&MONTHS, *full)?) + 1,
            Part::WeekdayName { full, .. } => weekday = Some(at.name(&WEEKDAYS, *full)?),
            Part::Hour(pad) => hour = padded(&mut at, *pad, least).filter(|h| *h < 24)?,
            Part::Hour12(pad) => hour = padded(&mut at, *pad, least).filter(|h| (1..=12).contains(h))? % 12,
            Part::Minute => minute = at.number(2, 2).filter(|m| *m < 60)?,
            Part::Second => second = at.number(2, 2).filter(|s| *s < 60)?,
            Part::Fraction(digits) => micros = fraction(&mut at, *digits)?,
            Part::Half(_) => afternoon = Some(if at.take(b"AM") { false } else { at.take(b"PM").then_some(true)? }),
            Part::Offset { colon, minutes } => {
                let sign = if at.take(b"+") { 1 } else { at.take(b"-").then_some(-1)? };
                let hours = at.number(2, 2).filter(|h| *h < 24)?;
                if *colon {
                    at.take(b":").then_some(())?;
                }
                let rest = if *minutes { at.number(2, 2).filter(|m| *m < 60)? } else { 0 };
                offset = sign * (hours * 3600 + rest * 60) as i32;
            }
            Part::Epoch => {
                sign = if at.take(b"-") { -1 } else { 1 };
                let fraction = match next {
                    Some(Part::Fraction(Digits::Fixed(n))) => usize::from(*n),
                    _ => 0,
                };
                let n = at.0.iter().take_while(|b| b.is_ascii_digit()).count().checked_sub(fraction)?;
                epoch = Some(sign * at.number(1, n.min(12))?);
            }
        }
    }
    if !at.0.is_empty() {
        return None;
    }
    if let Some(seconds) = epoch {
        return Some(Moment { seconds, micros: sign * micros, offset: 0 });
    }
    if afternoon == Some(true) {
        hour += 12;
    }
    let days = match year {
        Some(year) => days(year, month as u8, day as u8)?,
        None => 0,
    };
    if let Some(said) = weekday
        && (days + 3).rem_euclid(7) != i64::from(said)
    {
        return None;
    }
    Some(Moment { seconds: days * DAY + hour * 3600 + minute * 60 + second - i64::from(offset), micros, offset })
}

fn padded(at: &mut Bytes, pad: Pad, least: usize) -> Option<i64> {
    if pad == Pad::Space {
        at.take(b" ");
    }
    at.number(if pad == Pad::Zero { least } else { 1 }, 2)
}

/// Millionths of a second; what is finer is dropped.
fn fraction(at: &mut Bytes, digits: Digits) -> Option<i64> {
    let (least, most) = match digits {
        Digits::Fixed(n) => (usize::from(n), usize::from(n)),
        Digits::Needed => (1, 9),
        Digits::UnlessZero(n) => (usize::from(n), usize::from(n)),
    };
    if !matches!(digits, Digits::Fixed(_)) && !at.take(b".") {
        return Some(0);
    }
    let before = at.0.len();
    let n = at.number(least, most)?;
    let read = (before - at.0.len()) as i32;
    Some(if read <= 6 { n * 10i64.pow((6 - read) as u32) } else { n / 10i64.pow((read - 6) as u32) })
}

/// Appends the text of a moment.
pub(super) fn write(parts: &[Part], moment: Moment, out: &mut String) {
    let local = moment.seconds.saturating_add(i64::from(moment.offset));
    let (day, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    // Callers keep the moment inside of the calendar; its ends stand for what is outside.
    let date = date_of(day as f64).unwrap_or(if day < 0 { Date::MIN } else { Date::MAX });
    let (year, month) = (date.year(), u8::from(date.month()));
    for part in parts {
        match part {
            Part::Literal(c) => out.push(*c),
            Part::Year => number(out, i64::from(year.clamp(0, 9999)), 4, b'0'),
            Part::ShortYear => number(out, i64::from(year.rem_euclid(100)), 2, b'0'),
            Part::Month(pad) => two(out, month, *pad),
            Part::Day(pad) => two(out, date.day(), *pad),
            Part::MonthName { full, case } => name(out, MONTHS[usize::from(month) - 1], *full, *case),
            Part::WeekdayName { full, case } => {
                name(out, WEEKDAYS[usize::from(date.weekday().number_days_from_monday())], *full, *case)
            }
            Part::Hour(pad) => two(out, (time / 3600) as u8, *pad),
            Part::Hour12(pad) => two(out, ((time / 3600 + 11) % 12 + 1) as u8, *pad),
            Part::Minute => number(out, time / 60 % 60, 2, b'0'),
            Part::Second => number(out, time % 60, 2, b'0'),
            Part::Fraction(digits) => write_fraction(out, moment.micros.abs(), *digits),
            Part::Half(case) => name(out, if time >= DAY / 2 { "PM" } else { "AM" }, true, *case),
            Part::Offset { colon, minutes } => {
                out.push(if moment.offset < 0 { '-' } else { '+' });
                let offset = i64::from(moment.offset).abs() / 60;
                number(out, offset / 60, 2, b'0');
                if *colon {
                    out.push(':');
                }
                if *minutes {
                    number(out, offset % 60, 2, b'0');
                }
            }
            Part::Epoch => {
                if moment.seconds < 0 || moment.micros < 0 {
                    out.push('-');
                }
                number(out, moment.seconds.saturating_abs(), 1, b'0');
            }
        }
    }
}

fn two(out: &mut String, n: u8, pad: Pad) {
    match pad {
        Pad::Zero => number(out, i64::from(n), 2, b'0'),
        Pad::None => number(out, i64::from(n), 1, b'0'),
        Pad::Space => number(out, i64::from(n), 2, b' '),
    }
}

/// Appends a number that is not negative, filled from the left to `width`.
fn number(out: &mut String, n: i64, width: usize, fill: u8) {
    let mut digits = [fill; 20];
    let (mut at, mut rest) = (20, n);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[at.min(20 - width)..].iter().map(|b| char::from(*b)));
}

fn name(out: &mut String, name: &str, full: bool, case: Case) {
    let name = if full { name } else { &name[..3] };
    match case {
        Case::Title => out.push_str(name),
        Case::Upper => out.push_str(&name.to_ascii_uppercase()),
        Case::Lower => out.push_str(&name.to_ascii_lowercase()),
    }
}

fn write_fraction(out: &mut String, micros: i64, digits: Digits) {
    let fixed = |out: &mut String, n: u8| match n {
        0..=6 => number(out, micros / 10i64.pow(u32::from(6 - n)), usize::from(n), b'0'),
        _ => {
            number(out, micros, 6, b'0');
            out.extend(std::iter::repeat_n('0', usize::from(n) - 6));
        }
    };
    match digits {
        Digits::Fixed(n) => fixed(out, n),
        _ if micros == 0 => {}
        Digits::UnlessZero(n) => {
            out.push('.');
            fixed(out, n);
        }
        Digits::Needed => {
            out.push('.');
            fixed(out, 6);
            out.truncate(out.trim_end_matches('0').len());
        }
    }
}
