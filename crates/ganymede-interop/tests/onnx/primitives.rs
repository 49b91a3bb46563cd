//! Every primitive by itself: what the file gives for 3 samples is what the interpreter gives, though it was written at other
//! batches.

use crate::evaluator::{Array, run};
use ganymede_graph::ops::Window;
use ganymede_graph::{Array as Known, Builder, Expr, Graph, concat, interpret};
use ganymede_interop::InteropError;
use ganymede_interop::onnx::graph;
use ganymede_interop::onnx::messages::Model;
use ganymede_nn::{LayerConfig, Mode, Scope};
use ganymede_tensor::{DType, Tensor, TensorType};
use std::collections::{BTreeMap, HashMap};

/// A graph of an input `x` (batch, …).
type Case = for<'g> fn(Expr<'g>) -> Expr<'g>;

fn traced(shape: &[usize], case: Case, batch: usize) -> Graph {
    let builder = Builder::new("case");
    let x = builder.input("x", TensorType::f32([&[batch], shape].concat()));
    let y = case(x);
    builder.output("y", y);
    builder.finish().unwrap()
}

/// A weight of this shape.
fn weight<'g>(x: Expr<'g>, shape: &[usize]) -> Expr<'g> {
    let name = format!("weight{shape:?}");
    x.builder().state(&name, TensorType::f32(shape.to_vec()))
}

/// Numbers between −1 and 1 that are not alike.
fn values(count: usize) -> Vec<f64> {
    (0..count).map(|i| f64::from((i as f32 * 1.7 + 0.3).sin())).collect()
}

fn check(name: &str, shape: &[usize], case: Case) {
    let plain = traced(shape, case, 3);
    let states: BTreeMap<String, Tensor> = plain
        .states()
        .map(|(name, ty)| {
            let data = values(ty.elements()).into_iter().map(|v| v as f32).collect();
            (name.to_string(), Tensor::from_f32(ty.shape.clone(), data).unwrap())
        })
        .collect();
    let count = 3 * shape.iter().product::<usize>();
    let x = Known::new([&[3], shape].concat(), values(count));
    let mut known: BTreeMap<String, Known> = states.iter().map(|(k, v)| (k.clone(), Known::from(v))).collect();
    let wanted = interpret::run(&plain, &HashMap::from([("x".into(), x.clone())]), &mut known).unwrap();
    let written =
        graph(|batch| Ok(traced(shape, case, batch)), None, &states).unwrap_or_else(|e| panic!("{name}: {e}"));
    let model = Model { graph: Some(written), ..Model::default() };
    let made = run(&model, &[("x", Array::new(x.ty.shape.to_vec(), x.data))]);
    let (made, wanted) = (&made["y"], &wanted["y"]);
    assert_eq!(made.shape, wanted.ty.shape[..], "{name}");
    let worst = made.data.iter().zip(&wanted.data).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-6, "{name}: {worst}\n{:?}\n{:?}", made.data, wanted.data);
}

fn window(strides: [usize; 2], low: [usize; 2], high: [usize; 2], dilation: usize, groups: usize) -> Window {
    let mut window = Window::plain(2);
    (window.strides, window.low, window.high) = (strides.to_vec(), low.to_vec(), high.to_vec());
    (window.dilation, window.groups) = (vec![dilation; 2], groups);
    window
}

