//! Values of every function beside numbers worked out by hand, what is refused and with which words, and texts with random faults.

use super::{Expression, MAX_DEPTH, Verdicts, functions};
use crate::loss_scope::{LossScope, Networks, Trace};
use crate::regularizers::Player;
use crate::spec::LatentDistribution;
use ganymede_data::Codec;
use ganymede_graph::Builder;
use ganymede_graph::interpret::{Array, run};
use ganymede_nn::layers::{Dense, Input};
use ganymede_nn::{Mode, Sequential};
use ganymede_tensor::{Rng, TensorType};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Two samples of two numbers, of the classes 2 and 0.
const REAL: [f64; 4] = [0.5, -1.0, 2.0, 0.25];
/// D(x) = 3 x₁ − x₂: 2.5 and 5.75. G(z) = (z, 2 z).
const KERNEL: [f64; 2] = [3.0, -1.0];

fn networks() -> Networks {
    let dense = |units: usize| Dense::new(units).use_bias(false);
    let stack = |name: &str, inputs: usize, units: usize| {
        let model = Sequential::new(name).add(Input::new([inputs])).add(dense(units)).model().unwrap();
        (name.to_string(), model)
    };
    Networks { models: [stack("discriminator", 2, 1), stack("generator", 1, 2)].into() }
}

fn codec() -> Codec {
    Codec::stand_in(TensorType::f32([2]), [-1.0, 1.0], ["a", "b", "c"].map(String::from).to_vec())
}

/// Builds the text over the two networks; with `then` the graph is run.
fn built<R>(
    (codec, networks): &(Codec, Networks),
    text: &str,
    of_objective: bool,
    then: impl FnOnce(Builder) -> R,
) -> Result<R, String> {
    let expression = Expression::parse(text, of_objective).map_err(|error| error.to_string())?;
    let builder = Builder::new("expression");
    let mut trace = Trace::new(&builder, networks, Mode::Train, 2, LatentDistribution::default());
    trace.codec = Some(codec);
    let scope = LossScope::new(&Rc::new(trace), "d", Player::Discriminator).of_term("own");
    let value = expression.evaluate("value", &scope, &Verdicts::default());
    builder.output("value", value);
    drop(scope);
    let errors = builder.take_errors();
    match errors.first() {
        Some(error) => Err(error.message.clone()),
        None => Ok(then(builder)),
    }
}

fn with(text: &str) -> Result<f64, String> {
    built(&(codec(), networks()), text, true, |builder| {
        let graph = builder.finish().unwrap();
        let inputs: HashMap<String, Array> = graph
            .inputs()
            .map(|(name, ty)| {
                let data = match name {
                    "real" => REAL.to_vec(),
                    "label" => vec![2.0, 0.0],
                    _ => vec![7.0; ty.elements()],
                };
                (name.to_string(), Array { ty: ty.clone(), data })
            })
            .collect();
        let mut states = BTreeMap::from([
            ("discriminator/dense/kernel".to_string(), Array::new([2, 1], KERNEL.to_vec())),
            ("generator/dense/kernel".to_string(), Array::new([1, 2], vec![1.0, 2.0])),
        ]);
        run(&graph, &inputs, &mut states).unwrap()["value"].data[0]
    })
}

