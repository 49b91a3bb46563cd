//! The names that a text may use without giving them a value. To add one: a line in [`NAMES`]. Not here: functions
//! (`functions.rs`), fields of the data, which the data names, what a text makes of them (`around.rs`).

use super::around::Verdicts;
use crate::loss_scope::LossScope;
use ganymede_nn::expression::{Applied, Value};

/// A name that has a value in every text.
pub struct Name {
    /// As it is written.
    pub name: &'static str,
    /// What it is, with its shape.
    pub about: &'static str,
    /// Whether it is of objectives alone.
    pub of_objective: bool,
    pub(super) value: Apply,
}

type Apply = for<'g> fn(&LossScope<'g>, &Verdicts<'g>) -> Applied<'g>;

const fn name(name: &'static str, about: &'static str, value: Apply) -> Name {
    Name { name, about, of_objective: false, value }
}

const fn of_objective(name: &'static str, about: &'static str, value: Apply) -> Name {
    Name { name, about, of_objective: true, value }
}

/// Every name.
pub const NAMES: &[Name] = &[
    name("real", "the batch of real samples in the networks' range, (N, …)", |s, _| Ok(Value::Tensor(s.real()))),
    name("fake", "the batch of generated samples, (N, …)", |s, _| Ok(Value::Tensor(s.fake()))),
    name("latent", "the latents that `fake` came from, (N, …)", |s, _| Ok(Value::Tensor(s.latent()))),
    name("label", "the labels of the real samples, (N,), whole numbers", |s, _| match s.label() {
        Some(label) => Ok(Value::Tensor(label)),
        None => Err("the data has no labels".into()),
    }),
    name("batch", "the number of samples in the batch", |s, _| Ok(Value::Number(s.batch() as f64))),
    name("classes", "the number of classes of the data", |s, _| Ok(Value::Number(s.classes() as f64))),
    of_objective("real_logits", "the discriminator's verdict on real samples, after `label_flip`", |s, verdicts| {
        Ok(Value::Tensor(verdicts.real.unwrap_or_else(|| s.discriminator(s.real()).logits)))
    }),
    of_objective("fake_logits", "its verdict on generated samples, after `label_flip` or `top_k`", |s, verdicts| {
        Ok(Value::Tensor(verdicts.fake.unwrap_or_else(|| s.discriminator(s.fake()).logits)))
    }),
];

pub(super) fn find(name: &str) -> Option<&'static Name> {
    NAMES.iter().find(|known| known.name == name)
}
