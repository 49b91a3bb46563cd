//! Preset `ctgan`.

use super::blocks::{Stack, from};
use super::table::{columns, heads, made, residual};
use super::{PresetInput, adam_with, networks, phase, term};
use crate::error::GanError;
use crate::spec::{TermSpec, TrainSection, TrainSpec};
use ganymede_data::{CONDITION, Head};
use ganymede_nn::layers::ColumnActivation;
use serde_json::json;

/// Units of a hidden layer.
const WIDTH: usize = 256;
/// Size of the latent.
const LATENT: usize = 128;
/// Rows that the critic judges as one.
const PAC: usize = 10;
/// Rows in a batch at the most.
const BATCH: usize = 500;
/// How often each row is seen, and the steps of a training where it is not known how many there are.
const EPOCHS: u64 = 300;
const STEPS: u64 = 5000;

/// CTGAN: a residual generator that is given a category of any column, and a critic that sees it beside the row and judges ten rows as
/// one. Rows of a batch are drawn for their conditions, rare categories as often as the logarithm of their frequency says. It wants
/// numbers by modes and a category as the condition ([`super::ask_of_data`]); without categories nothing is conditioned.
///
/// # Source
/// Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019), "Modeling tabular data using conditional GAN", arXiv:1907.00503, algorithm 1 and
/// section 4.4.
///
/// # Differs
/// The generator of a run samples with the moving statistics of its batch normalizations, so that a condition that all samples share is
/// kept. The decay of weights is apart from the gradient (AdamW), as Keras has it. Missing numbers are one more mode.
pub(super) fn ctgan(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let labels = input.classes.filter(|&classes| classes > 0 && input.rows.is_some());
    if let Some(classes) = labels {
        let reason = format!(
            "expected rows whose target is a column as others are, found labels of {classes} classes; set data.condition=category"
        );
        return Err(GanError::Argument { what: "preset `ctgan`".into(), reason });
    }
    let (heads, values) = heads(input, "ctgan", 0)?;
    let rows = input.rows.as_ref();
    let condition: usize = rows.map_or(0, |rows| rows.conditions.iter().map(|place| place.len()).sum());
    let width = input.width.unwrap_or(WIDTH);
    let known = rows.map_or(u64::MAX, |rows| rows.rows);
    let batch = usize::try_from(known).unwrap_or(BATCH).clamp(PAC, BATCH) / PAC * PAC;
    let steps = if rows.is_some() { EPOCHS.saturating_mul((known / batch as u64).max(1)) } else { STEPS };
    let adam =
        |decay: f64| adam_with(json!({ "learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.9, "weight_decay": decay }));
    let critic = vec![TermSpec::new("wasserstein"), term("gradient_penalty", 10.0)];
    let mut maker = vec![TermSpec::new("wasserstein")];
    if condition > 0 {
        maker.push(TermSpec::new("condition"));
    }
    Ok(TrainSpec {
        train: TrainSection {
            batch,
            steps: Some(steps),
            fresh_fakes: true,
            fresh_reals: true,
            ..TrainSection::default()
        },
        networks: networks(generator(&heads, condition, width).0, critic_layers(values, condition, width).0),
        phases: vec![phase("d", "discriminator", adam(0.0), critic), phase("g", "generator", adam(1e-6), maker)],
        ..TrainSpec::default()
    })
}

fn generator(heads: &[Head], condition: usize, width: usize) -> Stack {
    let mut g = Stack::default();
    g.name("latent", "Input", json!({ "shape": [LATENT] }));
    let given = conditioned(&mut g, "latent", condition);
    residual(&mut g, given, width, json!({ "momentum": 0.9, "epsilon": 1e-5 }));
    columns(&mut g, &heads.iter().flat_map(|head| made(head, ColumnActivation::Softmax)).collect::<Vec<_>>());
    g
}

fn critic_layers(values: usize, condition: usize, width: usize) -> Stack {
    let mut d = Stack::default();
    d.name("row", "Input", json!({ "shape": [values] }));
    let given = conditioned(&mut d, "row", condition);
    from(d.push("ganymede>Pack", json!({ "pac": PAC })), &[given]);
    for _ in 0..2 {
        d.push("Dense", json!({ "units": width }));
        d.push("LeakyReLU", json!({ "negative_slope": 0.2 }));
        d.push("Dropout", json!({ "rate": 0.5 }));
    }
    d.push("Dense", json!({ "units": 1 }));
    d
}

/// The condition beside an input, where there is one; gives the name of both together.
fn conditioned<'a>(stack: &mut Stack, input: &'a str, condition: usize) -> &'a str {
    if condition == 0 {
        return input;
    }
    stack.name(CONDITION, "Input", json!({ "shape": [condition] }));
    from(stack.name("given", "Concatenate", json!({})), &[input, CONDITION]);
    "given"
}
