//! Ids: nothing of them is learned but how they are written, and every sample gets one of its own that is not real. Not here: whether
//! a column is one of ids (`infer.rs`), the characters of an id (`id_mask.rs`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::id_mask::{LONGEST, Mask, Space, described, learned, longer, of_signature, signature};

/// The largest number of a counter has 18 digits.
const LARGEST: u64 = 999_999_999_999_999_999;
/// A counter has at most this many numbers per id, unless the ids are in its order.
const SPARSE: u64 = 10;
/// At most that many shapes are kept, the most frequent.
const SHAPES: usize = 64;
/// Ids of up to so many lengths are learned by position.
const LENGTHS: usize = 8;
/// The sum of the shares of the shapes, about.
const SLOTS: u64 = 64;

/// How the ids of a column are written, and which were real.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdForm {
    /// A number that is counted on, between two texts.
    Counter(Counter),
    /// Characters by position.
    Mask(Masks),
}

/// A number between two texts: `INV-00123`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SavedCounter", into = "SavedCounter")]
pub struct Counter(SavedCounter);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedCounter {
    before: String,
    /// The number of sample 0.
    next: u64,
    step: u64,
    /// Filled with zeros to that many digits.
    width: usize,
    after: String,
}

impl TryFrom<SavedCounter> for Counter {
    type Error = String;

    fn try_from(c: SavedCounter) -> Result<Counter, String> {
        if c.step == 0 || c.step > LARGEST || c.next > LARGEST + 1 || c.width > 18 {
            return Err(format!(
                "a counter of ids has next {}, step {}, width {}; expected 18 digits at most, and a step",
                c.next, c.step, c.width
            ));
        }
        Ok(Counter(c))
    }
}

impl From<Counter> for SavedCounter {
    fn from(counter: Counter) -> SavedCounter {
        counter.0
    }
}

/// Ids of several masks, by their share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SavedMasks", into = "SavedMasks")]
pub struct Masks {
    saved: SavedMasks,
    spaces: Vec<Space>,
    /// The shape of each of a period of ids, and how many of the period's ids before it have the same.
    slots: Vec<(usize, u64)>,
    /// How many of a period's ids each shape has.
    shares: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedMasks {
    shapes: Vec<Shape>,
    known: Filter,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    /// How many real ids have it.
    count: u64,
    /// The characters of each position.
    positions: Vec<String>,
}

impl Shape {
    fn new(mask: &Mask, count: u64) -> Shape {
        Shape { count, positions: mask.iter().map(|letters| letters.iter().collect()).collect() }
    }

    fn mask(&self) -> Mask {
        self.positions.iter().map(|letters| letters.chars().collect()).collect()
    }
}

impl TryFrom<SavedMasks> for Masks {
    type Error = String;

    fn try_from(saved: SavedMasks) -> Result<Masks, String> {
        if saved.shapes.is_empty() || saved.shapes.len() > SHAPES {
            return Err(format!("{} shapes of ids, expected 1 to {SHAPES}", saved.shapes.len()));
        }
        for shape in &saved.shapes {
            let different = |letters: &String| {
                let mut sorted: Vec<char> = letters.chars().collect();
                sorted.sort_unstable();
                !sorted.is_empty() && sorted.windows(2).all(|w| w[0] < w[1])
            };
            if shape.positions.is_empty()
                || shape.positions.len() > LONGEST + 16
                || !shape.positions.iter().all(different)
            {
                return Err(format!(
                    "a shape of ids has {} positions, expected 1 to {LONGEST}, of characters that differ",
                    shape.positions.len()
                ));
            }
        }
        let masks: Vec<Mask> = saved.shapes.iter().map(Shape::mask).collect();
        if masks.iter().enumerate().any(|(i, a)| masks[..i].iter().any(|b| meet(a, b))) {
            return Err("two shapes of ids have ids in common".to_string());
        }
        let spaces = masks
            .into_iter()
            .zip(&saved.shapes)
            .map(|(mask, shape)| Space::new(mask, shape.count, &saved.known))
            .collect();
        let total: u128 = saved.shapes.iter().map(|s| u128::from(s.count)).sum();
        let share =
            |count: u64| (u128::from(count) * u128::from(SLOTS)).checked_div(total).map_or(1, |s| s.max(1) as u64);
        let shares: Vec<u64> = saved.shapes.iter().map(|s| share(s.count)).collect();
        // Each shape evenly over the period.
        let mut order: Vec<(u64, usize, u64)> = shares
            .iter()
            .enumerate()
            .flat_map(|(s, &n)| (0..n).map(move |j| ((2 * j + 1) * 1_000_000 / n, s, j)))
            .collect();
        order.sort_unstable();
        let slots = order.into_iter().map(|(_, s, j)| (s, j)).collect();
        Ok(Masks { saved, spaces, slots, shares })
    }
}

/// Whether two masks have an id in common.
fn meet(a: &Mask, b: &Mask) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.iter().any(|c| y.contains(c)))
}

