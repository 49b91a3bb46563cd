//! Transposed convolution over 1, 2 and 3 spatial axes: the input gradient of a convolution, used
//! forwards. Not here: the convolution (`conv.rs`).

use super::window::{self, Misfit};
use super::{Layer, axes};
use crate::arguments::{ChannelsLast, Padding, PerAxis};
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Activation, Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;
use ganymede_graph::ops::Window;

configured! {
    /// Transposed convolution over N spatial axes: activation(Kᵀ x + b).
    ///
    /// With i input positions, stride s and a kernel that reaches over k (dilated) positions, the output has
    /// i·s positions for "same" and (i − 1)·s + max(k, s) for "valid"; with output_padding p it has
    /// (i − 1)·s + k mod 2 + p and (i − 1)·s + k + p.
    ///
    /// # Shapes
    /// x (N, spatial…, C), K (kernel_size…, filters, C), b (filters,), result (N, positions…, filters).
    pub struct ConvTranspose<const N: usize> {
        /// Channels of the output.
        filters: usize = 1,
        /// Sizes of the kernel.
        kernel_size: PerAxis<N> = PerAxis([1; N]),
        ;
        /// Distance of neighbouring input positions in the output.
        strides: PerAxis<N> = PerAxis([1; N]),
        /// Whether the output is cut to input × strides.
        padding: Padding = Padding::Valid,
        /// Further positions at the end; below the stride.
        output_padding: Option<PerAxis<N>> = None,
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        /// Distance of neighbouring taps.
        dilation_rate: PerAxis<N> = PerAxis([1; N]),
        /// What is applied to the sum.
        activation: Activation = Activation::linear(),
        /// Whether b is added.
        use_bias: bool = true,
        /// Where K starts.
        kernel_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where b starts.
        bias_initializer: Initializer = Initializer::zeros(),
        /// What K adds to the loss.
        kernel_regularizer: Option<Regularizer> = None,
        /// What b adds to the loss.
        bias_regularizer: Option<Regularizer> = None,
        /// What K is projected on after each update.
        kernel_constraint: Option<Constraint> = None,
        /// What b is projected on after each update.
        bias_constraint: Option<Constraint> = None,
        ; fixed
        activity_regularizer = null, "add the term to the loss instead";
    }
}

/// Transposed convolution over steps.
pub type Conv1DTranspose = ConvTranspose<1>;
/// Transposed convolution over images.
pub type Conv2DTranspose = ConvTranspose<2>;
/// Transposed convolution over volumes.
pub type Conv3DTranspose = ConvTranspose<3>;

impl<const N: usize> ConvTranspose<N> {
    /// The window of the convolution whose input gradient this is, and the output's sizes.
    fn window(&self, input: [usize; N]) -> Result<(Window, Vec<usize>), Misfit> {
        window::positive("kernel_size", self.kernel_size)?;
        window::positive("strides", self.strides)?;
        window::positive("dilation_rate", self.dilation_rate)?;
        window::not_both(self.strides, self.dilation_rate)?;
        if self.padding == Padding::Causal {
            return Err(("expected padding \"valid\" or \"same\", found \"causal\"".into(), None));
        }
        if self.filters == 0 {
            return Err(("expected filters of at least 1, found 0".into(), None));
        }
        if let Some(padding) = self.output_padding.filter(|p| (0..N).any(|a| p.0[a] >= self.strides.0[a])) {
            let message =
                format!("expected output_padding below the strides {:?}, found {:?}", self.strides.0, padding.0);
            return Err((message, Some("use larger strides, or no output_padding".into())));
        }
        let mut window = Window::plain(N);
        window.strides = self.strides.0.to_vec();
        window.dilation = self.dilation_rate.0.to_vec();
        let mut output = vec![0; N];
        for axis in 0..N {
            let (size, stride) = (input[axis], self.strides.0[axis]);
            if size == 0 {
                return Err((format!("expected at least 1 position on spatial axis {axis}, found 0"), None));
            }
            let reach = window::reach(self.kernel_size.0[axis], self.dilation_rate.0[axis]);
            let body = (size - 1).saturating_mul(stride);
            let same = self.padding == Padding::Same;
            output[axis] = match (same, self.output_padding.map(|p| p.0[axis])) {
                (true, None) => size.saturating_mul(stride),
                (false, None) => body.saturating_add(reach.max(stride)),
                (true, Some(p)) => body + reach % 2 + p,
                (false, Some(p)) => body.saturating_add(reach) + p,
            };
            if same && output[axis].div_ceil(stride) != size {
                let message = format!(
                    "expected output_padding of at least 1 for an even kernel of {reach} positions with \"same\" padding, found 0"
                );
                return Err((message, Some("leave output_padding out".into())));
            }
            let total = body.saturating_add(reach).saturating_sub(output[axis]);
            window.low[axis] = if same { total / 2 } else { 0 };
            window.high[axis] = total - window.low[axis];
        }
        Ok((window, output))
    }
}

impl<const N: usize> Layer for ConvTranspose<N> {
    described!(["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let (sizes, channels) = match axes::spatial::<N>(scope, x) {
            Ok(found) => found,
            Err(poison) => return poison,
        };
        let (window, output) = match self.window(sizes) {
            Ok(window) => window,
            Err((message, hint)) => return scope.builder().error(message, hint),
        };
        let shape: Vec<usize> = self.kernel_size.0.into_iter().chain([self.filters, channels]).collect();
        let spec = ParameterSpec::new(&self.kernel_regularizer, &self.kernel_constraint);
        let kernel = scope.parameter("kernel", shape, &self.kernel_initializer, spec);
        let mut y = x.conv_input_grad(kernel, window, &output);
        if self.use_bias {
            let spec = ParameterSpec::new(&self.bias_regularizer, &self.bias_constraint);
            y = y + scope.parameter("bias", [self.filters], &self.bias_initializer, spec);
        }
        self.activation.apply(y)
    }
}
