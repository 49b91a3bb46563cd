//! What a format learned from the data, and how a network's numbers become files again.
//! Not here: the other direction, which needs the data (`formats`), and scaling inside a graph.

use crate::error::{DataError, Position, io_error};
use crate::formats::{images, points};
use crate::options::Fit;
use ganymede_tensor::{DType, Tensor, TensorType};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Version of the file `codec.json`.
pub const CODEC_VERSION: u32 = 1;

/// What a format learned from the data: enough to turn samples of a network into files without the data.
///
/// Written as `codec.json` in a run. A raw value v stands for (v − low)·2/(high − low) − 1 in a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Codec {
    /// [`CODEC_VERSION`] of the writer.
    pub format_version: u32,
    /// Name of the format that read the data.
    pub format: String,
    /// The data as the user named it.
    pub source: String,
    /// Element type of a raw sample: `u8`, `u16` or `f32`.
    #[serde(with = "dtype_name")]
    pub dtype: DType,
    /// Sizes of a sample: (height, width, channels) of a picture, (coordinates,) of a point.
    pub shape: Vec<usize>,
    /// Raw values low and high that become −1 and 1 for a network.
    pub range: [f64; 2],
    /// Names of the classes, in the order of their labels; empty without labels.
    pub classes: Vec<String>,
    /// What a sample is.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What a sample is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Kind {
    /// Pictures (height, width, channels).
    Images {
        /// What was put under transparent pixels and around padded pictures.
        background: [u8; 3],
        /// How pictures of another shape were fitted.
        fit: Fit,
    },
    /// Points (coordinates,).
    Points {
        /// Some real points (first two coordinates), drawn behind generated ones.
        reference: Vec<[f64; 2]>,
    },
}

mod dtype_name {
    use ganymede_tensor::DType;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(dtype: &DType, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(dtype.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DType, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Codec {
    /// Type of one raw sample, e.g. `u8[28,28,1]`.
    pub fn sample_type(&self) -> TensorType {
        TensorType::new(self.dtype, self.shape.as_slice())
    }

    /// (scale, offset) of raw to network: network = raw·scale + offset, low ↦ −1 and high ↦ 1.
    pub fn scaling(&self) -> (f64, f64) {
        let [low, high] = self.range;
        (2.0 / (high - low), -(high + low) / (high - low))
    }

    /// A network's value as a raw one, not yet rounded or clamped.
    pub(crate) fn raw(&self, value: f32) -> f64 {
        let [low, high] = self.range;
        low + (f64::from(value) + 1.0) / 2.0 * (high - low)
    }

    /// A network's values as raw samples in little-endian bytes: rounded and clamped to the element type.
    pub fn encode(&self, values: &[f32]) -> Vec<u8> {
        let raw = values.iter().map(|&v| self.raw(v));
        // A cast cuts off and clamps: with a half before it, it rounds. `round` is a call of its own on most processors.
        match self.dtype {
            DType::U8 => raw.map(|v| (v + 0.5) as u8).collect(),
            DType::U16 => raw.flat_map(|v| ((v + 0.5) as u16).to_le_bytes()).collect(),
            _ => raw.flat_map(|v| (v as f32).to_le_bytes()).collect(),
        }
    }

    /// Writes many samples as one picture for people.
    ///
    /// Pictures stand in rows of `columns`; points are drawn over real ones, and stand beside it in a `.csv`.
    ///
    /// # Shapes
    /// `samples`: (N, …sample), `f32` in the network's range [−1, 1]; what lies outside is clamped.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] when the samples have another type, [`DataError::Io`].
    pub fn write_grid(&self, path: &Path, samples: &Tensor, columns: usize) -> Result<(), DataError> {
        let samples = self.checked(samples)?;
        match &self.kind {
            Kind::Images { .. } => images::write_grid(self, path, samples, columns),
            Kind::Points { reference } => points::write_drawing(self, path, samples, reference),
        }
    }

    /// Writes one sample as a file of its own into `dir`, named by `index`; gives the file's path.
    ///
    /// # Shapes
    /// `sample`: the elements of one sample, in the network's range [−1, 1].
    ///
    /// # Errors
    /// As [`Codec::write_grid`].
    pub fn write_sample(&self, dir: &Path, index: u64, sample: &[f32]) -> Result<PathBuf, DataError> {
        if sample.len() != self.sample_type().elements() {
            return Err(DataError::Mismatch {
                expected: format!("{} values for {}", self.sample_type().elements(), self.sample_type()),
                found: sample.len().to_string(),
            });
        }
        match &self.kind {
            Kind::Images { .. } => images::write_sample(self, dir, index, sample),
            Kind::Points { .. } => points::write_sample(self, dir, index, sample),
        }
    }

    fn checked<'a>(&self, samples: &'a Tensor) -> Result<&'a [f32], DataError> {
        let mismatch = || DataError::Mismatch {
            expected: format!("f32 samples of shape (N, {:?})", self.shape),
            found: samples.ty().to_string(),
        };
        if samples.shape().first().is_none_or(|&n| n == 0) || samples.shape()[1..] != self.shape[..] {
            return Err(mismatch());
        }
        samples.as_f32().map_err(|_| mismatch())
    }

    /// Writes the file `codec.json`.
    ///
    /// # Errors
    /// [`DataError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), DataError> {
        let text = serde_json::to_string_pretty(self).map_err(|e| io_error(path, "write")(e.into()))?;
        std::fs::write(path, text + "\n").map_err(io_error(path, "write"))
    }

