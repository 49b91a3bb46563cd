//! The page `docs/reference/spec.md`, made of the tables and of the arguments' own sentences. `cargo xtask reference` writes it;
//! a test fails where it is old. Not here: the tables (`keys.rs`, `objectives/`, `regularizers/`, `augment/`).

use super::keys::KEYS;
use super::{EmaSpec, EvaluateSpec, PhaseSpec, TermSpec, TrainSpec};
use crate::{augment, objectives, regularizers};
use ganymede_nn::layers::CLASS_NAMES;
use ganymede_nn::losses::LossKind;
use ganymede_nn::optimizers::OptimizerKind;
use ganymede_nn::schedules::Schedule;
use std::fmt::Write;
use std::path::Path;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/spec.md");

/// A spec with every table, where a key has the value that it has when it is left out.
fn defaults() -> toml::Table {
    let optimizer = ganymede_nn::OptimizerConfig::new(ganymede_nn::optimizers::Adam::new());
    let phase = PhaseSpec::new("", &[], Some(optimizer), vec![TermSpec::new("")]);
    let evaluate: EvaluateSpec = toml::from_str("").expect("all has defaults");
    let spec = TrainSpec {
        ema: Some(EmaSpec::default()),
        evaluate: Some(evaluate),
        phases: vec![phase],
        ..TrainSpec::default()
    };
    toml::Table::try_from(&spec).expect("a spec is a table")
}

/// The default of a key; empty where there is none.
fn default(table: &toml::Table, key: &str) -> String {
    // What a text must say, and what is left out where it is the default.
    let one = ["phases.every", "phases.terms.weight", "phases.terms.every", "train.micro_batches"];
    let needed = ["phases.name", "phases.trains"];
    if one.contains(&key) {
        return "`1`".into();
    }
    if needed.contains(&key) || key.ends_with("class_name") {
        return "needed".into();
    }
    if key == "data.pages" {
        return "`\"first\"`".into();
    }
    let step = |value: toml::Value, part: &str| match value {
        toml::Value::Table(table) => table.get(part).cloned(),
        toml::Value::Array(list) => list.first()?.get(part).cloned(),
        _ => None,
    };
    let found = key.split('.').try_fold(toml::Value::Table(table.clone()), step);
    match found {
        Some(value)
            if !value.is_table() && !value.as_array().is_some_and(|list| list.is_empty() || list[0].is_table()) =>
        {
            format!("`{value}`")
        }
        _ => String::new(),
    }
}

/// The fields of the struct in a source of this crate: name and sentences.
fn arguments(folder: &str, module: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder).join(format!("{module}.rs"));
    let source = std::fs::read_to_string(&path).expect("a file for each entry");
    let start = source.find("#[serde(deny_unknown_fields)]\npub struct").expect("the struct of the arguments");
    let (mut found, mut about) = (Vec::new(), String::new());
    for line in source[start..].lines().skip(2).take_while(|line| *line != "}") {
        let line = line.trim();
        if let Some(sentence) = line.strip_prefix("/// ") {
            about = format!("{about} {sentence}").trim().to_string();
        } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|line| line.split_once(':')) {
            found.push((name.to_string(), std::mem::take(&mut about)));
        }
    }
    found
}

/// A list of entries with their arguments.
fn entries<'a>(
    page: &mut String,
    folder: &str,
    entries: impl Iterator<Item = (&'a str, &'a str, &'static [&'static str], toml::Table)>,
) {
    page.push_str("| `class_name` | argument | default | meaning |\n|---|---|---|---|\n");
    for (name, summary, own, defaults) in entries {
        let _ = writeln!(page, "| `{name}` | | | {} |", cell(summary));
        let described = arguments(folder, name);
        assert_eq!(described.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), own, "{folder}/{name}.rs");
        for (argument, about) in described {
            let default = defaults.get(&argument).map_or(String::new(), |value| format!("`{value}`"));
            let _ = writeln!(page, "| | `{argument}` | {default} | {} |", cell(&about));
        }
    }
    page.push('\n');
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn page() -> String {
    let mut page = String::from(
        "# Every key of a spec\n\n<!-- Written by `cargo xtask reference`. -->\n\nA spec is a TOML file; [the guide](../guides/writing-a-spec.md) \
         begins with one. `ganymede presets NAME` prints a spec with a comment on each key. A key that is left out has its \
         default; a default that is empty here is none, or follows from the data as the meaning says.\n\n",
    );
    let defaults = defaults();
    let head = "| key | values | default | meaning |\n|---|---|---|---|\n";
    let _ = writeln!(page, "## At the top\n\n{head}");
    page.pop();
    let mut section = "";
    for key in KEYS {
        let (table, _) = key.key.split_once('.').unwrap_or((key.key, ""));
        let opens = key.values.contains("table") && !key.key.contains('.');
        if opens {
            section = table;
            let name = match table {
                "augment" | "phases" => format!("[[{table}]]"),
                "networks" => "[networks.NAME]".into(),
                _ => format!("[{table}]"),
            };
            let _ = write!(page, "\n## `{name}`\n\n{}.\n\n{head}", capital(key.about));
            continue;
        }
        let shown = key.key.strip_prefix(section).and_then(|rest| rest.strip_prefix('.')).unwrap_or(key.key);
        let _ = writeln!(
            page,
            "| `{shown}` | {} | {} | {} |",
            key.values,
            cell(&default(&defaults, key.key)),
            cell(key.about)
        );
    }
    page.push_str("\n## Objectives\n\n[Concepts](../concepts/objectives.md) has their formulas.\n\n");
    let objectives = objectives::OBJECTIVES.iter().map(|e| (e.name, e.summary, (e.arguments)(), (e.defaults)()));
    entries(&mut page, "objectives", objectives);
    let _ = writeln!(page, "Keras's losses, with Keras's arguments and `args`: {}.\n", list(LossKind::NAMES));
    page.push_str("## Regularizers\n\n");
    let regularizers = regularizers::REGULARIZERS.iter().map(|e| (e.name, e.summary, (e.arguments)(), (e.defaults)()));
    entries(&mut page, "regularizers", regularizers);
    page.push_str("## Augmentations\n\n[Concepts](../concepts/augmentation.md) says when they help.\n\n");
    let augmentations = augment::AUGMENTATIONS.iter().map(|e| (e.name, e.summary, (e.arguments)(), (e.defaults)()));
    entries(&mut page, "augment", augmentations);
    let _ = write!(
        page,
        "## Layers, optimizers, schedules\n\nNames, arguments and defaults are those of [Keras 3](https://keras.io/api/).\n\n\
         - Layers: {}.\n- Optimizers: {}.\n- Schedules: {}.\n",
        list(CLASS_NAMES),
        list(OptimizerKind::NAMES),
        list(Schedule::NAMES)
    );
    page
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

#[test]
fn the_page_of_keys_is_what_the_tables_say() {
    let found = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(found == page(), "docs/reference/spec.md is old: `cargo xtask reference` writes it");
}

#[test]
#[ignore = "it writes docs/reference/spec.md: `cargo xtask reference`"]
fn write_the_page_of_keys() {
    std::fs::write(PAGE, page()).unwrap();
}
