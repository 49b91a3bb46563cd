//! Objectives: both players' losses and their derivatives by each logit.

use super::bench::{Bench, N, close, codec, spec};
use super::critics::{FAKES, KERNEL, at_logits, by_fake_logits, logits_spec};
use ganymede_gan::objectives::OBJECTIVES;
use ganymede_gan::phases::trace;
use serde_json::Value;

pub fn reference() -> Value {
    serde_json::from_str(include_str!("../../../../../reference/gan_values.json")).unwrap()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    match value.as_array() {
        Some(list) => list.iter().flat_map(numbers).collect(),
        None => vec![value.as_f64().unwrap()],
    }
}

fn four(value: &Value) -> [f64; N] {
    numbers(value).try_into().unwrap()
}

/// `terms = […]` of one term.
pub fn terms(class_name: &str, arguments: &str) -> String {
    let comma = if arguments.is_empty() { "" } else { ", " };
    format!("terms = [{{ class_name = '{class_name}'{comma}{arguments} }}]")
}

#[test]
fn losses_and_their_derivatives_by_every_logit_are_those_of_the_formulas() {
    let reference = reference();
    let cases = reference["objectives"].as_array().unwrap();
    for case in cases {
        let (name, arguments) = (case["class_name"].as_str().unwrap(), case["arguments"].as_str().unwrap());
        let (real, fake) = (four(&case["real"]), four(&case["fake"]));
        let spec = logits_spec(&terms(name, arguments), &terms(name, arguments), &[]);
        let what = format!("{name} {arguments} {real:?}");
        let d = at_logits(&spec, "d", real, fake).run();
        close(&what, &[d.loss(&format!("d/{name}"))], &numbers(&case["d"]));
        close(&what, &d.gradient(KERNEL), &numbers(&case["d_gradient"]));
        let g = at_logits(&spec, "g", real, fake).run();
        close(&what, &[g.loss(&format!("g/{name}"))], &numbers(&case["g"]));
        let found = by_fake_logits(&g.gradient(FAKES), &[real, fake].concat());
        close(&what, &found, &numbers(&case["g_gradient"]));
    }
    // What is written down: `tests/gan/expression.rs`.
    let elsewhere = ["began", "expression_objective"];
    let known = |name: &str| elsewhere.contains(&name) || cases.iter().any(|case| case["class_name"] == name);
    for entry in OBJECTIVES {
        assert!(known(entry.name), "{} has no numbers: add it to reference/gan_values.py", entry.name);
    }
}

/// D(x) = x/2, so that L(x) = E |x|/2. Real 1, −2, 3, −½: E |x| = 6.5/4, L = 0.8125. Fakes 0.4, −0.8, 1.2, −1.6: E |x| = 1,
/// L = 0.5. With k = ¼ the discriminator's loss is 0.8125 − 0.125. For D(x) = w·x with w < 1 dL/dw = −E |x|: −1.625 + 0.25.
/// With γ = 0.5, λ = 0.2: k + 0.2·(0.5·0.8125 − 0.5) = 0.25 − 0.01875.
fn began(d: &str, k: f64, phase: &str) -> Bench {
    let stack = "layers = [{ class_name = 'Input', shape = [1] }, \
                 { class_name = 'Dense', units = 1, use_bias = false }]";
    let spec = spec(stack, stack, d, &terms("began", ""));
    let mut bench = Bench::new(&spec, &codec(&[1], 0), phase);
    bench.set(KERNEL, &[0.5]);
    bench.set(FAKES, &[0.4]);
    bench.noise("latent#0", &[1.0, -2.0, 3.0, -4.0]);
    if phase == "d" {
        bench.set("real", &[1.0, -2.0, 3.0, -0.5]);
        bench.set("d/k", &[k]);
    }
    bench
}

#[test]
fn began_rebuilds_real_samples_and_holds_its_balance() {
    let ran = began(&terms("began", "gamma=0.5,lambda=0.2"), 0.25, "d").run();
    close("loss", &[ran.loss("d/began")], &[0.6875]);
    close("gradient", &ran.gradient(KERNEL), &[-1.375]);
    close("k", &ran.state("d/k"), &[0.23125]);
    // k stays within [0, 1]: 0.01 − 0.2·0.09375 < 0; with γ = 3 it is 0.9 + 0.2·(3·0.8125 − 0.5) > 1.
    let low = began(&terms("began", "gamma=0.5,lambda=0.2"), 0.01, "d").run();
    close("k", &low.state("d/k"), &[0.0]);
    let high = began(&terms("began", "gamma=3.0,lambda=0.2"), 0.9, "d").run();
    close("k", &high.state("d/k"), &[1.0]);
    // By default γ = ½ and λ = 0.001.
    let ran = began(&terms("began", ""), 0.25, "d").run();
    close("k", &ran.state("d/k"), &[0.25 - 0.001 * 0.09375]);
    // The generator's: 0.5, and by its weight w, where a fake is w·z with E |z| = 2.5: E |z|/2.
    let g = began(&terms("began", ""), 0.25, "g").run();
    close("loss", &[g.loss("g/began")], &[0.5]);
    close("gradient", &g.gradient(FAKES), &[1.25]);
}

/// The first and third pair change places, samples and what is said of them alike: L of the real side is that of 0.4, −2, 1.2, −½,
/// E |x|/2 = 0.5125, of the other 1, −0.8, 3, −1.6: 0.8. With samples of their own and verdicts of the others it would be of
/// |1 − 0.2| and |3 − 0.6|.
#[test]
fn flipped_labels_take_the_samples_with_them() {
    let lines = format!("label_flip = 0.5\n{}", terms("began", "gamma=0.5,lambda=0.2"));
    let mut bench = began(&lines, 0.25, "d");
    bench.noise("d/label_flip#0", &[0.1, 0.9, 0.4, 0.5]);
    let ran = bench.run();
    close("loss", &[ran.loss("d/began")], &[0.5125 - 0.25 * 0.8]);
    close("gradient", &ran.gradient(KERNEL), &[-1.025 + 0.25 * 1.6]);
}

/// A Keras loss that is written as the other player's.
#[test]
fn what_a_keras_loss_compares_is_that_of_its_player() {
    for (phase, wrong, right) in
        [(0, "['fake']", "args = [\"real\", \"fake\"]"), (1, "['real','fake']", "args = [\"fake\"]")]
    {
        let term = |args: &str| {
            format!("phases.{phase}.terms=[{{class_name='BinaryCrossentropy',from_logits=true,args={args}}}]")
        };
        let traced = |args: &str| {
            let hinge = "terms = [{ class_name = 'hinge' }]";
            trace(&logits_spec(hinge, hinge, &[&term(args)]), &codec(&[2 * N], 0)).map(drop)
        };
        let error = traced(wrong).unwrap_err().to_string();
        assert!(error.contains(&format!("expected {right} here, found")), "{error}");
        traced(&right.trim_start_matches("args = ").replace('"', "'")).unwrap();
    }
}
