//! The page `docs/reference/ablations.md`: what every trick came to.

use super::settings::{MODES, PAIRS};
use super::{Run, runs};
use crate::timed::{of_old, protocols, score, shown, span};
use serde_json::Value;
use std::path::Path;

/// The scores of a row: name, features, heading, whether lower is better.
const COLUMNS: &[(&str, &str, &str, bool)] = &[
    ("frechet", "random", "Fréchet, random features", true),
    ("frechet", "classifier", "Fréchet, classifier", true),
    ("precision", "classifier", "precision, classifier", false),
    ("coverage", "classifier", "coverage, classifier", false),
];
/// The scores that two rows are compared by.
const COMPARED: &[usize] = &[0, 1, 3];

/// Writes the page from the files of all trainings that are done.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write(root: &Path, results: &Path, is_old: impl Fn(&Run) -> bool) -> Result<(), String> {
    let (mut done, mut old) = (Vec::new(), Vec::new());
    for run in runs() {
        let path = run.result(results);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        old.extend(is_old(&run).then(|| run.name()));
        done.push((run, serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?));
    }
    let path = root.join("docs/reference/ablations.md");
    std::fs::write(&path, page(&done, &old)).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn page(done: &[(Run, Value)], old: &[String]) -> String {
    let mut page = String::from(
        "# Ablations\n\nTrainings with and without a trick by `cargo xtask ablations`, which writes this page: presets changed in \
         one thing, on Fashion-MNIST at 16 pixels, five minutes each, three seeds; a step with the trick may take longer, so that \
         its training has fewer. 5,000 samples beside 5,000 of all images. Numbers stand with their intervals of about 95 % and, \
         after the stroke, that of real samples beside other real ones ([metrics](../concepts/metrics.md)).\n\n",
    );
    let [width, threads, jobs] = ["width", "threads", "jobs"].map(|key| span(done.iter().map(|(_, value)| value), key));
    page += &format!(
        "Width {width}; threads a training: {threads}; trainings at a time: {jobs}, on two processor cores that were not always \
         idle.\n\n"
    );
    page += &of_old(old, "ablations");
    for [heading, on, off] in PAIRS {
        let of =
            |name: &str| -> Vec<&Value> { done.iter().filter(|(r, _)| r.setting.name == name).map(|d| &d.1).collect() };
        let (on, off) = (of(on), of(off));
        let rows =
            |values: &[&Value]| values.iter().map(|value| row(value, &value["averaged"], None)).collect::<String>();
        page += &format!("## {heading}\n\n{}{}{}\n", head(), rows(&on), rows(&off));
        let pairs: Vec<(&Value, &Value)> =
            on.iter().zip(&off).map(|(on, off)| (&on["averaged"], &off["averaged"])).collect();
        page += &(verdict("With it", &pairs) + "\n");
    }
    page += "## Averaged weights (EMA): each training, with its averages and with its last weights\n\n";
    let measured = || done.iter().filter(|(_, value)| value["averaged"].is_array());
    let names: Vec<String> = measured().map(|(run, _)| run.name()).collect();
    let rows: Vec<(&str, &Value)> =
        names.iter().zip(measured()).map(|(name, (_, value))| (name.as_str(), &value["averaged"])).collect();
    let columns: Vec<(&str, &str)> = COLUMNS.iter().map(|(metric, of, ..)| (*metric, *of)).collect();
    page += &protocols(&rows, &columns);
    page += &head();
    let mut pairs = Vec::new();
    for (_, value) in measured() {
        page += &(row(value, &value["averaged"], Some("averages")) + &row(value, &value["last"], Some("last")));
        pairs.push((&value["averaged"], &value["last"]));
    }
    page += &format!("\n{}", verdict("With averages", &pairs));
    page += &modes(done);
    page += "\n## Samples\n\n";
    for (run, _) in done {
        let name = run.name();
        page += &format!("{name}:\n\n![samples of {name}](ablations/{name}.png)\n\n");
    }
    page.trim_end().to_string() + "\n"
}

fn head() -> String {
    let headings: String = COLUMNS.iter().map(|(_, _, heading, _)| format!(" {heading} |")).collect();
    format!("| setting | seed | steps |{headings}\n|---|---|---|{}\n", "---|".repeat(COLUMNS.len()))
}

