//! `cargo xtask presets-table`: every preset trained on real data for the same time, measured, and a page of it. Not here:
//! which presets on which data (`cells.rs`), the page (`page.rs`).
//!
//! A cell that is done is a file `docs/reference/presets/<cell>.json` and a picture beside it: it is not trained again. A
//! cell that was broken off goes on from its newest checkpoint, for the minutes that are left.

mod cells;
mod page;

use cells::{CELLS, Cell};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is asked for.
#[derive(Debug, PartialEq)]
struct Options {
    /// Folder with the data: `fashion-mnist`, `crawl-tiles`, `pneumonia-mnist`.
    data: PathBuf,
    minutes: f64,
    width: u32,
    threads: u32,
    /// Cells that run at the same time.
    jobs: usize,
    only: Vec<String>,
}

/// The words after the command.
pub const USAGE: &str = "--data DIR [--minutes M] [--width N] [--threads N] [--jobs N] [--only CELL]...";

impl Options {
    fn parse(words: &[String]) -> Result<Options, String> {
        let mut options =
            Options { data: PathBuf::new(), minutes: 10.0, width: 32, threads: 1, jobs: 2, only: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or(format!("expected a value after {word}"))?;
            let number = || match value.parse::<u32>() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(format!("{word}: expected a number above 0, found `{value}`")),
            };
            match word.as_str() {
                "--data" => options.data = value.into(),
                "--minutes" => {
                    let minutes = value.parse::<f64>().ok().filter(|m| *m > 0.0 && m.is_finite());
                    options.minutes =
                        minutes.ok_or(format!("--minutes: expected a number above 0, found `{value}`"))?;
                }
                "--width" => options.width = number()?,
                "--threads" => options.threads = number()?,
                "--jobs" => options.jobs = number()? as usize,
                "--only" if CELLS.iter().any(|cell| cell.name() == *value) => options.only.push(value.clone()),
                "--only" => {
                    let names: Vec<String> = CELLS.iter().map(Cell::name).collect();
                    return Err(format!("--only: expected one of {}, found `{value}`", names.join(", ")));
                }
                _ => return Err(format!("expected {USAGE}, found `{word}`")),
            }
        }
        if options.data.as_os_str().is_empty() {
            return Err("expected --data DIR, a folder with fashion-mnist, crawl-tiles and pneumonia-mnist".into());
        }
        Ok(options)
    }
}

/// Trains and measures what is not done, and writes the page.
pub fn presets_table(root: &Path, words: &[String]) -> bool {
    let done = Options::parse(words).and_then(|options| table(root, &options));
    done.inspect_err(|reason| eprintln!("error: {reason}")).is_ok()
}