impl From<Masks> for SavedMasks {
    fn from(masks: Masks) -> SavedMasks {
        masks.saved
    }
}

impl IdForm {
    /// The form of a column of ids: a counter, else the characters of each position (UUIDs too), else random letters of the lengths
    /// that the ids have. `texts`: the cells that are not missing, in the order of the rows. None without texts, and for texts of
    /// more than 128 characters.
    pub fn find(texts: &[&str]) -> Option<IdForm> {
        if texts.is_empty() || texts.iter().any(|t| t.is_empty() || t.chars().nth(LONGEST).is_some()) {
            return None;
        }
        Counter::find(texts).map(IdForm::Counter).or_else(|| Masks::find(texts).map(IdForm::Mask))
    }

    /// The id of sample `number`: a function of it alone, another for each number, never a real one. None where there is no further
    /// id, from [`IdForm::possible`] on.
    pub fn write(&self, number: u64) -> Option<String> {
        match self {
            IdForm::Counter(Counter(c)) => {
                let n = number.checked_mul(c.step)?.checked_add(c.next).filter(|n| *n <= LARGEST)?;
                Some(format!("{}{n:0width$}{}", c.before, c.after, width = c.width))
            }
            IdForm::Mask(masks) => {
                let period = masks.slots.len() as u64;
                let (shape, before) = masks.slots[(number % period) as usize];
                let n = (number / period).checked_mul(masks.shares[shape])?.checked_add(before)?;
                masks.spaces[shape].id(n, &masks.saved.known)
            }
        }
    }

    /// How many ids it has: those of the samples 0, 1, … below it.
    pub fn possible(&self) -> u64 {
        match self {
            IdForm::Counter(Counter(c)) => LARGEST.checked_sub(c.next).map_or(0, |rest| rest / c.step + 1),
            IdForm::Mask(masks) => masks.possible(),
        }
    }

    /// The form in words: `counted on from 103001`, `[ABC][XY]-\d{5}`.
    pub fn describe(&self) -> String {
        match self {
            IdForm::Counter(Counter(c)) => {
                let step = if c.step == 1 { String::new() } else { format!(" in steps of {}", c.step) };
                format!("counted on from {}{:0width$}{}{step}", c.before, c.next, c.after, width = c.width)
            }
            IdForm::Mask(masks) => {
                let shapes: Vec<String> = masks.saved.shapes.iter().take(3).map(|s| described(&s.mask())).collect();
                let rest = masks.saved.shapes.len() - shapes.len();
                let more = if rest == 0 { String::new() } else { format!(" and {rest} other shapes") };
                format!("made anew like {}{more}", shapes.join(", "))
            }
        }
    }
}

