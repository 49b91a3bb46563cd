//! What became of mutants, kept as lines of JSON. Not here: running them.

use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What became of one mutant.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// `caught`, `missed`, `timeout` or `unviable`.
    pub summary: String,
    /// The line of the source that it changes.
    pub line: String,
}

/// The outcomes of a shard, in a file.
#[derive(Debug)]
pub struct Outcomes {
    path: PathBuf,
    names: HashSet<String>,
    /// What the sample is of.
    pub recipe: String,
    pub found: Vec<(String, Outcome)>,
}

impl Outcomes {
    /// None yet, of this sample.
    pub fn begin(path: &Path, recipe: &str) -> Result<Outcomes, String> {
        let folder = path.parent().unwrap_or(path);
        let write = || {
            std::fs::create_dir_all(folder)?;
            std::fs::write(path, format!("{}\n", json!({ "recipe": recipe })))
        };
        write().map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        Outcomes::read(path)
    }

    /// Those of an earlier run of the same sample of the same sources.
    pub fn resume(path: &Path, recipe: &str) -> Result<Outcomes, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| format!("cannot resume: {}: {e}\nhint: begin without --resume", path.display()))?;
        let found = recipe_in(&text);
        if found != recipe {
            return Err(format!("cannot resume: expected {recipe}, found {found}\nhint: begin without --resume"));
        }
        if !text.ends_with('\n') {
            let end = || std::fs::OpenOptions::new().append(true).open(path)?.write_all(b"\n");
            end().map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        }
        Outcomes::read(path)
    }

    /// What a file holds. A last line that was cut off is left out.
    pub fn read(path: &Path) -> Result<Outcomes, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let mut outcomes =
            Outcomes { path: path.into(), names: HashSet::new(), recipe: recipe_in(&text), found: Vec::new() };
        for line in text.lines().skip(1) {
            let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
            let word = |key: &str| value[key].as_str().unwrap_or("").to_string();
            outcomes.push(word("mutant"), Outcome { summary: word("summary"), line: word("line") });
        }
        Ok(outcomes)
    }

    fn push(&mut self, name: String, outcome: Outcome) -> bool {
        let new = self.names.insert(name.clone());
        if new {
            self.found.push((name, outcome));
        }
        new
    }

    /// Whether this mutant was run.
    pub fn knows(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Notes one more.
    pub fn add(&mut self, name: &str, outcome: Outcome) -> Result<(), String> {
        let line = format!("{}\n", json!({ "mutant": name, "summary": outcome.summary, "line": outcome.line }));
        if !self.push(name.to_string(), outcome) {
            return Ok(());
        }
        let write = || std::fs::OpenOptions::new().append(true).open(&self.path)?.write_all(line.as_bytes());
        write().map_err(|e| format!("cannot write {}: {e}", self.path.display()))
    }
}

/// What the first line of a file says that its sample is of; nothing where it does not.
fn recipe_in(text: &str) -> String {
    let first: Value = serde_json::from_str(text.lines().next().unwrap_or("")).unwrap_or_default();
    first["recipe"].as_str().unwrap_or("").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_kept_once_and_resumed() {
        let folder = std::env::temp_dir().join(format!("outcomes-{}", std::process::id()));
        let path = folder.join("outcomes.jsonl");
        let name = "crates/a/src/x.rs:2:9: replace + with - in f";
        let missed = Outcome { summary: "missed".into(), line: "g(1 + 2)".into() };
        let mut outcomes = Outcomes::begin(&path, "one").unwrap();
        for _ in 0..2 {
            outcomes.add(name, missed.clone()).unwrap();
        }
        outcomes.add("another", Outcome { summary: "caught".into(), ..missed.clone() }).unwrap();
        // A line that was cut off is run again, on a line of its own.
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"mutant\":\"cut").unwrap();
        let mut again = Outcomes::resume(&path, "one").unwrap();
        assert_eq!(again.found.len(), 2);
        assert!(again.knows(name) && !again.knows("cut"));
        assert!(again.found.contains(&(name.into(), missed.clone())));
        again.add("cut", missed).unwrap();
        assert_eq!(Outcomes::resume(&path, "one").unwrap().found.len(), 3);
        let error = Outcomes::resume(&path, "two").unwrap_err();
        assert!(error.contains("expected two, found one"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
