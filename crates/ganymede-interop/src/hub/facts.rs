//! What the card says of a run, without a path of this machine. Not here: how it is said (`card.rs`, `front.rs`).

use crate::error::InteropError;
use crate::trained::{self, Network, Trained, last_part};
use ganymede_gan::events::{self, Event};
use ganymede_gan::run_dir::{self, Env};
use ganymede_gan::{Score, phases};
use serde_json::json;
use std::path::PathBuf;
use toml::{Table, Value};

/// The facts.
pub(super) struct Facts {
    /// Name of the run without its number.
    pub name: String,
    /// The spec; of paths the last parts.
    pub spec: Table,
    /// What it was made with.
    pub env: Env,
    /// Thousands of real samples that the discriminator saw.
    pub kimg: f64,
    /// Seconds of training.
    pub seconds: f64,
    /// Numbers in the generator.
    pub numbers: usize,
    /// What the generator is given: latents, and perhaps more.
    pub inputs: usize,
    /// What the run's own evaluation of these weights found.
    pub scores: Vec<Score>,
    /// The newest grid of samples.
    pub grid: Option<PathBuf>,
    /// What −1 and 1 are in the data.
    range: [f64; 2],
    shape: Vec<usize>,
    classes: Vec<String>,
    step: u64,
}

impl Facts {
    /// Those of a run.
    pub fn of(trained: &Trained) -> Result<Facts, InteropError> {
        let own = run_dir::read_spec(&trained.run)?;
        let log = trained.run.join("events.jsonl");
        let lines = if log.exists() { events::read(&log)? } else { Vec::new() };
        let upto = || lines.iter().filter(|line| line.step <= trained.step);
        // An evaluation is of the averaged weights where there are some, and of the weights of its step.
        let generator = trained.network(Network::Generator);
        let evaluated = upto().filter(|line| line.step == trained.step && generator == phases::sampled(&own));
        let mut scores = evaluated.filter_map(|line| match &line.event {
            Event::Metrics { scores, .. } => Some(scores.clone()),
            _ => None,
        });
        let scores = scores.next_back().unwrap_or_default();
        let mut grids = upto().filter_map(|line| match &line.event {
            Event::Snapshot { file } => Some(trained.run.join(file)).filter(|path| path.is_file()),
            _ => None,
        });
        let grid = grids.next_back();
        let mut spec: Value =
            toml::from_str(&own.to_toml()).map_err(|error| InteropError::foreign("spec.toml", error.to_string()))?;
        for (table, key) in [(Some("data"), "source"), (None, "from")] {
            let inner = match table {
                Some(table) => spec.get_mut(table),
                None => Some(&mut spec),
            };
            if let Some(Value::String(text)) = inner.and_then(|inner| inner.get_mut(key)) {
                *text = last_part(text).into();
            }
        }
        without_paths(&mut spec);
        let run = trained.name();
        let name = run.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('-');
        Ok(Facts {
            name: if name.is_empty() { run.clone() } else { name.into() },
            spec: spec.as_table().cloned().unwrap_or_default(),
            env: run_dir::read_env(&trained.run)?,
            kimg: (trained.step * own.train.images_per_step()) as f64 / 1000.0,
            seconds: upto().map(|line| line.time).fold(0.0, f64::max),
            numbers: trained.weights(&generator)?.values().map(|tensor| tensor.data().len()).sum(),
            inputs: trained::model(trained, &generator)?.input_count(),
            scores,
            grid,
            range: trained.codec.range(),
            shape: trained.codec.shape().to_vec(),
            classes: trained.codec.classes().to_vec(),
            step: trained.step,
        })
    }

    /// The file `ganymede.json`.
    pub fn json(&self) -> String {
        let value = json!({
            "ganymede_version": env!("CARGO_PKG_VERSION"), "step": self.step, "spec": self.spec,
            "data": { "fingerprint": self.env.data, "samples": self.env.samples, "shape": self.shape, "range": self.range,
                      "classes": self.classes },
        });
        format!("{value:#}\n")
    }

    /// The spec as a file has it.
    pub fn toml(&self) -> String {
        toml::to_string(&self.spec).unwrap_or_default()
    }
}

/// Leaves of each text that is a path from a root its last part.
fn without_paths(value: &mut Value) {
    match value {
        Value::String(text) if is_path(text) => *text = last_part(text).into(),
        Value::Array(items) => items.iter_mut().for_each(without_paths),
        Value::Table(table) => table.iter_mut().for_each(|(_, item)| without_paths(item)),
        _ => {}
    }
}

/// Whether a text is a path from a root or a home, of any system.
fn is_path(text: &str) -> bool {
    let drive = matches!(text.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    drive || text.starts_with(['/', '\\']) || text.starts_with("~/") || text.starts_with("../")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_paths_the_last_part_is_left() {
        let text = r#"
            a = "/srv/x/photos/"
            b = ['D:\x\data.npz', "fashion-mnist", "mean(fake) / 2", { c = "~/labels.csv" }]
        "#;
        let mut value: Value = toml::from_str(text).unwrap();
        without_paths(&mut value);
        assert_eq!(value["a"].as_str(), Some("photos"));
        let expected: Value =
            toml::from_str(r#"b = ["data.npz", "fashion-mnist", "mean(fake) / 2", { c = "labels.csv" }]"#).unwrap();
        assert_eq!(value["b"], expected["b"]);
    }
}
