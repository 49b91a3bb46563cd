//! The numbers of rows that simple methods make, beside a generator's. Not here: how they are made (`ganymede-metrics`),
//! what the numbers come to (`table_summary.rs`).

use super::sets::Sets;
use super::{EvaluateOptions, SEED, Score};
use crate::error::GanError;
use crate::metrics::baselines::BASELINES;
use crate::metrics::{Comparison, Facts, MetricError, Others, Sides, Sizes, Stage, Stop, baselines, measure};
use ganymede_runtime::Backend;

/// Measures as many rows of each baseline as there are generated ones, beside the same real ones, and writes the numbers to those of
/// the generator. The rows are made from real ones that are not compared. Gives what could not be measured, and why.
///
/// # Errors
/// [`GanError::Interrupted`]; what measuring gives.
pub(super) fn beside(
    scores: &mut [Score],
    sets: &Sets<'_>,
    options: &EvaluateOptions,
    backend: &dyn Backend,
    (stop, watch): (Stop<'_>, &dyn Fn(Stage<'_>)),
) -> Result<Vec<String>, GanError> {
    let columns = &sets.facts.columns;
    let told = |error: MetricError| match error.leaves_out() {
        true => Ok(error.to_string()),
        false => Err(GanError::from(error)),
    };
    let learned = match sets.learned() {
        Ok(learned) => learned,
        Err(error) => return Ok(vec![format!("rows of simple methods: {}", told(error)?)]),
    };
    let (mut sides, mut left_out): (Sides, Vec<String>) = (sets.sides.clone(), Vec::new());
    for (done, baseline) in BASELINES.iter().enumerate() {
        watch(Stage { what: &format!("rows by {}", baseline.name), done, of: BASELINES.len() });
        sides.fake = match baseline.rows(&learned, columns, sides.real.len(), SEED, stop) {
            Ok(rows) => rows,
            Err(error) => {
                left_out.push(told(error)?);
                continue;
            }
        };
        let compared = Comparison::new(&sets.facts, &sides, sets, backend, SEED, stop).without_references();
        for number in measure(compared, &|name| options.wants(name))?.numbers {
            let same = |score: &&mut Score| score.metric == number.value.name && score.of == number.of;
            if let Some(score) = scores.iter_mut().find(same) {
                score.baselines.insert(baseline.name.into(), number.value.estimate.value);
            }
        }
    }
    Ok(left_out)
}

/// The most bytes that this takes at a time beside what measuring takes.
pub(super) fn bytes(facts: &Facts, sizes: &Sizes) -> u64 {
    if facts.columns.is_empty() { 0 } else { baselines::bytes(facts, sizes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Evaluation, compare, evaluation_bytes};
    use crate::presets;
    use crate::sampler::Sampler;
    use ganymede_data::{DataOptions, Dataset, Source};
    use ganymede_runtime::CpuBackend;
    use std::sync::atomic::AtomicBool;

    /// A table whose `y` and `kind` follow from `x` but for a part, before a generator that has not learned anything; and the bytes
    /// that its evaluation takes.
    fn compared(
        rows: usize,
        samples: Option<usize>,
        baselines: bool,
        stop: bool,
    ) -> (Result<Evaluation, GanError>, u64) {
        let options = EvaluateOptions { samples, baselines, ..EvaluateOptions::default() };
        evaluated(rows, (Some(0.1), None), &options, stop)
    }

    fn evaluated(
        rows: usize,
        (holdout, target): (Option<f64>, Option<&str>),
        options: &EvaluateOptions,
        stop: bool,
    ) -> (Result<Evaluation, GanError>, u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let mut text = "x,y,kind\n".to_string();
        for row in 0..rows {
            let x = row * 7919 % 601;
            text += &format!("{x}.5,{}.25,{}\n", 2 * x + row * 31 % 50, ["low", "middle", "high"][x / 201]);
        }
        std::fs::write(&path, text).unwrap();
        let target = target.map(String::from);
        let uncached = DataOptions { use_cache: false, target, ..DataOptions::default() };
        let data = Dataset::open(&Source::parse(&path).unwrap(), &uncached, &()).unwrap();
        let mut spec = presets::preset("table", data.codec()).unwrap();
        spec.data.options.holdout = holdout;
        let codec = data.learn(&data.split(holdout, spec.seed)).unwrap();
        let backend = CpuBackend::new(Default::default()).unwrap();
        let mut sampler = Sampler::new(&spec, &codec, None, &backend).unwrap();
        sampler.initialise(&codec).unwrap();
        let bytes = evaluation_bytes(&spec, &data, options, &backend).unwrap().own;
        let stop = AtomicBool::new(stop);
        (compare(&spec, &codec, &mut sampler, options, &data, &backend, (&stop, &|_| {})), bytes)
    }

    /// Rows of another file were not seen by the training, so models are tested on them; but what is near to them is no copy.
    #[test]
    fn rows_of_other_data_are_held_out_and_never_copied() {
        let found = |whole: bool| {
            let options = EvaluateOptions { whole, unseen: whole, ..EvaluateOptions::default() };
            let found = evaluated(600, (None, Some("kind")), &options, false).0.unwrap();
            let has = |name: &str| found.scores.iter().any(|score| score.metric == name);
            let said = |text: &str| found.left_out.iter().filter(|line| line.contains(text)).count();
            let held = said("no row was held out");
            (
                has("tstr_f1_macro"),
                has("nearest_share"),
                held,
                said("copies are looked for among the rows of the training"),
            )
        };
        assert_eq!((found(false), found(true)), ((false, false, 2, 0), (true, false, 0, 1)));
    }

    #[test]
    fn simple_methods_stand_beside_a_generator() {
        let ((found, bytes), (without, fewer)) = (compared(600, None, true, false), compared(600, None, false, false));
        let (mut found, without) = (found.unwrap(), without.unwrap());
        assert!(found.scores.len() > 10 && bytes > fewer);
        for score in &found.scores {
            let names: Vec<&str> = score.baselines.keys().map(String::as_str).collect();
            assert_eq!(names, ["copula", "marginals", "smote"], "{}", score.metric);
        }
        let of = |metric: &str, name: &str| {
            let score = found.scores.iter().find(|score| score.metric == metric).unwrap();
            (score.baselines[name], score.reference.unwrap())
        };
        // Independent columns are told by their pairs, rows between neighbours by how near they are.
        assert!(of("pair_trends", "marginals").0 < of("pair_trends", "copula").0 - 0.1);
        assert!(of("column_shapes", "marginals").0 > 0.9 && of("detection_boosting", "marginals").0 > 0.8);
        assert!(
            of("distance_median", "smote").0 < of("distance_median", "smote").1,
            "{:?}",
            of("distance_median", "smote")
        );
        // Beside them, the generator's numbers are what they are without.
        found.scores.iter_mut().for_each(|score| score.baselines.clear());
        assert_eq!(found, without);
    }

    #[test]
    fn without_rows_to_make_others_from_there_are_none() {
        let found = compared(300, Some(270), true, false).0.unwrap();
        assert!(!found.scores.is_empty() && found.scores.iter().all(|score| score.baselines.is_empty()));
        let told =
            |line: &String| line.starts_with("rows of simple methods: ") && line.contains("at least 10 real samples");
        assert!(found.left_out.iter().any(told), "{:?}", found.left_out);
        assert!(matches!(compared(300, None, true, true).0, Err(GanError::Interrupted)));
    }
}
