//! The numbers of an evaluation as a table of 80 columns. Not here: what they come to in a sentence (`ganymede-gan`).

use ganymede_gan::Score;
use ganymede_gan::metrics::Better;

/// The rows, by what was compared: whole samples, then the features of each space. With `protocols` each row is followed by
/// what it depends on.
pub fn table(scores: &[Score], protocols: bool) -> Vec<String> {
    let mut lines = vec![row(["", "value", "95 % interval", "real", "better"])];
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
            lines.push(line(score));
            if protocols {
                lines.push(format!("    {}", protocol(score)));
            }
        }
    }
    lines
}

fn row([name, value, interval, real, better]: [&str; 5]) -> String {
    format!("{name:<28}{value:>9}  {interval:<20}  {real:>9}  {better}").trim_end().into()
}

fn line(score: &Score) -> String {
    let estimate = &score.estimate;
    let interval = format!("{} to {}", short(estimate.low), short(estimate.high));
    let real = score.reference.map(short).unwrap_or_default();
    let better = match score.better {
        Better::Lower => "lower",
        Better::Higher => "higher",
        Better::Near => "as real",
    };
    row([&format!("  {}", score.metric), &short(estimate.value), &interval, &real, better])
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
