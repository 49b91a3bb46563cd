//! One mutant: put into the copy, built, tested by the quick targets of its crate, and taken out again. Not here: which (`sample.rs`).

use super::Suite;
use super::tree::Tree;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest that the tests of a mutant may take, in times of those of the original; and the shortest such time.
const PATIENCE: u32 = 5;
const LEAST: Duration = Duration::from_secs(20);

/// A change of one place in the sources, as `cargo mutants --list --json` tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// `path:line:column: what`.
    pub name: String,
    pub package: String,
    file: String,
    /// Line and column, from 1, of its first character and of the one behind its last.
    span: [(usize, usize); 2],
    replacement: String,
}

impl Mutant {
    /// Reads one.
    ///
    /// # Errors
    /// What was expected and found.
    pub fn read(value: &Value) -> Result<Mutant, String> {
        let refuse = || format!("expected a mutant as cargo-mutants 27 lists it, found {value}");
        let word = |key: &str| value[key].as_str().map(String::from).ok_or_else(refuse);
        let place = |end: &str| {
            let number = |key: &str| value["span"][end][key].as_u64().filter(|n| *n > 0).map(|n| n as usize);
            number("line").zip(number("column")).ok_or_else(refuse)
        };
        Ok(Mutant {
            name: word("name")?,
            package: word("package")?,
            file: word("file")?,
            span: [place("start")?, place("end")?],
            replacement: word("replacement")?,
        })
    }

    /// The text with the change.
    fn applied(&self, text: &str) -> Option<String> {
        let [start, end] = self.span.map(|(line, column)| {
            let mut lines = text.split_inclusive('\n');
            let before: usize = lines.by_ref().take(line - 1).map(str::len).sum();
            let inside = lines.next().unwrap_or("").char_indices().map(|(at, _)| at);
            let inside = inside.chain([lines_end(text, before)]).nth(column - 1);
            inside.map(|at| before + at)
        });
        let (start, end) = (start?, end?);
        (start <= end).then(|| format!("{}{}{}", &text[..start], self.replacement, &text[end..]))
    }
}

/// Length of the line that begins at this byte, without its end.
fn lines_end(text: &str, begin: usize) -> usize {
    text[begin..].find('\n').unwrap_or(text.len() - begin)
}

/// The original, which passes its tests, and how long that takes.
pub struct Judge<'a> {
    tree: &'a Tree,
    suite: &'a Suite,
    patience: Duration,
}

