//! The page `docs/reference/choice.md`: what every cell came to on its way, and which is chosen.

use super::cells::{Cell, KINDS};
use super::{FOLDER, LONGEST, MINUTES, Results, default};
use crate::timed::{of_old, score, span};
use serde_json::Value;
use std::path::Path;

/// The scores of a row: name, features, heading.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("frechet", "classifier", "Fréchet, classifier"),
    ("frechet", "random", "Fréchet, random"),
    ("coverage", "classifier", "coverage, classifier"),
    ("coverage", "random", "coverage, random"),
    ("precision", "classifier", "precision, classifier"),
    ("laplacian", "samples", "Laplacian"),
    ("class_accuracy", "classifier", "class accuracy"),
];

/// Writes the page from the results that there are; `recipe` gives what a cell's spec is today.
pub fn write<'a>(root: &Path, results: &Results, recipe: impl Fn(&str) -> Option<&'a String>) -> Result<(), String> {
    let old = results.0.iter().filter(|(name, value)| recipe(name).is_some_and(|recipe| value["recipe"] != **recipe));
    let old: Vec<String> = old.map(|(name, _)| name.clone()).collect();
    let path = root.join("docs/reference/choice.md");
    std::fs::write(&path, page(results, &old)).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn page(results: &Results, old: &[String]) -> String {
    let stages = || results.0.values().flat_map(|value| value["stages"].as_array().into_iter().flatten());
    let threads = span(stages(), "threads");
    let mut page = format!(
        "# What the default preset follows from\n\n\
         Presets that may be the default, each trained on kinds of data by `cargo xtask choice-table --data DIR`, which writes this \
         page and the table that `ganymede train` chooses by (`crates/ganymede-gan/src/presets/measured.rs`). A row is one run, measured on its way; \
         the two best of each kind of data went on to {LONGEST} minutes. Minutes are of {threads} thread and counted in steps, by the time that a step takes on an \
         idle core. \
         After the stroke stands the number of real images beside other real ones. Rows stand by the Fréchet distance of a \
         classifier's features, best first; what the metrics say is in [metrics](../concepts/metrics.md).\n\n\
         `clothes` are the images of Fashion-MNIST (Zalando Research, MIT), `sprites` 4,000 of Dungeon Crawl Stone Soup (CC0), \
         `x-rays` a balanced subset of PneumoniaMNIST (Yang et al., MedMNIST v2, CC BY 4.0).\n\n"
    );
    page += &of_old(old, "choice-table --data DIR");
    page += "## What is chosen\n\n| data | minutes | without classes | with classes |\n|---|---|---|---|\n";
    let shown = |row: Option<default::Row>| row.map_or("–".into(), |row| named(row.preset, row.width));
    for kind in KINDS {
        for minutes in MINUTES.into_iter().chain([LONGEST]) {
            let [plain, classes] = [false, true].map(|classes| default::best(results, kind, minutes, classes));
            if plain.is_some() || classes.is_some() {
                page += &format!("| {} | {minutes} | {} | {} |\n", kind.name, shown(plain), shown(classes));
            }
        }
    }
    for kind in KINDS {
        page += &format!("\n## {}\n\n| preset | minutes | steps | d | g |", kind.name);
        COLUMNS.iter().for_each(|(_, _, heading)| page += &format!(" {heading} |"));
        page += "\n|---|---|---|---|---|";
        COLUMNS.iter().for_each(|_| page += "---|");
        page += "\n";
        for minutes in MINUTES.into_iter().chain([LONGEST]) {
            results.ranked(kind, minutes).iter().for_each(|(cell, stage)| page += &row(cell, stage));
        }
        for minutes in [MINUTES[2], LONGEST] {
            for (cell, stage) in results.ranked(kind, minutes) {
                let (name, folder) = (named(cell.preset, cell.width), FOLDER.trim_start_matches("docs/reference/"));
                let grid = stage["grid"].as_str().unwrap_or_default();
                page += &format!("\n{name} on {} after {minutes} minutes:\n\n![samples]({folder}/{grid})\n", kind.name);
            }
        }
    }
    page
}

/// A preset as the page names it.
fn named(preset: &str, width: Option<u32>) -> String {
    format!("`{preset}`") + &width.map_or(String::new(), |width| format!(" of width {width}"))
}

fn row(cell: &Cell, stage: &Value) -> String {
    let loss = |phase: &str| {
        let losses = stage["losses"].as_object();
        let of = losses.into_iter().flatten().find(|(name, _)| name.split('/').next() == Some(phase));
        of.and_then(|(_, value)| value.as_f64()).map_or("–".into(), |value| format!("{value:.2}"))
    };
    let name = named(cell.preset, cell.width);
    let mut row = format!("| {name} | {} | {} | {} | {} |", stage["minutes"], stage["step"], loss("d"), loss("g"));
    for (metric, of, _) in COLUMNS {
        row += &format!(" {} |", score(&stage["scores"], metric, of).map_or("–".into(), short));
    }
    row + "\n"
}

/// `0.166 / 0.001`: a score, and that of real samples.
fn short(score: &Value) -> String {
    let number = |key: &str| {
        score[key].as_f64().map_or("–".into(), |n| if n.abs() >= 10.0 { format!("{n:.1}") } else { format!("{n:.3}") })
    };
    format!("{} / {}", number("value"), number("reference"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn result(preset: &str, distance: f64) -> (String, Value) {
        let scores = json!([
            { "metric": "frechet", "of": "classifier", "value": distance, "reference": 0.25 },
            { "metric": "coverage", "of": "random", "value": 0.9, "reference": 0.97 },
            { "metric": "precision", "of": "random", "value": 0.8, "reference": 0.96 },
        ]);
        let losses = json!({ "d/hinge": 1.5, "g/hinge": 0.25 });
        let stage =
            json!({ "minutes": 10.0, "step": 900, "scores": scores, "grid": "x.png", "threads": 1, "losses": losses });
        let value = json!({ "preset": preset, "kind": "clothes-28", "recipe": "r", "stages": [stage] });
        (format!("clothes-28-{preset}"), value)
    }

    #[test]
    fn the_best_by_distance_comes_first_and_is_chosen() {
        let results =
            Results(BTreeMap::from([result("dcgan", 3.0), result("sngan-32", 1.5), result("projection-32", 1.2)]));
        let text = page(&results, &[]);
        assert!(text.contains("| clothes-28 | 10 | `sngan` of width 32 | `projection` of width 32 |"), "{text}");
        let row =
            "| `sngan` of width 32 | 10.0 | 900 | 1.50 | 0.25 | 1.500 / 0.250 | – | – | 0.900 / 0.970 | – | – | – |";
        let rows = ["| `projection` of width 32 | 10.0", row, "| `dcgan` | 10.0"];
        let places: Vec<usize> = rows.iter().filter_map(|row| text.find(row)).collect();
        assert!(places.len() == 3 && places.is_sorted(), "{places:?} {text}");
    }
}
