//! `cargo xtask ablations`: trainings with and without a trick, of several seeds, measured, and a page of them. Not here: which
//! settings (`settings.rs`), the page (`page.rs`), trainings that go on (`timed.rs`).
//!
//! A training that is done is a file `docs/reference/ablations/<setting>-seed-<n>.json`: it is not repeated.

mod page;
mod settings;

use crate::timed::{self, Ganymede, Length, Options, Training};
use serde_json::{Value, json};
use settings::{MODES, SETTINGS, Setting};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::Table;

/// The words after the command.
pub const USAGE: &str = "[--minutes M] [--width N] [--threads N] [--jobs N] [--only TRAINING]...";
/// Samples whose modes are counted: enough to meet each of 1,000 about 26 times.
const COUNTED: &str = "26000";
/// Checkpoints of a training whose modes are counted.
const POINTS: usize = 4;

/// A setting with a seed.
struct Run {
    setting: &'static Setting,
    seed: u64,
}

impl Run {
    fn name(&self) -> String {
        format!("{}-seed-{}", self.setting.name, self.seed)
    }

    fn result(&self, results: &Path) -> PathBuf {
        results.join(format!("{}.json", self.name()))
    }
}

/// Every training, seed by seed, so that what is done compares.
fn runs() -> Vec<Run> {
    let most = SETTINGS.iter().map(|setting| setting.seeds).max().unwrap_or(0);
    let runs = |seed| SETTINGS.iter().filter(move |s| seed < s.seeds).map(move |setting| Run { setting, seed });
    (0..most).flat_map(runs).collect()
}

/// Trains and measures what is not done, and writes the page.
pub fn ablations(root: &Path, words: &[String]) -> bool {
    let names: Vec<String> = runs().iter().map(Run::name).collect();
    let done = Options::parse(words, USAGE, &names).and_then(|options| all(root, &options));
    done.inspect_err(|reason| eprintln!("error: {reason}")).is_ok()
}

fn all(root: &Path, options: &Options) -> Result<(), String> {
    let ganymede = Ganymede::build(root)?;
    let results = root.join("docs/reference/ablations");
    std::fs::create_dir_all(&results).map_err(|e| format!("cannot create {}: {e}", results.display()))?;
    let specs = runs().into_iter().map(|run| Ok((run.name(), spec(&ganymede, run.setting, options)?)));
    let specs: BTreeMap<String, String> = specs.collect::<Result<_, String>>()?;
    let done = |run: &Run| timed::is_of(&run.result(&results), &timed::recipe(&specs[&run.name()]));
    let measure = |run: &Run| measure(&ganymede, root, &results, (run, &specs[&run.name()]), options);
    let found = options.each(&runs(), Run::name, done, measure);
    page::write(root, &results, |run| !done(run))?;
    found
}

/// The spec of a setting today.
fn spec(ganymede: &Ganymede, setting: &Setting, options: &Options) -> Result<String, String> {
    let Setting { preset, images: [side, channels], .. } = setting;
    let numbers = [side, channels, &options.width].map(u32::to_string);
    let [side, channels, width] = numbers.each_ref().map(String::as_str);
    let words = ["presets", preset, "--resolution", side, "--channels", channels, "--width", width];
    let text = timed::text(&mut ganymede.words(&words))?;
    let mut spec: Table = text.parse().map_err(|e| format!("the spec of {preset}: {e}"))?;
    (setting.change)(&mut spec);
    Ok(spec.to_string())
}

