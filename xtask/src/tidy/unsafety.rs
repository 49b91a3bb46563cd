//! `unsafe`: only in the crates that may hold it, each block with its reason. Clippy checks the same where
//! it sees through macros; this sees every line. Not here: whether a reason is right.

use super::sources::{code, lines, may_be_unsafe};
use super::{File, Finding, Repository};

/// Checks every block and every `unsafe impl`.
pub fn unsafety(repository: &Repository) -> Vec<Finding> {
    let sources = repository.ending(".rs").filter(|f| f.path.starts_with("crates/"));
    sources.flat_map(judge).collect()
}

fn judge(file: &File) -> Vec<Finding> {
    let all: Vec<&str> = file.text.lines().collect();
    let mut findings = Vec::new();
    for (number, line) in lines(file) {
        let opens = code(line).contains("unsafe {") || code(line).trim_start().starts_with("unsafe impl");
        if opens && !may_be_unsafe(&file.path) {
            findings.push(Finding::at(file, number, "`unsafe` outside of the crates that may hold it"));
        } else if opens && !has_reason(&all[..number]) {
            findings.push(Finding::at(file, number, "expected `// SAFETY:` beside `unsafe`"));
        }
    }
    findings
}

/// Whether the last line, the statement that it belongs to, or the comment above that has the reason.
fn has_reason(lines: &[&str]) -> bool {
    let mut above = lines.iter().rev();
    if above.next().is_some_and(|line| line.contains("SAFETY:")) {
        return true;
    }
    let mut code_lines = 0;
    for line in above {
        let line = line.trim();
        if line.contains("SAFETY:") {
            return true;
        }
        if line.starts_with("//") || line.starts_with("#[") {
            continue;
        }
        // The statement may have begun some lines above; what ends before it belongs to another.
        code_lines += 1;
        if code_lines > 3 || line.is_empty() || line.ends_with([';', '}']) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        unsafety(&Repository::of(&[(path, text)])).len()
    }

    #[test]
    fn blocks_need_their_reason() {
        let kernels = "crates/ganymede-kernels/src/x.rs";
        assert_eq!(count(kernels, "    // SAFETY: in range.\n    let x =\n        unsafe { y() };\n"), 0);
        assert_eq!(count(kernels, "    a();\n    unsafe { y() };\n"), 1);
        assert_eq!(count(kernels, "    // SAFETY: in range.\n    a();\n    unsafe { y() };\n"), 1);
        assert_eq!(count(kernels, "unsafe impl Send for X {} // SAFETY: owned.\n"), 0);
        assert_eq!(count(kernels, "// an unsafe { in a comment\n"), 0);
        assert_eq!(count("crates/ganymede-nn/src/x.rs", "    // SAFETY: no.\n    unsafe { y() };\n"), 1);
    }
}
