//! Optimizers and schedules in a text: they are read as wholes, so what is wrong inside them is looked for here, with its place.
//! Not here: the tables around them (`lenient.rs`), layers, which `check/` judges.

use super::SpecFault;
use super::keys;
use super::tree::{Places, Step, Texts, json, node, paths, table, table_mut};
use super::words;
use ganymede_nn::config::{Change, ConfigError, Mend, shown, stands_for};
use ganymede_nn::{OptimizerConfig, Scheduled};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads an object, and says what is wrong with it.
type Read = fn(Value) -> Result<(), Vec<ConfigError>>;

const OPTIMIZER: Read = |value| OptimizerConfig::from_value(value).map(drop);
const SCHEDULED: Read = |value| Scheduled::from_value(value).map(drop);

/// Where objects stand, `*` for any number.
const OBJECTS: &[(&str, Read)] = &[
    ("phases.*.optimizer", OPTIMIZER),
    ("phases.*.clip_weights", SCHEDULED),
    ("phases.*.label_flip", SCHEDULED),
    ("phases.*.top_k", SCHEDULED),
    ("phases.*.terms.*.weight", SCHEDULED),
    ("ema.half_life_kimg", SCHEDULED),
    ("ema.ramp_up", SCHEDULED),
];

/// Numbers of optimizers of which one is usual in adversarial training.
const USUAL: &[(&str, f64)] = &[("beta_1", 0.5), ("beta_2", 0.999)];

/// Tells what is wrong with all optimizers and schedules; mends it where that is clear, and leaves out the rest.
pub(super) fn judge<'t>(root: &mut DeTable<'t>, texts: &'t Texts, places: &Places) -> Vec<SpecFault> {
    let mut faults = Vec::new();
    for (place, read) in OBJECTS {
        for path in paths(root, place) {
            let Some((_, value)) = node(root, &path) else { continue };
            let written = json(value);
            let (mended, found) = examine(root, &path, written.clone(), *read, places);
            faults.extend(found);
            let whole = mended.filter(|mended| *mended != written);
            replace(root, &path, whole, (*read)(written).is_err(), texts);
        }
    }
    faults
}

/// The object without what is wrong with it, none where nothing is left, and all that was wrong.
fn examine(
    root: &DeTable<'_>,
    path: &[Step],
    mut written: Value,
    read: Read,
    places: &Places,
) -> (Option<Value>, Vec<SpecFault>) {
    const ROUNDS: usize = 16;
    let (mut faults, mut told) = (Vec::new(), Vec::<Vec<String>>::new());
    for _ in 0..ROUNDS {
        let Err(errors) = read(written.clone()) else { return (Some(written), faults) };
        if let Some(other) = another(&errors, &written, read) {
            let (reason, what) = (form(path, &written), Some(format!("write {}", shown(&other))));
            let span = node(root, path).map_or(0..0, |(_, value)| value.span());
            return (Some(other), [faults, vec![places.fault(span, path, reason, what)]].concat());
        }
        let at = |error: &ConfigError| error.path().into_iter().map(String::from).collect::<Vec<_>>();
        // Of what was left out, or is told already, nothing more is said.
        let said =
            |error: &ConfigError| told.iter().any(|known| at(error).starts_with(known)) || is_left_out(error, &told);
        let mut left = Vec::new();
        let mut changed = false;
        for error in &errors {
            let mend = error.mend().or_else(|| usual(error)).filter(|mend| mend.apply(&mut written));
            if !said(error) {
                faults.push(fault(root, path, error, mend.as_ref(), places));
            }
            if mend.is_none() {
                left.push(at(error));
            }
            changed |= mend.is_some();
        }
        for at in left {
            // The argument as a whole goes.
            let Some(argument) = at.first() else { return (None, faults) };
            let change = Change::Replace { argument: argument.clone(), into: Vec::new() };
            changed |= Mend { path: Vec::new(), change }.apply(&mut written);
            told.push(vec![argument.clone()]);
        }
        if !changed {
            return (None, faults);
        }
    }
    (None, faults)
}

