//! Element-wise primitives, reductions, conversions, constants, random numbers, and the shapes at the edges.

use super::support::{agree, close, graph, load, on_every_backend, tensor, word};
use ganymede_graph::{Array, Builder, Expr, Randomness, ops};
use ganymede_runtime::Backend;
use ganymede_tensor::{DType, Data, Rng, Tensor, TensorType, stream_of};

#[test]
fn functions_of_one_operand() {
    agree("unary", |b| {
        let x = b.input("x", TensorType::f32([5, 37]));
        let positive = x.abs() + 0.1;
        let results = [
            ("neg", -x),
            ("abs", x.abs()),
            ("sign", x.sign()),
            ("exp", x.exp()),
            ("expm1", x.expm1()),
            ("log", positive.log()),
            ("log1p", positive.log1p()),
            ("sqrt", positive.sqrt()),
            ("sin", x.sin()),
            ("cos", x.cos()),
            ("tanh", x.tanh()),
            ("sigmoid", x.sigmoid()),
            ("erf", x.erf()),
            ("floor", x.floor()),
            ("softplus", x.softplus()),
            ("rsqrt", positive.rsqrt()),
        ];
        results.into_iter().for_each(|(name, value)| b.output(name, value));
    });
}

#[test]
fn functions_of_several_operands() {
    agree("binary", |b| {
        let (x, y) = (b.input("x", TensorType::f32([3, 41])), b.input("y", TensorType::f32([3, 41])));
        b.output("arithmetic", (x + y) * (x - y) / (y.abs() + 1.0));
        b.output("pow", (x.abs() + 0.1).pow(y));
        b.output("extremes", x.maximum(y) - x.minimum(0.5));
        let (less, more) = (x.less(y), x.greater_equal(1.0));
        b.output("less", less);
        b.output("logic", less.and(!more).or(x.equal(y)));
        b.output("select", less.select(x, y.square()));
    });
}

/// The derivatives of order 0 to 4 of `f` at each of `points`, on a backend.
fn derivatives(backend: &dyn Backend, points: &[f32], f: impl for<'g> Fn(Expr<'g>) -> Expr<'g>) -> Vec<Vec<f64>> {
    let graph = graph("derivatives", |b| {
        let x = b.input("x", TensorType::f32([points.len()]));
        let mut y = f(x);
        for order in 0..=4 {
            b.output(&order.to_string(), y);
            y = y.sum().grad(&[x])[0];
        }
    });
    let (mut store, mut program) = load(backend, &graph);
    program.write("x", &tensor(&[points.len()], points)).unwrap();
    program.run(store.as_mut()).unwrap();
    (0..=4).map(|order| program.read(&order.to_string()).unwrap().to_f64()).collect()
}

/// Checks one list of derivatives a point: exactly for what is not finite, else within 1e-6.
fn powers_are(name: &str, points: &[f32], expected: &[[f64; 5]], found: &[Vec<f64>]) {
    for (at, expected) in expected.iter().enumerate() {
        for (order, &e) in expected.iter().enumerate() {
            let f = found[order][at];
            let same = e == f || (e.is_nan() && f.is_nan()) || (e - f).abs() <= 1e-6 * e.abs();
            assert!(same, "{name}: derivative {order} at {} expected {e}, found {f}", points[at]);
        }
    }
}

#[test]
fn powers_have_derivatives_wherever_they_are_finite() {
    let (inf, nan, root) = (f64::INFINITY, f64::NAN, 2f64.sqrt());
    let points = [0.0, -1.0, 2.0];
    // (p, the derivatives of order 0 to 4 of x^p at 0, −1 and 2)
    let cases = [
        (0.0, [[1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]]),
        (1.0, [[0.0, 1.0, 0.0, 0.0, 0.0], [-1.0, 1.0, 0.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0, 0.0]]),
        (2.0, [[0.0, 0.0, 2.0, 0.0, 0.0], [1.0, -2.0, 2.0, 0.0, 0.0], [4.0, 4.0, 2.0, 0.0, 0.0]]),
        (3.0, [[0.0, 0.0, 0.0, 6.0, 0.0], [-1.0, 3.0, -6.0, 6.0, 0.0], [8.0, 12.0, 12.0, 6.0, 0.0]]),
        (
            0.5,
            [
                [0.0, inf, -inf, inf, -inf],
                [nan; 5],
                [root, root / 4.0, -root / 16.0, 3.0 * root / 64.0, -15.0 * root / 256.0],
            ],
        ),
    ];
    on_every_backend(|backend| {
        for (p, expected) in &cases {
            let constant = derivatives(backend, &points, |x| x.pow(*p));
            powers_are(&format!("{}: x^{p}", backend.name()), &points, expected, &constant);
            // An exponent that is not known when the graph is built: whole ones are as finite.
            let computed = derivatives(backend, &points, |x| x.pow((x * 0.0).stop_gradient() + *p));
            powers_are(&format!("{}: x^(0x + {p})", backend.name()), &points, expected, &computed);
        }
    });
}

