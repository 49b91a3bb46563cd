//! The tree of a text in which every value has its place: finding values in it and changing them. Not here: what is wrong with them
//! (`lenient.rs`, `objects.rs`).

use super::lenient::SpecFault;
use serde::Deserialize;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Table, Value};

/// A step from a value to one inside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl Step {
    /// The key, where it is one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        }
    }
}

/// What is done to a value of a table.
pub(super) enum Change<'t> {
    Remove,
    Rename(String),
    Replace(DeValue<'t>),
    Insert(Range<usize>, DeValue<'t>),
}

pub(super) fn apply<'t>(root: &mut DeTable<'t>, path: &[Step], key: &str, change: &Change<'t>) {
    let Some(table) = table_mut(root, path) else { return };
    match change {
        Change::Remove => drop(table.remove(key)),
        Change::Rename(name) => {
            let Some((old, value)) = table.remove_entry(key) else { return };
            table.insert(Spanned::new(old.span(), Cow::Owned(name.clone())), value);
        }
        Change::Replace(value) => {
            if let Some(old) = table.get_mut(key) {
                *old.get_mut() = value.clone();
            }
        }
        Change::Insert(span, value) => {
            table.insert(Spanned::new(span.clone(), Cow::Owned(key.into())), Spanned::new(span.clone(), value.clone()));
        }
    }
}

pub(super) fn table<'a, 't>(root: &'a DeTable<'t>, path: &[Step]) -> Option<&'a DeTable<'t>> {
    let Some((first, rest)) = path.split_first() else { return Some(root) };
    let Step::Key(key) = first else { return None };
    let mut value = root.get(key.as_str())?.get_ref();
    for step in rest {
        value = match (step, value) {
            (Step::Key(key), DeValue::Table(table)) => table.get(key.as_str())?.get_ref(),
            (Step::Index(at), DeValue::Array(items)) => items.get(*at)?.get_ref(),
            _ => return None,
        };
    }
    value.as_table()
}

