//! Changing values of a text of TOML where they stand, so that its comments and its order stay. Not here: what is to change
//! (`rewrite.rs`).

use super::tree::Step;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// The text with the values of `wanted` in place of its own; none where they cannot be written between what stays.
pub(super) fn in_place(text: &str, wanted: &Table) -> Option<String> {
    let (tree, _) = DeTable::parse_recoverable(text);
    let tree = tree.get_ref();
    let was = values(tree);
    let mut headers = BTreeMap::new();
    collect(text, tree, &[], &mut headers);
    let mut writer = Writer { text, headers, edits: Vec::new() };
    writer.table(&[], &Form::Root, tree, &was, wanted)?;
    writer.finished()
}

/// Every table that stands below a header.
fn collect(text: &str, table: &DeTable<'_>, at: &[Step], headers: &mut BTreeMap<usize, Header>) {
    for (key, value) in table {
        let path = inside(at, key.get_ref());
        let one = |value: &Spanned<DeValue<'_>>, path: Vec<Step>, headers: &mut BTreeMap<usize, Header>| {
            let Some(table) = value.get_ref().as_table() else { return };
            if text[value.span()].starts_with('[') {
                headers.insert(value.span().start, Header { end: value.span().end, path: path.clone() });
            }
            collect(text, table, &path, headers);
        };
        match value.get_ref() {
            DeValue::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| one(item, inside_list(&path, index), headers));
            }
            _ => one(value, path, headers),
        }
    }
}

/// A table's header.
struct Header {
    end: usize,
    path: Vec<Step>,
}

/// How a table is written.
enum Form {
    /// Not at all: it is the text.
    Root,
    /// Below a header, which ends there.
    Block(usize),
    /// In braces, which begin there.
    Inline(usize),
    /// By the keys of what is in it alone.
    Implied,
}

struct Writer<'t> {
    text: &'t str,
    /// Every header, by where it begins.
    headers: BTreeMap<usize, Header>,
    edits: Vec<(Range<usize>, String)>,
}

