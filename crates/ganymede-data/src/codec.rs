//! What is known of the data of a run, and how a network's numbers become files again: the file `codec.json`.
//! Not here: one field (`field.rs`), one kind of data (`modalities`), scaling inside a graph.

use crate::dataset::{Dataset, tensor};
use crate::error::{DataError, Position, io_error};
use crate::field::{Field, LABEL, Role, Scaling};
use crate::modalities::{self, GridRows, Modality, Wish};
use crate::options::DataOptions;
use crate::sources::{BatchSource, SourceOptions};
use crate::whole_file::write_whole;
use ganymede_tensor::{DType, Tensor, TensorType};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Version of the file `codec.json`. Older ones load for ever.
pub const CODEC_VERSION: u32 = 2;

/// What is known of the data of a run: enough to turn samples of a network into files without the data.
///
/// Its fields say what one sample consists of; its modality says what kind of data they are, and what was learned of the
/// samples that were trained on.
#[derive(Clone, Debug)]
pub struct Codec {
    /// Name of the format that read the data.
    pub format: String,
    /// The data as the user named it.
    pub source: String,
    fields: Vec<Field>,
    modality: Arc<dyn Modality>,
}

impl Codec {
    /// A codec of these fields, exactly one of which is the sample.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] for fields that no sample has, or that are none of this modality.
    pub fn new(
        format: impl Into<String>,
        source: impl Into<String>,
        fields: Vec<Field>,
        modality: Arc<dyn Modality>,
    ) -> Result<Codec, DataError> {
        let codec = Codec { format: format.into(), source: source.into(), fields, modality };
        codec.check().map_err(|found| DataError::Mismatch { expected: "fields of a data set".into(), found })?;
        Ok(codec)
    }

    /// A codec of samples before there are any: by the first modality that has samples of such sizes, else as points. It serves
    /// to trace and measure networks.
    pub fn stand_in(sample: TensorType, range: [f64; 2], classes: Vec<String>) -> Codec {
        let modality = (modalities::of_sample(&sample).new)(&DataOptions::default(), None);
        let label = (!classes.is_empty()).then(|| Field::label(classes));
        let fields = [Field::sample(sample, range)].into_iter().chain(label).collect();
        Codec { format: "stand-in".into(), source: String::new(), fields, modality }
    }

    /// The same with other fields or another modality: what [`Modality::learn`] gives.
    ///
    /// # Errors
    /// As [`Codec::new`].
    pub fn with(&self, fields: Vec<Field>, modality: Arc<dyn Modality>) -> Result<Codec, DataError> {
        Codec::new(self.format.clone(), self.source.clone(), fields, modality)
    }

    /// All fields, the sample first.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field that the generator makes.
    pub fn sample(&self) -> &Field {
        &self.fields[0]
    }

    /// What kind of data it is.
    pub fn modality(&self) -> &Arc<dyn Modality> {
        &self.modality
    }

    /// Type of one raw sample, e.g. `u8[28,28,1]`.
    pub fn sample_type(&self) -> &TensorType {
        &self.sample().ty
    }

    /// Type of one sample as a data set keeps it: that of the raw sample, but where the modality has a form of its own.
    pub(crate) fn stored_type(&self) -> TensorType {
        self.modality.stored().unwrap_or_else(|| self.sample_type().clone())
    }

    /// Sizes of a sample: (height, width, channels) of an image, (coordinates,) of a point.
    pub fn shape(&self) -> &[usize] {
        &self.sample().ty.shape
    }

    /// Element type of a raw sample.
    pub fn dtype(&self) -> DType {
        self.sample().ty.dtype
    }

    /// Raw values that are −1 and 1 for a network.
    pub fn range(&self) -> [f64; 2] {
        match self.sample().scaling {
            Scaling::Range(range) => range,
            Scaling::AsIs => [-1.0, 1.0],
        }
    }

    /// Names of the classes, in the order of their labels; empty without labels.
    pub fn classes(&self) -> &[String] {
        self.field(LABEL).map_or(&[], |field| &field.categories)
    }