    /// Reads the file `codec.json`.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Malformed`] with the line when it is not a codec of this version.
    pub fn load(path: &Path) -> Result<Codec, DataError> {
        let text = std::fs::read_to_string(path).map_err(io_error(path, "read"))?;
        let malformed = |reason: String| DataError::Malformed { path: path.into(), at: Position::Whole, reason };
        let codec: Codec = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
        codec.validate().map_err(malformed)?;
        Ok(codec)
    }

    /// Checks what [`Codec::load`] cannot leave to the types; the error is the reason.
    pub(crate) fn validate(&self) -> Result<(), String> {
        if self.format_version != CODEC_VERSION {
            return Err(format!("expected format_version {CODEC_VERSION}, found {}", self.format_version));
        }
        let [low, high] = self.range;
        if !(low.is_finite() && high.is_finite() && low < high && (high - low).is_finite()) {
            return Err(format!("expected a range [low, high] with low below high, found {:?}", self.range));
        }
        if !matches!(self.dtype, DType::U8 | DType::U16 | DType::F32) {
            return Err(format!("expected dtype u8, u16 or f32, found {}", self.dtype));
        }
        let fits = match self.kind {
            Kind::Images { .. } => self.shape.len() == 3 && matches!(self.shape[2], 1 | 3),
            Kind::Points { .. } => self.shape.len() == 1,
        };
        let bytes = self.sample_type().bytes() as u64;
        if !fits || bytes == 0 || bytes > crate::limits::MAX_ALLOCATION {
            return Err(format!("expected the shape of a picture or point, found {:?}", self.shape));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(dtype: DType, range: [f64; 2]) -> Codec {
        Codec {
            format_version: CODEC_VERSION,
            format: "test".into(),
            source: "x".into(),
            dtype,
            shape: vec![2, 1, 1],
            range,
            classes: vec!["a".into()],
            kind: Kind::Images { background: [255; 3], fit: Fit::Crop },
        }
    }

    #[test]
    fn every_raw_u8_survives_the_way_through_the_network_range() {
        let codec = codec(DType::U8, [0.0, 255.0]);
        let (scale, offset) = codec.scaling();
        let raw: Vec<u8> = (0..=255).collect();
        let network: Vec<f32> = raw.iter().map(|&v| f32::from(v) * scale as f32 + offset as f32).collect();
        assert!((network[0] + 1.0).abs() < 1e-6 && (network[255] - 1.0).abs() < 1e-6);
        assert_eq!(codec.encode(&network), raw);
        assert_eq!(codec.encode(&[-7.0, 7.0, f32::NAN]), [0, 255, 0]);
    }

    #[test]
    fn json_round_trips_and_bad_json_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codec.json");
        let codec = codec(DType::F32, [-1.5, 2.0]);
        codec.save(&path).unwrap();
        assert_eq!(Codec::load(&path).unwrap(), codec);
        let text = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [("2.0", "-9.0"), ("\"f32\"", "\"f64\""), ("\"images\"", "\"points\""), ("}", "")] {
            std::fs::write(&path, text.replace(from, to)).unwrap();
            let error = Codec::load(&path).unwrap_err();
            assert!(matches!(error, DataError::Malformed { .. }), "{error}");
        }
    }
}
