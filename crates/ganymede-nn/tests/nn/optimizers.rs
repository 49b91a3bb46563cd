//! Optimizers against Keras's numbers, step by step, and how they are written.

use super::common::{self, Run, array, compare, reference};
use ganymede_graph::{Array, Builder, Graph};
use ganymede_nn::OptimizerConfig;
use ganymede_nn::constraints::NonNeg;
use ganymede_nn::optimizers::{Adam, Clip, OptimizerKind, SGD, Update};
use ganymede_nn::schedules::ExponentialDecay;
use ganymede_tensor::TensorType;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

fn read(value: Value) -> OptimizerConfig {
    OptimizerConfig::from_value(value.clone()).unwrap_or_else(|e| panic!("{value}: {e:?}"))
}

/// A program that reads gradients `NAME_gradient` and updates the states `NAME`, `NAME_SLOT`.
fn program(optimizer: &OptimizerConfig, variables: &[(String, TensorType)]) -> Graph {
    let builder = Builder::new("update");
    let updates: Vec<Update> = variables
        .iter()
        .map(|(name, ty)| Update {
            parameter: builder.state(name, ty.clone()),
            gradient: builder.input(&format!("{name}_gradient"), ty.clone()),
            slots: optimizer.slots().iter().map(|slot| builder.state(&format!("{name}_{slot}"), ty.clone())).collect(),
            constraint: None,
        })
        .collect();
    let updated = optimizer.apply(&|name| builder.scalar(name), &updates);
    for ((name, _), new) in variables.iter().zip(&updated) {
        builder.assign(name, new.parameter);
        for (slot, value) in optimizer.slots().iter().zip(&new.slots) {
            builder.assign(&format!("{name}_{slot}"), *value);
        }
    }
    let graph = builder.finish().unwrap_or_else(|errors| panic!("{errors}"));
    graph.verify().expect("a graph that holds together");
    graph
}

fn step(
    run: Run,
    graph: &Graph,
    optimizer: &OptimizerConfig,
    iteration: u64,
    gradients: &[(String, Array)],
    states: &mut BTreeMap<String, Array>,
) {
    let scalars = optimizer.scalars(iteration).into_iter().map(|(name, v)| (name.to_string(), Array::scalar(v)));
    let inputs: HashMap<String, Array> =
        gradients.iter().map(|(name, g)| (format!("{name}_gradient"), g.clone())).chain(scalars).collect();
    let expected: BTreeSet<&str> = graph.inputs().map(|(name, _)| name).collect();
    assert_eq!(expected, inputs.keys().map(String::as_str).collect(), "the host writes exactly what the graph reads");
    run(graph, &inputs, states);
}

#[test]
fn optimizers_step_as_keras_does() {
    check(common::run, 1e-9);
}

#[test]
fn optimizers_on_the_cpu_step_as_keras_does() {
    check(common::run_cpu, 1e-5);
}

fn check(run: Run, share: f64) {
    let cases = reference("optimizers");
    assert!(cases.len() >= 50);
    for case in &cases {
        let label = case["name"].to_string();
        let mut config = case["config"].as_object().unwrap().clone();
        if let Some(schedule) = config.get_mut("learning_rate").and_then(Value::as_object_mut) {
            let class = schedule.shift_remove("class").unwrap();
            schedule.insert("class_name".into(), class);
        }
        let optimizer = read(json!({ "class_name": case["class"], "config": config }));
        assert_eq!(read(serde_json::to_value(&optimizer).unwrap()), optimizer, "{label}: round trip");

        let start = case["variables"].as_array().unwrap();
        let name = |v: &Value| v["name"].as_str().unwrap().to_string();
        let variables: Vec<(String, TensorType)> = start.iter().map(|v| (name(v), array(v).ty)).collect();
        let mut states: BTreeMap<String, Array> = start.iter().map(|v| (name(v), array(v))).collect();
        for (name, ty) in &variables {
            for slot in optimizer.slots() {
                states.insert(format!("{name}_{slot}"), Array::zeros(ty));
            }
        }
        let graph = program(&optimizer, &variables);
        for (i, expected) in case["steps"].as_array().unwrap().iter().enumerate() {
            let rate = expected["learning_rate"].as_f64().unwrap();
            assert!((optimizer.learning_rate.value(i as u64) - rate).abs() <= 1e-9 * rate, "{label}: rate of step {i}");
            let gradients = expected["gradients"].as_array().unwrap();
            let gradients: Vec<(String, Array)> =
                variables.iter().zip(gradients).map(|((name, _), g)| (name.clone(), array(g))).collect();
            step(run, &graph, &optimizer, i as u64, &gradients, &mut states);
            for ((name, _), value) in variables.iter().zip(expected["variables"].as_array().unwrap()) {
                compare(&format!("{label} step {i} {name}"), &array(value), &states[name], share);
            }
        }
        let slots = case["slots"].as_array().unwrap();
        // Nadam's product is a variable of its own in Keras; here it follows from the step.
        let slots: Vec<&Value> = slots.iter().filter(|s| !name(s).starts_with("variable")).collect();
        assert_eq!(slots.len(), variables.len() * optimizer.slots().len(), "{label}: slots");
        for slot in slots {
            compare(&format!("{label} {}", name(slot)), &array(slot), &states[&name(slot)], share);
        }
    }
}

