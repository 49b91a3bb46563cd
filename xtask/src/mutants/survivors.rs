//! The committed list of mutants that no test can tell from the original, each with its reason. Not here: finding them.

use super::outcomes::Outcome;
use serde_json::Value;
use std::path::Path;

/// A mutant by its name without the place, and by the line that it changes: other lines may move.
#[derive(Debug, PartialEq)]
pub struct Survivor {
    mutant: String,
    line: String,
}

/// The list; each entry has `mutant`, `line` and `why`.
///
/// # Errors
/// When the file is none, or an entry lacks one of these.
pub fn read(path: &Path) -> Result<Vec<Survivor>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    parse(&text).map_err(|reason| format!("{}: {reason}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Survivor>, String> {
    let entries: Vec<Value> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let entry = |(at, value): (usize, &Value)| {
        let word = |key: &str| {
            let word = value[key].as_str().filter(|word| !word.trim().is_empty());
            word.map(String::from).ok_or(format!("entry {at}: expected `{key}` as a text, found {}", value[key]))
        };
        word("why")?;
        Ok(Survivor { mutant: word("mutant")?, line: word("line")? })
    };
    entries.iter().enumerate().map(entry).collect()
}

/// Whether the list has a reason for this one.
pub fn explains(known: &[Survivor], name: &str, outcome: &Outcome) -> bool {
    let mutant = without_place(name);
    known.iter().any(|survivor| survivor.mutant == mutant && survivor.line == outcome.line)
}

/// `path:12:5: what` without the numbers: `path: what`.
fn without_place(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(path), Some(_), Some(_), Some(what)) => format!("{path}:{what}"),
        _ => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survivors_are_known_by_what_they_change() {
        let text =
            r#"[{"mutant": "crates/a/src/x.rs: replace < with <= in f", "line": "if a < b {", "why": "a is never b"}]"#;
        let known = parse(text).unwrap();
        let outcome = |line: &str| Outcome { summary: "missed".into(), line: line.into() };
        assert!(explains(&known, "crates/a/src/x.rs:99:7: replace < with <= in f", &outcome("if a < b {")));
        assert!(!explains(&known, "crates/a/src/x.rs:99:7: replace < with <= in f", &outcome("if c < d {")));
        assert!(!explains(&known, "crates/a/src/x.rs:99:7: replace < with == in f", &outcome("if a < b {")));
        let error = parse(r#"[{"mutant": "m", "line": "l", "why": " "}]"#).unwrap_err();
        assert!(error.contains("entry 0: expected `why`"), "{error}");
    }

    #[test]
    fn the_committed_list_is_one() {
        parse(include_str!("../../../reference/mutants/survivors.json")).unwrap();
    }
}