impl Counter {
    fn find(texts: &[&str]) -> Option<Counter> {
        let first = texts[0];
        let common = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
        let from_end = |a: &str, b: &str| a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
        let (mut before, mut after) = (first.len(), first.len());
        for text in texts {
            before = before.min(common(first, text));
            after = after.min(from_end(first, text));
        }
        // The digits that all share belong to the number.
        while before > 0 && (!first.is_char_boundary(before) || first.as_bytes()[before - 1].is_ascii_digit()) {
            before -= 1;
        }
        while after > 0
            && (!first.is_char_boundary(first.len() - after) || first.as_bytes()[first.len() - after].is_ascii_digit())
        {
            after -= 1;
        }
        let digits = |t: &'_ str| t.len().checked_sub(after).filter(|end| *end > before).map(|end| (before, end));
        let middle =
            |t: &str| digits(t).filter(|(a, b)| t.as_bytes()[*a..*b].iter().all(u8::is_ascii_digit) && b - a <= 18);
        let numbers = texts
            .iter()
            .map(|t| middle(t).and_then(|(a, b)| Some((t.get(a..b)?.parse().ok()?, b - a))))
            .collect::<Option<Vec<(u64, usize)>>>()?;
        let zero = |t: &&str| t.as_bytes()[before] == b'0' && middle(t).is_some_and(|(a, b)| b - a > 1);
        let width = if texts.iter().any(zero) { numbers.iter().map(|(_, w)| *w).min()? } else { 0 };
        if numbers.iter().any(|(n, w)| n.checked_ilog10().map_or(1, |l| l as usize + 1).max(width) != *w) {
            return None;
        }
        let ascending = numbers.len() >= 10 && numbers.windows(2).all(|w| w[0].0 < w[1].0);
        let mut sorted: Vec<u64> = numbers.iter().map(|(n, _)| *n).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        let step = sorted.windows(2).fold(0, |g, w| divisor(g, w[1] - w[0]));
        if step == 0 || !ascending && (high - low) / step > SPARSE * sorted.len() as u64 {
            return None;
        }
        Counter::try_from(SavedCounter {
            before: first[..before].to_string(),
            next: high.checked_add(step)?,
            step,
            width,
            after: first[first.len() - after..].to_string(),
        })
        .ok()
    }
}

/// The greatest common divisor.
fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

impl Masks {
    fn find(texts: &[&str]) -> Option<Masks> {
        let known = Filter::of(texts.iter().copied());
        let mut shapes: Vec<(Mask, u64)> = Masks::by_length(texts).unwrap_or_else(|| Masks::by_signature(texts));
        shapes.sort_by_key(|(mask, n)| (std::cmp::Reverse(*n), mask.len()));
        shapes.truncate(SHAPES);
        // Shapes with few free ids would soon be used up, and with them the whole.
        let room: Vec<u64> = shapes.iter().map(|(mask, n)| Space::new(mask.clone(), *n, &known).capacity()).collect();
        let enough: Vec<(Mask, u64)> = shapes
            .iter()
            .zip(&room)
            .filter(|((_, n), room)| **room >= n.saturating_mul(20).max(1000))
            .map(|(s, _)| s.clone())
            .collect();
        if !enough.is_empty() {
            shapes = enough;
        } else {
            let most = (0..room.len()).max_by_key(|i| (room[*i], std::cmp::Reverse(*i)))?;
            let (mut mask, n) = shapes.swap_remove(most);
            let (mut real, mut extra) = (n, 0);
            while Space::new(mask.clone(), real, &known).capacity() < (2 * texts.len() as u64).max(1000) && extra < 8 {
                (mask, real, extra) = (longer(&mask), 0, extra + 1);
            }
            shapes = vec![(mask, n)];
        }
        Masks::try_from(SavedMasks { shapes: shapes.iter().map(|(mask, n)| Shape::new(mask, *n)).collect(), known })
            .ok()
    }

    /// Masks of the ids of each length, where they are few and signs stand in the same places.
    fn by_length(texts: &[&str]) -> Option<Vec<(Mask, u64)>> {
        let mut lengths: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for text in texts {
            lengths.entry(text.chars().count()).or_default().push(text);
            if lengths.len() > LENGTHS {
                return None;
            }
        }
        lengths.values().map(|ids| Some((learned(ids)?, ids.len() as u64))).collect()
    }

