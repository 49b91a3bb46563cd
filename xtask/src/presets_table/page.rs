//! The page `docs/reference/presets.md`: what every cell came to.

use super::cells::{CELLS, Cell};
use crate::timed::{of_old, protocols, score, shown, span};
use serde_json::Value;
use std::path::Path;

/// The scores of a row: name, features, heading.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("frechet", "random", "Fréchet, random features"),
    ("kernel", "random", "KID, random features"),
    ("precision", "random", "precision"),
    ("recall", "random", "recall"),
    ("coverage", "random", "coverage"),
    ("laplacian", "samples", "Laplacian"),
    ("ms_ssim", "samples", "MS-SSIM"),
];

/// Writes the page from the files of all cells that are done.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write(root: &Path, results: &Path, is_old: impl Fn(&Cell) -> bool) -> Result<(), String> {
    let (mut done, mut old) = (Vec::new(), Vec::new());
    for cell in CELLS {
        let path = results.join(format!("{}.json", cell.name()));
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let value: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        done.push((cell.name(), value));
        old.extend(is_old(cell).then(|| cell.name()));
    }
    let path = root.join("docs/reference/presets.md");
    std::fs::write(&path, page(&done, &old)).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn page(done: &[(String, Value)], old: &[String]) -> String {
    let mut page = String::from(
        "# Presets\n\nEvery preset trained on real data for the same time by `cargo xtask presets-table --data DIR`, which writes this page. \
         Numbers stand with their intervals of about 95 % and, after the stroke, that of real samples beside other real ones (of fewer samples where the data has not twice n). \
         What the metrics say is in [metrics](../concepts/metrics.md); numbers of different data do not compare.\n\n\
         `fashion-mnist` are Zalando Research's images (MIT); `crawl-tiles` 4,000 sprites of Dungeon Crawl Stone Soup (CC0); \
         `pneumonia-mnist` is a balanced subset of 3,166 images of PneumoniaMNIST, not the official file: Yang et al., MedMNIST v2 \
         (CC BY 4.0). DIR has a folder of each of these names.\n\n",
    );
    let [width, threads, jobs] = ["width", "threads", "jobs"].map(|key| span(done.iter().map(|(_, value)| value), key));
    page += &format!(
        "Width {width}; threads a cell: {threads}; cells at a time: {jobs}, on two processor cores that were not always idle.\n\n"
    );
    page += &of_old(old, "presets-table --data DIR");
    let columns: Vec<(&str, &str)> = COLUMNS.iter().map(|(metric, of, _)| (*metric, *of)).collect();
    let mut kinds: Vec<&str> = done.iter().map(|(_, value)| word(value, "data")).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let of = done.iter().filter(|(_, value)| word(value, "data") == kind);
        let rows: Vec<(&str, &Value)> = of.map(|(name, value)| (name.as_str(), &value["scores"])).collect();
        page += &protocols(&rows, &columns);
    }
    page += "| preset | data | n | minutes | steps | kimg | parameters G / D | memory, MiB |";
    COLUMNS.iter().for_each(|(_, _, heading)| page += &format!(" {heading} |"));
    page += "\n|---|---|---|---|---|---|---|---|";
    COLUMNS.iter().for_each(|_| page += "---|");
    page += "\n";
    for (_, value) in done {
        page += &row(value);
    }
    page += "\n## Classes and modes\n\n| preset | data | number | value |\n|---|---|---|---|\n";
    for (_, value) in done {
        for name in ["class_accuracy", "train_synthetic_test_real", "modes", "high_quality"] {
            if let Some(score) = value["scores"].as_array().into_iter().flatten().find(|s| s["metric"] == name) {
                page +=
                    &format!("| {} | {} | {name} | {} |\n", word(value, "preset"), word(value, "data"), shown(score));
            }
        }
    }
    page += "\n## Samples\n\n";
    for (name, _) in done {
        page += &format!("{name}:\n\n![samples of {name}](presets/{name}.png)\n\n");
    }
    page.trim_end().to_string() + "\n"
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

fn row(value: &Value) -> String {
    let number = |key: &str, digits: usize| value[key].as_f64().map_or("–".into(), |n| format!("{n:.digits$}"));
    let parameters = &value["parameters"];
    let memory =
        value["peak_bytes"].as_f64().map_or("–".into(), |bytes| format!("{:.0}", bytes / f64::from(1 << 20)));
    let mut row = format!(
        "| {} | {} | {} | {} | {} | {} | {} / {} | {memory} |",
        word(value, "preset"),
        word(value, "data"),
        number("n", 0),
        number("minutes", 1),
        number("step", 0),
        number("kimg", 0),
        parameters["generator"],
        parameters["discriminator"],
    );
    for (metric, of, _) in COLUMNS {
        row += &format!(" {} |", score(&value["scores"], metric, of).map_or("–".into(), shown));
    }
    row + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_shows_number_interval_and_reference() {
        let score = json!({ "metric": "frechet", "of": "random", "value": 0.16612, "low": 0.15, "high": 0.18, "reference": 0.001 });
        let value = json!({
            "preset": "dcgan", "data": "fashion-mnist", "minutes": 10.02, "step": 900, "kimg": 28.8, "width": 32, "n": 5000,
            "parameters": { "generator": 10, "discriminator": 20 }, "peak_bytes": 104_857_600, "scores": [score],
        });
        let text = page(&[("dcgan-fashion-mnist".into(), value)], &[]);
        let row = "| dcgan | fashion-mnist | 5000 | 10.0 | 900 | 29 | 10 / 20 | 100 | 0.1661 (0.1500 to 0.1800) / 0.0010 | – |";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("(presets/dcgan-fashion-mnist.png)"), "{text}");
    }
}