#[test]
fn a_power_by_its_exponent_is_differentiated_as_in_tensorflow() {
    // y = a^b: at a = 2 by ln 2 and ln² 2; where a ≤ 0, 0. By a and b at (2, 0): d/db (b·a^(b−1)) = 1/a.
    let graph = graph("exponent", |b| {
        let (x, y) = (b.input("x", TensorType::f32([4])), b.input("y", TensorType::f32([4])));
        let power = x.pow(y);
        let gradient = power.sum().grad(&[x, y]);
        b.output("power", power);
        b.output("by base", gradient[0]);
        b.output("by exponent", gradient[1]);
        b.output("by both", gradient[0].sum().grad(&[y])[0]);
    });
    let ln2 = std::f64::consts::LN_2;
    let expected = [
        ("power", [1.0, 8.0, 1.0, 4.0]),
        ("by base", [0.0, 12.0, 0.0, -4.0]),
        ("by exponent", [ln2, 8.0 * ln2, 0.0, 0.0]),
        ("by both", [0.5, 4.0 + 12.0 * ln2, f64::NAN, -2.0]), // at (0, 0) it is not asked: 0⁻¹
    ];
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &graph);
        program.write("x", &tensor(&[4], &[2.0, 2.0, 0.0, -2.0])).unwrap();
        program.write("y", &tensor(&[4], &[0.0, 3.0, 0.0, 2.0])).unwrap();
        program.run(store.as_mut()).unwrap();
        for (name, values) in &expected {
            let found = program.read(name).unwrap().to_f64();
            for (at, (e, f)) in values.iter().zip(&found).enumerate().filter(|(_, (e, _))| !e.is_nan()) {
                assert!((e - f).abs() <= 1e-6 * e.abs(), "{}: {name} {at}: expected {e}, found {f}", backend.name());
            }
        }
    });
}

#[test]
fn the_slope_of_tanh_keeps_its_digits_near_one() {
    let values: Vec<f32> = (0..400).map(|i| (i as f32 - 200.0) * 0.04).collect(); // −8 to 8
    let graph = graph("tanh", |b| {
        let x = b.input("x", TensorType::f32([values.len()]));
        let y = x.tanh();
        b.output("y", y);
        b.output("slope", y.sum().grad(&[x])[0]);
    });
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &graph);
        program.write("x", &tensor(&[values.len()], &values)).unwrap();
        program.run(store.as_mut()).unwrap();
        let (y, slope) = (program.read("y").unwrap().to_f64(), program.read("slope").unwrap().to_f64());
        for ((&x, y), slope) in values.iter().zip(y).zip(slope) {
            // Of the y that was stored, to 2 roundings: 1 − y² would lose 2⁻²⁴/(1 − y²) of it, a third at |x| = 8. The
            // reference backend stores y in f64.
            let exact = if backend.name().contains("f64") { f64::from(x).cosh().powi(-2) } else { 1.0 - y * y };
            assert!((slope - exact).abs() <= 2.0 * 2f64.powi(-23) * exact, "{}: x = {x}: {slope}", backend.name());
        }
    });
}

#[test]
fn a_bias_a_scale_and_a_scalar_spread_over_a_batch() {
    agree("broadcast", |b| {
        let x = b.input("x", TensorType::f32([4, 3, 3, 19]));
        let (bias, rate) = (b.input("bias", TensorType::f32([19])), b.scalar("rate"));
        let row = b.input("row", TensorType::f32([4])).reshape([4, 1, 1, 1]);
        b.output("y", (x + bias).relu() * rate + row);
    });
}

#[test]
fn reductions_over_any_axes() {
    agree("reductions", |b| {
        let x = b.input("x", TensorType::f32([3, 5, 7, 18]));
        let mut axes = vec![vec![0], vec![3], vec![1, 2], vec![0, 1, 2], vec![0, 2], vec![1, 3], vec![0, 1, 2, 3]];
        axes.push(vec![]);
        for (i, axes) in axes.iter().enumerate() {
            b.output(&format!("sum{i}"), x.square().sum_axes(axes));
            b.output(&format!("max{i}"), (-x).max_axes(axes));
        }
        b.output("softmax", x.softmax(3));
        b.output("log_softmax", x.log_softmax(1));
    });
}