/// Keras multiplies the factors one after another; here their product is taken from the step alone.
#[test]
fn nadam_far_on_has_the_running_product() {
    let optimizer = read(json!({ "class_name": "Nadam", "beta_1": 0.999, "learning_rate": 1.0 }));
    let factor = |i: f64| 0.999 * (1.0 - 0.5 * 0.96f64.powf(i));
    let mut product = 1.0;
    for t in 1..=3000u32 {
        product *= factor(f64::from(t));
        let scalars: HashMap<&str, f64> = optimizer.scalars(u64::from(t) - 1).into_iter().collect();
        let expected = (1.0 - factor(f64::from(t))) / (1.0 - product);
        let found = scalars["gradient_rate"];
        assert!((found - expected).abs() < 1e-9 * expected, "step {t}: expected {expected}, found {found}");
    }
}

#[test]
fn a_constraint_holds_after_the_update() {
    let optimizer = OptimizerConfig::new(SGD::new()).learning_rate(1.0);
    let builder = Builder::new("update");
    let ty = TensorType::f32([2]);
    let update = Update {
        parameter: builder.input("w", ty.clone()),
        gradient: builder.input("g", ty),
        slots: vec![],
        constraint: Some(NonNeg::new().into()),
    };
    let updated = optimizer.apply(&|name| builder.scalar(name), &[update]);
    builder.output("w", updated[0].parameter);
    let inputs = HashMap::from([
        ("w".to_string(), Array::new([2], vec![1.0, 1.0])),
        ("g".to_string(), Array::new([2], vec![0.5, 3.0])),
        ("learning_rate".to_string(), Array::scalar(1.0)),
    ]);
    assert_eq!(common::run(&builder.finish().unwrap(), &inputs, &mut BTreeMap::new())["w"].data, [0.5, 0.0]);
}

/// A gradient that overflows must reach the finite flags, not become a step of size 0.
#[test]
fn clipping_does_not_hide_what_is_not_finite() {
    for clip in [Clip::Norm(1.0), Clip::GlobalNorm(1.0)] {
        let optimizer = OptimizerConfig::new(SGD::new()).clip(clip);
        let graph = program(&optimizer, &[("w".to_string(), TensorType::f32([2]))]);
        let gradient = Array::new([2], vec![f64::INFINITY, 1.0]);
        let mut states = BTreeMap::from([("w".to_string(), Array::new([2], vec![1.0, 1.0]))]);
        step(common::run, &graph, &optimizer, 0, &[("w".to_string(), gradient)], &mut states);
        assert!(states["w"].data.iter().all(|v| !v.is_finite()), "{clip:?}: {:?}", states["w"].data);
        let mut states = BTreeMap::from([("w".to_string(), Array::new([2], vec![1.0, 1.0]))]);
        step(common::run, &graph, &optimizer, 0, &[("w".to_string(), Array::new([2], vec![0.0; 2]))], &mut states);
        assert_eq!(states["w"].data, [1.0, 1.0], "{clip:?}: a gradient of 0");
    }
}

