//! The numbers of an evaluation as a table of 80 columns. Not here: what they come to in a sentence (`ganymede-gan`).

use ganymede_gan::Score;
use ganymede_gan::metrics::Better;
use ganymede_gan::metrics::baselines::BASELINES;

/// The rows, by what was compared: whole samples, then the features of each space. With `protocols` each row is followed by
/// what it depends on. Where there are numbers of baselines, they have columns of their own.
pub fn table(scores: &[Score], protocols: bool) -> Vec<String> {
    let beside = names(scores);
    let mut lines = vec![match beside.is_empty() {
        true => row(["", "value", "95 % interval", "real", "better"]),
        false => wide(["", "value", "+-", "real"], &beside, "better"),
    }];
    let mut spaces: Vec<&str> = Vec::new();
    for score in scores {
        if !spaces.contains(&score.of.as_str()) {
            spaces.push(&score.of);
        }
    }
    for space in spaces {
        lines.push(match space {
            "samples" => "whole samples".into(),
            space => format!("features: {space}"),
        });
        for score in scores.iter().filter(|score| score.of == space) {
            lines.push(if beside.is_empty() { line(score) } else { wide_line(score, &beside) });
            if protocols {
                lines.push(format!("    {}", protocol(score)));
            }
        }
    }
    lines
}

/// What the columns of baselines are, a line each.
pub fn baselines(scores: &[Score]) -> Vec<String> {
    let known = names(scores);
    let shown = BASELINES.iter().filter(|baseline| known.contains(&baseline.name));
    shown.map(|baseline| format!("{:<12}{}", baseline.name, baseline.summary)).collect()
}

/// The baselines that there are numbers of.
fn names(scores: &[Score]) -> Vec<&'static str> {
    let known = |name: &&str| scores.iter().any(|score| score.baselines.contains_key(*name));
    BASELINES.iter().map(|baseline| baseline.name).filter(known).collect()
}

fn row([name, value, interval, real, better]: [&str; 5]) -> String {
    format!("{name:<28}{value:>9}  {interval:<20}  {real:>9}  {better}").trim_end().into()
}

fn wide([name, value, half, real]: [&str; 4], beside: &[&str], better: &str) -> String {
    let beside: String = beside.iter().map(|text| format!("{text:>width$}", width = text.len().max(7) + 1)).collect();
    format!("{name:<22}{value:>8}{half:>7}{real:>8}{beside}  {better}").trim_end().into()
}

fn better(score: &Score) -> &'static str {
    match score.better {
        Better::Lower => "lower",
        Better::Higher => "higher",
        Better::Near => "as real",
    }
}

fn line(score: &Score) -> String {
    let estimate = &score.estimate;
    let interval = format!("{} to {}", short(estimate.low), short(estimate.high));
    let real = score.reference.map(short).unwrap_or_default();
    row([&format!("  {}", score.metric), &short(estimate.value), &interval, &real, better(score)])
}

/// With half an interval, the wider one of both sides.
fn wide_line(score: &Score, beside: &[&str]) -> String {
    let estimate = &score.estimate;
    let half = (estimate.value - estimate.low).max(estimate.high - estimate.value);
    let real = score.reference.map(brief).unwrap_or_default();
    let others: Vec<String> = beside
        .iter()
        .map(|name| {
            let text = score.baselines.get(*name).copied().map(brief).unwrap_or_default();
            format!("{text:>width$}", width = name.len().max(7))
        })
        .collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    wide([&format!("  {}", score.metric), &brief(estimate.value), &brief(half), &real], &others, better(score))
}

/// Four decimals at most, in seven letters.
fn brief(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if size >= 1e5 || !size.is_finite() => format!("{value:.0e}"),
        _ if size >= 10.0 => short(value),
        _ => format!("{value:.4}"),
    }
}

/// `protocol 0a1b2c, n 500, real of 113, 5 scales`.
fn protocol(score: &Score) -> String {
    let mut parts = vec![format!("protocol {}, n {}", score.protocol, score.n)];
    if score.reference.is_some() && score.reference_n != score.n {
        parts.push(format!("real of {}", score.reference_n));
    }
    parts.extend(score.note.clone());
    parts.join(", ")
}

/// Four digits; powers of ten of what is so large or so small that they would not fit.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 1e8 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.1e}");
    }
    let digits = 4 - 1 - size.max(1e-3).log10().floor() as i32;
    format!("{value:.*}", digits.clamp(0, 6) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wrap::WIDTH;
    use serde_json::json;

    fn score(metric: &str, of: &str, value: f64, better: &str) -> Score {
        let whole = json!({
            "metric": metric, "of": of, "value": value, "low": value * 0.9, "high": value * 1.1, "better": better,
            "reference": value / 3.0, "n": 500, "reference_n": 113, "protocol": "0123456789ab", "note": "learned from 500",
        });
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn rows_stand_by_what_was_compared() {
        let scores = [score("frechet", "random", 0.06, "lower"), score("ms_ssim", "samples", 0.3, "near")];
        let lines = table(&scores, false);
        let expected = [
            "                                value  95 % interval              real  better",
            "features: random",
            "  frechet                     0.06000  0.05400 to 0.06600      0.02000  lower",
            "whole samples",
            "  ms_ssim                      0.3000  0.2700 to 0.3300         0.1000  as real",
        ];
        assert_eq!(lines, expected);
        let told = table(&scores, true);
        assert_eq!(told[3], "    protocol 0123456789ab, n 500, real of 113, learned from 500");
    }

    /// With numbers of rows that were made without training beside them: a column each, in 80 columns.
    #[test]
    fn baselines_have_columns_of_their_own() {
        let mut scores =
            [score("uplift_over_repeated", "samples", 0.0123456, "near"), score("known", "samples", 1.0, "lower")];
        scores[0].baselines = [("marginals".to_string(), 0.5), ("smote".to_string(), -0.25)].into();
        let expected = [
            "                         value     +-    real marginals   smote  better",
            "whole samples",
            "  uplift_over_repeated  0.0123 0.0012  0.0041    0.5000 -0.2500  as real",
            "  known                 1.0000 0.1000  0.3333                    lower",
        ];
        assert_eq!(table(&scores, false), expected);
        scores[0].baselines.insert("copula".into(), f64::INFINITY);
        scores[0].estimate.value = -1.5e10;
        let lines = table(&scores, true);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:#?}");
        assert!(lines[2].contains("  -2e10 ") && lines[2].contains(" inf "), "{}", lines[2]);
        let told = baselines(&scores);
        assert!(told.len() == 3 && told[2].starts_with("smote       each row between"), "{told:?}");
        assert_eq!(baselines(&scores[1..]), Vec::<String>::new());
    }

    #[test]
    fn no_row_is_longer_than_80_columns() {
        for value in [0.0, -0.5, 1e-12, 0.00123456, 12.5, 99_999_999.0, -1e12, 1.0] {
            let lines = table(&[score("train_synthetic_test_real", "classifier", value, "near")], true);
            assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:#?}");
        }
    }

    #[test]
    fn numbers_have_four_digits() {
        let written = [0.0, 0.5, 12.345, 1234.6, 99_999.0, 0.012345, 1.5e9, 2e-7].map(short);
        assert_eq!(written, ["0.000000", "0.5000", "12.35", "1235", "99999", "0.01235", "1.5e9", "2.0e-7"]);
    }
}
