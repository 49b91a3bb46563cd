//! Trains every preset for two steps, exports it as ONNX, for PyTorch and for Hugging Face, and writes beside it what the engine makes of the same
//! inputs, for `reference/onnx/check.py`, `torch_check.py` and `reference/hub/check.py`: `cargo run --release -p ganymede-interop --example onnx_reference -- DIR [PRESET …]`.

use ganymede_data::{DataOptions, Dataset, Source, Wish};
use ganymede_gan::phases::{trace_discriminator, trace_generator};
use ganymede_gan::presets::{PRESETS, ask_of_data};
use ganymede_gan::{Sampler, SamplerOptions, Training};
use ganymede_graph::ops::{Distribution, Op};
use ganymede_graph::passes::optimize;
use ganymede_interop::{ExportOptions, Layout, Network, Output, Trained, export, format};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, Numerics, StateLayout};
use ganymede_tensor::{DType, Rng, Tensor};
use std::error::Error;
use std::fs;
use std::path::Path;

/// Samples of each preset.
const COUNT: u64 = 64;
/// Samples that the discriminator judges: ten at a time, some say.
const JUDGED: usize = 60;
/// Width of the networks: what is compared does not depend on it.
const WIDTH: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().ok_or("expected a folder to write into")?;
    let asked: Vec<String> = words.collect();
    for entry in PRESETS.iter().filter(|entry| asked.is_empty() || asked.iter().any(|name| name == entry.name)) {
        let source = match (entry.sample.len(), entry.name) {
            (3, _) => "fashion-mnist",
            (_, "table" | "ctgan" | "marginals" | "copula") => "adult",
            _ => "ring2d",
        };
        let mut options = DataOptions::default();
        ask_of_data(entry.name, &mut options);
        let data = Dataset::open(&Source::parse(source)?, &options, &())?;
        write(Path::new(&folder), entry.name, data).map_err(|error| format!("{}: {error}", entry.name))?;
        println!("{}", entry.name);
    }
    Ok(())
}

fn write(folder: &Path, preset: &str, data: Dataset) -> Result<(), Box<dyn Error>> {
    let place = folder.join(preset);
    fs::create_dir_all(&place)?;
    let training = Training::preset_of_width(preset, Some(WIDTH), data)?.steps(2);
    let run = training.outdir(place.join("runs")).start()?.train()?.run;

    // Fast convolutions differ from sums by up to 1e-5 themselves.
    let backend = CpuBackend::new(CpuOptions { numerics: Numerics::Strict, ..CpuOptions::default() })?;
    let (mut sampler, codec, _) = Sampler::open(&run, SamplerOptions::default(), &backend)?;
    let latents = sampler.latents(0..COUNT)?;
    let mut given = codec.conditions(&Wish::in_turn(), 0..COUNT)?;
    given.retain(|(name, _)| sampler.given().contains(&name.as_str()));
    let samples = sampler.generate(&latents, &given)?;
    codec.write_samples(&place.join("files"), 0..COUNT, 0, &samples)?;

    let trained = Trained::open(&run, None, false)?;
    let graph = optimize(trace_generator(&trained.spec, &codec, COUNT as usize)?);
    let noise = graph.nodes.iter().filter_map(|node| match &node.op {
        Op::Random(op) => Some((op, node.ty.shape.to_vec())),
        _ => None,
    });
    let inputs = place.join("inputs");
    fs::create_dir_all(&inputs)?;
    for (at, (op, shape)) in noise.enumerate() {
        let (each, normal) = (shape[1..].iter().product(), op.distribution == Distribution::Normal);
        let values = (0..COUNT).flat_map(|seed| Rng::fill(seed, op.stream, 0, 0, each, normal)).map(|v| v as f32);
        let name = if at == 0 { "noise".into() } else { format!("noise_{}", at + 1) };
        write_npy(&inputs.join(format!("{name}.npy")), &Tensor::from_f32(shape, values.collect())?)?;
    }
    write_npy(&inputs.join("z.npy"), &latents)?;
    for (name, values) in &given {
        write_npy(&inputs.join(format!("{name}.npy")), values)?;
    }
    write_npy(&place.join("samples.npy"), &samples)?;

    let onnx = format("onnx")?;
    let plain = ExportOptions::default();
    export(&trained, onnx, &plain, &place.join("generator.onnx"), true)?;
    if codec.shape().len() == 3 {
        let mut bytes = ExportOptions::default();
        (bytes.output, bytes.layout) = (Some(Output::Uint8), Some(Layout::Nhwc));
        export(&trained, onnx, &bytes, &place.join("uint8.onnx"), true)?;
    }
    let torch = export(&trained, format("torch")?, &plain, &place.join("torch"), true);
    torch.err().iter().for_each(|error| println!("{preset}: {error}"));
    export(&trained, format("hub")?, &plain, &place.join("hub"), true)?;
    let mut judge = ExportOptions::default();
    judge.network = Some(Network::Discriminator);
    if let Err(error) = export(&trained, onnx, &judge, &place.join("discriminator.onnx"), true) {
        println!("{preset}: {error}");
        judge.batch = Some(JUDGED);
        export(&trained, onnx, &judge, &place.join("discriminator_fixed.onnx"), true)?;
    }
    given.push(("sample".into(), samples));
    write_npy(&place.join("logits.npy"), &logits(&trained, &given, &backend)?)
}

/// What the engine's discriminator says of the first samples.
fn logits(trained: &Trained, given: &[(String, Tensor)], backend: &CpuBackend) -> Result<Tensor, Box<dyn Error>> {
    let graph = trace_discriminator(&trained.spec, &trained.codec, JUDGED)?;
    let name = trained.network(Network::Discriminator);
    let mut store = backend.store(&StateLayout::of_graph(&graph, &name))?;
    let weights = trained.weights(&name)?;
    for entry in store.layout().clone().entries {
        store.write(&entry.name, weights.get(&entry.name).ok_or("expected every weight in the checkpoint")?)?;
    }
    let mut program = backend.load(&graph, store.as_ref())?;
    for (name, values) in given.iter().filter(|(name, _)| graph.inputs().any(|(input, _)| input == name)) {
        program.write(name, &values.rows(0..JUDGED))?;
    }
    program.run(store.as_mut())?;
    Ok(program.read("logits")?)
}

/// An array file of NumPy, version 1.
fn write_npy(path: &Path, tensor: &Tensor) -> Result<(), Box<dyn Error>> {
    let descr = match tensor.dtype() {
        DType::F32 => "<f4",
        DType::I32 => "<i4",
        DType::U32 => "<u4",
        DType::U16 => "<u2",
        DType::U8 => "|u1",
        DType::Bool => "|b1",
    };
    let sizes: String = tensor.shape().iter().map(|size| format!("{size},")).collect();
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(tensor.to_le_bytes());
    Ok(fs::write(path, bytes)?)
}