#[test]
fn a_sum_of_a_million_small_numbers_keeps_its_digits() {
    let graph = graph("long", |b| {
        let x = b.input("x", TensorType::f32([1 << 20]));
        b.output("sum", x.sum());
    });
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &graph);
        program.write("x", &Tensor::full([1 << 20], 0.1)).unwrap();
        program.run(store.as_mut()).unwrap();
        let exact = f64::from(0.1f32) * f64::from(1 << 20);
        assert!((program.read_scalar("sum").unwrap() / exact - 1.0).abs() < 1e-6, "{}", backend.name());
    });
}

#[test]
fn batch_statistics_and_their_gradients() {
    agree("batch_norm", |b| {
        let x = b.input("x", TensorType::f32([6, 4, 4, 10]));
        let (gamma, beta) = (b.input("gamma", TensorType::f32([10])), b.input("beta", TensorType::f32([10])));
        let (mean, variance) = (x.mean_axes(&[0, 1, 2]), x.variance_axes(&[0, 1, 2]));
        let y = (x - mean) * (variance + 1e-3).rsqrt() * gamma + beta;
        let loss = (y.tanh() * x.sin()).mean();
        b.output("y", y);
        for (name, gradient) in ["dx", "dgamma", "dbeta"].into_iter().zip(loss.grad(&[x, gamma, beta])) {
            b.output(name, gradient);
        }
    });
}

#[test]
fn conversions_between_every_pair_of_types() {
    agree("convert", |b| {
        for from in DType::ALL {
            let x = b.input(from.name(), TensorType::new(from, [50]));
            for to in DType::ALL {
                b.output(&format!("{from}_to_{to}"), x.convert(to));
            }
        }
    });
}

#[test]
fn integers_are_compared_and_selected_as_integers() {
    agree("integers", |b| {
        for dtype in [DType::I32, DType::U32, DType::U16, DType::U8] {
            let x = b.input(&format!("x_{dtype}"), TensorType::new(dtype, [70]));
            let y = b.input(&format!("y_{dtype}"), TensorType::new(dtype, [70]));
            let less = x.less(y);
            b.output(&format!("less_{dtype}"), less);
            b.output(&format!("select_{dtype}"), less.select(x, y));
        }
        b.output("iota", b.iota(TensorType::new(DType::I32, [3, 4]), 1));
        b.output("one_hot", b.input("label", TensorType::new(DType::I32, [9])).one_hot(5));
    });
}

#[test]
fn infinities_and_nans_go_through() {
    let graph = graph("non_finite", |b| {
        let x = b.input("x", TensorType::f32([5]));
        b.output("finite", x.is_finite());
        b.output("max", x.max_axes(&[0]));
        b.output("sum", x.sum());
        b.output("relu", x.relu());
        b.output("exp", x.exp());
    });
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &graph);
        let run =
            |program: &mut dyn ganymede_runtime::Program, store: &mut dyn ganymede_runtime::Store, x: [f32; 5]| {
                program.write("x", &tensor(&[5], &x)).unwrap();
                program.run(store).unwrap();
            };
        run(program.as_mut(), store.as_mut(), [1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -3e38]);
        let finite = Data::Bool(vec![true, false, false, false, true]);
        assert_eq!(program.read("finite").unwrap().data(), &finite, "{}", backend.name());
        assert!(program.read_scalar("max").unwrap().is_nan(), "{}", backend.name());
        assert!(program.read_scalar("sum").unwrap().is_nan(), "{}", backend.name());
        run(program.as_mut(), store.as_mut(), [1.0, f32::INFINITY, 2.0, 3.0, f32::NEG_INFINITY]);
        assert_eq!(program.read_scalar("max").unwrap(), f64::INFINITY, "{}", backend.name());
        let relu = program.read("relu").unwrap();
        assert_eq!(relu.as_f32().unwrap(), [1.0, f32::INFINITY, 2.0, 3.0, 0.0], "{}", backend.name());
        assert_eq!(program.read("exp").unwrap().as_f32().unwrap()[4], 0.0, "{}", backend.name());
    });
}

