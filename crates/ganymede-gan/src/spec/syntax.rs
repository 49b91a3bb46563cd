//! Where a text is no TOML: the parser's messages in the words of those who write specs, one for each mistake, and the text as it was
//! meant, so that the rest of it can be read. Not here: texts that are TOML (`lenient.rs`).

use super::lenient::SpecFault;
use super::tree::Places;
use super::words;
use std::ops::Range;
use toml::de::{DeTable, Error};

/// Lists of tables, whose headers have two brackets.
const LISTS: &[&str] = &["phases", "augment", "layers", "terms"];

/// Most mistakes that are mended in one text.
const MOST: usize = 100;

/// A text that is TOML, of the same lines as the one that was written.
pub(super) struct Mended {
    pub text: String,
    /// What was wrong with it.
    pub faults: Vec<SpecFault>,
}

/// A mistake of the form.
struct Mistake {
    place: Range<usize>,
    reason: String,
    /// What mends it; none where it is not clear which of two things was meant.
    what: Option<String>,
    /// What is written instead, and where.
    instead: Vec<(Range<usize>, String)>,
}

/// The text, with mistakes of its form mended line by line.
///
/// # Errors
/// All places where it is no TOML, where that cannot be mended.
pub(super) fn mended(text: &str) -> Result<Mended, Vec<SpecFault>> {
    let mut mended = Mended { text: text.into(), faults: Vec::new() };
    loop {
        let errors = errors(&mended.text);
        let Some((span, message)) = errors.first() else { return Ok(mended) };
        let places = Places::of(&mended.text);
        let few = mended.faults.len() < MOST;
        let found = mistake(&mended.text, span, message, &places).filter(|_| few).and_then(|mistake| {
            let text = rewritten(&mended.text, &mistake.instead);
            let left = self::errors(&text);
            // The next mistake is further on, or there is none.
            let line = |text: &str, span: &Range<usize>| Places::of(text).position(span.start).0;
            let further = left.first().is_none_or(|(next, _)| line(&text, next) > line(&mended.text, span));
            (further || left.len() < errors.len()).then_some((mistake, text))
        });
        let Some((mistake, text)) = found else {
            mended.faults.extend(unmended(&mended.text, &errors, &places));
            return Err(mended.faults);
        };
        mended.faults.push(places.fault(mistake.place, &[], mistake.reason, mistake.what));
        mended.text = text;
    }
}

/// Errors as they are. A list that does not end swallows what follows it: that is told once.
fn unmended(text: &str, errors: &[(Range<usize>, String)], places: &Places) -> Vec<SpecFault> {
    let is_header = |at: usize| text[line_of(text, at)].trim_start().starts_with('[');
    let list = lists(text).first().copied().filter(|at| !is_header(*at)).unwrap_or(text.len());
    let before = errors.iter().filter(|(span, _)| span.start <= list);
    let mut faults: Vec<SpecFault> =
        before.map(|(span, message)| places.fault(span.clone(), &[], words::plain(message), None)).collect();
    if faults.len() < errors.len() {
        let line = line_of(text, list);
        let reason = words::expectation("a list that ends with a bracket", &text[line.clone()]);
        faults.push(places.fault(list..line.end, &[], reason, None));
    }
    faults
}

/// Where the lists begin that a text leaves open, the outermost first.
fn lists(text: &str) -> Vec<usize> {
    let (mut open, mut quote, mut comment) = (Vec::new(), None, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (_, '\n') => (quote, comment) = (None, false),
            _ if comment => {}
            (Some(mark), letter) if mark == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '#') => comment = true,
            (None, '[') => open.push(at),
            (None, ']') => drop(open.pop()),
            (None, _) => {}
        }
    }
    open
}

/// The parser's errors in the order of the text.
fn errors(text: &str) -> Vec<(Range<usize>, String)> {
    let place = |error: &Error| (error.span().unwrap_or(0..0), error.message().to_string());
    let mut errors: Vec<_> = DeTable::parse_recoverable(text).1.iter().map(place).collect();
    errors.sort_by_key(|(span, _)| span.start);
    errors
}

fn rewritten(text: &str, instead: &[(Range<usize>, String)]) -> String {
    let mut text = text.to_string();
    // From the end, so that places stay what they are.
    for (place, new) in instead.iter().rev() {
        text.replace_range(place.clone(), new);
    }
    text
}

/// What an error is of, where that is known.
fn mistake(text: &str, span: &Range<usize>, message: &str, places: &Places) -> Option<Mistake> {
    if message == "duplicate key" {
        return duplicate(text, span, places);
    }
    let before = text[..span.start.min(text.len())].trim_end_matches(['\n', '\r', ' ', '\t']);
    let lines = [line_of(text, span.start), line_of(text, before.len())];
    lines.into_iter().find_map(|line| header(text, &line).or_else(|| open(text, &line)))
}

/// The line of a byte, without its end.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find(['\n', '\r']).map_or(text.len(), |end| at + end);
    start..end
}

