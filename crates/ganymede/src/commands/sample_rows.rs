//! Rows of a table from a run: the file that they are written into. Not here: other samples, and the flags (`sample.rs`).

use super::sample::Sample;
use crate::failure::{Failure, USAGE, USER};
use crate::numbers::grouped;
use crate::terminal::Terminal;
use ganymede_data::{RowFilter, RowLines, Wish};
use ganymede_gan::{GanError, Sampler};
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Rows that are generated at a time.
const CHUNK: u64 = 4096;
/// Rows that are generated without one that is kept before it is given up.
const PATIENCE: u64 = 500_000;

/// What rows are asked to be.
pub(super) struct Asked {
    wish: Wish,
    filter: RowFilter,
}

impl Asked {
    /// What `--where` and `--balance` say.
    ///
    /// # Errors
    /// A column or value that the table does not have; a class where the generator takes none.
    pub(super) fn of(
        table: &dyn RowLines,
        wishes: &[String],
        balance: Option<&str>,
        classes: u64,
    ) -> Result<Asked, Failure> {
        let (class, filter) = table.asked(wishes)?;
        let wish = match (class, balance) {
            (Some(_), Some(_)) => {
                let text = "--balance: expected no --where of the same column, found both";
                return Err(Failure::new(USAGE, text).with_hint("leave one of them out"));
            }
            (Some(class), None) => Wish::label(class),
            (None, Some(column)) if table.target() == Some(column.trim()) && classes > 0 => {
                Wish::labels_in_turn(u32::try_from(classes).unwrap_or(u32::MAX))
            }
            (None, Some(column)) => {
                let target = table.target().map_or("none".into(), |target| format!("`{target}`"));
                let text =
                    format!("--balance: expected the target that the run was trained with, {target}, found `{column}`");
                let hint = format!("train with --target {column}, then all of its values can be asked for");
                return Err(Failure::new(USAGE, text).with_hint(hint));
            }
            (None, None) => Wish::in_turn(),
        };
        Ok(Asked { wish, filter })
    }
}

/// Writes as many rows as there are seeds into a file; where rows are rejected, later seeds take their places.
///
/// # Errors
/// What generating and writing give; rows that are never as they are asked to be.
pub(super) fn write(
    sample: &Sample,
    (table, asked): (&dyn RowLines, &Asked),
    file: &Path,
    seeds: &RangeInclusive<u64>,
    sampler: &mut Sampler,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let wanted = (seeds.end() - seeds.start()).saturating_add(1);
    let failed = |error: std::io::Error| Failure::new(USER, format!("{}: could not write: {error}", file.display()));
    if file.exists() && !sample.overwrite {
        let text = format!("{}: expected a new file, found one", file.display());
        return Err(Failure::new(USER, text).with_hint("name another with --out, or add --overwrite"));
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    // Whole or not at all: a file that is there stays until all rows are written.
    let partial = file.with_extension(format!("{}.part", table.ending()));
    let mut out = BufWriter::new(File::create(&partial).map_err(failed)?);
    let mut bytes = Vec::new();
    table.begin(&mut bytes);
    let (mut seen, mut kept, mut next) = (0, 0, *seeds.start());
    while kept < wanted {
        let ask = if asked.filter.is_empty() { CHUNK.min(wanted - kept) } else { CHUNK };
        let end = next.checked_add(ask).ok_or_else(|| GanError::Argument {
            what: "seeds".into(),
            reason: format!("expected seeds below {}, found more", u64::MAX),
        })?;
        let drawn = sampler.draw_as(next..end, &asked.wish)?;
        let values =
            drawn.as_f32().map_err(|e| GanError::Argument { what: "samples".into(), reason: e.to_string() })?;
        let [looked, more] = table.rows(values, next, (&asked.filter, wanted - kept), &mut bytes)?;
        (seen, kept, next) = (seen + looked, kept + more, end);
        if kept == wanted {
            table.end(&mut bytes);
        }
        out.write_all(&bytes).map_err(failed)?;
        bytes.clear();
        if kept < wanted && seen >= PATIENCE.max(kept.saturating_mul(PATIENCE / 10)) {
            drop(out);
            let _ = std::fs::remove_file(&partial);
            let text = format!(
                "expected {} rows as they are asked for, found {} among {} that were generated",
                grouped(wanted),
                grouped(kept),
                grouped(seen)
            );
            return Err(Failure::new(USER, text).with_hint("ask for less, or train with this column as --target"));
        }
    }
    out.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    std::fs::rename(&partial, file).map_err(failed)?;
    if seen > kept {
        let share = 100.0 * kept as f64 / seen as f64;
        terminal.say(&format!(
            "kept        {} of {} generated rows ({share:.1} %), those that are as asked for",
            grouped(kept),
            grouped(seen)
        ));
    }
    match sample.json {
        true => terminal.result(
            &json!({ "kind": "samples", "first": seeds.start(), "last": next - 1, "rows": kept, "generated": seen, "file": file })
                .to_string(),
        ),
        false => terminal.result(&format!("{} rows in {}", grouped(kept), file.display())),
    }
}

/// The file that rows are written into: `--out`, in the current folder where that is not given.
pub(super) fn file_of(table: &dyn RowLines, out: Option<&Path>, usual: PathBuf) -> PathBuf {
    match out {
        Some(path) if path.is_dir() || path.extension().is_none() => path.join(format!("samples.{}", table.ending())),
        Some(path) => path.into(),
        None => usual.with_extension(table.ending()),
    }
}
