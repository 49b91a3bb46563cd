//! Which formats a text can have, if it is a date. Not here: which of them all texts of a column have (`dates.rs`).

use super::date_format::{Case, Digits, Pad, Part};

/// A piece of a text: a run of digits or of letters, or another character.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Digits(&'a str),
    Letters(&'a str),
    Sign(char),
}

const SHORT_MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const LONG_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const SHORT_DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const LONG_DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// No date is longer: `Wednesday, 30 September 2020 12:30:05.123456789 +02:00`.
const LONGEST: usize = 64;

/// The formats that a text may have, the more usual first.
pub(super) fn candidates(text: &str) -> Vec<Vec<Part>> {
    if text.len() > LONGEST || !text.is_ascii() || !text.bytes().any(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let tokens = tokens(text);
    let start = clock_start(&tokens);
    let (date, rest) = tokens.split_at(start);
    let clocks = if rest.is_empty() { vec![(Vec::new(), &rest[..0])] } else { clocks(rest) };
    let mut found = Vec::new();
    for (clock, after) in &clocks {
        // Wed Jan  3 12:00:00 2021: the year may come after the time.
        let whole: Vec<Token> = date.iter().chain(*after).copied().collect();
        if whole.is_empty() {
            found.push(clock.clone());
            continue;
        }
        for (parts, split) in dates(&whole, date.len()) {
            if !clock.is_empty() && !parts.iter().any(|p| matches!(p, Part::Day(_))) {
                continue;
            }
            let (before, behind) = parts.split_at(split);
            found.push(before.iter().chain(clock).chain(behind).cloned().collect());
        }
    }
    found.retain(|parts: &Vec<Part>| super::date_format::parts(&super::date_format::text_of(parts)).is_ok());
    found
}

/// The formats of seconds or thousandths of them since 1970, where the column's name speaks of a time.
pub(super) fn epochs(name: &str, text: &str) -> Vec<Vec<Part>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number = |t: &str| {
        (!t.is_empty() && t.len() <= 13 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<i64>().ok())?
    };
    let Some(n) = number(whole).filter(|_| says_time(name)) else { return Vec::new() };
    // 1990 to 2040.
    let plausible = 631_152_000..2_208_988_800;
    let digits = fraction.len();
    match () {
        () if plausible.contains(&(n / 1000)) && !text.contains('.') => {
            vec![vec![Part::Epoch, Part::Fraction(Digits::Fixed(3))]]
        }
        () if !plausible.contains(&n) => Vec::new(),
        () if !text.contains('.') => vec![vec![Part::Epoch], vec![Part::Epoch, Part::Fraction(Digits::Needed)]],
        () if number(fraction).is_some() && digits <= 9 => vec![
            vec![Part::Epoch, Part::Literal('.'), Part::Fraction(Digits::Fixed(digits as u8))],
            vec![Part::Epoch, Part::Fraction(Digits::Needed)],
        ],
        () => Vec::new(),
    }
}

/// Whether the name of a column speaks of a time: `created_at`, `timestamp`, `ts`.
pub(super) fn says_time(name: &str) -> bool {
    let mut words = String::new();
    let mut before = ' ';
    for c in name.chars() {
        // `eventTime` has two words.
        if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.extend(if c.is_alphanumeric() { c.to_lowercase().collect::<Vec<_>>() } else { vec![' '] });
        before = c;
    }
    const WORDS: [&str; 20] = [
        "ts", "at", "on", "day", "month", "period", "when", "since", "until", "created", "updated", "modified",
        "started", "ended", "start", "end", "expires", "yyyymm", "ym", "epoch",
    ];
    const WITHIN: [&str; 5] = ["time", "date", "stamp", "epoch", "datum"];
    words.split_whitespace().any(|w| WORDS.contains(&w) || WITHIN.iter().any(|part| w.contains(part)))
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let kind = |c: char| (c.is_ascii_digit(), c.is_ascii_alphabetic());
        let length = match kind(c) {
            (false, false) => c.len_utf8(),
            k => rest.chars().take_while(|d| kind(*d) == k).map(char::len_utf8).sum(),
        };
        let (run, after) = rest.split_at(length);
        tokens.push(match kind(c) {
            (true, _) => Token::Digits(run),
            (_, true) => Token::Letters(run),
            _ => Token::Sign(c),
        });
        rest = after;
    }
    tokens
}

/// Where the time of day starts: at the digits before the first `:`, at the six or four after a `T`, or at the hour before AM.
fn clock_start(tokens: &[Token]) -> usize {
    let digits = |i: usize, most: usize| matches!(tokens.get(i), Some(Token::Digits(d)) if d.len() <= most);
    let half = |i: usize| matches!(tokens.get(i), Some(Token::Letters(l)) if l.eq_ignore_ascii_case("am") || l.eq_ignore_ascii_case("pm"));
    (0..tokens.len())
        .find(|&i| {
            digits(i, 2) && tokens.get(i + 1) == Some(&Token::Sign(':'))
                || digits(i, 2) && (half(i + 1) || tokens.get(i + 1) == Some(&Token::Sign(' ')) && half(i + 2))
                || i > 0 && digits(i, 6) && matches!(tokens[i - 1], Token::Letters("T"))
        })
        .unwrap_or(tokens.len())
}

