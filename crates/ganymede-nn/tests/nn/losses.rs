//! Losses against Keras's numbers, and how they are written.

use super::common::{self, Run, array, compare, reference};
use super::numbers::{evaluate, evaluate_on, object};
use ganymede_graph::{Array, Builder};
use ganymede_nn::Loss;
use ganymede_nn::losses::{BinaryCrossentropy, Reduction};
use ganymede_tensor::{DType, TensorType};
use serde_json::{Value, json};

fn read(value: Value) -> Loss {
    Loss::from_value(value.clone()).unwrap_or_else(|e| panic!("{value}: {e:?}"))
}

/// Cases whose value differs in `f32` by more than rounding of the result, with the share.
const IN_F32: &[(&str, f64)] = &[
    ("bce_saturated", 0.02), // ln(1 − p) at p = 1 − 1e-7, the nearest f32 of which is 1 − 1.19e-7
];

fn check(run: Run, share: f64) {
    let cases = reference("losses");
    assert!(cases.len() >= 116);
    for case in &cases {
        let name = case["name"].to_string();
        let loss = read(object(case));
        assert_eq!(read(serde_json::to_value(&loss).unwrap()), loss, "{name}: round trip");
        let (y_true, y_pred, cotangent) = (array(&case["y_true"]), array(&case["y_pred"]), array(&case["cotangent"]));
        let inputs = [("y_true", &y_true), ("y_pred", &y_pred), ("cotangent", &cotangent)];
        let outputs = evaluate_on(run, inputs, |builder, [y_true, y_pred, cotangent]| {
            let value = loss.value(y_true, y_pred);
            builder.output("value", value);
            builder.output("gradient", value.vjp(cotangent, &[y_pred])[0]);
        });
        let share_of_value = IN_F32.iter().find(|(n, _)| case["name"] == *n && share > 1e-9).map_or(share, |(_, s)| *s);
        compare(&name, &array(&case["value"]), &outputs["value"], share_of_value);
        compare(&name, &array(&case["gradient"]), &outputs["gradient"], share);
    }
}

#[test]
fn losses_and_their_gradients_are_those_of_keras() {
    check(common::run, 1e-9);
}

#[test]
fn losses_and_their_gradients_on_the_cpu_are_those_of_keras() {
    check(common::run_cpu, 1e-5);
}

fn value(loss: &Loss, y_true: &Array, y_pred: &Array) -> Array {
    let inputs = [("y_true", y_true), ("y_pred", y_pred)];
    evaluate(inputs, |builder, [t, p]| builder.output("value", loss.value(t, p)))["value"].clone()
}

/// Far logits are where a discriminator ends up; a sigmoid first would lose them.
#[test]
fn far_logits_keep_their_value() {
    let loss = read(json!({ "class_name": "BinaryCrossentropy", "from_logits": true, "reduction": "none" }));
    let logits = Array::new([4, 1], vec![1000.0, 1000.0, -1000.0, -1000.0]);
    let found = value(&loss, &Array::new([4, 1], vec![0.0, 1.0, 0.0, 1.0]), &logits);
    assert_eq!(found.data, [1000.0, 0.0, 0.0, 1000.0]);
}

/// The two ways to say the same probabilities.
#[test]
fn logits_and_probabilities_agree() {
    let logits = [-2.0, -0.3, 0.0, 1.7];
    let truth = Array::new([4, 1], vec![1.0, 0.0, 1.0, 0.0]);
    let probabilities = logits.iter().map(|x: &f64| 1.0 / (1.0 + (-x).exp())).collect();
    let total = |from_logits: bool, y: Vec<f64>| {
        let loss = Loss::new(BinaryCrossentropy::new().from_logits(from_logits)).reduction(Reduction::Sum);
        value(&loss, &truth, &Array::new([4, 1], y)).data[0]
    };
    assert!((total(true, logits.to_vec()) - total(false, probabilities)).abs() < 1e-9);
}

