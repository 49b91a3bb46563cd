//! `[evaluate]`: metrics while a training runs. Not here: the metrics (`ganymede-metrics`).

use serde::{Deserialize, Serialize};

/// `[evaluate]`: how often the generator with averaged weights is compared with the data, and by which metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluateSpec {
    /// Thousands of real samples between two evaluations.
    pub every_kimg: f64,
    /// Samples on both sides.
    #[serde(default = "samples")]
    pub samples: usize,
    /// Names of metrics; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<String>>,
}

/// Metrics that take little time beside a training: a distance, and what tells quality from variety; of images also their texture.
const QUICK: [&str; 3] = ["frechet", "neighbours", "laplacian"];

fn samples() -> usize {
    1000
}

impl EvaluateSpec {
    /// An evaluation of 1,000 samples of this shape by quick metrics, so often.
    pub fn every(kimg: f64, shape: &[usize]) -> EvaluateSpec {
        let fitting = if shape.len() == 3 { &QUICK[..] } else { &QUICK[..2] };
        let metrics = Some(fitting.iter().map(ToString::to_string).collect());
        EvaluateSpec { every_kimg: kimg, samples: samples(), metrics }
    }

    /// Whether an evaluation is due after a step, at this many thousand samples and that many before the step.
    pub fn is_due(&self, kimg: f64, before: f64) -> bool {
        self.every_kimg > 0.0 && (kimg / self.every_kimg).floor() > (before / self.every_kimg).floor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texture_is_of_images() {
        let metrics = |shape: &[usize]| EvaluateSpec::every(5.0, shape).metrics.unwrap();
        assert_eq!(metrics(&[2]), ["frechet", "neighbours"]);
        assert_eq!(metrics(&[28, 28, 1]), ["frechet", "neighbours", "laplacian"]);
    }

    #[test]
    fn it_is_due_when_a_multiple_is_passed() {
        let spec = EvaluateSpec { every_kimg: 0.5, samples: 10, metrics: None };
        let due: Vec<bool> =
            (1..=6).map(|step| spec.is_due(f64::from(step) * 0.2, f64::from(step - 1) * 0.2)).collect();
        assert_eq!(due, [false, false, true, false, true, false]);
    }
}
