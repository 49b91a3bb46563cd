//! Rule: the spec says how long to train.

use super::{Finding, Fix, Subject};

pub(super) fn run(s: &Subject) -> Vec<Finding> {
    if s.missing.contains(&"train") {
        let fix = Fix::new("add [train] with batch = 64 and steps = 1500", |spec| spec.train.steps = Some(1500));
        return vec![Finding::error(
            "train",
            "there is no loop: nothing says how long to train, so nothing would be trained",
            vec![fix],
        )];
    }
    let train = &s.spec.train;
    let endless = train.steps.is_none() && train.kimg.is_none() && train.minutes.is_none();
    if endless {
        let fix = Fix::new("set train.steps = 1500", |spec| spec.train.steps = Some(1500));
        return vec![Finding::error(
            "train",
            "expected steps, kimg or minutes, found none: the training would not end",
            vec![fix],
        )];
    }
    Vec::new()
}
