//! A tensor in host memory: what goes into a store and comes out of it.
//! Not here: computing with tensors (`ganymede-graph` gives meaning, `ganymede-kernels` speed).

use crate::{DType, Shape, TensorType};

/// The elements of a [`Tensor`], in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `f32` elements.
    F32(Vec<f32>),
    /// `i32` elements.
    I32(Vec<i32>),
    /// `u32` elements.
    U32(Vec<u32>),
    /// `u16` elements.
    U16(Vec<u16>),
    /// `u8` elements.
    U8(Vec<u8>),
    /// Truth values.
    Bool(Vec<bool>),
}

impl Data {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Data::F32(v) => v.len(),
            Data::I32(v) => v.len(),
            Data::U32(v) => v.len(),
            Data::U16(v) => v.len(),
            Data::U8(v) => v.len(),
            Data::Bool(v) => v.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        match self {
            Data::F32(_) => DType::F32,
            Data::I32(_) => DType::I32,
            Data::U32(_) => DType::U32,
            Data::U16(_) => DType::U16,
            Data::U8(_) => DType::U8,
            Data::Bool(_) => DType::Bool,
        }
    }
}

/// Why a [`Tensor`] could not be made or read.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The number of elements is not the product of the sizes.
    #[error("expected {expected} elements for shape {shape}, found {found}")]
    Length {
        /// The shape asked for.
        shape: Shape,
        /// Its number of elements.
        expected: usize,
        /// Number of elements given.
        found: usize,
    },
    /// The elements have another type than the caller asked for.
    #[error("expected elements of type {expected}, found {found}")]
    DType {
        /// The type asked for.
        expected: DType,
        /// The type it has.
        found: DType,
    },
}

crate::debug_as_text!(TensorError, |_| None);

/// Values in host memory with their type, row-major.
///
/// ```
/// use ganymede_tensor::{Data, DType, Tensor};
///
/// let images = Tensor::new([2, 1, 3], Data::U8(vec![0, 127, 255, 1, 2, 3]))?;
/// assert_eq!((images.dtype(), images.shape().to_string().as_str()), (DType::U8, "(2, 1, 3)"));
/// assert_eq!(images.rows(1..2).to_f64(), [1.0, 2.0, 3.0]);
/// assert!(Tensor::from_f32([2, 2], vec![1.0; 3]).is_err(), "four elements are expected");
/// # Ok::<(), ganymede_tensor::TensorError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Shape,
    data: Data,
}

impl Tensor {
    /// A tensor from its elements.
    ///
    /// # Errors
    /// [`TensorError::Length`] when `data` does not have exactly the elements of `shape`.
    pub fn new(shape: impl Into<Shape>, data: Data) -> Result<Self, TensorError> {
        let shape = shape.into();
        let expected = shape.elements();
        if data.len() != expected {
            return Err(TensorError::Length { shape, expected, found: data.len() });
        }
        Ok(Tensor { shape, data })
    }

    /// An `f32` tensor from its elements.
    ///
    /// # Errors
    /// As [`Tensor::new`].
    pub fn from_f32(shape: impl Into<Shape>, data: Vec<f32>) -> Result<Self, TensorError> {
        Tensor::new(shape, Data::F32(data))
    }

    /// A scalar `f32`.
    pub fn scalar_f32(value: f32) -> Self {
        Tensor { shape: Shape::scalar(), data: Data::F32(vec![value]) }
    }

    /// All zeros (`false`) of the given type.
    pub fn zeros(ty: &TensorType) -> Self {
        let n = ty.elements();
        let data = match ty.dtype {
            DType::F32 => Data::F32(vec![0.0; n]),
            DType::I32 => Data::I32(vec![0; n]),
            DType::U32 => Data::U32(vec![0; n]),
            DType::U16 => Data::U16(vec![0; n]),
            DType::U8 => Data::U8(vec![0; n]),
            DType::Bool => Data::Bool(vec![false; n]),
        };
        Tensor { shape: ty.shape.clone(), data }
    }

    /// An `f32` tensor with every element `value`.
    pub fn full(shape: impl Into<Shape>, value: f32) -> Self {
        let shape = shape.into();
        let n = shape.elements();
        Tensor { shape, data: Data::F32(vec![value; n]) }
    }

    /// Sizes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// Element type and sizes.
    pub fn ty(&self) -> TensorType {
        TensorType { dtype: self.dtype(), shape: self.shape.clone() }
    }

