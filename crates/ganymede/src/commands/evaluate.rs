//! `ganymede evaluate`: how far a run's samples are from its data.

use super::{Command, Examples};
use crate::failure::Failure;
use crate::flags::{CheckpointFlags, MachineFlags};
use crate::setup;
use crate::terminal::Terminal;
use clap::Args;
use ganymede_gan::metrics::METRICS;
use ganymede_gan::run_dir;
use serde_json::json;

/// `ganymede evaluate`.
#[derive(Args, Debug)]
pub struct Evaluate {
    /// How many samples are compared with as many real ones [default: 5000, or as many as were trained on]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    #[command(flatten)]
    at: CheckpointFlags,
    #[command(flatten)]
    machine: MachineFlags,
    /// The result as one JSON object
    #[arg(long)]
    json: bool,
}

impl Command for Evaluate {
    const NAME: &'static str = "evaluate";
    const ABOUT: &'static str = "Measure how far a run's samples are from its data";
    const EXAMPLES: Examples = &[
        ("The newest checkpoint", &["ganymede evaluate runs/00000-dcgan-fashion-mnist"]),
        (
            "An earlier one, by fewer samples",
            &["ganymede evaluate runs/00000-dcgan-fashion-mnist --checkpoint 500 --samples 1000"],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let spec = run_dir::read_spec(&self.at.run)?;
        let dataset = setup::open_data(&spec.data, terminal)?;
        let machine = self.machine.machine(spec.train.numerics)?;
        let samples = self.samples.map(|n| n as usize);
        let found = ganymede_gan::evaluate(&self.at.run, self.at.checkpoint, samples, &dataset, &machine.backend)
            .map_err(|e| machine.explain(e))?;
        if self.json {
            let scores: serde_json::Map<_, _> = found
                .scores
                .iter()
                .map(|s| (s.metric.to_string(), json!({ "distance": s.distance, "floor": s.floor })))
                .collect();
            let value = json!({
                "kind": "evaluation", "checkpoint": found.checkpoint, "samples": found.samples,
                "floor_samples": found.floor_samples, "scores": scores,
            });
            return terminal.result(&value.to_string());
        }
        let counts = format!(
            "{} generated, {} real; floor: {} real, {} others",
            found.samples, found.samples, found.floor_samples, found.floor_samples
        );
        let mut lines = vec![format!("checkpoint  {}", found.checkpoint.display()), format!("samples     {counts}")];
        for (score, metric) in found.scores.iter().zip(METRICS) {
            lines.push(format!(
                "{}  {:.5}, floor {:.5} ({})",
                score.metric, score.distance, score.floor, metric.summary
            ));
        }
        terminal.result(&lines.join("\n"))
    }
}
