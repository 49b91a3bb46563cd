//! `ganymede resume`: goes on with a run from its newest checkpoint.

use super::{Command, Examples, train};
use crate::failure::Failure;
use crate::flags::{IntervalFlags, LengthFlags, MachineFlags, NumericsFlags, TensorBoardFlags};
use crate::numbers::grouped;
use crate::setup::Shown;
use crate::terminal::Terminal;
use clap::Args;
use ganymede_gan::checkpoint;
use ganymede_gan::run_dir::{self, RunDir};
use std::path::PathBuf;

/// `ganymede resume`.
#[derive(Args, Debug)]
pub struct Resume {
    /// Folder of the run, or `last` for the newest run in runs/
    #[arg(value_parser = crate::flags::run, default_value = crate::flags::LAST)]
    run: PathBuf,
    #[command(flatten)]
    length: LengthFlags,
    #[command(flatten)]
    intervals: IntervalFlags,
    #[command(flatten)]
    numerics: NumericsFlags,
    #[command(flatten)]
    machine: MachineFlags,
    #[command(flatten)]
    tensorboard: TensorBoardFlags,
    /// Print JSON, one object per line: the lines of events.jsonl, then the paths of the results
    #[arg(long)]
    json: bool,
}

impl Command for Resume {
    const NAME: &'static str = "resume";
    const ABOUT: &'static str = "Resume a run from its newest checkpoint";
    const EXAMPLES: Examples = &[
        ("After an interruption", &["ganymede resume runs/00000-quick-fashion-mnist"]),
        ("To 5,000 steps in total", &["ganymede resume runs/00000-quick-fashion-mnist --steps 5000"]),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let run = RunDir::open(&self.run)?;
        let mut spec = run_dir::read_spec(&self.run)?;
        let goal = spec.train.last_step();
        self.length.extend(&mut spec.train);
        if let Some(goal) = goal.filter(|goal| spec.train.last_step() == Some(*goal)) {
            let newest = checkpoint::list(&self.run)?.last().map_or(0, |(step, _)| *step);
            let goal_in_words = grouped(goal);
            match self.length.minutes {
                _ if newest >= goal => {
                    terminal.say(&format!("finished    at step {goal_in_words} already; `--steps N` trains on"));
                }
                Some(minutes) => {
                    let minutes = if minutes == 1.0 { "1 minute".into() } else { format!("{minutes} minutes") };
                    let text =
                        format!("{goal_in_words} steps, as before; this time it stops after {minutes} at the latest");
                    terminal.say(&format!("goal        {text}"));
                }
                None => {}
            }
        }
        self.intervals.apply(&mut spec.train);
        self.numerics.apply(&mut spec.train);
        let shown = Shown { json: self.json, profile: None, tensorboard: self.tensorboard };
        train::resume(run, spec, self.machine.cpu()?, false, shown, terminal)
    }
}
