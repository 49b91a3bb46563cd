//! What the numbers of an evaluation come to, in one or two sentences. Each word follows from a number, its interval and that of real
//! samples, by the rules below; to add one: a line in [`RULES`]. Not here: the numbers (`ganymede-metrics`), what those
//! of tables come to (`table_summary.rs`).

use super::{Score, table_summary};
use crate::metrics::Better;

/// Which number says most, the best first: of tables how well their rows can be told from real ones; of others a classifier of the data's own classes sees what people see, features of random weights
/// see less.
const LEADING: [(&str, &str); 9] = [
    ("detection_boosting", "samples"),
    ("detection_logistic", "samples"),
    ("frechet", "classifier"),
    ("frechet", "samples"),
    ("frechet", "random"),
    ("laplacian", "samples"),
    ("sliced_wasserstein", "samples"),
    ("kernel", "classifier"),
    ("kernel", "random"),
];

/// Where a number is taken from, the best first.
const SPACES: [&str; 3] = ["classifier", "samples", "random"];
/// Features that do not see noise: they tell what is wrong, not that all is well.
const BLIND: &str = "random";

/// What a number says: by the number as a share of the real samples', or as a multiple of it where low numbers are good.
struct Rule {
    /// The worst of them decides.
    metrics: &'static [&'static str],
    /// Up to which share or multiple it is well, middling, bad.
    bounds: [f64; 3],
    /// Words for well, middling, bad, and worse than that.
    words: [&'static str; 4],
}

const RULES: [Rule; 4] = [
    Rule {
        metrics: &["precision"],
        bounds: [0.95, 0.8, 0.2],
        words: [
            "samples look real",
            "some samples do not look real",
            "many samples do not look real",
            "almost no sample looks real",
        ],
    },
    Rule {
        metrics: &["recall", "coverage"],
        bounds: [0.9, 0.7, 0.2],
        words: [
            "variety as in the data",
            "some of the variety is missing",
            "much of the variety is missing",
            "almost all of the variety is missing",
        ],
    },
    Rule {
        metrics: &["laplacian"],
        bounds: [1.25, 4.0, f64::INFINITY],
        words: ["texture right", "texture somewhat off", "texture far off", "texture far off"],
    },
    Rule {
        metrics: &["class_accuracy"],
        bounds: [0.9, 0.6, 0.2],
        words: [
            "classes as asked for",
            "some samples are not of the class that was asked for",
            "many samples are not of the class that was asked for",
            "almost no sample is of the class that was asked for",
        ],
    },
];

/// The level of a rule from which on something is bad.
const BAD: usize = 2;
/// Multiple of the real samples' distance beyond which samples do not look real, whatever precision says: in features that know the data,
/// noise can lie among real samples.
const FAR: f64 = 10.0;
/// Multiple of the real samples' distance up to which samples are as near.
const CLOSE: f64 = 1.5;
/// Multiple of the real samples' number from which on a distance tells samples from real ones.
const APART: f64 = 2.0;

/// A class has collapsed if its recall is below this share of the real samples'.
const COLLAPSED: f64 = 0.1;
/// … and samples are of their classes at all: at least this share of the real samples' accuracy.
const RECOGNISED: f64 = 0.7;
/// Collapsed classes that are named.
const NAMED: usize = 4;

/// The number by which generators are ranked: the best that there is, else the first.
pub fn leading(scores: &[Score]) -> Option<&Score> {
    LEADING.iter().find_map(|(metric, of)| find(scores, metric, of)).or(scores.first())
}

/// Whether `score` is better than `other`, which is the same number of another generator.
pub(crate) fn is_better(score: &Score, other: &Score) -> bool {
    let (new, old) = (score.estimate.value, other.estimate.value);
    match score.better {
        Better::Lower => new < old,
        Better::Higher => new > old,
        Better::Near => score.reference.is_some_and(|real| (new - real).abs() < (old - real).abs()),
    }
}

/// The name of a number for people: `Fréchet, classifier features`.
pub fn score_name(score: &Score) -> String {
    let metric = match score.metric.as_str() {
        "frechet" => "Fréchet",
        "kernel" => "KID",
        "laplacian" => "Laplacian",
        "sliced_wasserstein" => "sliced Wasserstein",
        "detection_boosting" => "detection by boosting",
        "detection_logistic" => "detection by logistic regression",
        other => other,
    };
    match score.of.as_str() {
        "samples" => metric.into(),
        features => format!("{metric}, {features} features"),
    }
}

