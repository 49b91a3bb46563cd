//! States: what a run reads, what it leaves, and what nobody may see in between.

use super::support::{agree, graph, load, on_every_backend, tensor};
use ganymede_graph::concat;
use ganymede_runtime::{StateLayout, Store};
use ganymede_tensor::{DType, Tensor, TensorType};

fn vector(b: &ganymede_graph::Builder, name: &str) -> u32 {
    b.state(name, TensorType::f32([3])).id().0
}

fn read(store: &dyn Store, name: &str) -> Vec<f32> {
    store.read(name).unwrap().as_f32().unwrap().to_vec()
}

#[test]
fn a_read_after_an_assign_sees_the_new_value() {
    agree("assign", |b| {
        let (w, x) = (b.state("w", TensorType::f32([40])), b.input("x", TensorType::f32([40])));
        b.output("before", w * 2.0);
        b.assign("w", w - x * 0.1);
        let new = b.state("w", TensorType::f32([40]));
        b.output("after", new * 2.0);
        b.assign("w", new.tanh());
        b.output("last", b.state("w", TensorType::f32([40])));
    });
}

#[test]
fn readers_of_the_old_value_come_before_the_update() {
    agree("late_reader", |b| {
        let w = b.state("w", TensorType::f32([10, 10]));
        let x = b.input("x", TensorType::f32([10, 10]));
        b.assign("w", w + x);
        // These read the old value although they were built after the update; one of them twice removed.
        b.output("old_sum", w.sum_axes(&[0]));
        b.output("old_product", x.matmul(w).matmul(w));
        b.output("old_transposed", w.transpose(&[1, 0]));
    });
}

#[test]
fn updates_that_read_other_elements_of_the_old_value() {
    agree("moved", |b| {
        let ty = || TensorType::f32([6, 6]);
        let (a, c, d, e) = (b.state("a", ty()), b.state("c", ty()), b.state("d", ty()), b.state("e", ty()));
        b.assign("a", a.transpose(&[1, 0]));
        b.assign("c", c.reverse(&[0]) * 2.0);
        b.assign("d", d.slice_axis(0, 0..1).broadcast_to([6, 6]) + d);
        b.assign("e", e.matmul(e));
    });
}

#[test]
fn a_queue_that_shifts() {
    agree("queue", |b| {
        let (queue, x) = (b.state("queue", TensorType::f32([4, 5])), b.input("x", TensorType::f32([1, 5])));
        b.assign("queue", concat(&[queue.slice_axis(0, 1..4), x], 0));
    });
}

#[test]
fn two_states_change_places() {
    let graph = graph("swap", |b| {
        let (x, y) = (b.state("x", TensorType::f32([3])), b.state("y", TensorType::f32([3])));
        b.assign("x", y);
        b.assign("y", x);
    });
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &graph);
        store.write("x", &tensor(&[3], &[1.0, 2.0, 3.0])).unwrap();
        store.write("y", &tensor(&[3], &[4.0, 5.0, 6.0])).unwrap();
        for (x, y) in [([4.0, 5.0, 6.0], [1.0, 2.0, 3.0]), ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])] {
            program.run(store.as_mut()).unwrap();
            assert_eq!(
                (read(store.as_ref(), "x"), read(store.as_ref(), "y")),
                (x.to_vec(), y.to_vec()),
                "{}",
                backend.name()
            );
        }
    });
}

#[test]
fn three_states_in_a_ring_with_work_on_the_way() {
    agree("ring", |b| {
        let ty = || TensorType::f32([33]);
        let (x, y, z) = (b.state("x", ty()), b.state("y", ty()), b.state("z", ty()));
        b.assign("x", y);
        b.assign("y", z * 0.5);
        b.assign("z", x);
        b.output("x_old", x);
        b.output("sum", x + y + z);
    });
}

#[test]
fn one_value_for_two_states_and_an_output() {
    agree("shared", |b| {
        let ty = || TensorType::f32([21]);
        let (x, y, z) = (b.state("x", ty()), b.state("y", ty()), b.state("z", ty()));
        let value = x * 0.5 + y;
        b.assign("x", value);
        b.assign("y", value);
        b.assign("z", z + 1.0);
        b.output("value", value);
        b.output("again", value);
    });
}

#[test]
fn a_state_assigned_an_unchanged_value() {
    agree("unchanged", |b| {
        let (x, y) = (b.state("x", TensorType::f32([4])), b.state("y", TensorType::f32([2, 2])));
        b.assign("x", x);
        b.assign("y", x.reshape([2, 2]));
        b.output("y", y);
    });
}