    /// The masks of the most frequent signatures.
    fn by_signature(texts: &[&str]) -> Vec<(Mask, u64)> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for text in texts {
            let signature = signature(text);
            if counts.len() < 100_000 || counts.contains_key(&signature) {
                *counts.entry(signature).or_insert(0) += 1;
            }
        }
        let mut all: Vec<(String, u64)> = counts.into_iter().collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all.truncate(SHAPES);
        all.into_iter().map(|(signature, n)| (of_signature(&signature), n)).collect()
    }

    fn possible(&self) -> u64 {
        let period = self.slots.len() as u128;
        // The first number for which a shape has no id left.
        let ends = self.spaces.iter().enumerate().map(|(s, space)| {
            let (full, rest) = (space.capacity() / self.shares[s], space.capacity() % self.shares[s]);
            let slot = self.slots.iter().position(|slot| *slot == (s, rest)).unwrap_or(0);
            u128::from(full) * period + slot as u128
        });
        ends.min().map_or(0, |end| u64::try_from(end).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn form(texts: &[String]) -> IdForm {
        let form = IdForm::find(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let read: IdForm = serde_json::from_str(&serde_json::to_string(&form).unwrap()).unwrap();
        assert_eq!(read, form);
        read
    }

    /// The first `n` ids are as many different ones, and none is real.
    fn made(texts: &[String], n: u64) -> (IdForm, BTreeSet<String>) {
        let form = form(texts);
        let ids: BTreeSet<String> = (0..n).map(|i| form.write(i).unwrap()).collect();
        assert_eq!(ids.len() as u64, n, "{}", form.describe());
        assert!(texts.iter().all(|t| !ids.contains(t)), "{}", form.describe());
        (form, ids)
    }

    /// Numbers are counted on after the largest, in their step, with their zeros and what stands around them.
    #[test]
    fn counters_go_on() {
        for (texts, ids) in [
            (["100003", "100001", "100002"], ["100004", "100005"]),
            (["7", "9", "11"], ["13", "15"]),
            (["INV-0098/b", "INV-0099/b", "INV-0097/b"], ["INV-0100/b", "INV-0101/b"]),
            (["098", "099", "097"], ["100", "101"]),
            (["ä1", "ä2", "ä3"], ["ä4", "ä5"]),
        ] {
            let form = form(&texts.map(String::from));
            assert_eq!([form.write(0).unwrap(), form.write(1).unwrap()], ids, "{texts:?}");
        }
        let end = form(&["999999999999999997", "999999999999999998"].map(String::from));
        assert_eq!((end.possible(), end.write(0).unwrap(), end.write(1)), (1, "999999999999999999".to_string(), None));
        assert_eq!(end.write(u64::MAX), None);
        // Sparse numbers in the order of the rows are a counter with gaps; in no order they are random digits.
        let sparse: Vec<String> = (1..50u64).map(|i| (i * i * 977 + 100_000).to_string()).collect();
        assert!(matches!(form(&sparse), IdForm::Counter(_)));
        let shuffled: Vec<String> = (0..49).map(|i| sparse[i * 10 % 49].clone()).collect();
        assert!(matches!(form(&shuffled), IdForm::Mask(_)));
    }

    /// Codes, UUIDs, e-mail addresses and names keep their shape.
    #[test]
    fn ids_keep_their_shape() {
        let random = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (i.wrapping_mul(0xD1B5_4A32_D192_ED03) >> 13);
        let codes: Vec<String> = (1..3000)
            .map(|i| {
                format!(
                    "{}{}-{:05}",
                    ["A", "B", "C"][(i % 3) as usize],
                    ["X", "Y"][(i % 2) as usize],
                    random(i) >> 20 & 65_535
                )
            })
            .collect();
        let (form, ids) = made(&codes, 20_000);
        assert_eq!(form.describe(), r"made anew like [ABC][XY]-[0123456]\d{4}");
        // 3 · 2 · 7 · 10^4 ids in six blocks: of the 2,999 real ones and the filter's errors six misses in a row have a chance of 3e-13.
        assert_eq!(form.possible(), 70_000);
        assert!(form.write(69_999).is_some() && form.write(70_000).is_none());
        assert!(ids.iter().all(|id| "ABC".contains(&id[..1])
            && "XY".contains(&id[1..2])
            && &id[2..3] == "-"
            && id[3..].parse::<u32>().is_ok()));

        let uuid = |i: u64| {
            format!(
                "{:08X}-{:04X}-4{:03X}-{}{:03X}-{:012X}",
                random(i) as u32,
                random(i) >> 48,
                random(i + 99) & 4095,
                ["8", "9", "A", "B"][(random(i) >> 7 & 3) as usize],
                random(i + 7) & 4095,
                random(i + 3) >> 16
            )
        };
        let (_, ids) = made(&(0..25).map(uuid).collect::<Vec<_>>(), 2000);
        assert!(ids.iter().all(|id| id.len() == 36
            && &id[14..15] == "4"
            && "89AB".contains(&id[19..20])
            && *id == id.to_uppercase()));

        let mails: Vec<String> = (0..200)
            .map(|i| format!("{}@{}.org", "abcdefgh"[..(i % 5) + 3].to_string() + &i.to_string(), &"xyzw"[..i % 3 + 2]))
            .collect();
        let (_, ids) = made(&mails, 2000);
        assert!(ids.iter().all(|id| id.matches('@').count() == 1 && id.matches('.').count() == 1));
    }

    /// Where a shape has too few free ids, others take its place or the ids become longer, and all samples have one.
    #[test]
    fn small_spaces() {
        let letters: Vec<String> = ('a'..='t').map(String::from).collect();
        let (form, ids) = made(&letters, 900);
        assert!(form.possible() >= 900 && ids.iter().all(|id| id.len() > 1));
        // A third of the numbers have three digits, and there are only 1,000 of those.
        let mixed: Vec<String> =
            (0..300u64)
                .map(|i| {
                    if i % 3 == 0 {
                        format!("{:03}", i * 7 % 1000)
                    } else {
                        format!("{:07}", i * 7_654_321 % 10_000_000)
                    }
                })
                .collect();
        assert!(form_possible(&mixed) > 100_000);
        let one = IdForm::find(&["x"]).unwrap();
        assert_ne!(one.write(0).unwrap(), "x");
    }

    fn form_possible(texts: &[String]) -> u64 {
        made(texts, 1000).0.possible()
    }

    /// The shares of several lengths are kept, and the last possible id exists.
    #[test]
    fn lengths_keep_their_shares() {
        let texts: Vec<String> = (0..400u64)
            .map(|i| format!("{:0w$}", i * 48_271 % 9_999_991, w = if i % 4 == 0 { 9 } else { 12 }))
            .collect();
        let (form, ids) = made(&texts, 4000);
        let short = ids.iter().filter(|id| id.len() == 9).count();
        assert!((950..1050).contains(&short), "{short} of 4,000 have 9 digits; {}", form.describe());
    }

    /// What no program writes is refused, not believed.
    #[test]
    fn damaged_forms_are_refused() {
        for json in [
            r#"{"counter":{"before":"","next":5,"step":0,"width":0,"after":""}}"#,
            r#"{"counter":{"before":"","next":18446744073709551615,"step":1,"width":0,"after":""}}"#,
            r#"{"counter":{"before":"","next":5,"step":1,"width":4000000000,"after":""}}"#,
            r#"{"mask":{"shapes":[],"known":"AA=="}}"#,
            r#"{"mask":{"shapes":[{"count":1,"positions":["ab",""]}],"known":"AA=="}}"#,
            r#"{"mask":{"shapes":[{"count":1,"positions":["aab"]}],"known":"AA=="}}"#,
            r#"{"mask":{"shapes":[{"count":1,"positions":["ab"]},{"count":1,"positions":["bc"]}],"known":"AA=="}}"#,
            r#"{"mask":{"shapes":[{"count":1,"positions":["ab"],"x":1}],"known":"AA=="}}"#,
            r#"{"mask":{"shapes":[{"count":1,"positions":["ab"]}],"known":""}}"#,
        ] {
            assert!(serde_json::from_str::<IdForm>(json).is_err(), "{json}");
        }
        let all = r#"{"mask":{"shapes":[{"count":18446744073709551615,"positions":["ab","cd"]},{"count":18446744073709551615,"positions":["ab"]}],"known":"/w=="}}"#;
        let form: IdForm = serde_json::from_str(all).unwrap();
        assert_eq!((form.possible(), form.write(0), form.write(u64::MAX)), (0, None, None));
        assert_eq!(
            (IdForm::find(&[]), IdForm::find(&[""]), IdForm::find(&["x".repeat(129).as_str()])),
            (None, None, None)
        );
    }
}
