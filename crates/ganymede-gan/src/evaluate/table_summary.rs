//! What the numbers of a table come to in words: how well its rows can be told from real ones, of what use they are, whether they are
//! copies, and what a generator is worth beside simple methods. Shapes of columns are never spoken of alone: independent
//! columns have the best ones. Not here: other kinds of samples (`summary.rs`).

use super::Score;
use super::summary::find;
use crate::metrics::Better;
use crate::metrics::baselines::BASELINES;

/// Up to which area under the curve of boosting rows are told so well.
const TOLD: [(f64, &str); 5] = [
    (0.55, "rows cannot be told from real ones"),
    (0.65, "rows can hardly be told from real ones"),
    (0.8, "some rows can be told from real ones"),
    (0.95, "most rows can be told from real ones"),
    (f64::INFINITY, "nearly all rows can be told from real ones"),
];
/// What a classifier gives that guesses.
const GUESS: f64 = 0.5;
/// Share of kept rules below which it is said.
const KEPT: f64 = 0.9995;
/// By how much the nearest rows of a baseline are nearer than those of real rows where it copies.
const COPIES: f64 = 0.05;
/// Lines that are named.
const NAMED: usize = 3;

/// Names of the numbers of tables.
const OF_ROWS: [&str; 18] = [
    "column_shapes",
    "pair_trends",
    "value_coverage",
    "numbers_in_range",
    "known_categories",
    "missing_gap",
    "rules_kept",
    "detection_logistic",
    "detection_boosting",
    "tstr_f1_macro",
    "tstr_f1_rarest",
    "tstr_auc",
    "tstr_r2",
    "uplift_over_repeated",
    "nearest_share",
    "exact_copies",
    "repeated_rows",
    "distance_5th",
];

/// Whether these are numbers of a table.
pub(super) fn is_of_rows(scores: &[Score]) -> bool {
    scores.iter().any(|score| OF_ROWS.contains(&score.metric.as_str()))
}

/// The sentences: what rows are like, whether they are copies, and what they are beside those of simple methods.
pub(super) fn sentences(scores: &[Score]) -> Vec<String> {
    let (told, use_of) = (detection(scores), utility(scores));
    let shapes = if told.is_some() || use_of.is_some() { shapes(scores) } else { None };
    let clauses: Vec<String> = [told, shapes, use_of, rules(scores)].into_iter().flatten().collect();
    let first = (!clauses.is_empty()).then(|| clauses.join("; "));
    [first, copying(scores), baselines(scores)].into_iter().flatten().collect()
}

fn number<'a>(scores: &'a [Score], metric: &str) -> Option<&'a Score> {
    find(scores, metric, "samples")
}

/// A number and that of real rows.
fn beside_real(scores: &[Score], metric: &str) -> Option<(f64, f64)> {
    number(scores, metric).and_then(|score| Some((score.estimate.value, score.reference?)))
}

/// `rows can hardly be told from real ones (boosting 0.62; 0.5 is not at all)`.
fn detection(scores: &[Score]) -> Option<String> {
    let known = ["boosting", "logistic"].into_iter();
    let (model, score) = known.filter_map(|name| Some((name, number(scores, &format!("detection_{name}"))?))).next()?;
    let value = score.estimate.value;
    if score.estimate.high < GUESS && score.reference.is_some_and(|real| score.estimate.high < real) {
        return Some(format!(
            "rows repeat real ones, for they are told worse than by a guess ({model} {value:.2} of 0.5)"
        ));
    }
    let words = TOLD.iter().find(|(bound, _)| value < *bound)?.1;
    Some(format!("{words} ({model} {value:.2}; 0.5 is not at all)"))
}

/// `columns 0.98 and pairs 0.95, real rows 0.99 and 0.97`.
fn shapes(scores: &[Score]) -> Option<String> {
    let known = [("columns", "column_shapes"), ("pairs", "pair_trends")];
    let known: Vec<(&str, f64, f64)> = known
        .into_iter()
        .filter_map(|(name, metric)| beside_real(scores, metric).map(|(own, real)| (name, own, real)))
        .collect();
    let own: Vec<String> = known.iter().map(|(name, own, _)| format!("{name} {own:.2}")).collect();
    let real: Vec<String> = known.iter().map(|(_, _, real)| format!("{real:.2}")).collect();
    (!known.is_empty()).then(|| format!("{} as in the data, real rows {}", own.join(" and "), real.join(" and ")))
}

