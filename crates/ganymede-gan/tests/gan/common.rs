//! What tests of steps have in common: two small stacks of dense layers, plain gradient descent, batches of a normal distribution;
//! numbers of other programs. Not here: four samples beside numbers worked out by hand (`values/bench.rs`).

use ganymede_data::{Batch, Codec};
use ganymede_gan::Stepper;
use ganymede_gan::spec::{TrainSpec, edit};
use ganymede_tensor::{Rng, Tensor, TensorType};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Hidden layers that are smooth everywhere.
pub const GENERATOR: &str = r#"{ class_name = "Dense", units = 6, activation = "tanh" }"#;
pub const DISCRIMINATOR: &str = r#"{ class_name = "Dense", units = 7, activation = "tanh" }"#;

/// The states of a stepper by their names.
pub type States = BTreeMap<String, Vec<f64>>;

/// Two stacks around these hidden layers: 4 latents to 3 numbers, 3 numbers to a logit.
pub fn networks(generator: &str, discriminator: &str) -> String {
    format!(
        r#"
[networks.generator]
layers = [{{ class_name = "Input", shape = [4] }}, {generator}, {{ class_name = "Dense", units = 3 }}]
[networks.discriminator]
layers = [{{ class_name = "Input", shape = [3] }}, {discriminator}, {{ class_name = "Dense", units = 1 }}]
"#
    )
}

/// A phase with gradient descent and one term.
pub fn phase(name: &str, network: &str, descent: &str, term: &str) -> String {
    format!(
        r#"
[[phases]]
name = "{name}"
trains = ["{network}"]
optimizer = {{ class_name = "SGD", {descent} }}
terms = [{{ {term} }}]
"#
    )
}

/// The two phases of a GAN. With a rate of 1, a parameter's change is its gradient.
pub fn phases(rate: f64) -> String {
    let descent = format!("learning_rate = {rate:?}");
    let phase = |name: &str, network: &str| phase(name, network, &descent, "class_name = \"non_saturating\"");
    phase("d", "discriminator") + &phase("g", "generator")
}

/// The text of a spec: the lines before the networks, the networks, the phases.
pub fn text(head: &str, networks: &str, phases: &str) -> String {
    format!("seed = 5\n{head}\n{networks}\n{phases}")
}

/// The spec of a text with these changes.
pub fn edited(text: &str, edits: &[&str]) -> TrainSpec {
    edits.iter().fold(TrainSpec::from_toml(text).unwrap(), |spec, change| edit(&spec, change).unwrap())
}

/// Samples of three numbers.
pub fn codec() -> Codec {
    Codec::stand_in(TensorType::f32([3]), [-1.0, 1.0], Vec::new())
}

/// Eight of them.
pub fn batch(number: u64) -> Batch {
    batch_of(8, number)
}

/// Any number of them.
pub fn batch_of(samples: usize, number: u64) -> Batch {
    let mut rng = Rng::at(1, 2, number as u32);
    let values = (0..samples * 3).map(|_| rng.normal() as f32).collect();
    Batch::new(number, [("real", Tensor::from_f32([samples, 3], values).unwrap())])
}

/// All states.
pub fn states(stepper: &Stepper) -> States {
    let store = stepper.store();
    store.layout().entries.iter().map(|e| (e.name.clone(), store.read(&e.name).unwrap().to_f64())).collect()
}

/// A file of numbers of another program, by its path in the repository.
pub fn numbers_of(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
