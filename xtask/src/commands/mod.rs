//! The commands of README, of the documents and of `--help`, run as they stand there. Not here: the files and runs that they speak
//! of (`stand_ins.rs`), how they are shortened (`shorten.rs`).
//!
//! Each page has a folder of its own, in which its `sh` blocks run from top to bottom, line by line. A block that cannot run
//! here is marked in the line before it, with the reason: `<!-- not run: it takes an hour -->`.

mod shorten;
mod stand_ins;

use shorten::Shortener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::Instant;

/// What stands before a block that is not run.
const MARK: &str = "<!-- not run: ";

/// A page with its commands.
#[derive(Debug, PartialEq)]
struct Page {
    name: String,
    /// Commands with the number of their line.
    commands: Vec<(usize, String)>,
    not_run: usize,
}

/// How many commands ended as they should, and how many did not.
pub fn run(root: &Path, built: &Path) -> (u64, u64) {
    let scratch = built.join("xtask-commands");
    let _ = std::fs::remove_dir_all(&scratch);
    let pages = match pages(root, built) {
        Ok(pages) => pages,
        Err(reason) => {
            eprintln!("error: {reason}");
            return (0, 1);
        }
    };
    let not_run: usize = pages.iter().map(|page| page.not_run).sum();
    let (left, counts) = (Mutex::new(pages), Mutex::new((0, 0)));
    // A command computes on one thread, so that two pages go side by side.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let page = left.lock().expect("no page ends badly").pop();
                    let Some(page) = page else { break };
                    let (passed, failed) = run_page(&page, root, built, &scratch);
                    let mut counts = counts.lock().expect("no page ends badly");
                    *counts = (counts.0 + passed, counts.1 + failed);
                }
            });
        }
    });
    // What they wrote is of no further use; a rest does no harm.
    let _ = std::fs::remove_dir_all(&scratch);
    println!("{not_run} blocks are marked as not run");
    counts.into_inner().expect("no page ends badly")
}

/// Every page with commands, and the examples of `--help` as one more.
///
/// # Errors
/// A page that cannot be read, a block without an end, or a mark without a reason.
fn pages(root: &Path, built: &Path) -> Result<Vec<Page>, String> {
    let mut names = vec![PathBuf::from("README.md")];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).map_err(|e| format!("{}: {e}", folder.display()))?;
        for entry in entries.filter_map(Result::ok) {
            let path = folder.join(entry.file_name());
            match root.join(&path).is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "md") => names.push(path),
                false => {}
            }
        }
    }
    names.sort();
    let mut pages = Vec::new();
    for name in names {
        let text = std::fs::read_to_string(root.join(&name)).map_err(|e| format!("{}: {e}", name.display()))?;
        pages.push(page(&name.display().to_string(), &text)?);
    }
    pages.push(helps(built)?);
    pages.retain(|page| !page.commands.is_empty() || page.not_run > 0);
    Ok(pages)
}

/// The commands of a page in Markdown: lines of its `sh` blocks, joined where one ends in a backslash.
fn page(name: &str, text: &str) -> Result<Page, String> {
    let mut page = Page { name: name.into(), commands: Vec::new(), not_run: 0 };
    let (mut inside, mut before, mut joined) = (None, "", String::new());
    for (number, line) in (1..).zip(text.lines()) {
        match inside {
            None if line == "```sh" => {
                let marked = before.starts_with(MARK);
                if marked && before.trim_start_matches(MARK).trim_end_matches("-->").trim().is_empty() {
                    return Err(format!("{name}, line {number}: expected a reason in `{MARK}… -->`, found none"));
                }
                page.not_run += usize::from(marked);
                inside = Some(!marked);
            }
            Some(_) if line == "```" => inside = None,
            Some(true) => {
                let part = line.trim();
                joined.push_str(part.strip_suffix('\\').unwrap_or(part));
                if !part.ends_with('\\') && !joined.is_empty() {
                    page.commands.push((number, std::mem::take(&mut joined)));
                }
            }
            _ => {}
        }
        if !line.is_empty() {
            before = line;
        }
    }
    match inside {
        None => Ok(page),
        Some(_) => Err(format!("{name}: expected the end of the last block, found none")),
    }
}

