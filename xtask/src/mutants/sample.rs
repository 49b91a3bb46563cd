//! Which mutants are run. Not here: running them.

use sha2::{Digest, Sha256};

/// A sample by seed, in an order that the seed gives, and of that one shard: mutant i is in shard i mod N.
pub fn choose(
    all: &[String],
    seed: u64,
    count: usize,
    (shard, shards): (usize, usize),
    only: &[String],
) -> Vec<String> {
    let wanted = all.iter().filter(|name| only.is_empty() || only.iter().any(|word| name.contains(word.as_str())));
    let mut keyed: Vec<(Vec<u8>, &String)> = wanted.map(|name| (key(seed, name), name)).collect();
    keyed.sort();
    keyed.dedup();
    let sample = keyed.into_iter().take(count).enumerate();
    sample.filter(|(at, _)| at % shards == shard).map(|(_, (_, name))| name.clone()).collect()
}

fn key(seed: u64, name: &str) -> Vec<u8> {
    Sha256::digest(format!("{seed} {name}").as_bytes()).to_vec()
}

/// A regular expression of exactly this text.
pub fn escaped(text: &str) -> String {
    let special = |c: char| !(c.is_alphanumeric() || c == '_' || c == ' ' || c == '/' || !c.is_ascii());
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("crates/a/src/x.rs:{at}:5: replace f with ()")).collect()
    }

    #[test]
    fn shards_part_the_sample_and_the_seed_makes_it() {
        let all = names(100);
        let whole = choose(&all, 1, 30, (0, 1), &[]);
        let parts = [0, 1, 2].map(|k| choose(&all, 1, 30, (k, 3), &[])).concat();
        assert_eq!((whole.len(), parts.len()), (30, 30));
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        assert_eq!(sorted(whole.clone()), sorted(parts));
        assert_ne!(whole, choose(&all, 2, 30, (0, 1), &[]));
        // The order of the list is nothing to it.
        let back: Vec<String> = all.iter().rev().cloned().collect();
        assert_eq!(whole, choose(&back, 1, 30, (0, 1), &[]));
        let few = choose(&all, 1, 30, (0, 1), &["x.rs:7:".into(), "x.rs:12:".into()]);
        assert_eq!(few.len(), 2);
    }

    #[test]
    fn names_are_matched_as_they_are() {
        let name =
            "crates/a/src/x.rs:3:5: replace f -> Option<(u8, &'static str)> with Some((1, \"x\")) in <impl A for B>::g";
        let escaped = escaped(name);
        assert!(escaped.contains(r"Option\<\(u8\, \&\'static str\)\>"), "{escaped}");
        assert_eq!(escaped.replace('\\', ""), name);
        assert!(!escaped.contains(r"\r") && !escaped.contains(r"\ "), "letters and spaces stand for themselves");
    }
}
