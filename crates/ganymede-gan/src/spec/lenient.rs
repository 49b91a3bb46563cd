//! Reading a spec to its end, whatever is wrong in it: each value that is none is told with its place, and mended or left
//! out for what comes after it. Not here: what is said of it (`words.rs`), whether the rest makes sense (`check/`).

use super::TrainSpec;
use super::words;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use toml::de::{DeArray, DeTable, DeValue, Deserializer, Error};
use toml::{Spanned, Table};

/// A place in the text of a spec where something else was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpecFault {
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in bytes.
    pub column: usize,
    /// Dotted key, such as `phases.0.optimizer.learning_rate`; empty where the text is no TOML.
    pub place: String,
    /// What was expected and found.
    pub reason: String,
    /// What mends it; with it the rest was read.
    pub mend: Option<String>,
}

impl fmt::Display for SpecFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        let place = if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) };
        write!(f, "{place}{}", self.reason)
    }
}

/// Most faults that are told of one text.
const MOST: usize = 100;

/// What stands in a text.
pub(super) struct Read {
    /// The spec, mended where that was clear, without what was not.
    pub spec: TrainSpec,
    /// What was wrong.
    pub faults: Vec<SpecFault>,
    /// The line of every value, by its dotted key, that which was mended by both.
    pub lines: BTreeMap<String, usize>,
    /// What stands in the text.
    pub raw: Table,
    /// The same, mended, without what was not.
    pub mended: Table,
}

/// Reads a text to its end.
///
/// # Errors
/// All places where the text is no TOML.
pub(super) fn read(text: &str) -> Result<Read, Vec<SpecFault>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let places = Places::of(text);
    if !errors.is_empty() {
        let fault =
            |error: &Error| places.fault(error.span().unwrap_or(0..0), &[], words::plain(error.message()), None);
        let mut faults: Vec<SpecFault> = errors.iter().take(MOST).map(fault).collect();
        faults.sort_by_key(|fault| (fault.line, fault.column));
        return Err(faults);
    }
    let mut lines = BTreeMap::new();
    visit(tree.get_ref(), &mut Vec::new(), &mut |path, _, value| {
        lines.insert(dotted(path), places.position(value.start).0);
    });
    let values = |tree: &Spanned<DeTable<'_>>| Table::deserialize(Deserializer::from(tree.clone())).unwrap_or_default();
    let raw = values(&tree);
    let mut reading = Reading { text, places, tree, faults: Vec::new() };
    let spec = reading.finished().unwrap_or_default();
    reading.faults.sort_by_key(|fault| (fault.line, fault.column));
    visit(reading.tree.get_ref(), &mut Vec::new(), &mut |path, _, value| {
        lines.entry(dotted(path)).or_insert_with(|| reading.places.position(value.start).0);
    });
    let mended = values(&reading.tree);
    Ok(Read { spec, faults: reading.faults, lines, raw, mended })
}

/// A step from a value to one inside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Where a fault is: at the name of a value or at the value itself.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Key,
    Value,
}

struct Reading<'t> {
    text: &'t str,
    places: Places,
    tree: Spanned<DeTable<'t>>,
    faults: Vec<SpecFault>,
}

impl<'t> Reading<'t> {
    /// The spec, after all that is wrong was taken out; none where that cannot be done.
    fn finished(&mut self) -> Option<TrainSpec> {
        for _ in 0..MOST {
            let error = match self.spec() {
                Ok(spec) => return Some(spec),
                Err(error) => error,
            };
            if self.take_out(&error).is_none() {
                // Nothing to take out mends it: it is told as it is.
                let span = error.span().unwrap_or(0..0);
                self.faults.push(self.places.fault(span, &[], words::plain(error.message()), None));
                return None;
            }
        }
        self.spec().ok()
    }

    fn spec(&self) -> Result<TrainSpec, Error> {
        TrainSpec::deserialize(Deserializer::from(self.tree.clone()))
    }

