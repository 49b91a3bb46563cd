//! Reading a spec to its end, whatever is wrong in it: each value that is none is told with its place, and mended or left
//! out for what comes after it. Not here: what is said of it (`words.rs`), whether the rest makes sense (`check/`).

use super::tree::{Change, Places, Step, Texts, apply, dotted, json, node, paths, table, values, visit};
use super::{TrainSpec, keys, objects, syntax, words};
use ganymede_nn::config::{shown, stands_for};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use toml::de::{DeTable, DeValue, Deserializer, Error};
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
    /// The text, mended where it was no TOML.
    pub text: String,
}

/// Reads a text to its end.
///
/// # Errors
/// All places where the text is no TOML, where that cannot be mended.
pub(super) fn read(text: &str) -> Result<Read, Vec<SpecFault>> {
    let syntax::Mended { text, faults } =
        syntax::mended(text).map_err(|faults| Vec::from_iter(faults.into_iter().take(MOST)))?;
    let (text, whole) = (text.as_str(), text.clone());
    let (tree, _) = DeTable::parse_recoverable(text);
    let places = Places::of(text);
    let mut lines = BTreeMap::new();
    visit(tree.get_ref(), &mut Vec::new(), &mut |path, _, value| {
        lines.insert(dotted(path), places.position(value.start).0);
    });
    let raw = values(tree.get_ref());
    let texts = Texts::default();
    let mut reading = Reading { text, texts: &texts, places, tree, faults };
    reading.forms();
    reading.faults.extend(objects::judge(reading.tree.get_mut(), &texts, &reading.places));
    let spec = reading.finished().unwrap_or_default();
    reading.faults.sort_by_key(|fault| (fault.line, fault.column));
    visit(reading.tree.get_ref(), &mut Vec::new(), &mut |path, _, value| {
        lines.entry(dotted(path)).or_insert_with(|| reading.places.position(value.start).0);
    });
    let mended = values(reading.tree.get_ref());
    Ok(Read { spec, faults: reading.faults, lines, raw, mended, text: whole })
}

/// Where tables stand, and where lists of tables do; `*` for any name or number.
const TABLES: &[&str] = &["data", "train", "latent", "ema", "evaluate", "networks", "networks.*", "phases.*.optimizer"];
const LISTS: &[&str] = &["augment", "phases", "phases.*.terms", "networks.*.layers"];

/// Where a fault is: at the name of a value or at the value itself.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Key,
    Value,
}

