//! Whole training steps: what a trainer loads and runs.

use super::models::{Parameters, small_gan, wide_gan};
use super::support::{agree, close, graph, load, on_every_backend, sample};
use ganymede_graph::{Array, Builder, Expr};
use ganymede_kernels::isa::Isa;
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, Program, Store};
use ganymede_tensor::{DType, TensorType};

fn generator<'g>(b: &'g Builder) -> (Expr<'g>, Parameters<'g>) {
    let mut p = Parameters::new(b);
    let h = p.dense("g/0", b.input("z", TensorType::f32([8, 4])), 12).tanh();
    (p.dense("g/1", h, 6), p)
}

fn discriminator<'g>(p: &mut Parameters<'g>, x: Expr<'g>) -> Expr<'g> {
    let h = p.dense("d/0", x, 10).tanh();
    p.dense("d/1", h, 1)
}

fn d_step<'g>(b: &'g Builder, fake: Expr<'g>) {
    let mut p = Parameters::new(b);
    let real = discriminator(&mut p, b.input("real", TensorType::f32([8, 6])));
    let fake = discriminator(&mut p, fake.stop_gradient());
    p.descend((-real).softplus().mean() + fake.softplus().mean());
}

fn g_step<'g>(b: &'g Builder, fake: Expr<'g>, p: &Parameters<'g>) {
    let verdict = discriminator(&mut Parameters::new(b), fake);
    p.descend((-verdict).softplus().mean());
}

fn fill(store: &mut dyn Store) {
    for (at, entry) in store.layout().entries.clone().iter().enumerate() {
        store.write(&entry.name, &sample(&entry.ty, at as u32)).unwrap();
    }
}

fn feed(program: &mut dyn Program) {
    for spec in program.inputs().to_vec() {
        match spec.scalar {
            true if spec.ty.dtype == DType::U32 => program.write_scalar(&spec.name, 1.0).unwrap(),
            true => program.write_scalar(&spec.name, 0.25).unwrap(),
            false => program.write(&spec.name, &sample(&spec.ty, spec.name.len() as u32)).unwrap(),
        }
    }
}

/// D is updated first, and G's gradient goes through the new D.
#[test]
fn the_joined_step_is_the_two_steps_apart() {
    let joined = graph("d+g", |b| {
        let (fake, p) = generator(b);
        d_step(b, fake);
        g_step(b, fake, &p);
    });
    let d = graph("d", |b| d_step(b, generator(b).0));
    let g = graph("g", |b| {
        let (fake, p) = generator(b);
        g_step(b, fake, &p);
    });
    on_every_backend(|backend| {
        let (mut one, mut together) = load(backend, &joined);
        let mut two = backend.store(one.layout()).unwrap();
        let mut apart = [&d, &g].map(|graph| backend.load(graph, two.as_ref()).unwrap());
        fill(one.as_mut());
        fill(two.as_mut());
        apart.iter_mut().chain([&mut together]).for_each(|program| feed(program.as_mut()));
        for _ in 0..3 {
            together.run(one.as_mut()).unwrap();
            for program in &mut apart {
                program.run(two.as_mut()).unwrap();
                for spec in program.outputs() {
                    let expected = Array::from(&program.read(&spec.name).unwrap());
                    let context = format!("{}, output {}", backend.name(), spec.name);
                    close(&context, &expected, &together.read(&spec.name).unwrap());
                }
            }
            for entry in &one.layout().entries {
                let expected = Array::from(&two.read(&entry.name).unwrap());
                close(&format!("{}, state {}", backend.name(), entry.name), &expected, &one.read(&entry.name).unwrap());
            }
        }
    });
}

#[test]
fn a_small_gan() {
    agree("small_gan", small_gan);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let graph = graph("wide_gan", wide_gan);
    let states_after = |backend: &dyn Backend| {
        let (mut store, mut program) = load(backend, &graph);
        fill(store.as_mut());
        feed(program.as_mut());
        let before = store.read("g/k").unwrap();
        for step in 0..3 {
            program.write_scalar("draw", f64::from(step)).unwrap();
            program.run(store.as_mut()).unwrap();
        }
        assert_ne!(store.read("g/k").unwrap(), before, "the update was not applied");
        let names = store.layout().entries.iter().map(|entry| entry.name.clone());
        names.map(|name| store.read(&name).unwrap().to_le_bytes()).collect::<Vec<_>>()
    };
    for isa in Isa::available() {
        let cpu = |threads| CpuBackend::new(CpuOptions { threads, isa, ..CpuOptions::default() }).unwrap();
        let first = states_after(&cpu(1));
        for threads in 2..=4 {
            assert!(states_after(&cpu(threads)) == first, "{}: {threads} threads", isa.name());
        }
    }
}
