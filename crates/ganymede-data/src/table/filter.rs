//! A Bloom filter of texts: it knows for sure that a text is new, without holding the texts. Not here: the ids (`ids.rs`).
//!
//! Who holds the filter can ask whether a text that he has was among them; he cannot read them from it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bits per text: 14.4 and ten hashes take one new text of 1,000 for known.
const BITS: f64 = 14.4;
const HASHES: u64 = 10;

/// A set of texts that may take a new text for one of its own, and never one of its own for new.
///
/// # Source
/// Bloom (1970), "Space/time trade-offs in hash coding with allowable errors"; two hashes make ten: Kirsch, Mitzenmacher (2006),
/// "Less hashing, same performance".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Filter {
    bits: Vec<u8>,
}

impl Filter {
    /// The filter of these texts.
    pub fn of<'a>(texts: impl ExactSizeIterator<Item = &'a str>) -> Filter {
        let bytes = (texts.len() as f64 * BITS / 8.0).ceil() as usize;
        let mut filter = Filter { bits: vec![0; bytes.max(1)] };
        for text in texts {
            for bit in filter.places(text) {
                filter.bits[(bit / 8) as usize] |= 1 << (bit % 8);
            }
        }
        filter
    }

    /// Whether the text may be one of the set; never false for one that is.
    pub fn contains(&self, text: &str) -> bool {
        self.places(text).all(|bit| self.bits[(bit / 8) as usize] >> (bit % 8) & 1 == 1)
    }

    fn places(&self, text: &str) -> impl Iterator<Item = u64> + use<> {
        let digest = Sha256::digest(text.as_bytes());
        let word = |i: usize| digest[8 * i..8 * i + 8].iter().fold(0u64, |sum, b| sum << 8 | u64::from(*b));
        let (first, second, bits) = (word(0), word(1) | 1, self.bits.len() as u64 * 8);
        (0..HASHES).map(move |i| first.wrapping_add(i.wrapping_mul(second)) % bits)
    }
}

impl TryFrom<String> for Filter {
    type Error = String;

    fn try_from(text: String) -> Result<Filter, String> {
        let bits = STANDARD.decode(text).map_err(|e| format!("the filter of real ids is not base64: {e}"))?;
        if bits.is_empty() { Err("the filter of real ids is empty".to_string()) } else { Ok(Filter { bits }) }
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> String {
        STANDARD.encode(filter.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Knows all of its own, and takes about one new text in 1,000 for known, also when read back.
    #[test]
    fn own_and_new_texts() {
        let own: Vec<String> = (0..5000).map(|i| format!("id{i}")).collect();
        let filter = Filter::of(own.iter().map(String::as_str));
        let filter: Filter = serde_json::from_str(&serde_json::to_string(&filter).unwrap()).unwrap();
        assert!(own.iter().all(|t| filter.contains(t)));
        let wrong = (5000..105_000).filter(|i| filter.contains(&format!("id{i}"))).count();
        assert!((50..150).contains(&wrong), "{wrong} of 100,000");
        assert!(!Filter::of([].into_iter()).contains("x"));
        assert!(serde_json::from_str::<Filter>("\"\"").is_err() && serde_json::from_str::<Filter>("\"?\"").is_err());
    }
}
