//! A spec's text with what was mended of it and changed in its spec; all else stays as it is written. Not here: how a value is
//! changed in a text (`in_place.rs`).

use super::in_place::in_place;
use super::lenient::{self, SpecFault};
use super::{Draft, TrainSpec};
use serde_json::Value as Json;
use toml::{Table, Value};

impl Draft {
    /// The text of this draft for another spec, such as one that was repaired, with comments and values that could not be read
    /// as they stand; none where that cannot be written into the text.
    pub fn rewritten(&self, spec: &TrainSpec) -> Option<String> {
        // Where it is not clear which of two lines is meant, neither is written.
        if self.faults.iter().any(|fault| fault.place.is_empty() && fault.mend.is_none()) {
            return None;
        }
        let read = lenient::read(&self.text).ok()?;
        let mut wanted = read.raw.clone();
        mend(&mut wanted, &read.mended, "", &read.faults);
        let text = in_place(&self.text, &wanted)?;
        let read = lenient::read(&text).ok()?;
        let mut wanted = read.raw;
        patch_table(&mut wanted, &tree(&read.spec)?, &tree(spec)?);
        let text = in_place(&text, &wanted)?;
        // The order of keys says nothing.
        let same = tree(&lenient::read(&text).ok()?.spec) == tree(spec);
        same.then_some(text)
    }
}

/// What a spec says. A number that is none has no form in a layer's arguments: it is left out.
fn tree(spec: &TrainSpec) -> Option<Table> {
    fn of(json: Json) -> Value {
        match json {
            Json::Object(table) => {
                let table = table.into_iter().filter(|(_, value)| !value.is_null());
                Value::Table(table.map(|(key, value)| (key, of(value))).collect())
            }
            Json::Array(items) => Value::Array(items.into_iter().map(of).collect()),
            Json::String(text) => Value::String(text),
            Json::Bool(boolean) => Value::Boolean(boolean),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Value::Integer(whole),
                (None, Some(number)) => Value::Float(number),
                (None, None) => Value::String(number.to_string()),
            },
            Json::Null => Value::String("none".into()),
        }
    }
    match of(serde_json::to_value(spec).ok()?) {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

/// Takes over what reading mended, and leaves what it could not.
fn mend(text: &mut Table, mended: &Table, at: &str, faults: &[SpecFault]) {
    let place = |key: &str| if at.is_empty() { key.to_string() } else { format!("{at}.{key}") };
    let is_left = |place: &str| {
        let inside =
            |fault: &str| fault.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        faults.iter().any(|fault| fault.mend.is_none() && inside(&fault.place))
    };
    text.retain(|key, _| mended.contains_key(key) || is_left(&place(key)));
    for (key, value) in mended {
        let here = place(key);
        if faults.iter().any(|fault| fault.mend.is_none() && fault.place == here) {
            // What stands in for it is none of the text.
            continue;
        }
        match text.get_mut(key) {
            Some(text) => mend_value(text, value, &here, faults),
            // Nor is what stands in for a value that is missing.
            None if is_left(&here) || faults.iter().any(|fault| fault.mend.is_none() && fault.place == at) => {}
            None => drop(text.insert(key.clone(), value.clone())),
        }
    }
}

fn mend_value(text: &mut Value, mended: &Value, at: &str, faults: &[SpecFault]) {
    match (text, mended) {
        (Value::Table(text), Value::Table(mended)) => mend(text, mended, at, faults),
        (Value::Array(text), Value::Array(mended)) if text.len() == mended.len() => {
            for (index, (text, mended)) in text.iter_mut().zip(mended).enumerate() {
                mend_value(text, mended, &format!("{at}.{index}"), faults);
            }
        }
        (text, mended) => *text = mended.clone(),
    }
}

/// Changes a value as `old` became `new`; what is the same in both stays as it is written.
fn patch(text: &mut Value, old: &Value, new: &Value) {
    match (text, old, new) {
        _ if old == new => {}
        (Value::Table(text), Value::Table(old), Value::Table(new)) => patch_table(text, old, new),
        (Value::Array(text), Value::Array(old), Value::Array(new)) if text.len() == old.len() => {
            let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
            let shorter = old.len().min(new.len());
            let after =
                old.iter().rev().zip(new.iter().rev()).take(shorter - before).take_while(|(a, b)| a == b).count();
            for index in before..shorter - after {
                patch(&mut text[index], &old[index], &new[index]);
            }
            text.splice(shorter - after..old.len() - after, new[shorter - after..new.len() - after].to_vec());
        }
        (text, ..) => *text = new.clone(),
    }
}

fn patch_table(text: &mut Table, old: &Table, new: &Table) {
    text.retain(|key, _| new.contains_key(key) || !old.contains_key(key));
    for (key, new) in new {
        match (text.get_mut(key), old.get(key)) {
            (Some(text), Some(old)) => patch(text, old, new),
            (_, Some(old)) if old == new => {}
            // What is the same by default is not written.
            (None, Some(Value::Table(old))) if new.is_table() => {
                let mut new = new.as_table().cloned().unwrap_or_default();
                new.retain(|key, value| old.get(key) != Some(value));
                text.insert(key.clone(), Value::Table(new));
            }
            _ => drop(text.insert(key.clone(), new.clone())),
        }
    }
}