    /// The elements.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Samples `range` of the first axis.
    ///
    /// # Panics
    /// When the range is not inside of the axis.
    pub fn rows(&self, range: std::ops::Range<usize>) -> Tensor {
        let each = self.shape.iter().skip(1).product::<usize>();
        let (from, to) = (range.start * each, range.end * each);
        let data = match &self.data {
            Data::F32(v) => Data::F32(v[from..to].to_vec()),
            Data::I32(v) => Data::I32(v[from..to].to_vec()),
            Data::U32(v) => Data::U32(v[from..to].to_vec()),
            Data::U16(v) => Data::U16(v[from..to].to_vec()),
            Data::U8(v) => Data::U8(v[from..to].to_vec()),
            Data::Bool(v) => Data::Bool(v[from..to].to_vec()),
        };
        let sizes = std::iter::once(range.len()).chain(self.shape.iter().skip(1).copied());
        Tensor { shape: sizes.collect::<Vec<usize>>().into(), data }
    }

    /// The elements, taken out.
    pub fn into_data(self) -> Data {
        self.data
    }

    /// The elements as `f32`.
    ///
    /// # Errors
    /// [`TensorError::DType`] when the elements are not `f32` (nothing is converted).
    pub fn as_f32(&self) -> Result<&[f32], TensorError> {
        match &self.data {
            Data::F32(v) => Ok(v),
            other => Err(TensorError::DType { expected: DType::F32, found: other.dtype() }),
        }
    }

    /// The elements as `f32`, to change in place.
    ///
    /// # Errors
    /// As [`Tensor::as_f32`].
    pub fn as_f32_mut(&mut self) -> Result<&mut [f32], TensorError> {
        match &mut self.data {
            Data::F32(v) => Ok(v),
            other => Err(TensorError::DType { expected: DType::F32, found: other.dtype() }),
        }
    }

    /// The elements as `f64`, converted exactly; truth values become 0 and 1.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            Data::F32(v) => v.iter().map(|&x| f64::from(x)).collect(),
            Data::I32(v) => v.iter().map(|&x| f64::from(x)).collect(),
            Data::U32(v) => v.iter().map(|&x| f64::from(x)).collect(),
            Data::U16(v) => v.iter().map(|&x| f64::from(x)).collect(),
            Data::U8(v) => v.iter().map(|&x| f64::from(x)).collect(),
            Data::Bool(v) => v.iter().map(|&x| f64::from(u8::from(x))).collect(),
        }
    }

    /// The elements as little-endian bytes (truth values one byte each).
    pub fn to_le_bytes(&self) -> Vec<u8> {
        match &self.data {
            Data::F32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Data::I32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Data::U32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Data::U16(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Data::U8(v) => v.clone(),
            Data::Bool(v) => v.iter().map(|&x| u8::from(x)).collect(),
        }
    }

    /// The inverse of [`Tensor::to_le_bytes`].
    ///
    /// # Errors
    /// [`TensorError::Length`] when `bytes` is not exactly the size of `ty`.
    pub fn from_le_bytes(ty: &TensorType, bytes: &[u8]) -> Result<Self, TensorError> {
        let width = ty.dtype.bytes();
        if ty.shape.checked_elements().and_then(|n| n.checked_mul(width)) != Some(bytes.len()) {
            let found = bytes.len() / width;
            return Err(TensorError::Length { shape: ty.shape.clone(), expected: ty.elements(), found });
        }
        let four = |b: &[u8]| [b[0], b[1], b[2], b[3]];
        let data = match ty.dtype {
            DType::F32 => Data::F32(bytes.chunks_exact(4).map(|b| f32::from_le_bytes(four(b))).collect()),
            DType::I32 => Data::I32(bytes.chunks_exact(4).map(|b| i32::from_le_bytes(four(b))).collect()),
            DType::U32 => Data::U32(bytes.chunks_exact(4).map(|b| u32::from_le_bytes(four(b))).collect()),
            DType::U16 => Data::U16(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()),
            DType::U8 => Data::U8(bytes.to_vec()),
            DType::Bool => Data::Bool(bytes.iter().map(|&b| b != 0).collect()),
        };
        Tensor::new(ty.shape.clone(), data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_for_every_dtype() {
        for dtype in DType::ALL {
            let ty = TensorType::new(dtype, [2, 3]);
            let bytes: Vec<u8> =
                (0..ty.bytes()).map(|i| if dtype == DType::Bool { (i % 2) as u8 } else { i as u8 }).collect();
            let tensor = Tensor::from_le_bytes(&ty, &bytes).unwrap();
            assert_eq!(tensor.ty(), ty);
            assert_eq!(tensor.to_le_bytes(), bytes);
            assert!(Tensor::from_le_bytes(&ty, &bytes[1..]).is_err());
        }
    }

    #[test]
    fn a_wrong_length_is_an_error() {
        let error = Tensor::from_f32([2, 2], vec![0.0; 3]).unwrap_err();
        assert_eq!(error.to_string(), "expected 4 elements for shape (2, 2), found 3");
    }
}
