//! A permuted copy, one element at a time.

/// A copy whose axis k is axis `permutation[k]` of `from`, which has shape `extent`.
///
/// # Panics
/// When `from` is too short.
pub fn transpose<T: Copy>(extent: &[usize], permutation: &[usize], from: &[T]) -> Vec<T> {
    let total: usize = extent.iter().product();
    let place = |mut i: usize| {
        let mut at = 0;
        for &axis in permutation.iter().rev() {
            at += i % extent[axis] * extent[axis + 1..].iter().product::<usize>();
            i /= extent[axis];
        }
        from[at]
    };
    (0..total).map(place).collect()
}
