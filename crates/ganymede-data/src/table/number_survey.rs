//! How the form of a column of numbers is found: each reading of points and commas is tried on all texts. Not here: what a form is
//! (`numbers.rs`).

use super::number_parts::Parts;
use super::numbers::{Digits, Exponent, Minus, NumberForm, Plus};

/// What may stand before decimals, and between thousands; of several that fit, the first.
const READINGS: [(char, Option<char>); 13] = [
    ('.', None),
    ('.', Some(',')),
    (',', None),
    (',', Some('.')),
    (',', Some(' ')),
    ('.', Some(' ')),
    (',', Some('\u{a0}')),
    (',', Some('\u{202f}')),
    ('.', Some('\u{a0}')),
    ('.', Some('\u{202f}')),
    ('.', Some('\'')),
    ('.', Some('’')),
    ('.', Some('_')),
];
/// Numbers of so few digits come back through 64 bits whatever they are.
const SAFE_DIGITS: usize = 15;
/// At most so many whole numbers may stand without decimals beside numbers that have them always.
const BARE_WHOLES: usize = 5;
/// Python's own: numbers from 1e-4 to below 1e16 have no exponent.
const PYTHON: (i32, i32) = (-4, 16);

/// The form of some texts; `strict`: that gives each of them back.
pub(super) fn find(texts: &[&str], comma: bool, strict: bool) -> Option<NumberForm> {
    texts.first()?;
    let mut readings = READINGS;
    if comma {
        readings.swap(1, 2);
    }
    let whole = |texts: &[&str]| {
        let form = |(point, group)| Survey::of(texts, point, group, strict)?.form(texts, comma, strict);
        readings.into_iter().find_map(form)
    };
    whole(texts).or_else(|| with_bare_wholes(texts, whole))
}

/// The form of texts with decimals, beside a few whole numbers without.
fn with_bare_wholes(texts: &[&str], find: impl Fn(&[&str]) -> Option<NumberForm>) -> Option<NumberForm> {
    let has_decimals = |text: &str| {
        let mut digits = text.bytes().skip_while(|b| !b".,".contains(b)).skip(1);
        digits.next().is_some_and(|b| b.is_ascii_digit())
    };
    let (decimals, wholes): (Vec<&str>, Vec<&str>) = texts.iter().partition(|text| has_decimals(text));
    if wholes.is_empty() || wholes.len() > BARE_WHOLES || wholes.len() * 10 > decimals.len() {
        return None;
    }
    let mut form = find(&decimals).filter(|form| form.exponent.is_none() && form.decimals.least > 0)?;
    let values: Option<Vec<f64>> = wholes.iter().map(|text| form.parse(text)).collect();
    form.bare_wholes = values?;
    // The same number with decimals would come back without.
    let back = |text: &&str| form.parse(text).is_some_and(|x| form.text(x) == **text);
    texts.iter().all(back).then_some(form)
}

/// What the texts of a column have in common.
struct Survey<'t> {
    first: Parts<'t>,
    point: char,
    group: Option<char>,
    /// Whether thousands are separated anywhere.
    grouped: bool,
    minus: Option<Minus>,
    /// Numbers with a plus: above 0 with and without, 0 with and without.
    plus: [bool; 4],
    plain: Span,
    /// The powers of ten of numbers without exponent, smallest and largest.
    plain_powers: Option<(i32, i32)>,
    mantissas: Span,
    powers: Vec<i32>,
    letter: Option<u8>,
    power_plus: Option<bool>,
    /// Digits of exponents with zeros before them.
    padded: Option<usize>,
    unpadded: usize,
    /// Numbers below 1 with and without a 0 before the point.
    bare: [bool; 2],
    /// The most digits of a text, without zeros before and behind them.
    significant: usize,
    /// Whether a number has decimals that cannot be thousands: not three, or behind a 0.
    clear_decimals: bool,
    /// Whether a text must be written to see whether it comes back.
    unsure: bool,
}

/// The decimals of some numbers.
#[derive(Default)]
struct Span {
    digits: Option<Digits>,
    /// The most decimals of those whose last one is 0.
    zero: usize,
}