/// `models that learn from them reach F1 0.776, from real rows 0.793`; and whether rows of the rarest class are worth more than real
/// ones that are repeated.
fn utility(scores: &[Score]) -> Option<String> {
    let known = [("F1", "tstr_f1_macro"), ("R²", "tstr_r2")].into_iter();
    let (name, (own, real)) = known.filter_map(|(name, metric)| Some((name, beside_real(scores, metric)?))).next()?;
    let learned = format!("models that learn from them reach {name} {own:.3}, from real rows {real:.3}");
    let gain = number(scores, "uplift_over_repeated").filter(|score| score.estimate.low > 0.0);
    let gain = gain.map(|score| score.estimate.value);
    Some(match gain {
        Some(gain) => {
            format!("{learned}, and more rows of the rarest class help more than repeated ones (F1 {gain:+.3})")
        }
        None => learned,
    })
}

fn rules(scores: &[Score]) -> Option<String> {
    let kept = number(scores, "rules_kept")?.estimate.value;
    (kept < KEPT).then(|| format!("rules are kept in {:.1} % of rows", 100.0 * kept))
}

/// Whether rows are copies; in any case that numbers prove no anonymity.
fn copying(scores: &[Score]) -> Option<String> {
    let near = number(scores, "nearest_share").and_then(|score| Some((score, score.reference?)));
    let exact = number(scores, "exact_copies").and_then(|score| Some((score, score.reference?)));
    let nearer = near.filter(|(score, real)| score.estimate.low > real.max(GUESS));
    let more = exact.filter(|(score, real)| score.estimate.low > *real);
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let mut found: Vec<String> = Vec::new();
    found.extend(nearer.map(|(score, real)| {
        let own = score.estimate.value;
        format!("rows are nearer to those that were learned from than other real rows are (nearest_share {own:.2}, real rows {real:.2})")
    }));
    found.extend(more.map(|(score, real)| {
        format!("{} of rows are exact copies (of real rows {})", percent(score.estimate.value), percent(real))
    }));
    let said = match (found.is_empty(), near, exact) {
        (false, ..) => found.join("; "),
        (true, Some((score, real)), _) => {
            format!("no sign of copies (nearest_share {:.2}, real rows {real:.2})", score.estimate.value)
        }
        (true, None, Some(_)) => "no more exact copies than among real rows".into(),
        (true, None, None) => return None,
    };
    Some(format!("{said}; this is no proof of anonymity"))
}

/// What a baseline's number says of the generator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Better,
    Same,
    Worse,
}

/// A generator is better where a baseline's number is beyond the worse end of its interval, and worse beyond the better end.
fn beside(score: &Score, other: f64) -> Beside {
    let [low, high] = [score.estimate.low, score.estimate.high];
    let (is_worse, is_better) = match (score.better, score.reference) {
        (Better::Lower, _) => (other < low, other > high),
        (Better::Higher, _) => (other > high, other < low),
        (Better::Near, Some(real)) => {
            let [near, far] =
                [(low - real).abs().min((high - real).abs()), (low - real).abs().max((high - real).abs())];
            let near = if (low..=high).contains(&real) { 0.0 } else { near };
            ((other - real).abs() < near, (other - real).abs() > far)
        }
        (Better::Near, None) => (false, false),
    };
    match (is_worse, is_better) {
        (true, _) => Beside::Worse,
        (_, true) => Beside::Better,
        _ => Beside::Same,
    }
}

