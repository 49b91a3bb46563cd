//! How a window moves over spatial axes, with Keras's padding words. Not here: what is done in it
//! (`conv.rs`, `conv_transpose.rs`, `pooling.rs`).

use crate::arguments::{Padding, PerAxis};

/// Padding before and after each spatial axis, and the number of positions on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placement<const N: usize> {
    pub low: [usize; N],
    pub high: [usize; N],
    pub output: [usize; N],
}

/// What is wrong with a window: a message and what to do.
pub(super) type Misfit = (String, Option<String>);

/// Places a window of `kernel` positions, `dilation` apart, every `strides` positions of `input`.
pub(super) fn place<const N: usize>(
    padding: Padding,
    input: [usize; N],
    kernel: PerAxis<N>,
    strides: PerAxis<N>,
    dilation: PerAxis<N>,
) -> Result<Placement<N>, Misfit> {
    positive("kernel_size", kernel)?;
    positive("strides", strides)?;
    positive("dilation_rate", dilation)?;
    if padding == Padding::Causal && N != 1 {
        return Err(("expected padding \"valid\" or \"same\", found \"causal\"".into(), None));
    }
    let mut placement = Placement { low: [0; N], high: [0; N], output: [0; N] };
    for (axis, &size) in input.iter().enumerate() {
        let stride = strides.0[axis];
        let reach = reach(kernel.0[axis], dilation.0[axis]);
        let (low, high) = match padding {
            Padding::Valid => (0, 0),
            Padding::Causal => (reach - 1, 0),
            Padding::Same => {
                let last = size.div_ceil(stride).saturating_sub(1).saturating_mul(stride);
                let total = last.saturating_add(reach).saturating_sub(size);
                (total / 2, total - total / 2)
            }
        };
        let padded = size.saturating_add(low).saturating_add(high);
        if size == 0 || reach > padded {
            let message = format!(
                "expected an input of at least {reach} positions on spatial axis {axis} for kernel_size {}, found {size}",
                kernel.0[axis]
            );
            return Err((message, Some("use padding = \"same\", or a smaller kernel".into())));
        }
        placement.low[axis] = low;
        placement.high[axis] = high;
        placement.output[axis] = (padded - reach) / stride + 1;
    }
    Ok(placement)
}

/// Positions from the first to the last tap of a kernel.
pub(super) fn reach(kernel: usize, dilation: usize) -> usize {
    (kernel.saturating_sub(1)).saturating_mul(dilation).saturating_add(1)
}

/// Checks that no size is 0.
pub(super) fn positive<const N: usize>(argument: &str, sizes: PerAxis<N>) -> Result<(), Misfit> {
    if sizes.0.contains(&0) {
        return Err((format!("expected {argument} of at least 1, found {:?}", sizes.0), None));
    }
    Ok(())
}

/// Keras takes a stride or a dilation, not both.
pub(super) fn not_both<const N: usize>(strides: PerAxis<N>, dilation: PerAxis<N>) -> Result<(), Misfit> {
    if strides.0.iter().any(|&s| s > 1) && dilation.0.iter().any(|&d| d > 1) {
        let message = format!(
            "expected strides 1 or dilation_rate 1, found strides {:?} and dilation_rate {:?}",
            strides.0, dilation.0
        );
        return Err((message, Some("set one of the two to 1".into())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_padding_puts_the_larger_half_at_the_end() {
        let placed = |size, kernel, stride| {
            let p = place(Padding::Same, [size], PerAxis([kernel]), PerAxis([stride]), PerAxis([1])).unwrap();
            (p.low[0], p.high[0], p.output[0])
        };
        assert_eq!(placed(28, 5, 2), (1, 2, 14));
        assert_eq!(placed(7, 5, 2), (2, 2, 4));
        assert_eq!(placed(6, 3, 1), (1, 1, 6));
        assert_eq!(placed(6, 1, 2), (0, 0, 3));
    }

    #[test]
    fn a_kernel_larger_than_its_input_says_so() {
        let (message, _) = place(Padding::Valid, [2], PerAxis([3]), PerAxis([1]), PerAxis([1])).unwrap_err();
        assert!(message.contains("at least 3 positions"), "{message}");
    }
}