#[test]
fn states_assigned_from_inputs_and_constants() {
    agree("given", |b| {
        for name in ["x", "y", "z"] {
            vector(b, name);
        }
        let input = b.input("input", TensorType::f32([3]));
        b.assign("x", input);
        b.assign("y", b.full([3], 2.5));
        b.assign("z", b.constant_tensor(TensorType::f32([3]), &[1.0, 2.0, 3.0]));
    });
}

#[test]
fn outputs_that_are_states_inputs_and_constants() {
    agree("direct", |b| {
        let (x, i) = (b.state("x", TensorType::f32([3])), b.input("i", TensorType::new(DType::I32, [3])));
        b.output("state", x);
        b.output("state_again", x);
        b.output("reshaped", x.reshape([3, 1]));
        b.output("input", i);
        b.output("constant", b.constant(4.0));
        b.assign("x", x + 1.0);
        b.output("new", b.state("x", TensorType::f32([3])));
    });
}

#[test]
fn outputs_stay_when_inputs_and_states_change_later() {
    let graph = graph("stay", |b| {
        let (x, i) = (b.state("x", TensorType::f32([2])), b.input("i", TensorType::f32([2])));
        b.output("x", x);
        b.output("i", i);
        b.assign("x", x * 2.0);
        b.output("new", b.state("x", TensorType::f32([2])));
    });
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &graph);
        store.write("x", &tensor(&[2], &[1.0, 2.0])).unwrap();
        program.write("i", &tensor(&[2], &[3.0, 4.0])).unwrap();
        program.run(store.as_mut()).unwrap();
        program.write("i", &tensor(&[2], &[0.0, 0.0])).unwrap();
        store.write("x", &tensor(&[2], &[0.0, 0.0])).unwrap();
        for (name, expected) in [("x", [1.0, 2.0]), ("i", [3.0, 4.0]), ("new", [2.0, 4.0])] {
            assert_eq!(program.read(name).unwrap().as_f32().unwrap(), expected, "{}, {name}", backend.name());
        }
    });
}

#[test]
fn programs_share_a_store_and_inputs_keep_their_value() {
    let step = graph("step", |b| {
        let (x, rate) = (b.state("x", TensorType::f32([2])), b.scalar("rate"));
        b.assign("x", x + rate);
    });
    let watch = graph("watch", |b| {
        b.output("x", b.state("x", TensorType::f32([2])) * 10.0);
        b.output("slot", b.state("slot", TensorType::f32([2])));
    });
    on_every_backend(|backend| {
        let (mut store, mut stepper) = load(backend, &step);
        stepper.write_scalar("rate", 0.5).unwrap();
        stepper.run(store.as_mut()).unwrap();
        let mut more = StateLayout::default();
        more.push("slot", TensorType::f32([2]), "slots");
        store.extend(&more).unwrap();
        assert_eq!(store.layout().entries.len(), 2);
        assert_eq!((read(store.as_ref(), "x"), read(store.as_ref(), "slot")), (vec![0.5; 2], vec![0.0; 2]));
        let mut watcher = backend.load(&watch, store.as_ref()).unwrap();
        store.write("slot", &tensor(&[2], &[7.0, 8.0])).unwrap();
        for run in 2..5 {
            stepper.run(store.as_mut()).unwrap();
            watcher.run(store.as_mut()).unwrap();
            assert_eq!(watcher.read("x").unwrap().as_f32().unwrap(), [5.0 * run as f32; 2], "{}", backend.name());
            assert_eq!(watcher.read("slot").unwrap().as_f32().unwrap(), [7.0, 8.0], "{}", backend.name());
        }
    });
}

#[test]
fn states_of_every_type_and_group_are_kept() {
    on_every_backend(|backend| {
        let mut layout = StateLayout::default();
        for (at, dtype) in DType::ALL.into_iter().enumerate() {
            layout.push(format!("{dtype}"), TensorType::new(dtype, [3, 5]), ["a", "b"][at % 2]);
        }
        let mut store = backend.store(&layout).unwrap();
        let values: Vec<Tensor> = layout.entries.iter().map(|e| super::support::sample(&e.ty, 5)).collect();
        for (entry, value) in layout.entries.iter().zip(&values) {
            assert_eq!(store.read(&entry.name).unwrap(), Tensor::zeros(&entry.ty), "{}", backend.name());
            store.write(&entry.name, value).unwrap();
        }
        for (entry, value) in layout.entries.iter().zip(&values) {
            assert_eq!(store.read(&entry.name).unwrap(), *value, "{}", backend.name());
        }
        assert_eq!(store.layout(), &layout);
    });
}
