//! Synthetic points: eight Gaussians on a circle of radius 2, standard deviation 0.02.
//! Not here: drawing from a mixture (`mixture.rs`).
//!
//! # Source
//! Metz, Poole, Pfau, Sohl-Dickstein (2017), "Unrolled Generative Adversarial Networks", arXiv:1611.02163,
//! the toy experiment on a mixture of eight Gaussians.

use super::mixture::{self, Mixture};
use super::{Decoded, Format, Inputs, Job};
use crate::error::DataError;
use crate::sink::Sink;
use crate::source::Source;
use std::path::Path;

/// Points of eight Gaussians on a circle under the name `ring2d`.
pub(crate) struct Ring2d;

/// The mixture.
fn mixture() -> Mixture {
    let centre = |mode: u32| {
        let angle = f64::from(mode) / 8.0 * std::f64::consts::TAU;
        [2.0 * libm::cos(angle), 2.0 * libm::sin(angle)]
    };
    let centres = (0..8).map(centre).collect();
    Mixture { name: "data/ring2d", centres, sigma: 0.02, range: [-2.5, 2.5] }
}

impl Format for Ring2d {
    fn name(&self) -> &'static str {
        "ring2d"
    }

    fn reads(&self) -> &'static str {
        "points (x, y) of eight Gaussians on a circle, computed"
    }

    fn data_name(&self) -> Option<&'static str> {
        Some("ring2d")
    }

    fn recognises(&self, _path: &Path) -> bool {
        false
    }

    fn inputs(&self, _source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs::default())
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        mixture::decode(job, &mixture(), sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modes_stand_at_every_eighth_of_the_circle() {
        let (side, diagonal) = (2.0, 2f64.sqrt());
        let expected = [
            [side, 0.0],
            [diagonal, diagonal],
            [0.0, side],
            [-diagonal, diagonal],
            [-side, 0.0],
            [-diagonal, -diagonal],
            [0.0, -side],
            [diagonal, -diagonal],
        ];
        for (found, expected) in mixture().centres.iter().zip(expected) {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}, {expected:?}");
        }
        assert_eq!(mixture().centres.len(), 8);
    }
}
