//! `ganymede verify`: hashes of a checkpoint, its reload, and the next step to the bit.

use super::{Command, Examples};
use crate::failure::Failure;
use crate::flags::{CheckpointFlags, MachineFlags};
use crate::numbers::counted;
use crate::setup;
use crate::terminal::Terminal;
use crate::wrap::wrapped;
use clap::Args;
use ganymede_gan::run_dir;
use serde_json::json;
use std::sync::Arc;

/// `ganymede verify`.
#[derive(Args, Debug)]
pub struct Verify {
    #[command(flatten)]
    at: CheckpointFlags,
    #[command(flatten)]
    machine: MachineFlags,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl Command for Verify {
    const NAME: &'static str = "verify";
    const ABOUT: &'static str =
        "Verify a checkpoint: its hashes, that it loads, and that the next step gives the same bits";
    const EXAMPLES: Examples = &[
        ("The newest checkpoint", &["ganymede verify runs/00000-quick-fashion-mnist"]),
        (
            "With another number of threads, which gives the same bits",
            &["ganymede verify runs/00000-quick-fashion-mnist --threads 1"],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let spec = run_dir::read_spec(&self.at.run)?;
        terminal.say(&format!("run         {}", self.at.run.display()));
        let dataset = Arc::new(setup::open_run_data(&self.at.run, &spec.data, terminal)?);
        let machine = self.machine.machine(spec.train.numerics)?;
        let found = ganymede_gan::verify(&self.at.run, self.at.step()?, dataset, &machine.backend)?;
        if self.json {
            let value = json!({
                "kind": "verified", "checkpoint": found.checkpoint, "files": found.files, "replayed": found.replayed,
            });
            return terminal.result(&value.to_string());
        }
        let mut lines = vec![
            format!("checkpoint  {}", found.checkpoint.display()),
            format!("hashes      {} as the manifest says", counted(found.files as u64, "file")),
        ];
        match found.replayed {
            None => lines.push("replay      the run holds no replay of this checkpoint to compare with".into()),
            Some(losses) => {
                let losses: Vec<String> = losses.iter().map(|(name, bits)| format!("{name} {bits}")).collect();
                lines.push(format!("replay      the next step's losses are the same bits: {}", losses.join(", ")));
            }
        }
        terminal.result(&wrapped(&lines.join("\n")))
    }
}