/// The examples that the command and each of its subcommands print.
fn helps(built: &Path) -> Result<Page, String> {
    let help = |words: &[&str]| -> Result<String, String> {
        let output = Command::new(built.join("ganymede")).args(words).output();
        let output = output.map_err(|e| format!("{}: {e}", built.join("ganymede").display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let whole = help(&["--help"])?;
    let listed = whole.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    let mut page = Page { name: "--help".into(), commands: examples(&whole), not_run: 0 };
    for name in names.into_iter().filter(|name| *name != "help") {
        page.commands.extend(examples(&help(&[name, "--help"])?));
    }
    Ok(page)
}

/// The lines of a help's examples.
fn examples(help: &str) -> Vec<(usize, String)> {
    let lines = (1..).zip(help.lines()).skip_while(|(_, line)| *line != "Examples:");
    let commands = lines.filter_map(|(number, line)| Some((number, line.strip_prefix("    ")?.to_string())));
    commands.filter(|(_, line)| line.starts_with("ganymede ")).collect()
}

/// Runs the commands of a page in its folder.
fn run_page(page: &Page, root: &Path, built: &Path, scratch: &Path) -> (u64, u64) {
    let name = page.name.replace(['/', '.'], "-");
    let place = stand_ins::Place { folder: scratch.join(name), root: root.into(), built: built.into() };
    let (begin, mut counts, mut shortener) = (Instant::now(), (0, 0), Shortener::default());
    if let Err(error) = place.prepare() {
        eprintln!("error: {}: {error}", place.folder.display());
        return (0, 1);
    }
    for (number, written) in &page.commands {
        let command = shortener.shorten(written);
        let output = place.missing_runs(&command).and_then(|()| place.shell(&command));
        let ok = output.as_ref().is_ok_and(|output| ends_well(&command, output));
        counts = (counts.0 + u64::from(ok), counts.1 + u64::from(!ok));
        if !ok {
            println!("FAILED {}, line {number}: {written}\n  run as: {command}", page.name);
            match output {
                Ok(output) => println!("{}", String::from_utf8_lossy(&output.stderr)),
                Err(error) => println!("{error}"),
            }
        }
    }
    println!(
        "{}: {} commands, {} failed, {:.1} s",
        page.name,
        counts.0 + counts.1,
        counts.1,
        begin.elapsed().as_secs_f64()
    );
    counts
}

/// A check that finds errors in a spec has done its work.
fn ends_well(command: &str, output: &Output) -> bool {
    output.status.success() || (command.starts_with("ganymede check ") && output.status.code() == Some(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_line_by_line() {
        let text = "# A\n\n```sh\nganymede train   # the default\n\nganymede train ring2d \\\n  --steps 5\n```\n\n```rust\nlet x = 1;\n```\n";
        let found = page("a.md", text).unwrap();
        let expected = [(4, "ganymede train   # the default".into()), (7, "ganymede train ring2d --steps 5".into())];
        assert_eq!((found.commands.as_slice(), found.not_run), (&expected[..], 0));
        let marked = "<!-- not run: it takes an hour -->\n```sh\ncargo bench\n```\n\n```sh\nls\n```";
        let found = page("a.md", marked).unwrap();
        assert_eq!((found.commands, found.not_run), (vec![(7, "ls".into())], 1));
        assert!(page("a.md", "<!-- not run: -->\n```sh\nls\n```").unwrap_err().contains("expected a reason"));
        assert!(page("a.md", "```sh\nls\n").unwrap_err().contains("expected the end"));
    }

    #[test]
    fn examples_are_those_of_the_help() {
        let help = "Usage: x\n\n    ganymede no\n\nExamples:\n  A folder:\n    ganymede data photos\n  More:\n    ganymede data\n\nExit codes\n";
        let found: Vec<String> = examples(help).into_iter().map(|(_, line)| line).collect();
        assert_eq!(found, ["ganymede data photos", "ganymede data"]);
    }
}
