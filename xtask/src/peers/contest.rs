//! One contestant of a work: the process that is started, and what it says of itself. Not here: who takes part (`mod.rs`),
//! what the numbers become (`table.rs`).

use super::works::{Measure, Work};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the frameworks are started with.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The command `ganymede`.
    pub ganymede: PathBuf,
    /// The Python that has Keras, if any.
    pub keras: Option<PathBuf>,
    /// The Python that has PyTorch, if any.
    pub torch: Option<PathBuf>,
    /// The scripts.
    pub scripts: PathBuf,
}

/// Who does a work, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contestant {
    /// Its name in the table.
    pub name: &'static str,
    program: PathBuf,
    words: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
}

/// What one run gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The measure: milliseconds of a step or of the start, or seconds of sampling.
    pub value: f64,
    /// Peak of resident memory in MiB.
    pub memory: f64,
    /// The update rule, where it is a training step.
    pub update: Option<String>,
    /// Versions of the framework, or what ganymede computed with.
    pub versions: String,
}

/// Everyone who does a work, ganymede first, and a line for each who cannot.
pub fn contestants(work: &Work, programs: &Programs, steps: u32, threads: u32) -> (Vec<Contestant>, Vec<String>) {
    let steps = if work.measure == Measure::FirstStep { 1 } else { steps };
    let common = ["--batch", &work.batch.to_string(), "--threads", &threads.to_string(), "--json"].map(String::from);
    let mut own: Vec<String> = ["bench"].iter().chain(work.ganymede).map(ToString::to_string).collect();
    own.extend(common.clone());
    match work.measure {
        Measure::Samples(count) => own.extend(["--steps", "0", "--sample", &count.to_string()].map(String::from)),
        Measure::Step | Measure::FirstStep => own.extend(["--steps".into(), steps.to_string()]),
    }
    let program = programs.ganymede.clone();
    let mut found = vec![Contestant { name: "ganymede", program, words: own, environment: Vec::new() }];
    let mut skipped = Vec::new();
    let mut add = |name, python: &Option<PathBuf>, script: Option<(&str, &[&str])>, more: &[&str], environment| {
        let Some((script, words)) = script else { return };
        let path = programs.scripts.join(script);
        let Some(python) = python else {
            return skipped.push(format!("{}: {name} is skipped, there is no interpreter for it", work.name));
        };
        if !path.is_file() {
            return skipped.push(format!("{}: {name} is skipped, there is no {script}", work.name));
        }
        let mut all = vec![path.display().to_string()];
        all.extend(words.iter().chain(more).map(ToString::to_string));
        all.extend(common.clone());
        match work.measure {
            Measure::Samples(count) => all.extend(["--sample".into(), count.to_string()]),
            Measure::Step | Measure::FirstStep => all.extend(["--steps".into(), steps.to_string()]),
        }
        found.push(Contestant { name, program: python.clone(), words: all, environment });
    };
    add("Keras, oneDNN on", &programs.keras, work.keras, &[], vec![("TF_ENABLE_ONEDNN_OPTS", "1")]);
    add("Keras, oneDNN off", &programs.keras, work.keras, &[], vec![("TF_ENABLE_ONEDNN_OPTS", "0")]);
    add("PyTorch", &programs.torch, work.torch, &[], Vec::new());
    if work.compiled {
        add("PyTorch, compiled", &programs.torch, work.torch, &["--compile"], Vec::new());
    }
    (found, skipped)
}

impl Contestant {
    /// Runs it once.
    ///
    /// # Errors
    /// When it cannot be started, fails or says something else than expected, in words.
    pub fn run(&self, measure: Measure, folder: &Path) -> Result<Run, String> {
        let mut command = Command::new(&self.program);
        command.args(&self.words).envs(self.environment.iter().copied()).current_dir(folder).stdin(Stdio::null());
        let output = command.output().map_err(|e| format!("cannot run {}: {e}", self.program.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last: Vec<&str> = said.lines().rev().take(3).collect();
            let last = last.into_iter().rev().collect::<Vec<_>>().join(" / ");
            return Err(format!("{} failed with {}: {last}", self.words.join(" "), output.status));
        }
        let said = String::from_utf8_lossy(&output.stdout);
        let line = said.lines().last().unwrap_or_default();
        let value: Value = serde_json::from_str(line).map_err(|e| format!("expected one JSON object: {e}: {line}"))?;
        read(&value, measure)
    }
}

/// What a result says.
fn read(value: &Value, measure: Measure) -> Result<Run, String> {
    let measured = match measure {
        Measure::Step => &value["ms_per_step"]["median"],
        Measure::FirstStep => &value["first_step_ms"],
        Measure::Samples(_) => match &value["sample"]["seconds"] {
            Value::Null => &value["seconds"],
            seconds => seconds,
        },
    };
    let number =
        |name: &str, value: &Value| value.as_f64().ok_or(format!("expected a number for {name}, found {value}"));
    let versions = match &value["versions"] {
        Value::Object(map) => map.iter().map(|(name, v)| format!("{name} {}", v.as_str().unwrap_or("?"))).collect(),
        _ => vec![format!("{}, {} numerics", text(&value["isa"]), text(&value["numerics"]))],
    };
    Ok(Run {
        value: number("the measure", measured)?,
        memory: number("peak_rss_mb", &value["peak_rss_mb"])?,
        update: value["update"].as_str().map(String::from),
        versions: versions.join(", "),
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::super::works::WORKS;
    use super::*;
    use serde_json::json;

    #[test]
    fn results_of_both_sides_are_read() {
        let ours = json!({
            "ms_per_step": { "median": 2.5 }, "first_step_ms": 90.0, "peak_rss_mb": 30.0, "update": "alternating",
            "isa": "avx2", "numerics": "fast", "sample": { "seconds": 4.0 },
        });
        let run = read(&ours, Measure::Step).unwrap();
        assert_eq!((run.value, run.memory, run.versions.as_str()), (2.5, 30.0, "avx2, fast numerics"));
        assert_eq!(read(&ours, Measure::FirstStep).unwrap().value, 90.0);
        assert_eq!(read(&ours, Measure::Samples(3)).unwrap().value, 4.0);
        let theirs = json!({ "seconds": 7, "peak_rss_mb": 900, "update": null, "versions": { "torch": "2" } });
        let run = read(&theirs, Measure::Samples(3)).unwrap();
        assert_eq!((run.value, run.update, run.versions.as_str()), (7.0, None, "torch 2"));
        assert!(read(&theirs, Measure::Step).unwrap_err().contains("expected a number"));
    }

    #[test]
    fn who_cannot_take_part_is_named() {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/peers");
        let programs = Programs { ganymede: "g".into(), keras: None, torch: Some("python".into()), scripts };
        let (found, skipped) = contestants(&WORKS[1], &programs, 5, 2);
        assert_eq!(found.iter().map(|c| c.name).collect::<Vec<_>>(), ["ganymede", "PyTorch", "PyTorch, compiled"]);
        assert_eq!(skipped.len(), 2);
        let nowhere = Programs { scripts: "nowhere".into(), ..programs };
        let (found, skipped) = contestants(&WORKS[1], &nowhere, 5, 2);
        assert_eq!((found.len(), skipped.len()), (1, 4));
        assert!(skipped[3].contains("there is no torch_dcgan.py"), "{skipped:?}");
    }
}
