//! Ids of letters and digits: which characters stand at which position, and the n-th id of such a shape. Not here: counters, and
//! which shapes a column has (`ids.rs`).

use std::collections::BTreeMap;

use ganymede_tensor::{philox4x32_10, stream_of};

use super::filter::Filter;

/// The longest id.
pub(super) const LONGEST: usize = 128;
/// Spaces up to this size are searched for their free ids; larger ones are divided into blocks, one per attempt.
const LISTED: u64 = 1 << 16;
/// An id is not found with a chance of at most this.
const UNLUCKY: f64 = 1e-12;
const MOST_ATTEMPTS: u64 = 4096;
/// Numbers of ids are kept below it.
const MOST: u64 = 1 << 62;

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HEX: &str = "0123456789abcdef";
const UPPER_HEX: &str = "0123456789ABCDEF";

/// The characters of each position of an id.
pub(super) type Mask = Vec<Vec<char>>;

/// Ids of one mask that are not real.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Space {
    mask: Mask,
    /// The number of ids of the positions that are counted; those after `counted` are filled by the number's hash.
    size: u64,
    counted: usize,
    free: Free,
}

/// How the n-th id that is not real is found.
#[derive(Clone, Debug, PartialEq)]
enum Free {
    /// It stands in a list.
    Listed(Vec<u32>),
    /// It is the first of `attempts` candidates, each from a block of its own.
    Blocks { attempts: u64, block: u64 },
}

impl Space {
    /// The ids of a mask without the `real` ones of it, which the filter knows.
    pub fn new(mask: Mask, real: u64, known: &Filter) -> Space {
        let (mut size, mut counted) = (1u64, 0);
        for letters in &mask {
            match size.checked_mul(letters.len() as u64).filter(|s| *s <= MOST) {
                Some(product) => size = product,
                None => break,
            }
            counted += 1;
        }
        let mut space = Space { mask, size, counted, free: Free::Listed(Vec::new()) };
        if size <= LISTED {
            space.free = Free::Listed(
                (0..size as u32).filter(|i| !known.contains(&space.text(permuted(u64::from(*i), size), 0))).collect(),
            );
        } else {
            let taken = (real as f64 / size as f64 + 0.001).min(1.0);
            let attempts = if taken < 1.0 {
                ((UNLUCKY.ln() / taken.ln()).ceil() as u64).clamp(2, MOST_ATTEMPTS)
            } else {
                MOST_ATTEMPTS
            };
            let enough = taken.powf(attempts as f64) <= UNLUCKY * 2.0;
            space.free = Free::Blocks { attempts, block: if enough { size / attempts } else { 0 } };
        }
        space
    }

    /// How many ids it has.
    pub fn capacity(&self) -> u64 {
        match &self.free {
            Free::Listed(free) => free.len() as u64,
            Free::Blocks { block, .. } => *block,
        }
    }

    /// Id number `n`; another for each. None from [`Space::capacity`] on.
    pub fn id(&self, n: u64, known: &Filter) -> Option<String> {
        match &self.free {
            Free::Listed(free) => {
                Some(self.text(permuted(u64::from(*free.get(usize::try_from(n).ok()?)?), self.size), 0))
            }
            Free::Blocks { block, .. } if n >= *block => None,
            Free::Blocks { attempts, block } => {
                (0..*attempts).map(|a| self.text(permuted(n + a * block, self.size), n)).find(|id| !known.contains(id))
            }
        }
    }

    /// The id at a place of the space.
    fn text(&self, mut place: u64, number: u64) -> String {
        let mut id = String::with_capacity(self.mask.len());
        for (i, letters) in self.mask.iter().enumerate() {
            let n = letters.len() as u64;
            if i < self.counted {
                id.push(letters[(place % n) as usize]);
                place /= n;
            } else {
                id.push(letters[(hash(number, i as u32) % n) as usize]);
            }
        }
        id
    }
}

fn hash(number: u64, stream: u32) -> u64 {
    let words = philox4x32_10([number as u32, (number >> 32) as u32, stream, 0], [stream_of("data/ids"), 0]);
    u64::from(words[0]) | u64::from(words[1]) << 32
}

