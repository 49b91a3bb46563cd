//! The copy of the sources that is mutated. Not here: what is done in it.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of all files that git knows or does not ignore.
pub struct Tree {
    pub root: PathBuf,
    /// A hash of all of them.
    pub sources: String,
    /// Their paths.
    pub files: Vec<String>,
    /// Where they were copied from.
    pub original: PathBuf,
}

impl Tree {
    /// Makes the copy, or brings it up to date: what is the same stays as it is, so that it need not be compiled again.
    pub fn copy(root: &Path, to: &Path) -> Result<Tree, String> {
        let mut git = Command::new("git");
        git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root);
        let output = git.output().map_err(|e| format!("cannot run git: {e}"))?;
        if !output.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let mut files: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(String::from).collect();
        // A link to a folder is a file to git.
        files.retain(|file| root.join(file).is_file() || root.join(file).is_symlink());
        files.sort();
        let mut tree = Tree { root: to.into(), sources: String::new(), files, original: root.into() };
        let mut hash = Sha256::new();
        for file in &tree.files {
            hash.update(file.as_bytes());
            hash.update(match std::fs::read_link(root.join(file)) {
                Ok(target) => target.into_os_string().into_encoded_bytes(),
                Err(_) => read(&root.join(file))?,
            });
        }
        tree.sources = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        tree.restore()?;
        tree.remove_strangers(&to.join("crates"))?;
        Ok(tree)
    }

    /// Writes every file again that is not as it was, such as one that was being mutated when a run was stopped.
    pub fn restore(&self) -> Result<(), String> {
        for file in &self.files {
            let (from, to) = (self.original.join(file), self.root.join(file));
            if let Ok(target) = std::fs::read_link(&from) {
                link(&target, &to).map_err(|e| format!("cannot write {}: {e}", to.display()))?;
                continue;
            }
            let mut wanted = read(&from)?;
            if file.starts_with("crates/") && file.ends_with("/mod.rs") {
                let text = String::from_utf8(wanted).map_err(|e| format!("{}: {e}", from.display()))?;
                wanted = (text.clone() + &undeclared(&text, &siblings(&self.files, file))).into_bytes();
            }
            if std::fs::read(&to).is_ok_and(|found| found == wanted) {
                continue;
            }
            let write = || {
                std::fs::create_dir_all(to.parent().unwrap_or(&to))?;
                std::fs::write(&to, &wanted)
            };
            write().map_err(|e| format!("cannot write {}: {e}", to.display()))?;
        }
        Ok(())
    }

    /// Removes what was copied once and is no file any more.
    fn remove_strangers(&self, folder: &Path) -> Result<(), String> {
        for entry in std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                self.remove_strangers(&path)?;
                continue;
            }
            let name = path.strip_prefix(&self.root).unwrap_or(&path).to_string_lossy().into_owned();
            if !self.files.contains(&name) {
                std::fs::remove_file(&path).map_err(|e| format!("cannot remove {}: {e}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Whether there is such a crate.
    pub fn has(&self, package: &str) -> bool {
        self.files.iter().any(|file| *file == format!("crates/{package}/Cargo.toml"))
    }

    /// The line that a mutant changes, by its name `path:line:column: what`.
    pub fn line(&self, mutant: &str) -> String {
        let mut parts = mutant.splitn(3, ':');
        let (path, number) = (parts.next().unwrap_or(""), parts.next().and_then(|n| n.parse::<usize>().ok()));
        let text = std::fs::read_to_string(self.original.join(path)).unwrap_or_default();
        number.and_then(|n| text.lines().nth(n.saturating_sub(1))).unwrap_or("").trim().to_string()
    }
}

/// Makes a link as it was, if it is not there.
fn link(target: &Path, to: &Path) -> std::io::Result<()> {
    if std::fs::read_link(to).is_ok_and(|found| found == target) {
        return Ok(());
    }
    std::fs::create_dir_all(to.parent().unwrap_or(to))?;
    if to.symlink_metadata().is_ok() {
        std::fs::remove_file(to)?;
    }
    std::os::unix::fs::symlink(target, to)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// Names of the other modules in the folder of a `mod.rs`.
fn siblings(files: &[String], mod_rs: &str) -> Vec<String> {
    let folder = mod_rs.strip_suffix("mod.rs").unwrap_or(mod_rs);
    let inside = files.iter().filter_map(|file| file.strip_prefix(folder)?.strip_suffix(".rs"));
    inside.filter(|name| *name != "mod" && !name.contains('/')).map(String::from).collect()
}

/// Declarations of the modules that a macro declares: `cargo mutants` looks for `mod x;` and expands no macro. The compiler
/// never takes these.
fn undeclared(text: &str, modules: &[String]) -> String {
    let declared = |name: &String| {
        let line = format!("mod {name};");
        text.lines().any(|l| l.trim() == line || l.trim().ends_with(&format!(" {line}")))
    };
    modules.iter().filter(|name| !declared(name)).map(|name| format!("#[cfg(any())]\nmod {name};\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_macros_are_declared_for_the_list_alone() {
        let text = "pub mod a;\n#[cfg(test)]\nmod tests;\ntable! { c::C }\n";
        let files =
            ["x/src/k/a.rs", "x/src/k/c.rs", "x/src/k/mod.rs", "x/src/k/tests.rs", "x/src/k/deep/d.rs", "x/src/e.rs"];
        let siblings = siblings(&files.map(String::from), "x/src/k/mod.rs");
        assert_eq!(siblings, ["a", "c", "tests"]);
        assert_eq!(undeclared(text, &siblings), "#[cfg(any())]\nmod c;\n");
    }

    #[test]
    fn a_copy_is_made_once_and_mended() {
        let folder = std::env::temp_dir().join(format!("tree-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        std::fs::create_dir_all(from.join("crates/a/src")).unwrap();
        for (file, text) in
            [("crates/a/Cargo.toml", "[package]"), ("crates/a/src/lib.rs", "mod x;"), (".gitignore", "/target\n")]
        {
            std::fs::write(from.join(file), text).unwrap();
        }
        std::os::unix::fs::symlink("src", from.join("crates/a/more")).unwrap();
        std::fs::create_dir_all(from.join("target")).unwrap();
        std::fs::write(from.join("target/built"), "").unwrap();
        let git = Command::new("git").args(["init", "--quiet"]).current_dir(&from).status().unwrap();
        assert!(git.success());
        let tree = Tree::copy(&from, &to).unwrap();
        assert!(tree.has("a") && !tree.has("b"));
        assert!(!to.join("target").exists());
        assert!(to.join("crates/a/more").is_symlink() && to.join("crates/a/more/lib.rs").is_file());
        assert_eq!(tree.line("crates/a/src/lib.rs:1:5: replace x"), "mod x;");
        let lib = to.join("crates/a/src/lib.rs");
        let written = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
        let first = written(&lib);
        std::fs::write(to.join("crates/a/Cargo.toml"), "mutated").unwrap();
        std::fs::write(to.join("crates/a/src/old.rs"), "gone").unwrap();
        let again = Tree::copy(&from, &to).unwrap();
        assert_eq!(std::fs::read_to_string(to.join("crates/a/Cargo.toml")).unwrap(), "[package]");
        assert!(!to.join("crates/a/src/old.rs").exists());
        assert_eq!((written(&lib), &again.sources), (first, &tree.sources));
        assert!(to.join("crates/a/more").is_symlink());
        std::fs::write(from.join("crates/a/src/lib.rs"), "mod y;").unwrap();
        assert_ne!(Tree::copy(&from, &to).unwrap().sources, tree.sources);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