/// The formats of a time of day at the start of `tokens`, each with what comes after it.
fn clocks<'a>(tokens: &'a [Token<'a>]) -> Vec<(Vec<Part>, &'a [Token<'a>])> {
    let Some((Token::Digits(hour), mut rest)) = tokens.split_first() else { return Vec::new() };
    let mut parts = Vec::new();
    if hour.len() == 4 || hour.len() == 6 {
        parts
            .extend([Part::Hour(Pad::Zero), Part::Minute].into_iter().chain((hour.len() == 6).then_some(Part::Second)));
    } else {
        for part in [Part::Minute, Part::Second] {
            if let [Token::Sign(':'), Token::Digits(two), after @ ..] = rest
                && two.len() == 2
            {
                parts.extend([Part::Literal(':'), part]);
                rest = after;
            }
        }
    }
    let mut all = vec![(parts, rest)];
    if let [Token::Sign(point @ ('.' | ',')), Token::Digits(fraction), after @ ..] = rest
        && fraction.len() <= 9
        && all[0].0.contains(&Part::Second)
    {
        let n = fraction.len() as u8;
        all[0].0.extend([Part::Literal(*point), Part::Fraction(Digits::Fixed(n))]);
        all[0].1 = after;
        if *point == '.' {
            // Programs that leave out a zero write three or six digits otherwise; those that write what is needed, any number.
            let usual = [Digits::UnlessZero(n), Digits::Needed];
            for digits in if n.is_multiple_of(3) { usual } else { [usual[1], usual[0]] } {
                let mut other = all[0].clone();
                other.0.truncate(other.0.len() - 2);
                other.0.push(Part::Fraction(digits));
                all.push(other);
            }
        }
    } else if all[0].0.contains(&Part::Second) {
        // A fraction that is zero may be left out.
        for digits in [Digits::UnlessZero(6), Digits::UnlessZero(3), Digits::Needed] {
            let mut other = all[0].clone();
            other.0.push(Part::Fraction(digits));
            all.push(other);
        }
    }
    let mut done = Vec::new();
    for (mut parts, mut rest) in all {
        let twelve = match rest {
            [Token::Letters(l), after @ ..] if is_half(l) => Some((vec![half(l)], after)),
            [Token::Sign(' '), Token::Letters(l), after @ ..] if is_half(l) => {
                Some((vec![Part::Literal(' '), half(l)], after))
            }
            _ => None,
        };
        let is_twelve = twelve.is_some();
        if let Some((more, after)) = twelve {
            parts.extend(more);
            rest = after;
        }
        let (more, after) = zone(rest);
        parts.extend(more);
        let pads: &[Pad] = match hour.len() {
            1 => &[Pad::None],
            2 if !hour.starts_with('0') => &[Pad::Zero, Pad::None],
            _ => &[Pad::Zero],
        };
        for pad in pads {
            let first = match hour.len() {
                4 | 6 => None,
                _ if is_twelve => Some(Part::Hour12(*pad)),
                _ => Some(Part::Hour(*pad)),
            };
            done.push((first.into_iter().chain(parts.clone()).collect(), after));
        }
    }
    done
}

fn is_half(letters: &str) -> bool {
    letters.eq_ignore_ascii_case("am") || letters.eq_ignore_ascii_case("pm")
}

fn half(letters: &str) -> Part {
    Part::Half(if letters.starts_with(char::is_lowercase) { Case::Lower } else { Case::Upper })
}

/// The offset at the start of `tokens`, and what comes after it.
fn zone<'a>(tokens: &'a [Token<'a>]) -> (Vec<Part>, &'a [Token<'a>]) {
    let (space, rest) = match tokens {
        [Token::Sign(' '), rest @ ..] => (Some(Part::Literal(' ')), rest),
        rest => (None, rest),
    };
    let with = |parts: Vec<Part>| space.clone().into_iter().chain(parts).collect::<Vec<_>>();
    match rest {
        [Token::Letters(name @ ("Z" | "z" | "UTC" | "GMT")), after @ ..] => {
            (with(name.chars().map(Part::Literal).collect()), after)
        }
        [Token::Sign('+' | '-'), Token::Digits(h), Token::Sign(':'), Token::Digits(m), after @ ..]
            if h.len() == 2 && m.len() == 2 =>
        {
            (with(vec![Part::Offset { colon: true, minutes: true }]), after)
        }
        [Token::Sign('+' | '-'), Token::Digits(d), after @ ..] if d.len() == 4 || d.len() == 2 => {
            (with(vec![Part::Offset { colon: false, minutes: d.len() == 4 }]), after)
        }
        _ => (Vec::new(), tokens),
    }
}

/// The formats of a date without a time, each with the number of parts that the first `split` tokens became.
fn dates(tokens: &[Token], split: usize) -> Vec<(Vec<Part>, usize)> {
    let numbers: Vec<&str> =
        tokens.iter().filter_map(|t| if let Token::Digits(d) = t { Some(*d) } else { None }).collect();
    let named = tokens.iter().any(|t| matches!(t, Token::Letters(l) if !month_names(l).is_empty()));
    let orders: &[&str] = match (numbers.len(), named) {
        (3, false) => &["Ymd", "mdY", "dmY", "Ydm", "ymd", "mdy", "dmy"],
        (2, false) => &["Ym", "mY"],
        (1, false) => &["C", "c", "T", "t"],
        (2, true) => &["dY", "Yd", "dy"],
        (1, true) => &["Y", "y"],
        _ => &[],
    };
    let mut found = Vec::new();
    for order in orders {
        let mut all: Vec<(Vec<Part>, usize)> = vec![(Vec::new(), 0)];
        let mut fields = order.chars();
        for (i, token) in tokens.iter().enumerate() {
            if i == split {
                all.iter_mut().for_each(|(parts, at)| *at = parts.len());
            }
            let two_blanks = i >= 2 && tokens[i - 1] == Token::Sign(' ') && tokens[i - 2] == Token::Sign(' ');
            let options = match token {
                Token::Sign(c) => vec![vec![Part::Literal(*c)]],
                Token::Letters("T") => vec![vec![Part::Literal('T')]],
                Token::Letters(name) => names(name),
                Token::Digits(d) => fields.next().map_or(Vec::new(), |field| field_parts(field, d, two_blanks, named)),
            };
            all = all.iter().flat_map(|so_far| options.iter().map(move |more| joined(so_far, more))).collect();
            if all.len() > 256 {
                return Vec::new();
            }
        }
        if split >= tokens.len() {
            all.iter_mut().for_each(|(parts, at)| *at = parts.len());
        }
        // Version numbers have points and few digits.
        all.retain(|(parts, _)| {
            let bare = parts.iter().any(|p| matches!(p, Part::Day(Pad::None) | Part::Month(Pad::None)));
            let point = parts.contains(&Part::Literal('.')) && !named;
            !(point && bare && (parts.contains(&Part::ShortYear) || order.len() == 2))
        });
        found.extend(all);
    }
    found
}

fn joined((parts, at): &(Vec<Part>, usize), more: &[Part]) -> (Vec<Part>, usize) {
    let mut parts = parts.clone();
    // The blank before `%e` is written by it.
    if let [Part::Day(Pad::Space)] = more
        && parts.ends_with(&[Part::Literal(' '), Part::Literal(' ')])
    {
        parts.pop();
    }
    parts.extend(more.iter().cloned());
    (parts, *at)
}

/// What the digits of a field can be written by.
fn field_parts(field: char, digits: &str, two_blanks: bool, named: bool) -> Vec<Vec<Part>> {
    let (zero, n) = (Pad::Zero, digits.len());
    let pads: Vec<Pad> = match n {
        1 if two_blanks => vec![Pad::Space],
        1 => vec![Pad::None],
        2 if digits.starts_with('0') => vec![Pad::Zero],
        2 if named => vec![Pad::Zero, Pad::None, Pad::Space],
        2 => vec![Pad::Zero, Pad::None],
        _ => vec![],
    };
    let day = [Part::Year, Part::Month(zero), Part::Day(zero)];
    match field {
        'Y' if n == 4 => vec![vec![Part::Year]],
        'y' if n == 2 => vec![vec![Part::ShortYear]],
        'm' => pads.into_iter().map(|p| vec![Part::Month(p)]).collect(),
        'd' => pads.into_iter().map(|p| vec![Part::Day(p)]).collect(),
        'C' if n == 8 => vec![day.to_vec()],
        'c' if n == 6 => vec![day[..2].to_vec()],
        'T' if n == 14 => vec![day.into_iter().chain([Part::Hour(zero), Part::Minute, Part::Second]).collect()],
        't' if n == 12 => vec![day.into_iter().chain([Part::Hour(zero), Part::Minute]).collect()],
        _ => Vec::new(),
    }
}

/// Whether letters are a month's name, short or full.
fn month_names(letters: &str) -> Vec<bool> {
    named(letters, &SHORT_MONTHS, &LONG_MONTHS)
}

fn named(letters: &str, short: &[&str], long: &[&str]) -> Vec<bool> {
    let is = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(letters));
    [(false, is(short)), (true, is(long))].into_iter().filter(|(_, found)| *found).map(|(full, _)| full).collect()
}

fn names(letters: &str) -> Vec<Vec<Part>> {
    let case = match () {
        () if letters.bytes().all(|b| b.is_ascii_lowercase()) => Case::Lower,
        () if letters.bytes().all(|b| b.is_ascii_uppercase()) => Case::Upper,
        () => Case::Title,
    };
    let months = month_names(letters).into_iter().map(|full| vec![Part::MonthName { full, case }]);
    let days = named(letters, &SHORT_DAYS, &LONG_DAYS).into_iter().map(|full| vec![Part::WeekdayName { full, case }]);
    months.chain(days).collect()
}
