//! Changing values of a text of TOML where they stand, so that its comments and its order stay. Not here: what is to change
//! (`rewrite.rs`).

use super::tree::{values, visit};
use toml::de::DeTable;
use toml::{Table, Value};
use toml_edit::{Array, ArrayOfTables, Decor, DocumentMut, Item, Key, RawString, TableLike};

/// Stands in every line that goes away. No text of TOML has it.
const GONE: &str = "\u{1}";

/// The text with the values of `wanted` in place of its own; none where they cannot be written between what stays.
pub(super) fn in_place(text: &str, wanted: &Table) -> Option<String> {
    let (tree, _) = DeTable::parse_recoverable(text);
    // The editor refuses numbers that are too large: a text stands in for each.
    let (mut lines, mut large) = (text.to_string(), Vec::new());
    visit(tree.get_ref(), &mut Vec::new(), &mut |_, _, place| {
        let is_number = text[place.clone()].starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first));
        large.extend((is_number && made(&text[place.clone()]).is_none()).then(|| place.clone()));
    });
    large.sort_by_key(|place| place.start);
    let mark = |index: usize| format!("'\u{e000}{index}\u{e000}'");
    large.iter().enumerate().rev().for_each(|(index, place)| lines.replace_range(place.clone(), &mark(index)));
    let mut document: DocumentMut = lines.replace("\r\n", "\n").parse().ok()?;
    table(document.as_table_mut(), Form::Root, &values(tree.get_ref()), wanted)?;
    let trailing = raw(Some(document.trailing()));
    let last = document.iter_mut().find_map(|(_, item)| item.as_table_mut().filter(|table| table.position() == LAST));
    if let Some(last) = last.filter(|_| !trailing.is_empty()) {
        last.decor_mut().set_prefix(trailing + "\n");
        document.set_trailing("");
    }
    let lines = document.to_string();
    let lines: String = lines.split_inclusive('\n').filter(|line| !line.contains(GONE)).collect();
    let lines =
        large.iter().enumerate().fold(lines, |lines, (at, place)| lines.replace(&mark(at), &text[place.clone()]));
    Some(if text.contains("\r\n") { lines.replace('\n', "\r\n") } else { lines })
}

/// The place of tables that are new.
const LAST: Option<isize> = Some(isize::MAX);

/// How a table is written.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// It is the text.
    Root,
    /// Below a header.
    Block,
    /// In braces.
    Inline,
}

fn table(table: &mut dyn TableLike, form: Form, was: &Table, new: &Table) -> Option<()> {
    let mut come: Vec<(&String, &Value)> = new.iter().filter(|(key, _)| !was.contains_key(*key)).collect();
    let keys: Vec<Key> = table.iter().filter_map(|(key, _)| table.key(key).cloned()).collect();
    let (mut entries, mut before, mut behind) = (Vec::<(Key, Item)>::new(), None, None);
    for mut key in keys {
        let (mut item, was) = (table.remove(key.get())?, was.get(key.get())?);
        behind = item.as_value().map(|value| raw(value.decor().suffix()));
        // What is the same under another name is renamed.
        let alike = |new: &Value| (was.is_table() && new.is_table()) || (was.is_array() && new.is_array());
        let same = come.iter().position(|(_, new)| was == *new);
        let other = same.or_else(|| come.iter().position(|(_, new)| alike(new)));
        match (new.get(key.get()), other) {
            (Some(new), _) => value(&mut item, form, was, new)?,
            (None, Some(other)) => {
                let (name, new) = come.remove(other);
                let (leaf, dotted) = (key.leaf_decor().clone(), key.dotted_decor().clone());
                key = Key::new(name).with_leaf_decor(leaf).with_dotted_decor(dotted);
                value(&mut item, form, was, new)?;
            }
            (None, None) if form == Form::Inline => {
                before = before.or_else(|| Some(raw(key.leaf_decor().prefix())));
                continue;
            }
            (None, None) => remove(&mut item),
        }
        if let Some(before) = before.take() {
            key.leaf_decor_mut().set_prefix(before);
        }
        entries.push((key, item));
    }
    if form == Form::Inline {
        end(&mut entries, "");
    }
    for (name, new) in come {
        entries.push(match new {
            Value::Table(new) if form == Form::Root => {
                let mut table = block(new)?;
                table.set_position(LAST);
                (Key::new(name), Item::Table(table))
            }
            new => (Key::new(name), Item::Value(made(&new.to_string())?)),
        });
    }
    if let (Form::Inline, Some(behind)) = (form, behind) {
        end(&mut entries, &behind);
    }
    for (key, item) in entries {
        table.entry_format(&key).or_insert(item);
    }
    Some(())
}