/// The place of `i` in a fixed shuffle of 0 … size − 1: a Feistel network on the next even number of bits, walked until it comes
/// back into the range.
///
/// # Source
/// Black, Rogaway (2002), "Ciphers with arbitrary finite domains".
fn permuted(i: u64, size: u64) -> u64 {
    let half = (64 - (size.max(2) - 1).leading_zeros()).div_ceil(2);
    let mask = (1u64 << half) - 1;
    let mut at = i;
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..4 {
            (left, right) = (right, left ^ hash(right, 1000 + round) & mask);
        }
        at = left << half | right;
        if at < size {
            return at;
        }
    }
}

/// The mask of ids of one length: at each position the characters that were seen there, or all of their kind where there must be
/// others. `none` for ids of several lengths, too long ones, or where signs and letters share a position.
pub(super) fn learned(ids: &[&str]) -> Option<Mask> {
    let length = ids.first()?.chars().count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let mut seen: Vec<BTreeMap<char, u64>> = vec![BTreeMap::new(); length];
    for id in ids {
        let mut n = 0;
        for c in id.chars() {
            *seen.get_mut(n)?.entry(c).or_insert(0) += 1;
            n += 1;
        }
        if n != length {
            return None;
        }
    }
    if seen.iter().any(|s| s.keys().any(|c| c.is_alphanumeric()) && s.keys().any(|c| !c.is_alphanumeric())) {
        return None;
    }
    let varied = || seen.iter().filter(|s| s.len() > 1);
    let letters: Vec<char> = varied().flat_map(|s| s.keys().copied()).filter(|c| c.is_alphabetic()).collect();
    let mixed = varied().any(|s| s.keys().any(char::is_ascii_digit) && s.keys().any(|c| c.is_alphabetic()));
    let hex = [HEX, UPPER_HEX].into_iter().find(|h| mixed && letters.iter().all(|c| h.contains(*c)));
    let mut mask: Mask = seen.iter().map(|s| alphabet(s, hex)).collect();
    // The variant of a UUID is one of four letters, however few ids there are.
    if let Some(h) = hex
        && is_uuid(ids[0])
        && seen[19].keys().all(|c| "89abAB".contains(*c))
    {
        mask[19] = h.chars().filter(|c| "89abAB".contains(*c)).collect();
    }
    Some(mask)
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id
            .bytes()
            .enumerate()
            .all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() })
}

/// The characters of a position. Where one was seen a single time there are probably others that were not seen (Good's and
/// Turing's estimate of what is missing is the share of such): then all of their kind.
fn alphabet(seen: &BTreeMap<char, u64>, hex: Option<&str>) -> Vec<char> {
    let complete = seen.values().all(|n| *n > 1);
    let ascii = seen.keys().all(char::is_ascii);
    if complete && ascii || seen.keys().all(|c| !c.is_alphanumeric()) {
        return seen.keys().copied().collect();
    }
    match hex {
        Some(hex) if seen.keys().all(|c| hex.contains(*c)) => hex.chars().collect(),
        _ => [DIGITS, LOWER, UPPER]
            .iter()
            .filter(|k| seen.keys().any(|c| k.contains(kind(*c))))
            .flat_map(|k| k.chars())
            .collect(),
    }
}

/// A character that stands for the kind of `c`: a digit, a small or a capital letter; a sign for itself.
fn kind(c: char) -> char {
    match c {
        _ if c.is_numeric() => '0',
        _ if c.is_uppercase() => 'A',
        _ if c.is_alphabetic() => 'a',
        _ => c,
    }
}

/// The kinds of an id's characters: `Aa0-` for `Kx7-`. Ids of two signatures are never equal.
pub(super) fn signature(id: &str) -> String {
    id.chars().map(kind).collect()
}

/// The mask of all ids of a signature.
pub(super) fn of_signature(signature: &str) -> Mask {
    let of = |c| match c {
        '0' => DIGITS.chars().collect(),
        'a' => LOWER.chars().collect(),
        'A' => UPPER.chars().collect(),
        _ => vec![c],
    };
    signature.chars().map(of).collect()
}

/// A mask that is longer by a character of the kinds that its last varied position has.
pub(super) fn longer(mask: &Mask) -> Mask {
    let varied = mask.iter().rev().find(|letters| letters.len() > 1);
    mask.iter().cloned().chain([varied.cloned().unwrap_or_else(|| DIGITS.chars().collect())]).collect()
}

