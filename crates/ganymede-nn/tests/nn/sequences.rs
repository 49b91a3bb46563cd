//! What Keras's numbers do not cover of recurrent layers and attention: first values, dropout, what is refused.

use super::common::{first_states, run, trace};
use ganymede_graph::{Array, Builder};
use ganymede_nn::layers::{
    Bidirectional, CategoryEncoding, Dense, GRU, LSTM, MultiHeadAttention, Resizing, SimpleRNN, SpectralNormalization,
    TimeDistributed,
};
use ganymede_nn::{Layer, Mode, Scope};
use ganymede_tensor::{Rng, TensorType};
use std::collections::{BTreeMap, HashMap};

/// The message and hint of the only error on inputs of these shapes.
fn texts(layer: &dyn Layer, shapes: &[&[usize]]) -> (String, String) {
    let builder = Builder::new("f");
    let scope = Scope::root(&builder, "critic", Mode::Train).child("layer");
    let named = |(at, shape): (usize, &&[usize])| builder.input(&at.to_string(), TensorType::f32(*shape));
    let inputs: Vec<_> = shapes.iter().enumerate().map(named).collect();
    {
        let _guard = scope.enter();
        layer.build(&scope, &inputs);
    }
    let errors = builder.take_errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    (errors[0].message.clone(), errors[0].hint.clone().unwrap_or_default())
}

