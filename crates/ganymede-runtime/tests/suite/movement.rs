//! Movement of elements: shapes, orders, slices, borders, parts, tables.

use super::support::{agree, graph, load, on_every_backend, tensor};
use ganymede_graph::{concat, ops};
use ganymede_tensor::{DType, Data, Tensor, TensorType};

/// Rows that begin a value, and others, in another order: a kernel for whole values sees the rows alone.
#[test]
fn rows_of_a_longer_value_are_transposed() {
    agree("transposed rows", |b| {
        let x = b.input("x", TensorType::f32([6, 3, 5]));
        for (i, rows) in [0..2, 0..6, 1..4, 4..6].into_iter().enumerate() {
            b.output(&format!("turned{i}"), x.slice_axis(0, rows.clone()).transpose(&[0, 2, 1]));
            b.output(&format!("first{i}"), x.slice_axis(0, rows).transpose(&[2, 0, 1]));
        }
    });
}

#[test]
fn reshapes_and_transposes() {
    agree("order", |b| {
        let x = b.input("x", TensorType::f32([4, 6, 10]));
        b.output("reshape", x.reshape([24, 10]).sum_axes(&[1]));
        for (i, order) in [[0, 2, 1], [1, 0, 2], [2, 1, 0], [2, 0, 1], [1, 2, 0]].iter().enumerate() {
            let y = x.transpose(order);
            b.output(&format!("transpose{i}"), y);
            b.output(&format!("after{i}"), (y * 2.0).exp());
            b.output(&format!("split{i}"), y.reshape([240]).tanh());
        }
    });
}

#[test]
fn slices_borders_and_reversals() {
    agree("windows", |b| {
        let x = b.input("x", TensorType::f32([3, 9, 8, 5]));
        let slice = x.slice(&[0, 1, 2, 0], &[3, 9, 7, 5], &[1, 2, 3, 1]);
        b.output("slice", slice);
        b.output("half", x.slice_axis(0, 1..3) * 0.5);
        b.output("channel", x.slice_axis(3, 2..3).sum());
        let pad = x.pad(&[0, 1, 0, 0], &[0, 2, 3, 0], &[0, 0, 1, 0], -1.5);
        b.output("pad", pad);
        b.output("pad_first", x.pad(&[2, 0, 0, 0], &[1, 0, 0, 0], &[0; 4], 0.0));
        b.output("reverse", x.reverse(&[1, 3]).square());
        b.output("dx", (slice.square().sum() + pad.sin().sum()).grad(&[x])[0]);
    });
}

#[test]
fn a_pool_and_its_gradient() {
    agree("pool", |b| {
        let x = b.input("x", TensorType::f32([2, 8, 8, 6]));
        let part = |i: usize, j: usize| x.slice(&[0, i, j, 0], &[2, 7 + i, 7 + j, 6], &[1, 2, 2, 1]);
        let y = part(0, 0).maximum(part(0, 1)).maximum(part(1, 0)).maximum(part(1, 1));
        b.output("y", y);
        b.output("dx", y.square().sum().grad(&[x])[0]);
    });
}

#[test]
fn upsampling_and_its_gradient() {
    agree("upsample", |b| {
        let x = b.input("x", TensorType::f32([2, 3, 4, 5]));
        let y = x.reshape([2, 3, 1, 4, 1, 5]).broadcast_to([2, 3, 2, 4, 2, 5]).reshape([2, 6, 8, 5]);
        b.output("y", y);
        b.output("dx", (y * b.input("w", TensorType::f32([2, 6, 8, 5]))).sum().grad(&[x])[0]);
    });
}

#[test]
fn parts_joined_along_every_axis_and_taken_apart() {
    agree("concat", |b| {
        let (x, y) = (b.input("x", TensorType::f32([4, 3, 5])), b.state("y", TensorType::f32([4, 3, 5])));
        for axis in 0..3 {
            let joined = concat(&[x.exp(), y, x, x * y], axis);
            b.output(&format!("joined{axis}"), joined);
            b.output(&format!("part{axis}"), joined.slice_axis(axis, 3..7).tanh());
            b.output(&format!("dx{axis}"), joined.square().sum().grad(&[x])[0]);
        }
        let labels = [b.input("a", TensorType::new(DType::I32, [3])), b.input("b", TensorType::new(DType::I32, [2]))];
        b.output("labels", concat(&labels, 0));
        b.output("twice", concat(&[labels[0], labels[0]], 0));
    });
}

#[test]
fn a_part_beside_a_view_of_itself() {
    agree("echo", |b| {
        let part = b
            .input("x", TensorType::f32([16, 16]))
            .sum_axes(&[1])
            .reshape([4, 4])
            .matmul(b.state("w", TensorType::f32([4, 16])));
        b.output("echo", concat(&[part, part.reverse(&[0]), part.slice(&[0, 0], &[4, 16], &[2, 1])], 0));
        b.output("sum", part.sum());
    });
}

#[test]
fn rows_of_a_table_and_their_gradient() {
    agree("gather", |b| {
        let (table, index) =
            (b.state("table", TensorType::f32([6, 10])), b.input("i", TensorType::new(DType::I32, [4, 3])));
        let rows = table.gather(index);
        b.output("rows", rows);
        b.output("dtable", (rows.sin() * rows).sum().grad(&[table])[0]);
        b.output("scattered", b.push(ops::ScatterAdd { rows: 5 }.into(), &[index, rows]));
    });
}

#[test]
fn an_index_outside_the_table_gives_zeros() {
    let graph = graph("outside", |b| {
        let (table, index) =
            (b.input("table", TensorType::f32([2, 2])), b.input("i", TensorType::new(DType::I32, [4])));
        b.output("rows", table.gather(index));
    });
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &graph);
        program.write("table", &tensor(&[2, 2], &[1.0, 2.0, 3.0, 4.0])).unwrap();
        program.write("i", &Tensor::new([4], Data::I32(vec![1, -1, i32::MIN, 2])).unwrap()).unwrap();
        program.run(store.as_mut()).unwrap();
        let rows = program.read("rows").unwrap();
        assert_eq!(rows.as_f32().unwrap(), [3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], "{}", backend.name());
    });
}