/// Writes something behind the last value.
fn end(entries: &mut [(Key, Item)], text: &str) {
    if let Some(last) = entries.last_mut().and_then(|(_, item)| item.as_value_mut()) {
        last.decor_mut().set_suffix(text);
    }
}

/// Leaves a line that goes away in the place of a value, below the comments that stay.
fn remove(item: &mut Item) {
    match item {
        Item::Value(value) => *value = toml_edit::Value::from(0).decorated(" ", GONE),
        Item::Table(table) if table.is_dotted() || table.is_implicit() => {
            table.iter_mut().for_each(|(_, item)| remove(item));
        }
        Item::Table(table) => empty(table),
        Item::ArrayOfTables(tables) => tables.iter_mut().for_each(empty),
        Item::None => {}
    }
}

/// The same for a table with a header; comments right above it go away with it.
fn empty(table: &mut toml_edit::Table) {
    let above = raw(table.decor().prefix());
    let place = table.position();
    *table = toml_edit::Table::new();
    *table.decor_mut() = Decor::new(above.rfind("\n\n").map_or("", |end| &above[..=end]), GONE);
    table.set_position(place);
}

fn value(item: &mut Item, form: Form, was: &Value, new: &Value) -> Option<()> {
    use toml_edit::Value as Written;
    match (item, was, new) {
        _ if was == new => {}
        (Item::Table(inner), Value::Table(was), Value::Table(new)) => {
            let form = if inner.is_dotted() { form } else { Form::Block };
            table(inner, form, was, new)?;
        }
        (Item::Value(Written::InlineTable(inner)), Value::Table(was), Value::Table(new))
            if inner.is_dotted() || was.keys().any(|key| new.contains_key(key)) =>
        {
            table(inner, Form::Inline, was, new)?;
        }
        (Item::Value(Written::Array(items)), Value::Array(was), Value::Array(new)) => list(items, was, new)?,
        (Item::ArrayOfTables(tables), Value::Array(was), Value::Array(new)) => blocks(tables, was, new)?,
        // One table for a list of them, and the other way round.
        (item @ Item::Table(_), Value::Table(_), Value::Array(list)) => {
            let [new] = &list[..] else { return None };
            value(item, form, was, new)?;
            let table = std::mem::take(item).into_table().ok().filter(|table| !table.is_dotted())?;
            *item = Item::ArrayOfTables(ArrayOfTables::from_iter([table]));
        }
        (item @ Item::ArrayOfTables(_), Value::Array(list), Value::Table(_)) => {
            let [was] = &list[..] else { return None };
            *item = Item::Table(item.as_array_of_tables_mut()?.remove(0));
            value(item, form, was, new)?;
        }
        (Item::Value(written), ..) => {
            let decor = written.decor().clone();
            *written = made(&new.to_string())?;
            *written.decor_mut() = decor;
        }
        _ => return None,
    }
    Some(())
}

fn blocks(tables: &mut ArrayOfTables, was: &[Value], new: &[Value]) -> Option<()> {
    let (before, common, after) = shared(was, new);
    let mut list: Vec<toml_edit::Table> = std::mem::take(tables).into_iter().collect();
    for index in before..common {
        table(&mut list[index], Form::Block, was[index].as_table()?, new[index].as_table()?)?;
    }
    list[common..was.len() - after].iter_mut().for_each(empty);
    let come = new[common..new.len() - after].iter().map(|new| block(new.as_table()?));
    list.splice(common..common, come.collect::<Option<Vec<_>>>()?);
    *tables = list.into_iter().collect();
    Some(())
}