    /// (scale, offset) of raw to network of the sample: network = raw·scale + offset.
    pub fn scaling(&self) -> (f64, f64) {
        self.sample().scale()
    }

    /// A network's values as raw samples in little-endian bytes: rounded and clamped to the element type.
    pub fn encode(&self, values: &[f32]) -> Vec<u8> {
        self.sample().encode(values)
    }

    /// A network's samples as raw ones: in the units of the data, and of their element type.
    ///
    /// # Shapes
    /// `samples`: (N, …sample), `f32` in the network's range [−1, 1].
    ///
    /// # Errors
    /// [`DataError::Mismatch`] when the samples have another type.
    pub fn in_units(&self, samples: &Tensor) -> Result<Tensor, DataError> {
        let values = self.values(samples)?;
        tensor(&self.sample().in_batch(samples.shape()[0]), self.encode(values))
    }

    /// The batches that a run trains on: of the samples `rows` of `dataset`.
    ///
    /// # Errors
    /// [`DataError::Option`] for no sample, a batch of 0, or options that the modality does not have.
    pub fn batches(
        &self,
        dataset: Arc<Dataset>,
        rows: Vec<u32>,
        options: &SourceOptions,
    ) -> Result<Box<dyn BatchSource>, DataError> {
        self.modality.source(self, dataset, rows, options)
    }

    /// What a generator is given beside its latents for the samples of these seeds: a tensor (n, …) of raw values for each
    /// field that is a condition, by its name.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] for a wish that is none of these fields.
    pub fn conditions(&self, wish: &Wish, seeds: Range<u64>) -> Result<Vec<(String, Tensor)>, DataError> {
        self.modality.conditions(self, wish, seeds)
    }

    /// Writes many samples to look at: a PNG, and beside it what else the modality has ([`Modality::preview`]).
    ///
    /// # Shapes
    /// `samples`: (N, …sample), `f32` in the network's range [−1, 1]; what lies outside is clamped.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] when the samples have another type, [`DataError::Io`].
    pub fn write_grid(&self, path: &Path, samples: &Tensor, columns: usize) -> Result<(), DataError> {
        let rows = GridRows { columns, names: Vec::new() };
        self.modality.write_preview(self, path, self.values(samples)?, &rows)
    }

    /// The same with a row for each of these classes, by their numbers, and their names at the side.
    ///
    /// # Errors
    /// As [`Codec::write_grid`].
    pub fn write_class_rows(
        &self,
        path: &Path,
        samples: &Tensor,
        columns: usize,
        classes: &[u64],
    ) -> Result<(), DataError> {
        let name = |&class: &u64| self.classes().get(class as usize).cloned().unwrap_or_else(|| format!("#{class}"));
        let rows = GridRows { columns, names: classes.iter().map(name).collect() };
        self.modality.write_preview(self, path, self.values(samples)?, &rows)
    }

    /// Writes samples into `dir` in the form that the data had. A call of many is written in parts: `all` are the numbers of
    /// all its samples, `first` is that of the first one here. Gives the paths of the files that are new.
    ///
    /// # Shapes
    /// `samples`: (N, …sample), in the network's range [−1, 1].
    ///
    /// # Errors
    /// As [`Codec::write_grid`]; [`DataError::Mismatch`] for samples that are not of `all`.
    pub fn write_samples(
        &self,
        dir: &Path,
        all: Range<u64>,
        first: u64,
        samples: &Tensor,
    ) -> Result<Vec<PathBuf>, DataError> {
        let values = self.values(samples)?;
        let last = first.checked_add(samples.shape()[0] as u64);
        if first < all.start || last.is_none_or(|last| last > all.end) {
            let (expected, found) = (format!("samples of {all:?}"), format!("{} from {first} on", samples.shape()[0]));
            return Err(DataError::Mismatch { expected, found });
        }
        self.modality.write_samples(self, dir, all, first, values)
    }