#[test]
fn the_gate_that_forgets_is_open_at_first() {
    let bias = |layer: &dyn Layer| {
        let ty = TensorType::f32([2, 3, 4]);
        let traced = trace(Mode::Train, &[ty], |scope, x| layer.build(scope, x)).unwrap();
        first_states(&traced.parameters)["layer/lstm_cell/bias"].data.clone()
    };
    assert_eq!(bias(&LSTM::new(2)), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(bias(&LSTM::new(1).bias_initializer("ones").unit_forget_bias(false)), [1.0; 4]);
    let mixed = bias(&LSTM::new(1).bias_initializer("random_normal"));
    assert!(mixed[1] == 1.0 && mixed[0] != mixed[2] && mixed[0] != 0.0, "{mixed:?}");
}

/// A linear layer whose kernel is 1 and whose recurrent kernel is 0 shows its inputs: a channel of a sample is dropped at all steps.
#[test]
fn inputs_are_dropped_at_all_steps_alike() {
    let layer = SimpleRNN::new(40).activation("linear").dropout(0.25).return_sequences(true);
    let ty = TensorType::f32([50, 3, 40]);
    let traced = trace(Mode::Train, std::slice::from_ref(&ty), |scope, x| layer.build(scope, x)).unwrap();
    let identity = (0..40 * 40).map(|i| f64::from(u8::from(i % 41 == 0))).collect();
    let mut states = BTreeMap::from([
        ("layer/simple_rnn_cell/kernel".to_string(), Array::new([40, 40], identity)),
        ("layer/simple_rnn_cell/recurrent_kernel".to_string(), Array::new([40, 40], vec![0.0; 1600])),
        ("layer/simple_rnn_cell/bias".to_string(), Array::new([40], vec![0.0; 40])),
    ]);
    let ones = Array { data: vec![1.0; ty.elements()], ty };
    let given = HashMap::from([("input0".to_string(), ones.clone()), ("cotangent0".to_string(), ones)]);
    let y = run(&traced.graph, &given, &mut states)["output0"].data.clone();
    let mut dropped = 0;
    for sample in y.chunks_exact(3 * 40) {
        for channel in 0..40 {
            let steps = [sample[channel], sample[40 + channel], sample[80 + channel]];
            assert!(steps.iter().all(|v| *v == steps[0] && (*v == 0.0 || (v - 4.0 / 3.0).abs() < 1e-12)), "{steps:?}");
            dropped += usize::from(steps[0] == 0.0);
        }
    }
    assert!((400..600).contains(&dropped), "{dropped} of 2000"); // standard error 19
}

/// Shares that are dropped are 0 and the others larger: with values of 1, a head gives a multiple of 1/(S·0.5).
#[test]
fn shares_of_attention_are_dropped() {
    let layer = MultiHeadAttention::new(1, 1).dropout(0.5).use_bias(false);
    let types = [TensorType::f32([30, 4, 1]), TensorType::f32([30, 8, 1])];
    let traced = trace(Mode::Train, &types, |scope, x| layer.build(scope, x)).unwrap();
    let mut states: BTreeMap<String, Array> = traced
        .parameters
        .iter()
        .map(|p| {
            let value = f64::from(u8::from(p.name.contains("value") || p.name.contains("attention_output")));
            (p.name.clone(), Array::new(p.shape.clone(), vec![value; p.shape.elements()]))
        })
        .collect();
    let mut rng = Rng::new(1, 1);
    let ones = |ty: &TensorType| Array { ty: ty.clone(), data: vec![1.0; ty.elements()] };
    let mut query = ones(&types[0]);
    query.data.iter_mut().for_each(|v| *v = rng.normal());
    let given = HashMap::from([
        ("input0".to_string(), query),
        ("input1".to_string(), ones(&types[1])),
        ("cotangent0".to_string(), ones(&types[0])),
    ]);
    let y = run(&traced.graph, &given, &mut states)["output0"].data.clone();
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    assert!(y.iter().all(|v| ((v * 4.0).round() - v * 4.0).abs() < 1e-9) && y.iter().any(|v| *v != y[0]), "{y:?}");
    assert!((mean - 1.0).abs() < 0.16, "{mean}"); // standard error 0.032
}

#[test]
fn errors_say_what_where_and_what_to_do() {
    let (message, hint) = texts(&LSTM::new(3), &[&[2, 5]]);
    assert_eq!(message, "expected an input of 3 axes (batch, steps, channels), found (2, 5)");
    assert_eq!(hint, "put a Reshape layer in front of it: (steps, channels)");
    let (message, hint) = texts(&GRU::new(3), &[&[2, 4000, 1]]);
    assert_eq!(message, "expected from 1 to 1024 steps, found 4000");
    assert!(hint.contains("Conv1D"), "{hint}");
    let (message, _) = texts(&SimpleRNN::new(0), &[&[2, 4, 1]]);
    assert_eq!(message, "expected units from 1 to 16777216, found 0");
    let (message, hint) = texts(&SpectralNormalization::new(LSTM::new(3)), &[&[2, 4, 1]]);
    assert_eq!(message, "expected a layer whose kernel is the matrix that it multiplies with, found `LSTM`");
    assert!(hint.contains("SelfAttention2D"), "{hint}");

    let (message, _) = texts(&Bidirectional::new(Dense::new(2)), &[&[2, 4, 1]]);
    assert_eq!(message, "expected an LSTM, a GRU or a SimpleRNN, found `Dense`");
    let (message, hint) = texts(&Bidirectional::new(GRU::new(2).go_backwards(true)), &[&[2, 4, 1]]);
    assert_eq!(message, "expected a layer that begins with the first step, found go_backwards = true");
    assert!(hint.contains("remove it"), "{hint}");
    let (message, _) = texts(&TimeDistributed::new(Dense::new(2)), &[&[2, 4]]);
    assert_eq!(message, "expected an input (batch, steps, …) of at least 3 axes, found (2, 4)");

    let attention = MultiHeadAttention::new(2, 3);
    let (message, hint) = texts(&attention, &[&[2, 4, 3]]);
    assert_eq!(message, "expected two or three inputs, query, value and key, found 1");
    assert!(hint.contains("inputs"), "{hint}");
    let (message, _) = texts(&attention, &[&[2, 4, 3], &[2, 5, 3], &[2, 6, 3]]);
    assert!(message.ends_with("found (2, 4, 3), (2, 5, 3) and (2, 6, 3)"), "{message}");
    let (message, _) = texts(&attention.clone().attention_axes([1]), &[&[2, 4, 4, 3], &[2, 4, 4, 3]]);
    assert_eq!(message, "expected attention over all axes between batch and channels, found axes [1]");

    let (message, hint) = texts(&CategoryEncoding::new(4), &[&[7]]);
    assert!(message.starts_with("expected numbers (batch, n), found"), "{message}");
    assert_eq!(hint, "set output_mode = \"one_hot\" for one number a sample");
    let (message, _) = texts(&Resizing::new(0, 3), &[&[1, 2, 2, 1]]);
    assert!(message.starts_with("expected height and width from 1 to 8192"), "{message}");
    let (message, _) = texts(&SpectralNormalization::new(Dense::new(0)), &[&[1, 2]]);
    assert_eq!(message, "expected units of at least 1, found 0");
}

/// What programs of Keras write and what does not exist here is refused with what to do; zeros of either kind are zeros.
#[test]
fn arguments_without_a_meaning_here_are_refused() {
    let read = |text: &str| serde_json::from_str::<ganymede_nn::LayerConfig>(text).unwrap().layer();
    assert!(read(r#"{"class_name": "LSTM", "units": 3, "recurrent_dropout": 0, "stateful": false}"#).is_ok());
    for (argument, value) in [("recurrent_dropout", "0.2"), ("return_state", "true"), ("stateful", "true")] {
        let text = format!(r#"{{"class_name": "GRU", "units": 3, "{argument}": {value}}}"#);
        let errors = read(&text).unwrap_err();
        assert!(
            errors.len() == 1 && errors[0].to_string().contains(argument) && errors[0].hint().is_some(),
            "{errors:?}"
        );
    }
    let text = r#"{"class_name": "Resizing", "height": 4, "width": 4, "crop_to_aspect_ratio": true}"#;
    assert!(read(text).unwrap_err()[0].hint().unwrap().contains("Cropping2D"));
}
