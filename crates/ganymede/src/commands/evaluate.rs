//! `ganymede evaluate`: how far a run's samples are from its data.

use super::{Command, Examples};
use crate::failure::{Failure, USER};
use crate::flags::{GeneratorFlags, MachineFlags};
use crate::numbers::grouped;
use crate::stages::Stages;
use crate::terminal::{Colour, Terminal};
use crate::whole::whole;
use crate::wrap::wrapped;
use crate::{score_table, setup, signals};
use clap::Args;
use ganymede_gan::events::{self, Event};
use ganymede_gan::metrics::Stage;
use ganymede_gan::{EvaluateOptions, Score, incomparable, metric_names, run_dir, summary};
use serde_json::json;
use std::ffi::OsString;

/// `ganymede evaluate`.
#[derive(Args, Debug)]
pub struct Evaluate {
    #[command(flatten)]
    generator: GeneratorFlags,
    /// Other data to compare with, such as a test set [default: what the run was trained on]
    #[arg(value_name = "DATA")]
    data: Option<OsString>,
    /// Number of generated samples, compared with as many real ones [default: 5000, or as many as there are; with classes at most a third of the data]
    #[arg(short = 'n', long = "n", value_name = "N", alias = "samples", value_parser = whole::<u32>(1..=u32::MAX as u64))]
    n: Option<u32>,
    /// Compute only this metric; may be repeated
    #[arg(long, value_name = "NAME", value_parser = metric_names())]
    metric: Vec<String>,
    /// Compare with the samples that were held out of the training, instead of those that it saw
    #[arg(long, conflicts_with = "data")]
    held_out: bool,
    /// Of tables: leave out the rows of simple methods (marginals, copula, smote)
    #[arg(long)]
    no_baselines: bool,
    #[command(flatten)]
    machine: MachineFlags,
    /// Print below each number its protocol, which stands for all that it depends on but the generator
    #[arg(long, conflicts_with = "json")]
    protocols: bool,
    /// Print the result as one JSON object, with protocols
    #[arg(long)]
    json: bool,
}

impl Command for Evaluate {
    const NAME: &'static str = "evaluate";
    const ABOUT: &'static str = "Measure how far a run's samples are from its data";
    const EXAMPLES: Examples = &[
        ("The newest checkpoint", &["ganymede evaluate runs/00000-quick-fashion-mnist"]),
        (
            "An earlier checkpoint, with fewer samples",
            &["ganymede evaluate runs/00000-quick-fashion-mnist --checkpoint 500 --n 1000"],
        ),
        ("Only one metric", &["ganymede evaluate runs/00000-quick-fashion-mnist --metric frechet"]),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let spec = run_dir::read_spec(&self.generator.at.run)?;
        terminal.say(&format!("run         {}", self.generator.at.run.display()));
        let mut data = spec.data.clone();
        if let Some(other) = &self.data {
            data.source = setup::source_name(other)?;
        }
        let dataset = match &self.data {
            Some(_) => setup::open_beside(&self.generator.at.run, &data, terminal)?,
            None => setup::open_run_data(&self.generator.at.run, &data, terminal)?,
        };
        if let Some(note) = dataset.report().notes.iter().find(|note| note.starts_with("left out")) {
            terminal.say(&format!("data        {note}"));
        }
        let machine = self.machine.machine(spec.train.numerics)?;
        let options = EvaluateOptions {
            generator: self.generator.options(None)?,
            samples: self.n.map(|n| n as usize),
            metrics: (!self.metric.is_empty()).then(|| self.metric.clone()),
            whole: self.data.is_some(),
            held_out: self.held_out,
            baselines: !self.no_baselines,
            ..EvaluateOptions::default()
        };
        let stop = signals::stop_flag().map_err(|e| Failure::new(USER, format!("cannot listen to signals: {e}")))?;
        let stages = Stages::new(terminal);
        let (run, watch) = (&self.generator.at.run, |stage: Stage<'_>| stages.show(stage));
        let found = ganymede_gan::evaluate_watched(run, &options, &dataset, &machine.backend, &stop, &watch);
        drop(stages);
        let found = found.map_err(|e| machine.explain(e))?;
        let summary = summary(&found.scores, dataset.classes());
        if found.scores.is_empty() {
            let reasons = found.left_out.join("; ");
            return Err(Failure::new(USER, format!("expected something to measure, found nothing: {reasons}")));
        }
        self.warn(&found.scores, terminal);
        if self.json {
            let drawn = &options.generator;
            let value = json!({
                "kind": "evaluation", "checkpoint": found.checkpoint, "n": found.samples,
                "reference_n": found.reference_samples, "last_weights": drawn.last_weights,
                "standing_statistics": drawn.standing, "drawn": found.drawn, "summary": summary, "scores": found.scores,
                "left_out": found.left_out,
            });
            return terminal.result(&value.to_string());
        }
        for sentence in &summary {
            terminal.result(&wrapped(&format!("summary     {sentence}")))?;
        }
        terminal.result(&wrapped(&format!("checkpoint  {}", found.checkpoint.display())))?;
        let (n, reference) = (found.samples, found.reference_samples);
        let (n, reference) = (grouped(n as u64), grouped(reference as u64));
        let line = format!("samples     {n} generated, {n} real; references: {reference} real, {reference} others");
        terminal.result(&wrapped(&line))?;
        if !found.drawn.is_empty() {
            terminal.result(&wrapped(&format!("generated   {}", found.drawn)))?;
        }
        for line in score_table::table(&found.scores, self.protocols) {
            terminal.result(&line)?;
        }
        for line in score_table::baselines(&found.scores) {
            terminal.result(&wrapped(&line))?;
        }
        for reason in &found.left_out {
            terminal.say(&format!("left out    {reason}"));
        }
        Ok(())
    }
}

impl Evaluate {
    /// Says which numbers do not compare with those that the run's training wrote down, as far as that can be read.
    fn warn(&self, scores: &[Score], terminal: &mut Terminal) {
        let Ok(lines) = events::read(&self.generator.at.run.join("events.jsonl")) else { return };
        let earlier = lines.iter().rev().find_map(|line| match &line.event {
            Event::Metrics { scores, .. } if !scores.is_empty() => Some((line.step, scores)),
            _ => None,
        });
        let Some((step, earlier)) = earlier else { return };
        let names: Vec<&str> = incomparable(scores, earlier).iter().map(|(score, _)| score.metric.as_str()).collect();
        if !names.is_empty() {
            let text = format!(
                "{} of step {step} in events.jsonl have another protocol (data, size, n or features): do not compare them \
                 with these",
                names.join(", ")
            );
            terminal.labelled("warning", Colour::Yellow, &text);
        }
    }
}
