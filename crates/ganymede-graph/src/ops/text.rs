//! Attributes of primitives as the text form writes and reads them. Not here: the text form of
//! whole graphs (`text.rs` of the crate).

use std::fmt;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// A list of integers: `[1 2]`.
    Integers(Vec<i64>),
    /// A list of numbers, as `f64` bits: `[1.0 -0.5 inf]`.
    Numbers(Vec<u64>),
    /// A word: `normal`.
    Word(String),
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attribute::Integers(values) => {
                let values: Vec<String> = values.iter().map(i64::to_string).collect();
                write!(f, "[{}]", values.join(" "))
            }
            Attribute::Numbers(bits) => {
                let values: Vec<String> = bits.iter().map(|&b| number(b)).collect();
                write!(f, "[{}]", values.join(" "))
            }
            Attribute::Word(word) => f.write_str(&quoted(word)),
        }
    }
}

/// A number that reads back to the same bits: `0.1`, `inf`, `NaN`; other NaNs as `NaN:` and their bits.
fn number(bits: u64) -> String {
    let value = f64::from_bits(bits);
    if value.is_nan() && bits != f64::NAN.to_bits() { format!("NaN:{bits:016x}") } else { format!("{value:?}") }
}

/// The inverse of [`number`].
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    match text.strip_prefix("NaN:") {
        Some(bits) => u64::from_str_radix(bits, 16).ok().filter(|&b| f64::from_bits(b).is_nan()),
        None => text.parse().ok().map(f64::to_bits),
    }
}

/// A word as the text form writes it: bare where it is made of letters, digits and `_-./:#`, else quoted.
pub(crate) fn quoted(word: &str) -> String {
    if !word.is_empty() && word.chars().all(is_bare) { word.to_string() } else { format!("{word:?}") }
}

/// Whether a character can stand in a word without quotes.
pub(crate) fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:#".contains(c)
}

/// Named attributes in the order they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attributes(pub Vec<(String, Attribute)>);

impl Attributes {
    /// Adds a list of sizes.
    #[must_use]
    pub fn sizes(mut self, name: &str, values: &[usize]) -> Self {
        self.0.push((name.into(), Attribute::Integers(values.iter().map(|&v| v as i64).collect())));
        self
    }

    /// Adds a list of integers.
    #[must_use]
    pub fn integers(mut self, name: &str, values: Vec<i64>) -> Self {
        self.0.push((name.into(), Attribute::Integers(values)));
        self
    }

    /// Adds a list of numbers, given as `f64` bits.
    #[must_use]
    pub fn numbers(mut self, name: &str, bits: Vec<u64>) -> Self {
        self.0.push((name.into(), Attribute::Numbers(bits)));
        self
    }

    /// Adds a word.
    #[must_use]
    pub fn word(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.push((name.into(), Attribute::Word(value.to_string())));
        self
    }

    fn take(&mut self, name: &str) -> Result<Attribute, String> {
        let at = self.0.iter().position(|(n, _)| n == name).ok_or_else(|| format!("expected attribute `{name}`"))?;
        Ok(self.0.remove(at).1)
    }

    /// Takes a list of integers out.
    ///
    /// # Errors
    /// When it is missing or not a list.
    pub fn take_integers(&mut self, name: &str) -> Result<Vec<i64>, String> {
        match self.take(name)? {
            Attribute::Integers(values) => Ok(values),
            other => Err(format!("attribute `{name}` expected a list of integers, found `{other}`")),
        }
    }

    /// Takes a list of numbers out, as `f64` bits.
    ///
    /// # Errors
    /// When it is missing or not a list of numbers.
    pub fn take_numbers(&mut self, name: &str) -> Result<Vec<u64>, String> {
        match self.take(name)? {
            Attribute::Numbers(bits) => Ok(bits),
            Attribute::Integers(values) => Ok(values.into_iter().map(|v| (v as f64).to_bits()).collect()),
            Attribute::Word(word) => Err(format!("attribute `{name}` expected a list of numbers, found `{word}`")),
        }
    }

    /// Takes one number out, as `f64` bits.
    ///
    /// # Errors
    /// When it is missing or not one number.
    pub fn take_number(&mut self, name: &str) -> Result<u64, String> {
        match self.take_numbers(name)?[..] {
            [bits] => Ok(bits),
            ref values => Err(format!("attribute `{name}` expected one number, found {}", values.len())),
        }
    }

    /// Takes a list of sizes out.
    ///
    /// # Errors
    /// When it is missing, not a list or has a negative entry.
    pub fn take_sizes(&mut self, name: &str) -> Result<Vec<usize>, String> {
        let size = |v: i64| usize::try_from(v).map_err(|_| format!("attribute `{name}` expected sizes, found {v}"));
        self.take_integers(name)?.into_iter().map(size).collect()
    }

    /// Takes one size out.
    ///
    /// # Errors
    /// When it is missing or not one number.
    pub fn take_size(&mut self, name: &str) -> Result<usize, String> {
        match self.take_sizes(name)?[..] {
            [value] => Ok(value),
            ref values => Err(format!("attribute `{name}` expected one number, found {}", values.len())),
        }
    }

    /// Takes a word out.
    ///
    /// # Errors
    /// When it is missing or a list.
    pub fn take_word(&mut self, name: &str) -> Result<String, String> {
        match self.take(name)? {
            Attribute::Word(word) => Ok(word),
            _ => Err(format!("attribute `{name}` expected a word, found a list")),
        }
    }

    /// Takes a truth value out.
    ///
    /// # Errors
    /// When it is missing or neither `true` nor `false`.
    pub fn take_bool(&mut self, name: &str) -> Result<bool, String> {
        match self.take_word(name)?.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(format!("attribute `{name}` expected true or false, found `{other}`")),
        }
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// Names what is left.
    pub fn finish(self, op: &str) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("`{op}` has no attribute `{name}`")),
        }
    }
}
