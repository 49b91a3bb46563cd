//! Points as samples: what formats of points share, and how points become files again.
//! Not here: where points come from (`ring2d.rs`, `grid2d.rs`, `array.rs`).

use crate::codec::Codec;
use crate::error::DataError;
use crate::picture::{grid, scatter};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Number of real points that a codec keeps for drawings.
pub(crate) const REFERENCE_POINTS: usize = 512;

/// Whether sample `index` of `total` is one of the points kept for drawings: evenly spread, at most 512.
pub(crate) fn is_reference(index: usize, total: usize) -> bool {
    index.is_multiple_of(total.div_ceil(REFERENCE_POINTS).max(1))
}

/// Raw coordinates of each sample.
fn raw(codec: &Codec, values: &[f32]) -> Vec<Vec<f64>> {
    values.chunks_exact(codec.shape[0]).map(|point| point.iter().map(|&v| codec.raw(v)).collect()).collect()
}

/// First two coordinates; a missing second one is 0.
pub(crate) fn plane(point: &[f64]) -> [f64; 2] {
    [point[0], point.get(1).copied().unwrap_or(0.0)]
}

/// One line of column names (`x,y` or `x0,x1,x2`), then one line a point.
fn csv(dimensions: usize, points: &[Vec<f64>]) -> String {
    let names: Vec<String> =
        if dimensions == 2 { vec!["x".into(), "y".into()] } else { (0..dimensions).map(|i| format!("x{i}")).collect() };
    let mut text = names.join(",") + "\n";
    for point in points {
        let values: Vec<String> = point.iter().map(|&v| (v as f32).to_string()).collect();
        let _ = writeln!(text, "{}", values.join(","));
    }
    text
}

/// Draws the points over real ones, and writes them beside it as CSV.
pub(crate) fn write_drawing(
    codec: &Codec,
    path: &Path,
    values: &[f32],
    reference: &[[f64; 2]],
) -> Result<(), DataError> {
    let points = raw(codec, values);
    let flat: Vec<[f64; 2]> = points.iter().map(|p| plane(p)).collect();
    grid::write_png(path, &scatter::scatter(reference, &flat, codec.range))?;
    grid::write_file(&path.with_extension("csv"), csv(codec.shape[0], &points).as_bytes())
}

/// Writes one point as CSV.
pub(crate) fn write_sample(codec: &Codec, dir: &Path, index: u64, values: &[f32]) -> Result<PathBuf, DataError> {
    let path = dir.join(format!("{index:06}.csv"));
    grid::write_file(&path, csv(codec.shape[0], &raw(codec, values)).as_bytes())?;
    Ok(path)
}
