//! Damaged files: whatever bytes are changed, reading ends with a network or an error. `a_million_of_each` is run by hand:
//! `cargo test --release -p ganymede-interop --test keras -- --ignored --nocapture`.

use crate::common::{bytes, expected};
use ganymede_interop::keras::{arrays, read_bytes, read_json, write_bytes};
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Words that mean something in one of the three forms.
const WORDS: &[&[u8]] = &[
    b"null",
    b"-1",
    b"1e999",
    b"[]",
    b"{}",
    b"\"\"",
    b"true",
    b"99999999999",
    b"\"Functional\"",
    b"\"layers\"",
    b"OHDR",
    b"TREE",
    b"SNOD",
    b"PK\x01\x02",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\0\0\0\0\0\0\0\0",
];

/// Some edits: bits, bytes, eight bytes at once, a word, a part that is repeated, an end that is cut off.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 | 1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = random.next() as u8,
            3 => {
                let end = (at + 8).min(bytes.len());
                let value = random.next().to_le_bytes();
                bytes[at..end].copy_from_slice(&value[..end - at]);
            }
            4 => {
                let word = WORDS[random.below(WORDS.len())];
                let end = (at + word.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&word[..end - at]);
            }
            5 => {
                let word = WORDS[random.below(WORDS.len())];
                let end = (at + random.below(12)).min(bytes.len());
                bytes.splice(at..end, word.iter().copied());
            }
            _ if random.below(4) == 0 => bytes.truncate(at.max(1)),
            _ => {
                let end = (at + random.below(64)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}

/// What became of many mutants.
#[derive(Debug, Default)]
struct Count {
    read: usize,
    refused: usize,
    slowest: Duration,
}

fn many(seeds: &[Vec<u8>], count: usize, seed: u64, read: impl Fn(Vec<u8>) -> bool) -> Count {
    let mut random = Random(seed);
    let mut total = Count::default();
    for nth in 0..count {
        let mut bytes = seeds[nth % seeds.len()].clone();
        mutate(&mut bytes, &mut random);
        let start = Instant::now();
        match read(bytes) {
            true => total.read += 1,
            false => total.refused += 1,
        }
        total.slowest = total.slowest.max(start.elapsed());
    }
    total
}

fn member(file: &[u8], name: &str) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    let mut bytes = Vec::new();
    zip.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// Files of Keras and of our own.
fn files() -> Vec<Vec<u8>> {
    let names: Vec<String> = expected().keys().cloned().collect();
    let mut files: Vec<Vec<u8>> = names.iter().map(|name| bytes(name)).collect();
    for name in &names {
        let network = read_bytes(bytes(name)).unwrap();
        files.push(write_bytes(&network.name, &network.config, &network.weights).unwrap());
    }
    files
}

fn all(count: usize, seed: u64) -> [(&'static str, Count); 3] {
    let files = files();
    let configs: Vec<Vec<u8>> = files.iter().map(|file| member(file, "config.json")).collect();
    let zips = many(&files, count, seed, |bytes| read_bytes(bytes).is_ok());
    let configs = many(&configs, count, seed + 1, |bytes| read_json(&bytes).is_ok());
    let weights = ["dense", "nested"].map(|name| {
        let network = read_bytes(bytes(name)).unwrap();
        let own = write_bytes(&network.name, &network.config, &network.weights).unwrap();
        let seeds = [bytes(name), own].map(|file| member(&file, "model.weights.h5"));
        many(&seeds, count / 2, seed + 2, |bytes| arrays(&network.name, &network.config, bytes).is_ok())
    });
    let [mut weights, other] = weights;
    weights.read += other.read;
    weights.refused += other.refused;
    weights.slowest = weights.slowest.max(other.slowest);
    [("zip", zips), ("config.json", configs), ("weights", weights)]
}

#[test]
fn damaged_files_are_read_or_refused() {
    for (what, count) in all(1500, 7) {
        assert!(count.read > 0 && count.refused > 0, "{what}: {count:?}");
    }
}

#[test]
#[ignore = "an hour of mutants"]
fn a_million_of_each() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    // Those that are caught count as well.
    std::panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::Relaxed);
    }));
    let begin = Instant::now();
    let count = std::env::var("MUTANTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    for (what, count) in all(count, 11) {
        println!("{what}: {count:?}");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("").to_string();
    println!("panics {}, {:.0} s, {peak}", PANICS.load(Ordering::Relaxed), begin.elapsed().as_secs_f64());
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}
