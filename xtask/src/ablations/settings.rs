//! What is trained with and without a trick: the table of settings, and how each changes its preset's spec.

use toml::{Table, Value};

/// A way to train.
pub struct Setting {
    pub name: &'static str,
    pub preset: &'static str,
    pub data: &'static str,
    /// Side and channels of the images.
    pub images: [u32; 2],
    /// Part of the data that is not trained on, where it is not the usual one.
    pub holdout: Option<f64>,
    pub minutes: f64,
    /// Steps between two checkpoints, every tenth of which stays: its modes may be counted.
    pub checkpoints: u64,
    /// Trained with seeds 0 to one below this.
    pub seeds: u64,
    /// What is changed in the preset's spec.
    pub change: fn(&mut Table),
}

const fn small(name: &'static str, preset: &'static str, change: fn(&mut Table)) -> Setting {
    let (data, images) = ("fashion-mnist", [16, 1]);
    Setting { name, preset, data, images, holdout: None, minutes: 5.0, checkpoints: 500, seeds: 3, change }
}

const fn stacked(name: &'static str, preset: &'static str, checkpoints: u64, change: fn(&mut Table)) -> Setting {
    let (data, images) = ("stacked-fashion-mnist", [28, 3]);
    Setting { name, preset, data, images, holdout: None, minutes: 60.0, checkpoints, seeds: 1, change }
}

/// Every setting. Those with a trick stand before those without.
pub const SETTINGS: &[Setting] = &[
    small("r1", "r3gan", |spec| {
        r1_alone(spec);
    }),
    small("no-r1", "r3gan", |spec| {
        r1_alone(spec);
        terms(spec).for_each(|terms| terms.retain(|term| !is(term, "r1")));
    }),
    // 500 of the 10,000 images.
    Setting { holdout: Some(0.95), ..small("diff-augment", "dcgan", diff_augment) },
    Setting { holdout: Some(0.95), ..small("no-diff-augment", "dcgan", |_| {}) },
    small("spectral", "sngan", |_| {}),
    small("no-spectral", "sngan", |spec| {
        spec.iter_mut().for_each(|(_, value)| bare(value));
    }),
    stacked("stacked-r3gan", "r3gan", 25, |_| {}),
    stacked("stacked-minimax", "dcgan", 1000, |spec| {
        objective(spec, "minimax");
        spec.remove("ema");
    }),
];

/// The trick of each comparison: heading, setting with it, setting without it.
pub const PAIRS: &[[&str; 3]] = &[
    ["R1: r3gan's networks, non-saturating, with and without the penalty", "r1", "no-r1"],
    ["DiffAugment: dcgan on 500 images", "diff-augment", "no-diff-augment"],
    ["Spectral normalization: sngan's networks with and without it", "spectral", "no-spectral"],
];

/// The settings whose modes are counted.
pub const MODES: [&str; 2] = ["stacked-r3gan", "stacked-minimax"];

/// The non-saturating objective with R1 and no R2.
fn r1_alone(spec: &mut Table) {
    objective(spec, "non_saturating");
    terms(spec).for_each(|terms| terms.retain(|term| !is(term, "r2")));
}

fn diff_augment(spec: &mut Table) {
    let entry = Table::from_iter([("class_name".to_string(), Value::from("diff_augment"))]);
    spec.insert("augment".into(), Value::Array(vec![entry.into()]));
}

fn is(layer: &Value, class: &str) -> bool {
    layer.get("class_name").and_then(Value::as_str) == Some(class)
}

/// The lists of terms of all phases.
fn terms(spec: &mut Table) -> impl Iterator<Item = &mut Vec<Value>> {
    let phases = spec.get_mut("phases").and_then(Value::as_array_mut).into_iter().flatten();
    phases.filter_map(|phase| phase.get_mut("terms")?.as_array_mut())
}

/// Puts an objective in the place of each phase's first term, which is its objective.
fn objective(spec: &mut Table, name: &str) {
    for terms in terms(spec) {
        if let Some(term) = terms.first_mut().and_then(Value::as_table_mut) {
            term.insert("class_name".into(), name.into());
        }
    }
}

/// Puts the layers in the place of their wrappers for spectral normalization.
fn bare(value: &mut Value) {
    if is(value, "SpectralNormalization")
        && let Some(wrapper) = value.as_table_mut()
        && let Some(Value::Table(layer)) = wrapper.remove("layer")
    {
        wrapper.extend(layer);
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(bare),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| bare(value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = r#"
        [ema]
        [[networks.discriminator.layers]]
        class_name = "SpectralNormalization"
        name = "first"
        layer = { class_name = "Dense", units = 1 }
        [[phases]]
        terms = [{ class_name = "hinge" }, { class_name = "r1" }, { class_name = "r2" }]
        [[phases]]
        terms = [{ class_name = "hinge" }]
    "#;

    fn changed(name: &str) -> String {
        let mut spec: Table = SPEC.parse().unwrap();
        (SETTINGS.iter().find(|setting| setting.name == name).unwrap().change)(&mut spec);
        spec.to_string()
    }

    #[test]
    fn settings_change_what_their_names_say() {
        let r1 = changed("r1");
        assert!(r1.contains("non_saturating") && !r1.contains("hinge"), "{r1}");
        assert!(r1.contains("\"r1\"") && !r1.contains("\"r2\"") && !changed("no-r1").contains("\"r1\""), "{r1}");
        assert!(changed("diff-augment").contains("[[augment]]\nclass_name = \"diff_augment\""));
        let bare = changed("no-spectral");
        assert!(bare.contains("Dense") && bare.contains("first") && !bare.contains("Spectral"), "{bare}");
        assert_eq!(changed("spectral"), SPEC.parse::<Table>().unwrap().to_string());
        let minimax = changed("stacked-minimax");
        assert!(minimax.contains("minimax") && !minimax.contains("ema"), "{minimax}");
    }

    #[test]
    fn every_comparison_is_of_settings() {
        let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
        let named = PAIRS.iter().flat_map(|[_, on, off]| [on, off]).chain(&MODES);
        let mut named: Vec<&str> = named.copied().collect();
        named.sort_unstable();
        let mut all = names.clone();
        all.sort_unstable();
        assert_eq!(named, all);
    }
}