impl<'a> Judge<'a> {
    /// Builds and tests the original.
    ///
    /// # Errors
    /// When it does not build or does not pass.
    pub fn new(tree: &'a Tree, suite: &'a Suite) -> Result<Judge<'a>, String> {
        let mut judge = Judge { tree, suite, patience: Duration::from_secs(600) };
        let (mut built, mut tested) = (Duration::ZERO, Duration::ZERO);
        for targets in suite.stages {
            let begin = Instant::now();
            let tests = judge.build(targets, true)?.ok_or(format!("{}: the original does not build", suite.package))?;
            built += begin.elapsed();
            let begin = Instant::now();
            if judge.test(&tests)? != "missed" {
                return Err(format!("{}: the original does not pass its tests", suite.package));
            }
            tested += begin.elapsed();
        }
        let seconds = |time: Duration| time.as_secs_f64();
        println!("{}: built in {:.0} s, tested in {:.1} s", suite.package, seconds(built), seconds(tested));
        judge.patience = (tested * PATIENCE).max(LEAST);
        Ok(judge)
    }

    /// What becomes of a mutant: `caught`, `missed`, `timeout` or `unviable`.
    ///
    /// # Errors
    /// When a file cannot be written, or cargo not be run.
    pub fn judge(&self, mutant: &Mutant) -> Result<&'static str, String> {
        let path = self.tree.root.join(&mutant.file);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let changed = mutant.applied(&text).ok_or(format!("{}: it is beyond its file", mutant.name))?;
        let write =
            |text: &str| std::fs::write(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()));
        write(&changed)?;
        let outcome = self.outcome();
        write(&text)?;
        outcome
    }

    /// What becomes of the copy as it is.
    fn outcome(&self) -> Result<&'static str, String> {
        for targets in self.suite.stages {
            let outcome = match self.build(targets, false)? {
                Some(tests) => self.test(&tests)?,
                None => "unviable",
            };
            if outcome != "missed" {
                return Ok(outcome);
            }
        }
        Ok("missed")
    }

    /// Builds tests and gives their programs; none where they do not compile.
    fn build(&self, targets: &[&str], told: bool) -> Result<Option<Vec<PathBuf>>, String> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // The copy is a workspace of its own, with its own target folder.
        command.current_dir(&self.tree.root).env_remove("CARGO_TARGET_DIR").env("RUSTFLAGS", "--cap-lints=allow");
        command.args(["test", "--no-run", "--quiet", "--profile", "mutants", "--message-format=json"]);
        command.args(["--package", self.suite.package]).args(targets);
        let output = command.stderr(if told { Stdio::inherit() } else { Stdio::null() }).output();
        let output = output.map_err(|e| format!("cannot run {command:?}: {e}"))?;
        if !output.status.success() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let tests = messages.filter(|message| message["profile"]["test"] == true);
        Ok(Some(tests.filter_map(|message| Some(message["executable"].as_str()?.into())).collect()))
    }

    /// Runs programs of tests one after another, until one fails or takes too long.
    fn test(&self, tests: &[PathBuf]) -> Result<&'static str, String> {
        let begin = Instant::now();
        for test in tests {
            let mut command = Command::new(test);
            command.current_dir(self.tree.root.join("crates").join(self.suite.package));
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = command.spawn().map_err(|e| format!("cannot run {}: {e}", test.display()))?;
            let failed = failure(child.stdout.take());
            match wait(child, self.patience.saturating_sub(begin.elapsed()), &failed)? {
                Some(true) => {}
                Some(false) => return Ok("caught"),
                None => return Ok("timeout"),
            }
        }
        match tests.is_empty() {
            true => Err(format!("{}: expected programs of tests, found none", self.suite.package)),
            false => Ok("missed"),
        }
    }
}

/// Becomes true when libtest says that a test failed. One is enough, and the others may take long.
fn failure(output: Option<ChildStdout>) -> Arc<AtomicBool> {
    let failed = Arc::new(AtomicBool::new(false));
    let told = failed.clone();
    std::thread::spawn(move || {
        for line in output.map(BufReader::new).into_iter().flat_map(|output| output.lines().map_while(Result::ok)) {
            told.fetch_or(line.starts_with("test ") && line.ends_with(" FAILED"), Ordering::Relaxed);
        }
    });
    failed
}

