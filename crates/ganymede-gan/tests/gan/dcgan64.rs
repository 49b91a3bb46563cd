//! The gradients of both losses of the preset `dcgan` at 64 × 64 × 3, batch 8, on the CPU backend, with parameters and
//! batches by the formula of `benches/peers/gradients_dcgan64.py`.

use ganymede_data::Codec;
use ganymede_gan::phases::trace;
use ganymede_gan::presets::{PresetInput, preset_for};
use ganymede_gan::spec::Update;
use ganymede_graph::ops::{Input, Op};
use ganymede_nn::LayerConfig;
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, Numerics, StateLayout};
use ganymede_tensor::{Tensor, TensorType};

const BATCH: usize = 8;
const REAL: u32 = 1000;
const LATENTS: u32 = 1001;
const DRAW: u32 = 10_000;

/// Number i of stream `salt`, in (−1, 1).
pub fn value(salt: u32, i: usize) -> f64 {
    let mut h = (i as u32).wrapping_mul(0x9E37_79B1).wrapping_add(salt.wrapping_mul(0x85EB_CA77));
    h ^= h >> 16;
    h = h.wrapping_mul(0x7FEB_352D);
    h ^= h >> 15;
    h = h.wrapping_mul(0x846C_A68B);
    h ^= h >> 16;
    (f64::from(h >> 8) + 0.5) / f64::from(1 << 23) - 1.0
}

fn tensor(salt: u32, shape: &[usize], scale: f64, offset: f64) -> Tensor {
    let count = shape.iter().product();
    let values = (0..count).map(|i| (value(salt, i) * (scale * 3f64.sqrt()) + offset) as f32).collect();
    Tensor::from_f32(shape, values).unwrap()
}

/// The networks' activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // The test takes one, the bench both.
pub enum Kind {
    /// ReLU and LeakyReLU, as the preset has them.
    Preset,
    /// ELU instead, whose derivative does not jump where rounding turns a sign.
    Elu,
}

/// The gradient of every trained parameter by its name, the discriminator's by its loss and the generator's by its own;
/// `draw` says which numbers the formula gives.
pub fn gradients(kind: Kind, draw: u32, numerics: Numerics) -> Vec<(String, Vec<f32>)> {
    let shape = vec![64, 64, 3];
    let mut spec = preset_for("dcgan", &PresetInput::of(shape.clone())).unwrap();
    spec.train.batch = BATCH;
    // Both gradients at the same parameters.
    spec.train.update = Update::Simultaneous;
    spec.ema = None;
    for layer in spec.networks.values_mut().flat_map(|network| &mut network.layers) {
        if kind == Kind::Elu && matches!(layer.class_name.as_str(), "ReLU" | "LeakyReLU") {
            *layer = LayerConfig { class_name: "Activation".into(), ..LayerConfig::default() };
            layer.arguments.insert("activation".into(), "elu".into());
        }
    }
    let first = DRAW * draw;
    let codec = Codec::stand_in(TensorType::f32(shape), [-1.0, 1.0], Vec::new());
    let traced = trace(&spec, &codec).unwrap();
    let [program] = &traced.groups[0].programs[..] else { panic!("both phases share their fakes") };
    let mut graph = program.graph.clone();
    let random: Vec<_> = graph.nodes.iter_mut().filter(|node| matches!(node.op, Op::Random(_))).collect();
    let [latent] = random.try_into().unwrap_or_else(|_| panic!("the latents, and no other noise"));
    latent.op = Op::Input(Input { name: "latent".into(), scalar: false });
    latent.inputs.clear();

    let backend = CpuBackend::new(CpuOptions { threads: 2, numerics, ..CpuOptions::default() }).unwrap();
    let mut store = backend.store(&StateLayout::of_graph(&graph, "states")).unwrap();
    let networks = ["discriminator", "generator"].map(|name| &traced.parameters[name]);
    let trained: Vec<_> = networks.into_iter().flatten().filter(|p| p.trainable).collect();
    for (salt, parameter) in trained.iter().enumerate() {
        let offset = if parameter.name.ends_with("gamma") { 1.0 } else { 0.0 };
        store.write(&parameter.name, &tensor(first + salt as u32, &parameter.shape, 0.02, offset)).unwrap();
    }
    let mut step = backend.load(&graph, store.as_ref()).unwrap();
    for input in step.inputs().to_vec() {
        match input.name.as_str() {
            "real" => step.write("real", &tensor(first + REAL, &input.ty.shape, 1.0 / 3f64.sqrt(), 0.0)).unwrap(),
            "latent" => step.write("latent", &tensor(first + LATENTS, &input.ty.shape, 1.0, 0.0)).unwrap(),
            name if name.ends_with("/weight") => step.write_scalar(name, 1.0).unwrap(),
            name => step.write(name, &Tensor::zeros(&input.ty)).unwrap(),
        }
    }
    let mut share = 0.0;
    for phase in &program.phases {
        for (name, number) in phase.optimizer.scalars(0) {
            step.write_scalar(&format!("{}/{name}", phase.name), number).unwrap();
            share = if name == "one_minus_beta_1" { number as f32 } else { share };
        }
    }
    step.run(store.as_mut()).unwrap();
    // Adam's first momentum is (1 − beta_1) times the gradient, here an exact half of it.
    assert_eq!(share, 0.5);
    let gradient = |name: &String| {
        let phase = &name[..1];
        let momentum = store.read(&format!("{phase}/momentum/{name}")).unwrap();
        momentum.as_f32().unwrap().iter().map(|m| m / share).collect()
    };
    trained.iter().map(|p| (p.name.clone(), gradient(&p.name))).collect()
}
