//! A depthwise convolution with a pointwise one behind it. Not here: the first alone (`depthwise_conv.rs`).

use super::depthwise_conv::Depthwise;
use super::{Layer, axes};
use crate::arguments::{ChannelsLast, Padding, PerAxis};
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Activation, Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;
use ganymede_graph::ops::Window;

configured! {
    /// Convolution of each channel by itself, then of all channels at each position: activation((x ∗ D) ∗ P + b).
    ///
    /// # Shapes
    /// x (N, spatial…, C), D (kernel_size…, C, depth_multiplier), P (1…, C·depth_multiplier, filters),
    /// result (N, positions…, filters).
    pub struct SeparableConv<const N: usize> {
        /// Channels of the output.
        filters: usize = 1,
        /// Sizes of D.
        kernel_size: PerAxis<N> = PerAxis([1; N]),
        ;
        /// Steps of D.
        strides: PerAxis<N> = PerAxis([1; N]),
        /// What surrounds the input.
        padding: Padding = Padding::Valid,
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        /// Distance of neighbouring taps of D.
        dilation_rate: PerAxis<N> = PerAxis([1; N]),
        /// Channels between D and P, for each input channel.
        depth_multiplier: usize = 1,
        /// What is applied to the sum.
        activation: Activation = Activation::linear(),
        /// Whether b is added.
        use_bias: bool = true,
        /// Where D starts.
        depthwise_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where P starts.
        pointwise_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where b starts.
        bias_initializer: Initializer = Initializer::zeros(),
        /// What D adds to the loss.
        depthwise_regularizer: Option<Regularizer> = None,
        /// What P adds to the loss.
        pointwise_regularizer: Option<Regularizer> = None,
        /// What b adds to the loss.
        bias_regularizer: Option<Regularizer> = None,
        /// What D is projected on after each update.
        depthwise_constraint: Option<Constraint> = None,
        /// What P is projected on after each update.
        pointwise_constraint: Option<Constraint> = None,
        /// What b is projected on after each update.
        bias_constraint: Option<Constraint> = None,
        ; fixed
        activity_regularizer = null, "add the term to the loss instead";
    }
}

/// Separable convolution over steps.
pub type SeparableConv1D = SeparableConv<1>;
/// Separable convolution over images.
pub type SeparableConv2D = SeparableConv<2>;

impl<const N: usize> Layer for SeparableConv<N> {
    described!(["SeparableConv1D", "SeparableConv2D"][N - 1]);

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
            Ok(_) if self.filters == 0 => {
                return scope.builder().error("expected filters of at least 1, found 0".into(), None);
            }
            Ok(window) => window,
            Err((message, hint)) => return scope.builder().error(message, hint),
        };
        let between = channels * self.depth_multiplier;
        let spec = ParameterSpec::new(&self.depthwise_regularizer, &self.depthwise_constraint);
        let shape = depthwise.kernel_shape(channels);
        let depth = scope.parameter("depthwise_kernel", shape, &self.depthwise_initializer, spec);
        let spec = ParameterSpec::new(&self.pointwise_regularizer, &self.pointwise_constraint);
        let shape: Vec<usize> = [1; N].into_iter().chain([between, self.filters]).collect();
        let point = scope.parameter("pointwise_kernel", shape, &self.pointwise_initializer, spec);
        let mut y = depthwise.apply(x, depth, window).conv(point, Window::plain(N));
        if self.use_bias {
            let spec = ParameterSpec::new(&self.bias_regularizer, &self.bias_constraint);
            y = y + scope.parameter("bias", [self.filters], &self.bias_initializer, spec);
        }
        self.activation.apply(y)
    }
}
