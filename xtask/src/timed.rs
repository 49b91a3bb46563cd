//! Trainings of so many minutes by the command `ganymede`, several at a time, that go on where they were broken off. Not here:
//! which ones, and what is made of them (`presets_table/`, `ablations/`).

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is asked for.
#[derive(Debug, PartialEq)]
pub struct Options {
    /// Folder with the data, where it is needed.
    pub data: Option<PathBuf>,
    /// Minutes of each training, where not its own.
    pub minutes: Option<f64>,
    /// Width of the presets.
    pub width: u32,
    /// Threads of each.
    pub threads: u32,
    /// How many run at the same time.
    pub jobs: usize,
    /// Names of those that are wanted; all when empty.
    pub only: Vec<String>,
}

impl Options {
    /// Reads words after a command whose usage this is; names are what `--only` takes.
    pub fn parse(words: &[String], usage: &str, names: &[String]) -> Result<Options, String> {
        let mut options = Options { data: None, minutes: None, width: 32, threads: 1, jobs: 2, only: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or(format!("expected a value after {word}"))?;
            let number = || match value.parse::<u32>() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(format!("{word}: expected a number above 0, found `{value}`")),
            };
            match word.as_str() {
                "--data" => options.data = Some(value.into()),
                "--minutes" => {
                    let minutes = value.parse::<f64>().ok().filter(|m| *m > 0.0 && m.is_finite());
                    options.minutes =
                        Some(minutes.ok_or(format!("--minutes: expected a number above 0, found `{value}`"))?);
                }
                "--width" => options.width = number()?,
                "--threads" => options.threads = number()?,
                "--jobs" => options.jobs = number()? as usize,
                "--only" if names.contains(value) => options.only.push(value.clone()),
                "--only" => return Err(format!("--only: expected one of {}, found `{value}`", names.join(", "))),
                _ => return Err(format!("expected {usage}, found `{word}`")),
            }
        }
        Ok(options)
    }

    /// Does what is wanted and not done, several at a time; a failure does not keep the others from it.
    ///
    /// # Errors
    /// How many failed; the reasons were printed.
    pub fn each<T: Sync>(
        &self,
        all: &[T],
        name: impl Fn(&T) -> String + Sync,
        done: impl Fn(&T) -> bool,
        work: impl Fn(&T) -> Result<(), String> + Sync,
    ) -> Result<(), String> {
        let wanted: Vec<&T> =
            all.iter().filter(|item| self.only.is_empty() || self.only.contains(&name(item))).collect();
        let left: Vec<&T> = wanted.iter().copied().filter(|item| !done(item)).collect();
        eprintln!("{} of {} are done", wanted.len() - left.len(), wanted.len());
        let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    while let Some(item) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match work(item) {
                            Ok(()) => eprintln!("{}: done", name(item)),
                            Err(reason) => {
                                eprintln!("{}: {reason}", name(item));
                                failed.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        match failed.into_inner() {
            0 => Ok(()),
            failed => Err(format!("{failed} failed; the same command goes on with them")),
        }
    }
}

/// How long a training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Minutes on the clock.
    Minutes(f64),
    /// Steps in all: the same training on a busy machine as on an idle one.
    Steps(u64),
}

/// A training of some length.
pub struct Training {
    /// The folder that its run is alone in.
    pub outdir: PathBuf,
    pub length: Length,
    pub threads: u32,
    /// The words after `train`.
    pub words: Vec<OsString>,
}

/// The command, built.
pub struct Ganymede(PathBuf);

impl Ganymede {
    /// Builds it in the release profile.
    pub fn build(root: &Path) -> Result<Ganymede, String> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(root).args(["build", "--release", "-p", "ganymede", "--locked"]);
        if !cargo.status().is_ok_and(|status| status.success()) {
            return Err("the command ganymede cannot be built".into());
        }
        Ok(Ganymede(root.join("target/release").join(format!("ganymede{}", std::env::consts::EXE_SUFFIX))))
    }

    /// A run of the command with these words.
    pub fn words(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.args(words);
        command
    }

    /// Trains, or goes on for what is left; gives the run's folder.
    pub fn train(&self, training: &Training) -> Result<PathBuf, String> {
        let run = || std::fs::read_dir(&training.outdir).ok()?.next()?.ok().map(|run| run.path());
        let begun = run();
        let done = begun.as_deref().map(|run| (minutes_of(run), last(&events(run), "step").as_u64().unwrap_or(0)));
        let (minutes, steps) = done.unwrap_or_default();
        let left = match training.length {
            Length::Minutes(wanted) => (minutes < wanted).then(|| ["--minutes".into(), (wanted - minutes).to_string()]),
            // What it was after fewer steps is gone.
            Length::Steps(wanted) if steps > wanted => {
                let place = training.outdir.display();
                return Err(format!("expected a training of at most {wanted} steps, found {steps}: remove {place}"));
            }
            Length::Steps(wanted) => (steps < wanted).then(|| ["--steps".into(), wanted.to_string()]),
        };
        if let Some(left) = left {
            let mut command = match &begun {
                Some(run) => {
                    let mut command = self.words(&["resume"]);
                    command.arg(run);
                    command
                }
                None => {
                    let mut command = self.words(&["train"]);
                    command.args(&training.words).args(["--snapshot-every", "0", "--outdir"]).arg(&training.outdir);
                    command
                }
            };
            json(command.args(left).args(["--threads", &training.threads.to_string(), "--json"]))?;
        }
        run().ok_or_else(|| "the training left no run".into())
    }

    /// Seconds that a step takes on one thread of this machine, by the shortest of some tries: on a busy one most are longer.
    pub fn seconds_a_step(&self, words: &[OsString], threads: u32) -> Result<f64, String> {
        const TRIES: usize = 5;
        let seconds = (0..TRIES).map(|_| {
            let mut command = self.words(&["train"]);
            let plan = json(command.args(words).args(["--threads", &threads.to_string(), "--dry-run", "--json"]))?;
            plan["seconds_a_step"].as_f64().ok_or_else(|| "expected seconds_a_step in the plan".to_string())
        });
        seconds.collect::<Result<Vec<f64>, _>>().map(|found| found.into_iter().fold(f64::INFINITY, f64::min))
    }
}