/// Trains, or goes on, evaluates, and writes what came out.
fn measure(
    ganymede: &Ganymede,
    root: &Path,
    results: &Path,
    (run, spec): (&Run, &str),
    options: &Options,
) -> Result<(), String> {
    let Setting { name, data, images: [side, _], holdout, minutes, checkpoints: every, .. } = run.setting;
    let recipe = timed::recipe(spec);
    let outdir = root.join("target/ablations").join(format!("{}-{recipe}", run.name()));
    std::fs::create_dir_all(&outdir).map_err(|e| format!("cannot create {}: {e}", outdir.display()))?;
    let config = root.join("target/ablations").join(format!("{}.toml", run.name()));
    std::fs::write(&config, spec).map_err(|e| format!("cannot write {}: {e}", config.display()))?;
    let side = &side.to_string();
    let mut words: Vec<OsString> = vec![data.into(), "--config".into(), config.into()];
    let (seed, every) = (run.seed.to_string(), every.to_string());
    words.extend(["--resolution", side, "--seed", &seed, "--name", name, "--checkpoint-every", &every].map(Into::into));
    if let Some(part) = holdout {
        words.extend(["--holdout".into(), part.to_string().into()]);
    }
    let minutes = options.minutes.unwrap_or(*minutes);
    let folder =
        ganymede.train(&Training { outdir, length: Length::Minutes(minutes), threads: options.threads, words })?;
    let threads = options.threads.to_string();
    let evaluate = |words: &[&str]| {
        timed::json(ganymede.words(&["evaluate"]).arg(&folder).args(words).args(["--threads", &threads, "--json"]))
    };
    let counted = MODES.contains(name);
    let scores = if counted {
        let modes = |step: u64| -> Result<Value, String> {
            let words = ["--metric", "modes", "--n", COUNTED, "--checkpoint", &step.to_string()];
            Ok(json!({ "step": step, "scores": evaluate(&words)?["scores"] }))
        };
        let points = points(&checkpoints(&folder)).into_iter().map(modes).collect::<Result<Vec<Value>, String>>()?;
        json!({ "points": points })
    } else {
        // Beside all of the data, whatever part of it was trained on.
        let words = [*data, "--metric", "frechet", "--metric", "neighbours"];
        let averaged = evaluate(&words)?;
        let last = evaluate(&[&words[..], &["--last-weights"]].concat())?;
        json!({ "averaged": averaged["scores"], "last": last["scores"] })
    };
    let grid = results.join(format!("{}.png", run.name()));
    timed::json(ganymede.words(&["sample"]).arg(&folder).args(["--threads", &threads, "--json", "--grid"]).arg(&grid))?;
    let events = timed::events(&folder);
    let mut value = json!({
        "setting": name, "seed": run.seed, "recipe": recipe, "minutes": timed::minutes_of(&folder), "width": options.width,
        "threads": options.threads, "jobs": options.jobs, "step": timed::last(&events, "step"),
        "kimg": timed::last(&events, "kimg"),
    });
    if let (Some(all), Value::Object(scores)) = (value.as_object_mut(), scores) {
        all.extend(scores);
    }
    timed::write(&run.result(results), &value)
}

/// The steps of a run's checkpoints, ascending, without its beginning.
fn checkpoints(run: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(run.join("checkpoints")).into_iter().flatten().flatten();
    let step = |name: String| name.strip_prefix("step-")?.parse().ok();
    let mut steps: Vec<u64> = entries.filter_map(|entry| step(entry.file_name().into_string().ok()?)).collect();
    steps.retain(|step| *step > 0);
    steps.sort_unstable();
    steps
}

/// Of ascending steps the last one, and those nearest to equal parts before it.
fn points(steps: &[u64]) -> Vec<u64> {
    let Some(last) = steps.last() else { return Vec::new() };
    let wanted = (1..=POINTS as u64).map(|part| last * part / POINTS as u64);
    let mut found: Vec<u64> =
        wanted.filter_map(|step| steps.iter().copied().min_by_key(|s| s.abs_diff(step))).collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_end_with_the_last_step() {
        assert_eq!(points(&[500, 1000, 1500, 2000, 2450, 2500, 2530]), [500, 1500, 2000, 2530]);
        assert_eq!(points(&[50]), [50]);
        assert_eq!(points(&[]), Vec::<u64>::new());
    }

    #[test]
    fn every_training_has_its_own_name_and_pairs_stand_together() {
        let names: Vec<String> = runs().iter().map(Run::name).collect();
        assert_eq!(&names[..2], ["r1-seed-0", "no-r1-seed-0"]);
        assert_eq!(names.len() as u64, SETTINGS.iter().map(|setting| setting.seeds).sum::<u64>());
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    }
}
