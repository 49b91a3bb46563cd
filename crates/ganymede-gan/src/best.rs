//! The best checkpoint of a run that evaluates itself: that of the evaluation with the best leading number. The lines of
//! `events.jsonl` say which it is; there is no other record. Not here: which number leads (`evaluate/summary.rs`), keeping the
//! checkpoint (`trainer/due.rs`).

use crate::checkpoint;
use crate::error::GanError;
use crate::evaluate::{Score, is_better, leading};
use crate::events::{self, Event, Line};
use std::path::{Path, PathBuf};

/// The best checkpoint of a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Best {
    /// Steps done.
    pub step: u64,
    /// Its folder.
    pub checkpoint: PathBuf,
    /// The number by which it is the best.
    pub score: Score,
}

/// The best checkpoint of a run by what it evaluated while it trained; none where it did not.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Source};
/// use ganymede_gan::{Training, best_checkpoint};
///
/// # let folder = std::env::temp_dir().join("ganymede-doc-best");
/// let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
/// let training = Training::preset("mlp", data)?.batch(50).steps(4).outdir(&folder);
/// let training = training.set("evaluate={every_kimg=0.1,samples=100,metrics=['frechet']}")?;
/// let run = training.start()?.run(&false.into())?.run;
/// let best = best_checkpoint(&run)?.expect("it was evaluated after two steps and after four");
/// assert!([2, 4].contains(&best.step) && best.checkpoint.is_dir() && best.score.metric == "frechet");
/// # std::fs::remove_dir_all(run)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What reading the run's events gives.
pub fn best_checkpoint(run: &Path) -> Result<Option<Best>, GanError> {
    let log = run.join("events.jsonl");
    let lines = if log.exists() { events::read(&log)? } else { Vec::new() };
    let path = |step: u64| run.join("checkpoints").join(checkpoint::name(step));
    let evaluations = Evaluations::of(&lines);
    let best = evaluations.best(|step| path(step).is_dir());
    Ok(best.map(|(step, score)| Best { step, checkpoint: path(step), score: score.clone() }))
}

/// The evaluations of a training, by step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evaluations(Vec<(u64, Vec<Score>)>);

impl Evaluations {
    /// Those that lines tell.
    pub fn of(lines: &[Line]) -> Evaluations {
        let mut all = Evaluations::default();
        for line in lines {
            if let Event::Metrics { scores, .. } = &line.event {
                all.add(line.step, scores);
            }
        }
        all
    }

    /// One more. A step that was evaluated again after a roll-back counts as it was the last time.
    pub fn add(&mut self, step: u64, scores: &[Score]) {
        self.0.retain(|(known, _)| *known != step);
        self.0.push((step, scores.to_vec()));
    }

    /// The leading number of the newest one.
    pub fn newest(&self) -> Option<(u64, &Score)> {
        self.0.iter().rev().find_map(|(step, scores)| Some((*step, leading(scores)?)))
    }

    /// The step with the best leading number, of those with a checkpoint; the earlier of two that are as good. Numbers of another
    /// protocol than the newest do not count.
    pub fn best(&self, has_checkpoint: impl Fn(u64) -> bool) -> Option<(u64, &Score)> {
        let all: Vec<Score> = self.0.iter().rev().flat_map(|(_, scores)| scores.clone()).collect();
        let rank = leading(&all)?;
        let key = (&rank.metric, &rank.of, &rank.protocol);
        let same = |score: &&Score| (&score.metric, &score.of, &score.protocol) == key;
        let ranked = self.0.iter().filter_map(|(step, scores)| Some((*step, scores.iter().find(same)?)));
        let ranked = ranked.filter(|(step, _)| has_checkpoint(*step));
        ranked.reduce(|best, next| if is_better(next.1, best.1) { next } else { best })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn score(metric: &str, of: &str, value: f64, protocol: &str) -> Score {
        let better = if metric == "coverage" { "higher" } else { "lower" };
        let whole = json!({
            "metric": metric, "of": of, "value": value, "low": value, "high": value, "better": better, "reference": 0.1,
            "n": 100, "protocol": protocol,
        });
        serde_json::from_value(whole).unwrap()
    }

    fn best(evaluations: &[(u64, Vec<Score>)], kept: &[u64]) -> Option<u64> {
        let mut all = Evaluations::default();
        evaluations.iter().for_each(|(step, scores)| all.add(*step, scores));
        all.best(|step| kept.contains(&step)).map(|(step, _)| step)
    }

    #[test]
    fn the_lowest_distance_by_the_leading_features_wins() {
        let scores = |random: f64, learned: f64| {
            vec![
                score("coverage", "classifier", random, "a"),
                score("frechet", "random", random, "a"),
                score("frechet", "classifier", learned, "a"),
            ]
        };
        let all = [(10, scores(1.0, 5.0)), (20, scores(2.0, 3.0)), (30, scores(0.5, 4.0)), (40, scores(9.0, 3.0))];
        assert_eq!(best(&all, &[10, 20, 30, 40]), Some(20), "the earlier of two that are as good");
        assert_eq!(best(&all, &[10, 30]), Some(30), "of those that there are");
        assert_eq!(best(&all, &[]), None);
        assert_eq!(best(&[], &[0]), None);
        // A step that was gone back to counts as it was evaluated at last.
        assert_eq!(best(&[&all[..], &[(20, scores(2.0, 8.0))]].concat(), &[10, 20, 30, 40]), Some(40));
        // What could not be had once is no reason to rank by another number.
        assert_eq!(
            best(&[&all[..], &[(50, vec![score("frechet", "random", 0.0, "a")])]].concat(), &[20, 50]),
            Some(20)
        );
    }

    #[test]
    fn numbers_of_another_protocol_do_not_count() {
        let one = |value: f64, protocol: &str| vec![score("frechet", "samples", value, protocol)];
        assert_eq!(best(&[(10, one(1.0, "a")), (20, one(5.0, "b")), (30, one(6.0, "b"))], &[10, 20, 30]), Some(20));
        let high = |value: f64| vec![score("coverage", "samples", value, "a")];
        assert_eq!(best(&[(10, high(0.2)), (20, high(0.7)), (30, high(0.6))], &[10, 20, 30]), Some(20));
    }
}