/// What `train` takes as the data of a name below a folder: the one file of a folder that has no other data, or the folder.
pub fn source(folder: &Path, name: &str) -> PathBuf {
    match name {
        "ring2d" | "grid2d" => name.into(),
        "pneumonia-mnist" => {
            // The folder holds one file besides its notice.
            let found = std::fs::read_dir(folder.join(name)).ok();
            let files = found.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
            let npz = files.into_iter().find(|path| path.extension().is_some_and(|e| e == "npz"));
            npz.unwrap_or_else(|| folder.join(name))
        }
        _ => folder.join(name),
    }
}

/// The text that a command prints.
pub fn text(command: &mut Command) -> Result<String, String> {
    eprintln!("$ {command:?}");
    let output = command.output().map_err(|e| format!("cannot run {command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The last object that a command prints.
pub fn json(command: &mut Command) -> Result<Value, String> {
    let text = text(command)?;
    let last = text.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    last.ok_or_else(|| format!("{command:?}: expected an object of JSON, found {text}"))
}

/// The lines of a run's `events.jsonl`.
pub fn events(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("events.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The last value of that name in events.
pub fn last(events: &[Value], key: &str) -> Value {
    events.iter().rev().find_map(|line| line.get(key).filter(|v| !v.is_null()).cloned()).unwrap_or_default()
}

/// Minutes that a run was trained for, over all of its processes: each counts from 0.
pub fn minutes_of(run: &Path) -> f64 {
    let mut total = 0.0;
    let mut last = 0.0;
    for line in events(run) {
        let time = line["time"].as_f64().unwrap_or(0.0);
        if time < last || line["kind"] == "resume" {
            total += last;
        }
        last = time;
    }
    (total + last) / 60.0
}

/// Stands for how something is trained: a result of another recipe is not its result. Comments of the spec are no part of it.
pub fn recipe(spec: &str) -> String {
    let lines = spec.lines().filter(|line| !line.starts_with('#'));
    let plain = lines.map(|line| line.split("  # ").next().unwrap_or(line).trim_end().to_string() + "\n");
    let digest = Sha256::digest(plain.collect::<String>().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..12].to_string()
}

/// Whether a file is the result of a recipe.
pub fn is_of(path: &Path, recipe: &str) -> bool {
    let value = std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    value.is_some_and(|value| value["recipe"] == recipe)
}

/// What a page says of rows that were trained by another recipe than today's; nothing where there are none.
pub fn of_old(names: &[String], command: &str) -> String {
    match names.is_empty() {
        true => String::new(),
        false => format!(
            "Trained by an earlier version of their spec, until `cargo xtask {command}` trains them again: {}.\n\n",
            names.join(", ")
        ),
    }
}

/// Warns of numbers in one column that do not compare: rows (name, scores) of the same data, columns (metric, features).
pub fn protocols(rows: &[(&str, &Value)], columns: &[(&str, &str)]) -> String {
    // Columns by how they part the rows.
    let mut parted: Vec<(Vec<Vec<&str>>, Vec<String>)> = Vec::new();
    for (metric, of) in columns {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, scores) in rows {
            let Some(protocol) = score(scores, metric, of).and_then(|score| score["protocol"].as_str()) else {
                continue;
            };
            match groups.iter_mut().find(|(known, _)| *known == protocol) {
                Some((_, names)) => names.push(name),
                None => groups.push((protocol, vec![name])),
            }
        }
        let groups: Vec<Vec<&str>> = groups.into_iter().map(|(_, names)| names).collect();
        match parted.iter_mut().find(|(known, _)| *known == groups) {
            Some((_, columns)) => columns.push(format!("{metric} of {of}")),
            None => parted.push((groups, vec![format!("{metric} of {of}")])),
        }
    }
    let line = |(groups, columns): &(Vec<Vec<&str>>, Vec<String>)| {
        let groups: Vec<String> = groups.iter().map(|names| names.join(", ")).collect();
        format!(
            "Of other protocols, so that they do not compare: {}; in {}.\n\n",
            groups.join(" | "),
            columns.join(", ")
        )
    };
    parted.iter().filter(|(groups, _)| groups.len() > 1).map(line).collect()
}

/// A whole number that results have, such as how many ran at a time: `2`, or `2 to 3` where they differ.
pub fn span<'a>(results: impl Iterator<Item = &'a Value>, key: &str) -> String {
    let found: Vec<u64> = results.filter_map(|value| value[key].as_u64()).collect();
    match (found.iter().min(), found.iter().max()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (Some(all), _) => all.to_string(),
        _ => "–".into(),
    }
}

/// A score by its metric and features; points are their own.
pub fn score<'a>(scores: &'a Value, metric: &str, of: &str) -> Option<&'a Value> {
    let mut all = scores.as_array()?.iter();
    all.find(|score| score["metric"] == metric && (score["of"] == of || score["of"] == "samples"))
}

/// Writes a result, readable.
pub fn write(path: &Path, value: &Value) -> Result<(), String> {
    let text = serde_json::to_string_pretty(value).map_err(|e| e.to_string())? + "\n";
    std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// `0.166 (0.151 to 0.181) / 0.001`: a score, its interval, that of real samples.
pub fn shown(score: &Value) -> String {
    let short = |key: &str| match score[key].as_f64() {
        Some(n) if n.abs() >= 100.0 => format!("{n:.0}"),
        Some(n) if n.abs() >= 1.0 => format!("{n:.2}"),
        Some(n) => format!("{n:.4}"),
        None => "–".into(),
    };
    format!("{} ({} to {}) / {}", short("value"), short("low"), short("high"), short("reference"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_refused() {
        let parse = |text: &str| {
            let words: Vec<String> = text.split_whitespace().map(String::from).collect();
            Options::parse(&words, "the usage", &["first".into(), "second".into()])
        };
        let options = parse("--data shared --minutes 2.5 --only first --jobs 1").unwrap();
        assert_eq!((options.minutes, options.jobs, options.only.len()), (Some(2.5), 1, 1));
        for (bad, reason) in [
            ("--data x --minutes 0", "above 0"),
            ("--data x --only none", "expected one of first, second"),
            ("--data", "expected a value"),
            ("--what 3", "expected the usage, found `--what`"),
        ] {
            assert!(parse(bad).unwrap_err().contains(reason), "{bad}");
        }
    }

    #[test]
    fn each_that_is_left_is_done_once_and_failures_are_counted() {
        let words: Vec<String> = ["--only", "1", "--only", "2", "--only", "3"].map(String::from).to_vec();
        let options = Options::parse(&words, "", &["1".into(), "2".into(), "3".into(), "4".into()]).unwrap();
        let seen = std::sync::Mutex::new(Vec::new());
        let work = |n: &u32| {
            seen.lock().unwrap().push(*n);
            if *n == 3 { Err("no".into()) } else { Ok(()) }
        };
        let error = options.each(&[1, 2, 3, 4], u32::to_string, |n| *n == 2, work).unwrap_err();
        assert!(error.starts_with("1 failed"), "{error}");
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert_eq!(seen, [1, 3]);
    }

    #[test]
    fn numbers_of_two_protocols_are_warned_of() {
        let row = |protocol: &str| serde_json::json!([{ "metric": "frechet", "of": "random", "protocol": protocol }]);
        let (a, b, c) = (row("aa"), row("aa"), row("bb"));
        let columns = [("frechet", "random"), ("kernel", "random")];
        assert_eq!(protocols(&[("x", &a), ("y", &b)], &columns), "");
        let text = protocols(&[("x", &a), ("y", &b), ("z", &c)], &columns);
        assert_eq!(text, "Of other protocols, so that they do not compare: x, y | z; in frechet of random.\n\n");
        assert_ne!(recipe("lr = 1"), recipe("lr = 2"));
        assert_eq!(recipe("[ema]  # averages\nlr = 1  # a rate\n"), recipe("[ema]\nlr = 1\n"));
        let results = [2, 3, 2].map(|jobs| serde_json::json!({ "jobs": jobs, "width": 32 }));
        assert_eq!((span(results.iter(), "jobs"), span(results.iter(), "width")), ("2 to 3".into(), "32".into()));
        assert!(
            of_old(&[], "x").is_empty()
                && of_old(&["r1".into()], "ablations").contains("ablations` trains them again: r1.")
        );
    }

    #[test]
    fn minutes_of_all_processes_count() {
        let folder = std::env::temp_dir().join(format!("timed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut lines = [0.0, 60.0, 90.0, 0.5, 30.0].map(|time| format!("{{\"time\":{time}}}\n")).concat();
        // One that was killed before it had taken as long as the next had when it wrote its first line.
        lines += "{\"kind\":\"resume\",\"time\":30.5}\n{\"time\":60}\n";
        std::fs::write(folder.join("events.jsonl"), lines).unwrap();
        assert_eq!(minutes_of(&folder), 3.0);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