/// Keras adds or removes a last axis of size 1.
#[test]
fn a_last_axis_of_size_1_is_no_obstacle() {
    let loss = read(json!("mse"));
    let column = Array::new([3, 1], vec![1.0, 2.0, 4.0]);
    let vector = Array::new([3], vec![0.0, 0.0, 0.0]);
    for (a, b) in [(&column, &vector), (&vector, &column)] {
        assert_eq!(value(&loss, a, b).data, [7.0]);
    }
    let labels = Array { ty: TensorType::new(DType::I32, [2, 1]), data: vec![1.0, 0.0] };
    let sparse = read(json!({ "class_name": "SparseCategoricalCrossentropy", "from_logits": true }));
    let found = value(&sparse, &labels, &Array::new([2, 2], vec![0.0; 4])).data[0];
    assert!((found - 2f64.ln()).abs() < 1e-12);
}

#[test]
fn a_label_that_is_no_class_is_noticed() {
    let sparse = read(json!({ "class_name": "SparseCategoricalCrossentropy", "reduction": "none" }));
    let labels = Array { ty: TensorType::new(DType::I32, [3]), data: vec![1.0, 2.0, -1.0] };
    let found = value(&sparse, &labels, &Array::new([3, 2], vec![0.5; 6])).data;
    assert!(found[0].is_finite() && found[1] == f64::INFINITY && found[2] == f64::INFINITY, "{found:?}");
}

#[test]
fn shapes_that_do_not_fit_are_errors_with_a_hint() {
    let builder = Builder::new("test");
    let logits = builder.input("logits", TensorType::f32([4, 3]));
    let labels = builder.input("labels", TensorType::new(DType::I32, [4]));
    let wide = builder.input("wide", TensorType::f32([4, 5]));
    read(json!("CategoricalCrossentropy")).value(labels, logits);
    read(json!("BinaryCrossentropy")).value(wide, logits);
    read(json!("SparseCategoricalCrossentropy")).value(wide, logits);
    read(json!("Hinge")).value(wide, logits);
    read(json!({ "class_name": "BinaryCrossentropy", "axis": 2 })).value(logits, logits);
    read(json!("mse")).value(builder.scalar("a"), builder.scalar("b"));
    let errors = builder.finish().unwrap_err().0;
    let told: Vec<&str> = errors.iter().map(|e| e.message.as_str()).collect();
    assert_eq!(errors.len(), 6, "{told:?}");
    assert_eq!(told[0], "CategoricalCrossentropy expected y_true of y_pred's shape (4, 3), found (4,)");
    assert_eq!(errors[0].hint.as_deref(), Some("use SparseCategoricalCrossentropy for class numbers"));
    assert_eq!(told[2], "SparseCategoricalCrossentropy expected y_true (4,) for y_pred (4, 3), found (4, 5)");
    assert_eq!(told[4], "BinaryCrossentropy expected an axis of y_pred (4, 3), found 2");
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Spec {
    loss: Loss,
}

#[test]
fn a_loss_is_a_name_or_a_table_of_the_spec() {
    let text = "[loss]\nclass_name = \"BinaryCrossentropy\"\nfrom_logits = true\n";
    let loss = toml::from_str::<Spec>(text).unwrap().loss;
    assert_eq!(loss, Loss::new(BinaryCrossentropy::new().from_logits(true)));
    assert_eq!(toml::to_string(&Spec { loss }).unwrap(), text);
    let loss = toml::from_str::<Spec>("loss = \"bce\"").unwrap().loss;
    assert_eq!(toml::to_string(&Spec { loss }).unwrap(), "loss = \"BinaryCrossentropy\"\n");
    assert_eq!(read(json!({ "class_name": "mae", "config": { "reduction": null } })).reduction, Reduction::None);
    let error = toml::from_str::<Spec>("loss = { class_name = \"BinaryCrossentropy\", from_logit = true }").err();
    let error = error.unwrap().to_string();
    assert!(
        error.contains("`BinaryCrossentropy` has no argument `from_logit` (did you mean `from_logits`?)"),
        "{error}"
    );
}