/// A key of a table with its value, and that as it was.
type Entry<'a, 't> = (&'a Spanned<Cow<'t, str>>, &'a Spanned<DeValue<'t>>, &'a Value);

impl Writer<'_> {
    fn finished(mut self) -> Option<String> {
        self.edits.sort_by_key(|(place, _)| (place.start, place.end));
        let mut text = self.text.to_string();
        let apart = self.edits.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start);
        for (place, with) in self.edits.iter().rev() {
            text.replace_range(place.clone(), with);
        }
        apart.then_some(text)
    }

    fn put(&mut self, place: Range<usize>, with: impl Into<String>) -> Option<()> {
        self.edits.push((place, with.into()));
        Some(())
    }

    fn is_header(&self, place: &Range<usize>) -> bool {
        self.headers.get(&place.start).is_some_and(|header| header.end == place.end)
    }

    fn form(&self, value: &Spanned<DeValue<'_>>) -> Form {
        let place = value.span();
        match &self.text[place.clone()] {
            _ if self.is_header(&place) => Form::Block(place.end),
            written if written.starts_with('{') => Form::Inline(place.start),
            _ => Form::Implied,
        }
    }

    fn table<'t>(&mut self, at: &[Step], form: &Form, old: &DeTable<'t>, was: &Table, new: &Table) -> Option<()> {
        let entries: Vec<Entry<'_, 't>> =
            old.iter().filter_map(|(key, value)| Some((key, value, was.get(key.get_ref().as_ref())?))).collect();
        let mut come: Vec<(&String, &Value)> = new.iter().filter(|(key, _)| !was.contains_key(*key)).collect();
        for entry in &entries {
            let (key, value, was) = *entry;
            let path = inside(at, key.get_ref());
            if let Some(new) = new.get(key.get_ref().as_ref()) {
                self.value(&path, value, was, new)?;
                continue;
            }
            // What is the same under another name is renamed.
            let alike = |new: &Value| (was.is_table() && new.is_table()) || (was.is_array() && new.is_array());
            let same = come.iter().position(|(_, new)| was == *new);
            match same.or_else(|| come.iter().position(|(_, new)| alike(new))) {
                Some(found) => {
                    let (name, new) = come.remove(found);
                    self.rename(&path, key, value, name)?;
                    self.value(&path, value, was, new)?;
                }
                None => self.remove(&path, form, entry, &entries)?,
            }
        }
        // What goes away is nothing to stand behind.
        let kept: Vec<Entry<'_, 't>> =
            entries.into_iter().filter(|(key, ..)| new.contains_key(key.get_ref().as_ref())).collect();
        come.into_iter().try_for_each(|(name, new)| self.insert(at, form, &kept, name, new))
    }

    fn value(&mut self, at: &[Step], old: &Spanned<DeValue<'_>>, was: &Value, new: &Value) -> Option<()> {
        match (old.get_ref(), was, new) {
            _ if was == new => Some(()),
            (DeValue::Table(_), Value::Table(was), Value::Table(table))
                if matches!(self.form(old), Form::Inline(_)) && !was.keys().any(|key| table.contains_key(key)) =>
            {
                self.put(old.span(), new.to_string())
            }
            (DeValue::Table(old_table), Value::Table(was), Value::Table(new)) => {
                self.table(at, &self.form(old), old_table, was, new)
            }
            (DeValue::Array(items), Value::Array(was), Value::Array(new)) => {
                self.list(at, &old.span(), items, was, new)
            }
            // One table for a list of them, and the other way round.
            (DeValue::Table(inner), Value::Table(was), Value::Array(new)) => match (self.form(old), &new[..]) {
                (form @ Form::Block(end), [Value::Table(new)]) => {
                    self.put(old.span().start..old.span().start, "[")?;
                    self.put(end..end, "]")?;
                    self.table(at, &form, inner, was, new)
                }
                (Form::Inline(_), _) => self.put(old.span(), Value::Array(new.clone()).to_string()),
                _ => None,
            },
            (DeValue::Array(items), Value::Array(was), Value::Table(_))
                if items.len() == 1 && self.is_header(&old.span()) =>
            {
                let Range { start, end } = old.span();
                self.put(start..start + 1, "")?;
                self.put(end - 1..end, "")?;
                self.value(&inside_list(at, 0), &items[0], &was[0], new)
            }
            (DeValue::Table(_), ..) if !matches!(self.form(old), Form::Inline(_)) => None,
            (DeValue::Array(_), ..) if self.is_header(&old.span()) => None,
            _ => self.put(old.span(), new.to_string()),
        }
    }

    fn list(
        &mut self,
        at: &[Step],
        place: &Range<usize>,
        items: &[Spanned<DeValue<'_>>],
        was: &[Value],
        new: &[Value],
    ) -> Option<()> {
        let shorter = was.len().min(new.len());
        let before = was.iter().zip(new).take_while(|(was, new)| was == new).count();
        let after = was.iter().rev().zip(new.iter().rev()).take(shorter - before).take_while(|(a, b)| a == b).count();
        // What is between is changed one by one, as far as both go.
        let common = shorter - after;
        for index in before..common {
            self.value(&inside_list(at, index), &items[index], &was[index], &new[index])?;
        }
        let (gone, come) = (common..was.len() - after, &new[common..new.len() - after]);
        let blocks = items.first().is_some_and(|first| self.is_header(&first.span()));
        if blocks {
            for index in gone {
                let region = self.region(&inside_list(at, index))?;
                self.put(region, "")?;
            }
            let next = self.region(&inside_list(at, common.min(items.len() - 1)))?;
            let place = if common < items.len() { next.start } else { next.end };
            return come.iter().try_for_each(|new| self.block(place, at, true, new));
        }
        let start = |index: usize| items[index].span().start;
        let behind = |index: usize| index.checked_sub(1).map_or(place.start + 1, |last| items[last].span().end);
        if !gone.is_empty() {
            let range = if gone.end < items.len() {
                start(gone.start)..start(gone.end)
            } else {
                behind(gone.start)..behind(gone.end)
            };
            self.put(range, "")?;
        }
        let come: Vec<String> = come.iter().map(Value::to_string).collect();
        match (come.is_empty(), common < items.len(), items.is_empty()) {
            (true, ..) => Some(()),
            (_, true, _) => self.put(start(common)..start(common), come.join(", ") + ", "),
            (_, _, true) => self.put(behind(0)..behind(0), come.join(", ")),
            _ => self.put(behind(common)..behind(common), format!(", {}", come.join(", "))),
        }
    }

    fn rename(
        &mut self,
        path: &[Step],
        key: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        name: &str,
    ) -> Option<()> {
        let depth = path.iter().filter(|step| matches!(step, Step::Key(_))).count() - 1;
        let places: Vec<Range<usize>> =
            self.headers.iter().filter(|(_, h)| h.path.starts_with(path)).map(|(start, h)| *start..h.end).collect();
        if places.is_empty() {
            let implied = value.get_ref().is_table() && matches!(self.form(value), Form::Implied);
            return (!implied).then(|| self.put(key.span(), word(name))).flatten();
        }
        for place in places {
            let header = &self.text[place.clone()];
            let words = header.trim_matches(['[', ']']);
            let (mut start, mut words) = (place.start + header.find(words)?, words.split('.'));
            start += words.by_ref().take(depth).map(|word| word.len() + 1).sum::<usize>();
            let old = words.next().filter(|old| old.trim() == key.get_ref().as_ref())?;
            self.put(start..start + old.len(), word(name))?;
        }
        Some(())
    }

    fn remove(&mut self, path: &[Step], form: &Form, entry: &Entry<'_, '_>, all: &[Entry<'_, '_>]) -> Option<()> {
        let (key, value, _) = entry;
        if self.headers.values().any(|header| header.path.starts_with(path)) {
            let region = self.region(path)?;
            return self.put(region, "");
        }
        let place = key.span().start..value.span().end;
        if value.get_ref().is_table() && matches!(self.form(value), Form::Implied) {
            return None;
        }
        if matches!(form, Form::Inline(_)) {
            let next = all.iter().map(|(key, ..)| key.span().start).filter(|start| *start > place.start).min();
            let last = all.iter().map(|(_, value, _)| value.span().end).filter(|end| *end < place.start).max();
            return match (next, last) {
                (Some(next), _) => self.put(place.start..next, ""),
                (None, Some(last)) => self.put(last..place.end, ""),
                (None, None) => self.put(place, ""),
            };
        }
        let start = self.text[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let alone = self.text[start..place.start].trim().is_empty();
        alone.then(|| self.put(start..(self.line_end(place.end) + 1).min(self.text.len()), "")).flatten()
    }

    fn insert(&mut self, at: &[Step], form: &Form, entries: &[Entry<'_, '_>], name: &str, new: &Value) -> Option<()> {
        let line = format!("{} = {new}", word(name));
        let last = entries.iter().filter_map(|(_, value, _)| self.own_end(value)).max();
        match (form, last) {
            (Form::Root, _) if new.is_table() => self.block(self.text.len(), &inside(at, name), false, new),
            (Form::Root, None) => self.put(0..0, line + "\n"),
            (Form::Block(end), None) => {
                let end = self.line_end(*end);
                self.put(end..end, format!("\n{line}"))
            }
            (Form::Root | Form::Block(_), Some(last)) => {
                let end = self.line_end(last);
                self.put(end..end, format!("\n{line}"))
            }
            (Form::Inline(_), Some(last)) => self.put(last..last, format!(", {line}")),
            (Form::Inline(start), None) => self.put(start + 1..start + 1, format!(" {line} ")),
            (Form::Implied, _) => None,
        }
    }

    /// Where a value ends that stands among the keys of its table; none for one below a header of its own.
    fn own_end(&self, value: &Spanned<DeValue<'_>>) -> Option<usize> {
        match value.get_ref() {
            _ if self.is_header(&value.span()) => None,
            DeValue::Table(table) if matches!(self.form(value), Form::Implied) => {
                table.iter().filter_map(|(_, value)| self.own_end(value)).max()
            }
            _ => Some(value.span().end),
        }
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |more| at + more)
    }

    /// The lines of a table and of all that is in it, with the comments above.
    fn region(&self, path: &[Step]) -> Option<Range<usize>> {
        let own = || self.headers.iter().filter(|(_, header)| header.path.starts_with(path)).map(|(start, _)| *start);
        let (first, last) = (own().min()?, own().max()?);
        let next = self.headers.range(last + 1..).next().map_or(self.text.len(), |(next, _)| self.above(*next));
        let together = self.headers.range(first..=last).count() == own().count();
        together.then(|| self.above(first)..next)
    }

    /// Where the comments begin that stand right above a header, else its line.
    fn above(&self, header: usize) -> usize {
        let line = |end: usize| self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        let mut start = line(header);
        while start > 0 && self.text[line(start - 1)..start].trim_start().starts_with('#') {
            start = line(start - 1);
        }
        start
    }

    /// A new table below a header of its own.
    fn block(&mut self, place: usize, path: &[Step], of_list: bool, value: &Value) -> Option<()> {
        let keys = path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(word(key)),
            Step::Index(_) => None,
        });
        let keys = keys.collect::<Vec<_>>().join(".");
        let header = if of_list { format!("[[{keys}]]\n") } else { format!("[{keys}]\n") };
        let lines = value.as_table()?.iter().map(|(key, value)| format!("{} = {value}\n", word(key)));
        let block = header + &lines.collect::<String>();
        let before = &self.text[..place];
        let gap = if before.is_empty() || before.ends_with("\n\n") { "" } else { "\n" };
        let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let behind = if place < self.text.len() { "\n" } else { "" };
        self.put(place..place, format!("{end}{gap}{block}{behind}"))
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

