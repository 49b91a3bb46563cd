//! Augmentations beside plain loops over the same random numbers.

use super::*;
use crate::loss_scope::{Networks, Trace};
use crate::regularizers::Player;
use crate::spec::LatentDistribution;
use ganymede_graph::interpret::{Array, run};
use ganymede_graph::ops::Op;
use ganymede_graph::{Builder, Graph, NodeId};
use ganymede_nn::Mode;
use ganymede_tensor::{DType, Rng, TensorType};
use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::rc::Rc;

const N: usize = 40;

/// Images (N, H, W, C) of random numbers.
fn images(height: usize, width: usize, channels: usize) -> Array {
    let mut rng = Rng::new(3, 4);
    let count = N * height * width * channels;
    Array::new([N, height, width, channels], (0..count).map(|_| rng.normal()).collect())
}

/// What `make` builds of the images, and the numbers of all random nodes in the order of their calls.
fn applied(
    augmentation: &str,
    x: &Array,
    p: f64,
    make: impl for<'g> Fn(Expr<'g>, Expr<'g>) -> Expr<'g>,
) -> (Array, Vec<Vec<f64>>) {
    let spec: AugmentSpec = toml::from_str(augmentation).unwrap();
    let builder = Builder::new("augment");
    let networks = Networks { models: BTreeMap::new() };
    let mut trace = Trace::new(&builder, &networks, Mode::Train, N, LatentDistribution::default());
    trace.augment = augmentations(&[spec]).unwrap();
    let scope = LossScope::new(&Rc::new(trace), "augment/0", Player::Discriminator);
    let input = builder.input("x", x.ty.clone());
    let seen = scope.trace.augment[0].apply(&scope, input);
    builder.output("seen", make(input, seen));
    drop(scope);
    let mut graph: Graph = builder.finish().unwrap();
    let random: Vec<NodeId> = graph.ids().filter(|&id| matches!(graph.node(id).op, Op::Random(_))).collect();
    graph.outputs.extend(random.iter().enumerate().map(|(at, &id)| (format!("{at}"), id)));
    let mut inputs: std::collections::HashMap<String, Array> = std::collections::HashMap::new();
    for (name, ty) in graph.inputs() {
        let value = match name {
            "x" => x.clone(),
            "seed" => Array { ty: ty.clone(), data: vec![11.0, 0.0] },
            "draw" => Array { ty: ty.clone(), data: vec![0.0] },
            "augment/0/p" => Array { ty: ty.clone(), data: vec![p] },
            other => panic!("expected no input `{other}`"),
        };
        inputs.insert(name.to_string(), value);
    }
    let mut states = BTreeMap::from([("augment/0/p".to_string(), Array::new([0; 0], vec![p]))]);
    let outputs = run(&graph, &inputs, &mut states).unwrap();
    (outputs["seen"].clone(), (0..random.len()).map(|at| outputs[&at.to_string()].data.clone()).collect())
}

fn same(found: &Array, expected: impl Fn(usize, usize, usize, usize) -> f64) {
    let [_, height, width, channels] = found.ty.shape[..] else { panic!("images") };
    for (at, &value) in found.data.iter().enumerate() {
        let (c, rest) = (at % channels, at / channels);
        let (column, row, n) = (rest % width, rest / width % height, rest / width / height);
        let expected = expected(n, row, column, c);
        assert!((value - expected).abs() < 1e-5, "image {n}, ({row}, {column}), {c}: {value}, expected {expected}");
    }
}

fn pixel(x: &Array, n: usize, row: i64, column: i64, c: usize) -> Option<f64> {
    let [_, height, width, channels] = x.ty.shape[..] else { panic!("images") };
    let inside = (0..height as i64).contains(&row) && (0..width as i64).contains(&column);
    inside.then(|| x.data[((n * height + row as usize) * width + column as usize) * channels + c])
}

const ONE: f64 = 1.0;

