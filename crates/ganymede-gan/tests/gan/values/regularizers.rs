//! Regularizers: values and derivatives, of a discriminator D(x) = k₁x₁² + k₂x₂² and a generator whose weights are the fakes.

use super::bench::{Bench, N, close, codec, spec};
use super::critics::{FAKES, KERNEL, identity};
use super::objectives::{numbers, reference, terms};
use ganymede_gan::regularizers::REGULARIZERS;
use serde_json::Value;

const GENERATOR: &str = "layers = [{ class_name = 'Input', shape = [4] }, \
                         { class_name = 'Dense', units = 2, use_bias = false }]";

fn discriminator(outputs: &str) -> String {
    format!(
        "outputs = {outputs}\nlayers = [{{ class_name = 'Input', shape = [2], name = 'sample' }}, \
         {{ class_name = 'Multiply', name = 'squares', inputs = ['sample', 'sample'] }}, \
         {{ class_name = 'Dense', name = 'dense', units = 1, use_bias = false, inputs = ['squares'] }}, \
         {{ class_name = 'Dense', name = 'classes', units = 2, use_bias = false, inputs = ['sample'] }}]"
    )
}

/// The program of a term, with all that is given.
fn bench(case: &Value, given: &Value) -> Bench {
    let text = |key: &str| case[key].as_str().unwrap();
    let (phase, name) = (text("phase"), text("class_name"));
    let outputs = match name {
        "feature_matching" => "['dense', 'squares', 'classes']",
        _ => "['dense', 'classes']",
    };
    let terms_of = |player: &str| match player == phase {
        true => terms(name, text("arguments")),
        false => terms("wasserstein", ""),
    };
    let spec = spec(GENERATOR, &discriminator(outputs), &terms_of("d"), &terms_of("g"));
    let classes = if name == "auxiliary_classifier" { 2 } else { 0 };
    let mut bench = Bench::new(&spec, &codec(&[2], classes), phase);
    bench.set(KERNEL, &numbers(&given["kernel"]));
    bench.set(FAKES, &numbers(&given["fake"]));
    bench.set("discriminator/classes/kernel", &numbers(&given["classes"]));
    for (input, key) in [("real", "real"), ("label", "labels")] {
        if bench.reads(input) {
            bench.set(input, &numbers(&given[key]));
        }
    }
    let latents = ["d/latent_consistency#0", "g/latent_consistency#0"].map(|path| (path, "latent_noise"));
    let others = [("d/mix#0", "shares"), ("d/dragan#0", "noise"), ("g/path_length#0", "noise")];
    for (path, key) in others.into_iter().chain(latents) {
        if bench.draws(path) {
            bench.noise(path, &numbers(&given[key]));
        }
    }
    if bench.draws("latent#0") {
        bench.noise("latent#0", &identity());
    }
    match name {
        "lecam" => [("d/lecam_real", 0.3), ("d/lecam_fake", -0.2)].iter().for_each(|(n, v)| bench.set(n, &[*v])),
        "path_length" => bench.set("g/path_length", &[0.3]),
        _ => (),
    }
    bench
}

#[test]
fn penalties_and_their_derivatives_are_those_of_the_formulas() {
    let reference = reference();
    let cases = reference["penalties"].as_array().unwrap();
    for case in cases {
        let text = |key: &str| case[key].as_str().unwrap();
        let (phase, name) = (text("phase"), text("class_name"));
        let what = format!("{phase}/{name} {}", text("arguments"));
        let ran = bench(case, &reference["numbers"]).run();
        close(&what, &[ran.loss(&format!("{phase}/{name}"))], &numbers(&case["value"]));
        let parameter = match (phase, name) {
            ("g", _) => FAKES,
            (_, "auxiliary_classifier") => "discriminator/classes/kernel",
            _ => KERNEL,
        };
        close(&what, &ran.gradient(parameter), &numbers(&case["gradient"]));
        for (of, state) in [("lecam", "d/lecam_real"), ("lecam", "d/lecam_fake"), ("path_length", "g/path_length")] {
            if of == name {
                let key = &state[2..];
                close(&what, &ran.state(state), &numbers(&reference["numbers"][key]));
            }
        }
    }
    for entry in REGULARIZERS {
        let here = cases.iter().any(|case| case["class_name"] == entry.name);
        let moved = ["consistency", "balanced_consistency"].contains(&entry.name);
        // Of a third network: `tests/roles.rs`; of rows of a table: beside the term; what is written down:
        // `src/expression/tests.rs`.
        let third = ["latent_regression", "second_moments", "condition", "expression"].contains(&entry.name);
        assert!(here || moved || third, "{} has no numbers: add it to reference/gan_values.py", entry.name);
    }
}

/// The image of two rows 1 2 3, 4 5 6, or what it was made of it.
type Image = [f64; 6];

