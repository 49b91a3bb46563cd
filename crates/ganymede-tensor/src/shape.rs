//! Sizes of tensors. Not here: the values (`tensor.rs`).

use crate::DType;
use std::fmt;
use std::ops::Deref;

/// The sizes of a tensor's axes, outermost first; row-major, images channels last.
///
/// Dereferences to `[usize]`. The empty shape is a scalar, with one element.
///
/// ```
/// use ganymede_tensor::{Shape, TensorType};
///
/// let shape = Shape::from([8, 28, 28, 1]);
/// assert_eq!((shape.rank(), shape.elements(), shape[1]), (4, 6272, 28));
/// assert_eq!(TensorType::f32(shape.without(&[0])).bytes(), 28 * 28 * 4);
/// assert_eq!(Shape::scalar().elements(), 1);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// The scalar shape `()`.
    pub fn scalar() -> Self {
        Shape(Vec::new())
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Number of elements; `None` when it does not fit `usize`.
    pub fn checked_elements(&self) -> Option<usize> {
        self.0.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
    }

    /// Number of elements (the product of the sizes), saturating at `usize::MAX`.
    pub fn elements(&self) -> usize {
        self.checked_elements().unwrap_or(usize::MAX)
    }

    /// Row-major strides in elements.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1usize; self.rank()];
        for axis in (0..self.rank().saturating_sub(1)).rev() {
            strides[axis] = strides[axis + 1].saturating_mul(self.0[axis + 1]);
        }
        strides
    }

    /// The shape without the given axes.
    pub fn without(&self, axes: &[usize]) -> Shape {
        (0..self.rank()).filter(|a| !axes.contains(a)).map(|a| self.0[a]).collect()
    }

    /// The shape with axis `axis` set to `size`.
    pub fn with(&self, axis: usize, size: usize) -> Shape {
        let mut sizes = self.0.clone();
        sizes[axis] = size;
        Shape(sizes)
    }

    /// The sizes as a vector.
    pub fn to_vec(&self) -> Vec<usize> {
        self.0.clone()
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl From<Vec<usize>> for Shape {
    fn from(sizes: Vec<usize>) -> Self {
        Shape(sizes)
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Self {
        Shape(sizes.to_vec())
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Self {
        Shape(sizes.to_vec())
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Self {
        shape.clone()
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(sizes: I) -> Self {
        Shape(sizes.into_iter().collect())
    }
}

impl fmt::Display for Shape {
    /// `(64, 28, 28, 1)`, `(64,)`, `()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.0.iter().map(usize::to_string).collect();
        let comma = if self.rank() == 1 { "," } else { "" };
        write!(f, "({}{comma})", sizes.join(", "))
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Element type and shape: all that the compiler knows of a value before it runs.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TensorType {
    /// Element type.
    pub dtype: DType,
    /// Sizes.
    pub shape: Shape,
}

impl TensorType {
    /// A type from its parts.
    pub fn new(dtype: DType, shape: impl Into<Shape>) -> Self {
        TensorType { dtype, shape: shape.into() }
    }

    /// An `f32` type.
    pub fn f32(shape: impl Into<Shape>) -> Self {
        TensorType::new(DType::F32, shape)
    }

    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.elements()
    }

    /// Size in bytes, saturating.
    pub fn bytes(&self) -> usize {
        self.elements().saturating_mul(self.dtype.bytes())
    }
}

impl fmt::Display for TensorType {
    /// `f32[64,28,28,1]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        write!(f, "{}[{}]", self.dtype, sizes.join(","))
    }
}

impl fmt::Debug for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_are_row_major() {
        assert_eq!(Shape::from([2, 3, 4]).strides(), [12, 4, 1]);
        assert_eq!(Shape::scalar().elements(), 1);
        assert_eq!(Shape::from([0, 3]).elements(), 0);
    }

    #[test]
    fn an_overflowing_shape_is_noticed() {
        let shape = Shape::from([usize::MAX, 2]);
        assert_eq!(shape.checked_elements(), None);
        assert_eq!(TensorType::f32(shape).bytes(), usize::MAX);
    }

    #[test]
    fn display_is_python_like() {
        assert_eq!(Shape::from([5]).to_string(), "(5,)");
        assert_eq!(TensorType::f32([2, 3]).to_string(), "f32[2,3]");
    }
}
