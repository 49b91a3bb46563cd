//! Losses that are written down: reading a text and building it over two small networks, as objective and as penalty.
#![no_main]

use ganymede_data::Codec;
use ganymede_gan::phases::trace;
use ganymede_gan::spec::{TermSpec, TrainSpec};
use ganymede_tensor::TensorType;

const SPEC: &str = r#"
train = { batch = 2, steps = 1 }
[networks.generator]
layers = [{ class_name = "Input", shape = [1] }, { class_name = "Dense", units = 2 }]
[networks.discriminator]
layers = [{ class_name = "Input", shape = [2] }, { class_name = "Dense", units = 1 }]
[[phases]]
name = "d"
trains = ["discriminator"]
optimizer = "Adam"
terms = [{ class_name = "wasserstein" }]
"#;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut spec = TrainSpec::draft(SPEC).expect("a spec").spec;
    let mut objective = TermSpec::new("expression_objective");
    objective.arguments.insert("discriminator".into(), text.into());
    let codec = Codec::stand_in(TensorType::f32([2]), [-1.0, 1.0], vec!["a".into(), "b".into()]);
    for term in [TermSpec::expression(text), objective] {
        spec.phases[0].terms.truncate(1);
        spec.phases[0].terms.push(term);
        let _ = trace(&spec, &codec);
    }
});
