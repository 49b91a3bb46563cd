//! Schedules against Keras's numbers, and how they are written.

use super::common::reference;
use super::numbers::{floats, object};
use ganymede_nn::{Schedule, Scheduled};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[test]
fn schedules_have_keras_values() {
    let cases = reference("schedules");
    assert!(cases.len() >= 15);
    for case in &cases {
        let schedule = Schedule::from_value(object(case)).unwrap_or_else(|e| panic!("{}: {e:?}", case["name"]));
        let expected = floats(&case["values"]);
        let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        for (step, expected) in floats(&case["steps"]).into_iter().zip(expected) {
            let found = schedule.value(step as u64);
            let name = &case["name"];
            assert!((found - expected).abs() <= 1e-9 * largest, "{name} at {step}: expected {expected}, found {found}");
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Table {
    rate: Schedule,
}

#[test]
fn a_schedule_round_trips_through_toml() {
    for case in reference("schedules") {
        let schedule = Schedule::from_value(object(&case)).unwrap();
        let text = toml::to_string(&Table { rate: schedule.clone() }).unwrap();
        assert_eq!(toml::from_str::<Table>(&text).unwrap().rate, schedule, "{text}");
    }
    let text =
        "rate = { class_name = \"ExponentialDecay\", initial_learning_rate = 0.1, decay_steps = 10, decay_rate = 0.5 }";
    let rate = toml::from_str::<Table>(text).unwrap().rate;
    assert_eq!(Scheduled::from(rate).value(20), 0.025);
}

#[test]
fn every_mistake_is_named() {
    let errors =
        Schedule::from_value(json!({ "class_name": "PolynomialDecay", "decay_steps": -1, "pwer": 2 })).unwrap_err();
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "`PolynomialDecay` expected the argument `initial_learning_rate`, found none",
            "`PolynomialDecay` expected `decay_steps` to be a number above 0, found -1",
            "`PolynomialDecay` has no argument `pwer`",
        ]
    );
    let pieces = json!({ "class_name": "PiecewiseConstantDecay", "boundaries": [3, 2], "values": [1, 2, 3] });
    assert!(Schedule::from_value(pieces).is_err());
    let pieces = json!({ "class_name": "PiecewiseConstantDecay", "boundaries": [3], "values": [1] });
    assert!(Schedule::from_value(pieces).is_err());
}
