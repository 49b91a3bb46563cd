//! Which mutants are run. Not here: running them.

use super::judge::Mutant;
use sha2::{Digest, Sha256};

/// A sample by seed, in an order that the seed gives, and of that one shard: mutant i is in shard i mod N.
pub fn choose<'a>(
    all: &'a [Mutant],
    seed: u64,
    count: usize,
    (shard, shards): (usize, usize),
    only: &[String],
) -> Vec<&'a Mutant> {
    let wanted = |mutant: &&Mutant| only.is_empty() || only.iter().any(|word| mutant.name.contains(word.as_str()));
    let mut keyed: Vec<(Vec<u8>, &Mutant)> =
        all.iter().filter(wanted).map(|mutant| (key(seed, &mutant.name), mutant)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    keyed.dedup_by(|a, b| a.0 == b.0);
    let sample = keyed.into_iter().take(count).enumerate();
    sample.filter(|(at, _)| at % shards == shard).map(|(_, (_, mutant))| mutant).collect()
}

fn key(seed: u64, name: &str) -> Vec<u8> {
    Sha256::digest(format!("{seed} {name}").as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutants(count: usize) -> Vec<Mutant> {
        let place = serde_json::json!({ "line": 1, "column": 1 });
        let mutant = |at: usize| {
            Mutant::read(&serde_json::json!({
                "name": format!("crates/a/src/x.rs:{at}:5: replace f with ()"), "package": "a", "file": "crates/a/src/x.rs",
                "span": { "start": place, "end": place }, "replacement": "()",
            }))
        };
        (0..count).map(|at| mutant(at).unwrap()).collect()
    }

    #[test]
    fn shards_part_the_sample_and_the_seed_makes_it() {
        let all = mutants(100);
        let names = |all: &[Mutant], seed, count, shard, only: &[String]| -> Vec<String> {
            choose(all, seed, count, shard, only).into_iter().map(|mutant| mutant.name.clone()).collect()
        };
        let whole = names(&all, 1, 30, (0, 1), &[]);
        let parts = [0, 1, 2].map(|k| names(&all, 1, 30, (k, 3), &[])).concat();
        assert_eq!((whole.len(), parts.len()), (30, 30));
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        assert_eq!(sorted(whole.clone()), sorted(parts));
        assert_ne!(whole, names(&all, 2, 30, (0, 1), &[]));
        // The order of the list is nothing to it.
        let back: Vec<Mutant> = all.iter().rev().cloned().collect();
        assert_eq!(whole, names(&back, 1, 30, (0, 1), &[]));
        let few = names(&all, 1, 30, (0, 1), &["x.rs:7:".into(), "x.rs:12:".into()]);
        assert_eq!(few.len(), 2);
    }
}