pub(super) fn table_mut<'a, 't>(root: &'a mut DeTable<'t>, path: &[Step]) -> Option<&'a mut DeTable<'t>> {
    let Some((first, rest)) = path.split_first() else { return Some(root) };
    let Step::Key(key) = first else { return None };
    let mut value = root.get_mut(key.as_str())?.get_mut();
    for step in rest {
        value = match (step, value) {
            (Step::Key(key), DeValue::Table(table)) => table.get_mut(key.as_str())?.get_mut(),
            (Step::Index(at), DeValue::Array(items)) => items.get_mut(*at)?.get_mut(),
            _ => return None,
        };
    }
    match value {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// Shows every value with its path, the place of its name (its own where it has none) and its place, outer ones first.
pub(super) fn visit(
    table: &DeTable<'_>,
    path: &mut Vec<Step>,
    show: &mut impl FnMut(&[Step], &Range<usize>, &Range<usize>),
) {
    for (key, value) in table {
        path.push(Step::Key(key.get_ref().to_string()));
        visit_value(value, &key.span(), path, show);
        path.pop();
    }
}

fn visit_value(
    value: &Spanned<DeValue<'_>>,
    key: &Range<usize>,
    path: &mut Vec<Step>,
    show: &mut impl FnMut(&[Step], &Range<usize>, &Range<usize>),
) {
    show(path, key, &value.span());
    match value.get_ref() {
        DeValue::Table(table) => visit(table, path, show),
        DeValue::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(Step::Index(at));
                // An item has no name: nothing is at it.
                visit_value(item, &(usize::MAX..usize::MAX), path, show);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Where the lines of a text begin.
pub(super) struct Places {
    starts: Vec<usize>,
    length: usize,
}

impl Places {
    pub fn of(text: &str) -> Places {
        let after = |(at, byte): (usize, u8)| (byte == b'\n').then_some(at + 1);
        Places {
            starts: std::iter::once(0).chain(text.bytes().enumerate().filter_map(after)).collect(),
            length: text.len(),
        }
    }

    /// Line and column of a byte, from 1.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.length);
        let line = self.starts.partition_point(|start| *start <= at);
        (line, at - self.starts[line - 1] + 1)
    }

    pub fn fault(&self, span: Range<usize>, path: &[Step], reason: String, mend: Option<String>) -> SpecFault {
        let (line, column) = self.position(span.start);
        SpecFault { line, column, place: dotted(path), reason, mend }
    }
}

pub(super) fn dotted(path: &[Step]) -> String {
    let word = |step: &Step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(at) => at.to_string(),
    };
    path.iter().map(word).collect::<Vec<_>>().join(".")
}

/// The value at a path, with the place of its name; a value of a list has its own.
pub(super) fn node<'a, 't>(root: &'a DeTable<'t>, path: &[Step]) -> Option<(Range<usize>, &'a Spanned<DeValue<'t>>)> {
    let (last, parent) = path.split_last()?;
    match last {
        Step::Key(key) => {
            let (name, value) = table(root, parent)?.get_key_value(key.as_str())?;
            Some((name.span(), value))
        }
        Step::Index(at) => {
            let item = node(root, parent)?.1.get_ref().as_array()?.get(*at)?;
            Some((item.span(), item))
        }
    }
}

/// The paths of all values at a dotted place, in which `*` stands for every number or key.
pub(super) fn paths(root: &DeTable<'_>, place: &str) -> Vec<Vec<Step>> {
    let mut paths = vec![Vec::new()];
    for word in place.split('.') {
        let deeper = |path: Vec<Step>| -> Vec<Vec<Step>> {
            let with = |step| path.iter().cloned().chain([step]).collect();
            match word {
                "*" => {
                    let value = node(root, &path).map(|(_, value)| value.get_ref());
                    let items = value.and_then(DeValue::as_array).map_or(0, |items| items.len());
                    let keys = value.and_then(DeValue::as_table).into_iter().flat_map(|table| table.keys());
                    let keys = keys.map(|key| Step::Key(key.get_ref().to_string()));
                    (0..items).map(Step::Index).chain(keys).map(with).collect()
                }
                word => vec![with(Step::Key(word.into()))],
            }
        };
        paths = paths.into_iter().flat_map(deeper).collect();
    }
    paths.retain(|path| node(root, path).is_some());
    paths
}

/// A value without places.
pub(super) fn json(value: &Spanned<DeValue<'_>>) -> serde_json::Value {
    serde_json::Value::deserialize(ValueDeserializer::from(value.clone())).unwrap_or_default()
}

/// Texts that are made while a tree is changed, and that its new values stand in.
#[derive(Default)]
pub(super) struct Texts {
    text: OnceCell<String>,
    next: OnceCell<Box<Texts>>,
}

impl Texts {
    /// Keeps a text.
    fn keep(&self, text: String) -> &str {
        let mut last = self;
        while last.text.get().is_some() {
            last = last.next.get_or_init(Box::default);
        }
        last.text.get_or_init(|| text)
    }

    /// The value of a text, if it is one, with all that is in it at one place of another text.
    pub fn value(&self, text: String, place: &Range<usize>) -> Option<DeValue<'_>> {
        Some(moved(DeValue::parse(self.keep(text)).ok()?.into_inner(), place))
    }
}

fn moved<'t>(value: DeValue<'t>, place: &Range<usize>) -> DeValue<'t> {
    match value {
        DeValue::Array(items) => {
            let mut moved_items = DeArray::new();
            items
                .into_iter()
                .for_each(|item| moved_items.push(Spanned::new(place.clone(), moved(item.into_inner(), place))));
            DeValue::Array(moved_items)
        }
        DeValue::Table(table) => {
            let mut moved_table = DeTable::new();
            for (key, value) in table {
                let value = Spanned::new(place.clone(), moved(value.into_inner(), place));
                moved_table.insert(Spanned::new(place.clone(), key.into_inner()), value);
            }
            DeValue::Table(moved_table)
        }
        value => value,
    }
}

/// What stands in a tree; a number that is too large is infinite.
pub(super) fn values(tree: &DeTable<'_>) -> Table {
    fn of(value: &DeValue<'_>) -> Value {
        let text = |text: &str| Value::String(text.into());
        match value {
            DeValue::String(string) => text(string),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or(text(number.as_str()), Value::Integer)
            }
            DeValue::Float(number) => number.as_str().parse().map_or(text(number.as_str()), Value::Float),
            DeValue::Boolean(boolean) => Value::Boolean(*boolean),
            DeValue::Datetime(time) => Value::Datetime(*time),
            DeValue::Array(items) => Value::Array(items.iter().map(|item| of(item.get_ref())).collect()),
            DeValue::Table(table) => Value::Table(values(table)),
        }
    }
    tree.iter().map(|(key, inner)| (key.get_ref().to_string(), of(inner.get_ref()))).collect()
}
