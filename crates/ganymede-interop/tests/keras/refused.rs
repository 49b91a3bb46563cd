//! What cannot be taken: the message names the layer, what was expected and what was found.

use ganymede_interop::keras::{read_config, write_bytes};
use ganymede_nn::ModelConfig;
use serde_json::{Value, json};

fn stack(layers: Value) -> Value {
    let input = json!({ "module": "keras.layers", "class_name": "InputLayer",
        "config": { "name": "x", "batch_shape": [null, 4], "dtype": "float32" } });
    let mut all = vec![input];
    all.extend(layers.as_array().unwrap().iter().cloned());
    json!({ "module": "keras", "class_name": "Sequential", "config": { "name": "m", "layers": all } })
}

fn dense(more: Value) -> Value {
    let mut config = json!({ "name": "hidden", "units": 3 });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "module": "keras.layers", "class_name": "Dense", "config": config, "registered_name": null })
}

fn refusal(value: &Value) -> (String, String) {
    let error = read_config(value).unwrap_err();
    (error.to_string(), error.hint().unwrap_or_default())
}

#[test]
fn a_plain_stack_is_taken() {
    let (name, config) = read_config(&stack(json!([dense(json!({}))]))).unwrap();
    assert_eq!((name.as_str(), config.layers.len()), ("m", 2));
    assert_eq!(config.layers[1].arguments, json!({ "units": 3 }).as_object().unwrap().clone());
}

#[test]
fn classes_and_values_that_there_are_not_are_told_with_their_layer() {
    let class =
        |module: &str, class: &str| json!({ "module": module, "class_name": class, "config": { "name": "odd" } });
    let cases = [
        (
            stack(json!([class("keras.layers", "ConvLSTM2D")])),
            "layers[1] (odd): expected a layer that ganymede has, found `ConvLSTM2D`",
            "Dense",
        ),
        (
            stack(json!([class("keras.layers", "Lambda")])),
            "layers[1] (odd): expected a layer that can be read, found `Lambda`, which holds the byte code of a function",
            "ganymede>Expression",
        ),
        (stack(json!([class("my.code", "Dense")])), "of the module `my.code`", "Dense"),
        (stack(json!([class("keras.src.ops.nn", "Relu")])), "found the operation `Relu`", ""),
        (
            stack(json!([dense(json!({ "units": "many" }))])),
            "layers[1] (hidden): `Dense` expected `units` to be a whole number from 0, found \"many\"",
            "",
        ),
        (stack(json!([dense(json!({ "dtype": "int8_from_float32" }))])), "expected dtype float32", ""),
        (
            stack(json!([dense(json!({ "quantization_config": {} }))])),
            "expected quantization_config = null, found {}",
            "",
        ),
        (stack(json!([dense(json!({ "lora_rank": 4 }))])), "expected lora_rank = null, found 4", ""),
        (
            stack(json!([dense(
                json!({ "activation": { "class_name": "LeakyReLU", "module": "keras.layers", "config": { "negative_slope": 0.1 } } })
            )])),
            "found the layer `LeakyReLU`",
            "put the layer behind",
        ),
        (
            stack(json!([{ "class_name": "Dense" }])),
            "layers[1]: expected an object of Keras, found one without config",
            "",
        ),
        (stack(json!([7])), "layers[1]: expected an object of Keras, found 7", ""),
        (json!({ "module": "my.code", "class_name": "WGAN", "config": {} }), "found `WGAN`", "gan.generator.save"),
        (
            json!({ "module": "keras", "class_name": "Sequential", "config": {} }),
            "expected a Sequential or Functional",
            "",
        ),
    ];
    for (value, reason, advice) in cases {
        let (text, hint) = refusal(&value);
        assert!(text.contains(reason) && hint.contains(advice), "{text} / {hint}");
    }
}