    /// Whether a change leaves this error behind.
    fn mends(&self, error: &Error, change: impl FnOnce(&mut DeTable<'t>)) -> Option<Spanned<DeTable<'t>>> {
        let mut tree = self.tree.clone();
        change(tree.get_mut());
        let same = |other: &Error| other.message() == error.message() && other.span() == error.span();
        let other = TrainSpec::deserialize(Deserializer::from(tree.clone()));
        other.err().is_none_or(|other| !same(&other)).then_some(tree)
    }

    /// Mends or takes out what an error is of, and tells it; none where nothing helps.
    fn take_out(&mut self, error: &Error) -> Option<()> {
        let (mut path, mut at) = self.place(error).unwrap_or((Vec::new(), At::Value));
        if let Some(name) = words::missing(error.message()) {
            return self.stand_in(error, &path, &name);
        }
        if at == At::Value {
            path = self.narrowed(error, path);
            if words::argument(error.message()).is_some_and(|name| path.last() == Some(&Step::Key(name))) {
                at = At::Key;
            }
        }
        // A list has no value to leave out: it goes as a whole.
        while matches!(path.last(), Some(Step::Index(_))) {
            (path, at) = (path[..path.len() - 1].to_vec(), At::Value);
        }
        let (Step::Key(key), parent) = path.split_last()? else { return None };
        let (of_name, of_value, value) = self.value(parent, key)?;
        let span = if at == At::Key { of_name } else { of_value };
        let mends = match at {
            // A name that the table has already would cost one of both values.
            At::Key => words::near(error.message(), key).filter(|near| !self.has(parent, near)).map(Mend::name),
            At::Value => Mend::of(self.text, error.message(), &value, &span),
        };
        let mended = mends.and_then(|mend| {
            let tree = self.mends(error, |root| apply(root, parent, key, &mend.change))?;
            Some((tree, mend.reason, mend.what))
        });
        let (tree, reason, what) = match mended {
            Some((tree, reason, what)) => (tree, reason, Some(what)),
            None => (self.without(error, parent, key)?, None, None),
        };
        let found = &self.text[span.clone()];
        let reason = reason
            .map_or_else(|| words::reason(error.message(), key, found), |expected| words::expectation(expected, found));
        self.tree = tree;
        self.faults.push(self.places.fault(span, &path, reason, what));
        Some(())
    }

    /// The text without a value. What has no class any more is nothing: it goes as a whole.
    fn without(&self, error: &Error, parent: &[Step], key: &str) -> Option<Spanned<DeTable<'t>>> {
        match parent.split_last() {
            Some((Step::Key(class), outer)) if key == "class_name" => {
                self.mends(error, |root| apply(root, outer, class, &Change::Remove))
            }
            _ => self.mends(error, |root| apply(root, parent, key, &Change::Remove)),
        }
    }

    /// Gives a table the value that it lacks, as empty as it may be. One that was taken out was told already.
    fn stand_in(&mut self, error: &Error, path: &[Step], name: &str) -> Option<()> {
        let span = error.span().unwrap_or(0..0);
        let told = self.places.fault(span.clone(), path, format!("expected `{name}`, found none"), None);
        for empty in ["\"\"", "[]", "0", "{}"] {
            let value = DeValue::parse(empty).ok()?.into_inner();
            let change = Change::Insert(span.clone(), value);
            let Some(tree) = self.mends(error, |root| apply(root, path, name, &change)) else { continue };
            self.tree = tree;
            let place = format!("{}.{name}", told.place);
            if !self.faults.iter().any(|fault| fault.place == place) {
                self.faults.push(told);
            }
            return Some(());
        }
        None
    }

    /// The value or name that an error is of, the innermost.
    fn place(&self, error: &Error) -> Option<(Vec<Step>, At)> {
        let span = error.span()?;
        let mut found = None;
        visit(self.tree.get_ref(), &mut Vec::new(), &mut |path, key, value| {
            let at = if *key == span { At::Key } else { At::Value };
            if *key == span || *value == span {
                found = Some((path.to_vec(), at));
            }
        });
        found
    }

    /// The value inside a table without which the error is gone: where a table is read as a whole, errors name no place in it.
    fn narrowed(&self, error: &Error, mut path: Vec<Step>) -> Vec<Step> {
        loop {
            let keys: Vec<String> = match table(self.tree.get_ref(), &path) {
                Some(table) => table.keys().map(|key| key.get_ref().to_string()).collect(),
                None => return path,
            };
            // What the error names first.
            let named = |key: &&String| error.message().contains(&format!("`{key}`"));
            let (first, then): (Vec<&String>, Vec<&String>) = keys.iter().partition(named);
            let guilty = |key: &&String| self.mends(error, |root| apply(root, &path, key, &Change::Remove)).is_some();
            let Some(key) = first.into_iter().chain(then).find(guilty) else { return path };
            path.push(Step::Key(key.clone()));
        }
    }

    /// Whether a table has a value of this name.
    fn has(&self, path: &[Step], key: &str) -> bool {
        table(self.tree.get_ref(), path).is_some_and(|table| table.contains_key(key))
    }

    /// The places of a name and of its value, and the value.
    fn value(&self, parent: &[Step], key: &str) -> Option<(Range<usize>, Range<usize>, DeValue<'t>)> {
        let (name, value) = table(self.tree.get_ref(), parent)?.get_key_value(key)?;
        Some((name.span(), value.span(), value.get_ref().clone()))
    }
}

/// What is done to a value of a table.
enum Change<'t> {
    Remove,
    Rename(String),
    Replace(DeValue<'t>),
    Insert(Range<usize>, DeValue<'t>),
}

fn apply<'t>(root: &mut DeTable<'t>, path: &[Step], key: &str, change: &Change<'t>) {
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

/// A change after which a value is what was meant.
struct Mend<'t> {
    /// What to do, in words.
    what: String,
    /// What was expected, where the error says less.
    reason: Option<&'static str>,
    change: Change<'t>,
}

impl<'t> Mend<'t> {
    fn name(near: String) -> Mend<'t> {
        Mend { what: format!("name it `{near}`"), reason: Some("a key of this table"), change: Change::Rename(near) }
    }

