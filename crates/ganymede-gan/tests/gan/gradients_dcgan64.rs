//! Gradients of both losses of DCGAN-64, with ELU for ReLU, beside PyTorch in float64: no further from it than 1.5 times what PyTorch in
//! float32 is (`benches/peers/gradients_dcgan64.py` wrote the numbers and says how). Distances are estimated from
//! projections on random directions, which on average have the length of what they project.
//! Not here: a training's steps (`keras_steps.rs`), the exact distances (docs/reference/accuracy.md).

use super::common::numbers_of;
use super::dcgan64::{Kind, gradients, value};
use ganymede_runtime::Numerics;
use serde_json::Value;

/// The stream of a parameter's first direction, and how many streams each has.
const DIRECTIONS: (u32, u32) = (2000, 100);
/// What a network's distance may be of PyTorch's in float32.
const NETWORK: f64 = 1.5;
/// What a parameter's may be: estimates of single ones are rougher, and they differ more.
const PARAMETER: f64 = 4.0;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn gradients_are_as_near_to_float64_as_those_of_pytorch() {
    let expected = numbers_of("crates/ganymede-gan/tests/gan/gradients_dcgan64.json");
    let parameters = expected["parameters"].as_array().unwrap();
    for numerics in Numerics::ALL {
        let found = gradients(Kind::Elu, 0, numerics);
        assert_eq!(found.len(), parameters.len());
        for network in ["discriminator", "generator"] {
            let (mut error, mut norm) = (0.0, 0.0);
            for (salt, ((name, gradient), theirs)) in found.iter().zip(parameters).enumerate() {
                assert_eq!(name, theirs["name"].as_str().unwrap());
                if !name.starts_with(network) {
                    continue;
                }
                let projections = theirs["projections"].as_array().unwrap();
                let squares = projections.iter().enumerate().map(|(k, expected)| {
                    let stream = DIRECTIONS.0 + DIRECTIONS.1 * salt as u32 + k as u32;
                    let along = |(i, g): (usize, &f32)| f64::from(*g) * value(stream, i) * 3f64.sqrt();
                    (gradient.iter().enumerate().map(along).sum::<f64>() - number(expected)).powi(2)
                });
                let squared = squares.sum::<f64>() / projections.len() as f64;
                let (distance, theirs_32) =
                    (squared.sqrt() / number(&theirs["norm"]), number(&theirs["float32_distance"]));
                assert!(
                    distance <= PARAMETER * theirs_32,
                    "{numerics} {name}: {distance:.2e} from float64, PyTorch's float32 {theirs_32:.2e}"
                );
                error += squared;
                norm += number(&theirs["norm"]).powi(2);
            }
            let (distance, theirs) = ((error / norm).sqrt(), number(&expected["float32_distance"][network]));
            assert!(
                distance <= NETWORK * theirs,
                "{numerics} {network}: {distance:.2e} from float64, PyTorch's float32 {theirs:.2e}"
            );
        }
    }
}
