//! Models: names, parameters and printed form as Keras has them; connections; what is told of broken ones.

use super::common::{list, reference};
use ganymede_graph::Builder;
use ganymede_nn::arguments::Padding;
use ganymede_nn::layers::{BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, LeakyReLU, Reshape};
use ganymede_nn::layers::{Conv2DTranspose, InputType, Inputs, MaxPooling2D};
use ganymede_nn::{Functional, Layer, LayerConfig, Mode, Model, ModelConfig, Scope, Sequential};
use ganymede_tensor::TensorType;
use serde_json::{Map, Value};

/// The layers of a model that Keras serialised, in our form.
fn configs(serialized: &Value) -> Vec<LayerConfig> {
    let layer = |value: &Value| {
        let mut arguments: Map<String, Value> = value["config"].as_object().unwrap().clone();
        let name = arguments.shift_remove("name").map(|v| v.as_str().unwrap().to_string());
        for key in ["trainable", "dtype"] {
            arguments.shift_remove(key);
        }
        if let Some(Value::Array(sizes)) = arguments.shift_remove("batch_shape") {
            arguments.insert("shape".into(), sizes[1..].to_vec().into());
        }
        let history = |value: &Value| {
            let at = &value["config"]["keras_history"];
            let (name, nth) = (at[0].as_str().unwrap(), at[1].as_u64().unwrap());
            if nth == 0 { name.to_string() } else { format!("{name}:{nth}") }
        };
        let uses: Vec<Vec<String>> = list(&value["inbound_nodes"])
            .iter()
            .map(|node| {
                let argument = &node["args"][0];
                argument.as_array().map_or_else(|| vec![history(argument)], |all| all.iter().map(history).collect())
            })
            .collect();
        LayerConfig {
            class_name: value["class_name"].as_str().unwrap().into(),
            name,
            inputs: (!uses.is_empty()).then_some(Inputs::Shared(uses)),
            trainable: None,
            arguments,
        }
    };
    list(&serialized["config"]["layers"]).iter().map(layer).collect()
}

#[test]
fn summaries_are_those_of_keras() {
    for case in reference("summaries") {
        let name = case["model"].as_str().unwrap();
        let model = Model::from_configs(name, &configs(&case["serialized"])).unwrap();
        let summary = model.summary(64).unwrap();
        let (expected, found) = (case["summary"].as_str().unwrap(), summary.to_string());
        assert!(found.starts_with(expected), "expected\n{expected}\nfound\n{found}");
        assert!(found.contains("FLOPs per sample") && found.contains("at batch 64"), "{found}");
        assert_eq!(summary.trainable, case["trainable_parameters"].as_u64().unwrap());

        // A model without names gets Keras's, and its parameters Keras's paths and order.
        let builder = Builder::new("names");
        let scope = Scope::root(&builder, name, Mode::Train);
        let inputs: Vec<_> = model.input_types(2).into_iter().map(|ty| builder.input(&format!("{ty}"), ty)).collect();
        let inputs = if model.input_count() == 2 { vec![inputs[0], inputs[0]] } else { inputs };
        model.build(&scope, &inputs);
        let found: Vec<String> = scope.parameters().into_iter().map(|p| p.name).collect();
        let expected: Vec<String> = list(&case["layers"])
            .iter()
            .flat_map(|layer| list(&layer["weights"]))
            .map(|w| w["path"].as_str().unwrap())
            .map(|path| if path.starts_with(name) { path.to_string() } else { format!("{name}/{path}") })
            .collect();
        assert_eq!(found, expected);
        if model.is_sequential() {
            let mut unnamed = configs(&case["serialized"]);
            unnamed.iter_mut().for_each(|l| l.name = None);
            assert_eq!(Model::from_configs(name, &unnamed).unwrap(), model);
        }
    }
}