#[test]
fn inputs_of_unknown_size_and_other_kinds_are_told() {
    let input = |more: Value| {
        let mut config = json!({ "name": "x", "batch_shape": [null, 4] });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let input = json!({ "module": "keras.layers", "class_name": "InputLayer", "config": config });
        json!({ "module": "keras", "class_name": "Sequential", "config": { "name": "m", "layers": [input, dense(json!({}))] } })
    };
    for (more, reason) in [
        (json!({ "batch_shape": [null, null, 3] }), "expected sizes that are known, found null"),
        (json!({ "batch_shape": [] }), "expected a batch_shape that begins with the batch"),
        (json!({ "sparse": true }), "expected sparse = false, found true"),
        (json!({ "ragged": true }), "expected ragged = false, found true"),
        (json!({ "dtype": "complex64" }), "complex64"),
    ] {
        let (text, _) = refusal(&input(more));
        assert!(text.contains("layers[0] (x)") && text.contains(reason), "{text}");
    }
}

/// A graph of an input and one node.
fn graph(layer: Value, args: Value, kwargs: Value) -> Value {
    let mut layer = layer;
    layer["name"] = "last".into();
    layer["inbound_nodes"] = json!([{ "args": args, "kwargs": kwargs }]);
    let input = json!({ "module": "keras.layers", "class_name": "InputLayer", "name": "x", "inbound_nodes": [],
        "config": { "name": "x", "batch_shape": [null, 4] } });
    json!({ "module": "keras.src.models.functional", "class_name": "Functional", "config": {
        "name": "m", "layers": [input, layer], "input_layers": [["x", 0, 0]], "output_layers": [["last", 0, 0]] } })
}

fn tensor(rank: usize) -> Value {
    let shape: Vec<Value> = std::iter::once(Value::Null).chain((1..rank).map(|_| json!(4))).collect();
    json!({ "class_name": "__keras_tensor__", "config": { "shape": shape, "dtype": "float32", "keras_history": ["x", 0, 0] } })
}

fn operation(class: &str) -> Value {
    json!({ "module": "keras.src.ops.numpy", "class_name": class, "config": { "name": "last" } })
}

#[test]
fn arithmetic_with_numbers_is_a_rescaling_and_the_rest_is_told() {
    let scaled = |class: &str, args: Value| {
        let (_, config) = read_config(&graph(operation(class), args, json!({}))).unwrap();
        let layer = &config.layers[1];
        assert_eq!(layer.class_name, "Rescaling");
        let number = |name: &str, usual: f64| layer.arguments.get(name).and_then(Value::as_f64).unwrap_or(usual);
        (number("scale", 1.0), number("offset", 0.0))
    };
    assert_eq!(scaled("Add", json!([tensor(2), 3.0])), (1.0, 3.0));
    assert_eq!(scaled("Subtract", json!([tensor(2), 3])), (1.0, -3.0));
    assert_eq!(scaled("Subtract", json!([3.0, tensor(2)])), (-1.0, 3.0));
    assert_eq!(scaled("Multiply", json!([-2.0, tensor(2)])), (-2.0, 0.0));
    assert_eq!(scaled("TrueDivide", json!([tensor(2), 4.0])), (0.25, 0.0));
    assert_eq!(scaled("Negative", json!([tensor(2)])), (-1.0, 0.0));
    for (class, args) in [
        ("TrueDivide", json!([1.0, tensor(2)])),
        ("TrueDivide", json!([tensor(2), 0.0])),
        ("TrueDivide", json!([tensor(2), tensor(2)])),
        ("Add", json!([tensor(2), tensor(3)])),
        ("Add", json!([tensor(2), { "class_name": "__numpy__" }])),
        ("Matmul", json!([tensor(2), tensor(2)])),
        ("Sum", json!([tensor(2)])),
    ] {
        let (text, hint) = refusal(&graph(operation(class), args, json!({})));
        assert!(text.contains(&format!("layers[1] (last): expected a layer, found the operation `{class}`")), "{text}");
        assert!(hint.contains("+ - * /"), "{hint}");
    }
}

#[test]
fn calls_with_anything_but_tensors_are_told() {
    for (args, kwargs, reason) in [
        (json!([tensor(2)]), json!({ "training": true }), "without `training`, found training = true"),
        (json!([tensor(2), 3]), json!({}), "expected to be called with tensors, found 3"),
    ] {
        let (text, _) = refusal(&graph(dense(json!({})), args, kwargs));
        assert!(text.contains("layers[1] (last)") && text.contains(reason), "{text}");
    }
    assert!(
        read_config(&graph(dense(json!({})), json!([tensor(2)]), json!({ "training": false, "mask": [null] }))).is_ok()
    );
}

