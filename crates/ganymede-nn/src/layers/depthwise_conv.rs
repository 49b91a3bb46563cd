//! Convolution of each channel by itself. Not here: with a pointwise convolution behind it
//! (`separable_conv.rs`).

use super::window::{self, Misfit};
use super::{Layer, axes};
use crate::arguments::{ChannelsLast, Padding, PerAxis};
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Activation, Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;
use ganymede_graph::ops::Window;

configured! {
    /// Convolution of each channel with depth_multiplier kernels of its own: activation(x ∗ K + b).
    ///
    /// # Shapes
    /// x (N, spatial…, C), K (kernel_size…, C, depth_multiplier), result (N, positions…, C·depth_multiplier).
    pub struct DepthwiseConv<const N: usize> {
        /// Sizes of the kernel.
        kernel_size: PerAxis<N> = PerAxis([1; N]),
        ;
        /// Steps of the kernel.
        strides: PerAxis<N> = PerAxis([1; N]),
        /// What surrounds the input.
        padding: Padding = Padding::Valid,
        /// Output channels of each input channel.
        depth_multiplier: usize = 1,
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        /// Distance of neighbouring taps.
        dilation_rate: PerAxis<N> = PerAxis([1; N]),
        /// What is applied to the sum.
        activation: Activation = Activation::linear(),
        /// Whether b is added.
        use_bias: bool = true,
        /// Where K starts.
        depthwise_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where b starts.
        bias_initializer: Initializer = Initializer::zeros(),
        /// What K adds to the loss.
        depthwise_regularizer: Option<Regularizer> = None,
        /// What b adds to the loss.
        bias_regularizer: Option<Regularizer> = None,
        /// What K is projected on after each update.
        depthwise_constraint: Option<Constraint> = None,
        /// What b is projected on after each update.
        bias_constraint: Option<Constraint> = None,
        ; fixed
        activity_regularizer = null, "add the term to the loss instead";
    }
}

/// Depthwise convolution over steps.
pub type DepthwiseConv1D = DepthwiseConv<1>;
/// Depthwise convolution over images.
pub type DepthwiseConv2D = DepthwiseConv<2>;

/// What a depthwise convolution needs beside its kernel.
pub(super) struct Depthwise<const N: usize> {
    pub kernel_size: PerAxis<N>,
    pub strides: PerAxis<N>,
    pub padding: Padding,
    pub dilation_rate: PerAxis<N>,
    pub depth_multiplier: usize,
}

impl<const N: usize> Depthwise<N> {
    /// Shape of the kernel for `channels` input channels.
    pub fn kernel_shape(&self, channels: usize) -> Vec<usize> {
        self.kernel_size.0.into_iter().chain([channels, self.depth_multiplier]).collect()
    }

    /// Where the kernel goes over an input.
    pub fn window(&self, input: [usize; N], channels: usize) -> Result<Window, Misfit> {
        window::not_both(self.strides, self.dilation_rate)?;
        if self.depth_multiplier == 0 || channels == 0 {
            let message = format!(
                "expected depth_multiplier and channels of at least 1, found {} and {channels}",
                self.depth_multiplier
            );
            return Err((message, None));
        }
        let place = window::place(self.padding, input, self.kernel_size, self.strides, self.dilation_rate)?;
        Ok(Window {
            strides: self.strides.0.to_vec(),
            low: place.low.to_vec(),
            high: place.high.to_vec(),
            dilation: self.dilation_rate.0.to_vec(),
            groups: channels,
        })
    }

    /// The convolution, (N, positions…, C·depth_multiplier).
    pub fn apply<'g>(&self, x: Expr<'g>, kernel: Expr<'g>, window: Window) -> Expr<'g> {
        let outputs = window.groups * self.depth_multiplier;
        x.conv(kernel.reshape(self.kernel_size.0.into_iter().chain([1, outputs]).collect::<Vec<_>>()), window)
    }
}

impl<const N: usize> Layer for DepthwiseConv<N> {
    described!(["DepthwiseConv1D", "DepthwiseConv2D"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let (sizes, channels) = match axes::spatial::<N>(scope, x) {
            Ok(found) => found,
            Err(poison) => return poison,
        };
        let depthwise = Depthwise {
            kernel_size: self.kernel_size,
            strides: self.strides,
            padding: self.padding,
            dilation_rate: self.dilation_rate,
            depth_multiplier: self.depth_multiplier,
        };
        let window = match depthwise.window(sizes, channels) {
            Ok(window) => window,
            Err((message, hint)) => return scope.builder().error(message, hint),
        };
        let spec = ParameterSpec::new(&self.depthwise_regularizer, &self.depthwise_constraint);
        let kernel = scope.parameter("kernel", depthwise.kernel_shape(channels), &self.depthwise_initializer, spec);
        let mut y = depthwise.apply(x, kernel, window);
        if self.use_bias {
            let spec = ParameterSpec::new(&self.bias_regularizer, &self.bias_constraint);
            y = y + scope.parameter("bias", [channels * self.depth_multiplier], &self.bias_initializer, spec);
        }
        self.activation.apply(y)
    }
}
