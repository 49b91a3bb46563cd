//! `ganymede clean`: finds what takes room and is not needed, and removes it when the user says so. Not here: which checkpoints
//! are not needed (`ganymede_gan::checkpoint`), the files of the cache (`ganymede-data`).

use super::{Command, Examples};
use crate::failure::Failure;
use crate::flags::{RUNS, run};
use crate::numbers::{bytes, grouped};
use crate::terminal::Terminal;
use clap::Args;
use ganymede_data::{CacheFile, cache_files, cache_folder};
use ganymede_gan::checkpoint::{Unneeded, remove_unneeded, unneeded};
use ganymede_gan::run_dir::RunDir;
use ganymede_gan::{GanError, run_list};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `ganymede clean`.
#[derive(Args, Debug)]
pub struct Clean {
    /// Only the cache of decoded data, which is built anew when it is needed
    #[arg(long)]
    cache: bool,
    /// Only the checkpoints of this run (or of all runs in runs/) but the first, the best and the newest
    #[arg(long, value_name = "RUN", num_args = 0..=1, value_parser = run)]
    checkpoints: Option<Option<PathBuf>>,
    /// Remove without asking
    #[arg(long)]
    yes: bool,
    /// Print JSON, one object per line
    #[arg(long)]
    json: bool,
}

/// What there is to remove.
#[derive(Default)]
struct Found {
    cache: Vec<CacheFile>,
    checkpoints: Vec<(PathBuf, Vec<Unneeded>)>,
    /// Runs that a process has locked.
    locked: Vec<PathBuf>,
}

impl Command for Clean {
    const NAME: &'static str = "clean";
    const ABOUT: &'static str = "Remove the cache of decoded data and old checkpoints, after asking";
    const EXAMPLES: Examples = &[
        ("Say what there is, and ask", &["ganymede clean"]),
        (
            "Old checkpoints of one run, without asking",
            &["ganymede clean --checkpoints runs/00000-quick-fashion-mnist --yes"],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let found = self.find()?;
        for run in &found.locked {
            terminal.say(&format!("left        {}: a process trains it", run.display()));
        }
        self.tell(&found, terminal)?;
        let total = found.bytes();
        if total == 0 {
            terminal.say("nothing to remove");
            return Ok(());
        }
        if !self.yes {
            if !terminal.can_ask() {
                terminal.say("nothing was removed: --yes removes it");
                return Ok(());
            }
            if !terminal.ask(&format!("remove {}?", bytes(total))) {
                terminal.say("nothing was removed");
                return Ok(());
            }
        }
        let removed = found.remove(terminal)?;
        match self.json {
            true => terminal.result(&json!({ "kind": "removed", "bytes": removed }).to_string()),
            false => terminal.result(&format!("removed     {}", bytes(removed))),
        }
    }
}

impl Clean {
    fn find(&self) -> Result<Found, Failure> {
        let mut found = Found::default();
        let both = !self.cache && self.checkpoints.is_none();
        if self.cache || both {
            found.cache = cache_folder().map(|folder| cache_files(&folder)).transpose()?.unwrap_or_default();
        }
        let runs = match &self.checkpoints {
            Some(Some(run)) => vec![run.clone()],
            None if !both => Vec::new(),
            _ if !Path::new(RUNS).is_dir() => Vec::new(),
            _ => run_list(RUNS.as_ref())?.into_iter().map(|run| run.path).collect(),
        };
        let asked = matches!(self.checkpoints, Some(Some(_)));
        for run in runs {
            match RunDir::open(&run).and_then(|open| unneeded(&open)) {
                Ok(old) if old.is_empty() => {}
                Ok(old) => found.checkpoints.push((run, old)),
                Err(GanError::Locked { .. }) => found.locked.push(run),
                // `ganymede runs` says what is wrong with it.
                Err(GanError::Run { .. }) if !asked => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    fn tell(&self, found: &Found, terminal: &mut Terminal) -> Result<(), Failure> {
        let size: u64 = found.cache.iter().map(|file| file.bytes).sum();
        if let Some(folder) = cache_folder().filter(|_| !found.cache.is_empty()) {
            let count = found.cache.len();
            terminal.result(&match self.json {
                true => json!({ "kind": "cache", "folder": folder, "files": count, "bytes": size }).to_string(),
                false => format!("cache       {}: {} in {}", bytes(size), files(count, "file"), folder.display()),
            })?;
        }
        for (run, old) in &found.checkpoints {
            let size: u64 = old.iter().map(|one| one.bytes).sum();
            let steps: Vec<u64> = old.iter().map(|one| one.step).collect();
            terminal.result(&match self.json {
                true => json!({ "kind": "checkpoints", "run": run, "steps": steps, "bytes": size }).to_string(),
                false => format!("checkpoints {}: {} of {}", bytes(size), files(old.len(), "old one"), run.display()),
            })?;
        }
        Ok(())
    }
}

impl Found {
    fn bytes(&self) -> u64 {
        let checkpoints = self.checkpoints.iter().flat_map(|(_, old)| old).map(|one| one.bytes);
        self.cache.iter().map(|file| file.bytes).chain(checkpoints).sum()
    }

    /// Removes it; gives the bytes that were removed.
    fn remove(&self, terminal: &mut Terminal) -> Result<u64, Failure> {
        let mut removed = 0;
        for file in &self.cache {
            match file.remove()? {
                true => removed += file.bytes,
                false => terminal.say(&format!("left        {}: a process builds it", file.path.display())),
            }
        }
        for (run, old) in &self.checkpoints {
            match RunDir::open(run).and_then(|open| remove_unneeded(&open, old)) {
                Ok((_, bytes)) => removed += bytes,
                Err(GanError::Locked { .. }) => {
                    terminal.say(&format!("left        {}: a process trains it", run.display()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(removed)
    }
}

/// `1 file`, `12 files`.
fn files(count: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(count as u64), if count == 1 { "" } else { "s" })
}
