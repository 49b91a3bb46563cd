//! Every primitive and composite against finite differences of order 1 and 2, in `f64`. A primitive without
//! a case fails the test.

use ganymede_graph::interpret::{Array, run};
use ganymede_graph::ops::{self, Op, Window};
use ganymede_graph::{Builder, Expr, concat};
use ganymede_tensor::{DType, Rng, Shape, TensorType};
use std::collections::{BTreeMap, HashMap};

type Build = for<'g> fn(&'g Builder, &[Expr<'g>]) -> Expr<'g>;

/// A function of some inputs, away from kinks and ties.
struct Case {
    shapes: &'static [&'static [usize]],
    /// Range of the inputs' absolute values, and whether they are positive.
    range: (f64, f64),
    positive: bool,
    build: Build,
}

const fn case(shapes: &'static [&'static [usize]], build: Build) -> Case {
    Case { shapes, range: (0.15, 1.9), positive: false, build }
}

const fn positive(shapes: &'static [&'static [usize]], build: Build) -> Case {
    Case { shapes, range: (0.3, 1.9), positive: true, build }
}

fn window(strides: &[usize], low: &[usize], high: &[usize], dilation: &[usize], groups: usize) -> Window {
    let [strides, low, high, dilation] = [strides, low, high, dilation].map(<[usize]>::to_vec);
    Window { strides, low, high, dilation, groups }
}

const V: &[&[usize]] = &[&[2, 3]];
const VV: &[&[usize]] = &[&[2, 3], &[2, 3]];

/// Cases of a primitive; none where no derivative is defined by it alone.
fn cases(name: &str) -> Option<Vec<Case>> {
    Some(match name {
        // Leaves and truth values: nothing to differentiate.
        "input" | "state" | "constant" | "iota" | "random" | "not" | "logical" => vec![],
        // Values that block derivatives, by definition.
        "stop_gradient" => vec![],
        "neg" => vec![case(V, |_, x| -x[0])],
        "abs" => vec![case(V, |_, x| x[0].abs())],
        "sign" => vec![case(V, |_, x| x[0].sign() * x[0])],
        "exp" => vec![case(V, |_, x| x[0].exp())],
        "expm1" => vec![case(V, |_, x| x[0].expm1())],
        "log" => vec![positive(V, |_, x| x[0].log())],
        "log1p" => vec![positive(V, |_, x| x[0].log1p())],
        "sqrt" => vec![positive(V, |_, x| x[0].sqrt())],
        "sin" => vec![case(V, |_, x| x[0].sin())],
        "cos" => vec![case(V, |_, x| x[0].cos())],
        "tanh" => vec![case(V, |_, x| x[0].tanh())],
        "sigmoid" => vec![case(V, |_, x| x[0].sigmoid())],
        "erf" => vec![case(V, |_, x| x[0].erf())],
        "floor" => vec![case(V, |_, x| x[0].floor() * x[0])],
        "convert" => vec![case(V, |_, x| x[0].greater(0.0).convert(DType::F32) * x[0])],
        "add" => vec![case(VV, |_, x| x[0] + x[1]), case(&[&[2, 3], &[3]], |_, x| x[0] + x[1])],
        "sub" => vec![case(VV, |_, x| x[0] - x[1])],
        "mul" => vec![case(VV, |_, x| x[0] * x[1]), case(&[&[2, 3], &[2, 1]], |_, x| x[0] * x[1])],
        "div" => vec![case(VV, |_, x| x[0] / x[1])],
        "pow" => vec![positive(VV, |_, x| x[0].pow(x[1])), case(V, |_, x| x[0].pow(3.0))],
        "maximum" => vec![case(VV, |_, x| x[0].maximum(x[1]) * x[0])],
        "minimum" => vec![case(VV, |_, x| x[0].minimum(x[1]) * x[1])],
        "compare" | "select" => vec![case(VV, |_, x| x[0].less(x[1]).select(x[0] * x[1], x[1]))],
        "reshape" => vec![case(V, |_, x| x[0].reshape([3, 2]))],
        "transpose" => vec![case(&[&[2, 3, 2]], |_, x| x[0].transpose(&[2, 0, 1]))],
        "broadcast" => vec![
            case(&[&[3]], |_, x| x[0].broadcast([2, 3, 2], &[1])),
            case(&[&[1, 3]], |_, x| x[0].broadcast([4, 3], &[0, 1])),
        ],
        "slice" => vec![case(&[&[5, 4]], |_, x| x[0].slice(&[1, 0], &[5, 3], &[2, 1]))],
        "pad" => vec![case(V, |_, x| x[0].pad(&[1, 0], &[0, 2], &[1, 2], 0.5))],
        "reverse" => vec![case(&[&[2, 3, 2]], |_, x| x[0].reverse(&[0, 2]))],
        "concat" => vec![case(&[&[2, 3], &[2, 1], &[2, 2]], |_, x| concat(x, 1))],
        "gather" => vec![case(&[&[4, 3]], |b, x| x[0].gather(index(b, &[2.0, 0.0, 2.0, 9.0, -1.0])))],
        "scatter_add" => vec![case(&[&[5, 2]], |b, x| {
            b.push(ops::ScatterAdd { rows: 4 }.into(), &[index(b, &[2.0, 0.0, 2.0, 9.0, -1.0]), x[0]])
        })],
        "reduce_sum" => vec![case(&[&[2, 3, 2]], |_, x| x[0].sum_axes(&[0, 2])), case(V, |_, x| x[0].sum())],
        "reduce_max" => vec![case(&[&[2, 4, 2]], |_, x| x[0].max_axes(&[1])), case(V, |_, x| x[0].max_axes(&[0, 1]))],
        "all_reduce_sum" => vec![case(V, |_, x| x[0].all_reduce_sum())],
        "matmul" => vec![
            case(&[&[2, 3], &[3, 4]], |_, x| x[0].matmul_transposed(x[1], false, false)),
            case(&[&[3, 2], &[3, 4]], |_, x| x[0].matmul_transposed(x[1], true, false)),
            case(&[&[2, 3], &[4, 3]], |_, x| x[0].matmul_transposed(x[1], false, true)),
            case(&[&[2, 3, 2], &[2, 4, 3]], |_, x| x[0].matmul_transposed(x[1], true, true)),
        ],
        "conv" => vec![
            case(&[&[2, 5, 2], &[3, 2, 3]], |_, x| x[0].conv(x[1], window(&[2], &[1], &[0], &[1], 1))),
            case(&[&[1, 4, 5, 2], &[2, 2, 1, 4]], |_, x| {
                x[0].conv(x[1], window(&[1, 2], &[1, 0], &[0, 1], &[2, 1], 2))
            }),
            case(&[&[1, 3, 2, 3, 1], &[2, 1, 2, 1, 2]], |_, x| {
                x[0].conv(x[1], window(&[1; 3], &[0; 3], &[1, 0, 0], &[1; 3], 1))
            }),
        ],
        "conv_input_grad" => vec![
            case(&[&[2, 3, 3], &[3, 2, 3]], |_, x| x[0].conv_input_grad(x[1], window(&[2], &[1], &[0], &[1], 1), &[6])),
            case(&[&[1, 2, 2, 4], &[2, 2, 1, 4]], |_, x| {
                x[0].conv_input_grad(x[1], window(&[2, 2], &[0; 2], &[0; 2], &[1; 2], 2), &[4, 4])
            }),
        ],
        "conv_weight_grad" => vec![
            case(&[&[2, 5, 2], &[2, 3, 3]], |_, x| {
                x[0].conv_weight_grad(x[1], window(&[2], &[1], &[0], &[1], 1), &[2])
            }),
            case(&[&[1, 4, 4, 2], &[1, 3, 3, 4]], |_, x| {
                x[0].conv_weight_grad(x[1], window(&[1; 2], &[0; 2], &[0; 2], &[1; 2], 2), &[2, 2])
            }),
        ],
        _ => return None,
    })
}

