//! What a number depends on beside the generator, as a few digits: numbers of two protocols cannot be compared. Not
//! here: which samples there are (`sets.rs`).

use crate::checkpoint::hex;
use ganymede_data::{Codec, Dataset};
use sha2::{Digest, Sha256};

/// Version of the metrics; raised when one gives other numbers than before for the same samples and features.
const VERSION: u32 = 3;
/// Hexadecimal digits of a protocol.
const DIGITS: usize = 12;

/// A digest of data and real samples, to which a metric adds what it looks at.
#[derive(Clone)]
pub(super) struct Protocol(Sha256);

impl Protocol {
    /// The protocol of the data, the range that samples are brought to, the real samples by their numbers, and how the
    /// others are generated.
    pub fn of(dataset: &Dataset, codec: &Codec, rows: &[u32], drawn: &str) -> Protocol {
        let facts = format!("{VERSION} {} {:?} {:?} {drawn}", dataset.fingerprint(), codec.shape(), codec.range());
        Protocol(Sha256::new()).with(&facts).with_rows(rows)
    }

    /// The protocol with one more fact.
    pub fn with(mut self, text: &str) -> Protocol {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    /// The protocol with more samples, by their numbers.
    pub fn with_rows(mut self, rows: &[u32]) -> Protocol {
        self.0.update((rows.len() as u64).to_le_bytes());
        rows.iter().for_each(|row| self.0.update(row.to_le_bytes()));
        self
    }

    /// Its first digits.
    pub fn digits(&self) -> String {
        hex(&self.0.clone().finalize())[..DIGITS].to_string()
    }
}
