//! Metrics beside the eye: pairs of grids of the table of presets, judged without their numbers (`reference/eye.json`).

use ganymede_gan::metrics::Better;
use ganymede_gan::{Score, leading};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> Value {
    let path = root().join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The scores of what the eye found better and worse, and whether it was sure.
fn pairs() -> Vec<(Vec<Score>, Vec<Score>, bool)> {
    let judged = read("reference/eye.json");
    let scores = |pair: &Value, which: &str| -> Vec<Score> {
        let name =
            format!("docs/reference/presets/{}-{}.json", pair[which].as_str().unwrap(), pair["data"].as_str().unwrap());
        serde_json::from_value(read(&name)["scores"].clone()).unwrap()
    };
    let all = judged["pairs"].as_array().unwrap().iter();
    all.map(|pair| (scores(pair, "better"), scores(pair, "worse"), pair["sure"].as_bool().unwrap())).collect()
}

/// Whether a metric finds the first better, too.
fn agrees(better: &Score, worse: &Score) -> bool {
    let [better_value, worse_value] = [better, worse].map(|score| score.estimate.value);
    if better.better == Better::Higher { better_value > worse_value } else { better_value < worse_value }
}

/// The number that leads a summary and ranks generators is of one mind with the eye wherever the eye is sure.
#[test]
fn the_leading_metric_agrees_with_the_eye() {
    let pairs = pairs();
    assert!(pairs.len() >= 12 && pairs.iter().filter(|pair| pair.2).count() >= 9);
    let mut agreed = 0;
    for (better, worse, sure) in &pairs {
        let (first, second) = (leading(better).unwrap(), leading(worse).unwrap());
        assert_eq!((first.metric.as_str(), first.of.as_str()), ("frechet", "classifier"));
        assert_eq!(first.metric, second.metric);
        assert!(agrees(first, second) || !sure, "{first:?} {second:?}");
        agreed += usize::from(agrees(first, second));
    }
    assert!(agreed * 8 >= pairs.len() * 7, "{agreed} of {}", pairs.len());
}

/// The table in the page about metrics is what the files say.
#[test]
fn the_page_says_how_often_each_metric_agrees() {
    let (pairs, page) = (pairs(), std::fs::read_to_string(root().join("docs/concepts/metrics.md")).unwrap());
    let sure = pairs.iter().filter(|pair| pair.2).count();
    for (metric, of) in [
        ("frechet", "classifier"),
        ("coverage", "random"),
        ("precision", "random"),
        ("coverage", "classifier"),
        ("precision", "classifier"),
        ("kernel", "classifier"),
        ("frechet", "random"),
        ("laplacian", "samples"),
        ("kernel", "random"),
        ("sliced_wasserstein", "samples"),
    ] {
        let score = |scores: &[Score]| scores.iter().find(|s| s.metric == metric && s.of == of).unwrap().clone();
        let count = |sure: bool| {
            pairs.iter().filter(|pair| (pair.2 || !sure) && agrees(&score(&pair.0), &score(&pair.1))).count()
        };
        let row = format!("| `{metric}` of {of} | {} of {} | {} of {sure} |", count(false), pairs.len(), count(true));
        assert!(page.contains(&row), "expected in docs/concepts/metrics.md: {row}");
    }
}
