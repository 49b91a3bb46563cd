//! Networks whose logits, and derivatives by them, can be read off: sample n is the unit vector eₙ, fake n is e₄₊ₙ, and the
//! discriminator's kernel holds the logits.

use super::bench::{Bench, N, close, codec, spec};
use ganymede_gan::spec::{TrainSpec, edit};

pub const KERNEL: &str = "discriminator/dense/kernel";
pub const FAKES: &str = "generator/dense/kernel";

/// The spec, with the lines of both phases.
pub fn logits_spec(d: &str, g: &str, edits: &[&str]) -> TrainSpec {
    let stack = |inputs: usize, units: usize| {
        format!(
            "layers = [{{ class_name = 'Input', shape = [{inputs}] }}, \
             {{ class_name = 'Dense', units = {units}, use_bias = false }}]"
        )
    };
    let spec = spec(&stack(N, 2 * N), &stack(2 * N, 1), d, g);
    edits.iter().fold(spec, |spec, change| edit(&spec, change).unwrap())
}

/// Rows of the identity of 8, from `first`.
pub fn units(first: usize) -> Vec<f64> {
    (0..N * 2 * N).map(|at| if at % (2 * N) == at / (2 * N) + first { 1.0 } else { 0.0 }).collect()
}

/// One phase at these logits.
pub fn at_logits(spec: &TrainSpec, phase: &str, real: [f64; N], fake: [f64; N]) -> Bench {
    let mut bench = Bench::new(spec, &codec(&[2 * N], 0), phase);
    bench.set(KERNEL, &[real, fake].concat());
    bench.set(FAKES, &units(N));
    if phase == "d" || bench.reads("real") {
        bench.set("real", &units(0));
    }
    bench.noise("latent#0", &identity());
    bench
}

/// The latent of sample n is eₙ.
pub fn identity() -> Vec<f64> {
    (0..N * N).map(|at| if at % N == at / N { 1.0 } else { 0.0 }).collect()
}

/// The derivatives of a generator's loss by the fakes' logits: its kernel's gradient is their product with the
/// discriminator's kernel.
pub fn by_fake_logits(gradient: &[f64], kernel: &[f64]) -> Vec<f64> {
    let rows = gradient.chunks(2 * N);
    let derivative = |row: &[f64]| {
        let d = row[0] / kernel[0];
        close("a row", row, &kernel.iter().map(|k| d * k).collect::<Vec<_>>());
        d
    };
    rows.map(derivative).collect()
}