fn inside(at: &[Step], key: &str) -> Vec<Step> {
    at.iter().cloned().chain([Step::Key(key.into())]).collect()
}

fn inside_list(at: &[Step], index: usize) -> Vec<Step> {
    at.iter().cloned().chain([Step::Index(index)]).collect()
}

/// A key as it is written.
fn word(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if bare { key.into() } else { Value::String(key.into()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_and_a_list_of_them_change_their_brackets() {
        let one = "[phases]  # one\nname = 'd'\n[phases.optimizer]\nrate = 1\n";
        let list = "[[phases]]  # one\nname = 'd'\n[phases.optimizer]\nrate = 1\n";
        let wanted = |text: &str| toml::from_str::<Table>(text).unwrap();
        assert_eq!(in_place(one, &wanted(list)).as_deref(), Some(list));
        assert_eq!(in_place(list, &wanted(one)).as_deref(), Some(one));
        let inline = "ema = { rate = 1 }  # one\n";
        assert_eq!(in_place(inline, &wanted("ema = [{ rate = 2 }]")).as_deref(), Some("ema = [{ rate = 2 }]  # one\n"));
    }

    #[test]
    fn one_key_becomes_two_where_it_stood() {
        let text = "[optimizer]\nrate = 1  # often\nbetas = [0.5, 0.9]  # both\n\n[other]\n";
        let wanted = toml::from_str("optimizer = { rate = 1, beta_1 = 0.5, beta_2 = 0.9 }\nother = {}").unwrap();
        let expected = "[optimizer]\nrate = 1  # often\nbeta_1 = 0.5\nbeta_2 = 0.9\n\n[other]\n";
        assert_eq!(in_place(text, &wanted).as_deref(), Some(expected));
    }

    #[test]
    fn items_and_keys_come_and_go_within_brackets() {
        let text = "a = [1, 2, 3]  # numbers\nb = { x = 1, y = 2 }\nc = []\n";
        for (wanted, expected) in [
            ("a = [1, 3]\nb = { x = 1, y = 2 }\nc = []", "a = [1, 3]  # numbers\nb = { x = 1, y = 2 }\nc = []\n"),
            ("a = [1, 2]\nb = { y = 2 }\nc = [5]", "a = [1, 2]  # numbers\nb = { y = 2 }\nc = [5]\n"),
            ("a = [0, 1, 2, 3, 4]\nb = { x = 1 }\nc = []", "a = [0, 1, 2, 3, 4]  # numbers\nb = { x = 1 }\nc = []\n"),
            ("a = [1, 2, 3]\nb = { v = 1, w = 2 }", "a = [1, 2, 3]  # numbers\nb = { v = 1, w = 2 }\n"),
            ("a = []\nb = { x = 1, y = 2, z = 3 }", "a = []  # numbers\nb = { x = 1, y = 2, z = 3 }\n"),
            (
                "a = [1, 2, 3]\nb = { x = 1, w = 2 }\nc = []\nd = 1",
                "a = [1, 2, 3]  # numbers\nb = { x = 1, w = 2 }\nc = []\nd = 1\n",
            ),
        ] {
            let wanted = toml::from_str(wanted).unwrap();
            let written = in_place(text, &wanted).unwrap();
            assert_eq!((written.as_str(), toml::from_str::<Table>(&written).unwrap()), (expected, wanted));
        }
    }
}
