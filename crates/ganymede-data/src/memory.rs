//! A data set of samples that a program has in memory. Not here: samples of files (`dataset.rs`).
//!
//! The samples go through the same reader as an array of a file: what is assumed about them, the report and the fingerprint
//! are the same.

use crate::dataset::{Dataset, check_bad, in_memory};
use crate::error::DataError;
use crate::field::{Field, LABEL, Role, SAMPLE};
use crate::formats::array::{self, Header};
use crate::formats::element::Element;
use crate::formats::labels::Labels;
use crate::formats::layout::Layout;
use crate::formats::stream::Stream;
use crate::formats::{Column, Decoded, Format, Inputs, Job};
use crate::modalities::images;
use crate::options::DataOptions;
use crate::sink::Sink;
use crate::source::Source;
use ganymede_tensor::{DType, TensorType};
use std::path::Path;

/// Numbers in memory: a `Vec` of `f32`, `u8`, `u16` or `i32`, or of arrays of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    dtype: DType,
    bytes: Vec<u8>,
}

impl Values {
    fn len(&self) -> usize {
        self.bytes.len() / self.dtype.bytes()
    }
}

macro_rules! values {
    ($($element:ty => $dtype:ident),*) => {$(
        impl From<Vec<$element>> for Values {
            fn from(values: Vec<$element>) -> Values {
                Values { dtype: DType::$dtype, bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
            }
        }
        impl From<&[$element]> for Values {
            fn from(values: &[$element]) -> Values {
                Values { dtype: DType::$dtype, bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
            }
        }
        impl<const D: usize> From<Vec<[$element; D]>> for Values {
            fn from(values: Vec<[$element; D]>) -> Values {
                Values { dtype: DType::$dtype, bytes: values.iter().flatten().flat_map(|v| v.to_le_bytes()).collect() }
            }
        }
    )*};
}
values!(f32 => F32, u8 => U8, u16 => U16, i32 => I32);

/// A data set in the making: what [`Dataset::from_samples`] gives, until [`FromSamples::build`].
#[derive(Clone, Debug)]
#[must_use]
pub struct FromSamples {
    name: String,
    values: Values,
    shape: Vec<usize>,
    labels: Option<(Vec<u32>, Vec<String>)>,
    groups: Option<Vec<u32>>,
    further: Vec<(Field, Values)>,
    /// Whether the shape is (height, width, channels).
    images: bool,
    options: DataOptions,
}

impl Dataset {
    /// A data set of samples in memory: `shape` is that of one sample, (height, width, channels) of an image or
    /// (coordinates,) of a point; `values` are all samples one after the other.
    ///
    /// ```
    /// use ganymede_data::Dataset;
    /// let spiral: Vec<[f32; 2]> = (0..500).map(|i| i as f32 / 50.0).map(|a| [a * a.cos(), a * a.sin()]).collect();
    /// let data = Dataset::from_samples("spiral", spiral, [2]).build()?;
    /// assert_eq!((data.len(), data.sample_type().to_string()), (500, "f32[2]".into()));
    /// # Ok::<(), ganymede_data::DataError>(())
    /// ```
    pub fn from_samples(
        name: impl Into<String>,
        values: impl Into<Values>,
        shape: impl Into<Vec<usize>>,
    ) -> FromSamples {
        FromSamples {
            name: name.into(),
            values: values.into(),
            shape: shape.into(),
            labels: None,
            groups: None,
            further: Vec::new(),
            images: false,
            options: DataOptions::default(),
        }
    }

    /// A data set of images in memory: `pixels` are all images one after the other, each row by row, the channels of a pixel
    /// beside each other.
    ///
    /// ```
    /// use ganymede_data::Dataset;
    /// let [height, width, channels] = [16, 16, 3];
    /// let pixels: Vec<u8> = (0..10 * height * width * channels).map(|i| i as u8).collect();
    /// let labels = (0..10).map(|i| i % 2).collect();
    /// let data = Dataset::from_images("tiles", pixels, [height, width, channels]).labels(labels, ["even", "odd"]).build()?;
    /// assert_eq!((data.len(), data.sample_type().to_string()), (10, "u8[16,16,3]".into()));
    /// # Ok::<(), ganymede_data::DataError>(())
    /// ```
    pub fn from_images(
        name: impl Into<String>,
        pixels: impl Into<Values>,
        [height, width, channels]: [usize; 3],
    ) -> FromSamples {
        FromSamples { images: true, ..Dataset::from_samples(name, pixels, [height, width, channels]) }
    }
}

impl FromSamples {
    /// With the class of each sample, as the place of its name in `classes`.
    pub fn labels<C: Into<String>>(self, labels: Vec<u32>, classes: impl IntoIterator<Item = C>) -> Self {
        FromSamples { labels: Some((labels, classes.into_iter().map(Into::into).collect())), ..self }
    }

    /// With groups (patients, songs): samples of one number stay on one side of the split.
    pub fn groups(self, groups: Vec<u32>) -> Self {
        FromSamples { groups: Some(groups), ..self }
    }

    /// With a further field that a generator can be given, by this name; `shape` is that of one sample's part, `[]` of a number.
    pub fn condition(self, name: &str, values: impl Into<Values>, shape: impl Into<Vec<usize>>) -> Self {
        self.field(name, values, shape, Role::Condition)
    }

    /// With a further field that only losses read.
    pub fn auxiliary(self, name: &str, values: impl Into<Values>, shape: impl Into<Vec<usize>>) -> Self {
        self.field(name, values, shape, Role::Auxiliary)
    }

    fn field(mut self, name: &str, values: impl Into<Values>, shape: impl Into<Vec<usize>>, role: Role) -> Self {
        let values = values.into();
        self.further.push((Field::new(name, TensorType::new(values.dtype, shape.into()), role), values));
        self
    }

    /// Of this kind of data, by the name of its modality; without, it is chosen by the shape.
    pub fn modality(mut self, name: impl Into<String>) -> Self {
        self.options.modality = Some(name.into());
        self
    }

    /// With options that arrays of a file have too.
    pub fn options(self, options: DataOptions) -> Self {
        FromSamples { options, ..self }
    }

    fn wrong(&self, reason: String, hint: &str) -> DataError {
        DataError::Samples { name: self.name.clone(), reason, hint: hint.into() }
    }

    /// Number of samples, after a look at all sizes.
    fn count(&self) -> Result<usize, DataError> {
        let each = self.shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)).unwrap_or(0);
        if each == 0 {
            let hint = "the shape is that of one sample, such as [28, 28, 1] or [2], without their number";
            return Err(self.wrong(format!("expected sizes above 0, found {:?}", self.shape), hint));
        }
        let count = self.values.len() / each;
        if count == 0 || !self.values.len().is_multiple_of(each) {
            let reason =
                format!("expected a multiple of {each} values for {:?}, found {}", self.shape, self.values.len());
            return Err(self.wrong(reason, "the shape is that of one sample, the values are those of all samples"));
        }
        let one_each = "give one for each sample, in the same order";
        if let Some((labels, classes)) = &self.labels {
            if labels.len() != count {
                return Err(self.wrong(format!("expected {count} labels, found {}", labels.len()), one_each));
            }
            if let Some(label) = labels.iter().find(|&&label| label as usize >= classes.len()) {
                let reason = format!("expected labels below {}, the number of classes, found {label}", classes.len());
                return Err(self.wrong(reason, "a label is the place of its class in the list of names, from 0"));
            }
        }
        if let Some(groups) = self.groups.as_ref().filter(|groups| groups.len() != count) {
            return Err(self.wrong(format!("expected {count} groups, found {}", groups.len()), one_each));
        }
        for (i, (field, values)) in self.further.iter().enumerate() {
            let earlier = self.further[..i].iter().any(|(other, _)| other.name == field.name);
            if earlier || [SAMPLE, LABEL].contains(&field.name.as_str()) {
                return Err(self.wrong(format!("two fields called `{}`", field.name), "give it another name"));
            }
            let each = field.ty.shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)).unwrap_or(0);
            if each == 0 || each.checked_mul(count) != Some(values.len()) {
                let reason = format!(
                    "field `{}`: expected {count} times {}, found {} values",
                    field.name,
                    field.ty,
                    values.len()
                );
                return Err(self.wrong(reason, one_each));
            }
            let finite = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite();
            if values.dtype == DType::F32 && !values.bytes.chunks_exact(4).all(finite) {
                let reason = format!("field `{}`: expected finite values, found others", field.name);
                return Err(self.wrong(reason, "leave such samples out"));
            }
        }
        Ok(count)
    }

    /// The data set.
    ///
    /// # Errors
    /// [`DataError::Samples`] when the parts do not fit together; what an array of a file gives, too.
    pub fn build(self) -> Result<Dataset, DataError> {
        self.options.validate()?;
        let count = self.count()?;
        let source = Source::Path(self.name.clone().into());
        let (inputs, mut options) = (Inputs::default(), self.options.clone());
        // The shape was said: it is not asked about.
        options.reshape.get_or_insert_with(|| self.shape.clone());
        if self.images {
            options.layout.get_or_insert(Layout::Hwc);
            options.modality.get_or_insert_with(|| images::ENTRY.name.into());
        }
        let job = Job { source: &source, inputs: &inputs, options: &options, progress: &() };
        let mut dataset = in_memory(&Memory { samples: self, count }, &job)?;
        check_bad(dataset.report(), &options)?;
        dataset.tell_dropped();
        Ok(dataset)
    }
}

