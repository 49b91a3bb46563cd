//! Synthetic points: 25 Gaussians on a 5x5 grid with distance 2, standard deviation 0.05.
//! Not here: drawing from a mixture (`mixture.rs`).
//!
//! # Source
//! Srivastava, Valkov, Russell, Gutmann, Sutton (2017), "VEEGAN: Reducing Mode Collapse in GANs using
//! Implicit Variational Learning", arXiv:1705.07761, the synthetic experiment "2D grid".

use super::mixture::{self, Mixture};
use super::{Decoded, Format, Inputs, Job};
use crate::error::DataError;
use crate::sink::Sink;
use crate::source::Source;
use std::path::Path;

/// Points of 25 Gaussians on a grid under the name `grid2d`.
pub(crate) struct Grid2d;

/// The mixture.
fn mixture() -> Mixture {
    let centre = |mode: u32| [f64::from(mode % 5) * 2.0 - 4.0, f64::from(mode / 5) * 2.0 - 4.0];
    let centres = (0..25).map(centre).collect();
    Mixture { name: "data/grid2d", centres, sigma: 0.05, range: [-5.0, 5.0] }
}

impl Format for Grid2d {
    fn name(&self) -> &'static str {
        "grid2d"
    }

    fn reads(&self) -> &'static str {
        "points (x, y) of 25 Gaussians on a grid, computed"
    }

    fn data_name(&self) -> Option<&'static str> {
        Some("grid2d")
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
