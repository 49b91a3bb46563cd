//! How a training ended, and where everything is. Not here: what it takes before it begins (`setup.rs`), what was shown on its way
//! (`progress.rs`).

use crate::failure::{Failure, INTERRUPTED};
use crate::numbers::{duration, grouped};
use crate::score_table::short;
use crate::status::MATTERS;
use crate::terminal::Terminal;
use ganymede_gan::events::{self, Event};
use ganymede_gan::{Best, Outcome, Reason, best_checkpoint, phases, run_dir, score_name, summary};
use serde_json::json;
use std::path::Path;

/// Where a training ended, for `--json`.
fn result_line(run: &Path, outcome: &Outcome, model: &Path, best: Option<&Best>) -> String {
    let value = json!({
        "kind": "result", "reason": outcome.reason.name(), "step": outcome.step, "seconds": outcome.elapsed.as_secs_f64(),
        "total_seconds": outcome.total.as_secs_f64(),
        "run": run, "samples": outcome.snapshot, "model": model, "checkpoint": outcome.checkpoint,
        "best": best.map(|best| &best.checkpoint),
    });
    value.to_string()
}

/// What the newest evaluation of a run comes to, which ended at this step; nothing where there is none.
fn last_summary(run: &Path, end: u64) -> Result<Vec<String>, Failure> {
    let lines = events::read(&run.join("events.jsonl"))?;
    let newest = lines.iter().rev().find_map(|line| match &line.event {
        Event::Metrics { scores, .. } => Some((line.step, scores)),
        _ => None,
    });
    let Some((step, scores)) = newest else { return Ok(Vec::new()) };
    let of_step = if step == end { String::new() } else { format!("of step {}: ", grouped(step)) };
    let said = summary(scores, run_dir::read_codec(run)?.classes());
    Ok(said.into_iter().map(|sentence| format!("{of_step}{sentence}")).collect())
}

/// What batches come from, and what makes them come sooner.
fn waited_for(cache: Option<&Path>) -> String {
    match cache {
        Some(cache) => format!(
            "batches are read from {} by a thread beside the steps, which needs a core of its own. If all cores are free, \
             GANYMEDE_CACHE on a faster disk may help, or --no-cache where the memory holds the data",
            cache.display()
        ),
        None => {
            "a thread makes batches in memory, beside the steps. It needs a core of its own; no disk is read".into()
        }
    }
}

/// Says how it went and where samples, model and run are; `cache` is the file that the data was read from, if one was.
///
/// # Errors
/// What reading the run gives, and quietly when a signal ended it.
pub fn conclude(
    run: &Path,
    outcome: &Outcome,
    cache: Option<&Path>,
    json: bool,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let spec = run_dir::read_spec(run)?;
    let network = phases::sampled(&spec);
    let model = outcome.checkpoint.join(format!("{network}.safetensors"));
    let (step, time) = (grouped(outcome.step), duration(outcome.elapsed));
    let goal = spec.train.last_step().filter(|goal| outcome.reason == Reason::Minutes && outcome.step < *goal);
    let done = match (outcome.reason, goal) {
        (Reason::Interrupted, _) => "interrupted",
        (_, Some(_)) => "time is up",
        (Reason::Patience, _) => "ended early",
        _ => "done",
    };
    let step = goal.map_or_else(|| step.clone(), |goal| format!("{step} of {}", grouped(goal)));
    let total = match duration(outcome.total) {
        total if total == time => String::new(),
        total => format!(", {total} with all processes before"),
    };
    terminal.say(&format!("{done} at step {step} after {time}{total}"));
    if let (Reason::Patience, Some(evaluate)) = (outcome.reason, &spec.evaluate) {
        let part = 100.0 * evaluate.patience.unwrap_or_default();
        terminal.say(&format!(
            "            its evaluations have not become better for {part:.0} % of the training (--patience 0 trains to the end)"
        ));
    }
    if outcome.wait >= MATTERS {
        terminal.say(&format!("waited      {:.0} % of the time for data: {}", outcome.wait * 100.0, waited_for(cache)));
    }
    for sentence in last_summary(run, outcome.step)? {
        terminal.say(&format!("summary     {sentence}"));
    }
    let best = best_checkpoint(run)?;
    if let Some(Best { checkpoint, score, .. }) = &best {
        let (value, name) = (short(score.estimate.value), score_name(score));
        terminal.say(&format!("best        {} ({name}: {value})", checkpoint.display()));
    }
    let run_name = run.display();
    if outcome.reason == Reason::Interrupted || goal.is_some() {
        terminal.say(&format!("everything is saved; `ganymede resume {run_name}` goes on"));
    } else {
        terminal.say(&format!(
            "`ganymede sample {run_name}` generates more samples, `ganymede resume {run_name} --steps N` trains on"
        ));
    }
    if json {
        terminal.result(&result_line(run, outcome, &model, best.as_ref()))?;
    } else {
        let samples = outcome.snapshot.display();
        terminal.result(&format!("samples     {samples}\nmodel       {}\nrun         {run_name}", model.display()))?;
    }
    if outcome.reason == Reason::Interrupted { Err(Failure::quiet(INTERRUPTED)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No disk makes computed points come sooner.
    #[test]
    fn what_was_waited_for_is_where_the_data_lies() {
        let cached = waited_for(Some(Path::new("cache/a.data")));
        assert!(cached.contains("read from cache/a.data") && cached.contains("GANYMEDE_CACHE"), "{cached}");
        let computed = waited_for(None);
        assert!(computed.contains("in memory") && !computed.contains("GANYMEDE_CACHE"), "{computed}");
    }
}
