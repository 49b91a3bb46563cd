//! Ranges of the numbers that objectives, regularizers and augmentations take, also of those that follow a schedule. Not here:
//! the numbers of a spec itself (`check/numbers.rs`).

use ganymede_nn::schedules::Scheduled;
use std::ops::RangeInclusive;

/// Every finite number that f32 holds.
pub(crate) const FINITE: RangeInclusive<f64> = -(f32::MAX as f64)..=f32::MAX as f64;
/// Those of them that are not negative.
pub(crate) const NOT_NEGATIVE: RangeInclusive<f64> = 0.0..=f32::MAX as f64;
/// From none to all.
pub(crate) const SHARE: RangeInclusive<f64> = 0.0..=1.0;

/// Requires a number, or what a check sees of its schedule, to be in a range.
///
/// # Errors
/// The name, the range and what was found.
pub(crate) fn within(name: &str, number: &Scheduled, range: &RangeInclusive<f64>) -> Result<(), String> {
    let Some((step, value)) = number.looks().find(|(_, value)| !range.contains(value)) else { return Ok(()) };
    let when = match number {
        Scheduled::Constant(_) => String::new(),
        Scheduled::Schedule(_) => format!(" at step {step}"),
    };
    let expected = match (*range.start(), *range.end()) {
        (low, high) if high < f64::from(f32::MAX) => format!("a number from {low} to {high}"),
        (low, _) if low >= 0.0 => format!("a number of {low} or above"),
        _ => "a finite number".into(),
    };
    Err(format!("{name}: expected {expected}, found {value}{when}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_and_schedules_are_looked_at() {
        assert_eq!(within("p", &0.5.into(), &SHARE), Ok(()));
        assert_eq!(within("p", &1.5.into(), &SHARE).unwrap_err(), "p: expected a number from 0 to 1, found 1.5");
        assert_eq!(within("p", &f64::NAN.into(), &FINITE).unwrap_err(), "p: expected a finite number, found NaN");
        let text =
            r#"{ "class_name": "CosineDecay", "initial_learning_rate": 0.5, "decay_steps": 1000, "alpha": 4.0 }"#;
        let rising: Scheduled = serde_json::from_str(text).unwrap();
        assert_eq!(within("p", &rising, &SHARE).unwrap_err(), "p: expected a number from 0 to 1, found 2 at step 1000");
        assert_eq!(within("p", &rising, &NOT_NEGATIVE), Ok(()));
        assert!(within("p", &(-1.0).into(), &NOT_NEGATIVE).unwrap_err().contains("a number of 0 or above, found -1"));
    }
}
