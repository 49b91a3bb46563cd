//! Rows of a file whose missing cells a run fills. Not here: which cells they get (`ganymede-gan`, `ganymede-data`), rows that are
//! generated as a whole (`sample_rows.rs`).

use super::sample::Sample;
use super::sample_rows::{RowFile, file_of};
use crate::failure::{Failure, USER};
use crate::numbers::{counted, grouped};
use crate::terminal::Terminal;
use ganymede_data::{GivenRows, RowLines};
use ganymede_gan::{Sampler, fill_rows};
use serde_json::json;
use std::path::Path;

/// Writes the rows of a file with their missing cells filled; generated rows are those of the seeds from `first` on.
///
/// # Errors
/// What reading, generating and writing give.
pub(super) fn write(
    sample: &Sample,
    table: &dyn RowLines,
    from: &Path,
    first: u64,
    sampler: &mut Sampler,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let bytes = std::fs::read(from)
        .map_err(|error| Failure::new(USER, format!("{}: could not read: {error}", from.display())))?;
    let mut given = table.given(bytes).map_err(|error| error.of(from))?;
    let stem = from.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let file = file_of(table, sample.out.as_deref(), format!("{stem}-filled.csv").into());
    let mut out = RowFile::create(&file, table.ending(), sample.overwrite)?;
    for note in given.notes() {
        terminal.say(&format!("note        {note}"));
    }
    fill_rows((sampler, table), &mut given, first)?;
    let mut bytes = Vec::new();
    given.write(&mut bytes)?;
    out.write(&bytes)?;
    out.finish()?;
    let (rows, cells, filled) = (given.len() as u64, given.open_cells() as u64, given.filled());
    let mut distances = filled.distances.clone();
    distances.sort_unstable_by(f64::total_cmp);
    let at = |part: f64| distances.get((part * distances.len() as f64) as usize).copied();
    if let (Some(median), Some(far)) = (at(0.5), at(0.95)) {
        terminal.say(&format!(
            "filled      {} of {}, from generated rows at a distance of {median:.3} (half of the rows), {far:.3} (95 % of them) by \
             what is given: 0 is the same, 1 nothing in common",
            counted(cells, "cell"),
            counted(distances.len() as u64, "row")
        ));
    }
    tell_unfit(&given, terminal);
    match sample.json {
        true => terminal.result(
            &json!({
                "kind": "filled", "rows": rows, "cells": cells, "filled_rows": distances.len(), "median_distance": at(0.5),
                "far_distance": at(0.95), "unfit": filled.unfit.len(), "file": file,
            })
            .to_string(),
        ),
        false => terminal.result(&format!("{} rows in {}", grouped(rows), file.display())),
    }
}

/// Says in which rows no cells fit.
fn tell_unfit(given: &GivenRows<'_>, terminal: &mut Terminal) {
    if let [first, ..] = given.filled().unfit[..] {
        terminal.say(&format!(
            "unfit       {}, the first in line {}: with what is given every generated row breaks a rule of the table or lacks the \
             same cells; the nearest was taken",
            counted(given.filled().unfit.len() as u64, "row"),
            given.line(first)
        ));
    }
}
