//! `ganymede summary`: the networks as Keras prints them. Not here: what a whole training step takes
//! (`ganymede train --dry-run`).

use super::presets::{SampleFlags, names};
use super::{Command, Examples};
use crate::failure::{Failure, USER};
use crate::flags::{LAST, run};
use crate::terminal::Terminal;
use crate::whole::whole;
use clap::Args;
use ganymede_gan::GanError;
use ganymede_gan::spec::TrainSpec;
use ganymede_gan::{presets, run_dir};
use ganymede_nn::{Model, ModelConfig};
use serde_json::json;
use std::path::Path;

/// `ganymede summary`.
#[derive(Args, Debug)]
pub struct Summary {
    /// A preset, the folder of a run, or a spec; `last` is the newest run in runs/
    #[arg(value_name = "PRESET|RUN|FILE", default_value = LAST)]
    what: String,
    /// Samples in a batch, for the counts of operations and memory [default: the spec's]
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=65_536))]
    batch: Option<u32>,
    #[command(flatten)]
    sample: SampleFlags,
    /// Print JSON, one network per line
    #[arg(long)]
    json: bool,
}

impl Command for Summary {
    const NAME: &'static str = "summary";
    const ABOUT: &'static str = "Print the networks of a preset, a run or a spec, layer by layer";
    const EXAMPLES: Examples = &[
        ("A preset for images of 64 x 64 in colour", &["ganymede summary dcgan --resolution 64 --channels 3"]),
        ("A run", &["ganymede summary runs/00000-quick-fashion-mnist"]),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let spec = self.spec(terminal)?;
        let batch = self.batch.map_or(spec.train.batch, |n| n as usize);
        for (name, network) in &spec.networks {
            let config = ModelConfig { layers: network.layers.clone(), outputs: network.outputs.clone() };
            let model = Model::from_config(name, &config);
            let model = model.map_err(|source| GanError::Model { network: name.clone(), source })?;
            let summary = model.summary(batch).map_err(GanError::Build)?;
            if !self.json {
                terminal.result(&summary.to_string())?;
                continue;
            }
            let layers: Vec<_> = summary
                .rows
                .iter()
                .map(|row| {
                    let outputs: Vec<String> = row.outputs.iter().map(ToString::to_string).collect();
                    json!({
                        "name": row.name, "class_name": row.class, "outputs": outputs, "parameters": row.parameters,
                        "flops": row.flops, "activation_bytes": row.activation_bytes,
                    })
                })
                .collect();
            let line = json!({
                "kind": "network", "name": name, "batch": batch, "trainable": summary.trainable,
                "non_trainable": summary.non_trainable, "layers": layers,
            });
            terminal.result(&line.to_string())?;
        }
        Ok(())
    }
}

impl Summary {
    fn spec(&self, terminal: &mut Terminal) -> Result<TrainSpec, Failure> {
        if self.what == LAST {
            let run = run(LAST).map_err(|reason| Failure::new(USER, reason))?;
            terminal.say(&format!("run         {}", run.display()));
            return Ok(run_dir::read_spec(&run)?);
        }
        let path = Path::new(&self.what);
        if names().contains(&self.what.as_str()) {
            return self.sample.spec(&self.what);
        }
        if path.is_dir() {
            return Ok(run_dir::read_spec(path)?);
        }
        if !path.is_file() {
            let presets = names().join(", ");
            let text =
                format!("expected a preset ({presets}), a run or a spec, found `{}`: there is no such file", self.what);
            let failure = Failure::new(USER, text);
            return Err(match presets::elsewhere(&self.what) {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            });
        }
        Ok(TrainSpec::draft(&TrainSpec::text(path)?).map_err(|e| e.in_file(path))?.spec)
    }
}
