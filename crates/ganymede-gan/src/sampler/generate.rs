//! Seeds to latents, and latents to samples. Not here: which seeds and conditions are asked for (`mod.rs`).

use super::{BATCH, SEED, Sampler, Seeds};
use crate::error::GanError;
use crate::resources;
use ganymede_tensor::{Data, Tensor, TensorType};

impl Sampler {
    /// The latent of each seed, (n, …latent).
    ///
    /// # Errors
    /// [`GanError::Argument`] for more latents than the memory holds; when running fails.
    pub fn latents(&mut self, seeds: Seeds) -> Result<Tensor, GanError> {
        let shape = self.latent_shape();
        let each = shape.iter().product();
        let count = room(seeds.end.saturating_sub(seeds.start), each)?;
        let mut values = Vec::with_capacity(count * each);
        for first in (0..count).step_by(BATCH) {
            let batch = self.latent_batch(seeds.start.wrapping_add(first as u64))?;
            values.extend_from_slice(&numbers(&batch)?[..(count - first).min(BATCH) * each]);
        }
        stacked(count, &shape, values)
    }

    /// Sizes of a latent.
    pub fn latent_shape(&self) -> Vec<usize> {
        let latent = self.generator.inputs().iter().find(|input| input.name == "latent");
        latent.map_or_else(Vec::new, |input| input.ty.shape[1..].to_vec())
    }

    /// One sample for each latent, (n, …sample), in the network's range. `conditions` are what the generator reads beside
    /// latents: raw values (n, …) by the fields' names, as [`Codec::conditions`](ganymede_data::Codec::conditions) gives them.
    /// Layers that draw noise of their own do so for the seeds 0, 1, ….
    ///
    /// # Shapes
    /// `latents`: (n, …[`latent_shape`](Sampler::latent_shape)).
    ///
    /// # Errors
    /// [`GanError::Argument`] when an input is missing, unknown, of another type, or a class that there is not; when running
    /// fails.
    pub fn generate(&mut self, latents: &Tensor, conditions: &[(String, Tensor)]) -> Result<Tensor, GanError> {
        let count = latents.shape().first().copied().unwrap_or(0);
        let given: Vec<(&str, &Tensor)> =
            conditions.iter().map(|(name, values)| (name.as_str(), values)).chain([("latent", latents)]).collect();
        self.inputs_fit(&given, count)?;
        let each: usize = self.shape.iter().product();
        room(count as u64, each)?;
        let mut values = Vec::with_capacity(count * each);
        for first in (0..count).step_by(BATCH) {
            let part = (count - first).min(BATCH);
            let batch = |(name, all): &(&str, &Tensor)| (name.to_string(), batch_of(&all.rows(first..first + part)));
            let drawn = self.sample_batch(given.iter().map(batch).collect(), first as u64)?;
            values.extend_from_slice(&numbers(&drawn)?[..part * each]);
        }
        stacked(count, &self.shape, values)
    }

    /// Refuses what the generator does not take.
    fn inputs_fit(&self, given: &[(&str, &Tensor)], count: usize) -> Result<(), GanError> {
        let refuse = |what: &str, reason: String| Err(GanError::Argument { what: what.into(), reason });
        let inputs: Vec<_> =
            self.generator.inputs().iter().filter(|input| !input.scalar && input.name != SEED).collect();
        for input in &inputs {
            let Some((name, values)) = given.iter().find(|(name, _)| *name == input.name) else {
                return refuse(&input.name, "expected values for this input of the generator, found none".into());
            };
            let wanted: Vec<usize> = [count].into_iter().chain(input.ty.shape[1..].iter().copied()).collect();
            let wanted = TensorType::new(input.ty.dtype, wanted);
            if values.ty() != wanted {
                return refuse(name, format!("expected {wanted}, found {}", values.ty()));
            }
            let classes = self.codec.field(name).map_or(0, |field| field.categories.len());
            if let Some(bad) = values.to_f64().into_iter().find(|v| classes > 0 && !(0.0..classes as f64).contains(v)) {
                return refuse(name, format!("expected classes 0 to {}, found {bad}", classes - 1));
            }
        }
        match given.iter().find(|(name, _)| inputs.iter().all(|input| input.name != *name)) {
            None => Ok(()),
            Some((name, _)) => {
                let known: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
                refuse(name, format!("expected inputs of the generator: {}", known.join(", ")))
            }
        }
    }

