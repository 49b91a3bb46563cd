//! Documents: the paths and links that they name exist. Not here: what they say.

use super::sources::lines;
use super::{Finding, Repository};
use std::path::Path;

/// Every path in the "Where is …?" table of `ARCHITECTURE.md` exists. `path::name` also asks that the file
/// has the name.
pub fn where_is(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|f| f.path == "ARCHITECTURE.md") {
        let mut inside = false;
        let mut rows = 0;
        for (number, line) in lines(file) {
            if line.starts_with('#') {
                inside = line.trim_start_matches('#').trim().to_lowercase().starts_with("where is");
            }
            if !inside || !line.starts_with('|') {
                continue;
            }
            for path in quoted(line).filter(|q| q.contains('/')) {
                rows += 1;
                if let Some(reason) = missing(&repository.root, path) {
                    findings.push(Finding::at(file, number, reason));
                }
            }
        }
        if rows == 0 {
            findings.push(Finding::error(&file.path, "expected a table under \"Where is …?\", found none"));
        }
    }
    findings
}

/// Why a path of the table is wrong.
fn missing(root: &Path, entry: &str) -> Option<String> {
    let (path, name) = entry.split_once("::").unwrap_or((entry, ""));
    if !root.join(path).exists() {
        return Some(format!("`{path}` does not exist"));
    }
    let last = name.rsplit("::").next().unwrap_or(name);
    let has = last.is_empty() || std::fs::read_to_string(root.join(path)).is_ok_and(|text| text.contains(last));
    (!has).then(|| format!("`{path}` has no `{last}`"))
}

/// What stands between backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Every relative link of a Markdown file leads to a file.
pub fn links(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.ending(".md") {
        let folder = repository.root.join(Path::new(&file.path).parent().unwrap_or(Path::new("")));
        for (number, line) in lines(file) {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let path = target.split(['#', ' ']).next().unwrap_or_default();
                let elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
                if !elsewhere && !folder.join(path).exists() {
                    findings.push(Finding::at(file, number, format!("link to `{path}`, which does not exist")));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_names_are_looked_up() {
        let root = crate::root();
        assert_eq!(missing(&root, "xtask/src/main.rs::root"), None);
        assert!(missing(&root, "xtask/src/main.rs::no_such_name").is_some());
        assert!(missing(&root, "xtask/src/none.rs").is_some());
    }

    #[test]
    fn broken_links_and_an_empty_table_are_found() {
        let files =
            [("ARCHITECTURE.md", "# Where is\nnothing\n"), ("a.md", "[x](https://x.y) [z](#a) [y](no/such.md)\n")];
        let repository = Repository::of(&files);
        assert_eq!(where_is(&repository).len(), 1);
        assert_eq!(links(&repository).iter().map(|f| f.place.as_str()).collect::<Vec<_>>(), ["a.md:1"]);
    }
}