/// A header whose brackets do not pair.
fn header(text: &str, line: &Range<usize>) -> Option<Mistake> {
    let written = text[line.clone()].split('#').next()?.trim_end();
    let name = written.trim().trim_matches(['[', ']']).trim();
    let (open, closed) = (written.matches('[').count(), written.matches(']').count());
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "._-\"'".contains(c));
    if !written.trim_start().starts_with('[') || open == closed || !is_name {
        return None;
    }
    let right = if LISTS.contains(&last(name)) { format!("[[{name}]]") } else { format!("[{name}]") };
    let place = line.start..line.start + written.len();
    let reason = words::expectation("as many brackets behind a name as before it", written);
    Some(Mistake { place: place.clone(), reason, what: Some(format!("write {right}")), instead: vec![(place, right)] })
}

/// A text or a list that a line begins and does not end.
fn open(text: &str, line: &Range<usize>) -> Option<Mistake> {
    let written = &text[line.clone()];
    let value = written.find('=')? + 1;
    let (mut lists, mut quote) = (Vec::new(), None);
    let mut end = written.len();
    for (at, letter) in written.char_indices().skip_while(|(at, _)| *at < value) {
        match (quote, letter) {
            (Some((_, mark)), letter) if mark == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some((at, letter)),
            (None, '#') => {
                end = at;
                break;
            }
            (None, '[') => lists.push(at),
            (None, ']') => drop(lists.pop()),
            (None, _) => {}
        }
    }
    let insert = |end: usize, what: String| {
        let end = line.start + written[..end].trim_end().len();
        vec![(end..end, what)]
    };
    if let Some((at, mark)) = quote {
        // What looks like a comment is one.
        let end = written[at..].find(" #").map_or(written.len(), |comment| at + comment);
        let place = line.start + at..line.end;
        let reason = words::expectation("a text that ends with a quote", &written[at..end]);
        let what = Some(format!("write {}{mark}", written[at..end].trim_end()));
        return Some(Mistake {
            place,
            reason,
            what,
            instead: insert(end, mark.to_string() + &"]".repeat(lists.len())),
        });
    }
    let first = *lists.first()?;
    let brackets = "]".repeat(lists.len());
    let list = written[first..end].trim_end();
    let reason = words::expectation("a list that ends with a bracket", list);
    let what = Some(format!("write {list}{brackets}"));
    Some(Mistake { place: line.start + first..line.end, reason, what, instead: insert(end, brackets) })
}

/// A line of a spec: where it starts, its table, its key (none of a header), its value, and the last header of a list before it.
struct Line {
    start: usize,
    table: String,
    key: String,
    value: String,
    item: usize,
}

fn lines(text: &str) -> Vec<Line> {
    let (mut found, mut table, mut item, mut at) = (Vec::new(), String::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        let plain = line.split(" #").next().unwrap_or("").trim();
        if plain.starts_with('[') {
            table = plain.trim_matches(['[', ']']).trim().to_string();
            item = if plain.starts_with("[[") { at } else { item };
            found.push(Line { start: at, table: table.clone(), key: String::new(), value: String::new(), item });
        } else if let Some((key, value)) = plain.split_once('=') {
            let (key, value) = (key.trim().trim_matches('"').to_string(), value.trim().to_string());
            found.push(Line { start: at, table: table.clone(), key, value, item });
        }
        at += line.len();
    }
    found
}

/// A key or a table that is there twice.
fn duplicate(text: &str, span: &Range<usize>, places: &Places) -> Option<Mistake> {
    let lines = lines(text);
    let place = line_of(text, span.start);
    let own = lines.iter().find(|line| line.start == place.start)?;
    let same = |line: &&Line| {
        // A list's next table has keys of its own.
        let together = own.key.is_empty() || line.item == own.item;
        line.start < own.start && line.table == own.table && line.key == own.key && together
    };
    let first = lines.iter().find(same)?;
    let on = places.position(first.start).0;
    if !own.key.is_empty() {
        let reason = format!("expected every key once, found `{}` again, which is on line {on} already", own.key);
        let what = (first.value == own.value).then(|| format!("leave the second `{}` out", own.key));
        let instead = vec![(place.clone(), format!("# {}", &text[place.clone()]))];
        return Some(Mistake { place: span.clone(), reason, what, instead });
    }
    let table = &own.table;
    if !LISTS.contains(&last(table)) {
        return None;
    }
    let header = |line: &&Line| {
        line.key.is_empty() && line.table == *table && !text[line.start..].trim_start().starts_with("[[")
    };
    let instead = lines.iter().filter(header).map(|line| (line_of(text, line.start), format!("[[{table}]]"))).collect();
    let reason = format!("expected a list of tables, found [{table}] again, which is on line {on} already");
    Some(Mistake { place: span.clone(), reason, what: Some(format!("write [[{table}]] each time")), instead })
}

/// The last word of a dotted name.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