fn table(root: &Path, options: &Options) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--release", "-p", "ganymede", "--locked"]);
    if !cargo.status().is_ok_and(|status| status.success()) {
        return Err("the command ganymede cannot be built".into());
    }
    let results = root.join("docs/reference/presets");
    std::fs::create_dir_all(&results).map_err(|e| format!("cannot create {}: {e}", results.display()))?;
    let wanted = |cell: &&Cell| options.only.is_empty() || options.only.contains(&cell.name());
    let left: Vec<&Cell> = CELLS.iter().filter(wanted).filter(|cell| !file(&results, cell, "json").exists()).collect();
    eprintln!("{} cells are done, {} are left", CELLS.len() - left.len(), left.len());
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                while let Some(cell) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match measure(root, &results, cell, options) {
                        Ok(()) => eprintln!("{}: done", cell.name()),
                        Err(reason) => {
                            eprintln!("{}: {reason}", cell.name());
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    page::write(root, &results)?;
    match failed.into_inner() {
        0 => Ok(()),
        failed => Err(format!("{failed} cells failed; the same command goes on with them")),
    }
}

fn file(results: &Path, cell: &Cell, ending: &str) -> PathBuf {
    results.join(format!("{}.{ending}", cell.name()))
}

/// Trains a cell, or goes on with it, evaluates it, and writes what came out.
fn measure(root: &Path, results: &Path, cell: &Cell, options: &Options) -> Result<(), String> {
    let ganymede = root.join("target/release").join(format!("ganymede{}", std::env::consts::EXE_SUFFIX));
    let outdir = root.join("target/presets-table").join(cell.name());
    let threads = options.threads.to_string();
    let begun = std::fs::read_dir(&outdir).ok().and_then(|mut runs| runs.next()?.ok()).map(|run| run.path());
    let spent = begun.as_deref().map_or(0.0, minutes_of);
    let mut train = Command::new(&ganymede);
    match &begun {
        Some(run) if spent < options.minutes => {
            train.arg("resume").arg(run).args(["--minutes", &(options.minutes - spent).to_string()]);
        }
        Some(_) => {}
        None => {
            train.arg("train").arg(cell.source(&options.data)).args(cell.flags()).arg("--outdir").arg(&outdir);
            let (minutes, width) = (options.minutes.to_string(), options.width.to_string());
            train.args([
                "--preset",
                cell.preset,
                "--minutes",
                &minutes,
                "--snapshot-every",
                "0",
                "--name",
                cell.preset,
            ]);
            if cell.takes_width() {
                train.args(["--width", &width]);
            }
        }
    }
    if spent < options.minutes {
        json(train.args(["--threads", &threads, "--json"]))?;
    }
    let run = std::fs::read_dir(&outdir).ok().and_then(|mut runs| runs.next()?.ok()).map(|run| run.path());
    let run = run.ok_or("the training left no run")?;
    let evaluation = json(Command::new(&ganymede).arg("evaluate").arg(&run).args(["--threads", &threads, "--json"]))?;
    let grid = file(results, cell, "png");
    json(Command::new(&ganymede).arg("sample").arg(&run).args(["--threads", &threads, "--json", "--grid"]).arg(&grid))?;
    let events = events(&run);
    let last = |key: &str| events.iter().rev().find_map(|line| line.get(key).filter(|v| !v.is_null()).cloned());
    let peak = events.iter().filter_map(|line| line["resident_bytes"].as_u64()).max();
    let start = events.iter().find(|line| line["kind"] == "start").ok_or("its events have no start")?;
    let value = json!({
        "preset": cell.preset, "data": cell.data, "minutes": minutes_of(&run), "width": options.width,
        "threads": options.threads, "jobs": options.jobs, "step": last("step"), "kimg": last("kimg"),
        "batch": start["batch"], "parameters": start["parameters"], "peak_bytes": peak,
        "scores": evaluation["scores"], "n": evaluation["n"], "reference_n": evaluation["reference_n"],
    });
    let path = file(results, cell, "json");
    let text = serde_json::to_string_pretty(&value).map_err(|e| e.to_string())? + "\n";
    std::fs::write(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// The last object that a command prints.
fn json(command: &mut Command) -> Result<Value, String> {
    eprintln!("$ {command:?}");
    let output = command.output().map_err(|e| format!("cannot run {command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    last.ok_or_else(|| format!("{command:?}: expected an object of JSON, found {text}"))
}

/// The lines of a run's `events.jsonl`.
fn events(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("events.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Minutes that a run was trained for, over all of its processes: each counts from 0.
fn minutes_of(run: &Path) -> f64 {
    let mut total = 0.0;
    let mut last = 0.0;
    for line in events(run) {
        let time = line["time"].as_f64().unwrap_or(0.0);
        if time < last {
            total += last;
        }
        last = time;
    }
    (total + last) / 60.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_refused() {
        let parse = |text: &str| Options::parse(&text.split_whitespace().map(String::from).collect::<Vec<_>>());
        let options = parse("--data shared --minutes 2.5 --only dcgan-fashion-mnist --jobs 1").unwrap();
        assert_eq!((options.minutes, options.jobs, options.only.len()), (2.5, 1, 1));
        for (bad, reason) in [
            ("", "expected --data DIR"),
            ("--data x --minutes 0", "above 0"),
            ("--data x --only none", "expected one of dcgan-fashion-mnist"),
            ("--data", "expected a value"),
            ("--what 3", "found `--what`"),
        ] {
            assert!(parse(bad).unwrap_err().contains(reason), "{bad}");
        }
    }

    #[test]
    fn minutes_of_all_processes_count() {
        let folder = std::env::temp_dir().join(format!("presets-table-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let lines = [0.0, 60.0, 90.0, 0.5, 30.0].map(|time| format!("{{\"time\":{time}}}\n")).concat();
        std::fs::write(folder.join("events.jsonl"), lines).unwrap();
        assert_eq!(minutes_of(&folder), 2.0);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