/// Keras's power of the current beta, where the beta follows a schedule.
#[test]
fn a_scheduled_beta_is_taken_to_the_power_of_the_step() {
    let beta = ExponentialDecay::new(0.9, 1.0, 0.5);
    let optimizer = OptimizerConfig::new(Adam::new().beta_1(beta));
    let scalars: HashMap<&str, f64> = optimizer.scalars(2).into_iter().collect();
    let beta: f64 = 0.9 * 0.25;
    let expected = 0.001 * (1.0 - 0.999f64.powi(3)).sqrt() / (1.0 - beta.powi(3));
    assert!((scalars["alpha"] - expected).abs() < 1e-15);
    assert_eq!(scalars["one_minus_beta_1"], 1.0 - beta);
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Spec {
    optimizer: OptimizerConfig,
}

#[test]
fn an_optimizer_is_a_table_of_the_spec() {
    let text = "[optimizer]\nclass_name = \"Adam\"\nlearning_rate = 0.0002\nbeta_1 = 0.5\n";
    let optimizer = toml::from_str::<Spec>(text).unwrap().optimizer;
    assert_eq!(optimizer, OptimizerConfig::new(Adam::new().beta_1(0.5)).learning_rate(0.0002));
    assert_eq!(toml::to_string(&Spec { optimizer }).unwrap(), text);

    let text = "[optimizer]\nclass_name = \"SGD\"\nmomentum = 0.9\nclipnorm = 1.0\n\n[optimizer.learning_rate]\n\
                class_name = \"ExponentialDecay\"\ninitial_learning_rate = 0.1\ndecay_steps = 100.0\ndecay_rate = 0.5\n";
    let optimizer = toml::from_str::<Spec>(text).unwrap().optimizer;
    assert_eq!(optimizer.learning_rate.value(100), 0.05);
    assert_eq!(optimizer.clip, Some(Clip::Norm(1.0)));
    let again = toml::to_string(&Spec { optimizer: optimizer.clone() }).unwrap();
    assert_eq!(toml::from_str::<Spec>(&again).unwrap().optimizer, optimizer, "{again}");
    for name in OptimizerKind::NAMES {
        let optimizer = read(json!(name.to_lowercase()));
        let text = toml::to_string(&Spec { optimizer: optimizer.clone() }).unwrap();
        assert_eq!(toml::from_str::<Spec>(&text).unwrap().optimizer, optimizer, "{text}");
    }
}

#[test]
fn mistakes_are_named_with_the_nearest_name() {
    let text = |value: Value| {
        let errors = OptimizerConfig::from_value(value).unwrap_err();
        errors.iter().map(|e| format!("{e}; {}", e.hint().unwrap_or_default())).collect::<Vec<_>>().join("\n")
    };
    let cases = [
        (json!("Adan"), "expected the name of an optimizer, found `Adan`; did you mean `Adam`?"),
        (json!({ "class_name": "Adam", "beta1": 0.5 }), "`Adam` has no argument `beta1`; did you mean `beta_1`?"),
        (
            json!({ "class_name": "Adam", "clip_norm": 1 }),
            "`Adam` has no argument `clip_norm`; did you mean `clipnorm`?",
        ),
        (
            json!({ "class_name": "Adam", "beta_1": 1.0 }),
            "`Adam` expected `beta_1` to be a number from 0 to below 1, found 1; ",
        ),
        (
            json!({ "class_name": "SGD", "clipnorm": 1.0, "clipvalue": 2.0 }),
            "`SGD` expected `clipvalue` to be absent, as only one of clipnorm, clipvalue and global_clipnorm can be set, \
             found 2; ",
        ),
        (
            json!({ "class_name": "SGD", "learning_rate": -0.1 }),
            "`SGD` expected `learning_rate` to be a number not below 0, found -0.1; ",
        ),
        (
            json!({ "class_name": "SGD", "use_ema": true }),
            "`SGD` expected `use_ema` to be false, found true; remove it: the averaged generator is a table of its own in \
             the spec",
        ),
    ];
    for (value, expected) in cases {
        assert_eq!(text(value), expected);
    }
    let error = toml::from_str::<Spec>("optimizer = { class_name = \"Adam\", learning_rate = nan }").err().unwrap();
    assert!(error.to_string().contains("expected `learning_rate` to be a number or a schedule"), "{error}");
    let error = toml::from_str::<Spec>("optimizer = { class_name = \"Adam\", beta1 = 0.5 }").err().unwrap().to_string();
    assert!(error.contains("`Adam` has no argument `beta1` (did you mean `beta_1`?)"), "{error}");
}
