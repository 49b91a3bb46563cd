//! What became of mutants, kept as lines of JSON. Not here: running them.

use super::tree::Tree;
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
    pub found: Vec<(String, Outcome)>,
}

const KINDS: [&str; 4] = ["caught", "missed", "timeout", "unviable"];

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
        let first: Value = serde_json::from_str(text.lines().next().unwrap_or("")).unwrap_or_default();
        if first["recipe"] != recipe {
            let found = first["recipe"].as_str().unwrap_or("none");
            return Err(format!("cannot resume: expected {recipe}, found {found}\nhint: begin without --resume"));
        }
        Outcomes::read(path)
    }

    /// What a file holds. A last line that was cut off is left out.
    pub fn read(path: &Path) -> Result<Outcomes, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let mut outcomes = Outcomes { path: path.into(), names: HashSet::new(), found: Vec::new() };
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

    /// Takes over what `cargo mutants` wrote into its folder; gives how many are new. There may be none.
    pub fn gather(&mut self, folder: &Path, tree: &Tree) -> Result<usize, String> {
        let mut lines = String::new();
        let mut count = 0;
        for kind in KINDS {
            let text = std::fs::read_to_string(folder.join(format!("{kind}.txt"))).unwrap_or_default();
            for name in text.lines().map(str::trim).filter(|name| !name.is_empty()) {
                let outcome = Outcome { summary: kind.into(), line: tree.line(name) };
                if self.push(name.to_string(), outcome.clone()) {
                    lines += &format!("{}\n", json!({ "mutant": name, "summary": kind, "line": outcome.line }));
                    count += 1;
                }
            }
        }
        let write = || std::fs::OpenOptions::new().append(true).open(&self.path)?.write_all(lines.as_bytes());
        write().map_err(|e| format!("cannot write {}: {e}", self.path.display()))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_gathered_once_and_resumed() {
        let folder = std::env::temp_dir().join(format!("outcomes-{}", std::process::id()));
        let out = folder.join("mutants.out");
        std::fs::create_dir_all(&out).unwrap();
        std::fs::create_dir_all(folder.join("crates/a/src")).unwrap();
        std::fs::write(folder.join("crates/a/src/x.rs"), "fn f() {\n    g(1 + 2)\n}\n").unwrap();
        let tree = Tree { root: folder.clone(), sources: String::new(), files: Vec::new(), original: folder.clone() };
        let name = "crates/a/src/x.rs:2:9: replace + with - in f";
        std::fs::write(out.join("missed.txt"), format!("{name}\n")).unwrap();
        std::fs::write(out.join("caught.txt"), "crates/a/src/x.rs:1:1: replace f with ()\n").unwrap();
        let path = folder.join("outcomes.jsonl");
        let mut outcomes = Outcomes::begin(&path, "one").unwrap();
        assert_eq!(outcomes.gather(&out, &tree).unwrap(), 2);
        assert_eq!(outcomes.gather(&out, &tree).unwrap(), 0);
        // A line that was cut off is run again.
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"mutant\":\"cut").unwrap();
        let again = Outcomes::resume(&path, "one").unwrap();
        assert_eq!(again.found.len(), 2);
        assert!(again.knows(name) && !again.knows("cut"));
        let missed = Outcome { summary: "missed".into(), line: "g(1 + 2)".into() };
        assert!(again.found.contains(&(name.into(), missed)));
        let error = Outcomes::resume(&path, "two").unwrap_err();
        assert!(error.contains("expected two, found one"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
