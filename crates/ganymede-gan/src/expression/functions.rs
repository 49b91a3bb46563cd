//! The functions of a loss alone: networks, samples, noise. To add one: a line in [`OWN`]. Not here: those of every text
//! (`ganymede_nn::expression`).

use crate::loss_scope::LossScope;
use ganymede_graph::{Builder, Expr};
use ganymede_nn::expression::{Applied, Call, Function, Value};

/// Takes the scope of the loss, the name of the line, and the arguments.
type Apply = for<'g> fn(&LossScope<'g>, &str, &Call<'g>) -> Applied<'g>;

const fn f(name: &'static str, signature: &'static str, about: &'static str, apply: Apply) -> (Function, Apply) {
    (Function { name, signature, about }, apply)
}

pub(super) const OWN: &[(Function, Apply)] = &[
    f(
        "discriminator",
        "x",
        "the discriminator's verdict on samples, after augmentation: logits (N, …)",
        |s, _, c| Ok(Value::Tensor(s.discriminator(c.tensor(0)?).logits)),
    ),
    f("class_logits", "x", "what the discriminator says of the classes of samples, (N, C)", |s, _, c| {
        let verdict = s.discriminator(c.tensor(0)?);
        verdict.class_logits.map(Value::Tensor).ok_or("the discriminator has no output `class_logits`".into())
    }),
    f("features", "x", "the discriminator's further outputs on samples, a list: `features(x)[0]`", |s, _, c| {
        let verdict = s.discriminator(c.tensor(0)?);
        Ok(Value::List(verdict.features.iter().map(|output| Value::Tensor(*output)).collect()))
    }),
    f("generator", "z", "generated samples of latents, (N, …)", |s, _, c| {
        Ok(Value::Tensor(s.generator(c.tensor(0)?)))
    }),
    f("network", "name, x", "the first output of a network of the spec", |s, _, c| {
        let outputs = s.network(&c.text(0)?, &[c.tensor(1)?]);
        outputs.first().map(|output| Value::Tensor(*output)).ok_or("the network has no output".into())
    }),
    f("field", "name", "a field of the data for the samples of the batch, (N, …)", |s, _, c| {
        Ok(Value::Tensor(s.field(&c.text(0)?)))
    }),
    f("mix", "a, b", "ε·a + (1 − ε)·b with one ε ~ U(0, 1) a sample", |s, _, c| {
        let (a, b) = (c.tensor(0)?, c.tensor(1)?);
        Ok(Value::Tensor(s.mix(a, b)))
    }),
    f("normal", "shape, mean=0.0, stddev=1.0", "noise of a normal distribution; the line's own", |s, line, c| {
        let noise = noise(s, line, c.sizes(0, None)?, Builder::normal)?;
        Ok(Value::Tensor(shifted(noise, c.number(1)?, c.number(2)?)))
    }),
    f("uniform", "shape, minval=0.0, maxval=1.0", "noise from minval to maxval; the line's own", |s, line, c| {
        let noise = noise(s, line, c.sizes(0, None)?, Builder::uniform)?;
        let (low, high) = (c.number(1)?, c.number(2)?);
        Ok(Value::Tensor(shifted(noise, low, high - low)))
    }),
];

/// Noise under the line's own name, so that other lines draw what they drew before.
#[track_caller]
fn noise<'g>(
    s: &LossScope<'g>,
    line: &str,
    sizes: Vec<usize>,
    draw: impl FnOnce(&'g Builder, Vec<usize>) -> Expr<'g>,
) -> Result<Expr<'g>, String> {
    if s.parts() > 1 && sizes.first() != Some(&s.batch()) {
        let batch = s.batch();
        return Err(format!(
            "expected noise whose first size is `batch` ({batch}), as a batch in parts needs it, found {sizes:?}"
        ));
    }
    let _scope = s.builder().enter_path(&format!("{}/{line}", s.prefix()));
    Ok(draw(s.builder(), sizes))
}

/// by·x + from, without what changes nothing.
#[track_caller]
fn shifted(x: Expr<'_>, from: f64, by: f64) -> Expr<'_> {
    let scaled = if by == 1.0 { x } else { x * by };
    if from == 0.0 { scaled } else { scaled + from }
}