#[test]
fn every_primitive_is_what_the_interpreter_says() {
    let cases: &[(&str, &[usize], Case)] = &[
        ("arithmetic", &[4], |x| (x + 2.0) * x - x / (x * x + 1.0)),
        ("one operand", &[4], |x| (-x).exp() + x.abs().sqrt() + x.sign() + x.sin() * x.cos() + x.floor()),
        ("activations", &[4], |x| x.tanh() + x.sigmoid() + x.relu() + x.softplus()),
        ("expm1, log1p", &[4], |x| {
            x.expm1() + x.abs().log1p() + (x.abs() * 1e-9).log1p() * 1e9 + (x * 1e-9).expm1() * 1e9
        }),
        ("log, pow", &[4], |x| x.abs().log() + x.abs().pow(1.5)),
        ("largest, smallest", &[4], |x| x.maximum(0.25) - x.minimum(x * 3.0)),
        ("choice", &[4], |x| x.greater(0.0).and(x.less(0.5)).select(x, x * 0.1)),
        ("comparisons", &[4], |x| {
            let truths = !x.greater_equal(0.0).or(x.less_equal(-0.5));
            truths.convert(DType::F32) + x.equal(x).convert(DType::F32)
        }),
        ("whole numbers", &[4], |x| (x * 10.0).convert(DType::I32).convert(DType::F32)),
        ("passed on", &[4], |x| x.stop_gradient().all_reduce_sum() * 1.0 + 0.0),
        ("reshape", &[4, 6], |x| x.reshape([x.shape()[0], 8, 3]).reshape([x.shape()[0] * 2, 12])),
        ("transpose", &[2, 3], |x| x.transpose(&[2, 0, 1]) * 2.0),
        ("broadcast of samples", &[3], |x| x.broadcast([x.shape()[0], 2, 3], &[0, 2])),
        ("broadcast of a weight", &[3], |x| concat(&[x, weight(x, &[2]).broadcast([x.shape()[0], 2], &[1])], 1)),
        ("broadcast to a multiple", &[4], |x| {
            let rows = 2 * x.shape()[0];
            concat(&[weight(x, &[2]).broadcast([rows, 2], &[1]), x.reshape([rows, 2])], 1)
        }),
        ("slice", &[5, 6], |x| x.slice(&[0, 1, 0], &[x.shape()[0], 5, 6], &[1, 2, 3])),
        ("pad", &[3, 2], |x| x.pad(&[0, 1, 0], &[0, 2, 1], &[0, 0, 0], 0.5)),
        ("pad inside", &[3, 2], |x| x.pad(&[0, 1, 0], &[0, 0, 2], &[0, 2, 1], -1.0)),
        ("reverse", &[3, 4], |x| x.reverse(&[2])),
        ("concat", &[3, 4], |x| concat(&[x, x * 2.0, weight(x, &[2, 4]).broadcast([x.shape()[0], 2, 4], &[1, 2])], 1)),
        ("look-up of what is computed", &[4], |x| weight(x, &[5, 3]).gather((x * 9.0).convert(DType::I32))),
        ("indices", &[2, 3], |x| x + x.builder().iota(x.ty(), 2)),
        ("sums", &[3, 4, 2], |x| x.sum_axes(&[2]) + x.sum_axes(&[1, 2, 3]).broadcast([x.shape()[0], 3, 2], &[0])),
        ("largest of axes", &[3, 4], |x| x.max_axes(&[1]) + x.max_axes(&[1, 2]).broadcast([x.shape()[0], 4], &[0])),
        ("softmax", &[6], |x| x.softmax(1)),
        ("one-hot", &[], |x| (x * 5.0).convert(DType::I32).one_hot(4)),
        ("matrix", &[4], |x| x.matmul(weight(x, &[4, 3]))),
        ("matrix given turned", &[4], |x| x.matmul_transposed(weight(x, &[3, 4]), false, true)),
        ("folded weights", &[4], |x| {
            let w = weight(x, &[4, 3]);
            x.matmul(w / (w.square().sum() + 1e-3).sqrt().broadcast_to([4, 3]))
        }),
        ("convolution", &[6, 5, 2], |x| x.conv(weight(x, &[3, 2, 2, 4]), window([2, 1], [1, 0], [2, 1], 1, 1)).relu()),
        ("of groups, dilated", &[7, 7, 4], |x| x.conv(weight(x, &[2, 3, 2, 6]), window([1, 1], [1, 2], [0, 1], 2, 2))),
        ("transposed", &[3, 4, 5], |x| {
            x.conv_input_grad(weight(x, &[4, 4, 2, 5]), window([2, 2], [1, 1], [1, 1], 1, 1), &[6, 8])
        }),
        ("transposed, uneven", &[3, 4, 5], |x| {
            x.conv_input_grad(weight(x, &[5, 5, 2, 5]), window([2, 2], [1, 1], [2, 2], 1, 1), &[6, 8])
        }),
        ("transposed, with a rest", &[3, 3, 4], |x| {
            x.conv_input_grad(weight(x, &[3, 3, 3, 4]), window([2, 2], [1, 1], [1, 1], 1, 2), &[6, 5])
        }),
        ("between convolutions", &[4, 4, 2], |x| {
            let shape = x.shape();
            let y = x.conv(weight(x, &[1, 1, 2, 3]), Window::plain(2));
            let of_channels = weight(x, &[3]).broadcast(y.shape(), &[3]);
            let of_samples = x.sum_axes(&[1, 2, 3]).broadcast(y.shape(), &[0]);
            let y = (y * of_channels + of_samples).pad(&[0, 1, 0, 0], &[0; 4], &[0; 4], 0.0);
            let y = y.slice(&[0, 0, 1, 0], &[shape[0], 5, 4, 3], &[1, 2, 1, 1]).reverse(&[1]);
            concat(&[y, y.conv(weight(x, &[1, 1, 3, 2]), Window::plain(2))], 3)
        }),
        ("sums of images", &[4, 4, 2], |x| {
            let y = x.conv(weight(x, &[1, 1, 2, 3]), Window::plain(2));
            let wide = y.sum_axes(&[1]).broadcast(y.shape(), &[0, 2, 3]);
            let all = y.sum_axes(&[1, 2]).broadcast(y.shape(), &[0, 3]);
            let channels = y.max_axes(&[3]).broadcast(y.shape(), &[0, 1, 2]);
            y + wide + all + channels
        }),
        ("repeated images", &[2, 3, 2], |x| {
            let y = x.conv(weight(x, &[1, 1, 2, 3]), Window::plain(2));
            y.repeat(1, 2).repeat(2, 2).conv(weight(x, &[2, 2, 3, 1]), Window::plain(2))
        }),
    ];
    for (name, shape, case) in cases {
        check(name, shape, *case);
    }
}

