//! A format of dates, as `strftime` writes it: `%d/%m/%Y`. Not here: the texts of a format (`date_text.rs`), which format a column
//! has (`dates.rs`).

/// How a number of two digits is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pad {
    /// `03`.
    Zero,
    /// `3`.
    None,
    /// ` 3`.
    Space,
}

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// `Jan`.
    Title,
    /// `JAN`.
    Upper,
    /// `jan`.
    Lower,
}

/// How the digits of a fraction are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    /// Always that many; a literal before them is the point.
    Fixed(u8),
    /// A point and as many as are needed, or nothing.
    Needed,
    /// A point and that many, or nothing for zero.
    UnlessZero(u8),
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(char),
    Year,
    ShortYear,
    Month(Pad),
    Day(Pad),
    MonthName {
        full: bool,
        case: Case,
    },
    WeekdayName {
        full: bool,
        case: Case,
    },
    Hour(Pad),
    Hour12(Pad),
    Minute,
    Second,
    Fraction(Digits),
    Half(Case),
    /// The offset from UTC: `+0200`, `+02:00` or, without minutes, `+02`.
    Offset {
        colon: bool,
        minutes: bool,
    },
    /// Seconds since 1970-01-01 UTC.
    Epoch,
}

/// Reads a format.
///
/// # Errors
/// A directive that is unknown or stands twice; a day without a month or a month without a year.
pub(super) fn parts(format: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut letters = format.chars().peekable();
    while let Some(c) = letters.next() {
        if c != '%' {
            parts.push(Part::Literal(c));
            continue;
        }
        let mut flags = String::new();
        while let Some(&f) = letters.peek()
            && !f.is_ascii_alphabetic()
            && f != '%'
            && flags.len() < 8
        {
            flags.push(f);
            letters.next();
        }
        let letter = letters.next().ok_or_else(|| format!("the format {format:?} ends after %"))?;
        parts.push(directive(&flags, letter).ok_or_else(|| {
            format!(
                "the format {format:?} has %{flags}{letter}; known are %Y %y %m %-m %d %-d %e %b %B %a %A (%^b in capitals, %#b small), \
                 %H %-H %I %-I %M %S %p %P, fractions of a second %f %3f %.f, offsets %z %:z, %s for seconds since 1970"
            )
        })?);
    }
    sound(&parts).map_err(|why| format!("the format {format:?} {why}"))?;
    Ok(parts)
}

fn directive(flags: &str, letter: char) -> Option<Part> {
    let pad = match flags {
        "" => Some(Pad::Zero),
        "-" => Some(Pad::None),
        "_" => Some(Pad::Space),
        _ => None,
    };
    let case = match flags {
        "" => Some(Case::Title),
        "^" => Some(Case::Upper),
        "#" => Some(Case::Lower),
        _ => None,
    };
    let plain = flags.is_empty().then_some(());
    Some(match letter {
        '%' => plain.map(|()| Part::Literal('%'))?,
        'Y' => plain.map(|()| Part::Year)?,
        'y' => plain.map(|()| Part::ShortYear)?,
        'm' => Part::Month(pad?),
        'd' => Part::Day(pad?),
        'e' => plain.map(|()| Part::Day(Pad::Space))?,
        'b' | 'h' => Part::MonthName { full: false, case: case? },
        'B' => Part::MonthName { full: true, case: case? },
        'a' => Part::WeekdayName { full: false, case: case? },
        'A' => Part::WeekdayName { full: true, case: case? },
        'H' => Part::Hour(pad?),
        'I' => Part::Hour12(pad?),
        'M' => plain.map(|()| Part::Minute)?,
        'S' => plain.map(|()| Part::Second)?,
        'p' => plain.map(|()| Part::Half(Case::Upper))?,
        'P' => plain.map(|()| Part::Half(Case::Lower))?,
        's' => plain.map(|()| Part::Epoch)?,
        'z' => match flags {
            "" => Part::Offset { colon: false, minutes: true },
            ":" => Part::Offset { colon: true, minutes: true },
            ":::" => Part::Offset { colon: false, minutes: false },
            _ => return None,
        },
        'f' => Part::Fraction(match flags.strip_prefix("?.") {
            Some(digits) => Digits::UnlessZero(digits.parse().ok().filter(|d| (1..=9).contains(d))?),
            None if flags.is_empty() => Digits::Fixed(6),
            None if flags == "." => Digits::Needed,
            None => Digits::Fixed(flags.parse().ok().filter(|d| (1..=9).contains(d))?),
        }),
        _ => return None,
    })
}

