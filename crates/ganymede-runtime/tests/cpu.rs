//! What the CPU backend promises beyond the behaviour of every backend: no allocation in a run, updates in place,
//! limits on memory, times of kernels.

#[path = "suite/models.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod models;
#[path = "suite/support.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod support;

use ganymede_runtime::{Backend, CpuBackend, CpuOptions, Program, RuntimeError, StateLayout, Store};
use ganymede_tensor::{DType, TensorType};
use models::small_gan;
use support::{graph, load, sample};

fn cpu(memory_limit: Option<usize>) -> CpuBackend {
    CpuBackend::new(CpuOptions { threads: 2, memory_limit, ..CpuOptions::default() }).unwrap()
}

/// The small GAN with everything written.
fn loaded(backend: &dyn Backend) -> (Box<dyn Store>, Box<dyn Program>) {
    let (mut store, mut program) = load(backend, &graph("small_gan", small_gan));
    for (at, entry) in store.layout().entries.clone().iter().enumerate() {
        store.write(&entry.name, &sample(&entry.ty, at as u32)).unwrap();
    }
    for (at, spec) in program.inputs().to_vec().iter().enumerate() {
        program.write(&spec.name, &sample(&spec.ty, at as u32)).unwrap();
    }
    (store, program)
}

#[test]
fn a_run_allocates_nothing() {
    for threads in [1, 2] {
        let backend = CpuBackend::new(CpuOptions { threads, ..CpuOptions::default() }).unwrap();
        let (mut store, mut program) = loaded(&backend);
        let real = sample(&TensorType::f32([4, 8, 8, 2]), 9);
        program.run(store.as_mut()).unwrap();
        let counted = allocation_counter::measure(|| {
            for draw in 0..1000 {
                program.write("real", &real).unwrap();
                program.write_scalar("draw", f64::from(draw)).unwrap();
                program.run(store.as_mut()).unwrap();
            }
        });
        assert_eq!(counted.count_total, 0, "{threads} threads");
    }
}

#[test]
fn states_are_updated_in_place() {
    let (_, program) = loaded(&cpu(None));
    let copies: Vec<&str> = program.kernels().iter().map(|k| k.name.as_str()).filter(|n| n.contains("copy")).collect();
    assert_eq!(copies, Vec::<&str>::new());
}

#[test]
fn a_chain_needs_the_memory_of_one_value() {
    let elements = 100_000;
    let chain = graph("chain", |b| {
        let mut x = b.input("x", TensorType::f32([elements]));
        for _ in 0..10 {
            // The sum keeps the next step from being computed together with this one.
            x = (x - x.sum()).tanh();
        }
        b.output("y", x);
    });
    let (_, program) = load(&cpu(None), &chain);
    let memory = program.memory();
    assert_eq!(memory.fixed_bytes, 2 * 4 * elements, "the input and the output");
    assert!(memory.arena_bytes < 5 * 4 * elements / 4, "{memory:?}");
}

#[test]
fn programs_share_one_arena() {
    let backend = cpu(None);
    let (_store, program) = loaded(&backend);
    let before = backend.memory_in_use();
    let (_other_store, _other) = loaded(&backend);
    let memory = program.memory();
    let states = StateLayout::of_graph(&graph("small_gan", small_gan), "states");
    let aligned: usize = states.entries.iter().map(|e| e.ty.bytes().next_multiple_of(64)).sum();
    assert_eq!(before, memory.arena_bytes + memory.fixed_bytes + aligned);
    assert_eq!(backend.memory_in_use() - before, memory.fixed_bytes + aligned);
}