    /// The latents of a whole batch of seeds.
    pub(super) fn latent_batch(&mut self, first: u64) -> Result<Tensor, GanError> {
        self.latents.write(SEED, &seed_words(first))?;
        self.latents.write_scalar("draw", 0.0)?;
        if let Some(truncation) = self.truncation {
            self.latents.write_scalar("truncation", truncation)?;
        }
        self.latents.run(self.store.as_mut())?;
        Ok(self.latents.read("latent")?)
    }

    /// The samples of a whole batch of inputs, of the seeds from `first` on.
    pub(super) fn sample_batch(&mut self, inputs: Vec<(String, Tensor)>, first: u64) -> Result<Tensor, GanError> {
        for (name, values) in &inputs {
            self.generator.write(name, values)?;
        }
        if self.generator.inputs().iter().any(|input| input.name == SEED) {
            self.generator.write(SEED, &seed_words(first))?;
            self.generator.write_scalar("draw", 0.0)?;
        }
        self.generator.run(self.store.as_mut())?;
        Ok(self.generator.read("sample")?)
    }
}

/// The seeds of a whole batch as words.
fn seed_words(first: u64) -> Tensor {
    let seeds = (0..BATCH as u64).map(|i| first.wrapping_add(i));
    let words = seeds.flat_map(|s| [s as u32, (s >> 32) as u32]).collect();
    Tensor::new([BATCH, 2], Data::U32(words)).expect("two words a sample")
}

/// Rows with as many zeros behind them as a batch lacks.
fn batch_of(rows: &Tensor) -> Tensor {
    let shape: Vec<usize> = [BATCH].into_iter().chain(rows.shape()[1..].iter().copied()).collect();
    let ty = TensorType::new(rows.ty().dtype, shape);
    let mut bytes = rows.to_le_bytes();
    bytes.resize(ty.bytes(), 0);
    Tensor::from_le_bytes(&ty, &bytes).expect("a batch of the rows' type")
}

pub(super) fn numbers(tensor: &Tensor) -> Result<&[f32], GanError> {
    tensor.as_f32().map_err(|e| GanError::Argument { what: "sample".into(), reason: e.to_string() })
}

/// (n, …each) of values.
pub(super) fn stacked(count: usize, each: &[usize], values: Vec<f32>) -> Result<Tensor, GanError> {
    let shape: Vec<usize> = [count].into_iter().chain(each.iter().copied()).collect();
    Tensor::from_f32(shape, values).map_err(|e| GanError::Argument { what: "sample".into(), reason: e.to_string() })
}

/// The number of samples of `each` values, if the memory that is free holds them.
pub(super) fn room(count: u64, each: usize) -> Result<usize, GanError> {
    let free = resources::available().map_or(isize::MAX as u128, |a| u128::from(a.bytes));
    room_in(free.min(isize::MAX as u128), count, each)
}

/// The same, if so many bytes hold them.
fn room_in(free: u128, count: u64, each: usize) -> Result<usize, GanError> {
    let sample = (each * size_of::<f32>()) as u128;
    if u128::from(count) * sample <= free {
        return Ok(count as usize);
    }
    let most = free / sample.max(1);
    let reason = format!("expected at most {most} samples at a time, found {count}: ask for them in parts");
    Err(GanError::Argument { what: "seeds".into(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_samples_than_memory_are_refused_before_any_is_drawn() {
        assert_eq!(room(3, 784).unwrap(), 3);
        // 100 bytes hold 8 samples of 3 numbers.
        assert_eq!(room_in(100, 8, 3).unwrap(), 8);
        assert_eq!(room_in(96, 8, 3).unwrap(), 8);
        let error = room_in(100, 9, 3).unwrap_err().to_string();
        assert!(error.contains("expected at most 8 samples at a time, found 9"), "{error}");
        for (count, each) in [(u64::MAX, 784), (u64::MAX, 1), (1 << 61, 2), (1 << 45, 3)] {
            let error = room(count, each).unwrap_err().to_string();
            assert!(error.contains("ask for them in parts") && error.contains(&count.to_string()), "{error}");
        }
    }
}