struct Reading<'t> {
    text: &'t str,
    texts: &'t Texts,
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

    /// Tables in the place of lists of them, and the other way round. What is neither is told where it is read.
    fn forms(&mut self) {
        for (place, is_list) in TABLES.iter().map(|place| (place, false)).chain(LISTS.iter().map(|place| (place, true)))
        {
            for path in paths(self.tree.get_ref(), place) {
                let (Some((_, value)), Some((Step::Key(key), parent))) =
                    (node(self.tree.get_ref(), &path), path.split_last())
                else {
                    continue;
                };
                let span = value.span();
                let name = shown_path(&path);
                let (expected, written, other) = match (value.get_ref(), is_list) {
                    (DeValue::Table(table), true) => {
                        let mut list = toml::de::DeArray::new();
                        list.push(Spanned::new(span.clone(), DeValue::Table(table.clone())));
                        ("a list of tables", format!("[[{name}]]"), Some(DeValue::Array(list)))
                    }
                    (DeValue::String(class), true) => {
                        let written = format!("[{{ class_name = \"{class}\" }}]");
                        ("a list of tables", written.clone(), self.texts.value(written, &span))
                    }
                    (DeValue::Array(items), false) if items.iter().all(|item| item.get_ref().is_table()) => {
                        let only = items.first().filter(|_| items.len() == 1).map(|item| item.get_ref().clone());
                        ("one table", format!("[{name}]"), only)
                    }
                    _ => continue,
                };
                let reason = words::expectation(expected, &self.text[span.clone()]);
                let what = other.is_some().then(|| format!("write {written}"));
                let change = other.map_or(Change::Remove, Change::Replace);
                apply(self.tree.get_mut(), parent, key, &change);
                self.faults.push(self.places.fault(span, &path, reason, what));
            }
        }
    }

    /// Whether a change leaves this error behind.
    fn mends(&self, error: &Error, change: impl FnOnce(&mut DeTable<'t>)) -> Option<Spanned<DeTable<'t>>> {
        let mut tree = self.tree.clone();
        change(tree.get_mut());
        let same = |other: &Error| other.message() == error.message() && other.span() == error.span();
        let other = TrainSpec::deserialize(Deserializer::from(tree.clone()));
        other.err().is_none_or(|other| !same(&other)).then_some(tree)
    }

    /// The tree after a mend, if with it nothing is wrong with the value any more: what is wrong then is wrong without the value, too.
    fn mended(&self, error: &Error, parent: &[Step], key: &str, mend: &Mend<'t>) -> Option<Spanned<DeTable<'t>>> {
        let left = |tree: &Spanned<DeTable<'t>>| TrainSpec::deserialize(Deserializer::from(tree.clone())).err();
        let tree = self.mends(error, |root| apply(root, parent, key, &mend.change))?;
        let Some(other) = left(&tree) else { return Some(tree) };
        let mut without = self.tree.clone();
        apply(without.get_mut(), parent, key, &Change::Remove);
        let same = |rest: Error| rest.message() == other.message() && rest.span() == other.span();
        let missed = |rest: &Error| words::missing(rest.message()).is_some_and(|name| name == key);
        match left(&without) {
            // It has to be there: then what is wrong with it would be told where it stands.
            Some(rest) if missed(&rest) => {
                let value = self.value(parent, key)?.1;
                let inside = |span: Range<usize>| value.start <= span.start && span.end <= value.end;
                other.span().is_none_or(|span| !inside(span)).then_some(tree)
            }
            rest => rest.is_some_and(same).then_some(tree),
        }
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
        let values = keys::values(&path);
        let mends = match at {
            // A name that the table has already would cost one of both values.
            At::Key => {
                let near = words::near(error.message(), key, None).filter(|near| !self.has(parent, near));
                near.map(Mend::name).into_iter().collect()
            }
            At::Value => self.meant(error.message(), &value, &span, values),
        };
        let mended = mends.into_iter().find_map(|mend| {
            let tree = self.mended(error, parent, key, &mend)?;
            Some((tree, mend.reason, mend.what))
        });
        let (tree, reason, what) = match mended {
            Some((tree, reason, what)) => (tree, reason, Some(what)),
            None => (self.without(error, parent, key)?, None, None),
        };
        let found = &self.text[span.clone()];
        let mut reason = reason.map_or_else(
            || words::reason(error.message(), key, values, found),
            |expected| words::expectation(expected, found),
        );
        let near = words::near(error.message(), key, None).filter(|near| at == At::Key && self.has(parent, near));
        if let Some(near) = near.filter(|_| what.is_none()) {
            reason = format!(
                "{} (did you mean `{near}`, which is there already?)",
                words::expectation("a key of this table", found)
            );
        }
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
        let place: Vec<Step> = path.iter().cloned().chain([Step::Key(name.into())]).collect();
        let values = keys::values(&place).map(|values| format!(" ({values})")).unwrap_or_default();
        let told = self.places.fault(span.clone(), &place, format!("expected `{name}`{values}, found none"), None);
        let own = |other: &Error| other.span() == error.span() && words::missing(other.message()).is_none();
        for empty in ["\"\"", "[]", "0", "{}"] {
            let change = Change::Insert(span.clone(), DeValue::parse(empty).ok()?.into_inner());
            let Some(tree) = self.mends(error, |root| apply(root, path, name, &change)) else { continue };
            let other = TrainSpec::deserialize(Deserializer::from(tree.clone())).err();
            if other.as_ref().is_some_and(own) {
                continue;
            }
            self.tree = tree;
            if !self.faults.iter().any(|fault| fault.place == told.place) {
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

    /// What a value may have been meant as, in another form or by nearly the right name, the likeliest first.
    fn meant(&self, message: &str, value: &DeValue<'t>, span: &Range<usize>, values: Option<&str>) -> Vec<Mend<'t>> {
        let text = &self.text[span.clone()];
        let written = json(&Spanned::new(span.clone(), value.clone()));
        let mut meant = Vec::new();
        if let DeValue::String(name) = value
            && let Some(near) = words::near(message, name, values)
        {
            meant.push(Mend::value(&format!("\"{near}\""), DeValue::String(Cow::Owned(near))));
        }
        if let DeValue::Float(_) = value
            && let Some((whole, part)) = text.split_once('.')
            && part.bytes().all(|digit| digit == b'0')
        {
            meant.extend(self.texts.value(whole.into(), span).map(|value| Mend::value(whole, value)));
        }
        let item = words::expects_list(message).then(|| serde_json::Value::Array(vec![written.clone()]));
        for other in stands_for(&written).into_iter().chain(item) {
            let shown = shown(&other);
            meant.extend(self.texts.value(shown.clone(), span).map(|value| Mend::value(&shown, value)));
        }
        meant
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

    fn value(shown: &str, value: DeValue<'t>) -> Mend<'t> {
        Mend { what: format!("write {shown}"), reason: None, change: Change::Replace(value) }
    }
}

/// A path as a header has it: without numbers.
fn shown_path(path: &[Step]) -> String {
    path.iter().filter_map(Step::key).collect::<Vec<_>>().join(".")
}