/// A mask in words, as a regular expression: `[ABC][XY]-\d{5}`.
pub(super) fn described(mask: &Mask) -> String {
    let mut text = String::new();
    for run in mask.chunk_by(|a, b| a == b) {
        let letters: String = run[0].iter().collect();
        match letters.as_str() {
            DIGITS => text.push_str("\\d"),
            LOWER => text.push_str("[a-z]"),
            UPPER => text.push_str("[A-Z]"),
            HEX => text.push_str("[0-9a-f]"),
            UPPER_HEX => text.push_str("[0-9A-F]"),
            one if run[0].len() == 1 => {
                text.push_str(&one.repeat(run.len()));
                continue;
            }
            several => text.push_str(&format!("[{several}]")),
        }
        if run.len() > 1 {
            text.push_str(&format!("{{{}}}", run.len()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place once, for sizes of all kinds; and not in order.
    #[test]
    fn a_permutation() {
        for size in [1, 2, 3, 7, 16, 17, 1000, 4097] {
            let mut places: Vec<u64> = (0..size).map(|i| permuted(i, size)).collect();
            if size > 7 {
                assert!(places.windows(2).filter(|w| w[0] + 1 == w[1]).count() < 10);
            }
            places.sort_unstable();
            assert!(places.into_iter().eq(0..size), "{size}");
        }
    }

    /// A small space is searched to its last id; a large one divided.
    #[test]
    fn every_free_id_once() {
        let real: Vec<String> = (0..40).map(|i| format!("{:02}", i * 2)).collect();
        let known = Filter::of(real.iter().map(String::as_str));
        let space = Space::new(of_signature("00"), 40, &known);
        let made: std::collections::BTreeSet<String> =
            (0..space.capacity()).map(|n| space.id(n, &known).unwrap()).collect();
        assert_eq!((made.len() as u64, space.id(space.capacity(), &known)), (space.capacity(), None));
        assert!(space.capacity() >= 59 && made.iter().all(|id| !real.contains(id)), "{}", space.capacity());
        // Half of 100,000 are real.
        let real: Vec<String> = (0..50_000).map(|i| format!("{:05}", i * 2)).collect();
        let known = Filter::of(real.iter().map(String::as_str));
        let space = Space::new(of_signature("00000"), 50_000, &known);
        let made: std::collections::BTreeSet<u32> =
            (0..space.capacity()).map(|n| space.id(n, &known).unwrap().parse().unwrap()).collect();
        assert_eq!((made.len() as u64, space.id(space.capacity(), &known)), (space.capacity(), None));
        assert!(space.capacity() > 2000 && made.iter().all(|id| id % 2 == 1), "{}", space.capacity());
    }

    /// What is seen once in a position stands for its kind; what is seen often, for itself.
    #[test]
    fn masks() {
        let codes: Vec<String> = (0..2000u32)
            .map(|i| format!("{}{}-{:05}", ["A", "B", "C"][i as usize % 3], ["X", "Y"][i as usize % 2], i * 47))
            .collect();
        assert_eq!(
            described(&learned(&codes.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()),
            r"[ABC][XY]-\d{5}"
        );
        assert_eq!(described(&learned(&["Kx7-", "Qa9-"]).unwrap()), r"[A-Z][a-z]\d-");
        assert_eq!(described(&learned(&["7fe2", "c03d", "99ab"]).unwrap()), "[0-9a-f]{4}");
        assert_eq!(learned(&["a-b", "ab-"]), None);
        assert_eq!(learned(&["ab", "abc"]), None);
        assert_eq!(learned(&[""]), None);
        let uuids = [
            "2f1b7a9e-3c4d-4e5f-8a6b-7c8d9e0f1a2b",
            "91d0c4a7-5b2e-4f3a-9d8c-0b1e2f3a4c5d",
            "a0b1c2d3-e4f5-4a6b-a7c8-d9e0f1a2b3c4",
        ];
        assert_eq!(
            described(&learned(&uuids).unwrap()),
            "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
        );
        assert_eq!(
            described(&of_signature(&signature("Jane.Doe@x.org"))),
            "[A-Z][a-z]{3}.[A-Z][a-z]{2}@[a-z].[a-z]{3}"
        );
    }
}
