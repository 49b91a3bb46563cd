//! What a registry asks of a crate, and what would be missing from its package: metadata, versions of our own crates, files
//! that are compiled in from outside. Not here: the arrows between crates (`arrows.rs`).

use super::sources::lines;
use super::{Finding, Repository};

/// Keys of `[package]` that every crate has.
const KEYS: [&str; 8] =
    ["description", "version", "license", "readme", "keywords", "categories", "rust-version", "authors"];

/// Files beside each manifest.
const FILES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Every crate under `crates/` can be published: `cargo publish --workspace --dry-run` says the rest.
pub fn publish(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let crates = repository.ending("/Cargo.toml").filter(|f| f.path.starts_with("crates/"));
    for file in crates {
        let package: Vec<&str> = section(&file.text, "package").collect();
        let has = |key: &&str| package.iter().any(|line| line.split(['.', ' ', '=']).next() == Some(key));
        for key in KEYS.iter().filter(|key| !has(key)) {
            findings.push(Finding::error(&file.path, format!("expected `{key}` in [package]")));
        }
        let folder = file.path.trim_end_matches("Cargo.toml");
        for name in FILES.iter().filter(|name| !repository.files.iter().any(|f| f.path == format!("{folder}{name}"))) {
            findings
                .push(Finding::error(format!("{folder}{name}"), "expected the licence in each package (a link to it)"));
        }
    }
    for file in repository.files.iter().filter(|f| f.path == "Cargo.toml") {
        let version = section(&file.text, "workspace.package").find_map(|line| line.strip_prefix("version = "));
        for line in section(&file.text, "workspace.dependencies").filter(|line| line.starts_with("ganymede")) {
            let asked = version.is_some_and(|version| line.contains(&format!("version = {version}")));
            if !asked {
                let reason = format!("expected the workspace's version of our own crate, found `{line}`");
                findings.push(Finding::error(&file.path, reason));
            }
        }
    }
    let sources = repository.ending(".rs").filter(|f| f.path.starts_with("crates/") && !f.path.ends_with("tests.rs"));
    for file in sources {
        // crates/NAME/src/a/b.rs lies two folders below src: more than three steps up leave the package.
        let Some((_, inside)) = file.path.split_once("/src/") else { continue };
        let most = inside.matches('/').count() + 1;
        for (number, line) in lines(file).filter(|(_, line)| line.contains(concat!("include", "_"))) {
            if line.matches("../").count() > most {
                findings.push(Finding::at(
                    file,
                    number,
                    "expected a file of the package: link its folder into the crate",
                ));
            }
        }
    }
    findings
}

/// The lines of a table of a manifest.
fn section<'t>(text: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    let head = format!("[{name}]");
    text.lines().map(str::trim).skip_while(move |line| *line != head).skip(1).take_while(|line| !line.starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace.package]\nversion = \"1.2.3\"\n\n[workspace.dependencies]\n";

    fn reasons(files: &[(&str, &str)]) -> Vec<String> {
        publish(&Repository::of(files)).into_iter().map(|finding| finding.reason).collect()
    }

    #[test]
    fn metadata_is_asked_for() {
        let whole: String = KEYS.iter().map(|key| format!("{key}.workspace = true\n")).collect();
        let manifest = format!("[package]\n{whole}[dependencies]\n");
        let licences = [("crates/a/LICENSE-MIT", ""), ("crates/a/LICENSE-APACHE", "")];
        let good = [&licences[..], &[("crates/a/Cargo.toml", manifest.as_str())]].concat();
        assert_eq!(reasons(&good), Vec::<String>::new());
        let without = manifest.replace("keywords.workspace = true\n", "");
        assert_eq!(reasons(&[&licences[..], &[("crates/a/Cargo.toml", without.as_str())]].concat()).len(), 1);
        assert_eq!(reasons(&[("crates/a/Cargo.toml", manifest.as_str())]).len(), 2, "no licence");
    }

    #[test]
    fn our_own_crates_have_the_version_of_the_workspace() {
        let with = |line: &str| format!("{ROOT}{line}\nserde = \"1\"\n");
        let good = with("ganymede-a = { path = \"crates/a\", version = \"1.2.3\" }");
        assert_eq!(reasons(&[("Cargo.toml", good.as_str())]), Vec::<String>::new());
        for bad in ["ganymede-a = { path = \"crates/a\" }", "ganymede-a = { path = \"a\", version = \"1.2.2\" }"] {
            assert_eq!(reasons(&[("Cargo.toml", with(bad).as_str())]).len(), 1, "{bad}");
        }
    }

    #[test]
    fn what_is_compiled_in_lies_in_the_package() {
        let include = |path: &str| format!("static X: &str = {}_str!(\"{path}\");\n", "include");
        for (path, good) in [("../data/x", true), ("../../data/x", false)] {
            assert_eq!(reasons(&[("crates/a/src/x.rs", include(path).as_str())]).is_empty(), good, "{path}");
        }
        assert!(reasons(&[("crates/a/src/b/x.rs", include("../../data/x").as_str())]).is_empty());
        assert!(reasons(&[("crates/a/src/b/tests.rs", include("../../../../x").as_str())]).is_empty());
    }
}
