//! The project's own commands (`cargo xtask ci`). Not here: what a user runs (`crates/ganymede`).
#![forbid(unsafe_code)]

mod ablations;
mod choice_table;
mod ci;
mod commands;
mod mutants;
mod peers;
mod presets_table;
mod python;
mod tidy;
mod timed;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// One command: its name, what it does, and how.
struct Command {
    name: &'static str,
    summary: &'static str,
    run: Run,
}

/// How a command runs in the repository's root.
enum Run {
    /// Without further words.
    Plain(fn(&Path) -> bool),
    /// With options of its own.
    With(fn(&Path, &[String]) -> bool, &'static str),
}

const COMMANDS: &[Command] = &[
    Command {
        name: "ci",
        summary: "check a commit: fmt, tidy, clippy, test, docs, examples, commands, python",
        run: Run::Plain(ci::ci),
    },
    Command {
        name: "tidy",
        summary: "check dependencies between crates, sizes and heads of files, and forbidden words and paths",
        run: Run::Plain(tidy::tidy),
    },
    Command {
        name: "docs",
        summary: "build the documentation of every crate, with warnings as errors",
        run: Run::Plain(ci::docs),
    },
    Command {
        name: "commands",
        summary: "run the commands of README, of the documents and of --help, with what is built in the release profile",
        run: Run::Plain(ci::commands),
    },
    Command {
        name: "python",
        summary: "test the Python package in place, its types and its wheel",
        run: Run::Plain(python::alone),
    },
    Command {
        name: "reference",
        summary: "write docs/reference/spec.md and expressions.md, the pages of every key of a spec and of what losses may say",
        run: Run::Plain(ci::reference),
    },
    Command {
        name: "bench-peers",
        summary: "compare ganymede with Keras and PyTorch on the same workloads, as tables in Markdown",
        run: Run::With(peers::bench_peers, peers::USAGE),
    },
    Command {
        name: "presets-table",
        summary: "train every preset on real data, measure it, and write docs/reference/presets.md",
        run: Run::With(presets_table::presets_table, presets_table::USAGE),
    },
    Command {
        name: "choice-table",
        summary: "train what may be the default preset on kinds of data, and write docs/reference/choice.md and presets/measured.rs",
        run: Run::With(choice_table::choice_table, choice_table::USAGE),
    },
    Command {
        name: "ablations",
        summary: "train with and without tricks, count modes of stacked Fashion-MNIST, and write docs/reference/ablations.md",
        run: Run::With(ablations::ablations, ablations::USAGE),
    },
    Command {
        name: "mutants",
        summary: "put a sample of small faults into the sources and report those that no test notices",
        run: Run::With(mutants::mutants, mutants::USAGE),
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [name] if matches!(name.as_str(), "help" | "--help" | "-h") => {
            println!("{}", usage());
            ExitCode::SUCCESS
        }
        [name, words @ ..] => match COMMANDS.iter().find(|c| c.name == name).map(|c| &c.run) {
            Some(Run::Plain(_)) if !words.is_empty() => {
                refuse(&format!("expected no words after {name}, found {words:?}"))
            }
            Some(Run::Plain(run)) => done(run(&root())),
            Some(Run::With(run, _)) => done(run(&root(), words)),
            None => refuse(&format!("expected one of {}, found `{name}`", names())),
        },
        [] => refuse(&format!("expected one of {}, found no word", names())),
    }
}

fn done(ok: bool) -> ExitCode {
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("error: {reason}\n\n{}", usage());
    ExitCode::from(2)
}

fn names() -> String {
    COMMANDS.iter().map(|c| c.name).collect::<Vec<_>>().join(", ")
}

fn usage() -> String {
    let line = |c: &Command| match c.run {
        Run::Plain(_) => format!("  {:<12} {}", c.name, c.summary),
        Run::With(_, words) => format!("  {:<12} {}\n{:15}{words}", c.name, c.summary, ""),
    };
    let lines: Vec<String> = COMMANDS.iter().map(line).collect();
    format!("usage: cargo xtask COMMAND\n\n{}", lines.join("\n"))
}

/// The repository's root: the folder above this crate's.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