impl Span {
    fn add(&mut self, decimals: &str) {
        let n = decimals.len().min(255) as u8;
        let digits = self.digits.get_or_insert(Digits { least: n, most: n });
        *digits = Digits { least: digits.least.min(n), most: digits.most.max(n) };
        if decimals.ends_with('0') {
            self.zero = self.zero.max(decimals.len());
        }
    }

    /// Whether zeros at the end stand only where they fill up to the least decimals.
    fn is_regular(&self) -> bool {
        self.digits.is_none_or(|digits| self.zero <= usize::from(digits.least))
    }
}

impl<'t> Survey<'t> {
    /// `None` where a text is no number of this reading.
    fn of(texts: &[&'t str], point: char, group: Option<char>, strict: bool) -> Option<Survey<'t>> {
        let first = Parts::of(texts.first()?, point, group)?;
        let mut survey = Survey {
            first,
            point,
            group,
            grouped: false,
            minus: None,
            plus: [false; 4],
            plain: Span::default(),
            plain_powers: None,
            mantissas: Span::default(),
            powers: Vec::new(),
            letter: None,
            power_plus: None,
            padded: None,
            unpadded: usize::MAX,
            bare: [false; 2],
            significant: 1,
            clear_decimals: false,
            unsure: false,
        };
        texts.iter().all(|text| survey.add(text, strict).is_some()).then_some(survey)
    }

    fn add(&mut self, text: &'t str, strict: bool) -> Option<()> {
        let parts = Parts::of(text, self.point, self.group)?;
        let must = |fits: bool| fits.then_some(());
        must(parts.prefix == self.first.prefix && parts.suffix == self.first.suffix && parts.is_plain(self.group))?;
        let value = parts.value()?;
        if let Some(group) = self.group {
            let separated = parts.whole.contains(group);
            self.grouped |= separated;
            must(separated || parts.whole_digits() <= 3 || !strict)?;
        }
        match parts.sign {
            Some(b'-') => {
                let minus = match parts {
                    Parts { parentheses: true, .. } => Minus::Parentheses,
                    Parts { sign_behind: true, .. } => Minus::BehindPrefix,
                    _ => Minus::First,
                };
                must(*self.minus.get_or_insert(minus) == minus || !strict)?;
            }
            sign => {
                self.plus[usize::from(sign.is_none()) + 2 * usize::from(value == 0.0)] = true;
                // A plus stands where a minus would.
                if sign.is_some() && parts.sign_behind {
                    must(*self.minus.get_or_insert(Minus::BehindPrefix) == Minus::BehindPrefix || !strict)?;
                }
            }
        }
        if parts.whole.is_empty() || parts.whole == "0" && !parts.decimals.is_empty() {
            self.bare[usize::from(parts.whole.is_empty())] = true;
        }
        let digits: Vec<u8> = parts.whole.bytes().filter(u8::is_ascii_digit).chain(parts.decimals.bytes()).collect();
        let zeros = |digits: &mut dyn Iterator<Item = &u8>| digits.take_while(|&&b| b == b'0').count();
        let around = zeros(&mut digits.iter()) + zeros(&mut digits.iter().rev());
        self.significant = self.significant.max(digits.len().saturating_sub(around));
        self.clear_decimals |= !parts.decimals.is_empty()
            && (parts.decimals.len() != 3 || parts.whole.len() > 3 || ["", "0"].contains(&parts.whole));
        self.unsure |= parts.whole_digits() + parts.decimals.len() > SAFE_DIGITS || parts.exponent.is_some();
        match parts.exponent {
            None => {
                self.plain.add(parts.decimals);
                if value != 0.0 {
                    let zeros = parts.decimals.bytes().take_while(|&b| b == b'0').count();
                    let before = parts.whole_digits() as i32 - 1;
                    let power = if parts.whole.is_empty() || parts.whole == "0" { -(zeros as i32) - 1 } else { before };
                    let (low, high) = self.plain_powers.unwrap_or((power, power));
                    self.plain_powers = Some((low.min(power), high.max(power)));
                }
            }
            Some(power) => {
                must(parts.whole.len() == 1 && (parts.whole != "0" || value == 0.0) || !strict)?;
                must(*self.letter.get_or_insert(power.letter) == power.letter || !strict)?;
                self.mantissas.add(parts.decimals);
                let size = power.value()?;
                if power.sign != Some(b'-') {
                    let plus = power.sign.is_some();
                    must(*self.power_plus.get_or_insert(plus) == plus || !strict)?;
                }
                if value != 0.0 {
                    self.powers.push(size);
                }
                let length = power.digits.len();
                match length > 1 && power.digits.starts_with('0') {
                    true => must(*self.padded.get_or_insert(length) == length || !strict)?,
                    false => self.unpadded = self.unpadded.min(length),
                }
            }
        }
        Some(())
    }

    fn form(self, texts: &[&str], comma: bool, strict: bool) -> Option<NumberForm> {
        let regular = self.plain.is_regular() && self.mantissas.is_regular();
        let plus = match self.plus {
            // Above 0 with a plus, above 0 without, 0 with, 0 without.
            [true, true, _, _] | [_, _, true, true] | [_, true, true, _] if strict => return None,
            [true, false, true, _] | [false, false, true, _] => Plus::NotNegative,
            [true, false, false, _] => Plus::Positive,
            _ => Plus::Never,
        };
        if strict && (!regular || self.bare == [true, true]) || self.group.is_some() && !self.grouped {
            return None;
        }
        // In the file of another language than semicolons tell.
        if self.point == ','
            && self.group.is_none()
            && !comma
            && !self.clear_decimals
            && self.plain.digits.is_some_and(|d| d.most > 0)
        {
            return None;
        }
        let (mut decimals, mut mantissas) =
            (self.plain.digits.unwrap_or_default(), self.mantissas.digits.unwrap_or_default());
        // Of the shortest texts, other numbers have as many digits as the longest.
        if self.letter.is_some() && self.plain_powers.is_some() {
            mantissas.most = mantissas.most.max(self.significant.min(17) as u8 - 1);
            decimals.most = decimals.most.max(mantissas.most + 4);
        }
        let exponent = match self.letter {
            None => None,
            Some(letter) => {
                let (low, high) = self.limits(strict)?;
                Some(Exponent {
                    letter: char::from(letter),
                    plus: self.power_plus.unwrap_or(true),
                    digits: self.padded.unwrap_or(self.unpadded.min(2)).min(4) as u8,
                    decimals: mantissas,
                    low,
                    high,
                })
            }
        };
        let form = NumberForm {
            prefix: self.first.prefix.into(),
            suffix: self.first.suffix.into(),
            decimal_comma: self.point == ',',
            group: self.group,
            decimals,
            exponent,
            plus,
            minus: self.minus.unwrap_or_default(),
            bare_point: self.bare[1] && !self.bare[0],
            bare_wholes: Vec::new(),
        };
        let back = |text: &&str| form.parse(text).is_some_and(|x| form.text(x) == **text);
        (form.fault().is_none() && (!strict || !self.unsure || texts.iter().all(back))).then_some(form)
    }

    /// From which power of ten on numbers have no exponent, and up to below which.
    fn limits(&self, strict: bool) -> Option<(i32, i32)> {
        let Some((low, high)) = self.plain_powers else { return Some((0, 0)) };
        let below = self.powers.iter().copied().filter(|power| *power < low).max();
        let above = self.powers.iter().copied().filter(|power| *power > high).min();
        if strict && self.powers.iter().any(|power| (low..=high).contains(power)) {
            return None;
        }
        let python_low = PYTHON.0 <= low && below.is_none_or(|power| power < PYTHON.0);
        let python_high = PYTHON.1 > high && above.is_none_or(|power| power >= PYTHON.1);
        Some((
            if python_low { PYTHON.0 } else { below.map_or(low, |power| power + 1) },
            if python_high { PYTHON.1 } else { above.unwrap_or(high + 1) },
        ))
    }
}
