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
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
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

/// Runs the command.
pub fn ganymede(words: &[&str]) -> Ran {
    Ran::of(Command::new(PROGRAM).args(words).env("NO_COLOR", "1").output().unwrap())
}
