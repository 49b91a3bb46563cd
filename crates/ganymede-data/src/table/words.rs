//! Free text: nothing of it is learned but how many words a text has and how long they are. A sample's text is masked (`xxx xxxxx
//! xx`), so that no real sentence is ever written. Not here: which columns are free text (`infer.rs`).

use ganymede_tensor::{Rng, stream_of};
use serde::{Deserialize, Serialize};

/// How many lengths are kept: quantiles of all.
const QUANTILES: usize = 65;
/// Longer texts are written with so many words, longer words with so many letters.
const MOST_WORDS: u16 = 1000;
const MOST_LETTERS: u16 = 64;
/// The letters of a masked word; the first of which no real text consists.
const LETTERS: [char; 4] = ['x', 'o', 'z', '#'];

/// The lengths of the texts of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct WordsForm(Saved);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    /// Quantiles of the number of words of a text.
    words: Vec<u16>,
    /// Quantiles of the number of characters of a word.
    letters: Vec<u16>,
    /// The letter that is written.
    mask: char,
}

impl TryFrom<Saved> for WordsForm {
    type Error = String;

    fn try_from(saved: Saved) -> Result<WordsForm, String> {
        let sound = |all: &[u16], most: u16| {
            !all.is_empty() && all.len() <= QUANTILES && all.iter().all(|n| (1..=most).contains(n))
        };
        if sound(&saved.words, MOST_WORDS) && sound(&saved.letters, MOST_LETTERS) && LETTERS.contains(&saved.mask) {
            Ok(WordsForm(saved))
        } else {
            Err(format!(
                "lengths of free text, expected 1 to {QUANTILES} numbers from 1 to {MOST_WORDS} words and {MOST_LETTERS} letters"
            ))
        }
    }
}

impl From<WordsForm> for Saved {
    fn from(form: WordsForm) -> Saved {
        form.0
    }
}

impl WordsForm {
    /// Learns the lengths of these texts.
    pub fn find(texts: &[&str]) -> WordsForm {
        let (mut words, mut letters) = (Lengths::new(MOST_WORDS), Lengths::new(MOST_LETTERS));
        for text in texts {
            words.add(text.split_whitespace().map(|word| letters.add(word.chars().count())).count());
        }
        let only = |mask: char| texts.iter().any(|t| t.chars().all(|c| c == mask || c == ' '));
        let mask = LETTERS.into_iter().find(|c| !only(*c)).unwrap_or(LETTERS[0]);
        WordsForm(Saved { words: words.quantiles(), letters: letters.quantiles(), mask })
    }

    /// The text of sample `number`, a function of it alone.
    pub fn write(&self, number: u64) -> String {
        let Saved { words, letters, mask } = &self.0;
        let mut rng = Rng::at(number, stream_of("data/words"), 0);
        let mut out = String::new();
        for i in 0..words[rng.below(words.len() as u32) as usize] {
            if i > 0 {
                out.push(' ');
            }
            out.extend(std::iter::repeat_n(*mask, usize::from(letters[rng.below(letters.len() as u32) as usize])));
        }
        out
    }

    /// The form in words: `4 to 11 words, masked`.
    pub fn describe(&self) -> String {
        let Saved { words, mask, .. } = &self.0;
        let (low, high) = (words[0], words[words.len() - 1]);
        let range = if low == high { format!("{low}") } else { format!("{low} to {high}") };
        format!("free text of {range} words; only their lengths are learned, written as {}", mask.to_string().repeat(4))
    }
}

/// How often each length occurs.
struct Lengths(Vec<u64>);

impl Lengths {
    fn new(most: u16) -> Lengths {
        Lengths(vec![0; usize::from(most)])
    }

    fn add(&mut self, length: usize) {
        let place = length.clamp(1, self.0.len()) - 1;
        self.0[place] += 1;
    }

    /// Lengths that as many are below as above, from the smallest to the largest.
    fn quantiles(&self) -> Vec<u16> {
        let total: u64 = self.0.iter().sum();
        let (mut sum, mut place, mut all) = (0, 0, Vec::with_capacity(QUANTILES));
        for q in 0..QUANTILES as u64 {
            let rank = q * total.saturating_sub(1) / (QUANTILES as u64 - 1);
            while place < self.0.len() && sum + self.0[place] <= rank {
                sum += self.0[place];
                place += 1;
            }
            all.push(place.min(self.0.len() - 1) as u16 + 1);
        }
        if total == 0 { vec![1] } else { all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths are those of the texts, by their frequency; nothing else of them is kept.
    #[test]
    fn lengths_are_kept() {
        let texts: Vec<&str> =
            (0..900).map(|i| if i % 3 == 0 { "pump works" } else { "the valve of the pump leaks" }).collect();
        let form = WordsForm::find(&texts);
        let json = serde_json::to_string(&form).unwrap();
        assert_eq!(serde_json::from_str::<WordsForm>(&json).unwrap(), form);
        assert!(!json.contains("pump"));
        let made: Vec<String> = (0..3000).map(|i| form.write(i)).collect();
        let short = made.iter().filter(|t| t.split(' ').count() == 2).count();
        assert!((900..1100).contains(&short), "{short} of 3,000 have two words");
        assert!(
            made.iter().all(
                |t| [2, 6].contains(&t.split(' ').count()) && t.split(' ').all(|w| [2, 3, 4, 5].contains(&w.len()))
            )
        );
        assert!(made.iter().all(|t| t.chars().all(|c| c == 'x' || c == ' ')));
        assert_eq!(made[7], form.write(7));
        assert_ne!(made[7], made[8]);
    }

    /// A text that is masked already is not written again; texts of any length and none are fine.
    #[test]
    fn odd_texts() {
        assert!(!WordsForm::find(&["xx xxx"]).write(0).contains('x'));
        let long = "a".repeat(100_000);
        assert_eq!(WordsForm::find(&[&long]).write(1).len(), 64);
        assert_eq!(WordsForm::find(&[]).write(0).len(), 1);
        for json in [
            r#"{"words":[],"letters":[1],"mask":"x"}"#,
            r#"{"words":[60000],"letters":[1],"mask":"x"}"#,
            r#"{"words":[1],"letters":[0],"mask":"x"}"#,
            r#"{"words":[1],"letters":[1],"mask":"e"}"#,
            r#"{"words":[1],"letters":[1],"mask":"x","real":"text"}"#,
        ] {
            assert!(serde_json::from_str::<WordsForm>(json).is_err(), "{json}");
        }
    }
}