/// Samples in memory in the place of a format; it stands in no table, for no path is one.
struct Memory {
    samples: FromSamples,
    count: usize,
}

impl Format for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn reads(&self) -> &'static str {
        "samples of a program"
    }

    fn recognises(&self, _path: &Path) -> bool {
        false
    }

    fn inputs(&self, _source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs::default())
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let samples = &self.samples;
        let element = match samples.values.dtype {
            DType::U8 => Element::U8,
            DType::U16 => Element::U16,
            DType::I32 => Element::I32,
            _ => Element::F32,
        };
        let shape = [&[self.count], &samples.shape[..]].concat();
        let values = array::Values::Numbers(element);
        let header = Header { values, big_endian: false, column_major: false, shape };
        let mut stream = Stream::new(&job.source.path(), None, &samples.values.bytes[..]);
        let labels = samples.labels.clone();
        let labels = labels.map(|(labels, classes)| Labels::Classes { labels, classes, notes: Vec::new() });
        let mut decoded = array::decode(job, &mut stream, &header, labels, sink)?;
        let kept_all = decoded.report.bad == 0;
        if !kept_all && (samples.groups.is_some() || !samples.further.is_empty()) {
            let bad = &decoded.report.first_bad[0];
            let reason = format!(
                "expected finite samples where there are groups or further fields; {}: {}",
                bad.path, bad.reason
            );
            return Err(samples.wrong(reason, "leave such samples out, with their groups and fields"));
        }
        decoded.groups.clone_from(&samples.groups);
        decoded.columns = samples
            .further
            .iter()
            .map(|(field, values)| Column { field: field.clone(), bytes: values.bytes.clone() })
            .collect();
        Ok(decoded)
    }
}
