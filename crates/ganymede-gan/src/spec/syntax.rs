//! Where a text is no TOML: the parser's messages in the words of those who write specs, one for each mistake. Not here: texts that
//! are TOML (`lenient.rs`).

use super::lenient::SpecFault;
use super::tree::Places;
use super::words;
use std::ops::Range;
use toml::de::Error;

/// Lists of tables, whose headers have two brackets.
const LISTS: &[&str] = &["phases", "augment", "layers", "terms"];

/// All places where a text is no TOML, in its order.
pub(super) fn faults(text: &str, errors: &[Error], places: &Places) -> Vec<SpecFault> {
    let mut errors: Vec<(Range<usize>, &str)> =
        errors.iter().map(|error| (error.span().unwrap_or(0..0), error.message())).collect();
    errors.sort_by_key(|(span, _)| span.start);
    let mut faults = Vec::new();
    let mut unclosed = 0;
    for (span, message) in errors {
        if span.start < unclosed {
            // The list swallows what follows it: that is no mistake of its own.
            continue;
        }
        let (span, reason) = match message {
            "duplicate key" => {
                let reason = duplicate(text, &span, places);
                (span, reason)
            }
            _ => match open_list(text, span.start) {
                Some(start) if message.contains("array") => {
                    unclosed = text.len();
                    let reason = "expected a list that ends on its line or goes on with a comma, found no `]`";
                    (start..start + 1, reason.to_string())
                }
                _ => (span, words::plain(message)),
            },
        };
        faults.push(places.fault(span, &[], reason, None));
    }
    faults
}

/// Where the list begins that the line before a byte leaves open.
fn open_list(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].trim_end();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let (mut open, mut quote) = (Vec::new(), None);
    for (offset, letter) in before[start..].char_indices() {
        match (quote, letter) {
            (Some(mark), letter) if mark == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '#') => break,
            (None, '[') => open.push(start + offset),
            (None, ']') => drop(open.pop()),
            (None, _) => {}
        }
    }
    open.first().copied()
}

/// Which key is there twice, and where it was first.
fn duplicate(text: &str, span: &Range<usize>, places: &Places) -> String {
    let key = text.get(span.clone()).unwrap_or("").trim();
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |end| end + 1);
    let own = line_of(span.start);
    let header = |line: &str| {
        let line = line.split('#').next().unwrap_or("").trim();
        line.starts_with('[').then(|| line.trim_matches(['[', ']']).trim().to_string())
    };
    // The same header is in front of the same key; a list's next table is another one.
    let (mut table, mut first, mut at) = (String::new(), Vec::new(), 0);
    let mut section = 0;
    for line in text.split_inclusive('\n') {
        let plain = line.trim();
        if let Some(name) = header(plain) {
            (table, section) = (name.clone(), if plain.starts_with("[[") { at } else { section });
            first.push((at, section, name, String::new()));
        } else if let Some((name, _)) = plain.split_once('=') {
            first.push((at, section, table.clone(), name.trim().trim_matches('"').into()));
        }
        at += line.len();
    }
    let is_header = text[own..].trim_start().starts_with('[');
    let Some((_, section, table, name)) = first.iter().find(|(at, ..)| *at == own).cloned() else {
        return format!("expected every key once, found `{key}` again");
    };
    let same = |other: &&(usize, usize, String, String)| {
        other.0 < own && other.2 == table && other.3 == name && (is_header || other.1 == section)
    };
    let line = first.iter().find(same).map(|(at, ..)| format!(", which is on line {} already", places.position(*at).0));
    let line = line.unwrap_or_default();
    let list = table.rsplit('.').next().is_some_and(|last| LISTS.contains(&last));
    match (is_header, list) {
        (true, true) => format!("expected a list of tables, found [{table}] again{line}: write [[{table}]] each time"),
        (true, false) => format!("expected every table once, found [{table}] again{line}"),
        (false, _) => format!("expected every key once, found `{key}` again{line}"),
    }
}
