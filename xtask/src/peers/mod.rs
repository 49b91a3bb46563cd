//! `cargo xtask bench-peers`: ganymede, Keras and PyTorch on the same work, in turn, several rounds in one session; prints
//! tables in Markdown. Not here: what the scripts compute (`benches/peers`), which work there is (`works.rs`).
//!
//! Without `--keras` and `--torch` it makes virtual environments under `target/peers` with pip, once.

mod contest;
mod table;
mod works;

use contest::{Programs, contestants};
use std::path::{Path, PathBuf};
use std::process::Command;
use table::Entry;
use works::{Measure, SAMPLES, WORKS, Work};

const KERAS: &[&str] = &["keras==3.15.1", "tensorflow-cpu==2.21.0"];
const TORCH: &[&str] = &["torch==2.15.0"];

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    rounds: u32,
    steps: u32,
    threads: u32,
    only: Vec<String>,
    keras: Option<PathBuf>,
    torch: Option<PathBuf>,
}

/// The words after the command.
pub const USAGE: &str = "[--rounds N] [--steps N] [--threads N] [--only WORK]... [--keras PYTHON] [--torch PYTHON]";

impl Options {
    fn parse(words: &[String]) -> Result<Options, String> {
        let mut options = Options { rounds: 5, steps: 20, threads: 2, only: Vec::new(), keras: None, torch: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or(format!("expected a value after {word}"))?;
            let number = || match value.parse::<u32>() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(format!("{word}: expected a number above 0, found `{value}`")),
            };
            match word.as_str() {
                "--rounds" => options.rounds = number()?,
                "--steps" => options.steps = number()?,
                "--threads" => options.threads = number()?,
                "--only" if WORKS.iter().any(|work| work.name == value) => options.only.push(value.clone()),
                "--only" => {
                    let names: Vec<&str> = WORKS.iter().map(|work| work.name).collect();
                    return Err(format!("--only: expected one of {}, found `{value}`", names.join(", ")));
                }
                "--keras" => options.keras = Some(value.into()),
                "--torch" => options.torch = Some(value.into()),
                _ => return Err(format!("expected {USAGE}, found `{word}`")),
            }
        }
        Ok(options)
    }
}

/// Compares, and prints tables.
pub fn bench_peers(root: &Path, words: &[String]) -> bool {
    let compared = Options::parse(words).and_then(|options| compare(root, &options));
    compared.inspect_err(|reason| eprintln!("error: {reason}")).is_ok()
}

fn compare(root: &Path, options: &Options) -> Result<(), String> {
    let chosen: Vec<&Work> =
        WORKS.iter().filter(|w| options.only.is_empty() || options.only.iter().any(|o| o == w.name)).collect();
    build(root)?;
    let python = |given: &Option<PathBuf>, name: &str, packages: &[&str]| match given {
        // Relative to where the command was given, not to where scripts are started.
        Some(python) => std::path::absolute(python).map_err(|e| format!("{}: {e}", python.display())),
        None => environment(root, name, packages),
    };
    let keras = chosen.iter().any(|w| w.keras.is_some()).then(|| python(&options.keras, "keras", KERAS)).transpose()?;
    let torch = chosen.iter().any(|w| w.torch.is_some()).then(|| python(&options.torch, "torch", TORCH)).transpose()?;
    let name = format!("ganymede{}", std::env::consts::EXE_SUFFIX);
    let ganymede = root.join("target/release").join(name);
    let programs = Programs { ganymede, keras, torch, scripts: root.join("benches/peers") };
    let (mut all, mut versions) = (Vec::new(), Vec::new());
    for work in chosen {
        let entries = rounds(work, &programs, options);
        for run in entries.iter().filter_map(|entry| entry.runs.first()) {
            if !versions.contains(&run.versions) {
                versions.push(run.versions.clone());
            }
        }
        all.push((work, entries));
    }
    println!("{}\n", machine(options));
    println!("Versions: {}.\n", versions.join("; "));
    all.iter().for_each(|(work, entries)| println!("{}", table::work(work, entries)));
    println!("{}", table::summary(&all));
    Ok(())
}

/// Everyone in turn, round by round; who fails is said and left out from then on.
fn rounds(work: &Work, programs: &Programs, options: &Options) -> Vec<Entry> {
    let (mut taking_part, skipped) = contestants(work, programs, options.steps, options.threads);
    skipped.iter().for_each(|line| eprintln!("{line}"));
    let mut entries: Vec<Entry> = taking_part.iter().map(|c| Entry { name: c.name, runs: Vec::new() }).collect();
    for round in 1..=options.rounds {
        taking_part.retain(|contestant| {
            let run = contestant.run(work.measure, &programs.scripts);
            let entry = entries.iter_mut().find(|entry| entry.name == contestant.name);
            match (run, entry) {
                (Ok(run), Some(entry)) => {
                    eprintln!("{} round {round}: {} {:.2}", work.name, contestant.name, run.value);
                    entry.runs.push(run);
                    true
                }
                (Err(reason), _) => {
                    eprintln!("{} round {round}: {} is left out: {reason}", work.name, contestant.name);
                    false
                }
                (Ok(_), None) => false,
            }
        });
    }
    let rules: Vec<_> = entries.iter().flat_map(|entry| &entry.runs).filter_map(|run| run.update.as_ref()).collect();
    if rules.windows(2).any(|two| two[0] != two[1]) && work.measure != Measure::Samples(SAMPLES) {
        eprintln!("warning: {}: expected one update rule of everyone, found {rules:?}", work.name);
    }
    entries.retain(|entry| entry.runs.len() == options.rounds as usize);
    if entries.first().is_none_or(|entry| entry.name != "ganymede") {
        entries.clear();
    }
    entries
}

fn build(root: &Path) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--release", "-p", "ganymede", "--locked"]);
    run(&mut cargo)
}

/// The interpreter of a virtual environment with these packages, which is made if it is not there.
fn environment(root: &Path, name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = root.join("target/peers").join(name);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    // Written last: an environment without it was left unfinished.
    let done = folder.join("packages.txt");
    let wanted = packages.join(" ");
    if std::fs::read_to_string(&done).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    std::fs::write(&done, wanted).map_err(|e| format!("cannot write {}: {e}", done.display()))?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    eprintln!("$ {command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("cannot run {command:?}: {error}")),
    }
}

/// The machine and how it was measured, in a sentence.
fn machine(options: &Options) -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (rounds, steps, threads) = (options.rounds, options.steps, options.threads);
    let model = model.unwrap_or(std::env::consts::ARCH);
    format!("{model}, {cores} cores, {threads} threads each; {rounds} rounds of {steps} steps, everyone in turn.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_refused() {
        let parse = |text: &str| Options::parse(&text.split_whitespace().map(String::from).collect::<Vec<_>>());
        let options = parse("--rounds 3 --only sngan --only tabular --torch /python").unwrap();
        assert_eq!((options.rounds, options.steps, options.only.len()), (3, 20, 2));
        assert_eq!(options.torch, Some("/python".into()));
        for (bad, reason) in [
            ("--rounds 0", "above 0"),
            ("--only none", "expected one of dcgan-64"),
            ("--rounds", "expected a value"),
            ("--what 3", "found `--what`"),
        ] {
            assert!(parse(bad).unwrap_err().contains(reason), "{bad}");
        }
    }
}
