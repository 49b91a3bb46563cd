//! What is said of a value that is none: serde's messages in the words of those who write specs. Not here: where it stands
//! (`lenient.rs`).

use ganymede_nn::config::{nearest, stands_for};

/// Types as serde names them, and as people do.
const TYPES: &[(&str, &str)] = &[
    ("u8", "a whole number from 0"),
    ("u32", "a whole number from 0"),
    ("u64", "a whole number from 0"),
    ("usize", "a whole number from 0"),
    ("i64", "a whole number"),
    ("f32", "a number"),
    ("f64", "a number"),
    ("a boolean", "true or false"),
    ("a string", "a text in quotes"),
    ("string or map", "a text in quotes"),
    ("a sequence", "a list in brackets"),
    ("a map", "a table"),
];

/// How messages of ours name what may have been meant.
const MEANT: &str = " (did you mean `";

/// The name of the field that a table lacks.
pub(super) fn missing(message: &str) -> Option<String> {
    let name = message.strip_prefix("missing field `")?;
    Some(name.split('`').next().unwrap_or(name).into())
}

/// The name of an argument that something does not have.
pub(super) fn argument(message: &str) -> Option<String> {
    let (_, name) = message.split_once("has no argument `")?;
    Some(name.split('`').next().unwrap_or(name).into())
}

/// Whether a list was expected and something else was found.
pub(super) fn expects_list(message: &str) -> bool {
    message.starts_with("invalid type: ") && message.ends_with(", expected a sequence")
}

/// The name which was meant, among those that a message lists or that are the `values` of a key.
pub(super) fn near(message: &str, name: &str, values: Option<&str>) -> Option<String> {
    if let Some((_, meant)) = message.split_once(MEANT) {
        return Some(meant.split('`').next().unwrap_or(meant).into());
    }
    nearest(name, listed(message).or_else(|| quoted(values?))?)
}

/// The names that a message of an unknown field, variant or argument gives.
fn listed(message: &str) -> Option<Vec<&str>> {
    if let Some((_, known)) = message.split_once(" (it takes ") {
        return Some(known.trim_end_matches(')').split(", ").collect());
    }
    let known = message.strip_prefix("unknown field `").or_else(|| message.strip_prefix("unknown variant `"))?;
    let (_, known) = known.split_once("expected ")?;
    Some(known.split('`').skip(1).step_by(2).collect())
}

/// The words of a list in which every one is quoted.
fn quoted(values: &str) -> Option<Vec<&str>> {
    values.split(", ").map(|word| word.strip_prefix('`')?.strip_suffix('`')).collect()
}

/// What was expected of the value of a key, of which `values` is what is known besides, and `found` as it stands in the text.
pub(crate) fn reason(message: &str, key: &str, values: Option<&str>, found: &str) -> String {
    // A message of several arguments: each is told at its own place.
    let message = message.split("; ").find(|part| part.contains(&format!("`{key}`"))).unwrap_or(message);
    if let Some(known) = listed(message).filter(|_| argument(message).is_none()) {
        let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "no key at all".into() } else { known };
        let one = if known.contains(", ") { "one of " } else { "" };
        return expectation(&format!("{one}{known}"), found);
    }
    let wrong = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match wrong.and_then(|wrong| wrong.rsplit_once(", expected ")) {
        Some((_, expected)) => expectation(&of_type(expected, values), found),
        // A list of another length.
        None if message.starts_with("invalid length ") => {
            expectation(values.unwrap_or("a list of another length"), found)
        }
        None if message.ends_with("overflowed") => expectation("a number up to 1.8e308", found),
        None => plain(message),
    }
}

/// What a value of which a message is may have been meant as, the likeliest first: each word of a list by its nearest name.
pub(crate) fn meant(message: &str, value: &toml::Value) -> Vec<toml::Value> {
    let word = |value: &toml::Value| match value {
        toml::Value::String(word) => near(message, word, None).map_or_else(|| value.clone(), toml::Value::String),
        value => value.clone(),
    };
    let json = serde_json::to_value(value).unwrap_or_default();
    let others = stands_for(&json).into_iter().filter_map(|other| toml::Value::try_from(other).ok());
    let mut meant: Vec<toml::Value> = std::iter::once(value.clone()).chain(others).collect();
    meant.push(toml::Value::Array(vec![value.clone()]));
    let nearest = meant.iter().map(|value| match value {
        toml::Value::Array(items) => toml::Value::Array(items.iter().map(word).collect()),
        value => word(value),
    });
    let nearest: Vec<toml::Value> = nearest.collect();
    meant.extend(nearest);
    meant
}

/// A message as it is, in one line, without what may have been meant.
pub(super) fn plain(message: &str) -> String {
    let message = message.split_once(MEANT).map_or(message, |(message, _)| message);
    message.lines().map(str::trim).collect::<Vec<_>>().join(", ")
}

/// What was expected, and what stands in the text.
pub(super) fn expectation(expected: &str, found: &str) -> String {
    format!("expected {expected}, found {}", shown(found))
}

/// What a type is, in words; `values` is what its key says of them, and says more than a type that is serde's own.
fn of_type(name: &str, values: Option<&str>) -> String {
    let known = TYPES.iter().find(|(serde, _)| *serde == name).map(|(_, own)| *own);
    let table = name.starts_with("struct ").then_some("a table");
    known.or(table).map_or(name, |known| values.unwrap_or(known)).into()
}

/// What stands in the text, up to the end of its line.
pub(super) fn shown(found: &str) -> String {
    const LONGEST: usize = 60;
    let line = found.lines().next().unwrap_or("").trim();
    let short: String = line.chars().take(LONGEST).collect();
    if short.len() < found.trim().len() { format!("`{short} …`") } else { format!("`{short}`") }
}