/// The text of a format; [`parts`] reads it back.
pub(super) fn text_of(parts: &[Part]) -> String {
    let pad = |p: Pad| ["", "-", "_"][p as usize];
    let case = |c: Case| ["", "^", "#"][c as usize];
    parts
        .iter()
        .map(|part| match part {
            Part::Literal('%') => "%%".to_string(),
            Part::Literal(c) => c.to_string(),
            Part::Year => "%Y".to_string(),
            Part::ShortYear => "%y".to_string(),
            Part::Month(p) => format!("%{}m", pad(*p)),
            Part::Day(Pad::Space) => "%e".to_string(),
            Part::Day(p) => format!("%{}d", pad(*p)),
            Part::MonthName { full, case: c } => format!("%{}{}", case(*c), if *full { 'B' } else { 'b' }),
            Part::WeekdayName { full, case: c } => format!("%{}{}", case(*c), if *full { 'A' } else { 'a' }),
            Part::Hour(p) => format!("%{}H", pad(*p)),
            Part::Hour12(p) => format!("%{}I", pad(*p)),
            Part::Minute => "%M".to_string(),
            Part::Second => "%S".to_string(),
            Part::Fraction(Digits::Fixed(6)) => "%f".to_string(),
            Part::Fraction(Digits::Fixed(n)) => format!("%{n}f"),
            Part::Fraction(Digits::Needed) => "%.f".to_string(),
            Part::Fraction(Digits::UnlessZero(n)) => format!("%?.{n}f"),
            Part::Half(Case::Lower) => "%P".to_string(),
            Part::Half(_) => "%p".to_string(),
            Part::Offset { colon: true, .. } => "%:z".to_string(),
            Part::Offset { minutes: true, .. } => "%z".to_string(),
            Part::Offset { .. } => "%:::z".to_string(),
            Part::Epoch => "%s".to_string(),
        })
        .collect()
}

/// Whether the parts say one moment.
fn sound(parts: &[Part]) -> Result<(), String> {
    let count = |test: fn(&Part) -> bool| parts.iter().filter(|p| test(p)).count();
    let of = [
        ("year", count(|p| matches!(p, Part::Year | Part::ShortYear))),
        ("month", count(|p| matches!(p, Part::Month(_) | Part::MonthName { .. }))),
        ("day", count(|p| matches!(p, Part::Day(_)))),
        ("weekday", count(|p| matches!(p, Part::WeekdayName { .. }))),
        ("hour", count(|p| matches!(p, Part::Hour(_) | Part::Hour12(_)))),
        ("minute", count(|p| matches!(p, Part::Minute))),
        ("second", count(|p| matches!(p, Part::Second | Part::Epoch))),
        ("fraction", count(|p| matches!(p, Part::Fraction(_)))),
        ("half of the day", count(|p| matches!(p, Part::Half(_)))),
        ("offset", count(|p| matches!(p, Part::Offset { .. }))),
    ];
    if let Some((name, _)) = of.iter().find(|(_, n)| *n > 1) {
        return Err(format!("has the {name} twice"));
    }
    // Numbers of any number of digits need something after them that is no digit.
    let open = |part: &Part, next: &Part| match part {
        Part::Month(pad) | Part::Day(pad) | Part::Hour(pad) | Part::Hour12(pad) => {
            *pad != Pad::Zero && starts_with_digit(next)
        }
        Part::Fraction(Digits::Fixed(_)) => false,
        Part::Fraction(_) => starts_with_digit(next) || *next == Part::Literal('.'),
        Part::Epoch => starts_with_digit(next) && !matches!(next, Part::Fraction(_)),
        _ => false,
    };
    let open_epoch = |w: &[Part]| w[0] == Part::Epoch && matches!(w[1], Part::Fraction(_)) && starts_with_digit(&w[2]);
    if parts.windows(2).any(|w| open(&w[0], &w[1])) || parts.windows(3).any(open_epoch) {
        return Err("has digits right after a number whose length is open".to_string());
    }
    let [year, month, day, weekday, hour, minute, second, fraction, half, _] = of.map(|(_, n)| n == 1);
    let epoch = count(|p| matches!(p, Part::Epoch)) == 1;
    let fraction_first =
        parts.iter().find(|p| matches!(p, Part::Epoch | Part::Fraction(_))).is_some_and(|p| *p != Part::Epoch);
    let twelve = count(|p| matches!(p, Part::Hour12(_))) == 1;
    for (wrong, why) in [
        (epoch && (year || month || day || weekday || hour || minute || half), "has %s beside other parts of a date"),
        (month && !year, "has a month but no year"),
        (day && !month, "has a day but no month"),
        (weekday && !day, "has a weekday but no day"),
        (minute && !hour, "has a minute but no hour"),
        (second && !epoch && !minute, "has a second but no minute"),
        (fraction && !second, "has a fraction but no second"),
        (epoch && fraction_first, "has a fraction before %s"),
        (twelve != half, "has only one of %I and %p"),
        (year && !day && (hour || weekday), "has a time but no day"),
        (!year && !hour && !epoch, "has neither a year nor an hour"),
    ] {
        if wrong {
            return Err(why.to_string());
        }
    }
    Ok(())
}

fn starts_with_digit(part: &Part) -> bool {
    match part {
        Part::Literal(c) => c.is_ascii_digit(),
        Part::Fraction(digits) => matches!(digits, Digits::Fixed(_)),
        Part::MonthName { .. } | Part::WeekdayName { .. } | Part::Half(_) | Part::Offset { .. } => false,
        _ => true,
    }
}
