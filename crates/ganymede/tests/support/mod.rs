//! Running the command and looking at what it gave.
#![allow(dead_code)] // Each test file uses its part.

use serde_json::Value;
use std::process::{Command, Output};

/// The command that was built for these tests.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_ganymede");

/// What a run of the command gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    /// With lines that go on below put together again.
    pub stderr: String,
    /// The longest line of stderr as it was printed, but for those with a path.
    pub longest: String,
}

impl Ran {
    pub fn of(output: Output) -> Ran {
        let said = String::from_utf8(output.stderr).unwrap();
        let longest = said.lines().filter(|line| !line.contains('/')).max_by_key(|line| line.chars().count());
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            longest: longest.unwrap_or_default().into(),
            stderr: whole_lines(&said),
        }
    }

    /// Itself, when it went well.
    pub fn ok(self) -> Ran {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Every line of stdout as JSON.
    pub fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }
}

/// The text with each line that goes on below, farther right, in one.
fn whole_lines(text: &str) -> String {
    let mut whole = String::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("    ") && whole.ends_with('\n') {
            whole.pop();
            whole.push(' ');
            whole.push_str(line.trim_start_matches(' '));
        } else {
            whole.push_str(line);
        }
    }
    whole
}

/// Runs the command.
pub fn ganymede(words: &[&str]) -> Ran {
    Ran::of(Command::new(PROGRAM).args(words).env("NO_COLOR", "1").output().unwrap())
}