#[test]
fn a_plan_beyond_the_limit_is_refused_before_anything_runs() {
    let (needed, graph) = {
        let backend = cpu(None);
        let _loaded = loaded(&backend);
        (backend.memory_in_use(), graph("small_gan", small_gan))
    };
    let layout = StateLayout::of_graph(&graph, "states");
    let enough = cpu(Some(needed));
    let store = enough.store(&layout).unwrap();
    assert!(enough.load(&graph, store.as_ref()).is_ok());
    let backend = cpu(Some(needed - 1));
    let store = backend.store(&layout).unwrap();
    let error = backend.load(&graph, store.as_ref()).err().unwrap();
    assert!(matches!(error, RuntimeError::MemoryLimit { limit, .. } if limit == needed - 1), "{error}");
    assert!(error.to_string().starts_with("program `small_gan` needs "), "{error}");
    assert_eq!(error.hint().unwrap(), "use a smaller batch or resolution, or allow more memory");
    let mut more = StateLayout::default();
    more.push("huge", TensorType::f32([1 << 30, 1 << 20]), "more");
    let mut store = cpu(None).store(&layout).unwrap();
    let error = store.extend(&more).unwrap_err();
    assert_eq!(error.to_string(), "the store: cannot allocate 4503599627370496 bytes");
    assert_eq!(store.layout(), &layout);
}

#[test]
fn a_graph_beyond_any_memory_is_refused() {
    for shape in [[1 << 40, 1 << 20], [usize::MAX, 2], [1 << 60, 1 << 60]] {
        let graph = graph("huge", |b| {
            let x = b.scalar("x");
            let _scope = b.enter("layer");
            b.output("y", x.broadcast(shape, &[]).exp());
        });
        let backend = cpu(None);
        let store = backend.store(&StateLayout::default()).unwrap();
        let error = backend.load(&graph, store.as_ref()).err().unwrap();
        assert!(matches!(error, RuntimeError::Memory { .. }), "{error}");
        assert!(error.to_string().starts_with("program `huge`, layer, a value of type f32["), "{error}");
    }
}

#[test]
fn a_program_runs_over_its_own_store_only() {
    let backend = cpu(None);
    let (mut store, mut program) = loaded(&backend);
    let (mut other, _) = loaded(&backend);
    assert!(matches!(program.run(other.as_mut()), Err(RuntimeError::OtherStore { .. })));
    program.run(store.as_mut()).unwrap();
}

#[test]
fn a_store_is_extended_a_few_times_and_says_so() {
    let mut store = cpu(None).store(&StateLayout::default()).unwrap();
    let mut extend = |i: usize| {
        let mut more = StateLayout::default();
        more.push(format!("s{i}"), TensorType::new(DType::U8, [3]), "g");
        store.extend(&more)
    };
    let limit = (0..).find(|&i| extend(i).is_err()).unwrap();
    assert!(matches!(extend(limit), Err(RuntimeError::Extensions { limit: found }) if found == limit));
    assert!(limit >= 8);
}

#[test]
fn kernels_are_described_and_timed() {
    let (mut store, mut program) = loaded(&cpu(None));
    assert!(program.times().is_empty());
    program.run(store.as_mut()).unwrap();
    program.profile(true);
    for _ in 0..3 {
        program.run(store.as_mut()).unwrap();
    }
    assert_eq!(program.times().len(), program.kernels().len());
    assert!(program.times().iter().all(|time| time.runs == 3));
    for (at, time) in program.times().iter().enumerate() {
        let spans: Vec<_> = program.spans().iter().filter(|span| span.kernel == at).collect();
        assert_eq!(spans.iter().map(|span| span.time).sum::<std::time::Duration>(), time.total);
        assert!(spans.windows(2).all(|two| two[0].start + two[0].time <= two[1].start));
    }
    program.profile(false);
    program.run(store.as_mut()).unwrap();
    assert!(program.times().iter().all(|time| time.runs == 3));
    let kernels = program.kernels();
    let forward = kernels.iter().find(|k| k.name.split(' ').next() == Some("conv")).unwrap();
    assert!(forward.flops >= 2 * 4 * 16 * 5 * 9 * 2 && forward.bytes > 4 * (512 + 90), "{forward:?}");
    assert!(kernels.iter().map(|k| k.flops).sum::<u64>() >= program.flops());
    let chosen = (forward.algorithm.as_deref(), forward.reason.as_deref());
    assert_eq!(chosen, (Some("direct"), Some("2 input channels are fewer than 16")));
    let missed = program.missed_fusions();
    assert!(!missed.is_empty() && missed.is_sorted_by_key(|m| std::cmp::Reverse(m.bytes)), "{missed:?}");
}
