//! Presets `marginals` and `copula`: rows of a table of known distributions, to compare trained ones with. Not here: what the
//! distributions are (`ganymede-data`), the layer that draws of them (`ganymede-nn`).

use super::blocks::{Stack, from};
use super::table::{discriminator, made, parts};
use super::{PresetInput, adam, networks, phase};
use crate::error::GanError;
use crate::spec::{TermSpec, TrainSection, TrainSpec};
use ganymede_data::{Codec, Head, TableRows};
use ganymede_nn::layers::{ColumnActivation, Columns};
use serde_json::{Value, json};

/// The layer whose arguments are the distributions.
const LAYER: &str = "ganymede>GaussianCopula";
/// Steps of a training that is not told how long: of the discriminator alone, which then says how well rows can be told.
const STEPS: u64 = 200;
/// Rows in a batch at the most, and units of the discriminator.
const BATCH: usize = 500;
const WIDTH: usize = 256;

/// Rows whose columns are as in the table, and do not depend on each other. Nothing of the generator is trained: its distributions
/// are those of the rows to train on. The discriminator learns to tell its rows from real ones.
pub(super) fn marginals(input: &PresetInput) -> Result<TrainSpec, GanError> {
    spec("marginals", input, false)
}

/// The same with the correlations of a Gaussian copula; rows of a class are those that the copula has of it.
///
/// # Source
/// Patki, Wedge, Veeramachaneni (2016), "The Synthetic Data Vault", section III.
///
/// # Differs
/// Columns have the distributions that they have, instead of fitted ones.
pub(super) fn copula(input: &PresetInput) -> Result<TrainSpec, GanError> {
    spec("copula", input, true)
}

fn spec(preset: &'static str, input: &PresetInput, mixed: bool) -> Result<TrainSpec, GanError> {
    let (values, heads, target) = parts(preset, input)?;
    if heads.iter().any(|head| matches!(head, Head::Modes(_))) {
        let reason = "expected numbers by scores, found numbers by modes; leave data.numbers out".into();
        return Err(GanError::Argument { what: format!("preset `{preset}`"), reason });
    }
    let numbers = latents(&heads) + usize::from(mixed && target.is_some());
    if mixed && numbers > TableRows::MOST_VARIABLES {
        let most = TableRows::MOST_VARIABLES;
        let reason =
            format!("expected columns of at most {most} variables, found {numbers}; use `marginals` or `table`");
        return Err(GanError::Argument { what: format!("preset `{preset}`"), reason });
    }
    let batch =
        input.rows.as_ref().map_or(BATCH, |rows| usize::try_from(rows.rows / 2).unwrap_or(BATCH).clamp(2, BATCH));
    let arguments = arguments(&heads, input.rows.as_ref(), mixed);
    let mut g = Stack::default();
    g.name("latent", "Input", json!({ "shape": [numbers] }));
    if let Some(classes) = target {
        g.name("label", "Input", json!({ "shape": [], "dtype": "int32" }));
        from(g.name("target", "ganymede>OneHot", json!({ "classes": classes })), &["label"]);
    }
    let mut before = "latent";
    if target.is_some() && mixed {
        from(g.name("given", "Concatenate", json!({})), &["latent", "target"]);
        before = "given";
    }
    from(g.name("columns", LAYER, arguments), &[before]);
    if target.is_some() {
        from(g.name("row", "Concatenate", json!({})), &["columns", "target"]);
    }
    Ok(TrainSpec {
        train: TrainSection { batch, steps: Some(STEPS), ..TrainSection::default() },
        networks: networks(g.0, discriminator(values, input.width.unwrap_or(WIDTH)).0),
        phases: vec![phase("d", "discriminator", adam(5e-4, 0.5), vec![TermSpec::new("non_saturating")])],
        ..TrainSpec::default()
    })
}

/// Normal numbers that columns take.
fn latents(heads: &[Head]) -> usize {
    heads.iter().map(|head| if matches!(head, Head::Atoms(_)) { 2 } else { 1 }).sum()
}

/// The layer's arguments. Where nothing is known of the rows, all choices are as frequent.
fn arguments(heads: &[Head], rows: Option<&TableRows>, mixed: bool) -> Value {
    let groups = heads.iter().flat_map(|head| made(head, ColumnActivation::Choice));
    let groups: Vec<Value> = groups.map(|group| Columns::written(&group)).collect();
    let even = |head: &Head| vec![1.0; head.choices()];
    let shares = rows.map_or_else(|| heads.iter().map(even).collect::<Vec<Vec<f64>>>(), |rows| rows.shares.clone());
    let mut found = json!({ "columns": groups, "shares": shares });
    if let Some(rows) = rows.filter(|_| mixed) {
        let variables = latents(heads) + usize::from(!rows.classes.is_empty());
        // Before anything was learned, columns do not depend on each other.
        let alone = |row| (0..variables).map(|at| f64::from(u8::from(row == at))).collect();
        let factor = if rows.factor.is_empty() { (0..variables).map(alone).collect() } else { rows.factor.clone() };
        found["factor"] = json!(factor);
        if !rows.classes.is_empty() {
            found["given"] = json!(rows.classes);
        }
    }
    found
}

