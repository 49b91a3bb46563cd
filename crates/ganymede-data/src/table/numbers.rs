//! How the numbers of a column are written, and back: decimals, thousands, signs, exponents, units. Not here: how the form of a
//! column is found (`number_survey.rs`), one text taken apart (`number_parts.rs`), which columns are numbers (`infer.rs`).

use super::number_parts::Parts;
use super::number_survey;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// 2^53: above it, whole numbers are not all numbers of 64 bits.
pub(super) const WHOLE: f64 = 9_007_199_254_740_992.0;

/// How the numbers of a column are written: `$1,200.00`, `8.1%`, `3,142e-07`.
///
/// [`NumberForm::write`] gives of a number what the column would have; every text that the form was found from comes back byte
/// for byte.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberForm {
    /// What stands before each number: `$`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// What stands behind each number: ` kg`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suffix: String,
    /// Whether a comma stands before the decimals instead of a point.
    #[serde(default, skip_serializing_if = "is_default")]
    pub decimal_comma: bool,
    /// What separates thousands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<char>,
    /// The decimals of a number without exponent.
    #[serde(default)]
    pub decimals: Digits,
    /// Which numbers have an exponent, and how it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exponent: Option<Exponent>,
    /// Which numbers have a plus.
    #[serde(default, skip_serializing_if = "is_default")]
    pub plus: Plus,
    /// How a negative number is told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub minus: Minus,
    /// Whether numbers below 1 have no 0 before the point: `.5`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bare_point: bool,
    /// Whole numbers that are written without the decimals that all others have: `-999` beside `5.40`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bare_wholes: Vec<f64>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How many decimals a number has: as many as it needs, but at least and at most so many. It is rounded to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digits {
    /// With zeros up to these.
    pub least: u8,
    /// Rounded to these.
    pub most: u8,
}

/// Which numbers have an exponent, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exponent {
    /// `e` or `E`.
    pub letter: char,
    /// Whether an exponent of 0 or more has a plus.
    pub plus: bool,
    /// With zeros up to so many digits.
    pub digits: u8,
    /// The decimals before it.
    pub decimals: Digits,
    /// Numbers from 10^low on have no exponent …
    pub low: i32,
    /// … up to below 10^high; where it is not above `low`, all have one.
    pub high: i32,
}

/// Which numbers have a plus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plus {
    /// None.
    #[default]
    Never,
    /// Those above 0.
    Positive,
    /// Those above 0, and 0.
    NotNegative,
}

/// How a negative number is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Minus {
    /// `-$5`.
    #[default]
    First,
    /// `$-5`.
    BehindPrefix,
    /// `($5)`.
    Parentheses,
}

impl NumberForm {
    /// The form of a column, all of whose texts come back byte for byte: `write(parse(text)) == text`. `None` where there is no
    /// such form: other texts, zeros before a number (`02139`), whole numbers above 2^53, endless ones.
    ///
    /// `texts`: cells without spaces around them, of which none is missing. `comma`: whether `1,234` is 1.234 where the texts leave it
    /// open; else it is 1234.
    pub fn find(texts: &[&str], comma: bool) -> Option<NumberForm> {
        number_survey::find(texts, comma, true)
    }

    /// The form of a column of numbers, some of which may come back in another way (`2.10` as `2.1`), with how many these are.
    pub fn nearest(texts: &[&str], comma: bool) -> Option<(NumberForm, usize)> {
        let form = number_survey::find(texts, comma, false)?;
        let changed = texts.iter().filter(|text| form.parse(text).is_none_or(|x| form.text(x) != **text)).count();
        Some((form, changed))
    }

    /// The number of a text of this form. Whether zeros stand at its end, thousands are separated and the unit is there does not
    /// matter. `None` for any other text.
    pub fn parse(&self, text: &str) -> Option<f64> {
        let parts = Parts::of(text, self.point(), self.group)?;
        let bare = parts.prefix.is_empty() && parts.suffix.is_empty();
        let unit = parts.prefix == self.prefix && parts.suffix == self.suffix;
        if !(bare || unit) || !parts.is_plain(self.group) {
            return None;
        }
        parts.value()
    }

    /// The text of a number; endless numbers have none of their own and are written as 0.
    pub fn text(&self, x: f64) -> String {
        let mut out = String::new();
        self.write(&mut out, x);
        out
    }