#[test]
fn diff_augment_moves_and_cuts_as_plain_loops_do() {
    let x = images(10, 17, 2);
    let (found, noise) = applied("class_name='diff_augment'\npolicy=['translation']", &x, 0.0, |_, seen| seen);
    // A tenth of ten and of seventeen pixels, rounded: 1 and 2.
    let offset = |n: usize, of: usize, most: f64| ((noise[of][n] * (2.0 * most + 1.0)).floor() - most) as i64;
    same(&found, |n, row, column, c| {
        pixel(&x, n, row as i64 + offset(n, 0, 1.0), column as i64 + offset(n, 1, 2.0), c).unwrap_or(0.0)
    });
    assert!((0..N).any(|n| offset(n, 0, 1.0) == -1) && (0..N).any(|n| offset(n, 1, 2.0) == 2));
    let (found, noise) = applied("class_name='diff_augment'\npolicy=['cutout']", &x, 0.0, |_, seen| seen);
    // Holes of 5 rows about one of 10 places, and of 9 columns about one of 17.
    let low = |n: usize, of: usize, places: f64, half: f64| (noise[of][n] * places).floor() - half;
    same(&found, |n, row, column, c| {
        let (top, left) = (low(n, 0, 10.0, 2.0), low(n, 1, 17.0, 4.0));
        let hidden = (top..top + 5.0).contains(&(row as f64)) && (left..left + 9.0).contains(&(column as f64));
        if hidden { 0.0 } else { pixel(&x, n, row as i64, column as i64, c).unwrap() }
    });
}

#[test]
fn diff_augment_changes_colours_as_plain_loops_do() {
    let x = images(3, 4, 3);
    let (found, noise) = applied("class_name='diff_augment'\npolicy=['color']", &x, 0.0, |_, seen| seen);
    let contrasted = |n: usize, row: usize, column: usize, c: usize| {
        let bright = |row: usize, column: usize, c: usize| {
            pixel(&x, n, row as i64, column as i64, c).unwrap() + noise[0][n] - 0.5
        };
        let saturated = |row: usize, column: usize, c: usize| {
            let grey = (0..3).map(|c| bright(row, column, c)).sum::<f64>() / 3.0;
            grey + (bright(row, column, c) - grey) * noise[1][n] * 2.0
        };
        let mean = (0..36).map(|i| saturated(i / 12, i / 3 % 4, i % 3)).sum::<f64>() / 36.0;
        mean + (saturated(row, column, c) - mean) * (noise[2][n] + 0.5)
    };
    same(&found, contrasted);
}

#[test]
fn nothing_changes_with_probability_0() {
    for shape in [[6, 6, 3], [5, 8, 1]] {
        let x = images(shape[0], shape[1], shape[2]);
        let (found, _) = applied("class_name='adaptive'", &x, 0.0, |_, seen| seen);
        same(&found, |n, row, column, c| pixel(&x, n, row as i64, column as i64, c).unwrap());
    }
}

/// A place that goes on mirrored at the ends.
fn reflected(mut place: i64, size: usize) -> i64 {
    let last = size as i64 - 1;
    while !(0..=last).contains(&place) {
        place = if place < 0 { -place } else { 2 * last - place };
    }
    place
}

type Matrix = [[f64; 3]; 3];