/// What changes the numbers of attention, or of one direction of two, is not left aside.
#[test]
fn masks_and_another_second_direction_are_told() {
    let layer = |class: &str, config: Value| json!({ "module": "keras.layers", "class_name": class, "config": config });
    let attention = layer("MultiHeadAttention", json!({ "num_heads": 1, "key_dim": 2 }));
    let (text, _) = refusal(&graph(attention, json!([tensor(3), tensor(3)]), json!({ "use_causal_mask": true })));
    assert!(text.contains("expected to be called without `use_causal_mask`, found use_causal_mask = true"), "{text}");
    let both = |units: u64, backwards: bool| {
        let second = layer("GRU", json!({ "name": "backward_gru", "units": units, "go_backwards": backwards }));
        let first = layer("GRU", json!({ "name": "forward_gru", "units": 2, "go_backwards": false }));
        stack(json!([
            layer("Reshape", json!({ "target_shape": [2, 2] })),
            layer("Bidirectional", json!({ "name": "both", "layer": first, "backward_layer": second }))
        ]))
    };
    assert!(read_config(&both(2, true)).is_ok());
    for other in [both(3, true), both(2, false)] {
        let (text, hint) = refusal(&other);
        assert!(
            text.contains("layers[2] (both): expected a backward_layer that is the layer with go_backwards"),
            "{text}"
        );
        assert!(hint.contains("Concatenate"), "{hint}");
    }
}

#[test]
fn inputs_are_in_the_order_of_input_layers() {
    let input = |name: &str, size: u64| {
        json!({ "module": "keras.layers", "class_name": "InputLayer", "name": name, "inbound_nodes": [],
            "config": { "name": name, "batch_shape": [null, size] } })
    };
    let of = |name: &str| json!({ "class_name": "__keras_tensor__", "config": { "shape": [null, 4], "keras_history": [name, 0, 0] } });
    let join = json!({ "module": "keras.layers", "class_name": "Concatenate", "config": { "name": "join" }, "name": "join",
        "inbound_nodes": [{ "args": [[of("label"), of("z")]], "kwargs": {} }] });
    let model = |inputs: Value| {
        json!({ "module": "keras.src.models.functional", "class_name": "Functional", "config": {
            "name": "m", "layers": [input("label", 2), input("z", 3), join],
            "input_layers": inputs, "output_layers": ["join", 0, 0] } })
    };
    let names = |inputs: Value| {
        let (_, config) = read_config(&model(inputs)).unwrap();
        config.layers.iter().map(|layer| layer.name.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names(json!([["z", 0, 0], ["label", 0, 0]])), ["z", "label", "join"]);
    // Inputs by name are in the order of their keys, as in Keras.
    assert_eq!(names(json!({ "b": ["z", 0, 0], "a": ["label", 0, 0] })), ["label", "z", "join"]);
    let (text, _) = refusal(&model(json!([["z", 0, 0]])));
    assert!(text.contains("layers[0] (label): expected its name in input_layers"), "{text}");
}

#[test]
fn layers_of_our_own_and_networks_without_inputs_are_not_written() {
    let config = |layers: Value| serde_json::from_value::<ModelConfig>(json!({ "layers": layers })).unwrap();
    let own = config(
        json!([{ "class_name": "Input", "shape": [4] }, { "class_name": "ganymede>MinibatchStddev", "name": "spread" }]),
    );
    let error = write_bytes("d", &own, &[]).unwrap_err();
    assert!(
        error.to_string().contains("layer `spread` (ganymede>MinibatchStddev): expected a layer that Keras has"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("onnx"));
    let text = config(
        json!([{ "class_name": "Input", "shape": [4] }, { "class_name": "ganymede>Expression", "name": "gate", "value": "x * x" }]),
    );
    let error = write_bytes("d", &text, &[]).unwrap_err().to_string();
    assert!(error.contains("layer `gate` (ganymede>Expression): ") && error.contains("found a text"), "{error}");
    let without = config(json!([{ "class_name": "Flatten" }]));
    assert!(write_bytes("d", &without, &[]).unwrap_err().to_string().contains("expected an Input"));
}