/// A text that calls the function, and its value. `max_of` picks one element apart, so that order and axes count.
fn cases() -> Vec<(&'static str, &'static str, f64)> {
    let norm = |a: f64, b: f64| (a * a + b * b).sqrt();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let softplus = |x: f64| x.exp().ln_1p();
    let soft = |a: f64, b: f64| a.exp() / (a.exp() + b.exp());
    vec![
        ("discriminator", "mean(discriminator(real))", (2.5 + 5.75) / 2.0),
        ("generator", "sum(generator(ones_like(latent)) * [1, 10][1])", 60.0),
        ("network", "sum(network('generator', zeros_like(latent) + 2))", 12.0),
        ("field", "sum(field('label'))", 2.0),
        ("mix", "sum(mix(real, real))", 1.75),
        ("grad", "sum(grad(discriminator(real), real) * [1, 10][0])", 4.0),
        ("grad", "x = real * 1\nslope = grad(sum(x ** 3), x)\nsum(grad(slope, x))", 6.0 * 1.75),
        ("normal", "n = normal([batch, 1000], 3, 0.001)\nsum(floor(mean(n) + 0.5))", 3.0),
        ("uniform", "u = uniform([2, 100], minval=4, maxval=5)\nmin(floor(u))", 4.0),
        ("stop_gradient", "x = real * 1\nsum(grad(sum(x * stop_gradient(x)), x))", 1.75),
        ("sum", "sum(real)", 1.75),
        ("sum", "max(sum(real, axis=1))", 2.25),
        ("sum", "max(sum(real, -2))", 2.5),
        ("mean", "mean(real)", 1.75 / 4.0),
        ("mean", "sum(mean(real, axis=[0, 1], keepdims=True))", 1.75 / 4.0),
        ("max", "max(real)", 2.0),
        ("min", "min(real)", -1.0),
        ("var", "sum(var(real, 0))", (0.75f64).powi(2) + (0.625f64).powi(2)),
        ("std", "max(std(real, 0))", 0.75),
        ("norm", "sum(norm(real))", norm(0.5, -1.0) + norm(2.0, 0.25)),
        ("norm", "sum(norm(real, axis=0))", norm(0.5, 2.0) + norm(-1.0, 0.25)),
        ("sqrt", "sum(sqrt(real * real))", 3.75),
        ("rsqrt", "sum(rsqrt(real * real))", 2.0 + 1.0 + 0.5 + 4.0),
        ("square", "sum(square(real))", 0.25 + 1.0 + 4.0 + 0.0625),
        ("reciprocal", "sum(reciprocal(real))", 2.0 - 1.0 + 0.5 + 4.0),
        ("exp", "sum(exp(real))", REAL.map(f64::exp).iter().sum()),
        ("expm1", "sum(expm1(real))", REAL.map(f64::exp_m1).iter().sum()),
        ("log", "sum(log(square(real)))", 2.0 * (0.25f64).ln()),
        ("log1p", "sum(log1p(square(real)))", REAL.map(|x| (x * x).ln_1p()).iter().sum()),
        ("abs", "sum(abs(real))", 3.75),
        ("sign", "sum(sign(real))", 2.0),
        ("negative", "max(negative(real))", 1.0),
        ("floor", "sum(floor(real))", 1.0),
        ("sin", "sum(sin(real))", REAL.map(f64::sin).iter().sum()),
        ("cos", "sum(cos(real))", REAL.map(f64::cos).iter().sum()),
        ("tanh", "sum(tanh(real))", REAL.map(f64::tanh).iter().sum()),
        ("sigmoid", "sum(sigmoid(real))", REAL.map(sigmoid).iter().sum()),
        ("softplus", "sum(softplus(real))", REAL.map(softplus).iter().sum()),
        ("relu", "sum(relu(real))", 2.75),
        ("leaky_relu", "sum(leaky_relu(real, negative_slope=0.5))", 2.25),
        ("leaky_relu", "sum(leaky_relu(real))", 2.55),
        ("clip", "sum(clip(real, -0.6, 1))", 0.5 - 0.6 + 1.0 + 0.25),
        ("softmax", "max(softmax(real)) + 10 * max(softmax(real, axis=0))", soft(2.0, 0.25) + 10.0 * soft(2.0, 0.5)),
        ("log_softmax", "max(log_softmax(real))", soft(2.0, 0.25).ln()),
        ("ones_like", "sum(ones_like(real))", 4.0),
        ("zeros_like", "sum(zeros_like(real)) + 1", 1.0),
        ("add", "sum(add(real, 1))", 5.75),
        ("subtract", "sum(subtract(1, real))", 2.25),
        ("multiply", "sum(multiply(real, 2))", 3.5),
        ("divide", "sum(divide(1, real))", 2.0 - 1.0 + 0.5 + 4.0),
        ("power", "sum(power(real, 3)) + sum(power(2, real))", REAL.map(|x| x.powi(3) + 2f64.powf(x)).iter().sum()),
        ("maximum", "sum(maximum(real, 0.3))", 0.5 + 0.3 + 2.0 + 0.3),
        ("minimum", "sum(minimum(0.3, real))", 0.3 - 1.0 + 0.3 + 0.25),
        ("less", "sum(less(real, 0.5))", 2.0),
        ("less_equal", "sum(less_equal(real, 0.5))", 3.0),
        ("greater", "sum(greater(real, 0.5)) + 10 * sum(real > 0)", 31.0),
        ("greater_equal", "mean(greater_equal(real, 0.5))", 0.5),
        ("equal", "sum(equal(label, 2)) + sum(label == 0)", 2.0),
        ("not_equal", "sum(not_equal(real, 2)) + 10 * sum(real != 2)", 33.0),
        ("logical_and", "sum(logical_and(real > 0, real < 1))", 2.0),
        ("logical_or", "sum(logical_or(real < 0, real > 1))", 2.0),
        ("logical_not", "sum(logical_not(real <= 0.25))", 2.0),
        ("where", "sum(where(real > 0, real, -1))", 1.75),
        (
            "matmul",
            "sum(matmul(real, transpose(real))) + max(real @ transpose(real))",
            2.5f64.powi(2) + 0.75f64.powi(2) + 4.0625,
        ),
        ("reshape", "max(sum(reshape(real, [1, -1]), axis=0) * [2][0])", 4.0),
        ("transpose", "max(sum(transpose(real, axes=[1, 0]), 0))", 2.25),
        ("concatenate", "max(sum(concatenate([real, real], axis=1), axis=1))", 4.5),
        ("slice", "sum(slice(real, [0, 1], [2, 1]))", -0.75),
        ("one_hot", "sum(one_hot(label, classes) * one_hot(label, 3))", 2.0),
        ("class_logits", "", f64::NAN),
        ("features", "", f64::NAN),
        // The operators, by their precedence.
        ("+", "mean(2 + 3 * 4 - 6 / 2 ** 2 + 0 * real)", 12.5),
        ("-", "sum(-real ** 2) + 2 ** -1 ** 2 + 2 - -1", -5.3125 + 0.5 + 3.0),
        ("()", "mean((2 +\n 3) * 4 + 0 * real) # a comment\n\n", 20.0),
        (
            "names",
            "sum(real_logits - discriminator(real)) + batch + classes + 1e-1 + .5 + 1_0",
            2.0 + 3.0 + 0.1 + 0.5 + 10.0,
        ),
        // Keras's losses.
        ("mse", "MeanSquaredError(zeros_like(real), real)", 5.3125 / 4.0),
        ("bce", "BinaryCrossentropy(1, discriminator(real), from_logits=1)", (softplus(-2.5) + softplus(-5.75)) / 2.0),
        ("mae", "MeanAbsoluteError(y_pred=real, y_true=real * 0, reduction='sum')", 1.5 / 2.0 + 2.25 / 2.0),
    ]
}