fn list(items: &mut Array, was: &[Value], new: &[Value]) -> Option<()> {
    let (before, common, after) = shared(was, new);
    for index in before..common {
        let mut item = Item::Value(items.get(index)?.clone());
        value(&mut item, Form::Inline, &was[index], &new[index])?;
        *items.get_mut(index)? = item.into_value().ok()?;
    }
    let prefix = |items: &Array, at: usize| items.get(at).map(|item| raw(item.decor().prefix()));
    let line = |text: String| text.rfind('\n').map(|at| text[at..].to_string());
    let gap = prefix(items, 1).or(prefix(items, 0)).and_then(line).unwrap_or(" ".into());
    // What stands behind the last item, first of all its comment.
    let comma = items.trailing_comma();
    let last = items.iter_mut().last().filter(|_| !comma).map(|last| last.decor_mut());
    let mut tail = last.as_ref().map_or_else(String::new, |last| raw(last.suffix()));
    match last {
        Some(last) => last.set_suffix(""),
        None => tail = raw(Some(items.trailing())),
    }
    for _ in common..was.len() - after {
        let above = prefix(items, common)?;
        items.remove(common);
        match items.get_mut(common) {
            Some(next) => next.decor_mut().set_prefix(above),
            None => tail.replace_range(..tail.find('\n').unwrap_or(0), above.trim_end()),
        }
    }
    for (at, new) in (common..).zip(&new[common..new.len() - after]) {
        let above = match items.get_mut(at) {
            Some(next) => {
                let above = raw(next.decor().prefix());
                next.decor_mut().set_prefix(gap.as_str());
                above
            }
            None if at == 0 => String::new(),
            None => tail.drain(..tail.find('\n').unwrap_or(0)).collect::<String>() + &gap,
        };
        items.insert_formatted(at, made(&new.to_string())?.decorated(above, ""));
    }
    match items.iter_mut().last().filter(|_| !comma) {
        Some(last) => last.decor_mut().set_suffix(tail),
        None => items.set_trailing(tail),
    }
    Some(())
}

/// How many items are the same from the start, how many may be changed one by one up to where, how many are the same to the end.
fn shared(was: &[Value], new: &[Value]) -> (usize, usize, usize) {
    let shorter = was.len().min(new.len());
    let before = was.iter().zip(new).take_while(|(was, new)| was == new).count();
    let after = was.iter().rev().zip(new.iter().rev()).take(shorter - before).take_while(|(a, b)| a == b).count();
    (before, shorter - after, after)
}

/// A value as it is written; none where that is none.
fn made(text: &str) -> Option<toml_edit::Value> {
    text.parse().ok()
}

/// A new table below a header of its own.
fn block(new: &Table) -> Option<toml_edit::Table> {
    new.iter().map(|(key, value)| Some((key.as_str(), made(&value.to_string())?))).collect()
}

fn raw(text: Option<&RawString>) -> String {
    text.and_then(RawString::as_str).unwrap_or_default().into()
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

    #[test]
    fn comments_stay_where_lines_come_and_go() {
        let text = "# mine\n\n# of a\na = 1\n\n[b]\nx = 1  # x\n# of y\ny = 2\n# behind y\n\n# of c\n[c]\nz = 1\n\n\
                    [[d]]\nv = 1\n# w = 2\n\n# the second\n[[d]]\nv = 2\n# the end\n";
        let expected = "# mine\n\n# of a\n\n[b]\nx = 1  # x\n# of y\n# behind y\n\n[[d]]\nv = 1\n# w = 2\n# the end\n";
        let wanted = toml::from_str("b = { x = 1 }\nd = [{ v = 1 }]").unwrap();
        assert_eq!(in_place(text, &wanted).as_deref(), Some(expected));
        assert_eq!(in_place(&text.replace('\n', "\r\n"), &wanted), Some(expected.replace('\n', "\r\n")));
        let more = toml::from_str("b = { x = 1 }\nd = [{ v = 1 }]\ne = { u = 1 }").unwrap();
        assert_eq!(in_place(expected, &more), Some(format!("{expected}\n[e]\nu = 1\n")));
        let text = "a = [\n    1,  # one\n    2,  # two\n    3,  # three\n]\nb = 99999999999999999999  # much\n";
        for (wanted, expected) in [
            ("a = [1, 3]", "a = [\n    1,  # one\n    3,  # three\n]\n"),
            ("a = [1, 2]", "a = [\n    1,  # one\n    2,  # two\n]\n"),
            ("a = [1, 2, 3, 4]", "a = [\n    1,  # one\n    2,  # two\n    3,  # three\n    4,\n]\n"),
        ] {
            let wanted = toml::from_str(&format!("{wanted}\nb = '99999999999999999999'")).unwrap();
            let expected = format!("{expected}b = 99999999999999999999  # much\n");
            assert_eq!(in_place(text, &wanted), Some(expected));
        }
    }
}