/// One sentence that says how far the samples are and what is wrong with them; one more where classes have collapsed, with their
/// names. Of tables further sentences on copies and on rows of simple methods. None where the numbers say nothing.
pub fn summary(scores: &[Score], classes: &[String]) -> Vec<String> {
    if table_summary::is_of_rows(scores) {
        return table_summary::sentences(scores);
    }
    let found: Vec<(usize, String)> = RULES.iter().filter_map(|rule| clause(rule, scores)).collect();
    let is_bad = found.iter().any(|(level, _)| *level >= BAD);
    let clauses: Vec<String> = found.into_iter().map(|(_, words)| words).chain(modes(scores)).collect();
    let first = match (distance(scores, is_bad), clauses.is_empty()) {
        (Some(distance), true) => Some(distance),
        (Some(distance), false) => Some(format!("{distance}: {}", clauses.join(", "))),
        (None, false) => Some(clauses.join(", ")),
        (None, true) => None,
    };
    first.into_iter().chain(collapse(scores, classes)).collect()
}

pub(super) fn find<'a>(scores: &'a [Score], metric: &str, of: &str) -> Option<&'a Score> {
    scores.iter().find(|score| score.metric == metric && score.of == of)
}

/// `36 times the distance of real from real (Fréchet, classifier features)`. A number that does not tell samples from real ones says that they are
/// as near only where nothing else is bad.
fn distance(scores: &[Score], is_bad: bool) -> Option<String> {
    let score = leading(scores).filter(|score| score.better == Better::Lower)?;
    let (real, name) = (score.reference.filter(|real| *real > 0.0)?, score_name(score));
    if score.estimate.low <= real {
        let apart = |other: &Score| {
            let real = other.reference.filter(|_| other.better == Better::Lower);
            real.is_some_and(|real| other.estimate.low > APART * real)
        };
        if is_bad || scores.iter().any(apart) {
            return Some(format!("too few samples to tell them from real ones ({name})"));
        }
        if score.estimate.value < CLOSE * real {
            return Some(format!("as near to the real samples as other real samples are ({name})"));
        }
    }
    let times = score.estimate.value / real;
    let times = if times < 9.95 { format!("{times:.1}") } else { format!("{times:.0}") };
    let chance = if score.estimate.low <= real { ", which may be chance" } else { "" };
    Some(format!("{times} times the distance of real from real{chance} ({name})"))
}

/// What a rule says, and its level; nothing where its metrics are not there or say already how far the samples are, where an interval reaches
/// from well to badly, or for praise that not all numbers support.
fn clause(rule: &Rule, scores: &[Score]) -> Option<(usize, String)> {
    let lead = leading(scores);
    let leads = |score: &Score| score.better == Better::Lower && lead.is_some_and(|lead| std::ptr::eq(lead, score));
    let known = |of: &&str| rule.metrics.iter().any(|metric| find(scores, metric, of).is_some());
    let of = SPACES.into_iter().find(known)?;
    let judged = rule.metrics.iter().filter_map(|metric| {
        let score = find(scores, metric, of).filter(|score| !leads(score))?;
        Some((level(rule, score)?, *metric))
    });
    // Of two that are as bad the first is named.
    let (level, metric) = judged.reduce(|worst, next| if next.0 > worst.0 { next } else { worst })?;
    let seen = level > 0 || (of != BLIND && praised(rule, scores));
    let shown = if metric == "laplacian" { "Laplacian" } else { metric };
    seen.then(|| (level, format!("{} ({shown})", rule.words[level])))
}

/// Whether every number of a rule supports that all is well: in all features with its whole interval, and, for single samples, the distance.
fn praised(rule: &Rule, scores: &[Score]) -> bool {
    let of_rule = |score: &&Score| rule.metrics.contains(&score.metric.as_str());
    let sees = |score: &Score| score.of != BLIND;
    let whole =
        |score: &Score| [score.estimate.low, score.estimate.high].map(|value| part(rule, score, value)) == [Some(0); 2];
    let agrees =
        |score: &Score| if sees(score) { whole(score) } else { part(rule, score, score.estimate.value) < Some(BAD) };
    let far = |score: &Score| score.reference.is_some_and(|real| score.estimate.value > FAR * real);
    let is_far =
        rule.metrics == ["precision"] && leading(scores).is_some_and(|lead| lead.better == Better::Lower && far(lead));
    !is_far && scores.iter().filter(of_rule).all(agrees)
}

/// 0 for well, 1 for middling, 2 for badly, 3 for worse.
fn level(rule: &Rule, score: &Score) -> Option<usize> {
    let [low, high] = [score.estimate.low, score.estimate.high].map(|value| part(rule, score, value));
    (low?.abs_diff(high?) < 2).then(|| part(rule, score, score.estimate.value))?
}

