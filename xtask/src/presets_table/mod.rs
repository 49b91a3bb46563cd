//! `cargo xtask presets-table`: every preset trained on real data for the same time, measured, and a page of it. Not here:
//! which presets on which data (`cells.rs`), the page (`page.rs`), trainings that go on (`timed.rs`).
//!
//! A cell that is done is a file `docs/reference/presets/<cell>.json` and an image beside it: it is not trained again. A
//! cell that was broken off goes on from its newest checkpoint, for the minutes that are left.

mod cells;
mod page;

use crate::timed::{self, Ganymede, Length, Options, Training};
use cells::{CELLS, Cell};
use serde_json::json;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The words after the command.
pub const USAGE: &str = "--data DIR [--minutes M] [--width N] [--threads N] [--jobs N] [--only CELL]...";
/// Minutes of a cell.
const MINUTES: f64 = 10.0;

/// Trains and measures what is not done, and writes the page.
pub fn presets_table(root: &Path, words: &[String]) -> bool {
    let names: Vec<String> = CELLS.iter().map(Cell::name).collect();
    let done = Options::parse(words, USAGE, &names).and_then(|options| table(root, &options));
    done.inspect_err(|reason| eprintln!("error: {reason}")).is_ok()
}

fn table(root: &Path, options: &Options) -> Result<(), String> {
    let data = options.data.as_deref();
    let data = data.ok_or("expected --data DIR, a folder with fashion-mnist, crawl-tiles and pneumonia-mnist")?;
    let ganymede = Ganymede::build(root)?;
    let results = root.join("docs/reference/presets");
    std::fs::create_dir_all(&results).map_err(|e| format!("cannot create {}: {e}", results.display()))?;
    let recipes = CELLS.iter().map(|cell| Ok((cell.name(), recipe(&ganymede, cell, options)?)));
    let recipes: BTreeMap<String, String> = recipes.collect::<Result<_, String>>()?;
    let done = |cell: &Cell| timed::is_of(&file(&results, cell, "json"), &recipes[&cell.name()]);
    let measure = |cell: &Cell| measure(&ganymede, root, &results, data, (cell, &recipes[&cell.name()]), options);
    let found = options.each(CELLS, Cell::name, done, measure);
    page::write(root, &results, |cell| !done(cell))?;
    found
}

fn file(results: &Path, cell: &Cell, ending: &str) -> PathBuf {
    results.join(format!("{}.{ending}", cell.name()))
}

/// What the preset's spec is today, whatever the data.
fn recipe(ganymede: &Ganymede, cell: &Cell, options: &Options) -> Result<String, String> {
    let mut command = ganymede.words(&["presets", cell.preset]);
    if cell.takes_width() {
        command.args(["--width", &options.width.to_string()]);
    }
    Ok(timed::recipe(&timed::text(&mut command)?))
}

/// Trains a cell, or goes on with it, evaluates it, and writes what came out.
fn measure(
    ganymede: &Ganymede,
    root: &Path,
    results: &Path,
    data: &Path,
    (cell, recipe): (&Cell, &str),
    options: &Options,
) -> Result<(), String> {
    let mut words = vec![OsString::from(timed::source(data, cell.data))];
    words.extend(cell.flags().iter().map(OsString::from));
    words.extend(["--preset", cell.preset, "--name", cell.preset].map(OsString::from));
    if cell.takes_width() {
        words.extend(["--width".into(), options.width.to_string().into()]);
    }
    let outdir = root.join("target/presets-table").join(format!("{}-{recipe}", cell.name()));
    let minutes = options.minutes.unwrap_or(MINUTES);
    let run =
        ganymede.train(&Training { outdir, length: Length::Minutes(minutes), threads: options.threads, words })?;
    let threads = options.threads.to_string();
    let end = ["--threads", &threads, "--json"];
    let evaluation = timed::json(ganymede.words(&["evaluate"]).arg(&run).args(end))?;
    let grid = file(results, cell, "png");
    timed::json(ganymede.words(&["sample"]).arg(&run).args(end).arg("--grid").arg(&grid))?;
    let events = timed::events(&run);
    let peak = events.iter().filter_map(|line| line["resident_bytes"].as_u64()).max();
    let start = events.iter().find(|line| line["kind"] == "start").ok_or("its events have no start")?;
    let value = json!({
        "preset": cell.preset, "data": cell.data, "recipe": recipe, "minutes": timed::minutes_of(&run), "width": options.width,
        "threads": options.threads, "jobs": options.jobs, "step": timed::last(&events, "step"),
        "kimg": timed::last(&events, "kimg"), "batch": start["batch"], "parameters": start["parameters"],
        "peak_bytes": peak, "scores": evaluation["scores"], "n": evaluation["n"],
        "reference_n": evaluation["reference_n"],
    });
    timed::write(&file(results, cell, "json"), &value)
}
