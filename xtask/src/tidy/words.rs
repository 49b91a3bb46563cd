//! Words that must not stand in the repository: reminders, paths of one machine, package registries.
//! Not here: documents' own paths (`documents.rs`).

use super::sources::lines;
use super::{File, Finding, Repository};

/// Reminders. Written in halves, so that this file does not hold them.
const REMINDERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("dbg", "!("),
    concat!("unimplemented", "!("),
];

/// Where machines keep what is their own.
const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("C:\\", "Users"),
];

/// Settings that name a package registry.
const REGISTRIES: &[&str] = &[
    concat!("registry", "+"),
    concat!("sparse", "+"),
    concat!("index", "-url"),
    concat!("replace", "-with"),
    concat!("GO", "PROXY"),
];

/// The registry that a lock file may name.
const PUBLIC_REGISTRY: &str = "https://github.com/rust-lang/crates.io-index";

/// Finds reminders.
pub fn words(repository: &Repository) -> Vec<Finding> {
    find(repository, REMINDERS, |_| false, "is a reminder: do it, or open an issue")
}

/// Finds paths of a machine.
pub fn machine_paths(repository: &Repository) -> Vec<Finding> {
    find(repository, MACHINE_PATHS, |_| false, "is a path of one machine")
}

/// Finds package registries other than the public one.
pub fn registries(repository: &Repository) -> Vec<Finding> {
    find(repository, REGISTRIES, |line| line.contains(PUBLIC_REGISTRY), "names a package registry")
}

fn find(repository: &Repository, words: &[&str], allowed: fn(&str) -> bool, what: &str) -> Vec<Finding> {
    repository.files.iter().flat_map(|file| in_file(file, words, allowed, what)).collect()
}

fn in_file(file: &File, words: &[&str], allowed: fn(&str) -> bool, what: &str) -> Vec<Finding> {
    let hit = |line: &str| words.iter().find(|word| stands_alone(line, word) && !allowed(line)).copied();
    lines(file).filter_map(|(n, line)| Some(Finding::at(file, n, format!("`{}` {what}", hit(line)?)))).collect()
}

/// Whether a word stands in a line and does not continue another word or path.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '}' | '<' | '>'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_with_their_line() {
        let text = format!("a\n// {}: later\n", REMINDERS[0]);
        let found = words(&Repository::of(&[("a.rs", &text), ("b.rs", "mastodon\n")]));
        assert_eq!(found.iter().map(|f| f.place.as_str()).collect::<Vec<_>>(), ["a.rs:2"]);
    }

    #[test]
    fn paths_and_registries_are_found() {
        let text = format!("see {}me/x\nexamples{}x\n", MACHINE_PATHS[1], MACHINE_PATHS[0]);
        assert_eq!(machine_paths(&Repository::of(&[("a.md", &text)])).len(), 1);
        let lock =
            format!("source = \"{}{PUBLIC_REGISTRY}\"\nsource = \"{}https://other\"\n", REGISTRIES[0], REGISTRIES[0]);
        assert_eq!(registries(&Repository::of(&[("Cargo.lock", &lock)])).len(), 1);
    }
}