/// The level of a value beside that of real samples.
fn part(rule: &Rule, score: &Score, value: f64) -> Option<usize> {
    let part = value / score.reference.filter(|real| *real > 0.0)?;
    let beyond = |bound: &&f64| if score.better == Better::Lower { part > **bound } else { part < **bound };
    Some(rule.bounds.iter().filter(beyond).count())
}

/// `7 of 8 modes reached`.
fn modes(scores: &[Score]) -> Option<String> {
    let score = scores.iter().find(|score| score.metric == "modes")?;
    Some(format!("{:.0} of {:.0} modes reached (modes)", score.estimate.value, score.reference?))
}

/// Which classes have collapsed: samples are of them, and show next to none of their variety.
fn collapse(scores: &[Score], classes: &[String]) -> Option<String> {
    let score = |metric: &str| scores.iter().find(|score| score.metric == metric);
    let (recall, accuracy) = (score("class_recall")?, score("class_accuracy")?);
    let real = recall.reference?;
    if accuracy.estimate.value < RECOGNISED * accuracy.reference? {
        return None;
    }
    let found = recall.by_class.iter().enumerate().filter_map(|(class, value)| Some((class, (*value)?)));
    let found: Vec<(usize, f64)> = found.filter(|(_, value)| *value < COLLAPSED * real).collect();
    let worst = found.iter().map(|(_, value)| *value).reduce(f64::max)?;
    let names: Vec<String> = found.iter().map(|(class, _)| name(*class, classes)).collect();
    let subject = match names.len() {
        1 => format!("class {} has collapsed: its samples are nearly all alike", names[0]),
        all if all == classes.len() => {
            format!("all {all} classes have collapsed: the samples of each are nearly all alike")
        }
        count => {
            let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
            let shown = names[..count.min(NAMED)].join(", ");
            format!("classes {shown}{more} have collapsed: the samples of each are nearly all alike")
        }
    };
    Some(format!("{subject} (recall within the class at most {worst:.2}, real samples {real:.2})"))
}

