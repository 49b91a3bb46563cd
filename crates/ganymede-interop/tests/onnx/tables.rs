//! Rows of a table: noise that choices are made with is an input, and every column is an output.

use crate::common::generated;
use crate::evaluator::{Array, run};
use ganymede_data::{DataOptions, Dataset, Source};
use ganymede_gan::Training;
use ganymede_gan::phases::trace_generator;
use ganymede_graph::ops::{Distribution, Op};
use ganymede_graph::passes::optimize;
use ganymede_interop::ExportOptions;
use ganymede_interop::onnx::model;
use ganymede_tensor::Rng;
use std::fmt::Write;

const COUNT: usize = 4;

#[test]
fn rows_and_their_columns_are_those_of_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    let mut text = String::from("height,colour,age\n");
    for i in 0..200 {
        let colour = ["red", "green", "blue"][i * 7 % 5 % 3];
        writeln!(text, "{:.2},{colour},{}", 1.5 + (i as f64 * 0.7).sin() / 4.0, 20 + i % 7).unwrap();
    }
    std::fs::write(&file, text).unwrap();
    let source = Source::parse(file.display().to_string()).unwrap();
    let data = Dataset::open(&source, &DataOptions::default(), &()).unwrap();
    let training = Training::preset_of_width("table", Some(8), data).unwrap().batch(10).steps(1);
    let run_folder = training.outdir(folder.path().join("runs")).start().unwrap().train().unwrap().run;
    let (trained, latents, given, samples) = generated(&run_folder, COUNT as u64);
    assert!(given.is_empty(), "nothing was asked to be the target");

    let graph = optimize(trace_generator(&trained.spec, &trained.codec, COUNT).unwrap());
    let mut noise = Vec::new();
    for node in &graph.nodes {
        if let Op::Random(op) = &node.op {
            let (each, normal) = (node.ty.elements() / COUNT, op.distribution == Distribution::Normal);
            let values = (0..COUNT as u64).flat_map(|seed| Rng::fill(seed, op.stream, 0, 0, each, normal));
            noise.push(Array::new(node.ty.shape.to_vec(), values.collect()));
        }
    }
    let written = model(&trained, &ExportOptions::default()).unwrap();
    let messages = written.graph.as_ref().unwrap();
    let names: Vec<&str> = messages.output.iter().map(|output| output.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["row", "height", "colour", "age"]);
    let asked: Vec<String> = messages.input.iter().map(|input| input.name.clone().unwrap()).collect();
    assert_eq!(asked.len(), 1 + noise.len(), "{asked:?}");
    assert!(!noise.is_empty() && asked.contains(&"noise".to_string()), "{asked:?}");

    let mut inputs = vec![("z", Array::new(latents.shape().to_vec(), latents.to_f64()))];
    let of_noise: Vec<&String> = asked.iter().filter(|name| name.starts_with("noise")).collect();
    inputs.extend(of_noise.into_iter().map(String::as_str).zip(noise));
    let made = run(&written, &inputs);
    let worst = made["row"].data.iter().zip(samples.to_f64()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-5, "{worst}");
    let width: usize = ["height", "colour", "age"].iter().map(|name| made[*name].shape[1]).sum();
    assert_eq!((made["row"].shape[1], made["colour"].shape[1]), (width, 3));
    for sample in 0..COUNT {
        let choice = &made["colour"].data[3 * sample..3 * sample + 3];
        assert_eq!(choice.iter().sum::<f64>(), 1.0, "{choice:?} is a choice");
    }
}
