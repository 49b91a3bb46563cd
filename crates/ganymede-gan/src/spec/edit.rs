//! Changing a spec by `key=value`, and what differs between two specs. Not here: which changes a
//! resumed run allows (`run_dir.rs`).

use super::TrainSpec;
use crate::error::GanError;
use toml::{Table, Value};

/// One leaf that two specs do not share.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// Dotted key, such as `train.batch` or `networks.generator.layers.3.units`.
    pub key: String,
    /// Value in the first, as TOML; `None` when it has none.
    pub left: Option<String>,
    /// Value in the second.
    pub right: Option<String>,
}

/// The spec with `assignment` (`key=value`) applied: the key is dotted, a list is indexed by number or by the `name` of one of
/// its tables (`phases.d.optimizer.learning_rate`), the value is TOML or, when it is not, a string.
///
/// # Errors
/// [`GanError::Edit`] when there is no `=`, the path leads through no table, or the spec refuses the result.
pub fn edit(spec: &TrainSpec, assignment: &str) -> Result<TrainSpec, GanError> {
    let refuse = |reason: String| GanError::Edit { assignment: assignment.to_string(), reason };
    let (key, value) = assignment.split_once('=').ok_or_else(|| refuse("expected key=value, found no `=`".into()))?;
    let (key, value) = (key.trim(), value.trim());
    let parsed: Option<Table> = toml::from_str(&format!("value = {value}")).ok();
    let value = parsed.and_then(|mut t| t.remove("value")).unwrap_or_else(|| Value::String(value.to_string()));
    let mut root = Value::Table(Table::try_from(spec).map_err(|e| refuse(e.to_string()))?);
    let mut at = &mut root;
    let parts: Vec<&str> = key.split('.').collect();
    for (depth, part) in parts.iter().enumerate() {
        let path = parts[..depth].join(".");
        at = match at {
            Value::Table(table) => table.entry(part.to_string()).or_insert_with(|| Value::Table(Table::new())),
            Value::Array(items) => {
                let index = index(items, part)
                    .map_err(|expected| refuse(format!("expected {expected} in `{path}`, found `{part}`")))?;
                &mut items[index]
            }
            other => return Err(refuse(format!("expected a table or list at `{path}`, found {}", other.type_str()))),
        };
    }
    *at = value;
    let text = toml::to_string(&root).map_err(|e| refuse(e.to_string()))?;
    let read: Result<TrainSpec, _> = toml::from_str(&text);
    read.map_err(|e| refuse(e.message().to_string()))
}

/// A dotted key with the names of a list's tables replaced by their numbers: two keys of one value are then the same text.
///
/// ```
/// use ganymede_gan::presets::{PresetInput, preset_for};
/// use ganymede_gan::spec::numbered;
///
/// let spec = preset_for("mlp", &PresetInput::of(vec![2]))?;
/// assert_eq!(numbered(&spec, "phases.g.optimizer.learning_rate"), "phases.1.optimizer.learning_rate");
/// # Ok::<(), ganymede_gan::GanError>(())
/// ```
pub fn numbered(spec: &TrainSpec, key: &str) -> String {
    let root = Table::try_from(spec).map_or_else(|_| Value::Table(Table::new()), Value::Table);
    let mut at = Some(&root);
    let mut words = Vec::new();
    for word in key.split('.') {
        let number = at.and_then(Value::as_array).and_then(|items| index(items, word).ok());
        at = match number {
            Some(number) => at.and_then(|list| list.get(number)),
            None => at.and_then(|table| table.get(word)),
        };
        words.push(number.map_or_else(|| word.to_string(), |number| number.to_string()));
    }
    words.join(".")
}

/// The place of what a word of a key names in a list.
///
/// # Errors
/// What there is to name.
fn index(items: &[Value], word: &str) -> Result<usize, String> {
    let names: Vec<&str> = items.iter().map(|item| item.get("name").and_then(Value::as_str).unwrap_or("")).collect();
    let number = word.parse::<usize>().ok().filter(|index| *index < items.len());
    number.or_else(|| names.iter().position(|name| *name == word)).ok_or_else(|| {
        let named: Vec<String> = names.iter().filter(|name| !name.is_empty()).map(|name| format!("`{name}`")).collect();
        let names = if named.is_empty() { String::new() } else { format!(" or one of {}", named.join(", ")) };
        format!("an index below {}{names}", items.len())
    })
}

/// Every leaf that differs, in order of the keys.
pub fn differences(left: &TrainSpec, right: &TrainSpec) -> Vec<Difference> {
    let table = |spec: &TrainSpec| Table::try_from(spec).map_or_else(|_| Value::Table(Table::new()), Value::Table);
    let mut found = Vec::new();
    compare("", Some(&table(left)), Some(&table(right)), &mut found);
    found
}

fn compare(key: &str, left: Option<&Value>, right: Option<&Value>, found: &mut Vec<Difference>) {
    let join = |part: &str| if key.is_empty() { part.to_string() } else { format!("{key}.{part}") };
    match (left, right) {
        (Some(Value::Table(a)), Some(Value::Table(b))) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for part in keys {
                compare(&join(part), a.get(part), b.get(part), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                compare(&join(&index.to_string()), a.get(index), b.get(index), found);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            found.push(Difference { key: key.into(), left: a.map(Value::to_string), right: b.map(Value::to_string) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_reach_into_tables_and_refuse_nonsense() {
        let spec = TrainSpec::draft("").unwrap().spec;
        let edited = edit(&spec, "train.batch = 32").unwrap();
        assert_eq!(edited.train.batch, 32);
        assert_eq!(edit(&spec, "data.source=ring2d").unwrap().data.source, "ring2d");
        assert!(edit(&spec, "train.batch").is_err());
        assert!(edit(&spec, "train.batch.size=3").is_err());
        let error = edit(&spec, "train.btach=3").unwrap_err().to_string();
        assert!(error.contains("btach"), "{error}");
        assert!(edit(&spec, "phases.0.name=x").is_err());
    }

    #[test]
    fn names_that_are_like_no_other_are_answered_with_those_there_are() {
        use crate::presets::{PresetInput, preset_for};
        let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
        for (assignment, expected) in [
            ("phases.e.every=2", "expected an index below 2 or one of `d`, `g` in `phases`, found `e`"),
            ("phases.d.terms.first.weight=2", "expected an index below 1 in `phases.d.terms`, found `first`"),
            ("phases.0.optimizer.class_name=fastest", "found `fastest` (known: SGD, "),
            ("phases.0.optimizer.class_name=Adom", "found `Adom` (did you mean `Adam`?)"),
            ("phases.0.optimizer.learning_rate={class_name=\"slower\"}", "found `slower` (known: "),
        ] {
            let error = edit(&spec, assignment).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn tables_of_a_list_go_by_their_names() {
        use crate::presets::{PresetInput, preset_for};
        let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
        let [by_name, by_number] = ["g", "1"].map(|at| edit(&spec, &format!("phases.{at}.every=3")).unwrap());
        assert_eq!((by_name.phases[1].every, &by_name), (3, &by_number));
    }

    #[test]
    fn differences_name_the_leaves() {
        let spec = TrainSpec::draft("").unwrap().spec;
        let other = edit(&edit(&spec, "train.batch=32").unwrap(), "seed=4").unwrap();
        let keys: Vec<String> = differences(&spec, &other).into_iter().map(|d| d.key).collect();
        assert_eq!(keys, ["seed", "train.batch"]);
    }
}