#[test]
fn flops_of_dense_and_convolution() {
    let model = Sequential::new("d")
        .add(Input::new([8, 8, 3]))
        .add(Conv2D::new(16, 3).padding(Padding::Same))
        .add(Flatten::new())
        .add(Dense::new(10).use_bias(false))
        .model()
        .unwrap();
    let summary = model.summary(4).unwrap();
    assert_eq!(summary.rows[3].flops, 4 * 2 * 1024 * 10);
    // 27 products and sums a value, and the bias.
    assert_eq!(summary.rows[1].flops, 4 * 1024 * (2 * 27 + 1));
    assert_eq!(summary.rows[1].activation_bytes, 4 * 1024 * 4);
}

#[test]
fn a_model_written_in_rust_equals_that_of_its_configuration() {
    let generator = Sequential::new("generator")
        .add(Input::new([100]))
        .add(Dense::new(7 * 7 * 256).use_bias(false))
        .add(BatchNormalization::new())
        .add(LeakyReLU::new())
        .add(Reshape::new([7, 7, 256]))
        .add(Conv2DTranspose::new(1, 5).strides(2).padding(Padding::Same).activation("tanh"))
        .model()
        .unwrap();
    let text = toml::to_string(&generator.to_config()).unwrap();
    let again: ModelConfig = toml::from_str(&text).unwrap();
    assert_eq!(Model::from_config("generator", &again).unwrap(), generator);
    assert!(text.contains("class_name = \"BatchNormalization\"\nname = \"batch_normalization\"\n\n"), "{text}");
    assert_eq!(generator.input_shapes()[0][..], [100]);
}

#[test]
fn a_shared_layer_has_one_set_of_weights() {
    let siamese = Functional::new("siamese");
    let (left, right) = (siamese.input("left", Input::new([8])), siamese.input("right", Input::new([8])));
    let shared = siamese.layer("shared", Dense::new(4));
    let (a, b) = (shared.call(&[&left]), shared.call(&[&right]));
    let deeper = siamese.add(Dense::new(4), &[&b]);
    let c = siamese.layer("unused", Dense::new(3));
    let _ = c;
    let model = siamese.model(&[&a, &deeper]).unwrap();
    let again = Model::from_config("siamese", &model.to_config()).unwrap();
    assert_eq!(again, model);
    let builder = Builder::new("f");
    let scope = Scope::root(&builder, "siamese", Mode::Train);
    let x = builder.input("x", TensorType::f32([2, 8]));
    let outputs = model.build(&scope, &[x, x]);
    assert_eq!(outputs.len(), 2);
    let names: Vec<String> = scope.parameters().into_iter().map(|p| p.name).collect();
    assert_eq!(names, ["siamese/shared/kernel", "siamese/shared/bias", "siamese/dense/kernel", "siamese/dense/bias"]);
}

#[test]
fn a_model_is_a_layer_of_another_one() {
    let block = Sequential::new("block").add(Dense::new(4).activation("relu")).add(Dropout::new(0.5)).model().unwrap();
    let whole = Sequential::new("whole").add(Input::new([3])).add(block).add(Dense::new(1)).model().unwrap();
    let again = Model::from_config("whole", &whole.to_config()).unwrap();
    let builder = Builder::new("f");
    let scope = Scope::root(&builder, "whole", Mode::Train);
    again.build(&scope, &[builder.input("x", TensorType::f32([2, 3]))]);
    let names: Vec<String> = scope.parameters().into_iter().map(|p| p.name).collect();
    assert_eq!(names[0], "whole/sequential/dense/kernel");
    assert!(!builder.has_errors());
}