#[test]
fn tensors_without_elements() {
    agree("empty", |b| {
        let x = b.input("x", TensorType::f32([0, 3]));
        let y = b.input("y", TensorType::f32([3, 4]));
        b.output("same", x.exp() + 1.0);
        b.output("sum", x.sum_axes(&[0]));
        b.output("all", x.sum());
        b.output("max", x.max_axes(&[0]));
        b.output("matmul", x.matmul(y));
        b.output("inner", y.slice_axis(0, 0..0).transpose(&[1, 0]).matmul(y.slice_axis(0, 1..1)));
        b.output("concat", ganymede_graph::concat(&[x, b.input("z", TensorType::f32([2, 3]))], 0));
        b.output("gather", y.gather(b.input("none", TensorType::new(DType::I32, [0]))));
        b.state("state", TensorType::f32([0]));
        b.assign("state", x.sum_axes(&[1]));
    });
}

#[test]
fn scalars_have_rank_0() {
    agree("scalars", |b| {
        let (x, y) = (b.scalar("x"), b.state("y", TensorType::f32([])));
        b.assign("y", y * 0.9 + x.square());
        b.output("z", (x + y).sigmoid().sum());
        b.output("count", b.scalar_of("n", DType::U32).convert(DType::F32));
    });
}

#[test]
fn constants_and_what_is_computed_from_them() {
    agree("constants", |b| {
        b.output("scalar", b.constant(0.1));
        b.output("full", b.full([3, 5], -1.5));
        let values: Vec<f64> = (0..12).map(|i| f64::from(i) / 7.0).collect();
        let table = b.constant_tensor(TensorType::f32([3, 4]), &values);
        b.output("table", table);
        b.output("folded", (table * 2.0).exp().sum_axes(&[0]));
        b.output("flags", b.constant_tensor(TensorType::new(DType::Bool, [3]), &[1.0, 0.0, 1.0]));
        let x = b.input("x", TensorType::f32([3, 4]));
        b.output("with", x * table + b.constant(2.0).sqrt());
    });
}

#[test]
fn random_numbers_are_a_function_of_seed_draw_and_scope() {
    let graph = graph("random", |b| {
        let _scope = b.enter("noise");
        b.output("uniform", b.uniform([7, 9]));
        b.output("normal", b.normal([5, 21]));
    });
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &graph);
        program.write("seed", &Tensor::new([2], Data::U32(vec![11, 3])).unwrap()).unwrap();
        let seed = 11 | 3u64 << 32;
        for draw in [0, 1, u32::MAX] {
            program.write("draw", &word(draw)).unwrap();
            program.run(store.as_mut()).unwrap();
            let uniform = Rng::fill(seed, stream_of("noise#0"), draw, 0, 63, false);
            let exact: Vec<f64> = program.read("uniform").unwrap().to_f64();
            assert_eq!(exact, uniform, "{}", backend.name());
            let normal = Array::new([5, 21], Rng::fill(seed, stream_of("noise#1"), draw, 0, 105, true));
            close(&backend.name(), &normal, &program.read("normal").unwrap());
        }
    });
}

#[test]
fn a_sample_has_its_own_noise_whatever_its_place() {
    let build = |n: usize| {
        let builder = Builder::with_randomness("sample", Randomness::PerSample(n));
        let x = builder.normal([n, 13]);
        builder.output("x", x);
        builder.finish().unwrap()
    };
    on_every_backend(|backend| {
        let rows = |seeds: &[u32]| {
            let graph = build(seeds.len());
            let (mut store, mut program) = load(backend, &graph);
            let words = seeds.iter().flat_map(|&s| [s, 0]).collect();
            program.write("seed", &Tensor::new([seeds.len(), 2], Data::U32(words)).unwrap()).unwrap();
            program.write_scalar("draw", 0.0).unwrap();
            program.run(store.as_mut()).unwrap();
            let values = program.read("x").unwrap();
            values.as_f32().unwrap().chunks(13).map(<[f32]>::to_vec).collect::<Vec<_>>()
        };
        let (five, one) = (rows(&[4, 8, 15, 16, 23]), rows(&[15]));
        assert_eq!(five[2], one[0], "{}", backend.name());
        assert_ne!(five[0], five[1], "{}", backend.name());
    });
}

#[test]
fn all_reduce_of_one_process_is_the_value() {
    agree("all_reduce", |b| {
        let x = b.input("x", TensorType::f32([6]));
        let y = b.push(ops::AllReduceSum {}.into(), &[x * 2.0]);
        b.output("y", y);
        b.output("dx", y.square().sum().grad(&[x])[0]);
    });
}
