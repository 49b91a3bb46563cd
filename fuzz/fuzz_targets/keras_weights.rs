//! `model.weights.h5` of `.keras` files, for a network of two layers.
#![no_main]

use ganymede_nn::ModelConfig;
use std::sync::LazyLock;

static NETWORK: LazyLock<ModelConfig> = LazyLock::new(|| {
    let layers = r#"{"layers": [{"class_name": "Input", "shape": [4]}, {"class_name": "Dense", "units": 3},
        {"class_name": "BatchNormalization"}]}"#;
    serde_json::from_str(layers).expect("layers")
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ganymede_interop::keras::arrays("network", &NETWORK, data.to_vec());
});
