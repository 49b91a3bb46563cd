//! What a convolution is: sizes, and which of them are valid. Not here: how it is computed.

/// One spatial dimension of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvAxis {
    /// Length of the input.
    pub input: usize,
    /// Length of the kernel.
    pub kernel: usize,
    /// Distance between the positions that outputs look at.
    pub stride: usize,
    /// Distance between the taps of the kernel.
    pub dilation: usize,
    /// Zeros before the input.
    pub pad_low: usize,
    /// Zeros behind the input.
    pub pad_high: usize,
}

impl ConvAxis {
    /// An axis that does nothing: length 1, kernel 1.
    pub(super) const UNIT: ConvAxis = ConvAxis { input: 1, kernel: 1, stride: 1, dilation: 1, pad_low: 0, pad_high: 0 };

    /// Length of the output: ⌊(input + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, or 0.
    pub fn output(&self) -> usize {
        let reach = self.dilation.saturating_mul(self.kernel.saturating_sub(1)).saturating_add(1);
        let padded = self.input.saturating_add(self.pad_low).saturating_add(self.pad_high);
        if padded < reach { 0 } else { (padded - reach) / self.stride.max(1) + 1 }
    }

    /// The input position that tap `k` of output `o` looks at; outside the input it finds a zero.
    pub(super) fn position(&self, o: usize, k: usize) -> isize {
        (o * self.stride + k * self.dilation) as isize - self.pad_low as isize
    }
}

/// A convolution in one, two or three dimensions, channels last.
///
/// y\[n, o, co\] = Σₖ Σ_ci x\[n, o·stride + k·dilation − pad_low, ci\] · kernel\[k, ci, co\]; with groups, each group of
/// output channels sees its own group of input channels.
///
/// # Shapes
/// x (batch, input…, in_channels), kernel (kernel…, in_channels / groups, out_channels),
/// y (batch, output…, out_channels).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvSpec {
    /// How many samples.
    pub batch: usize,
    /// The spatial dimensions, one to three.
    pub axes: Vec<ConvAxis>,
    /// Channels of x.
    pub in_channels: usize,
    /// Channels of y.
    pub out_channels: usize,
    /// How many groups the channels fall into.
    pub groups: usize,
}

/// Why a convolution cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvError {
    /// Not one to three dimensions.
    #[error("expected 1 to 3 spatial dimensions, found {found}")]
    Rank {
        /// How many there are.
        found: usize,
    },
    /// A size that must be positive is 0.
    #[error("expected a positive {what}, found 0")]
    Zero {
        /// Which size.
        what: &'static str,
    },
    /// The groups do not divide the channels.
    #[error("expected groups that divide {in_channels} input and {out_channels} output channels, found {groups}")]
    Groups {
        /// Channels of x.
        in_channels: usize,
        /// Channels of y.
        out_channels: usize,
        /// The groups.
        groups: usize,
    },
    /// The kernel does not fit into the padded input.
    #[error("expected a kernel within the padded input on spatial dimension {dimension}, found {axis:?}")]
    NoOutput {
        /// Which dimension, from 0.
        dimension: usize,
        /// Its sizes.
        axis: ConvAxis,
    },
    /// The number of elements does not fit into memory.
    #[error("expected sizes whose product fits into an address, found {spec:?}")]
    TooLarge {
        /// The spec.
        spec: ConvSpec,
    },
    /// An operand's length does not fit the spec.
    #[error("expected {expected} floats for {operand}, found {found}")]
    Length {
        /// Which operand.
        operand: &'static str,
        /// How many floats the spec asks for.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

impl ConvError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ConvError::Rank { .. } => "give the spatial dimensions only, without batch and channels",
            ConvError::Zero { .. } => "every size but the batch and the padding is at least 1",
            ConvError::Groups { .. } => "choose groups that divide both numbers of channels",
            ConvError::NoOutput { .. } => "use a smaller kernel or more padding",
            ConvError::TooLarge { .. } => "use smaller sizes",
            ConvError::Length { .. } => {
                "give slices of exactly the sizes of the spec, and scratch of at least scratch_len"
            }
        }
    }
}

