//! What was meant by a configuration that has errors: the changes after which they are gone, and what a value of another form
//! may stand for. Not here: the errors (`config.rs`), the names that were meant (`nearest.rs`).

use crate::config::ConfigError;
use serde_json::{Map, Value};
use std::fmt;

/// A change of a written object (a name, or a table with a class name) after which an error is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Mend {
    /// The arguments that lead from the object to the one that is changed inside it; none for itself.
    pub path: Vec<String>,
    /// What is changed there.
    pub change: Change,
}

/// What is changed in a written object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// An argument gets another name.
    Rename {
        /// The name that it has.
        from: String,
        /// The name that was meant.
        to: String,
    },
    /// An argument, or the class name, gives way to others: one of the same name is another value.
    Replace {
        /// The argument.
        argument: String,
        /// What is there instead; nothing where it is left out.
        into: Vec<(String, Value)>,
    },
}

impl Change {
    /// Another value of an argument.
    pub fn write(argument: &str, value: Value) -> Change {
        Change::Replace { argument: argument.into(), into: vec![(argument.into(), value)] }
    }
}

impl Mend {
    /// Changes the object; gives whether that was possible.
    pub fn apply(&self, written: &mut Value) -> bool {
        let Some(object) = self.path.iter().try_fold(written, |at, step| inside(at, step)) else { return false };
        if let (Value::String(name), Change::Replace { argument, into }) = (&mut *object, &self.change) {
            if argument != CLASS {
                return false;
            }
            match &into[..] {
                [(_, Value::String(class))] => name.clone_from(class),
                _ => *object = Value::Object(into.iter().cloned().collect()),
            }
            return true;
        }
        let (argument, into) = match &self.change {
            Change::Rename { from, to } => (from, vec![(to.clone(), None)]),
            Change::Replace { argument, into } => {
                (argument, into.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect())
            }
        };
        let Some(table) = table_of(object, argument) else { return false };
        let taken = |name: &String| name != argument && table.contains_key(name);
        if !table.contains_key(argument) || into.iter().any(|(name, _)| taken(name)) {
            return false;
        }
        let old = std::mem::take(table);
        for (name, value) in old {
            if name == *argument {
                table.extend(
                    into.iter().map(|(name, new)| (name.clone(), new.clone().unwrap_or_else(|| value.clone()))),
                );
            } else {
                table.insert(name, value);
            }
        }
        true
    }
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.change {
            Change::Rename { from, to } => write!(f, "rename `{from}` to `{to}`"),
            Change::Replace { argument, into } if into.is_empty() => write!(f, "leave `{argument}` out"),
            Change::Replace { argument, into } => match &into[..] {
                [(name, value)] if name == argument => write!(f, "write {}", shown(value)),
                several => {
                    let one = |(name, value): &(String, Value)| format!("{name} = {}", shown(value));
                    write!(f, "write {}", several.iter().map(one).collect::<Vec<_>>().join(" and "))
                }
            },
        }
    }
}

/// The key of a class name.
const CLASS: &str = "class_name";

/// The table that an argument stands in: Keras's form has them in one of their own.
fn table_of<'a>(object: &'a mut Value, argument: &str) -> Option<&'a mut Map<String, Value>> {
    let own = argument == CLASS || !object.get("config").is_some_and(Value::is_object);
    if own { object.as_object_mut() } else { object.get_mut("config")?.as_object_mut() }
}

fn inside<'a>(object: &'a mut Value, step: &str) -> Option<&'a mut Value> {
    match object {
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        object => table_of(object, step)?.get_mut(step),
    }
}