/// The value that another form stands for, where the whole is of that form.
fn another(errors: &[ConfigError], written: &Value, read: Read) -> Option<Value> {
    let whole = matches!(errors, [error] if error.path().is_empty() && error.mend().is_none());
    whole.then(|| stands_for(written).into_iter().find(|value| read(value.clone()).is_ok())).flatten()
}

/// That a value has not the form that its key asks for.
fn form(path: &[Step], written: &Value) -> String {
    words::expectation(keys::values(path).unwrap_or("another value"), &shown(written))
}

/// Whether what an error says is missing was left out.
fn is_left_out(error: &ConfigError, told: &[Vec<String>]) -> bool {
    matches!(error.innermost(), ConfigError::Missing { .. })
        && told.iter().any(|known| known.first().map(String::as_str) == error.path().first().copied())
}

/// The usual value of a number that cannot be what it is.
fn usual(error: &ConfigError) -> Option<Mend> {
    let ConfigError::Value { argument, .. } = error else { return None };
    let (_, value) = USUAL.iter().find(|(name, _)| name == argument)?;
    Some(Mend { path: Vec::new(), change: Change::write(argument, (*value).into()) })
}

/// An error at its place in the text.
fn fault(root: &DeTable<'_>, path: &[Step], error: &ConfigError, mend: Option<&Mend>, places: &Places) -> SpecFault {
    let mut at = path.to_vec();
    let mut found = node(root, &at);
    let class = matches!(error.innermost(), ConfigError::Class { .. }).then_some("class_name");
    for word in error.path().into_iter().chain(class) {
        let step = word.parse().map_or_else(|_| Step::Key(word.into()), Step::Index);
        let mut deeper = at.clone();
        if table(root, &at).is_some_and(|table| !table.contains_key(word) && table.contains_key("config")) {
            deeper.push(Step::Key("config".into()));
        }
        deeper.push(step);
        match node(root, &deeper) {
            Some(node) => (at, found) = (deeper, Some(node)),
            // What is missing has the place of what it is missing in.
            None if class.is_none() => at = deeper,
            None => {}
        }
    }
    let unknown = matches!(error.innermost(), ConfigError::Unknown { .. });
    let span = found.map_or(0..0, |(key, value)| if unknown { key } else { value.span() });
    let (reason, what) = match (error.innermost(), mend.map(|mend| &mend.change)) {
        (ConfigError::Unknown { argument, .. }, Some(Change::Rename { to, .. })) => {
            (words::expectation("a key of this table", argument), Some(format!("name it `{to}`")))
        }
        (ConfigError::Form { found, .. }, None) if at.len() == path.len() => {
            let found = words::shown(found);
            (format!("expected {}, found {found}", keys::values(path).unwrap_or("another value")), None)
        }
        (inner, change) => {
            let hint = inner.hint().filter(|_| change.is_none()).map(|hint| format!(" ({hint})")).unwrap_or_default();
            let usual = mend.filter(|_| error.mend().is_none()).map(|_| " (usual here)").unwrap_or_default();
            (format!("{inner}{hint}"), mend.map(|mend| format!("{mend}{usual}")))
        }
    };
    places.fault(span, &at, reason, what)
}

/// Puts another object in the place of one, or leaves it out.
fn replace<'t>(root: &mut DeTable<'t>, path: &[Step], other: Option<Value>, wrong: bool, texts: &'t Texts) {
    let Some((Step::Key(key), parent)) = path.split_last() else { return };
    let Some(table) = table_mut(root, parent) else { return };
    let place = table.get(key.as_str()).map_or(0..0, Spanned::span);
    let value: Option<DeValue<'t>> = other.and_then(|value| texts.value(shown(&value), &place));
    match value {
        Some(value) => {
            if let Some(old) = table.get_mut(key.as_str()) {
                *old.get_mut() = value;
            }
        }
        None if wrong => drop(table.remove(key.as_str())),
        None => {}
    }
}