#[test]
fn every_error_is_told_at_once() {
    let text = r#"
        [[layers]]
        class_name = "Input"
        shape = [8]
        [[layers]]
        class_name = "Input"
        name = "label"
        shape = []
        dtype = "int32"
        [[layers]]
        class_name = "Dense"
        unit = 3
        inputs = ["inptu_layer"]
        [[layers]]
        class_name = "Leaky"
        [[layers]]
        class_name = "Dense"
        name = "label"
        units = 2
        data_format = "channels_first"
    "#;
    let config: ModelConfig = toml::from_str(text).unwrap();
    let error = Model::from_config("discriminator", &config).unwrap_err();
    let told: Vec<String> = error.issues.iter().map(|i| format!("{i} | {:?}", i.fault.hint())).collect();
    let starts = [
        "layers[1] (label): expected a layer that takes this Input, found none",
        "layers[2] (Dense): `Dense` has no argument `unit` | Some(\"did you mean `units`?\")",
        "layers[2] (dense): expected the name of a layer, found `inptu_layer` | Some(\"did you mean `input_layer`?\")",
        "layers[3] (Leaky): expected the name of a layer, found `Leaky`",
        "layers[4] (label): `Dense` has no argument `data_format`",
        "layers[4] (label): expected a name of its own, found the name of layers[1]",
    ];
    for start in starts {
        assert!(told.iter().any(|line| line.starts_with(start)), "expected {start}\nfound {told:#?}");
    }
}

#[test]
fn a_cycle_is_an_error_and_an_empty_model_too() {
    let layer = |name: &str, takes: &str| LayerConfig {
        class_name: "Flatten".into(),
        name: Some(name.into()),
        inputs: Some(Inputs::Once(vec![takes.into()])),
        ..LayerConfig::default()
    };
    let error = Model::from_configs("m", &[layer("a", "b"), layer("b", "a")]).unwrap_err();
    assert!(error.to_string().contains("do not depend on the layer itself"), "{error}");
    let error = Model::from_configs("m", &[]).unwrap_err();
    assert_eq!(error.to_string(), "expected at least one layer, found none");
}

/// The program of the tutorial: its shapes do not fit, and both networks say so at once.
#[test]
fn errors_of_shape_come_with_their_layer_and_later_ones_too() {
    let generator = Sequential::new("generator")
        .add(Input::new([100]))
        .add(Dense::new(256).activation("relu"))
        .add(Reshape::new([4, 4, 256]))
        .add(Conv2DTranspose::new(256, 3).strides(2).activation("relu"))
        .add(Conv2D::new(3, 3).activation("tanh"))
        .model()
        .unwrap();
    let discriminator = Sequential::new("discriminator")
        .add(Input::new([28, 28, 3]))
        .add(Conv2D::new(256, 3).activation("relu"))
        .add(MaxPooling2D::new())
        .add(Flatten::new())
        .add(Dense::new(1).activation("sigmoid"))
        .model()
        .unwrap();
    let builder = Builder::new("g");
    let fake = generator.build(
        &Scope::root(&builder, "generator", Mode::Train),
        &[builder.input("latent", TensorType::f32([16, 100]))],
    );
    assert_eq!(fake[0].shape()[..], [16, 7, 7, 3]);
    discriminator.build(&Scope::root(&builder, "discriminator", Mode::Train), &fake);
    let errors = builder.take_errors();
    let told: Vec<(&str, &str)> = errors.iter().map(|e| (e.scope.as_str(), e.message.as_str())).collect();
    assert_eq!(told[0], ("generator/reshape", "expected 4096 values for (4, 4, 256), found 256"));
    assert_eq!(told[1].0, "discriminator/input_layer");
    assert!(told[1].1.contains("(28, 28, 3)") && told[1].1.contains("(7, 7, 3)"), "{told:?}");
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn an_input_type_is_checked() {
    let model = Sequential::new("m").add(Input::new([2]).dtype(InputType::Int32)).add(Flatten::new()).model().unwrap();
    let builder = Builder::new("f");
    let scope = Scope::root(&builder, "m", Mode::Infer);
    model.build(&scope, &[builder.input("x", TensorType::f32([4, 2]))]);
    assert!(builder.take_errors()[0].message.contains("of type i32, found (2,) of type f32"));
}