impl ConvSpec {
    /// Whether the sizes make sense.
    ///
    /// # Errors
    /// [`ConvError`], the first thing that does not.
    pub fn check(&self) -> Result<(), ConvError> {
        if !(1..=3).contains(&self.axes.len()) {
            return Err(ConvError::Rank { found: self.axes.len() });
        }
        let positive = |what, size| if size == 0 { Err(ConvError::Zero { what }) } else { Ok(()) };
        positive("number of input channels", self.in_channels)?;
        positive("number of output channels", self.out_channels)?;
        positive("number of groups", self.groups)?;
        let ConvSpec { in_channels, out_channels, groups, .. } = *self;
        if in_channels % groups != 0 || out_channels % groups != 0 {
            return Err(ConvError::Groups { in_channels, out_channels, groups });
        }
        for (dimension, axis) in self.axes.iter().enumerate() {
            positive("input length", axis.input)?;
            positive("kernel length", axis.kernel)?;
            positive("stride", axis.stride)?;
            positive("dilation", axis.dilation)?;
            if axis.output() == 0 {
                return Err(ConvError::NoOutput { dimension, axis: *axis });
            }
        }
        // A product of this size still leaves room for packed copies of it in an address.
        let limit = isize::MAX as usize / 256;
        let fits = |first: usize, last: usize, of: fn(&ConvAxis) -> usize| {
            let product = self.axes.iter().try_fold(first, |n, axis| n.checked_mul(of(axis)));
            product.and_then(|n| n.checked_mul(last)).is_some_and(|n| n <= limit)
        };
        let padded = |a: &ConvAxis| a.input.saturating_add(a.pad_low).saturating_add(a.pad_high);
        let fit = fits(self.batch, in_channels, padded)
            && fits(self.batch, out_channels, ConvAxis::output)
            && fits(in_channels, out_channels, |a| a.kernel.saturating_mul(a.dilation));
        if fit { Ok(()) } else { Err(ConvError::TooLarge { spec: self.clone() }) }
    }

    /// Floats of x.
    pub fn x_len(&self) -> usize {
        self.batch * self.axes.iter().map(|a| a.input).product::<usize>() * self.in_channels
    }

    /// Floats of the kernel.
    pub fn kernel_len(&self) -> usize {
        self.taps() * self.in_channels / self.groups * self.out_channels
    }

    /// Floats of y.
    pub fn y_len(&self) -> usize {
        self.batch * self.outputs() * self.out_channels
    }

    /// Output positions of one sample.
    pub(super) fn outputs(&self) -> usize {
        self.axes.iter().map(ConvAxis::output).product()
    }

    /// Positions in the kernel.
    pub(super) fn taps(&self) -> usize {
        self.axes.iter().map(|a| a.kernel).product()
    }

    /// The axes as three, with unit axes in front.
    pub(super) fn three_axes(&self) -> [ConvAxis; 3] {
        let mut axes = [ConvAxis::UNIT; 3];
        axes[3 - self.axes.len()..].copy_from_slice(&self.axes);
        axes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(axis: ConvAxis) -> ConvSpec {
        ConvSpec { batch: 1, axes: vec![axis], in_channels: 4, out_channels: 6, groups: 2 }
    }

    #[test]
    fn bad_sizes_are_named() {
        let axis = ConvAxis { input: 5, kernel: 3, ..ConvAxis::UNIT };
        assert_eq!(spec(axis).check(), Ok(()));
        assert_eq!(ConvSpec { axes: vec![], ..spec(axis) }.check(), Err(ConvError::Rank { found: 0 }));
        assert_eq!(spec(ConvAxis { stride: 0, ..axis }).check(), Err(ConvError::Zero { what: "stride" }));
        let groups = ConvError::Groups { in_channels: 4, out_channels: 6, groups: 4 };
        assert_eq!(ConvSpec { groups: 4, ..spec(axis) }.check(), Err(groups));
        let long = ConvAxis { kernel: 6, ..axis };
        assert_eq!(spec(long).check(), Err(ConvError::NoOutput { dimension: 0, axis: long }));
        for huge in [
            ConvAxis { pad_low: usize::MAX, ..axis },
            ConvAxis { input: usize::MAX / 2, ..axis },
            ConvAxis { input: 1 << 40, pad_high: 1 << 60, ..axis },
            ConvAxis { kernel: 1 << 50, dilation: 1 << 60, pad_low: usize::MAX, ..axis },
        ] {
            assert_eq!(spec(huge).check(), Err(ConvError::TooLarge { spec: spec(huge) }));
        }
    }
}