/// Composites, and primitives in company.
const COMPOSITES: &[(&str, Case)] = &[
    ("square", case(V, |_, x| x[0].square())),
    ("reciprocal", case(V, |_, x| x[0].reciprocal())),
    ("rsqrt", positive(V, |_, x| x[0].rsqrt())),
    ("relu", case(V, |_, x| x[0].relu() * x[0])),
    ("leaky relu", case(V, |_, x| x[0].maximum(x[0] * 0.2) * x[0])),
    ("softplus", case(V, |_, x| x[0].softplus())),
    ("erf_inv", case(V, |_, x| (x[0] * 0.2).erf_inv())),
    ("clamp", case(V, |_, x| x[0].clamp(-1.0, 1.0) * x[0])),
    ("mean", case(V, |_, x| x[0].mean_axes(&[0]))),
    ("variance", case(&[&[4, 3]], |_, x| x[0].variance_axes(&[0]))),
    ("norm per sample", case(V, |_, x| x[0].norm_per_sample())),
    ("softmax", case(V, |_, x| x[0].softmax(1))),
    ("log softmax", case(V, |_, x| x[0].log_softmax(1))),
    ("matmul of three axes", case(&[&[2, 3, 2], &[2, 2]], |_, x| x[0].matmul(x[1]))),
    ("lerp", case(&[&[2, 3], &[2, 3], &[2, 3]], |_, x| x[0].lerp(x[1], x[2]))),
    ("max keep", case(&[&[2, 4]], |_, x| x[0] / x[0].square().max_keep(&[1]))),
    (
        "batch norm",
        case(&[&[4, 2], &[2]], |_, x| {
            let centred = x[0] - x[0].mean_keep(&[0]);
            centred * (centred.square().mean_keep(&[0]) + 1e-3).rsqrt() * x[1]
        }),
    ),
    (
        "max pooling",
        case(&[&[1, 4, 4, 2]], |_, x| {
            let corner = |i: usize, j: usize| x[0].slice(&[0, i, j, 0], &[1, 4, 4, 2], &[1, 2, 2, 1]);
            corner(0, 0).maximum(corner(0, 1)).maximum(corner(1, 0)).maximum(corner(1, 1))
        }),
    ),
    (
        "gradient penalty",
        case(&[&[3, 2], &[2, 3], &[3, 1]], |_, x| {
            let logits = x[0].matmul(x[1]).tanh().matmul(x[2]);
            (logits.sum().grad(&[x[0]])[0].norm_per_sample() - 1.0).square()
        }),
    ),
];

