//! Rule: the batch is a size that can be trained, and not larger than the data.

use super::{Finding, Fix, Subject};

/// Most samples in a batch.
pub(super) const LARGEST: usize = 65_536;

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    let batch = s.spec.train.batch;
    if batch == 0 || batch > LARGEST {
        let fix = Fix::new("set train.batch = 64", |spec| spec.train.batch = 64);
        let reason = format!("expected 1 to {LARGEST} samples, found {batch}");
        return vec![Finding::error("train.batch", reason, vec![fix])];
    }
    match s.data {
        Some(data) if data.samples > 0 && batch > data.samples => {
            let samples = data.samples;
            let fix = Fix::new(format!("set train.batch = {samples}"), move |spec| spec.train.batch = samples);
            let reason = format!(
                "a batch of {batch} is larger than the {samples} samples: each would stand in it more than once"
            );
            vec![Finding::hint("train.batch", reason, vec![fix])]
        }
        Some(data) if data.samples > 0 && data.samples < 100 => {
            let reason = format!("{} samples are few: the discriminator will know them by heart", data.samples);
            vec![Finding::hint("data", reason, Vec::new())]
        }
        _ => Vec::new(),
    }
}
