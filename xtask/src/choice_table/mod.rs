//! `cargo xtask choice-table`: presets that may be the default, trained on kinds of data and measured on their way, and what
//! follows for `presets/choice.rs`. Not here: which presets on which data (`cells.rs`), the page (`page.rs`), what the default
//! becomes (`default.rs`), trainings that go on (`timed.rs`).
//!
//! A cell is one run, which stops at each of [`MINUTES`] to be measured; the two best of each kind of data go on to
//! [`LONGEST`]. What is done is a file `docs/reference/choice/<cell>.json` and is not done again; a run that was broken off
//! goes on from its newest checkpoint. The minutes are of one thread, and are counted in steps: as many as fit into them by the
//! time that a step takes on this machine, so that a busy one gives the same rows.

mod cells;
mod default;
mod page;

use crate::timed::{self, Ganymede, Length, Options, Training};
use cells::{Cell, Kind, cells};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The words after the command.
pub const USAGE: &str = "--data DIR [--minutes MOST] [--threads N] [--jobs N] [--only CELL]...";
/// Minutes after which every cell is measured.
const MINUTES: [f64; 3] = [1.0, 3.0, 10.0];
/// Minutes that the best of each kind of data go on to.
const LONGEST: f64 = 30.0;
/// How many of each kind of data go on.
const BEST: usize = 2;

/// Trains and measures what is not done, and writes the page and the table of `choice.rs`.
pub fn choice_table(root: &Path, words: &[String]) -> bool {
    let names: Vec<String> = cells().iter().map(Cell::name).collect();
    let done = Options::parse(words, USAGE, &names).and_then(|options| table(root, &options));
    done.inspect_err(|reason| eprintln!("error: {reason}")).is_ok()
}

fn table(root: &Path, options: &Options) -> Result<(), String> {
    let data = options.data.as_deref();
    let data = data.ok_or("expected --data DIR, a folder with fashion-mnist, crawl-tiles and pneumonia-mnist")?;
    let bench = Bench { ganymede: Ganymede::build(root)?, root, data, options, results: root.join(FOLDER) };
    std::fs::create_dir_all(&bench.results).map_err(|e| format!("cannot create {}: {e}", bench.results.display()))?;
    let cells = cells();
    // Kinds of data share presets: each is printed once.
    let mut printed = BTreeMap::new();
    for cell in &cells {
        if let Entry::Vacant(entry) = printed.entry((cell.preset, cell.width)) {
            entry.insert(bench.recipe(cell)?);
        }
    }
    let recipe = |cell: &Cell| printed[&(cell.preset, cell.width)].clone();
    let recipes: BTreeMap<String, String> = cells.iter().map(|cell| (cell.name(), recipe(cell))).collect();
    let write = || {
        let results = bench.results()?;
        page::write(root, &results, |name| recipes.get(name))?;
        default::write(root, &results).map(|()| results)
    };
    let train = |cells: &[Cell], minutes: f64| {
        let recipe = |cell: &Cell| &recipes[&cell.name()];
        let has = |cell: &Cell| bench.has(cell, recipe(cell), minutes);
        options.each(cells, Cell::name, has, |cell| bench.measure(cell, recipe(cell), minutes))
    };
    let (mut results, mut found) = (write()?, Ok(()));
    let most = options.minutes.unwrap_or(LONGEST);
    for minutes in MINUTES.into_iter().filter(|minutes| *minutes <= most) {
        found = found.and(train(&cells, minutes));
        results = write()?;
    }
    if most < LONGEST {
        return found;
    }
    let is_best = |cell: &Cell| results.rank(cell, MINUTES[2]).is_some_and(|rank| rank < BEST);
    let best: Vec<Cell> = cells.into_iter().filter(is_best).collect();
    found = found.and(train(&best, LONGEST));
    write().and(found)
}

/// Where results lie.
const FOLDER: &str = "docs/reference/choice";

/// What measuring a cell takes.
struct Bench<'a> {
    ganymede: Ganymede,
    root: &'a Path,
    data: &'a Path,
    options: &'a Options,
    results: PathBuf,
}