fn times(a: Matrix, b: Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

fn scale(u: f64, v: f64) -> Matrix {
    [[u, 0.0, 0.0], [0.0, v, 0.0], [0.0, 0.0, 1.0]]
}

fn turn(angle: f64) -> Matrix {
    [[angle.cos(), -angle.sin(), 0.0], [angle.sin(), angle.cos(), 0.0], [0.0, 0.0, 1.0]]
}

fn shift(u: f64, v: f64) -> Matrix {
    [[1.0, 0.0, u], [0.0, 1.0, v], [0.0, 0.0, 1.0]]
}

/// The image read through a map of places, between pixels by nearness.
fn read(x: &Array, n: usize, map: Matrix, row: usize, column: usize, c: usize) -> f64 {
    let [_, height, width, _] = x.ty.shape[..] else { panic!("images") };
    let (middle_row, middle_column) = ((height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0);
    let (u, v) = (column as f64 - middle_column, row as f64 - middle_row);
    let place = |line: [f64; 3], middle: f64| line[0] * u + line[1] * v + line[2] + middle;
    let (column, row) = (place(map[0], middle_column), place(map[1], middle_row));
    let mut sum = 0.0;
    for (down, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let (r, k) = (row.floor() as i64 + down, column.floor() as i64 + right);
        let near = (1.0 - (row - r as f64).abs()) * (1.0 - (column - k as f64).abs());
        sum += near * pixel(x, n, reflected(r, height), reflected(k, width), c).unwrap();
    }
    sum
}

#[test]
fn images_are_read_through_the_map_of_the_paper() {
    let x = images(6, 9, 1);
    let p = 0.7;
    let (found, noise) = applied("class_name='adaptive'\ngroups=['geometry']", &x, p, |_, seen| seen);
    let either = 1.0 - (1.0f64 - p).sqrt();
    let maybe = |at: usize, n: usize, p: f64, neutral: f64, drawn: &dyn Fn(f64) -> f64| {
        if noise[at + 1][n] < p { drawn(noise[at][n]) } else { neutral }
    };
    let maps: Vec<Matrix> = (0..N)
        .map(|n| {
            let power = |z: f64| 2f64.powf(0.2 * z);
            let angle = |r: f64| (2.0 * r - 1.0) * PI;
            let (both, along) = (maybe(0, n, p, ONE, &power), maybe(4, n, p, ONE, &power));
            let parts = [
                scale(both, both),
                turn(maybe(2, n, either, 0.0, &angle)),
                scale(along, 1.0 / along),
                turn(maybe(6, n, either, 0.0, &angle)),
                if noise[10][n] < p {
                    shift(noise[8][n] * 9.0 / 8.0, noise[9][n] * 6.0 / 8.0)
                } else {
                    scale(ONE, ONE)
                },
            ];
            parts.into_iter().reduce(times).unwrap()
        })
        .collect();
    same(&found, |n, row, column, c| read(&x, n, maps[n], row, column, c));
    assert_eq!(noise.len(), 11);
}

/// Every image is one of the mirrored, turned and moved ones, exactly; and there are many kinds.
#[test]
fn blits_are_exact() {
    for (height, width, turns) in [(6, 6, 4), (4, 7, 2)] {
        let x = images(height, width, 1);
        let (found, _) = applied("class_name='adaptive'\ngroups=['blit']", &x, 0.9, |_, seen| seen);
        let mut kinds = std::collections::BTreeSet::new();
        for n in 0..N {
            let quarters = (0..turns).map(|k| k * (4 / turns));
            let ways = quarters.flat_map(|k| [ONE, -1.0].map(|m| (k, m)));
            let ways = ways.flat_map(|(k, m)| (-1..=1).flat_map(move |r| (-1..=1).map(move |d| (k, m as i64, r, d))));
            let way = ways.into_iter().find(|&(k, mirrored, right, down)| {
                let angle = f64::from(k) * PI / 2.0;
                let exact = |v: f64| v.round();
                let turned = turn(angle).map(|line| line.map(exact));
                let map = times(times(scale(mirrored as f64, ONE), turned), shift(f64::from(right), f64::from(down)));
                (0..height * width).all(|at| {
                    let (row, column) = (at / width, at % width);
                    let value = found.data[n * height * width + at];
                    (read(&x, n, map, row, column, 0) - value).abs() < 1e-9
                })
            });
            kinds.insert(way.unwrap_or_else(|| panic!("image {n} is none of the ways")));
        }
        assert!(kinds.len() > 8, "{kinds:?}");
    }
}

#[test]
fn colours_change_by_the_matrices_of_the_paper() {
    let x = images(2, 3, 3);
    let (found, noise) = applied("class_name='adaptive'\ngroups=['colour']", &x, 0.6, |_, seen| seen);
    let maybe = |at: usize, n: usize, neutral: f64, drawn: &dyn Fn(f64) -> f64| {
        if noise[at + 1][n] < 0.6 { drawn(noise[at][n]) } else { neutral }
    };
    let grey: Matrix = [[1.0 / 3.0; 3]; 3]; // v vᵀ
    let identity: Matrix = scale(ONE, ONE);
    let mix = |a: f64, x: Matrix, b: f64, y: Matrix| -> Matrix {
        std::array::from_fn(|i| std::array::from_fn(|j| a * x[i][j] + b * y[i][j]))
    };
    same(&found, |n, row, column, c| {
        let brightness = maybe(0, n, 0.0, &|z| 0.2 * z);
        let contrast = maybe(2, n, ONE, &|z| 2f64.powf(0.5 * z));
        let over = maybe(4, n, ONE, &|r| if r < 0.5 { -1.0 } else { 1.0 }) < 0.0;
        let angle = maybe(6, n, 0.0, &|r| (2.0 * r - 1.0) * PI);
        let saturation = maybe(8, n, ONE, &|z| 2f64.powf(z));
        // Rodrigues: cos·I + sin·[v]× + (1 − cos) v vᵀ.
        let across = [[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]];
        let hue = mix(ONE, mix(angle.cos(), identity, angle.sin() / 3f64.sqrt(), across), 1.0 - angle.cos(), grey);
        let flip = if over { mix(ONE, identity, -2.0, grey) } else { identity };
        let saturated = mix(saturation, identity, 1.0 - saturation, grey);
        let matrix = times(saturated, times(hue, flip));
        let pixel = |c: usize| (pixel(&x, n, row as i64, column as i64, c).unwrap() + brightness) * contrast;
        (0..3).map(|k| matrix[c][k] * pixel(k)).sum()
    });
}

/// ‖∇ₓ Σ tanh(T(x))‖² and its derivative by x, in one direction, beside differences.
#[test]
fn derivatives_of_derivatives_go_through() {
    for augmentation in ["class_name='diff_augment'", "class_name='adaptive'"] {
        let x = images(6, 6, 3);
        let slope = |x: &Array| {
            let (found, _) = applied(augmentation, x, 0.8, |x, seen| seen.tanh().sum().grad(&[x])[0].square().sum());
            found.data[0]
        };
        let (gradient, _) =
            applied(augmentation, &x, 0.8, |x, seen| seen.tanh().sum().grad(&[x])[0].square().sum().grad(&[x])[0]);
        let mut rng = Rng::new(5, 6);
        let direction: Vec<f64> = x.data.iter().map(|_| rng.normal()).collect();
        let step = 1e-5;
        let moved = |by: f64| {
            let data = x.data.iter().zip(&direction).map(|(x, d)| x + by * d).collect();
            slope(&Array { ty: x.ty.clone(), data })
        };
        let expected = (moved(step) - moved(-step)) / (2.0 * step);
        let found: f64 = gradient.data.iter().zip(&direction).map(|(g, d)| g * d).sum();
        assert!(
            (found - expected).abs() < 1e-5 * expected.abs().max(1.0),
            "{augmentation}: {found}, expected {expected}"
        );
        assert!(expected.abs() > 1e-3, "{augmentation}: {expected} says nothing");
    }
}

#[test]
fn what_is_no_image_is_refused() {
    for (name, hint) in [("diff_augment", "expected images"), ("adaptive", "expected images")] {
        let builder = Builder::new("refused");
        let networks = Networks { models: BTreeMap::new() };
        let mut trace = Trace::new(&builder, &networks, Mode::Train, 4, LatentDistribution::default());
        trace.augment =
            augmentations(&[AugmentSpec { class_name: name.into(), arguments: toml::Table::new() }]).unwrap();
        let scope = LossScope::new(&Rc::new(trace), "augment/0", Player::Discriminator);
        scope.trace.augment[0].apply(&scope, builder.input("x", TensorType::new(DType::F32, [4, 3])));
        drop(scope);
        let error = builder.finish().unwrap_err().to_string();
        assert!(error.contains(hint) && error.contains("(4, 3)"), "{error}");
    }
}