    fn values<'a>(&self, samples: &'a Tensor) -> Result<&'a [f32], DataError> {
        let mismatch = || DataError::Mismatch {
            expected: format!("f32 samples of shape (N, {:?})", self.shape()),
            found: samples.ty().to_string(),
        };
        if samples.shape().first().is_none_or(|&n| n == 0) || samples.shape()[1..] != *self.shape() {
            return Err(mismatch());
        }
        samples.as_f32().map_err(|_| mismatch())
    }

    /// Whether the samples of `other` data can be compared with a run's; the error is the reason.
    ///
    /// # Errors
    /// Expected and found, as text.
    pub fn comparable(&self, other: &Codec) -> Result<(), String> {
        if other.shape() != self.shape() {
            return Err(format!("expected samples {:?}, as the run's, found {:?}", self.shape(), other.shape()));
        }
        self.modality.comparable(self, other)
    }

    /// Writes the file `codec.json`, whole or not at all.
    ///
    /// # Errors
    /// [`DataError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), DataError> {
        let text = serde_json::to_string_pretty(self).map_err(|e| io_error(path, "write")(e.into()))?;
        write_whole(path, (text + "\n").as_bytes())
    }

    /// Reads the file `codec.json` of this version or an older one.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Newer`] before anything else is looked at; [`DataError::Malformed`] with the reason
    /// when it is no codec.
    pub fn load(path: &Path) -> Result<Codec, DataError> {
        let text = std::fs::read_to_string(path).map_err(io_error(path, "read"))?;
        let malformed = |reason: String| DataError::Malformed { path: path.into(), at: Position::Whole, reason };
        let found: Version = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
        if found.format_version > u64::from(CODEC_VERSION) {
            let (found, known) = (found.format_version, u64::from(CODEC_VERSION));
            return Err(DataError::Newer { path: path.into(), found, known });
        }
        serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))
    }

    /// Checks what the types of a file cannot; the error is the reason.
    fn check(&self) -> Result<(), String> {
        let [sample, others @ ..] = &self.fields[..] else { return Err("no field".into()) };
        if sample.role != Role::Sample || others.iter().any(|field| field.role == Role::Sample) {
            return Err("no field, or several, of the role sample; it must be the first".into());
        }
        for (i, field) in self.fields.iter().enumerate() {
            field.check()?;
            if self.fields[..i].iter().any(|earlier| earlier.name == field.name) {
                return Err(format!("two fields called `{}`", field.name));
            }
        }
        self.modality.check(&self.fields)
    }
}

impl PartialEq for Codec {
    fn eq(&self, other: &Codec) -> bool {
        let (a, b) = (&self.modality, &other.modality);
        (&self.format, &self.source, &self.fields) == (&other.format, &other.source, &other.fields)
            && (a.name(), a.learned()) == (b.name(), b.learned())
    }
}

/// The one key that every version has.
#[derive(Deserialize)]
struct Version {
    format_version: u64,
}

/// The file, version 2.
#[derive(Serialize, Deserialize)]
struct Written {
    format_version: u32,
    format: String,
    source: String,
    fields: Vec<Field>,
    modality: WrittenModality,
}

#[derive(Serialize, Deserialize)]
struct WrittenModality {
    name: String,
    learned: serde_json::Value,
}

/// The file, version 1: a sample and its classes, and two kinds of data.
#[derive(Deserialize)]
struct Version1 {
    format: String,
    source: String,
    dtype: String,
    shape: Vec<usize>,
    range: [f64; 2],
    classes: Vec<String>,
    kind: String,
    #[serde(flatten)]
    learned: serde_json::Map<String, serde_json::Value>,
}

impl Version1 {
    fn today(self) -> Result<Written, String> {
        if self.shape.len() > 8 || self.shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)).is_none() {
            return Err(format!("expected sizes that fit into memory, found {:?}", self.shape));
        }
        let sample = TensorType::new(self.dtype.parse::<DType>()?, self.shape);
        let label = (!self.classes.is_empty()).then(|| Field::label(self.classes));
        let fields = [Field::sample(sample, self.range)].into_iter().chain(label).collect();
        let mut learned = self.learned;
        learned.remove("format_version");
        let modality = WrittenModality { name: self.kind, learned: learned.into() };
        let (format_version, format, source) = (CODEC_VERSION, self.format, self.source);
        Ok(Written { format_version, format, source, fields, modality })
    }
}

