//! A text with a number in it, taken apart: sign, unit, digits, exponent. Not here: the form of a column (`numbers.rs`).

use super::numbers::WHOLE;

/// The parts of a text such as `-$1,200.50`, `3.1e-07` or `70 kg`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parts<'t> {
    /// The sign, `+` or `-`; `-` in parentheses too.
    pub(super) sign: Option<u8>,
    /// Whether the sign stands behind the prefix.
    pub(super) sign_behind: bool,
    pub(super) parentheses: bool,
    pub(super) prefix: &'t str,
    /// The digits before the point, with what separates thousands.
    pub(super) whole: &'t str,
    /// Those behind it; a point has at least one.
    pub(super) decimals: &'t str,
    pub(super) exponent: Option<Power<'t>>,
    pub(super) suffix: &'t str,
}

/// An exponent: `e-07`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Power<'t> {
    pub(super) letter: u8,
    pub(super) sign: Option<u8>,
    pub(super) digits: &'t str,
}

impl Power<'_> {
    pub(super) fn value(&self) -> Option<i32> {
        let size: i32 = self.digits.parse().ok().filter(|size| *size < 400)?;
        Some(if self.sign == Some(b'-') { -size } else { size })
    }
}

/// Powers of ten that are numbers of 64 bits exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
/// Codes of currencies that stand before amounts.
const CURRENCIES: [&str; 24] = [
    "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "BRL",
    "MXN", "ZAR", "TRY", "RUB", "KRW", "SGD", "HKD", "NZD",
];
/// Most bytes of a text with a number, and of its unit.
const LONGEST: usize = 400;
const LONGEST_UNIT: usize = 24;

impl<'t> Parts<'t> {
    /// Takes a text apart that has one number in it, with `point` before the decimals and `group` between thousands. `None` for
    /// any other text.
    pub(super) fn of(text: &'t str, point: char, group: Option<char>) -> Option<Parts<'t>> {
        if text.len() > LONGEST {
            return None;
        }
        let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let parentheses = inner.is_some();
        let text = inner.unwrap_or(text);
        let is_sign = |rest: &str| rest.bytes().next().filter(|b| matches!(b, b'+' | b'-'));
        let digit = |rest: &str| rest.bytes().next().is_some_and(|b| b.is_ascii_digit());
        let mut sign = is_sign(text).filter(|_| !parentheses);
        let rest = &text[usize::from(sign.is_some())..];
        let begins = |rest: &str| digit(rest) || rest.strip_prefix(point).is_some_and(digit);
        let start = match begins(rest) {
            true => 0,
            false => rest.char_indices().find(|(at, _)| begins(&rest[*at..]) || is_sign(&rest[*at..]).is_some())?.0,
        };
        let (prefix, mut rest) = rest.split_at(start);
        let mut sign_behind = false;
        if let Some(second) = is_sign(rest) {
            if sign.is_some() || parentheses || prefix.is_empty() {
                return None;
            }
            (sign, sign_behind, rest) = (Some(second), true, &rest[1..]);
            if !begins(rest) {
                return None;
            }
        }
        if !is_prefix(prefix) {
            return None;
        }
        let (whole, rest) = rest.split_at(whole_length(rest, group));
        let decimals = rest.strip_prefix(point).map_or("", leading_digits);
        let rest = if decimals.is_empty() { rest } else { &rest[1 + decimals.len()..] };
        let exponent = power(rest);
        let suffix = &rest[exponent.map_or(0, |power| 1 + usize::from(power.sign.is_some()) + power.digits.len())..];
        if suffix.len() > LONGEST_UNIT || suffix.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        let sign = if parentheses { Some(b'-') } else { sign };
        Some(Parts { sign, sign_behind, parentheses, prefix, whole, decimals, exponent, suffix })
    }

    /// Whether the digits are written as numbers are: no zeros before them, thousands separated everywhere or nowhere.
    pub(super) fn is_plain(&self, group: Option<char>) -> bool {
        let zeros = self.whole.len() > 1 && self.whole.starts_with('0');
        let grouped = group.is_none_or(|group| {
            let mut runs = self.whole.rsplit(group);
            let alone = !self.whole.contains(group);
            let last = runs.next_back().unwrap_or("");
            alone || (1..=3).contains(&last.len()) && runs.all(|run| run.len() == 3)
        });
        !zeros && grouped && (!self.whole.is_empty() || !self.decimals.is_empty())
    }

    /// Number of digits before the point.
    pub(super) fn whole_digits(&self) -> usize {
        self.whole.bytes().filter(u8::is_ascii_digit).count()
    }

    /// The number, where one of 64 bits is meant: not endless, and not a whole one above 2^53.
    pub(super) fn value(&self) -> Option<f64> {
        let digits = self.whole.bytes().filter(u8::is_ascii_digit).chain(self.decimals.bytes());
        let size = match (self.whole.len() + self.decimals.len() <= 15, self.exponent) {
            // Both are exact, so that the quotient is the nearest number.
            (true, None) => {
                let all = digits.fold(0u64, |all, digit| all * 10 + u64::from(digit - b'0'));
                all as f64 / POWERS[self.decimals.len()]
            }
            _ => {
                let mut text: String = self.whole.chars().filter(char::is_ascii_digit).collect();
                text.push('.');
                text.push_str(self.decimals);
                if let Some(power) = self.exponent {
                    text.push_str(&format!("e{}", power.value()?));
                }
                let size: f64 = text.parse().ok()?;
                if !size.is_finite() || self.exponent.is_none() && size > WHOLE {
                    return None;
                }
                size
            }
        };
        Some(if self.sign == Some(b'-') { -size } else { size })
    }
}

fn leading_digits(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_digit).count()]
}

/// The length of the digits at the beginning of a text, with single separators between them.
fn whole_length(text: &str, group: Option<char>) -> usize {
    let mut length = leading_digits(text).len();
    while let Some(group) = group
        && let Some(rest) = text[length..].strip_prefix(group)
        && length > 0
        && let more @ 1.. = leading_digits(rest).len()
    {
        length += group.len_utf8() + more;
    }
    length
}

fn power(text: &str) -> Option<Power<'_>> {
    let letter = text.bytes().next().filter(|b| matches!(b, b'e' | b'E'))?;
    let sign = text.as_bytes().get(1).copied().filter(|b| matches!(b, b'+' | b'-'));
    let digits = leading_digits(&text[1 + usize::from(sign.is_some())..]);
    (!digits.is_empty()).then_some(Power { letter, sign, digits })
}

/// Whether a text may stand before numbers: signs, and currencies. Letters before digits are codes: `M17`.
fn is_prefix(text: &str) -> bool {
    let bare = text.trim();
    let currency = |c: char| "$€£¥₹₽₩₺₫₪฿₴₦".contains(c);
    text.len() <= LONGEST_UNIT
        && (CURRENCIES.contains(&bare)
            || ["Rs", "Rs.", "kr"].contains(&bare)
            || bare.chars().any(currency) && bare.chars().count() <= 4
            || !bare.chars().any(|c| c.is_alphanumeric() || ".,:/'_\"()".contains(c)))
}
