//! The project's own commands (`cargo xtask ci`). Not here: what a user runs (`crates/ganymede`).
#![forbid(unsafe_code)]

mod ci;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// One command: its name, what it does, and how.
struct Command {
    name: &'static str,
    summary: &'static str,
    run: fn(&Path) -> bool,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "ci",
        summary: "everything that judges a commit: fmt, tidy, clippy, test, docs, examples",
        run: ci::ci,
    },
    Command {
        name: "tidy",
        summary: "arrows between crates, sizes and heads of files, words and paths that must not be",
        run: tidy::tidy,
    },
    Command { name: "docs", summary: "the documentation of every crate, warnings as errors", run: ci::docs },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [name] if matches!(name.as_str(), "help" | "--help" | "-h") => {
            println!("{}", usage());
            ExitCode::SUCCESS
        }
        [name] => match COMMANDS.iter().find(|c| c.name == name) {
            Some(command) if (command.run)(&root()) => ExitCode::SUCCESS,
            Some(_) => ExitCode::FAILURE,
            None => refuse(&format!("expected one of {}, found `{name}`", names())),
        },
        _ => refuse(&format!("expected one of {}, found {} words", names(), arguments.len())),
    }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("error: {reason}\n\n{}", usage());
    ExitCode::from(2)
}

fn names() -> String {
    COMMANDS.iter().map(|c| c.name).collect::<Vec<_>>().join(", ")
}

fn usage() -> String {
    let lines: Vec<String> = COMMANDS.iter().map(|c| format!("  {:<6} {}", c.name, c.summary)).collect();
    format!("usage: cargo xtask COMMAND\n\n{}", lines.join("\n"))
}

/// The repository's root: the folder above this crate's.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