impl Bench<'_> {
    /// What the preset's spec is today.
    fn recipe(&self, cell: &Cell) -> Result<String, String> {
        let mut command = self.ganymede.words(&["presets", cell.preset]);
        Ok(timed::recipe(&timed::text(command.args(cell.width_words()))?))
    }

    /// The file of a cell's results.
    fn file(&self, cell: &Cell) -> PathBuf {
        self.results.join(format!("{}.json", cell.name()))
    }

    /// Every result that there is.
    fn results(&self) -> Result<Results, String> {
        let done = cells().into_iter().filter(|cell| self.file(cell).exists());
        done.map(|cell| Ok((cell.name(), read(&self.file(&cell))?))).collect::<Result<_, String>>().map(Results)
    }

    fn has(&self, cell: &Cell, recipe: &str, minutes: f64) -> bool {
        let file = self.file(cell);
        timed::is_of(&file, recipe) && read(&file).is_ok_and(|value| stage(&value, minutes).is_some())
    }

    /// Trains a cell up to so many minutes, measures it, and adds that to its file.
    fn measure(&self, cell: &Cell, recipe: &str, minutes: f64) -> Result<(), String> {
        let file = self.file(cell);
        let mut words = vec![OsString::from(timed::source(self.data, cell.kind.source))];
        words.extend(cell.kind.flags.iter().map(OsString::from));
        let named = ["--preset".into(), cell.preset.into(), "--name".into(), cell.name()];
        words.extend(named.into_iter().chain(cell.width_words()).map(OsString::from));
        let outdir = self.root.join("target/choice-table").join(format!("{}-{recipe}", cell.name()));
        let known = timed::is_of(&file, recipe).then(|| read(&file)).transpose()?;
        let pace = match known.as_ref().and_then(|value| value["seconds_a_step"].as_f64()) {
            Some(pace) => pace,
            None => self.ganymede.seconds_a_step(&words, self.options.threads)?,
        };
        let length = Length::Steps((60.0 * minutes / pace).ceil() as u64);
        let run = self.ganymede.train(&Training { outdir, length, threads: self.options.threads, words })?;
        let threads = self.options.threads.to_string();
        let end = ["--threads", &threads, "--json"];
        let evaluation = timed::json(
            self.ganymede.words(&["evaluate"]).arg(&run).args(["--n", &cell.kind.samples.to_string()]).args(end),
        )?;
        let grid = format!("{}-{minutes}.png", cell.name());
        timed::json(self.ganymede.words(&["sample"]).arg(&run).args(end).arg("--grid").arg(self.results.join(&grid)))?;
        let events = timed::events(&run);
        let ticks: Vec<Value> = events.iter().filter(|line| line["kind"] == "tick").cloned().collect();
        let losses = timed::last(&ticks, "losses");
        let start = events.iter().find(|line| line["kind"] == "start").ok_or("its events have no start")?;
        let value = json!({
            "minutes": minutes, "step": timed::last(&events, "step"), "kimg": timed::last(&events, "kimg"),
            "losses": losses, "threads": self.options.threads,
            "n": evaluation["n"], "scores": evaluation["scores"], "grid": grid,
        });
        let mut stages = known.and_then(|value| value["stages"].as_array().cloned()).unwrap_or_default();
        stages.retain(|stage| stage["minutes"] != minutes);
        stages.push(value);
        let value = json!({
            "preset": cell.preset, "width": cell.width, "kind": cell.kind.name, "recipe": recipe, "batch": start["batch"],
            "seconds_a_step": pace, "parameters": start["parameters"], "stages": stages,
        });
        timed::write(&file, &value)
    }
}

fn read(file: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))
}

/// What a cell's file says of so many minutes.
fn stage(value: &Value, minutes: f64) -> Option<&Value> {
    value["stages"].as_array()?.iter().find(|stage| stage["minutes"] == minutes)
}

/// Every result that there is, by the cell's name.
pub(crate) struct Results(BTreeMap<String, Value>);

impl Results {
    /// The presets of a kind of data that were measured after so many minutes, the best first: by the Fréchet distance of
    /// features that know the data, since it is what agrees with the eye (docs/concepts/metrics.md).
    fn ranked(&self, kind: &Kind, minutes: f64) -> Vec<(Cell, &Value)> {
        let cells = cells().into_iter().filter(|cell| cell.kind.name == kind.name);
        let mut found: Vec<(Cell, &Value)> = cells
            .filter_map(|cell| Some((stage(self.0.get(&cell.name())?, minutes)?, cell)))
            .map(|(stage, cell)| (cell, stage))
            .collect();
        found.retain(|(_, stage)| distance(stage).is_some());
        found.sort_by(|(_, a), (_, b)| distance(a).partial_cmp(&distance(b)).unwrap_or(std::cmp::Ordering::Equal));
        found
    }

    fn rank(&self, cell: &Cell, minutes: f64) -> Option<usize> {
        self.ranked(cell.kind, minutes).iter().position(|(other, _)| other.name() == cell.name())
    }
}

fn distance(stage: &Value) -> Option<f64> {
    let value =
        |features| timed::score(&stage["scores"], "frechet", features).and_then(|score| score["value"].as_f64());
    value("classifier").or_else(|| value("random"))
}
