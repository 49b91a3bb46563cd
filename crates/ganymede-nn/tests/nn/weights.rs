//! Constraints and regularizers against Keras's numbers.

use super::common::{array, reference};
use super::numbers::{assert_close, evaluate, object};
use ganymede_graph::{Array, Builder};
use ganymede_nn::{Constraint, Regularizer};
use ganymede_tensor::TensorType;
use serde_json::json;

#[test]
fn constraints_project_as_keras_does() {
    let cases = reference("constraints");
    assert!(cases.len() >= 11);
    for case in &cases {
        let name = case["name"].to_string();
        let constraint = Constraint::from_value(object(case)).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let input = array(&case["input"]);
        let outputs = evaluate([("w", &input)], |builder, [w]| builder.output("w", constraint.project(w)));
        assert_close(&name, &array(&case["output"]), &outputs["w"]);
        assert_eq!(Constraint::from_value(serde_json::to_value(&constraint).unwrap()).unwrap(), constraint);
    }
}

#[test]
fn regularizers_penalize_as_keras_does() {
    let cases = reference("regularizers");
    assert!(cases.len() >= 8);
    for case in &cases {
        let name = case["name"].to_string();
        let regularizer = Regularizer::from_value(object(case)).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let input = array(&case["input"]);
        let outputs = evaluate([("w", &input)], |builder, [w]| {
            let penalty = regularizer.penalty(w);
            builder.output("value", penalty);
            builder.output("gradient", penalty.grad(&[w])[0]);
        });
        assert_close(&name, &array(&case["value"]), &outputs["value"]);
        assert_close(&name, &array(&case["gradient"]), &outputs["gradient"]);
        assert_eq!(Regularizer::from_value(serde_json::to_value(&regularizer).unwrap()).unwrap(), regularizer);
    }
}

#[test]
fn a_zero_weight_stays_finite() {
    let zero = Array::new([2, 2], vec![0.0; 4]);
    for name in ["MaxNorm", "UnitNorm", "MinMaxNorm"] {
        let constraint = Constraint::from_value(json!(name)).unwrap();
        let outputs = evaluate([("w", &zero)], |builder, [w]| builder.output("w", constraint.project(w)));
        assert_eq!(outputs["w"].data, [0.0; 4], "{name}");
    }
}

#[test]
fn shapes_that_do_not_fit_are_errors_with_a_hint() {
    let builder = Builder::new("test");
    let w = builder.input("w", TensorType::f32([3]));
    Constraint::from_value(json!({ "class_name": "UnitNorm", "axis": [0, 1] })).unwrap().project(w);
    Regularizer::from_value(json!("OrthogonalRegularizer")).unwrap().penalty(w);
    let errors = builder.finish().unwrap_err().0;
    assert_eq!(errors[0].message, "constraint expected an axis of a weight (3,), found 1");
    assert_eq!(errors[1].message, "OrthogonalRegularizer expected a matrix, found a weight (3,)");
    assert!(errors.iter().all(|e| e.hint.is_some()));
}
