//! Batches of rows as values of a network. Not here: the order of rows (`sources/shuffled.rs`), one row (`mod.rs`).

use super::condition::Drawing;
use super::{Table, cells_of};
use crate::codec::Codec;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::field::{CONDITION, LABEL, SAMPLE};
use crate::sources::{Batch, BatchSource, SourceOptions, shuffled::Order, start};
use ganymede_tensor::{Data, Rng, Tensor, TensorType, stream_of};
use std::sync::Arc;

/// Every row once an epoch, each epoch in an order of its own; where rows are conditioned on a category of any column, rows that have
/// one that is drawn. Where a repeated number stands in its step is drawn anew in each batch.
#[derive(Debug)]
pub(super) struct TableBatches {
    table: Table,
    dataset: Arc<Dataset>,
    rows: Vec<u32>,
    order: Order,
    /// What draws conditions, and rows for them.
    drawing: Option<Drawing>,
    options: SourceOptions,
    types: Vec<(String, TensorType)>,
}

impl TableBatches {
    /// Batches of these rows.
    pub(super) fn new(
        table: Table,
        codec: &Codec,
        dataset: Arc<Dataset>,
        rows: Vec<u32>,
        options: &SourceOptions,
    ) -> Result<TableBatches, DataError> {
        let batch = options.batch;
        if batch == 0 || rows.is_empty() {
            let reason = format!("expected at least 1 row in a batch, found {batch} of {}", rows.len());
            return Err(DataError::Option { name: "batch", reason });
        }
        let types = codec.fields().iter().map(|field| (field.name.clone(), field.in_batch(batch))).collect();
        let order = Order::new(options.seed, rows.len());
        let drawing = Drawing::of(&table, &dataset, &rows)?;
        Ok(TableBatches { table, dataset, rows, order, drawing, options: *options, types })
    }
}

impl BatchSource for TableBatches {
    fn types(&self) -> &[(String, TensorType)] {
        &self.types
    }

    fn batch(&mut self, number: u64) -> Result<Batch, DataError> {
        let size = self.options.batch;
        let first = start(number, size)?;
        let (chosen, mut condition): (Vec<u32>, _) = match &self.drawing {
            Some(drawing) => {
                let (places, condition) = drawing.batch(self.options.seed, number, size);
                (places.into_iter().map(|place| self.rows[place as usize]).collect(), Some(condition))
            }
            None => ((first..first + size as u64).map(|p| self.rows[self.order.at(p) as usize]).collect(), None),
        };
        let mut bytes = vec![0; size * self.dataset.sample_type().bytes()];
        self.dataset.read(&chosen, &mut bytes)?;
        let cells: Vec<f64> = cells_of(&bytes).collect();
        let stream = stream_of("data/table").wrapping_add((number >> 32) as u32);
        let (mut rng, width) = (Rng::at(self.options.seed, stream, number as u32), self.table.width());
        let (coder, mut values) = (self.table.coder(), vec![0.0; size * width]);
        for (row, out) in cells.chunks_exact(cells.len() / size).zip(values.chunks_exact_mut(width)) {
            coder.encode(row, &mut rng, out);
        }
        let mismatch = |e: &dyn std::fmt::Display| DataError::Mismatch {
            expected: "a batch of rows".into(),
            found: e.to_string(),
        };
        let mut tensors = Vec::with_capacity(self.types.len());
        for (name, _) in &self.types {
            let tensor = match (name.as_str(), self.dataset.labels()) {
                (SAMPLE, _) => Tensor::new([size, width], Data::F32(std::mem::take(&mut values))),
                (CONDITION, _) if condition.is_some() => {
                    let values = condition.take().unwrap_or_default();
                    Tensor::new([size, values.len() / size], Data::F32(values))
                }
                (LABEL, Some(labels)) => {
                    Tensor::new([size], Data::I32(chosen.iter().map(|&row| labels[row as usize] as i32).collect()))
                }
                _ => return Err(mismatch(&format!("the field `{name}`"))),
            };
            tensors.push((name.clone(), tensor.map_err(|e| mismatch(&e))?));
        }
        Ok(Batch { number, tensors })
    }
}