/// A generator of known distributions has those of the rows that this codec was learned from.
pub(crate) fn refit(spec: &mut TrainSpec, codec: &Codec) {
    let Some(rows) = codec.modality().rows() else { return };
    let Some(generator) = spec.generator_mut() else { return };
    for layer in generator.layers.iter_mut().filter(|layer| layer.class_name == LAYER) {
        let mixed = layer.arguments.contains_key("factor");
        let Value::Object(known) = arguments(&rows.heads, Some(&rows), mixed) else { continue };
        // Of another table than the spec was made for, the spec says what is wrong.
        if layer.arguments.get("columns") == known.get("columns") {
            layer.arguments.extend(known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{EvaluateOptions, compare};
    use crate::presets;
    use crate::sampler::Sampler;
    use ganymede_data::{DataOptions, Dataset, Source};
    use ganymede_runtime::CpuBackend;
    use std::sync::atomic::AtomicBool;

    /// 600 rows of a target that follows from `x`, as `y` does; 60 of them are held out.
    fn table() -> Dataset {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let mut text = "x,y,kind\n".to_string();
        for row in 0..600 {
            let x = row * 7919 % 601;
            text += &format!(
                "{x}.5,{}.25,{}\n",
                2 * x + row * 31 % 50,
                ["a", "b", "c"][usize::from(x >= 300) + usize::from(x >= 500)]
            );
        }
        std::fs::write(&path, text).unwrap();
        let options =
            DataOptions { use_cache: false, target: Some("kind".into()), holdout: Some(0.1), ..DataOptions::default() };
        Dataset::open(&Source::parse(&path).unwrap(), &options, &()).unwrap()
    }

    /// Rows of both have the columns of real ones, and those of the copula what these have in common; the classes are those that were
    /// asked for.
    #[test]
    fn rows_are_those_of_the_distributions() {
        let data = table();
        let found = |name: &str| {
            let mut spec = presets::preset(name, data.codec()).unwrap();
            spec.data.options.holdout = Some(0.1);
            let codec = data.learn(&data.split(Some(0.1), spec.seed)).unwrap();
            let before = spec.to_toml();
            refit(&mut spec, &codec);
            // Numbers alone have no shares; their correlations are those of the rows without the held-out ones.
            assert_eq!(spec.to_toml() != before, name == "copula", "{name}");
            assert_eq!(TrainSpec::from_toml(&spec.to_toml()).unwrap(), spec);
            let backend = CpuBackend::new(Default::default()).unwrap();
            let mut sampler = Sampler::new(&spec, &codec, None, &backend).unwrap();
            sampler.initialise(&codec).unwrap();
            let options = EvaluateOptions::default();
            let stop = AtomicBool::new(false);
            let found = compare(&spec, &codec, &mut sampler, &options, &data, &backend, (&stop, &|_| {})).unwrap();
            assert_eq!(found.drawn, "`label` of the real samples");
            ["column_shapes", "pair_trends", "tstr_f1_macro"]
                .map(|name| found.scores.iter().find(|score| score.metric == name).unwrap().estimate.value)
        };
        let [marginals, copula] = [found("marginals"), found("copula")];
        assert!(marginals[0] > 0.9 && copula[0] > 0.9, "{marginals:?} {copula:?}");
        assert!(copula[1] > marginals[1] + 0.15, "{marginals:?} {copula:?}");
        assert!(marginals[2] < 0.5 && copula[2] > 0.75, "{marginals:?} {copula:?}");
    }

    /// Without data it is a spec as any other; too many columns are too many for the copula alone.
    #[test]
    fn what_a_copula_cannot_hold_is_refused() {
        let input = PresetInput::of(vec![129]);
        let error = copula(&input).unwrap_err().to_string();
        assert!(error.contains("expected columns of at most 128 variables, found 129"), "{error}");
        assert!(marginals(&input).is_ok());
        let error = marginals(&PresetInput::of(vec![28, 28, 1])).unwrap_err().to_string();
        assert!(error.contains("preset `marginals`: expected rows of a table"), "{error}");
    }
}
