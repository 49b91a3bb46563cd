//! Initializers against Keras's numbers: exact where they are deterministic, by distribution where not.

use super::common::{self, reference};
use super::numbers::{self, floats, object, sizes};
use ganymede_nn::Initializer;
use ganymede_nn::initializers::compute_fans;
use ganymede_tensor::Shape;
use serde_json::{Value, json};

fn read(value: Value) -> Initializer {
    Initializer::from_value(value.clone()).unwrap_or_else(|e| panic!("{value}: {e:?}"))
}

#[test]
fn deterministic_ones_have_keras_values() {
    let mut count = 0;
    for case in reference("initializers").iter().filter(|c| !c["values"].is_null()) {
        let shape = Shape::from(sizes(&case["shape"]));
        let found = read(object(case)).values(1, "x", &shape).unwrap();
        let found = ganymede_graph::Array::new(shape, found);
        numbers::assert_close(&case["name"].to_string(), &common::array(&case["values"]), &found);
        count += 1;
    }
    assert!(count >= 6, "{count} cases");
}

struct Moments {
    mean: f64,
    std: f64,
    kurtosis: f64,
    min: f64,
    max: f64,
}

fn moments(x: &[f64]) -> Moments {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    Moments {
        mean,
        std: variance.sqrt(),
        kurtosis: x.iter().map(|v| (v - mean).powi(4)).sum::<f64>() / n / variance.powi(2),
        min: x.iter().copied().fold(f64::INFINITY, f64::min),
        max: x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// Five standard errors of the difference of two samples of this size.
#[test]
fn random_ones_have_keras_distributions() {
    let mut count = 0;
    for case in reference("initializers").iter().filter(|c| !c["kurtosis"].is_null()) {
        let number = |key: &str| case[key].as_f64().unwrap();
        let shape = Shape::from(sizes(&case["shape"]));
        assert_eq!(compute_fans(&shape), (number("fan_in"), number("fan_out")), "{shape}");
        let initializer = read(object(case));
        let draws = number("count") as usize / shape.elements();
        let x: Vec<f64> =
            (0..draws as u64).flat_map(|seed| initializer.values(seed, "dense/kernel", &shape).unwrap()).collect();
        let (found, n) = (moments(&x), x.len() as f64);
        let (std, kurtosis) = (number("std"), number("kurtosis"));
        let near = |what: &str, found: f64, expected: f64, tolerance: f64| {
            assert!(
                (found - expected).abs() <= tolerance,
                "{}: {what} expected {expected} ± {tolerance}, found {found}",
                case["name"]
            );
        };
        near("mean", found.mean, number("mean"), 5.0 * std * (2.0 / n).sqrt());
        near("std", found.std, std, 5.0 * std * ((kurtosis - 1.0) / (2.0 * n)).sqrt());
        near("kurtosis", found.kurtosis, kurtosis, 5.0 * (48.0 / n).sqrt());
        if kurtosis < 2.7 {
            near("min", found.min, number("min"), 0.02 * std);
            near("max", found.max, number("max"), 0.02 * std);
        }
        count += 1;
    }
    assert!(count > 40, "{count} cases");
}

#[test]
fn orthogonal_ones_have_orthonormal_rows_or_columns() {
    let mut count = 0;
    for case in reference("initializers").iter().filter(|c| !c["gram"].is_null()) {
        let shape = Shape::from(sizes(&case["shape"]));
        let q = read(object(case)).values(3, "x", &shape).unwrap();
        let columns = shape[shape.rank() - 1];
        let rows = q.len() / columns;
        let (long, short) = (rows.max(columns), rows.min(columns));
        let element = |i: usize, j: usize| if rows < columns { q[j * columns + i] } else { q[i * columns + j] };
        let gram: Vec<f64> = (0..short * short)
            .map(|e| (0..long).map(|i| element(i, e / short) * element(i, e % short)).sum())
            .collect();
        let expected = floats(&case["gram"]["data"]);
        assert!(gram.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{}: {gram:?}", case["name"]);
        count += 1;
    }
    assert!(count >= 3, "{count} cases");
}

/// R of Q's decomposition has a positive diagonal, so Q is uniform: its entries have mean 0, unlike those of a
/// plain Householder Q, whose first column always opposes the drawn one.
#[test]
fn orthogonal_matrices_are_uniform() {
    let initializer = read(json!("orthogonal"));
    let shape = Shape::from([3, 3]);
    let n = 4000;
    let mut sums = [0.0; 9];
    for seed in 0..n {
        let q = initializer.values(seed, "x", &shape).unwrap();
        sums.iter_mut().zip(&q).for_each(|(s, v)| *s += v);
    }
    // An entry has variance 1/3.
    let limit = 5.0 * (n as f64 / 3.0).sqrt();
    assert!(sums.iter().all(|s| s.abs() < limit), "{sums:?}");
}

fn an_example(name: &str) -> (Initializer, Shape) {
    let shape = match name {
        "STFT" => Shape::from([6, 1, 4]),
        "UnitForgetBias" => Shape::from([8]),
        _ => Shape::from([6, 4]),
    };
    (read(json!(name)), shape)
}

#[test]
fn values_are_a_function_of_seed_path_and_shape() {
    let random = |name: &str| !["Zeros", "Ones", "Constant", "Identity", "STFT", "UnitForgetBias"].contains(&name);
    for name in Initializer::NAMES {
        let (initializer, shape) = an_example(name);
        let sampled = |seed, path| initializer.sample(seed, path, &shape).unwrap();
        assert_eq!(sampled(7, "generator/dense/kernel"), sampled(7, "generator/dense/kernel"), "{name}");
        assert_eq!(sampled(7, "a") != sampled(8, "a"), random(name), "{name}: seed");
        assert_eq!(sampled(7, "a") != sampled(7, "b"), random(name), "{name}: path");
    }
    let seeded = read(json!({ "class_name": "HeNormal", "config": { "seed": 5 } }));
    let sampled = |seed, path| seeded.sample(seed, path, &Shape::from([6, 4])).unwrap();
    assert_eq!(sampled(7, "a"), sampled(8, "b"), "a seed of its own replaces the run's and the path");
}

/// The same bits on every machine and in every later version: a run can be repeated.
#[test]
fn values_have_these_bits() {
    let bits = |name: &str| {
        let tensor = read(json!(name)).sample(42, "dense/kernel", &Shape::from([16, 8])).unwrap();
        let words = tensor.as_f32().unwrap().iter().map(|v| u64::from(v.to_bits()));
        words.fold(0xcbf2_9ce4_8422_2325u64, |h, w| (h ^ w).wrapping_mul(0x0100_0000_01b3))
    };
    let found = ["random_normal", "glorot_uniform", "truncated_normal", "orthogonal"].map(bits);
    assert_eq!(found, [0x7bdd1366a0f718f6, 0x8699d47e518e9db1, 0x9bcdc5a5d005112c, 0x622a3c912718ab00], "{found:#x?}");
}

#[test]
fn every_form_of_keras_is_read() {
    let expected = read(json!("glorot_uniform"));
    let forms = [
        json!("GlorotUniform"),
        json!({ "class_name": "GlorotUniform" }),
        json!({ "class_name": "glorot_uniform", "config": {} }),
        json!({ "class_name": "GlorotUniform", "seed": null }),
        json!({ "module": "keras.initializers", "class_name": "GlorotUniform", "config": { "seed": null },
                "registered_name": null }),
    ];
    for form in forms {
        assert_eq!(read(form.clone()), expected, "{form}");
    }
    assert_eq!(read(json!("normal")), read(json!("RandomNormal")));
    let stft = json!({ "class_name": "STFT", "config": { "side": "real", "window": null, "scaling": null } });
    assert_ne!(read(stft), read(json!("STFT")), "a null window is no window, not the default one");
}

#[test]
fn mistakes_are_named() {
    let message = |value: Value| {
        let errors = Initializer::from_value(value).unwrap_err();
        errors.iter().map(|e| format!("{e}; {}", e.hint().unwrap_or_default())).collect::<Vec<_>>().join("\n")
    };
    let cases = [
        (
            json!("glorot_unifrom"),
            "expected the name of an initializer, found `glorot_unifrom`; did you mean `GlorotUniform`?",
        ),
        (
            json!({ "class_name": "RandomNormal", "std_dev": 0.1 }),
            "`RandomNormal` has no argument `std_dev`; did you mean `stddev`?",
        ),
        (
            json!({ "class_name": "random_normal", "stddev": -1 }),
            "`RandomNormal` expected `stddev` to be a number not below 0, found -1; ",
        ),
        (
            json!({ "class_name": "VarianceScaling", "mode": "fan" }),
            "`VarianceScaling` expected `mode` to be \"fan_in\" or \"fan_out\" or \"fan_avg\", found \"fan\"; did you mean `fan_in`?",
        ),
        (json!(3), "expected an initializer (a name, or a table with class_name), found 3; "),
    ];
    for (value, expected) in cases {
        assert_eq!(message(value), expected);
    }
    let wrong = read(json!("identity")).sample(0, "x", &Shape::from([2, 2, 2])).unwrap_err();
    assert_eq!(wrong.to_string(), "initializer `Identity` expected a matrix (2 axes), found shape (2, 2, 2)");
    assert!(read(json!("orthogonal")).sample(0, "x", &Shape::from([4])).is_err());
    assert!(read(json!("zeros")).sample(0, "x", &Shape::from([usize::MAX, 2])).is_err());
}

#[test]
fn round_trip_through_json_and_toml() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Table {
        initializer: Initializer,
    }
    let mut all: Vec<Initializer> = Initializer::NAMES.iter().map(|name| an_example(name).0).collect();
    all.push(read(json!({ "class_name": "VarianceScaling", "config": { "scale": 2.5, "mode": "fan_avg",
        "distribution": "untruncated_normal", "seed": 3, "input_axes": [0], "output_axes": [-1] } })));
    for initializer in all {
        let json = serde_json::to_value(&initializer).unwrap();
        assert_eq!(read(json), initializer);
        let text = toml::to_string(&Table { initializer: initializer.clone() }).unwrap();
        assert_eq!(toml::from_str::<Table>(&text).unwrap().initializer, initializer, "{text}");
    }
    let normal = read(json!({ "class_name": "random_normal", "stddev": 0.02 }));
    assert_eq!(serde_json::to_value(&normal).unwrap(), json!({ "class_name": "RandomNormal", "stddev": 0.02 }));
}
