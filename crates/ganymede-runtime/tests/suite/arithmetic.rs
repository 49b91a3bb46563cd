//! Element-wise primitives, reductions, conversions, constants, random numbers, and the shapes at the edges.

use super::support::{agree, close, graph, load, on_every_backend, tensor, word};
use ganymede_graph::{Array, Builder, Randomness, ops};
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