fn name(class: usize, classes: &[String]) -> String {
    classes.get(class).map_or_else(|| format!("#{class}"), |name| format!("`{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A number with an interval of ± `off`, and that of real samples.
    fn score(metric: &str, of: &str, value: f64, off: f64, real: f64) -> Score {
        let better = match metric {
            "ms_ssim" => "near",
            "frechet" | "kernel" | "laplacian" | "sliced_wasserstein" => "lower",
            _ => "higher",
        };
        let whole = json!({
            "metric": metric, "of": of, "value": value, "low": value - off, "high": value + off, "better": better,
            "reference": real, "n": 500, "reference_n": 500, "protocol": "a",
        });
        serde_json::from_value(whole).unwrap()
    }

    fn one(scores: &[Score]) -> String {
        let found = summary(scores, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    /// As `dcgan` after ten minutes of images with classes: near in random features, far in a classifier's.
    #[test]
    fn the_best_number_leads_and_each_clause_names_its_own() {
        let scores = [
            score("sliced_wasserstein", "samples", 0.11, 0.01, 0.015),
            score("laplacian", "samples", 13.6, 1.0, 5.1),
            score("frechet", "random", 0.015, 0.005, 0.001),
            score("frechet", "classifier", 12.8, 0.5, 0.36),
            score("precision", "random", 0.6, 0.01, 0.97),
            score("precision", "classifier", 0.94, 0.005, 0.97),
            score("recall", "classifier", 0.77, 0.01, 0.97),
            score("coverage", "classifier", 0.61, 0.01, 0.97),
        ];
        assert_eq!(leading(&scores).unwrap().of, "classifier");
        // That precision is high does not say that samples look real: they are far from the data.
        let expected = "36 times the distance of real from real (Fréchet, classifier features): \
                        much of the variety is missing (coverage), texture somewhat off (Laplacian)";
        assert_eq!(one(&scores), expected);
        let unlearned = [&scores[..3], &scores[4..5]].concat();
        assert!(
            one(&unlearned).starts_with("15 times the distance of real from real (Fréchet, random features): many")
        );
        // What leads is not said twice.
        assert_eq!(one(&scores[..2]), "2.7 times the distance of real from real (Laplacian)");
        let mut near = scores.clone();
        near[3] = score("frechet", "classifier", 2.0, 0.1, 0.36);
        assert!(!one(&near).contains("look real"), "{}", one(&near));
        near[4] = score("precision", "random", 0.9, 0.01, 0.97);
        assert!(one(&near).contains(": samples look real (precision), much"), "{}", one(&near));
        near[5] = score("precision", "classifier", 0.94, 0.05, 0.97);
        assert!(!one(&near).contains("look real"), "its interval reaches down: {}", one(&near));
    }

    #[test]
    fn what_the_intervals_leave_open_is_not_said() {
        let near = score("frechet", "samples", 0.0012, 0.001, 0.001);
        assert_eq!(one(std::slice::from_ref(&near)), "as near to the real samples as other real samples are (Fréchet)");
        let wide = score("frechet", "samples", 0.0024, 0.0016, 0.001);
        assert_eq!(one(&[wide]), "2.4 times the distance of real from real, which may be chance (Fréchet)");
        // From twice less to five times more than real: nothing is known of the texture.
        let wide = score("laplacian", "samples", 13.4, 11.7, 5.1);
        assert!(!one(&[near.clone(), wide]).contains("texture"));
        // Features of random weights do not see noise: they praise nothing.
        let blind = |value| [near.clone(), score("precision", "random", value, 0.01, 0.97)];
        assert!(!one(&blind(0.97)).contains("precision"));
        assert!(one(&blind(0.7)).contains("many samples do not look real (precision)"));
        // A few points of a square: their distance is lost in noise, and next to none of them is real.
        let few = [
            score("frechet", "samples", 0.5, 0.6, 0.3),
            score("precision", "samples", 0.016, 0.01, 0.98),
            score("coverage", "samples", 0.05, 0.01, 0.97),
        ];
        let expected = "too few samples to tell them from real ones (Fréchet): almost no sample looks real (precision), almost all of \
                        the variety is missing (coverage)";
        assert_eq!(one(&few), expected);
        let apart = [few[0].clone(), score("sliced_wasserstein", "samples", 0.24, 0.01, 0.1)];
        assert_eq!(one(&apart), "too few samples to tell them from real ones (Fréchet)");
        // Without a number of real samples there is nothing to compare with.
        let mut alone = score("frechet", "random", 3.0, 0.1, 1.0);
        alone.reference = None;
        assert_eq!(summary(&[alone], &[]), Vec::<String>::new());
        assert_eq!(summary(&[], &[]), Vec::<String>::new());
    }

    #[test]
    fn modes_of_points_are_counted() {
        let scores = [score("frechet", "samples", 0.3, 0.01, 0.001), score("modes", "samples", 6.0, 0.0, 8.0)];
        assert!(one(&scores).ends_with(": 6 of 8 modes reached (modes)"), "{}", one(&scores));
    }

    fn classes(by_class: &[Option<f64>], accuracy: f64) -> Vec<String> {
        let names: Vec<String> = (0..by_class.len()).map(|class| format!("kind {class}")).collect();
        let mut recall = score("class_recall", "classifier", 0.5, 0.01, 0.9);
        recall.by_class = by_class.to_vec();
        summary(&[score("class_accuracy", "classifier", accuracy, 0.01, 0.9), recall], &names)
    }

    #[test]
    fn classes_that_have_collapsed_are_named() {
        let found = classes(&[Some(0.8), Some(0.01), None], 0.88);
        let expected = [
            "classes as asked for (class_accuracy)",
            "class `kind 1` has collapsed: its samples are nearly all alike (recall within the class at most 0.01, real \
             samples 0.90)",
        ];
        assert_eq!(found, expected);
        assert!(
            classes(&[Some(0.0), Some(0.02), Some(0.5)], 0.9)[1]
                .starts_with("classes `kind 0`, `kind 1` have collapsed")
        );
        assert!(classes(&[Some(0.0), Some(0.02)], 0.9)[1].starts_with("all 2 classes have collapsed"));
        let many: Vec<Option<f64>> = (0..8).map(|class| (class > 0).then_some(0.0)).collect();
        assert!(classes(&many, 0.9)[1].contains("`kind 4` and 3 more have collapsed"), "{:?}", classes(&many, 0.9));
        assert_eq!(classes(&[Some(0.5), Some(0.1)], 0.9).len(), 1, "a tenth of the real samples' is no collapse");
        assert_eq!(
            classes(&[Some(0.0), Some(0.0)], 0.3).len(),
            1,
            "what is of no class has not collapsed to one sample"
        );
    }

    #[test]
    fn a_number_is_better_by_its_kind() {
        let scored = |metric, value| score(metric, "samples", value, 0.0, 0.5);
        assert!(
            is_better(&scored("frechet", 1.0), &scored("frechet", 2.0))
                && !is_better(&scored("frechet", 2.0), &scored("frechet", 2.0))
        );
        assert!(is_better(&scored("coverage", 0.9), &scored("coverage", 0.8)));
        assert!(
            is_better(&scored("ms_ssim", 0.4), &scored("ms_ssim", 0.7))
                && !is_better(&scored("ms_ssim", 0.8), &scored("ms_ssim", 0.3))
        );
    }
}