    fn value(shown: &str, reason: Option<&'static str>, value: DeValue<'t>) -> Mend<'t> {
        Mend { what: format!("write {shown}"), reason, change: Change::Replace(value) }
    }

    /// Of a value that says what was meant, in another form or by nearly the right name.
    fn of(text: &'t str, message: &str, value: &DeValue<'t>, span: &Range<usize>) -> Option<Mend<'t>> {
        let number = |shown: &'t str, reason| {
            let value = DeValue::parse(shown).ok()?.into_inner();
            let is_one = matches!(value, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_));
            is_one.then(|| Mend::value(shown, reason, value))
        };
        match value {
            _ if words::expects_list(message) => {
                let mut list = DeArray::new();
                list.push(Spanned::new(span.clone(), value.clone()));
                Some(Mend::value(&format!("[{}]", &text[span.clone()]), None, DeValue::Array(list)))
            }
            DeValue::String(name) => match words::near(message, name) {
                Some(near) => Some(Mend::value(&format!("\"{near}\""), None, DeValue::String(Cow::Owned(near)))),
                None => {
                    let inside = text.get(span.start + 1..span.end.checked_sub(1)?)?.trim();
                    number(inside, Some("a value without quotes"))
                }
            },
            DeValue::Float(_) => {
                let (whole, part) = text[span.clone()].split_once('.')?;
                part.bytes().all(|digit| digit == b'0').then(|| number(whole, None))?
            }
            _ => None,
        }
    }
}

fn table<'a, 't>(root: &'a DeTable<'t>, path: &[Step]) -> Option<&'a DeTable<'t>> {
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

fn table_mut<'a, 't>(root: &'a mut DeTable<'t>, path: &[Step]) -> Option<&'a mut DeTable<'t>> {
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
fn visit(table: &DeTable<'_>, path: &mut Vec<Step>, show: &mut impl FnMut(&[Step], &Range<usize>, &Range<usize>)) {
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
struct Places {
    starts: Vec<usize>,
    length: usize,
}

impl Places {
    fn of(text: &str) -> Places {
        let after = |(at, byte): (usize, u8)| (byte == b'\n').then_some(at + 1);
        Places {
            starts: std::iter::once(0).chain(text.bytes().enumerate().filter_map(after)).collect(),
            length: text.len(),
        }
    }

    /// Line and column of a byte, from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.length);
        let line = self.starts.partition_point(|start| *start <= at);
        (line, at - self.starts[line - 1] + 1)
    }

    fn fault(&self, span: Range<usize>, path: &[Step], reason: String, mend: Option<String>) -> SpecFault {
        let (line, column) = self.position(span.start);
        SpecFault { line, column, place: dotted(path), reason, mend }
    }
}

fn dotted(path: &[Step]) -> String {
    let word = |step: &Step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(at) => at.to_string(),
    };
    path.iter().map(word).collect::<Vec<_>>().join(".")
}