/// What a layer makes of inputs.
fn layer<'g>(config: &str, inputs: &[Expr<'g>]) -> Expr<'g> {
    let layer = serde_json::from_str::<LayerConfig>(config).unwrap().layer().unwrap();
    layer.build(&Scope::root(inputs[0].builder(), "layer", Mode::Infer), inputs)[0]
}

#[test]
fn layers_of_many_primitives_are_what_the_interpreter_says() {
    let cases: &[(&str, &[usize], Case)] = &[
        ("mirror", &[4, 5, 2], |x| {
            layer(r#"{"class_name": "ganymede>ReflectionPadding2D", "padding": [[2, 0], [1, 3]]}"#, &[x])
        }),
        ("mirror before a convolution", &[4, 4, 2], |x| {
            let y = layer(r#"{"class_name": "ganymede>ReflectionPadding2D"}"#, &[x]);
            layer(r#"{"class_name": "Conv2D", "filters": 3, "kernel_size": 3}"#, &[y])
        }),
        ("a text", &[4, 2], |x| {
            let text = "gate = softmax(x, axis=1)\\nreshape(gate * x - mean(x, axis=[1, 2], keepdims=True), [-1, 8])";
            layer(&format!(r#"{{"class_name": "ganymede>Expression", "value": "{text}"}}"#), &[x])
        }),
        ("larger", &[4, 5, 2], |x| layer(r#"{"class_name": "Resizing", "height": 7, "width": 9}"#, &[x])),
        ("nearest", &[4, 5, 2], |x| {
            layer(r#"{"class_name": "Resizing", "height": 8, "width": 3, "interpolation": "nearest"}"#, &[x])
        }),
        ("numbers as vectors", &[3], |x| {
            let numbers = (x * 3.0).convert(DType::I32);
            let one = layer(r#"{"class_name": "CategoryEncoding", "num_tokens": 3}"#, &[numbers]);
            one + layer(r#"{"class_name": "CategoryEncoding", "num_tokens": 3, "output_mode": "count"}"#, &[numbers])
        }),
        ("lstm", &[4, 3], |x| layer(r#"{"class_name": "LSTM", "units": 2, "return_sequences": true}"#, &[x])),
        ("gru", &[4, 3], |x| layer(r#"{"class_name": "GRU", "units": 2, "go_backwards": true}"#, &[x])),
        ("simple rnn", &[4, 3], |x| layer(r#"{"class_name": "SimpleRNN", "units": 2}"#, &[x])),
        ("both directions", &[4, 3], |x| {
            let layer_text = r#"{"class_name": "Bidirectional", "layer": {"class_name": "GRU", "units": 2, "return_sequences": true}}"#;
            layer(layer_text, &[x])
        }),
        ("at each step", &[4, 3], |x| {
            layer(r#"{"class_name": "TimeDistributed", "layer": {"class_name": "Dense", "units": 2}}"#, &[x])
        }),
        ("attention of heads", &[4, 3], |x| {
            layer(r#"{"class_name": "MultiHeadAttention", "num_heads": 2, "key_dim": 3}"#, &[x, x])
        }),
        ("attention of an image", &[4, 2, 8], |x| layer(r#"{"class_name": "ganymede>SelfAttention2D"}"#, &[x])),
    ];
    for (name, shape, case) in cases {
        check(name, shape, *case);
    }
}

#[test]
fn what_makes_samples_meet_is_refused() {
    let cases: &[(&str, Case)] = &[
        ("sum", |x| x.sum_axes(&[0])),
        ("mean", |x| x - x.mean_axes(&[0]).broadcast(x.shape(), &[1])),
        ("largest", |x| x.max_axes(&[0])),
        ("first", |x| x.slice_axis(0, 0..1)),
        ("all but one", |x| x.slice_axis(0, 1..x.shape()[0])),
        ("pairs", |x| x.matmul_transposed(x, false, true)),
        ("products", |x| x.matmul_transposed(x, true, false)),
        ("reversed", |x| x.reverse(&[0])),
        ("behind each other", |x| concat(&[x, x], 0)),
        ("a sample more", |x| x.pad(&[1, 0], &[0, 0], &[0, 0], 0.0)),
        ("numbered", |x| x + x.builder().iota(x.ty(), 0)),
        ("as rows", |x| x.gather(x.sum_axes(&[1]).convert(DType::I32))),
    ];
    for (name, case) in cases {
        let found = graph(|batch| Ok(traced(&[4], *case, batch)), None, &BTreeMap::new());
        match found {
            Err(InteropError::MixesSamples { .. }) => {}
            other => panic!("{name}: {other:?}"),
        }
        // A fixed batch has no samples that could meet.
        assert!(graph(|batch| Ok(traced(&[4], *case, batch)), Some(2), &BTreeMap::new()).is_ok(), "{name}");
    }
}

#[test]
fn primitives_of_derivatives_are_named() {
    let case: Case = |x| {
        let table = weight(x, &[5, 4]);
        table.gather(x.convert(DType::I32)).sum().grad(&[table])[0]
    };
    let plain = traced(&[2], case, 3);
    let states = plain.states().map(|(name, ty)| (name.to_string(), Tensor::zeros(ty))).collect();
    let error = graph(|_| Ok(plain.clone()), Some(3), &states).unwrap_err().to_string();
    assert!(error.contains("expected primitives that ONNX has, found `scatter_add`"), "{error}");
}
