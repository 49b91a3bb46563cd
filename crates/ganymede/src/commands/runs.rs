//! `ganymede runs`: the runs in a folder, each in short.

use super::{Command, Examples};
use crate::failure::Failure;
use crate::flags::{RUNS, run};
use crate::numbers::{duration, grouped};
use crate::terminal::Terminal;
use clap::Args;
use ganymede_gan::{RunState, RunSummary, run_list};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// `ganymede runs`.
#[derive(Args, Debug)]
pub struct Runs {
    /// Folder of runs, or one run; `last` is the newest run in runs/
    #[arg(value_name = "DIR", value_parser = run, default_value = RUNS)]
    folder: PathBuf,
    /// Print JSON, one object per line
    #[arg(long)]
    json: bool,
}

impl Command for Runs {
    const NAME: &'static str = "runs";
    const ABOUT: &'static str = "List the runs in a folder, the newest last";
    const EXAMPLES: Examples = &[("Those in runs/", &["ganymede runs"]), ("The newest alone", &["ganymede runs last"])];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let is_default = self.folder.as_os_str() == RUNS;
        let runs = if is_default && !self.folder.exists() { Vec::new() } else { run_list(&self.folder)? };
        if runs.is_empty() {
            terminal.say(&format!("no run in {}/ (`ganymede train` makes one)", self.folder.display()));
        }
        runs.iter().try_for_each(|run| terminal.result(&if self.json { object(run) } else { text(run) }))
    }
}

/// Letters of a run's name before what is said of it.
const NAME: usize = 36;
/// Letters in a line.
const LINE: usize = 80;

/// A line with name, step, time and state, one with what it trains, one with the path of its newest grid.
fn text(run: &RunSummary) -> String {
    let name = run.path.file_name().unwrap_or(run.path.as_os_str()).to_string_lossy();
    let (step, time) = (grouped(run.step), duration(Duration::from_secs_f64(run.seconds.max(0.0))));
    let state = match &run.state {
        RunState::Resumable => "can be resumed",
        other => other.name(),
    };
    let mut lines = vec![format!("{name:<NAME$} {:>14} {time:>9}  {state}", format!("step {step}"))];
    if let RunState::Broken(why) = &run.state {
        // The first line of a report says enough for a list.
        lines.push(cut(&format!("    {}", why.lines().next().unwrap_or_default())));
    }
    let what = match (run.preset.as_str(), run.data.as_str()) {
        ("", "") => String::new(),
        (preset, "") => preset.into(),
        ("", data) => format!("own spec on {data}"),
        (preset, data) => format!("{preset} on {data}"),
    };
    let score = run.score.as_ref().map(|(step, score)| {
        let of = if score.of == "samples" { String::new() } else { format!(" of {}", score.of) };
        format!("{}{of} {:.4} at step {}", score.metric, score.estimate.value, grouped(*step))
    });
    let facts: Vec<String> = [Some(what).filter(|what| !what.is_empty()), score].into_iter().flatten().collect();
    if !facts.is_empty() {
        lines.push(cut(&format!("    {}", facts.join("; "))));
    }
    lines.extend(run.grid.as_ref().map(|grid| format!("    {}", grid.display())));
    lines.join("\n")
}

/// A text in one line, the end of a longer one left out.
fn cut(text: &str) -> String {
    match text.chars().count() {
        0..=LINE => text.into(),
        _ => text.chars().take(LINE - 1).chain(['…']).collect(),
    }
}

fn object(run: &RunSummary) -> String {
    let reason = match &run.state {
        RunState::Broken(why) => Some(why),
        _ => None,
    };
    let score = run.score.as_ref().map(|(step, score)| {
        json!({ "step": step, "metric": score.metric, "of": score.of, "value": score.estimate.value, "better": score.better })
    });
    let value = json!({
        "kind": "run", "run": run.path, "preset": run.preset, "data": run.data, "step": run.step, "seconds": run.seconds,
        "score": score, "grid": run.grid, "state": run.state.name(), "reason": reason,
    });
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_at_most_80_letters() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("00012-dcgan-fashion-mnist");
        std::fs::create_dir(&run).unwrap();
        let mut found = run_list(folder.path()).unwrap().remove(0);
        found.preset = "a-preset-of-a-long-name".into();
        found.data = "data of a name that goes on and on and on, whoever called it by this name".into();
        (found.step, found.seconds) = (12_345_678, 400_000.0);
        found.state = RunState::Broken("spec.toml cannot be read: ".repeat(5));
        let lines = text(&found);
        assert!(lines.lines().all(|line| line.chars().count() <= LINE), "{lines}");
        found.state = RunState::Resumable;
        let lines = text(&found);
        assert!(lines.lines().all(|line| line.chars().count() <= LINE), "{lines}");
        assert!(
            lines.starts_with("00012-dcgan-fashion-mnist  ") && lines.contains("step 12,345,678    4d 15h  can be")
        );
    }
}