#[test]
fn functions_are_what_they_are_worked_out_to_be() {
    for (name, text, expected) in cases().into_iter().filter(|(_, text, _)| !text.is_empty()) {
        let found = with(text).unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
        assert!((found - expected).abs() <= 1e-6 * (1.0 + expected.abs()), "{text}: {found}, expected {expected}");
    }
    for function in functions() {
        assert!(cases().iter().any(|(name, ..)| *name == function.name), "`{}` has no numbers", function.name);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_was_expected() {
    for (text, expected) in [
        ("", "line 1: expected at least a line with the value"),
        ("x = real", "line 1: expected the last line to be the value of the loss, found a name: leave `x =` out"),
        ("x = real\nx = fake\nmean(x)", "line 2: expected every name once, found `x` again, which is on line 1"),
        ("x = real\n\ny = fake\nmean(x)", "line 3: expected every line to be used, found `y`"),
        ("mean(real)\nmean(fake)", "line 1: expected `name = …`, found a value that nothing uses"),
        (
            "slope = real\nmean(slop)",
            "line 2: expected a name of a line before, of the loss or a field of the data, found `slop` (did you mean `slope`?)",
        ),
        ("x = y\ny = real\nmean(x + y)", "line 1: expected a name that a line before has given, found `y`"),
        ("real = fake\nmean(real)", "line 1: expected a name of its own, found `real`"),
        ("\nmaen(real)", "line 2: expected a function, found `maen` (did you mean `mean`?)"),
        ("mean(real, axes=1)", "`mean` has no argument `axes` (did you mean `axis`?)"),
        ("mean()", "`mean` takes (x, axis, keepdims), found 0 arguments: `x` is missing"),
        ("mean(real, 1, True, 2)", "`mean` takes 3 arguments (x, axis, keepdims), found 4"),
        ("mean(real, x=real)", "expected every argument of `mean` once, found `x` twice"),
        ("mean(axis=1, real)", "expected arguments of `mean` without a name before those with one"),
        ("mean(real", "expected `)` behind the arguments of `mean`, found the end of the line"),
        ("mean(real))", "expected an operator or the end of the line, found `)`"),
        ("mean(real) if 1", "expected an operator or the end of the line, found `if`"),
        ("mean(0 < real < 1)", "expected one comparison, found two"),
        ("mean(real ? 1)", "line 1: expected a number, a name or an operator, found `?`"),
        ("mean('real)", "expected a text that ends with ', found none"),
        ("mean(1e999 * real)", "expected a finite number, found `1e999`"),
        // Those that only shapes, networks and data tell.
        (
            "mean(raal)",
            "`d/own`, line 1 of `value`, `raal`: expected a name of a line before, of the loss or a field of the data, found `raal` (did you mean `real`?)",
        ),
        ("mean(mean + real)", "found the function `mean`: call it"),
        (
            "x = real + 1\nsquare(x)",
            "line 2 of `value`, `square(x)`: expected a scalar as the value of the loss, found shape (2, 2): take its mean",
        ),
        ("1 + 2", "expected a scalar as the value of the loss, found the number 3, which depends on nothing"),
        (
            "x = reshape(real, [3, 1])\nmean(x)",
            "line 1 of `value`, `reshape(real, [3, 1])`: `reshape` on shape (2, 2): expected a shape of 4 elements",
        ),
        (
            "mean(real + reshape(real, [4]))",
            "`real + reshape(real, [4])`: `broadcast` expected operands of matching shapes, found (2, 2) and (4,)",
        ),
        ("mean(real, axis=2)", "`mean(real, axis=2)`: expected an axis of a tensor with 2 axes, found 2"),
        ("mean(real, axis=[0, -2])", "expected every axis once, found 0 twice"),
        ("mean(discriminator(reshape(real, [4])))", "`discriminator(reshape(real, [4]))`: "),
        ("mean(features(real)[0])", "`features(real)[0]`: expected an index of a list of 0, found 0"),
        ("mean(class_logits(real))", "the discriminator has no output `class_logits`"),
        ("mean(real[0])", "expected a list before the index, found a tensor: slice("),
        ("mean(grad(real, fake))", "expected a y that depends on x"),
        ("mean(grad(sum(real), label))", "expected an x of numbers, found"),
        ("mean(clip(real, 'low', 1))", "expected a number for `x_min`, found the text \"low\""),
        ("mean(normal([batch, 0]))", "expected sizes above 0, found [2, 0]"),
        ("mean(normal([1e12]))", "expected a whole number or a list of them for `shape`"),
        ("mean(normal([65536, 65537]))", "expected at most 4294967296 elements, found shape (65536, 65537)"),
        ("mean(one_hot(label, 1e9))", "expected 1 to 65536 classes"),
        ("mean(network('critic', real))", "expected a network `critic` in the spec, found none"),
        ("mean(field('angle'))", "expected a field `angle` of the data, found none"),
        ("Hinge(1, real, from_logits=True)", "`Hinge` has no argument `from_logits`"),
        ("MeanSquaredError(zeros_like(label), real, reduction='none')", "line 1 of `value`"),
        ("MeanSquaredError(0, real, reduction='best')", "reduction"),
    ] {
        let error = with(text).err().unwrap_or_else(|| panic!("{text}: no error"));
        assert!(error.contains(expected), "{text}:\n{error}\n{expected}");
    }
    let of_objective = Expression::parse("mean(real_logits)", false).unwrap_err();
    assert!(of_objective.reason.contains("which is of an objective"), "{of_objective}");
}

#[test]
fn texts_that_would_have_no_end_are_refused() {
    let deep = |n: usize| format!("{}real{}", "mean(".repeat(n), ")".repeat(n));
    assert!(with(&deep(MAX_DEPTH + 1)).unwrap_err().contains("in each other"));
    for text in [
        format!("mean({}real)", "-".repeat(1000)),
        format!("mean(real{})", " + 1".repeat(1000)),
        format!("mean(real{})", "[0]".repeat(1000)),
        format!("mean(real{})", " ** 1".repeat(1000)),
        "(".repeat(100_000),
        "[".repeat(100_000),
    ] {
        let error = with(&text).unwrap_err();
        assert!(error.contains("in each other"), "{error}");
    }
    // Each line differentiates the one before: their graphs grow by a factor.
    let mut text = "x0 = mix(real, fake)\ny0 = sum(sigmoid(discriminator(x0)) ** 1.5)\n".to_string();
    for n in 1..40 {
        text.push_str(&format!("y{n} = sum(square(grad(y{}, x0)))\n", n - 1));
    }
    assert!(with(&(text + "y39")).unwrap_err().contains("expected a loss of at most"));
    let lines = |line: &dyn Fn(usize) -> String, n: usize| (1..n).map(line).collect::<String>();
    let doubled = lines(&|n| format!("x{n} = concatenate([x{}, x{}])\n", n - 1, n - 1), 60);
    assert!(with(&format!("x0 = real\n{doubled}mean(x59)")).unwrap_err().contains("elements"));
    let wide = lines(&|n| format!("x{n} = reshape(x{}, [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4])\n", n - 1), 3);
    assert!(with(&format!("x0 = real\n{wide}mean(x2)")).unwrap_err().contains("at most 16"));
    let many = lines(&|n| format!("x{n} = x{} + 1\n", n - 1), 10_001);
    assert!(with(&format!("x0 = real\n{many}mean(x10000)")).unwrap_err().contains("at most 10000 lines"));
    // The longest that is read.
    let many = lines(&|n| format!("x{n} = x{} + 1\n", n - 1), 9_990);
    assert!((with(&format!("x0 = real\n{many}mean(x9989)")).unwrap() - 9989.4375).abs() < 1e-6);
    assert!(with(&format!("mean(real){}", " ".repeat(super::MAX_TEXT))).unwrap_err().contains("bytes"));
}

/// Noise belongs to its line: another line's comes and goes without it.
#[test]
fn a_line_keeps_its_noise_while_others_are_edited() {
    let alone = with("a = normal([batch, 3])\nsum(a)").unwrap();
    let beside = with("b = normal([batch, 3])\na = normal([batch, 3])\nsum(a + 0 * b)").unwrap();
    let other = with("b = normal([batch, 3])\nsum(b)").unwrap();
    assert_eq!(alone, beside);
    assert_ne!(alone, other);
}

/// Words that faults are made of.
const WORDS: &[&str] = &[
    "real",
    "fake",
    "latent",
    "label",
    "batch",
    "x",
    "y",
    "grad(",
    "mean(",
    "sum(",
    "reshape(",
    "concatenate([",
    "one_hot(",
    "normal([",
    "discriminator(",
    "features(",
    "generator(",
    "BinaryCrossentropy(",
    "mix(",
    "axis=",
    "None",
    "True",
    "**",
    "*",
    "/",
    "-",
    "==",
    "<",
    "=",
    "(",
    ")",
    "[",
    "]",
    ",",
    "\n",
    "#",
    "'",
    "\"",
    "0",
    "-1",
    "1",
    "1e9",
    "1e308",
    "65536",
    "é",
    "\u{0}",
    ".5",
    "real_logits",
    "matmul(",
    "softmax(",
    "slice(",
    "transpose(",
    "@",
];

/// A text with 1 to 4 faults: bytes replaced, taken out, put twice, words of others put in, lines exchanged.
fn mutant(rng: &mut Rng, texts: &[String]) -> String {
    let mut any = |below: usize| (rng.bits() as usize) % below.max(1);
    let mut letters: Vec<char> = texts[any(texts.len())].chars().collect();
    for _ in 0..1 + any(4) {
        let at = any(letters.len() + 1);
        let end = (at + 1 + any(12)).min(letters.len());
        match any(6) {
            0 => drop(letters.drain(at.min(end)..end)),
            1 => {
                let part = letters[at.min(end)..end].to_vec();
                drop(letters.splice(at..at, part));
            }
            2 => {
                let part: Vec<char> = texts[any(texts.len())].chars().collect();
                let (from, length) = (any(part.len()), any(20));
                letters.splice(at..at, part[from..(from + length).min(part.len())].iter().copied());
            }
            3 | 4 => {
                let word = WORDS[any(WORDS.len())];
                letters.splice(at..if any(2) == 0 { at } else { end.max(at) }, word.chars());
            }
            _ => {
                let text: String = letters.iter().collect();
                let mut lines: Vec<&str> = text.split('\n').collect();
                let (a, b) = (any(lines.len()), any(lines.len()));
                lines.swap(a, b);
                letters = lines.join("\n").chars().collect();
            }
        }
    }
    letters.into_iter().collect()
}

/// How many of so many mutants of valid texts are texts themselves. None may panic or take long.
fn mutants(number: usize) -> usize {
    let texts: Vec<String> = cases()
        .into_iter()
        .filter(|(_, text, _)| !text.is_empty())
        .map(|(_, text, _)| text.to_string())
        .chain([
            "x = mix(real, fake)\nslope = grad(sum(discriminator(x)), x)\nnorm = sqrt(sum(square(slope), axis=1) + 1e-12)\nmean((norm - 1) ** 2)".into(),
            "t0 = ones_like(real_logits)\nt1 = BinaryCrossentropy(t0, real_logits, from_logits=True)\nt2 = zeros_like(fake_logits)\nt1 + BinaryCrossentropy(t2, fake_logits, from_logits=True)".into(),
        ])
        .collect();
    let (subject, mut rng) = ((codec(), networks()), Rng::at(19, 4, 0));
    (0..number).filter(|_| built(&subject, &mutant(&mut rng, &texts), true, drop).is_ok()).count()
}

#[test]
fn texts_with_faults_are_read_or_refused() {
    let number = 300_000;
    let read = mutants(number);
    // Neither all nor none: the faults are small enough to reach the graph.
    assert!(read > number / 50 && read < number / 2, "{read} of {number}");
}

#[test]
#[ignore = "a minute; run before a release"]
fn a_million_texts_with_faults_are_read_or_refused() {
    let started = std::time::Instant::now();
    let read = mutants(1_000_000);
    println!("{read} of 1,000,000 are texts, {:.1} s", started.elapsed().as_secs_f64());
    assert!(read > 0);
}
