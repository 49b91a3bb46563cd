//! What is written: its structure, and its numbers by the naive evaluator.

use crate::common::{generated, images, points};
use crate::evaluator::{Array, run};
use ganymede_interop::onnx::messages::{Dimension, Model};
use ganymede_interop::onnx::{IR_VERSION, OPSET, model};
use ganymede_interop::{ExportOptions, InteropError, Layout, Network, Output, Trained};
use ganymede_tensor::Tensor;
use prost::Message;
use std::collections::HashSet;

fn array(tensor: &Tensor) -> Array {
    Array::new(tensor.shape().to_vec(), tensor.to_f64())
}

/// A model as it is read back from its bytes, its structure checked.
fn read_back(written: &Model) -> Model {
    let read = Model::decode(&written.encode_to_vec()[..]).unwrap();
    assert_eq!(read, *written);
    assert_eq!((read.ir_version, read.opset_import[0].version), (Some(IR_VERSION), Some(OPSET)));
    let graph = read.graph.as_ref().unwrap();
    let mut known: HashSet<&str> = HashSet::new();
    let names =
        graph.initializer.iter().map(|t| t.name.as_deref()).chain(graph.input.iter().map(|i| i.name.as_deref()));
    for name in names {
        assert!(known.insert(name.unwrap()), "{name:?} twice");
    }
    for node in &graph.node {
        assert!(node.input.iter().all(|input| known.contains(input.as_str())), "{node:?} comes before what it takes");
        assert!(node.output.len() == 1 && known.insert(&node.output[0]), "{node:?} makes what is there");
    }
    assert!(graph.output.iter().all(|output| known.contains(output.name.as_deref().unwrap())));
    for tensor in &graph.initializer {
        let width = match tensor.data_type.unwrap() {
            1 => 4,
            7 => 8,
            _ => 1,
        };
        let bytes = tensor.dims.iter().product::<i64>() as usize * width;
        assert_eq!(tensor.raw_data.as_ref().unwrap().len(), bytes, "{:?}", tensor.name);
    }
    read
}

/// Name and sizes of inputs and outputs; the batch is `N`.
fn signature(model: &Model) -> Vec<String> {
    let graph = model.graph.as_ref().unwrap();
    let text = |info: &ganymede_interop::onnx::messages::ValueInfo| {
        let ty = info.ty.as_ref().unwrap().tensor_type.as_ref().unwrap();
        let size = |d: &Dimension| d.dim_param.clone().unwrap_or_else(|| d.dim_value.unwrap().to_string());
        let sizes: Vec<String> = ty.shape.as_ref().unwrap().dim.iter().map(size).collect();
        format!("{} {} ({})", info.name.as_ref().unwrap(), ty.elem_type.unwrap(), sizes.join(","))
    };
    graph.input.iter().chain(&graph.output).map(text).collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// (N, H, W, C) as (N, C, H, W).
fn channels_first(x: &Array) -> Array {
    let [n, h, w, c] = x.shape[..] else { panic!("{:?}", x.shape) };
    let mut data = Vec::with_capacity(x.data.len());
    for sample in 0..n {
        for channel in 0..c {
            data.extend((0..h * w).map(|pixel| x.data[(sample * h * w + pixel) * c + channel]));
        }
    }
    Array::new([n, c, h, w], data)
}

#[test]
fn generators_of_images_give_the_samples_of_the_engine_at_any_batch() {
    for preset in ["dcgan", "quick", "quick_projection", "r3gan", "sngan", "article"] {
        let folder = tempfile::tempdir().unwrap();
        let (trained, latents, given, samples) = generated(&images(folder.path(), preset), 3);
        let written = read_back(&model(&trained, &ExportOptions::default()).unwrap());
        let signature = signature(&written);
        assert!(signature[0].starts_with("z 1 (N,"), "{signature:?}");
        assert_eq!(signature.last().unwrap(), "image 1 (N,1,16,16)", "{preset}");
        assert_eq!(signature.contains(&"label 7 (N)".to_string()), preset == "quick_projection", "{signature:?}");
        let wanted = channels_first(&array(&samples));
        for count in [1, 3] {
            let rows = |tensor: &Tensor| array(&tensor.rows(0..count));
            let mut inputs = vec![("z", rows(&latents))];
            inputs.extend(given.iter().map(|(name, values)| (name.as_str(), rows(values))));
            let made = &run(&written, &inputs)["image"];
            assert_eq!(made.shape, [count, 1, 16, 16]);
            let worst = apart(&made.data, &wanted.data[..made.data.len()]);
            assert!(worst < 1e-5, "{preset}, {count} samples: {worst}");
        }
    }
}

#[test]
fn bytes_are_those_of_the_images_and_layouts_the_order_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (trained, latents, _, samples) = generated(&images(folder.path(), "dcgan"), 2);
    let mut options = ExportOptions::default();
    (options.output, options.layout) = (Some(Output::Uint8), Some(Layout::Nhwc));
    let written = read_back(&model(&trained, &options).unwrap());
    assert_eq!(signature(&written).last().unwrap(), "image 2 (N,16,16,1)");
    let made = &run(&written, &[("z", array(&latents))])["image"].data;
    let bytes: Vec<f64> =
        samples.to_f64().iter().map(|v| ((v + 1.0) * 127.5 + 0.5).floor().clamp(0.0, 255.0)).collect();
    let differ = made.iter().zip(&bytes).filter(|(a, b)| a != b).count();
    assert!(differ <= 1 && apart(made, &bytes) <= 1.0, "{differ} differ");

    options.output = Some(Output::Unit);
    let made = &run(&read_back(&model(&trained, &options).unwrap()), &[("z", array(&latents))])["image"].data;
    let unit: Vec<f64> = samples.to_f64().iter().map(|v| v / 2.0 + 0.5).collect();
    assert!(apart(made, &unit) < 1e-5);
}