/// `of 18 lines better than marginals in 12 (worse in column_shapes), than copula in 11, than SMOTE in 9, which copies (nearest_share 0.86)`.
fn baselines(scores: &[Score]) -> Option<String> {
    let lines: Vec<&Score> = scores.iter().filter(|score| !score.baselines.is_empty()).collect();
    let parts: Vec<String> = BASELINES
        .iter()
        .filter_map(|baseline| {
            let each =
                |score: &&Score| Some((score.metric.clone(), beside(score, *score.baselines.get(baseline.name)?)));
            let known: Vec<(String, Beside)> = lines.iter().filter_map(each).collect();
            (!known.is_empty())
                .then(|| format!("{} in {}", baseline.shown, won(known)) + &copies(baseline.name, scores))
        })
        .collect();
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    (!parts.is_empty()).then(|| format!("of {} {noun} better than {}", lines.len(), parts.join(", than ")))
}

/// How many lines are better, and which are worse.
fn won(lines: Vec<(String, Beside)>) -> String {
    let better = lines.iter().filter(|(_, beside)| *beside == Beside::Better).count();
    let worse: Vec<String> =
        lines.into_iter().filter(|(_, beside)| *beside == Beside::Worse).map(|(name, _)| name).collect();
    let more = if worse.len() > NAMED { format!(" and {} more", worse.len() - NAMED) } else { String::new() };
    let named = worse.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if worse.is_empty() { better.to_string() } else { format!("{better} (worse in {named}{more})") }
}

