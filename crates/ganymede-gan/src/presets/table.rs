//! Preset `table`.

use super::blocks::{Stack, from};
use super::{PresetInput, adam_with, networks, phase, term};
use crate::error::GanError;
use crate::spec::{EmaSpec, EvaluateSpec, TermSpec, TrainSection, TrainSpec};
use ganymede_data::Head;
use ganymede_nn::layers::{ColumnActivation, Columns};
use serde_json::{Value, json};

/// Units of a hidden layer.
const WIDTH: usize = 256;
/// Size of the latent.
const LATENT: usize = 128;
/// Rows in a batch at the most.
const BATCH: usize = 500;
/// Steps of a training that is not told how long.
const STEPS: u64 = 5000;
/// How often each row is seen at the most: rows that are seen more often are copied (docs/decisions/0057).
const EPOCHS: f64 = 600.0;

/// Dense networks on rows of a table: a residual generator whose choices are exact, against a critic that sees one row at a
/// time, by the Wasserstein objective with a gradient penalty, and with the second moments of the table. Where the table has a
/// target, the generator is given it and hands it on as the last part of the row.
///
/// # Source
/// The generator's blocks, its choices and the critic: Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019), "Modeling tabular
/// data using conditional GAN", arXiv:1907.00503.
///
/// # Differs
/// Numbers are normal scores and atoms, not modes of a mixture; choices are exact (straight through); nothing is packed; the
/// condition is the target alone; moments; averaged weights; the rates fall.
pub(super) fn table(input: &PresetInput) -> Result<TrainSpec, GanError> {
    let (values, heads, target) = parts("table", input)?;
    let width = input.width.unwrap_or(WIDTH);
    let rows = input.rows.as_ref().map_or(usize::MAX, |rows| usize::try_from(rows.rows).unwrap_or(usize::MAX));
    let batch = (rows / 2).clamp(2, BATCH);
    let adam = || adam_with(json!({ "learning_rate": 5e-4, "beta_1": 0.5, "beta_2": 0.9, "weight_decay": 1e-6 }));
    let critic = vec![TermSpec::new("wasserstein"), term("gradient_penalty", 10.0)];
    let mut maker = vec![TermSpec::new("wasserstein")];
    if input.rows.is_some() {
        maker.push(term("second_moments", 50.0));
    }
    Ok(TrainSpec {
        train: TrainSection {
            batch,
            steps: Some(STEPS),
            most_kimg: input.rows.as_ref().map(|rows| EPOCHS * rows.rows.max(1) as f64 / 1000.0),
            decay_from: Some(0.5),
            fresh_fakes: true,
            ..TrainSection::default()
        },
        ema: Some(EmaSpec { half_life_kimg: 150.0.into(), ..EmaSpec::of("generator") }),
        evaluate: input.rows.is_some().then(EvaluateSpec::of_rows),
        networks: networks(generator(&heads, target, width).0, discriminator(values, width).0),
        phases: vec![phase("d", "discriminator", adam(), critic), phase("g", "generator", adam(), maker)],
        ..TrainSpec::default()
    })
}

/// Values of a row, its parts, and how many classes the target has that stands behind them, where there is one.
///
/// # Errors
/// As [`heads`].
pub(super) fn parts(preset: &str, input: &PresetInput) -> Result<(usize, Vec<Head>, Option<usize>), GanError> {
    let target = input.classes.filter(|&classes| classes > 0 && input.rows.is_some());
    let (heads, values) = heads(input, preset, target.unwrap_or(0))?;
    Ok((values, heads, target))
}

/// Layers of the generator: what the target is stands at the end of a row as it was given.
fn generator(heads: &[Head], target: Option<usize>, width: usize) -> Stack {
    let mut g = Stack::default();
    g.name("latent", "Input", json!({ "shape": [LATENT] }));
    let mut before = "latent".to_string();
    if let Some(classes) = target {
        g.name("label", "Input", json!({ "shape": [], "dtype": "int32" }));
        from(g.name("target", "ganymede>OneHot", json!({ "classes": classes })), &["label"]);
        from(g.name("given", "Concatenate", json!({})), &["latent", "target"]);
        before = "given".into();
    }
    residual(&mut g, &before, width, json!({ "momentum": 0.9 }));
    columns(&mut g, &heads.iter().flat_map(|head| made(head, ColumnActivation::Choice)).collect::<Vec<_>>());
    if target.is_some() {
        from(g.name("row", "Concatenate", json!({})), &["columns", "target"]);
    }
    g
}

/// The parts of a row and how many values it has, behind which `further` stand.
///
/// # Errors
/// [`GanError::Argument`] for other samples.
pub(super) fn heads(input: &PresetInput, preset: &str, further: usize) -> Result<(Vec<Head>, usize), GanError> {
    let refuse = |reason: String| Err(GanError::Argument { what: format!("preset `{preset}`"), reason });
    let [values] = input.shape[..] else {
        return refuse(format!(
            "expected rows of a table, found samples of shape {:?}; use `quick` for images",
            input.shape
        ));
    };
    let heads = input.rows.as_ref().map_or_else(|| vec![Head::Number; values], |rows| rows.heads.clone());
    let known = heads.iter().map(Head::width).sum::<usize>() + further;
    match known == values {
        true => Ok((heads, values)),
        false => refuse(format!("expected columns of {values} values, found {known}")),
    }
}

/// Two blocks of Dense, batch normalization and ReLU behind the layer `before`, each beside its input.
pub(super) fn residual(g: &mut Stack, before: &str, width: usize, normalization: Value) {
    let mut before = before.to_string();
    for block in 1..=2 {
        from(g.push("Dense", json!({ "units": width, "use_bias": false })), &[&before]);
        g.push("BatchNormalization", normalization.clone());
        let (inside, joined) = (format!("block_{block}"), format!("residual_{block}"));
        g.name(&inside, "ReLU", json!({}));
        from(g.name(&joined, "Concatenate", json!({})), &[&inside, &before]);
        before = joined;
    }
}

/// A Dense layer to these columns, and their activations under the name `columns`.
pub(super) fn columns(g: &mut Stack, columns: &[Columns]) {
    g.push("Dense", json!({ "units": columns.iter().map(|group| group.width).sum::<usize>() }));
    let columns: Vec<Value> = columns.iter().map(Columns::written).collect();
    g.name("columns", "ganymede>TabularActivation", json!({ "columns": columns }));
}

/// How a network makes a part of a row, whose choices are made by this activation where they are nothing more.
pub(super) fn made(head: &Head, choice: ColumnActivation) -> Vec<Columns> {
    match head {
        Head::Number => vec![Columns::new(ColumnActivation::Linear, 1)],
        Head::Choice(choices) => vec![Columns::new(choice, *choices)],
        Head::Ordered(numbers) => vec![Columns::ordered(numbers.clone())],
        Head::Atoms(choices) => vec![Columns::new(ColumnActivation::Atoms, choices + 1)],
        Head::Modes(modes) => vec![Columns::new(ColumnActivation::Tanh, 1), Columns::new(choice, *modes)],
    }
}

pub(super) fn discriminator(values: usize, width: usize) -> Stack {
    let mut d = Stack::default();
    d.push("Input", json!({ "shape": [values] }));
    for _ in 0..2 {
        d.push("Dense", json!({ "units": width }));
        d.push("LeakyReLU", json!({ "negative_slope": 0.2 }));
    }
    d.push("Dense", json!({ "units": 1 }));
    d
}