#[test]
fn facts_say_what_the_numbers_mean() {
    let folder = tempfile::tempdir().unwrap();
    let run = images(folder.path(), "dcgan");
    let written = model(&Trained::open(&run, None, false).unwrap(), &ExportOptions::default()).unwrap();
    let fact = |key: &str| {
        let found = written.metadata_props.iter().find(|fact| fact.key.as_deref() == Some(key));
        found.and_then(|fact| fact.value.clone()).unwrap_or_else(|| panic!("no {key}"))
    };
    assert_eq!((fact("range"), fact("classes")), ("[0.0,255.0]".into(), r#"["a","b"]"#.into()));
    assert_eq!((fact("latent"), fact("step"), fact("layout")), ("standard normal".into(), "1".into(), "nchw".into()));
    assert_eq!((fact("network"), fact("output")), ("generator_ema".into(), "signed".into()));
    let last = model(&Trained::open(&run, None, true).unwrap(), &ExportOptions::default()).unwrap();
    assert_ne!(last.graph, written.graph, "the last weights are not the averaged ones");
}

#[test]
fn points_have_no_layout_and_no_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (trained, latents, _, samples) = generated(&points(folder.path(), "mlp"), 3);
    let written = read_back(&model(&trained, &ExportOptions::default()).unwrap());
    assert_eq!(signature(&written).last().unwrap(), "sample 1 (N,2)");
    let made = &run(&written, &[("z", array(&latents))])["sample"];
    assert!(apart(&made.data, &samples.to_f64()) < 1e-5);
    let mut options = ExportOptions::default();
    options.layout = Some(Layout::Nhwc);
    let error = model(&trained, &options).unwrap_err().to_string();
    assert!(error.contains("--layout: expected images"), "{error}");
    (options.layout, options.output) = (None, Some(Output::Uint8));
    let error = model(&trained, &options).unwrap_err().to_string();
    assert!(error.contains("--output uint8: expected images"), "{error}");
}

#[test]
fn discriminators_judge_images_in_either_layout() {
    let folder = tempfile::tempdir().unwrap();
    let (trained, _, _, samples) = generated(&images(folder.path(), "dcgan"), 2);
    let mut options = ExportOptions::default();
    options.network = Some(Network::Discriminator);
    let written = read_back(&model(&trained, &options).unwrap());
    assert_eq!(signature(&written), ["image 1 (N,1,16,16)", "logits 1 (N,1)"]);
    let first = &run(&written, &[("image", channels_first(&array(&samples)))])["logits"];
    options.layout = Some(Layout::Nhwc);
    let last = &run(&read_back(&model(&trained, &options).unwrap()), &[("image", array(&samples))])["logits"];
    assert!(first.data.iter().all(|v| v.is_finite() && *v != 0.0) && apart(&first.data, &last.data) < 1e-9);
}

#[test]
fn what_mixes_samples_wants_a_fixed_batch() {
    let folder = tempfile::tempdir().unwrap();
    let run = images(folder.path(), "dcgan");
    let mut trained = Trained::open(&run, None, false).unwrap();
    // Before the last layer, which is a Flatten, the statistic changes no weights.
    let layer = serde_json::from_str(r#"{"class_name": "ganymede>MinibatchStddev", "name": "spread"}"#).unwrap();
    let layers = &mut trained.spec.networks.get_mut("discriminator").unwrap().layers;
    layers.insert(layers.len() - 1, layer);
    let mut options = ExportOptions::default();
    options.network = Some(Network::Discriminator);
    let error = model(&trained, &options).unwrap_err();
    assert!(matches!(error, InteropError::MixesSamples { .. }), "{error}");
    assert!(error.to_string().contains("mixes the samples of a batch: export with a fixed batch"), "{error}");
    assert!(error.hint().unwrap().contains("--batch N"), "{error}");
    options.batch = Some(4);
    assert!(signature(&read_back(&model(&trained, &options).unwrap()))[0].starts_with("image 1 (4,"));
}
