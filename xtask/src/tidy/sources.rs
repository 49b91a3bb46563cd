//! Sizes and heads of Rust files. Not here: `unsafe` (`unsafety.rs`).

use super::{File, Finding, Repository};

/// Above it a file is worth splitting.
const SOFT: usize = 350;
/// Above it a file must be split.
const HARD: usize = 500;
/// Crates that may hold `unsafe`; every other root forbids it.
const UNSAFE: &[&str] = &["ganymede-kernels", "ganymede-cuda", "ganymede-python"];

/// Lines of a file without its unit tests.
pub fn sizes(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.ending(".rs").filter(|f| !is_test(&f.path)) {
        let lines = without_tests(&file.text);
        if lines > HARD {
            findings.push(Finding::error(
                &file.path,
                format!("expected at most {HARD} lines without tests, found {lines}"),
            ));
        } else if lines > SOFT {
            findings.push(Finding::warning(&file.path, format!("{lines} lines without tests; {SOFT} are enough")));
        }
    }
    findings
}

/// Every file says first what it is; every crate root outside of [`UNSAFE`] forbids `unsafe`.
pub fn heads(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.ending(".rs") {
        if !file.text.starts_with("//!") {
            findings.push(Finding::error(&file.path, "expected `//!` first: what the file is, and what it is not"));
        }
        if is_root(&file.path) && !may_be_unsafe(&file.path) && !file.text.contains("#![forbid(unsafe_code)]") {
            findings.push(Finding::error(&file.path, "expected `#![forbid(unsafe_code)]` in a crate's root"));
        }
    }
    for file in repository.ending("/Cargo.toml").filter(|f| !f.text.contains("[lints]\nworkspace = true")) {
        findings.push(Finding::error(&file.path, "expected `[lints]` with `workspace = true`"));
    }
    findings
}

/// Whether the crate of a file may hold `unsafe`.
pub fn may_be_unsafe(path: &str) -> bool {
    UNSAFE.iter().any(|name| path.starts_with(&format!("crates/{name}/")))
}

fn is_root(path: &str) -> bool {
    path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs")
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "testing.rs"))
}

/// Lines before the module of unit tests, which stands last.
fn without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|w| w[0].trim() == "#[cfg(test)]" && w[1].trim_start().starts_with("mod "));
    tests.unwrap_or(lines.len())
}

/// A line's code: without a comment at its end, and nothing of a comment line.
pub fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// The lines of a file with their numbers from 1.
pub fn lines(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.text.lines().enumerate().map(|(i, line)| (i + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found_and_tests_do_not_count() {
        let long = format!("//! x\n{}", "fn f() {}\n".repeat(600));
        let tested = format!("//! x\n#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(600));
        let middle = format!("//! x\n{}", "fn f() {}\n".repeat(400));
        let files =
            [("crates/a/src/a.rs", long.as_str()), ("crates/a/src/b.rs", &tested), ("crates/a/src/c.rs", &middle)];
        let found = sizes(&Repository::of(&files));
        assert_eq!(
            found.iter().map(|f| (f.place.as_str(), f.warning)).collect::<Vec<_>>(),
            [("crates/a/src/a.rs", false), ("crates/a/src/c.rs", true)]
        );
    }

    #[test]
    fn heads_and_roots_are_checked() {
        let files = [
            ("crates/ganymede-gan/src/lib.rs", "//! x\n"),
            ("crates/ganymede-kernels/src/lib.rs", "//! x\n"),
            ("crates/ganymede-nn/src/a.rs", "fn f() {}\n"),
            ("crates/ganymede-nn/Cargo.toml", "[package]\n"),
        ];
        let found = heads(&Repository::of(&files));
        let places: Vec<&str> = found.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(
            places,
            ["crates/ganymede-gan/src/lib.rs", "crates/ganymede-nn/src/a.rs", "crates/ganymede-nn/Cargo.toml"]
        );
    }
}
