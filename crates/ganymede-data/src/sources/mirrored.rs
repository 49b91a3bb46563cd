//! Images mirrored left to right by chance, of any other source. Not here: augmentation inside a network's graph
//! (`ganymede-gan`).

use super::{Batch, BatchSource, start};
use crate::error::DataError;
use crate::field::SAMPLE;
use ganymede_tensor::{Tensor, TensorType, philox4x32_10, stream_of};

/// The batches of another source with each image mirrored with probability ½, by a coin that depends on (seed, position
/// in the stream).
pub struct Mirrored {
    inner: Box<dyn BatchSource>,
    seed: u64,
}

impl Mirrored {
    /// Mirrors the samples (N, height, width, channels) of `inner`.
    pub fn new(inner: Box<dyn BatchSource>, seed: u64) -> Mirrored {
        Mirrored { inner, seed }
    }
}

impl BatchSource for Mirrored {
    fn types(&self) -> &[(String, TensorType)] {
        self.inner.types()
    }

    fn batch(&mut self, number: u64) -> Result<Batch, DataError> {
        let mut batch = self.inner.batch(number)?;
        for (_, tensor) in batch.tensors.iter_mut().filter(|(name, _)| name == SAMPLE) {
            let ty = tensor.ty();
            let &[count, _, width, channels] = &ty.shape[..] else {
                return Err(DataError::Option { name: "mirror", reason: format!("expected images, found {ty}") });
            };
            let pixel = channels * ty.dtype.bytes();
            let mut bytes = tensor.to_le_bytes();
            let size = bytes.len() / count.max(1);
            for (position, image) in (start(number, count)?..).zip(bytes.chunks_exact_mut(size.max(1))) {
                if mirrored(self.seed, position) {
                    image.chunks_exact_mut(width * pixel).for_each(|row| mirror_row(row, pixel));
                }
            }
            *tensor = Tensor::from_le_bytes(&ty, &bytes)
                .map_err(|e| DataError::Mismatch { expected: ty.to_string(), found: e.to_string() })?;
        }
        Ok(batch)
    }
}

/// Whether the sample at position `p` of the stream is mirrored: a fair coin of (seed, p).
fn mirrored(seed: u64, p: u64) -> bool {
    let key = [seed as u32, (seed >> 32) as u32];
    philox4x32_10([p as u32, (p >> 32) as u32, stream_of("data/mirror"), 0], key)[0] & 1 == 1
}

/// Reverses the pixels of a row.
fn mirror_row(row: &mut [u8], pixel: usize) {
    row.reverse();
    row.chunks_exact_mut(pixel).for_each(<[u8]>::reverse);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_mirrored_pixel_by_pixel() {
        let mut row = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        mirror_row(&mut row, 3);
        assert_eq!(row, [7, 8, 9, 4, 5, 6, 1, 2, 3]);
    }

    #[test]
    fn mirroring_is_a_fair_coin() {
        let heads = (0..10_000).filter(|&p| mirrored(1, p)).count();
        assert!((4_800..5_200).contains(&heads), "{heads}");
    }

    /// The high words count: positions beyond 2³², and seeds that differ there alone.
    #[test]
    fn all_bits_of_seed_and_position_count() {
        let coins = |seed: u64, first: u64| -> Vec<bool> { (0..64).map(|p| mirrored(seed, first + p)).collect() };
        assert_ne!(coins(1, 0), coins(1, 1 << 32));
        assert_ne!(coins(1, 0), coins(1 + (1 << 32), 0));
        assert_ne!(coins(1, 0), coins(2, 0));
        assert_eq!(coins(1, 0)[10..], coins(1, 10)[..54]);
    }
}
