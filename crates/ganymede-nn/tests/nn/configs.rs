//! Names, arguments and defaults of everything but layers are Keras's.

use super::common::reference;
use ganymede_nn::{ConfigError, Constraint, Initializer, Loss, OptimizerConfig, Regularizer, Schedule};
use serde::Serialize;
use serde_json::{Map, Value, json};

fn object(class: &Value, arguments: Map<String, Value>) -> Value {
    json!({ "class_name": class, "config": arguments })
}

/// Reads Keras's required arguments alone, with all defaults, and as serialized: the same object each time.
fn meets<T: Serialize + PartialEq + std::fmt::Debug>(
    case: &Value,
    read: impl Fn(Value) -> Result<T, Vec<ConfigError>>,
) {
    let name = &case["name"];
    let made = |arguments: Map<String, Value>| {
        read(object(&case["class"], arguments)).unwrap_or_else(|e| panic!("{name}: {e:?}"))
    };
    let table = |key: &str| case[key].as_object().unwrap().clone();
    let plain = made(table("required"));
    let mut all = table("required");
    all.extend(table("defaults"));
    assert_eq!(made(all), plain, "{name}: defaults");
    let mut serialized = table("config");
    if case["class"] != "PiecewiseConstantDecay" && serialized.contains_key("learning_rate") {
        // Keras keeps it in float32.
        serialized.insert("learning_rate".into(), case["defaults"]["learning_rate"].clone());
    }
    assert_eq!(made(serialized), plain, "{name}: serialized");
    let written = serde_json::to_value(&plain).unwrap();
    assert_eq!(read(written.clone()).unwrap(), plain, "{written}");
}

#[test]
fn names_arguments_and_defaults_are_those_of_keras() {
    let cases = reference("other_configs");
    for case in &cases {
        let (module, _) = case["name"].as_str().unwrap().rsplit_once('.').unwrap();
        match module {
            "initializers" => meets(case, Initializer::from_value),
            "constraints" => meets(case, Constraint::from_value),
            "regularizers" => meets(case, Regularizer::from_value),
            "losses" => meets(case, Loss::from_value),
            "optimizers" => meets(case, OptimizerConfig::from_value),
            "optimizers.schedules" => meets(case, Schedule::from_value),
            _ => panic!("expected a known module, found {module}"),
        }
    }
    assert!(cases.len() >= 44, "{} cases", cases.len());
}
