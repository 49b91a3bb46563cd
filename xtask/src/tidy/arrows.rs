//! Which crate may use which: the layers of the workspace. Not here: other people's crates.

use super::{Finding, Repository};

/// Layer of each crate; an arrow goes to a lower layer.
const LAYERS: &[(&str, u8)] = &[
    ("ganymede", 5),
    ("ganymede-studio", 5),
    ("ganymede-python", 5),
    ("ganymede-gan", 4),
    ("ganymede-interop", 4),
    ("ganymede-metrics", 3),
    ("ganymede-nn", 2),
    ("ganymede-cuda", 2),
    ("ganymede-runtime", 2),
    ("ganymede-graph", 1),
    ("ganymede-kernels", 1),
    ("ganymede-data", 1),
    ("ganymede-tensor", 0),
];

/// Arrows within a layer that are meant.
const ALSO: &[(&str, &str)] =
    &[("ganymede-cuda", "ganymede-runtime"), ("ganymede-interop", "ganymede-gan"), ("ganymede-python", "ganymede")];

/// Arrows to a lower layer that are not.
const NEVER: &[(&str, &str)] = &[("ganymede-studio", "ganymede-graph")];

/// Checks every manifest under `crates/`. A test may use crates of its own layer (the reference backend).
pub fn arrows(repository: &Repository) -> Vec<Finding> {
    let manifests = repository.ending("/Cargo.toml").filter(|f| f.path.starts_with("crates/"));
    manifests.flat_map(|file| judge(&file.path, &file.text)).collect()
}

fn layer(name: &str) -> Option<u8> {
    LAYERS.iter().find(|(n, _)| *n == name).map(|(_, layer)| *layer)
}

fn judge(path: &str, text: &str) -> Vec<Finding> {
    let name = path.trim_start_matches("crates/").trim_end_matches("/Cargo.toml");
    let Some(own) = layer(name) else {
        return vec![Finding::error(path, format!("crate `{name}` is in no layer; a new crate needs a new \"never\""))];
    };
    let mut findings = Vec::new();
    if !text.lines().any(|l| l.replace(' ', "") == format!("name=\"{name}\"")) {
        findings.push(Finding::error(path, format!("expected the package's name to be its folder's, `{name}`")));
    }
    for (table, dependency) in dependencies(text) {
        let test = table.contains("dev-dependencies");
        let reason = match layer(&dependency) {
            None => format!("`{dependency}` is in no layer"),
            Some(other) if test && other <= own => continue,
            Some(_) if NEVER.contains(&(name, dependency.as_str())) => format!("`{name}` never uses `{dependency}`"),
            Some(other) if other < own || ALSO.contains(&(name, dependency.as_str())) => continue,
            Some(other) => format!("`{name}` (layer {own}) uses `{dependency}` (layer {other}): arrows point down"),
        };
        findings.push(Finding::error(path, reason));
    }
    findings
}

/// (table, crate) of each dependency on a crate of ours.
fn dependencies(text: &str) -> Vec<(String, String)> {
    let mut table = String::new();
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[') {
            table = head.trim_end_matches(']').to_string();
            if let Some((outer, name)) = table.rsplit_once("dependencies.")
                && name.starts_with("ganymede")
            {
                found.push((format!("{outer}dependencies"), name.to_string()));
            }
        } else if table.ends_with("dependencies") && line.starts_with("ganymede") {
            let name: String = line.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
            found.push((table.clone(), name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(name: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n{rest}");
        judge(&format!("crates/{name}/Cargo.toml"), &text).into_iter().map(|f| f.reason).collect()
    }

    #[test]
    fn arrows_point_down() {
        assert!(reasons("ganymede-nn", "[dependencies]\nganymede-graph.workspace = true\n").is_empty());
        assert!(reasons("ganymede-cuda", "[dependencies]\nganymede-runtime = { path = \"x\" }\n").is_empty());
        assert!(reasons("ganymede-nn", "[dev-dependencies]\nganymede-runtime.workspace = true\n").is_empty());
        assert_eq!(reasons("ganymede-nn", "[dependencies]\nganymede-runtime.workspace = true\n").len(), 1);
        assert_eq!(reasons("ganymede-nn", "[dependencies.ganymede-gan]\nworkspace = true\n").len(), 1);
        assert_eq!(reasons("ganymede-graph", "[dev-dependencies]\nganymede-nn.workspace = true\n").len(), 1);
        assert_eq!(reasons("ganymede-studio", "[dependencies]\nganymede-graph.workspace = true\n").len(), 1);
        assert_eq!(reasons("ganymede-metrics", "[dependencies]\nganymede-gan.workspace = true\n").len(), 1);
        assert_eq!(reasons("ganymede-misc", "").len(), 1);
    }
}