/// Says of a baseline that it copies, if its rows are nearer to those that it was made from than real ones are.
fn copies(name: &str, scores: &[Score]) -> String {
    let near = number(scores, "nearest_share");
    let known = near.and_then(|score| Some((*score.baselines.get(name)?, score.reference?)));
    let said = known.filter(|(own, real)| *own > real.max(GUESS) + COPIES);
    said.map_or(String::new(), |(own, _)| format!(", which copies (nearest_share {own:.2})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{leading, summary};
    use serde_json::json;

    /// A number with an interval of ± `off`, and that of real rows.
    fn score(metric: &str, value: f64, off: f64, real: f64) -> Score {
        let better = match metric {
            "nearest_share" | "exact_copies" | "repeated_rows" | "distance_5th" => "near",
            "missing_gap" | "detection_boosting" | "detection_logistic" => "lower",
            _ => "higher",
        };
        let whole = json!({
            "metric": metric, "of": "samples", "value": value, "low": value - off, "high": value + off, "better": better,
            "reference": real, "n": 500, "reference_n": 500, "protocol": "a",
        });
        serde_json::from_value(whole).unwrap()
    }

    fn with(mut score: Score, baselines: &[(&str, f64)]) -> Score {
        score.baselines = baselines.iter().map(|(name, value)| ((*name).to_string(), *value)).collect();
        score
    }

    /// A census table after some minutes.
    fn census() -> Vec<Score> {
        vec![
            score("column_shapes", 0.981, 0.004, 0.987),
            score("pair_trends", 0.952, 0.005, 0.970),
            score("rules_kept", 1.0, 0.0, 1.0),
            score("detection_logistic", 0.54, 0.01, 0.516),
            score("detection_boosting", 0.623, 0.011, 0.51),
            score("tstr_f1_macro", 0.776, 0.03, 0.793),
            score("uplift_over_repeated", 0.001, 0.015, 0.0),
            score("nearest_share", 0.50, 0.02, 0.516),
            score("exact_copies", 0.0, 0.0004, 0.0008),
        ]
    }

    #[test]
    fn a_table_is_told_by_detection_and_use_before_shapes() {
        let scores = census();
        assert_eq!(leading(&scores).unwrap().metric, "detection_boosting");
        let expected = [
            "rows can hardly be told from real ones (boosting 0.62; 0.5 is not at all); columns 0.98 and pairs 0.95 as in the \
             data, real rows 0.99 and 0.97; models that learn from them reach F1 0.776, from real rows 0.793",
            "no sign of copies (nearest_share 0.50, real rows 0.52); this is no proof of anonymity",
        ];
        assert_eq!(summary(&scores, &["<=50K".into()]), expected);
        // Shapes alone are nothing to speak of.
        assert_eq!(summary(&scores[..3], &[]), Vec::<String>::new());
        assert_eq!(summary(&[score("missing_gap", 0.2, 0.01, 0.1)], &[]), Vec::<String>::new());
        assert!(!is_of_rows(&[score("precision", 0.9, 0.1, 0.9)]));
    }

    #[test]
    fn each_part_follows_its_number() {
        let one = |at: usize, metric: &str, value: f64, off: f64, real: f64| {
            let mut scores = census();
            scores[at] = score(metric, value, off, real);
            summary(&scores, &[]).join(" | ")
        };
        let told = |value: f64| one(4, "detection_boosting", value, 0.01, 0.51);
        assert!(told(0.54).starts_with("rows cannot be told") && told(0.56).starts_with("rows can hardly be told"));
        assert!(told(0.79).starts_with("some rows") && told(0.94).starts_with("most rows"));
        assert!(told(0.997).starts_with("nearly all rows can be told from real ones (boosting 1.00;"));
        assert!(told(0.3).starts_with("rows repeat real ones, for they are told worse than by a guess (boosting 0.30"));
        assert!(one(2, "rules_kept", 0.81, 0.01, 1.0).contains("; rules are kept in 81.0 % of rows |"));
        let gain = one(6, "uplift_over_repeated", 0.02, 0.01, 0.0);
        assert!(
            gain.contains("0.793, and more rows of the rarest class help more than repeated ones (F1 +0.020) |"),
            "{gain}"
        );
        let near = one(7, "nearest_share", 0.73, 0.03, 0.52);
        let expected = "| rows are nearer to those that were learned from than other real rows are (nearest_share 0.73, real rows \
                        0.52); this is no proof of anonymity";
        assert!(near.ends_with(expected), "{near}");
        let same = one(8, "exact_copies", 0.02, 0.01, 0.0008);
        assert!(
            same.ends_with("| 2.0 % of rows are exact copies (of real rows 0.1 %); this is no proof of anonymity"),
            "{same}"
        );
        let mut numbers = census()[..5].to_vec();
        numbers.push(score("tstr_r2", 0.9, 0.01, 0.96));
        assert!(
            summary(&numbers, &[])[0].ends_with("models that learn from them reach R² 0.900, from real rows 0.960")
        );
    }

    #[test]
    fn a_generator_is_compared_with_those_that_learn_nothing() {
        let mut scores = census();
        scores[0] = with(scores[0].clone(), &[("marginals", 0.99), ("copula", 0.97), ("smote", 0.9)]);
        scores[1] = with(scores[1].clone(), &[("marginals", 0.76), ("copula", 0.8), ("smote", 0.82)]);
        scores[4] = with(scores[4].clone(), &[("marginals", 0.99), ("copula", 0.98), ("smote", 0.95)]);
        scores[5] = with(scores[5].clone(), &[("marginals", 0.43), ("copula", 0.5), ("smote", 0.79)]);
        scores[7] = with(scores[7].clone(), &[("marginals", 0.5), ("copula", 0.5), ("smote", 0.7)]);
        let expected = "of 5 lines better than marginals in 3 (worse in column_shapes), than copula in 4, than SMOTE in 4, which \
                        copies (nearest_share 0.70)";
        assert_eq!(summary(&scores, &[])[2], expected);
        let alone = [with(score("pair_trends", 0.9, 0.1, 1.0), &[("copula", 0.5)])];
        assert_eq!(summary(&alone, &[]), ["of 1 line better than copula in 1"]);
    }

    /// By the ends of intervals, on the better side of each kind of number.
    #[test]
    fn what_an_interval_holds_is_the_same() {
        let of = |metric: &str, others: [f64; 3]| others.map(|other| beside(&score(metric, 0.5, 0.1, 0.8), other));
        assert_eq!(of("pair_trends", [0.39, 0.55, 0.61]), [Beside::Better, Beside::Same, Beside::Worse]);
        assert_eq!(of("detection_boosting", [0.39, 0.45, 0.61]), [Beside::Worse, Beside::Same, Beside::Better]);
        // 0.4 to 0.6 is 0.2 to 0.4 from 0.8.
        assert_eq!(of("nearest_share", [0.39, 0.95, 1.05]), [Beside::Better, Beside::Worse, Beside::Same]);
        let near = score("nearest_share", 0.5, 0.1, 0.52);
        assert_eq!(beside(&near, 0.52), Beside::Same);
    }
}