/// Whether a program ends well; none where it does not end in time. What has failed is ended at once.
fn wait(mut child: Child, patience: Duration, failed: &AtomicBool) -> Result<Option<bool>, String> {
    let begin = Instant::now();
    loop {
        let has_failed = failed.load(Ordering::Relaxed);
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(status) => return Ok(Some(status.success())),
            None if has_failed || begin.elapsed() > patience => {
                child.kill().and_then(|()| child.wait()).map_err(|e| e.to_string())?;
                return Ok(has_failed.then_some(false));
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mutant(start: (usize, usize), end: (usize, usize), replacement: &str) -> Mutant {
        let place = |(line, column): (usize, usize)| json!({ "line": line, "column": column });
        let value = json!({
            "name": "crates/a/src/x.rs:1:1: replace", "package": "a", "file": "crates/a/src/x.rs",
            "span": { "start": place(start), "end": place(end) }, "replacement": replacement,
        });
        Mutant::read(&value).unwrap()
    }

    #[test]
    fn a_place_is_replaced_by_lines_and_letters() {
        let text = "fn f() {\n    σ + 2 // 1\n}\n";
        let applied = |start, end, replacement| mutant(start, end, replacement).applied(text);
        assert_eq!(applied((2, 7), (2, 8), "-").unwrap(), "fn f() {\n    σ - 2 // 1\n}\n");
        assert_eq!(applied((2, 5), (2, 10), "7").unwrap(), "fn f() {\n    7 // 1\n}\n");
        assert_eq!(applied((1, 8), (3, 2), "{}").unwrap(), "fn f() {}\n");
        assert_eq!(applied((2, 10), (2, 15), "").unwrap(), "fn f() {\n    σ + 2\n}\n");
        assert_eq!(applied((2, 10), (2, 99), ""), None);
        assert_eq!(applied((3, 2), (2, 1), ""), None);
        let error = Mutant::read(&json!({ "name": "x" })).unwrap_err();
        assert!(error.contains("expected a mutant"), "{error}");
    }

    /// A crate of one function, whose tests notice some of what can be wrong with it.
    #[test]
    fn mutants_of_a_small_crate_are_judged() {
        let root = std::env::temp_dir().join(format!("judge-{}", std::process::id()));
        let source = "pub fn f(n: u32) -> u32 {\n    let mut n = n;\n    while n > 9 {\n        n -= 9;\n    }\n    n + 0\n}\n\n\
                      #[test]\nfn nine() {\n    assert_eq!(f(19), 1);\n}\n";
        let member = "[package]\nname = \"toy\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        let workspace =
            "[workspace]\nmembers = [\"crates/toy\"]\nresolver = \"3\"\n[profile.mutants]\ninherits = \"release\"\n";
        std::fs::create_dir_all(root.join("crates/toy/src")).unwrap();
        std::fs::create_dir_all(root.join("crates/toy/tests")).unwrap();
        for (file, text) in [
            ("Cargo.toml", workspace),
            ("crates/toy/Cargo.toml", member),
            ("crates/toy/src/lib.rs", source),
            ("crates/toy/tests/more.rs", "#[test]\nfn nine_stays() {\n    assert_eq!(toy::f(9), 9);\n}\n"),
        ] {
            std::fs::write(root.join(file), text).unwrap();
        }
        let tree = Tree { root: root.clone(), sources: String::new(), files: Vec::new(), original: root.clone() };
        let suite = Suite { package: "toy", stages: &[&["--lib"], &["--test=more"]] };
        let mut judge = Judge::new(&tree, &suite).unwrap();
        judge.patience = Duration::from_secs(5);
        let mutant = |start, end, replacement| {
            let file = "crates/toy/src/lib.rs".to_string();
            judge.judge(&Mutant { file, ..mutant(start, end, replacement) }).unwrap()
        };
        // while n < 9; n += 0 for ever; no such name; n - 0, which nothing can tell.
        assert_eq!(mutant((3, 13), (3, 14), "<"), "caught");
        assert_eq!(mutant((4, 14), (4, 15), "0"), "timeout");
        assert_eq!(mutant((6, 5), (6, 10), "m"), "unviable");
        // Of 19 and 9 the first is the same, which a later target tells.
        assert_eq!(mutant((3, 13), (3, 16), "> 8"), "caught");
        assert_eq!(mutant((6, 7), (6, 8), "-"), "missed");
        assert_eq!(std::fs::read_to_string(root.join("crates/toy/src/lib.rs")).unwrap(), source);
        std::fs::write(root.join("crates/toy/src/lib.rs"), source.replace("f(19), 1", "f(19), 2")).unwrap();
        let error = Judge::new(&tree, &suite).err().unwrap();
        assert!(error.contains("the original does not pass its tests"), "{error}");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let run = |program: &str, word: &str| Command::new(program).arg(word).spawn().unwrap();
        let (quiet, minute) = (AtomicBool::new(false), Duration::from_secs(60));
        assert_eq!(wait(run("true", ""), minute, &quiet), Ok(Some(true)));
        assert_eq!(wait(run("false", ""), minute, &quiet), Ok(Some(false)));
        assert_eq!(wait(run("sleep", "60"), Duration::from_millis(50), &quiet), Ok(None));
    }

    #[test]
    fn the_first_test_that_fails_ends_its_program() {
        let says = |line: &str| {
            let mut command = Command::new("sh");
            let mut child =
                command.args(["-c", &format!("echo '{line}'; exec sleep 3")]).stdout(Stdio::piped()).spawn().unwrap();
            let failed = failure(child.stdout.take());
            wait(child, Duration::from_secs(60), &failed)
        };
        assert_eq!(says("test a::b ... FAILED"), Ok(Some(false)));
        assert_eq!(says("test a::b ... ok"), Ok(Some(true)));
        assert_eq!(says("thread a::b FAILED"), Ok(Some(true)));
    }
}
