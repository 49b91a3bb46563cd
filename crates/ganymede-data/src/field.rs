//! What one sample consists of: named fields with a type, a role and a scaling. Not here: what kind of data they
//! make up together (`modalities`), the values of a data set (`dataset.rs`).

use ganymede_tensor::{DType, TensorType};
use serde::{Deserialize, Serialize};

/// Name of the field that a network learns to make.
pub const SAMPLE: &str = "real";
/// Name of the field of classes.
pub const LABEL: &str = "label";
/// Name of the field of a category of any column of a table, as one-hot over the categories of all of them.
pub const CONDITION: &str = "condition";

/// One part of a sample: an image, its label, the angle it was taken at.
///
/// Its values go into a batch by its name as they are in the data; scaling them is graph code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Field {
    /// Name in a batch, and by which an input of a network is bound to it.
    pub name: String,
    /// Type of one raw sample's part, e.g. `u8[28,28,1]`; `i32[]` of a label.
    #[serde(rename = "type", with = "tensor_type")]
    pub ty: TensorType,
    /// What it is for.
    pub role: Role,
    /// How its raw values become a network's.
    pub scaling: Scaling,
    /// Names of the values 0, 1, … of a field of classes; empty for numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Values of some samples that were trained on, of a condition of numbers: what generated samples are given
    /// when nothing else is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Vec<f64>>,
}

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// What the generator makes.
    Sample,
    /// What the generator is given beside its latent: a label, a number.
    Condition,
    /// What only losses read.
    Auxiliary,
}

/// How raw values become a network's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scaling {
    /// As they are.
    AsIs,
    /// Raw values low and high become −1 and 1: network = (raw − low)·2/(high − low) − 1.
    Range([f64; 2]),
}

impl Field {
    /// A field of raw values of this type, taken as they are.
    pub fn new(name: impl Into<String>, ty: TensorType, role: Role) -> Field {
        let (categories, examples) = (Vec::new(), Vec::new());
        Field { name: name.into(), ty, role, scaling: Scaling::AsIs, categories, examples }
    }

    /// What the generator makes, under the name `real`; the raw values `range` become −1 and 1.
    pub fn sample(ty: TensorType, range: [f64; 2]) -> Field {
        Field { scaling: Scaling::Range(range), ..Field::new(SAMPLE, ty, Role::Sample) }
    }

    /// A class of each sample, under the name `label`: 0, 1, … for these names.
    pub fn label(classes: Vec<String>) -> Field {
        Field { categories: classes, ..Field::new(LABEL, TensorType::new(DType::I32, [0usize; 0]), Role::Condition) }
    }

    /// (scale, offset) of raw to network: network = raw·scale + offset.
    pub fn scale(&self) -> (f64, f64) {
        match self.scaling {
            Scaling::AsIs => (1.0, 0.0),
            Scaling::Range([low, high]) => (2.0 / (high - low), -(high + low) / (high - low)),
        }
    }

    /// A network's value as a raw one, not yet rounded or clamped.
    pub fn raw(&self, value: f32) -> f64 {
        match self.scaling {
            Scaling::AsIs => f64::from(value),
            Scaling::Range([low, high]) => low + (f64::from(value) + 1.0) / 2.0 * (high - low),
        }
    }

    /// A network's values as raw ones in little-endian bytes: integers rounded, and clamped to the range and the element type.
    pub fn encode(&self, values: &[f32]) -> Vec<u8> {
        let ends = match self.scaling {
            Scaling::Range(ends) if self.ty.dtype != DType::F32 => ends,
            _ => [f64::NEG_INFINITY, f64::INFINITY],
        };
        let raw = values.iter().map(|&v| self.raw(v).clamp(ends[0], ends[1]));
        // A cast cuts off and clamps: with a half before it, it rounds. `round` is a call of its own on most processors.
        match self.ty.dtype {
            DType::U8 => raw.map(|v| (v + 0.5) as u8).collect(),
            DType::U16 => raw.flat_map(|v| ((v + 0.5) as u16).to_le_bytes()).collect(),
            DType::I32 => raw.flat_map(|v| (v.round() as i32).to_le_bytes()).collect(),
            _ => raw.flat_map(|v| (v as f32).to_le_bytes()).collect(),
        }
    }

    /// Type of the field in a batch of `n` samples.
    pub fn in_batch(&self, n: usize) -> TensorType {
        TensorType::new(self.ty.dtype, [&[n], &self.ty.shape[..]].concat())
    }

    /// Checks what the types of a file cannot; the error is the reason.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if let Scaling::Range([low, high]) = self.scaling
            && !(low.is_finite() && high.is_finite() && low < high && (high - low).is_finite())
        {
            return Err(format!(
                "field `{name}`: expected a range [low, high] with low below high, found {low}, {high}"
            ));
        }
        let dtype = self.ty.dtype;
        let known =
            matches!(dtype, DType::U8 | DType::U16 | DType::F32) || (dtype == DType::I32 && self.role != Role::Sample);
        if !known {
            return Err(format!("field `{name}`: expected dtype u8, u16 or f32, found {dtype}"));
        }
        let bytes = self.ty.bytes() as u64;
        if bytes == 0 || bytes > crate::limits::MAX_ALLOCATION {
            return Err(format!("field `{name}`: expected sizes above 0 that fit into memory, found {}", self.ty));
        }
        if !self.categories.is_empty() && self.ty != TensorType::new(DType::I32, [0usize; 0]) {
            return Err(format!("field `{name}`: expected classes as i32[], found {}", self.ty));
        }
        let elements = self.ty.elements();
        match self.examples.iter().find(|values| values.len() != elements) {
            Some(values) => {
                Err(format!("field `{name}`: expected examples of {elements} values, found {}", values.len()))
            }
            None => Ok(()),
        }
    }
}

mod tensor_type {
    use ganymede_tensor::TensorType;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Parts {
        dtype: String,
        shape: Vec<usize>,
    }

    pub(super) fn serialize<S: Serializer>(ty: &TensorType, serializer: S) -> Result<S::Ok, S::Error> {
        Parts { dtype: ty.dtype.name().into(), shape: ty.shape.to_vec() }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TensorType, D::Error> {
        let Parts { dtype, shape } = Parts::deserialize(deserializer)?;
        if shape.len() > 8 || shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)).is_none() {
            return Err(serde::de::Error::custom(format!(
                "expected up to 8 sizes that fit into memory, found {shape:?}"
            )));
        }
        Ok(TensorType::new(dtype.parse().map_err(serde::de::Error::custom)?, shape))
    }
}