impl Serialize for Codec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, learned) = (self.modality.name().into(), self.modality.learned());
        Written {
            format_version: CODEC_VERSION,
            format: self.format.clone(),
            source: self.source.clone(),
            fields: self.fields.clone(),
            modality: WrittenModality { name, learned },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Codec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Codec, D::Error> {
        use serde::de::Error;
        let value = serde_json::Value::deserialize(deserializer)?;
        let version = value["format_version"].as_u64();
        let written = match version {
            Some(1) => serde_json::from_value(value)
                .map_err(Error::custom)
                .and_then(|old: Version1| old.today().map_err(Error::custom))?,
            Some(2) => serde_json::from_value::<Written>(value).map_err(Error::custom)?,
            _ => {
                return Err(Error::custom(format!(
                    "expected format_version 1 or 2, found {}",
                    value["format_version"]
                )));
            }
        };
        let Written { format, source, fields, modality, .. } = written;
        let modality = modalities::read(&modality.name, modality.learned).map_err(Error::custom)?;
        let codec = Codec { format, source, fields, modality };
        codec.check().map_err(Error::custom)?;
        Ok(codec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(dtype: DType, range: [f64; 2]) -> Codec {
        Codec::stand_in(TensorType::new(dtype, [2, 1, 1]), range, vec!["a".into()])
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
    fn samples_of_a_network_are_told_in_the_units_of_the_data() {
        let network = Tensor::from_f32([2, 2, 1, 1], vec![-1.0, 1.0, 0.0, 0.5]).unwrap();
        let bytes = codec(DType::U8, [0.0, 255.0]).in_units(&network).unwrap();
        assert_eq!(bytes, Tensor::new([2, 2, 1, 1], ganymede_tensor::Data::U8(vec![0, 255, 128, 191])).unwrap());
        let floats = codec(DType::F32, [0.0, 255.0]).in_units(&network).unwrap();
        assert_eq!(floats, Tensor::from_f32([2, 2, 1, 1], vec![0.0, 255.0, 127.5, 191.25]).unwrap());
        let points = codec(DType::F32, [-10.0, 30.0]).in_units(&network).unwrap();
        assert_eq!(points.as_f32().unwrap(), [-10.0, 30.0, 10.0, 20.0]);
        let other = Tensor::from_f32([2, 2], vec![0.0; 4]).unwrap();
        assert!(matches!(codec(DType::U8, [0.0, 255.0]).in_units(&other), Err(DataError::Mismatch { .. })));
    }

    #[test]
    fn json_round_trips_and_bad_json_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codec.json");
        let codec = codec(DType::F32, [-1.0, 2.0]);
        codec.save(&path).unwrap();
        assert_eq!(Codec::load(&path).unwrap(), codec);
        let text = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [
            ("2.0", "-9.0"),
            ("\"f32\"", "\"f64\""),
            ("\"images\"", "\"points\""),
            ("\"images\"", "\"smells\""),
            ("\"sample\"", "\"condition\""),
            ("\"label\"", "\"real\""),
            ("}", ""),
        ] {
            assert!(text.contains(from), "{from} in {text}");
            std::fs::write(&path, text.replace(from, to)).unwrap();
            let error = Codec::load(&path).unwrap_err();
            assert!(matches!(error, DataError::Malformed { .. }), "{from} as {to}: {error}");
        }
    }

    #[test]
    fn a_newer_one_asks_for_an_update_before_anything_else_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codec.json");
        std::fs::write(&path, r#"{"planes": ["what is this"], "fields": 7, "format_version": 3}"#).unwrap();
        let error = Codec::load(&path).unwrap_err();
        assert!(matches!(error, DataError::Newer { found: 3, known: 2, .. }), "{error}");
        assert!(error.hint().unwrap().contains("update ganymede"), "{:?}", error.hint());
    }
}
