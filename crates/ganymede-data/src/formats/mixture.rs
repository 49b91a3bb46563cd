//! Samples of a mixture of Gaussians in the plane: what `ring2d` and `grid2d` share.
//! Not here: where the centres lie (`ring2d.rs`, `grid2d.rs`); writing points (`modalities/points.rs`).

use super::{Decoded, Job};
use crate::error::DataError;
use crate::modalities::points::Points;
use crate::range::Census;
use crate::raster::Pixels;
use crate::report::DataReport;
use crate::sink::Sink;
use ganymede_tensor::{Rng, TensorType, stream_of};
use std::sync::Arc;

/// Number of points drawn.
const POINTS: usize = 100_000;

/// A mixture with equal weights and one standard deviation.
pub(crate) struct Mixture {
    /// Names the stream of random numbers.
    pub(crate) name: &'static str,
    /// Centres of the modes.
    pub(crate) centres: Vec<[f64; 2]>,
    /// Standard deviation of each coordinate.
    pub(crate) sigma: f64,
    /// Raw values that become −1 and 1 for a network.
    pub(crate) range: [f64; 2],
}

/// Draws 100,000 points, the same ones always; the label of a point is the number of its mode.
pub(crate) fn decode(job: &Job<'_>, mixture: &Mixture, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
    let options = job.options;
    let set = [
        ("resolution", options.resolution.is_some()),
        ("channels", options.channels.is_some()),
        ("mirror", options.mirror),
    ];
    if let Some(&(name, _)) = set.iter().find(|(_, set)| *set) {
        return Err(DataError::Option { name, reason: "expected images, found points".into() });
    }
    sink.begin(TensorType::f32([2]));
    let mut rng = Rng::new(0, stream_of(mixture.name));
    let mut labels = Vec::with_capacity(POINTS);
    let mut census = Census::new(options.range);
    for _ in 0..POINTS {
        let mode = rng.below(mixture.centres.len() as u32);
        let centre = mixture.centres[mode as usize];
        let point = centre.map(|c| (c + mixture.sigma * rng.normal()) as f32);
        census = census.join(&Census::of(&Pixels::F32(point.to_vec()), options.range));
        sink.push(&point.map(f32::to_le_bytes).concat())?;
        labels.push(mode);
    }
    let classes = (0..mixture.centres.len()).map(|mode| format!("mode {mode}")).collect();
    let mut report = DataReport::default();
    let range = census.known(mixture.range, "of the mixture");
    report.set_range(&range);
    let modality = Arc::new(Points::default());
    Ok(Decoded::new(modality, range.ends, report).labelled(Some((labels, classes))))
}