fn index<'g>(builder: &'g Builder, values: &[f64]) -> Expr<'g> {
    builder.constant_tensor(TensorType::new(DType::I32, [values.len()]), values)
}

fn uniform(rng: &mut Rng, shape: &Shape, range: (f64, f64), positive: bool) -> Array {
    let sign = |rng: &mut Rng| if positive || rng.below(2) == 0 { 1.0 } else { -1.0 };
    let data = (0..shape.elements()).map(|_| sign(rng) * rng.uniform_in(range.0, range.1)).collect();
    Array::new(shape.clone(), data)
}

fn check(name: &str, case: &Case, seed: u64) {
    let mut rng = Rng::new(seed, 4);
    let values: Vec<Array> =
        case.shapes.iter().map(|s| uniform(&mut rng, &Shape::from(*s), case.range, case.positive)).collect();
    let builder = Builder::new(name);
    let inputs: Vec<Expr> =
        values.iter().enumerate().map(|(i, v)| builder.input(&format!("x{i}"), v.ty.clone())).collect();
    let mut weigh = |x: Expr<'_>| {
        let weights = uniform(&mut rng, &x.shape(), (0.5, 1.5), false);
        (x.shape(), weights.data)
    };
    let y = (case.build)(&builder, &inputs);
    let (shape, weights) = weigh(y);
    // A quadratic of the result, so that linear functions have a second derivative too.
    let first = ((y + y * y * 0.5) * builder.constant_tensor(TensorType::f32(shape), &weights)).sum();
    let gradients = first.grad(&inputs);
    let mut second = builder.constant(0.0);
    for &gradient in &gradients {
        let (shape, weights) = weigh(gradient);
        second = second + (gradient * builder.constant_tensor(TensorType::f32(shape), &weights)).sum();
    }
    let seconds = second.grad(&inputs);
    builder.output("first", first);
    builder.output("second", second);
    for (i, (gradient, second)) in gradients.into_iter().zip(seconds).enumerate() {
        builder.output(&format!("first by x{i}"), gradient);
        builder.output(&format!("second by x{i}"), second);
    }
    let graph = builder.finish().unwrap_or_else(|errors| panic!("{name}: {errors}"));
    graph.verify().unwrap();
    let outputs = |values: &[Array]| {
        let inputs: HashMap<String, Array> =
            values.iter().enumerate().map(|(i, v)| (format!("x{i}"), v.clone())).collect();
        run(&graph, &inputs, &mut BTreeMap::new()).unwrap()
    };
    let exact = outputs(&values);
    let step = 1e-5;
    for i in 0..values.len() {
        for element in 0..values[i].data.len() {
            let moved = |by: f64| {
                let mut values = values.clone();
                values[i].data[element] += by;
                outputs(&values)
            };
            let (up, down) = (moved(step), moved(-step));
            for order in ["first", "second"] {
                let expected = (up[order].data[0] - down[order].data[0]) / (2.0 * step);
                let found = exact[&format!("{order} by x{i}")].data[element];
                assert!(
                    (expected - found).abs() < 2e-6 * (1.0 + expected.abs()),
                    "{name}: derivative of the {order} order by element {element} of x{i}: expected {expected}, found {found}"
                );
            }
        }
    }
}

#[test]
fn every_primitive() {
    for name in Op::NAMES {
        let cases = cases(name).unwrap_or_else(|| panic!("primitive `{name}` has no case in tests/derivatives.rs"));
        for (seed, case) in cases.iter().enumerate() {
            check(name, case, seed as u64);
        }
    }
}

#[test]
fn composites() {
    for (name, case) in COMPOSITES {
        check(name, case, 11);
    }
}

#[test]
fn stop_gradient_blocks() {
    let builder = Builder::new("f");
    let x = builder.input("x", TensorType::f32([2]));
    let gradient = (x * x.stop_gradient()).sum().grad(&[x])[0];
    builder.output("gradient", gradient);
    let graph = builder.finish().unwrap();
    let inputs = HashMap::from([("x".to_string(), Array::new([2], vec![3.0, -2.0]))]);
    assert_eq!(run(&graph, &inputs, &mut BTreeMap::new()).unwrap()["gradient"].data, [3.0, -2.0]);
}
