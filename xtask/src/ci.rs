//! `cargo xtask ci`: the stages that judge a commit, in an order that shares what is built. Not here: the
//! rules of `tidy`.
//!
//! Everything uses the release profile. Cheap stages come first; clippy checks the dependencies, which the
//! documentation uses again; the tests build the examples and the command, which the last stages run.

use crate::{commands as written, python, tidy};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// How many passed and failed. A stage without tests of its own counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn one(ok: bool) -> Count {
        Count { passed: u64::from(ok), failed: u64::from(!ok) }
    }

    fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

type Stage = (&'static str, fn(&Path) -> Count);

const STAGES: &[Stage] = &[
    ("fmt", |root| Count::one(formatted(root))),
    ("tidy", |root| Count::one(tidy::tidy(root))),
    ("clippy", |root| {
        let whole = ["clippy", "--release", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        // The library alone: nothing in it may need what the command brings along.
        let (library, strict) = (["clippy", "--release", "-p", "ganymede", "--lib"], ["--", "-D", "warnings"]);
        let library = [&library[..], &["--no-default-features", "--locked"], &strict].concat();
        Count::one(cargo(root, &whole) && cargo(root, &library))
    }),
    ("test", test),
    ("docs", |root| Count::one(docs(root))),
    ("examples", examples),
    ("commands", documented),
    ("python", |root| {
        let built = built().unwrap_or_default();
        python::python(root, &built).iter().fold(Count::default(), |mut count, (name, ok)| {
            println!("python {name}: {}", if *ok { "ok" } else { "FAILED" });
            count.add(Count::one(*ok));
            count
        })
    }),
];

/// Runs every stage, also after one that failed; the last line is `N passed, N failed`.
pub fn ci(root: &Path) -> bool {
    let start = Instant::now();
    let mut total = Count::default();
    let mut lines = Vec::new();
    for (name, run) in STAGES {
        println!("\n== {name}");
        let begin = Instant::now();
        let count = run(root);
        let verdict = if count.failed == 0 { "ok" } else { "FAILED" };
        let line = format!("{name:<10} {verdict:<8} {:>7.1} s", begin.elapsed().as_secs_f64());
        println!("-- {line}");
        lines.push(line);
        total.add(count);
    }
    println!("\n{}\n{:<19} {:>7.1} s\n", lines.join("\n"), "all", start.elapsed().as_secs_f64());
    println!("{} passed, {} failed", total.passed, total.failed);
    total.failed == 0
}

/// Whether every source is as rustfmt has it. `cargo fmt` does not find the modules that a macro declares.
fn formatted(root: &Path) -> bool {
    println!("$ rustfmt --edition 2024 --check (every source)");
    let check = |sources: Vec<String>| {
        let mut rustfmt = Command::new("rustfmt");
        succeeds(rustfmt.current_dir(root).args(["--edition", "2024", "--check"]).args(sources))
    };
    tidy::rust_sources(root).map(check).unwrap_or_else(|reason| {
        eprintln!("error: {reason}");
        false
    })
}

/// Documentation of every crate, warnings as errors.
pub fn docs(root: &Path) -> bool {
    let mut command = command(root, &["doc", "--release", "--workspace", "--no-deps", "--locked"]);
    succeeds(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Writes the pages that are made of tables in the code; a test fails where one is old.
pub fn reference(root: &Path) -> bool {
    cargo(root, &["test", "--release", "--workspace", "--lib", "--locked", "--", "--ignored", "write_the_page"])
}

/// All tests; every line is shown while it comes, and the `test result` lines are added up.
fn test(root: &Path) -> Count {
    let mut command = command(root, &["test", "--release", "--workspace", "--no-fail-fast", "--locked"]);
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("cannot run {command:?}: {error}");
            return Count::one(false);
        }
    };
    let mut count = Count::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            count.add(result(&line));
        }
    }
    let ok = child.wait().is_ok_and(|status| status.success());
    if !ok && count.failed == 0 {
        // It did not build, or a test ended the whole process.
        count.failed = 1;
    }
    count
}

/// What a line of libtest says: `test result: ok. 12 passed; 0 failed; …`.
fn result(line: &str) -> Count {
    let Some(rest) = line.strip_prefix("test result: ") else { return Count::default() };
    let number = |word: &str| {
        let mut parts = rest.split([' ', ';', '.']).filter(|p| !p.is_empty()).collect::<Vec<_>>().into_iter().rev();
        parts.find(|p| *p == word).and_then(|_| parts.next()).and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    Count { passed: number("passed"), failed: number("failed") }
}

/// Each example for a few steps, with the command and the examples that the tests built: a spec with a
/// `[train]` table is trained, one without is a defective one and `check` must refuse it.
fn examples(root: &Path) -> Count {
    let mut count = Count::default();
    let Ok(folder) = built() else { return Count::one(false) };
    let outdir = folder.join("xtask-examples");
    if let Err(error) = std::fs::create_dir_all(&outdir) {
        eprintln!("cannot create {}: {error}", outdir.display());
        return Count::one(false);
    }
    for example in files(&root.join("examples")) {
        let name = example.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (mut command, expected) = match example.extension().and_then(|e| e.to_str()) {
            Some("toml") => {
                let trains =
                    std::fs::read_to_string(&example).is_ok_and(|text| text.lines().any(|l| l.trim() == "[train]"));
                let mut command = Command::new(folder.join("ganymede"));
                if trains {
                    command.arg("train").arg("--config").arg(&example).args(["--steps", "2", "--outdir"]).arg(&outdir);
                } else {
                    command.arg("check").arg(&example);
                }
                (command, i32::from(!trains))
            }
            Some("rs") => {
                let mut command = Command::new(folder.join("examples").join(&name));
                command.args(["--steps", "2"]);
                (command, 0)
            }
            _ => continue,
        };
        let begin = Instant::now();
        let found = command.current_dir(&outdir).env("TMPDIR", &outdir).status().ok().and_then(|s| s.code());
        println!("example {name}: exit {found:?}, expected {expected}, {:.1} s", begin.elapsed().as_secs_f64());
        count.add(Count::one(found == Some(expected)));
    }
    // What they wrote is of no further use; a rest does no harm.
    let _ = std::fs::remove_dir_all(&outdir);
    count
}

/// The commands of the documents, with what the tests built.
fn documented(root: &Path) -> Count {
    let Ok(folder) = built() else { return Count::one(false) };
    let (passed, failed) = written::run(root, &folder);
    Count { passed, failed }
}

/// The same alone.
pub fn commands(root: &Path) -> bool {
    let count = documented(root);
    println!("{} passed, {} failed", count.passed, count.failed);
    count.failed == 0
}

/// The files of a folder, sorted; none when there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.is_file()).collect();
    files.sort();
    files
}

/// The folder of the release profile, where this program itself lies.
fn built() -> std::io::Result<PathBuf> {
    Ok(std::env::current_exe()?.parent().map(Path::to_path_buf).unwrap_or_default())
}

pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> bool {
    succeeds(&mut command(root, arguments))
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    println!("$ cargo {}", arguments.join(" "));
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(arguments);
    command
}

pub(crate) fn succeeds(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("cannot run {command:?}: {error}");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_libtest_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.02s";
        assert_eq!(result(line), Count { passed: 12, failed: 3 });
        assert_eq!(result("running 3 tests"), Count::default());
    }
}