    /// Writes a number, rounded to the decimals of the form.
    pub fn write(&self, out: &mut String, x: f64) {
        let x = if x.is_finite() { x } else { 0.0 };
        let bare = self.bare_wholes.contains(&x);
        let body = if bare { self.plain(&x.abs().to_string(), Digits::default()) } else { self.body(x.abs()) };
        let digits = body.split(['e', 'E']).next().unwrap_or_default();
        let zero = !digits.bytes().any(|b| b.is_ascii_digit() && b != b'0');
        // What is rounded to 0 has no sign, but −0 has.
        let negative = x.is_sign_negative() && (x == 0.0 || !zero);
        let plus = !negative && (self.plus == Plus::NotNegative || self.plus == Plus::Positive && !zero);
        match self.minus {
            _ if !negative => {
                // A plus stands where a minus would.
                let sign = if plus { "+" } else { "" };
                match self.minus {
                    Minus::BehindPrefix => [&self.prefix[..], sign].map(|part| out.push_str(part)),
                    _ => [sign, &self.prefix].map(|part| out.push_str(part)),
                };
            }
            Minus::First => ["-", &self.prefix].into_iter().for_each(|part| out.push_str(part)),
            Minus::BehindPrefix => [&self.prefix[..], "-"].into_iter().for_each(|part| out.push_str(part)),
            Minus::Parentheses => ["(", &self.prefix].into_iter().for_each(|part| out.push_str(part)),
        }
        out.push_str(&body);
        out.push_str(&self.suffix);
        if negative && self.minus == Minus::Parentheses {
            out.push(')');
        }
    }

    /// Whether all numbers are written as whole ones.
    pub fn is_whole(&self) -> bool {
        self.decimals.most == 0 && self.exponent.is_none()
    }

    /// The decimals that the column can write, at most; `None` with exponents, where they depend on the number.
    pub fn most_decimals(&self) -> Option<u8> {
        self.exponent.is_none().then_some(self.decimals.most)
    }

    /// The same with other decimals: always `decimals` of them.
    pub fn with_decimals(mut self, decimals: u8) -> NumberForm {
        let digits = Digits { least: decimals, most: decimals };
        match &mut self.exponent {
            Some(exponent) => exponent.decimals = digits,
            None => self.decimals = digits,
        }
        self
    }

    pub(super) fn point(&self) -> char {
        if self.decimal_comma { ',' } else { '.' }
    }

    /// A number that is not negative, without sign and unit.
    fn body(&self, x: f64) -> String {
        if let Some(exponent) = &self.exponent {
            let shortest = format!("{x:e}");
            let power = |text: &str| text.split_once('e').and_then(|(_, power)| power.parse::<i32>().ok()).unwrap_or(0);
            let at = power(&shortest);
            if exponent.low >= exponent.high || (at < exponent.low || at >= exponent.high) && x != 0.0 {
                let most = usize::from(exponent.decimals.most);
                let decimals = |text: &str| text.split_once('.').map_or(0, |(_, rest)| rest.find('e').unwrap_or(0));
                let rounded = if decimals(&shortest) > most { format!("{x:.most$e}") } else { shortest };
                let (mantissa, _) = rounded.split_once('e').unwrap_or((&rounded, ""));
                let mut out = self.plain(mantissa, exponent.decimals);
                let at = power(&rounded);
                out.push(exponent.letter);
                out.push_str(if at < 0 {
                    "-"
                } else if exponent.plus {
                    "+"
                } else {
                    ""
                });
                // Writing to a string does not fail.
                let _ = write!(out, "{:0width$}", at.unsigned_abs(), width = usize::from(exponent.digits));
                return out;
            }
        }
        let most = usize::from(self.decimals.most);
        let shortest = format!("{x}");
        let decimals = shortest.split_once('.').map_or(0, |(_, rest)| rest.len());
        let rounded = if decimals > most { format!("{x:.most$}") } else { shortest };
        self.plain(&rounded, self.decimals)
    }

    /// Digits with a point at most, as the form has them: with its zeros, its point and its thousands.
    fn plain(&self, digits: &str, decimals: Digits) -> String {
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        let least = usize::from(decimals.least);
        let needed = rest.trim_end_matches('0').len().max(least.min(rest.len()));
        let rest = &rest[..needed];
        let mut out = String::with_capacity(digits.len() + 8);
        if !(self.bare_point && whole == "0" && !(rest.is_empty() && least == 0)) {
            for (at, digit) in whole.char_indices() {
                if let Some(group) = self.group
                    && at > 0
                    && (whole.len() - at).is_multiple_of(3)
                {
                    out.push(group);
                }
                out.push(digit);
            }
        }
        if !rest.is_empty() || least > 0 {
            out.push(self.point());
            out.push_str(rest);
            out.extend(std::iter::repeat_n('0', least.saturating_sub(rest.len())));
        }
        out
    }

    /// What is wrong with a form, where it comes from a file that somebody changed.
    pub(super) fn fault(&self) -> Option<String> {
        let wrong = |digits: &Digits| digits.least > digits.most || digits.most > 40;
        let affix = |text: &String| text.len() > 64 || text.bytes().any(|b| b.is_ascii_digit());
        let exponent = |e: &Exponent| wrong(&e.decimals) || !"eE".contains(e.letter) || e.digits > 4;
        let group = self.group.is_some_and(|c| c == self.point() || c.is_ascii_digit() || "+-eE\"".contains(c));
        let bad = wrong(&self.decimals)
            || affix(&self.prefix)
            || affix(&self.suffix)
            || self.exponent.as_ref().is_some_and(exponent)
            || self.bare_wholes.len() > 64
            || self.bare_wholes.iter().any(|x| !x.is_finite() || x.fract() != 0.0 || x.abs() > WHOLE)
            || group;
        bad.then(|| format!("expected the form of a number, found {self:?}"))
    }
}