/// A value as TOML writes it.
pub fn shown(value: &Value) -> String {
    match value {
        // JSON has no form for them.
        Value::Null => "nan or inf".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let one = |(name, value): (&String, &Value)| format!("{name} = {}", shown(value));
            format!("{{ {} }}", table.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

/// What a value of another form may stand for, the likeliest first: `"64"` and `[64]` for 64, 0 for false, `"2, 2"` for a list.
pub fn stands_for(value: &Value) -> Vec<Value> {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    match value {
        Value::String(text) => {
            let text = text.trim();
            let word = match text.to_lowercase().as_str() {
                "yes" | "on" | "true" => Some(Value::Bool(true)),
                "no" | "off" | "false" => Some(Value::Bool(false)),
                _ => None,
            };
            let number = parsed(text).filter(|value| !value.is_null() && !value.is_object());
            let list = || parsed(&format!("[{}]", text.trim_matches(['(', ')']))).filter(|_| text.contains(','));
            let words = || {
                let words = text.split(',').map(|word| Value::String(word.trim().into()));
                Some(Value::Array(words.collect()))
            };
            word.into_iter().chain(number).chain(list()).chain(words()).collect()
        }
        Value::Array(items) => match &items[..] {
            [first, rest @ ..] if rest.iter().all(|item| item == first) => vec![first.clone()],
            _ => Vec::new(),
        },
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => vec![Value::Bool(false)],
            Some(1.0) => vec![Value::Bool(true)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Reads with everything mended that can be; gives what was read last and all errors, in order.
pub(crate) fn mended(written: &Value, read: impl Fn(&Value) -> Vec<ConfigError>) -> (Value, Vec<ConfigError>) {
    const ROUNDS: usize = 8;
    let (mut written, mut told) = (written.clone(), Vec::new());
    for _ in 0..ROUNDS {
        let mut changed = false;
        for error in read(&written) {
            changed |= error.mend().is_some_and(|mend| mend.apply(&mut written));
            if !told.contains(&error) {
                told.push(error);
            }
        }
        if !changed {
            break;
        }
    }
    (written, told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_keeps_the_place_of_what_it_changes() {
        let mut written =
            json!({ "class_name": "Outer", "a": 1, "inner": { "class_name": "Inner", "config": { "x": 1, "y": 2 } } });
        let path = vec!["inner".to_string()];
        let rename = Mend { path: path.clone(), change: Change::Rename { from: "x".into(), to: "z".into() } };
        assert!(rename.apply(&mut written) && !rename.apply(&mut written));
        let write = Mend { path: path.clone(), change: Change::write("y", json!([2, 3])) };
        assert!(write.apply(&mut written));
        let class = Mend { path, change: Change::write("class_name", json!("Other")) };
        assert!(class.apply(&mut written));
        let expected = json!({ "class_name": "Outer", "a": 1, "inner": { "class_name": "Other", "config": { "z": 1, "y": [2, 3] } } });
        assert_eq!(written.to_string(), expected.to_string());
        assert_eq!([rename.to_string(), write.to_string()], ["rename `x` to `z`", "write [2, 3]"]);
        // Another argument of that name is not overwritten.
        let rename = Mend { path: Vec::new(), change: Change::Rename { from: "a".into(), to: "inner".into() } };
        assert!(!rename.apply(&mut written));
    }

    #[test]
    fn a_name_becomes_another_name_or_a_table() {
        let mut written = json!({ "activation": "Rleu" });
        let mend =
            |into| Mend { path: vec!["activation".into()], change: Change::Replace { argument: CLASS.into(), into } };
        assert!(mend(vec![(CLASS.into(), json!("relu"))]).apply(&mut written));
        assert_eq!(written, json!({ "activation": "relu" }));
    }

    #[test]
    fn other_forms_stand_for_values() {
        for (value, first) in [
            (json!("64"), json!(64)),
            (json!(" 0.3 "), json!(0.3)),
            (json!("yes"), json!(true)),
            (json!("2,2"), json!([2, 2])),
            (json!("(2, 2)"), json!([2, 2])),
            (json!([64]), json!(64)),
            (json!([2, 2, 2]), json!(2)),
            (json!(0), json!(false)),
        ] {
            assert_eq!(stands_for(&value).first(), Some(&first), "{value}");
        }
        assert_eq!(stands_for(&json!("color, cutout")).last(), Some(&json!(["color", "cutout"])));
        assert!(stands_for(&json!([2, 3])).is_empty() && stands_for(&json!(0.5)).is_empty());
    }
}