fn row(value: &Value, scores: &Value, weights: Option<&str>) -> String {
    let setting = value["setting"].as_str().unwrap_or("");
    let weights = weights.map_or(String::new(), |weights| format!(", {weights}"));
    let cells: String = COLUMNS
        .iter()
        .map(|(name, of, ..)| format!(" {} |", score(scores, name, of).map_or("–".into(), shown)))
        .collect();
    format!("| {setting}{weights} | {} | {} |{cells}\n", value["seed"], value["step"])
}

/// In how many pairs the first is better, by each score.
fn verdict(what: &str, pairs: &[(&Value, &Value)]) -> String {
    let told = COMPARED.iter().map(|&at| {
        let (name, of, heading, lower) = COLUMNS[at];
        let scores = pairs.iter().filter_map(|(on, off)| Some((score(on, name, of)?, score(off, name, of)?)));
        let (same, other): (Vec<_>, Vec<_>) = scores.partition(|(on, off)| on["protocol"] == off["protocol"]);
        let values = same.iter().filter_map(|(on, off)| Some((on["value"].as_f64()?, off["value"].as_f64()?)));
        let better = values.clone().filter(|(on, off)| if lower { on < off } else { on > off }).count();
        let left = if other.is_empty() { String::new() } else { format!(" ({} more do not compare)", other.len()) };
        format!("{heading}: better in {better} of {}{left}", values.count())
    });
    format!("{what}, {}.\n", told.collect::<Vec<_>>().join("; "))
}

/// The modes of stacked Fashion-MNIST, over the steps.
fn modes(done: &[(Run, Value)]) -> String {
    let mut text = String::from(
        "\n## Modes: three stacked images, 1,000 combinations of classes\n\nAmong 26,000 samples after an hour and at quarters of it. \
         `stacked-r3gan` is the preset `r3gan`; `stacked-minimax` is `dcgan`'s networks with the minimax loss and no averages. \
         The divergence is Kullback and Leibler's from the even distribution, in nats. The classifier tells about six images of \
         seven, so it finds some combinations that are not there.\n\n\
         | setting | steps | modes / of real images | divergence / of real images |\n|---|---|---|---|\n",
    );
    for (_, value) in done.iter().filter(|(run, _)| MODES.contains(&run.setting.name)) {
        for point in value["points"].as_array().into_iter().flatten() {
            let Some(found) = score(&point["scores"], "modes", "classifier") else { continue };
            let setting = value["setting"].as_str().unwrap_or("");
            let divergence = score(&point["scores"], "mode_divergence", "classifier").map_or("–".into(), shown);
            text += &format!("| {setting} | {} | {} | {divergence} |\n", point["step"], shown(found));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ablations::settings::SETTINGS;
    use serde_json::json;

    fn training(name: &str, frechet: f64) -> (Run, Value) {
        let setting = SETTINGS.iter().find(|setting| setting.name == name).unwrap();
        let scores = |value: f64| json!([{ "metric": "frechet", "of": "random", "value": value, "low": 0.1, "high": 0.5, "reference": 0.001 }]);
        let value = json!({
            "setting": name, "seed": 0, "step": 900, "width": 32, "threads": 1, "jobs": 2,
            "averaged": scores(frechet), "last": scores(0.3),
        });
        (Run { setting, seed: 0 }, value)
    }

    #[test]
    fn pairs_are_counted_by_which_is_better() {
        let text = page(&[training("r1", 0.2), training("no-r1", 0.4)], &[]);
        assert!(text.contains("| r1 | 0 | 900 | 0.2000 (0.1000 to 0.5000) / 0.0010 | – |"), "{text}");
        assert!(
            text.contains("With it, Fréchet, random features: better in 1 of 1; Fréchet, classifier: better in 0 of 0"),
            "{text}"
        );
        assert!(text.contains("With averages, Fréchet, random features: better in 1 of 2;"), "{text}");
        assert!(text.contains("(ablations/r1-seed-0.png)"), "{text}");
    }

    #[test]
    fn modes_stand_by_their_steps() {
        let (run, _) = training("stacked-r3gan", 0.0);
        let found = json!([{ "metric": "modes", "of": "classifier", "value": 950.0, "low": 940.0, "high": 960.0, "reference": 1000.0 }]);
        let value = json!({ "setting": "stacked-r3gan", "points": [{ "step": 500, "scores": found }] });
        assert!(page(&[(run, value)], &[]).contains("| stacked-r3gan | 500 | 950 (940 to 960) / 1000 | – |"));
    }
}
