//! The table that `ganymede train` chooses its preset by, `crates/ganymede-gan/src/presets/measured.rs`: the best preset of
//! each kind of data and time, without classes and with them.

use super::cells::{KINDS, Kind};
use super::{LONGEST, MINUTES, Results};
use crate::timed::score;
use serde_json::Value;
use std::path::Path;

/// Presets that need classes: they generate the one that is asked for.
const CONDITIONAL: &[&str] = &["acgan", "projection", "quick_projection"];

/// The best of a kind of data after so many minutes.
pub struct Row {
    pub preset: &'static str,
    pub width: Option<u32>,
    /// Coverage and precision, each of generated and of real samples.
    coverage: [f64; 2],
    precision: [f64; 2],
}

/// The best preset of all where there are classes, or of those that need none.
pub fn best(results: &Results, kind: &Kind, minutes: f64, classes: bool) -> Option<Row> {
    let ranked = results.ranked(kind, minutes);
    let (cell, stage) = ranked.into_iter().find(|(cell, _)| classes || !CONDITIONAL.contains(&cell.preset))?;
    let (coverage, precision) = (share(stage, "coverage")?, share(stage, "precision")?);
    Some(Row { preset: cell.preset, width: cell.width, coverage, precision })
}

/// A share by random features, which every data has: of generated and of real samples.
fn share(stage: &Value, metric: &str) -> Option<[f64; 2]> {
    let score = score(&stage["scores"], metric, "random")?;
    Some([score["value"].as_f64()?, score["reference"].as_f64()?])
}

/// Writes the table.
pub fn write(root: &Path, results: &Results) -> Result<(), String> {
    let path = root.join("crates/ganymede-gan/src/presets/measured.rs");
    std::fs::write(&path, source(results)).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn source(results: &Results) -> String {
    let mut text = String::from(
        "//! What `cargo xtask choice-table` measured, which writes this file: the best preset of each kind of data and time.\n\
         //! Not here: what follows from it (`choice.rs`).\n\n\
         use super::choice::Measured;\n\n\
         /// By kind of data, minutes of one thread, and whether the preset knows classes.\n#[rustfmt::skip]\n\
         pub(super) const MEASURED: &[Measured] = &[\n",
    );
    for kind in KINDS {
        for classes in [false, true] {
            for minutes in MINUTES.into_iter().chain([LONGEST]) {
                let Some(row) = best(results, kind, minutes, classes) else { continue };
                let [[coverage, all], [precision, real]] = [row.coverage, row.precision];
                text += &format!(
                    "    Measured {{ data: {:?}, side: {}, channels: {}, classes: {classes}, minutes: {minutes:?}, preset: {:?}, width: {:?}, \
                     coverage: [{coverage:.2}, {all:.2}], precision: [{precision:.2}, {real:.2}] }},\n",
                    kind.data, kind.side, kind.channels, row.preset, row.width
                );
            }
        }
    }
    text + "];\n"
}