const IMAGE: Image = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// D(x) reads off the digits of what it sees.
const DIGITS: Image = [0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001];

/// Real samples are the image, fakes ten times the image.
fn moved(term: &str) -> Bench {
    let generator = "layers = [{ class_name = 'Input', shape = [4] }, \
                     { class_name = 'Dense', units = 6, use_bias = false }, \
                     { class_name = 'Reshape', target_shape = [2, 3, 1] }]";
    let discriminator = "layers = [{ class_name = 'Input', shape = [2, 3, 1] }, { class_name = 'Flatten' }, \
                         { class_name = 'Dense', units = 1, use_bias = false }]";
    let spec = spec(generator, discriminator, term, &terms("wasserstein", ""));
    let mut bench = Bench::new(&spec, &codec(&[2, 3, 1], 0), "d");
    bench.set(KERNEL, &DIGITS);
    bench.set(FAKES, &[IMAGE.map(|v| 10.0 * v); N].concat());
    bench.set("real", &[IMAGE; N].concat());
    if bench.draws("latent#0") {
        bench.noise("latent#0", &identity());
    }
    bench
}

/// E (D(x) − D(T(x)))² and its derivatives by D's weights.
fn told_apart(x: Image, seen: [Image; N]) -> (f64, Vec<f64>) {
    let judge = |x: &Image| x.iter().zip(DIGITS).map(|(x, k)| x * k).sum::<f64>();
    let apart = seen.map(|t| judge(&x) - judge(&t));
    let derivative = |at: usize| (0..N).map(|n| 2.0 * apart[n] * (x[at] - seen[n][at]) / N as f64).sum();
    (apart.map(|d| d * d).iter().sum::<f64>() / N as f64, (0..6).map(derivative).collect())
}

/// Of up to one pixel: the first as it was; the second mirrored; the third read one row lower, its last row again; the fourth
/// read one row higher and a column to the right, its edges again, and mirrored.
const MOVED: [Image; N] =
    [IMAGE, [3.0, 2.0, 1.0, 6.0, 5.0, 4.0], [4.0, 5.0, 6.0, 4.0, 5.0, 6.0], [2.0, 1.0, 1.0, 2.0, 1.0, 1.0]];
const MIRRORED: [f64; N] = [0.5, 0.49, 0.9, 0.0];
const ROWS: [f64; N] = [0.5, 0.5, 0.7, 0.1];
const COLUMNS: [f64; N] = [0.5, 0.34, 0.65, 0.9];

fn draw(bench: &mut Bench, first: usize, numbers: [[f64; N]; 3]) {
    for (at, numbers) in numbers.iter().enumerate() {
        bench.noise(&format!("d/consistency#{}", first + at), numbers);
    }
}

#[test]
fn consistency_compares_what_is_said_of_an_image_and_of_the_moved_one() {
    let mut bench = moved(&terms("consistency", "shift=1"));
    draw(&mut bench, 0, [MIRRORED, ROWS, COLUMNS]);
    let (value, gradient) = told_apart(IMAGE, MOVED);
    let ran = bench.run();
    close("consistency", &[ran.loss("d/consistency")], &[value]);
    close("consistency", &ran.gradient(KERNEL), &gradient);
    // By default of up to four pixels: nine places, of which 0.44 is the fourth and 0.45 the fifth, where nothing moves.
    let mut bench = moved(&terms("consistency", ""));
    draw(&mut bench, 0, [[0.9; N], [0.5; N], [0.44, 0.45, 0.45, 0.45]]);
    let (value, _) = told_apart(IMAGE, [[1.0, 1.0, 2.0, 4.0, 4.0, 5.0], IMAGE, IMAGE, IMAGE]);
    close("shift", &[bench.run().loss("d/consistency")], &[value]);
}

#[test]
fn balanced_consistency_adds_its_share_of_fakes() {
    for (arguments, share) in [("shift=1,fake_share=0.25", 0.25), ("shift=1", 1.0)] {
        let mut bench = moved(&terms("balanced_consistency", arguments));
        draw(&mut bench, 0, [MIRRORED, ROWS, COLUMNS]);
        // Every fake is read a column to the left.
        draw(&mut bench, 3, [[0.9; N], [0.5; N], [0.1; N]]);
        let (of_real, by_real) = told_apart(IMAGE, MOVED);
        let left = [1.0, 1.0, 2.0, 4.0, 4.0, 5.0];
        let (of_fake, by_fake) = told_apart(IMAGE.map(|v| 10.0 * v), [left.map(|v: f64| 10.0 * v); N]);
        let ran = bench.run();
        close(arguments, &[ran.loss("d/balanced_consistency")], &[of_real + share * of_fake]);
        let gradient: Vec<f64> = by_real.iter().zip(by_fake).map(|(a, b)| a + share * b).collect();
        close(arguments, &ran.gradient(KERNEL), &gradient);
    }
}
