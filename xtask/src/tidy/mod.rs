//! `cargo xtask tidy`: what a compiler does not check about the repository. One kind of rule a file; to
//! add a rule: a function from [`Repository`] to [`Finding`]s and a line in [`RULES`].
//! Not here: formatting and lints (`ci.rs` calls their tools).

mod arrows;
mod documents;
mod publish;
mod sources;
mod unsafety;
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Every text file of the repository that git knows or would add.
pub struct Repository {
    root: PathBuf,
    files: Vec<File>,
}

/// A text file.
pub struct File {
    /// Path from the root, with `/`.
    path: String,
    text: String,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path, or path and line.
    place: String,
    reason: String,
    /// A warning is shown and does not fail.
    warning: bool,
}

impl Finding {
    fn error(place: impl Into<String>, reason: impl Into<String>) -> Finding {
        Finding { place: place.into(), reason: reason.into(), warning: false }
    }

    fn warning(place: impl Into<String>, reason: impl Into<String>) -> Finding {
        Finding { warning: true, ..Finding::error(place, reason) }
    }

    fn at(file: &File, line: usize, reason: impl Into<String>) -> Finding {
        Finding::error(format!("{}:{line}", file.path), reason)
    }
}

type Rule = fn(&Repository) -> Vec<Finding>;

/// Every rule.
const RULES: &[(&str, Rule)] = &[
    ("arrows", arrows::arrows),
    ("sizes", sources::sizes),
    ("heads", sources::heads),
    ("publish", publish::publish),
    ("unsafe", unsafety::unsafety),
    ("words", words::words),
    ("paths of machines", words::machine_paths),
    ("registries", words::registries),
    ("where is", documents::where_is),
    ("links", documents::links),
];

/// Applies every rule and prints what they find.
pub fn tidy(root: &Path) -> bool {
    let repository = match Repository::open(root) {
        Ok(repository) => repository,
        Err(reason) => {
            eprintln!("error: {reason}");
            return false;
        }
    };
    let mut errors = 0;
    for (name, rule) in RULES {
        for finding in rule(&repository) {
            let kind = if finding.warning { "warning" } else { "error" };
            println!("{kind}: {}: {} [{name}]", finding.place, finding.reason);
            errors += usize::from(!finding.warning);
        }
    }
    println!("tidy: {} files, {} rules, {errors} errors", repository.files.len(), RULES.len());
    errors == 0
}

/// Paths of all Rust sources of the repository, from its root.
pub fn rust_sources(root: &Path) -> Result<Vec<String>, String> {
    Ok(Repository::open(root)?.ending(".rs").map(|file| file.path.clone()).collect())
}

impl Repository {
    fn open(root: &Path) -> Result<Repository, String> {
        let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let output = Command::new("git").current_dir(root).args(arguments).output();
        let output = output.map_err(|e| format!("cannot run git: {e}"))?;
        if !output.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        let read = |path: &str| {
            // A file that is deleted but still in the index, or no text, is nothing to judge.
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            Some(File { path: path.to_string(), text })
        };
        let files = names.split('\0').filter(|n| !n.is_empty()).filter_map(read).collect();
        Ok(Repository { root: root.into(), files })
    }

    /// The files whose name ends so.
    fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |f| f.path.ends_with(end))
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Repository {
        let file = |(path, text): &(&str, &str)| File { path: path.to_string(), text: text.to_string() };
        Repository { root: PathBuf::new(), files: files.iter().map(file).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_is_tidy() {
        assert!(tidy(&crate::root()), "see the lines above");
    }
}
