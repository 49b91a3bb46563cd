//! Points (coordinates,): anything that is a list of numbers. Not here: where points come from (`formats`), drawing
//! (`raster/scatter.rs`).

use super::{ARRAY, Entry, GridRows, Modality, Preview};
use crate::codec::Codec;
use crate::error::DataError;
use crate::field::Field;
use crate::formats::layout::Form;
use crate::formats::npy;
use crate::learn::Rows;
use crate::raster::{grid, scatter};
use ganymede_tensor::TensorType;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Number of real points that are kept for drawings.
const REFERENCE: usize = 512;

/// The line of the table.
pub(super) const ENTRY: Entry = Entry {
    name: "points",
    takes: |sample| sample.shape.len() == 1,
    images: false,
    of_arrays: true,
    new: |_, array| Arc::new(Points { array, ..Points::default() }),
    read: |learned| Ok(Arc::new(serde_json::from_value::<Points>(learned).map_err(|e| e.to_string())?)),
};

/// Points, and some of those that are trained on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Points {
    /// First two coordinates of real points, drawn behind generated ones.
    reference: Vec<[f64; 2]>,
    /// The form of the array that they came from; none of computed ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    array: Option<Form>,
}

/// First two coordinates; a missing second one is 0.
fn plane(point: &[f64]) -> [f64; 2] {
    [point[0], point.get(1).copied().unwrap_or(0.0)]
}

/// Raw coordinates of each sample.
fn raw(codec: &Codec, values: &[f32]) -> Vec<Vec<f64>> {
    let coordinates = codec.shape()[0];
    values.chunks_exact(coordinates).map(|point| point.iter().map(|&v| codec.sample().raw(v)).collect()).collect()
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

impl Modality for Points {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn learned(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn check(&self, fields: &[Field]) -> Result<(), String> {
        match fields[0].ty.shape[..] {
            [_] => Ok(()),
            _ => Err(format!("expected the shape of a point, found {}", fields[0].ty)),
        }
    }

    /// Keeps evenly spread points for drawings, at most 512.
    fn learn(&self, codec: &Codec, rows: &Rows<'_>) -> Result<Codec, DataError> {
        let points = rows.spread(REFERENCE).read(&codec.sample().name)?.to_f64();
        let reference = points.chunks_exact(codec.shape()[0]).map(plane).collect();
        codec.with(codec.fields().to_vec(), Arc::new(Points { reference, array: self.array }))
    }

    fn preview(&self) -> Preview {
        Preview { samples: 1024, files: &["png", "csv"] }
    }

    /// Draws the points over real ones, and writes them beside it as CSV.
    fn write_preview(&self, codec: &Codec, path: &Path, samples: &[f32], _: &GridRows) -> Result<(), DataError> {
        let points = raw(codec, samples);
        let flat: Vec<[f64; 2]> = points.iter().map(|p| plane(p)).collect();
        grid::write_png(path, &scatter::scatter(&self.reference, &flat, codec.range()))?;
        grid::write_file(&path.with_extension("csv"), csv(codec.shape()[0], &points).as_bytes())
    }

    /// A CSV file of one line each; of an array the array `samples.npy` of all.
    fn write_samples(
        &self,
        codec: &Codec,
        dir: &Path,
        all: Range<u64>,
        first: u64,
        samples: &[f32],
    ) -> Result<Vec<PathBuf>, DataError> {
        if let Some(form) = &self.array {
            let path = dir.join(ARRAY);
            let begins = npy::write_part(&path, form, codec.shape(), &all, first, &raw(codec, samples).concat())?;
            return Ok(if begins { vec![path] } else { Vec::new() });
        }
        let write = |(number, point): (u64, Vec<f64>)| {
            let path = dir.join(format!("{number:06}.csv"));
            grid::write_file(&path, csv(codec.shape()[0], &[point]).as_bytes())?;
            Ok(path)
        };
        (first..).zip(raw(codec, samples)).map(write).collect()
    }

    fn presets(&self, sample: &TensorType) -> &'static [&'static str] {
        if sample.shape[..] == [2] { &["ring2d", "mlp"] } else { &["mlp"] }
    }
}
