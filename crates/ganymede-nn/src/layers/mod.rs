//! The layers: one file each (a family over 1, 2 and 3 dimensions shares one), one line in the table.
//!
//! To add one: a file with a struct made by `configured!`, `impl Layer` for it, and a line in the table
//! below. It then reads and writes its configuration, is in `CLASS_NAMES`, and is met by the contract tests.

use crate::config::{Arguments, Configured};
use crate::scope::Scope;
use ganymede_graph::Expr;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// A function with parameters, as a builder of graph nodes. A `Model` is a layer, too.
///
/// Most layers take one tensor and give one: they implement [`call`](Layer::call). What takes several
/// implements [`build`](Layer::build).
///
/// ```
/// use ganymede_graph::{Builder, Expr};
/// use ganymede_nn::{Layer, Mode, Scope};
/// use ganymede_tensor::TensorType;
///
/// #[derive(Debug)]
/// struct Doubled;
///
/// impl Layer for Doubled {
///     fn class_name(&self) -> &'static str {
///         "example>Doubled"
///     }
///     fn arguments(&self) -> serde_json::Map<String, serde_json::Value> {
///         serde_json::Map::new()
///     }
///     fn call<'g>(&self, _: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
///         x * 2.0
///     }
/// }
///
/// let builder = Builder::new("example");
/// let scope = Scope::root(&builder, "network", Mode::Infer);
/// let y = Doubled.build(&scope, &[builder.input("x", TensorType::f32([4]))])[0];
/// assert_eq!(y.shape()[..], [4]);
/// ```
pub trait Layer: fmt::Debug + Send + Sync {
    /// Keras's class name, or `ganymede>…` where Keras has no such layer.
    fn class_name(&self) -> &'static str;

    /// The arguments that differ from their defaults, in Keras's order.
    fn arguments(&self) -> Map<String, Value>;

    /// Itself, when it is what declares an input of a model.
    fn input(&self) -> Option<&Input> {
        None
    }

    /// The output for one input that is not a poison.
    ///
    /// # Errors
    /// Recorded in the builder; the result then has the type that the layer declares, or is a poison.
    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let _ = x;
        scope.builder().error(format!("`{}` cannot be applied to a single tensor", self.class_name()), None)
    }

    /// The outputs for some inputs, inside the entered `scope`. Parameters are made in the order of Keras's `weights`.
    ///
    /// # Errors
    /// As [`call`](Layer::call).
    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        match inputs {
            [x] if x.is_poison() => vec![*x],
            [x] => vec![self.call(scope, *x)],
            _ => {
                let message = format!("`{}` expected one input, found {}", self.class_name(), inputs.len());
                vec![scope.builder().error(message, Some("join them with a Concatenate or Add layer first".into()))]
            }
        }
    }
}

/// The two methods of [`Layer`] that follow from `configured!`.
macro_rules! described {
    ($class:expr) => {
        fn class_name(&self) -> &'static str {
            $class
        }
        fn arguments(&self) -> serde_json::Map<String, serde_json::Value> {
            $crate::config::Configured::write(self)
        }
    };
}

mod axes;
mod folded;
mod inner;
mod recurrent;
mod window;

pub use inner::{Inner, Inputs, LayerConfig};

macro_rules! table {
    (modules { $($module:ident: $($export:ident),+;)* } classes { $($class:literal => $layer:ty,)* }) => {
        $(mod $module; pub use $module::{$($export),+};)*

        /// Names of all layers: Keras's, and `ganymede>…` for those that Keras does not have.
        pub const CLASS_NAMES: &[&str] = &[$($class),*];

        fn read(class: &str, arguments: &mut Arguments) -> Option<Arc<dyn Layer>> {
            match class {
                $($class => Some(Arc::new(<$layer as Configured>::read(arguments))),)*
                _ => None,
            }
        }
    };
}

table! {
    modules {
        activation: ActivationLayer;
        batch_normalization: BatchNormalization;
        bidirectional: Bidirectional, MergeMode;
        category_encoding: CategoryEncoding, OutputMode;
        concatenate: Concatenate;
        conditional_batch_normalization: ConditionalBatchNormalization;
        conv: Conv, Conv1D, Conv2D, Conv3D;
        conv_transpose: Conv1DTranspose, Conv2DTranspose, Conv3DTranspose, ConvTranspose;
        cropping: Cropping1D, Cropping2D, Cropping3D;
        dense: Dense;
        depthwise_conv: DepthwiseConv, DepthwiseConv1D, DepthwiseConv2D;
        dot: Dot;
        dropout: Dropout, SpatialDropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D;
        elu: ELU;
        embedding: Embedding;
        expression: ExpressionLayer, Formula;
        flatten: Flatten;
        gaussian: GaussianDropout, GaussianNoise;
        gaussian_copula: GaussianCopula;
        global_pooling: GlobalAveragePooling, GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D,
            GlobalMaxPooling, GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D;
        group_normalization: GroupNormalization;
        gru: GRU;
        identity: Identity;
        input: Input, InputType;
        layer_normalization: LayerNormalization;
        leaky_relu: LeakyReLU;
        lstm: LSTM;
        merging: Add, Average, Maximum, Minimum, Multiply, Subtract;
        minibatch_stddev: MinibatchStddev;
        multi_head_attention: MultiHeadAttention, Sizes;
        one_hot: OneHot;
        pack: Pack;
        permute: Permute;
        pooling: AveragePooling, AveragePooling1D, AveragePooling2D, AveragePooling3D,
            MaxPooling, MaxPooling1D, MaxPooling2D, MaxPooling3D;
        prelu: PReLU;
        reflection_padding: ReflectionPadding2D;
        relu: ReLU;
        repeat_vector: RepeatVector;
        rescaling: Rescaling;
        reshape: Reshape;
        resizing: Resizing;
        self_attention: SelfAttention2D;
        separable_conv: SeparableConv, SeparableConv1D, SeparableConv2D;
        simple_rnn: SimpleRNN;
        softmax: Softmax;
        spectral_normalization: SpectralNormalization;
        tabular_activation: ColumnActivation, Columns, TabularActivation;
        time_distributed: TimeDistributed;
        unit_normalization: UnitNormalization;
        up_sampling: UpSampling1D, UpSampling2D, UpSampling3D;
        zero_padding: ZeroPadding, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D;
    }
    classes {
        "Activation" => ActivationLayer,
        "Add" => Add,
        "Average" => Average,
        "AveragePooling1D" => AveragePooling1D,
        "AveragePooling2D" => AveragePooling2D,
        "AveragePooling3D" => AveragePooling3D,
        "BatchNormalization" => BatchNormalization,
        "Bidirectional" => Bidirectional,
        "CategoryEncoding" => CategoryEncoding,
        "Concatenate" => Concatenate,
        "Conv1D" => Conv1D,
        "Conv1DTranspose" => Conv1DTranspose,
        "Conv2D" => Conv2D,
        "Conv2DTranspose" => Conv2DTranspose,
        "Conv3D" => Conv3D,
        "Conv3DTranspose" => Conv3DTranspose,
        "Cropping1D" => Cropping1D,
        "Cropping2D" => Cropping2D,
        "Cropping3D" => Cropping3D,
        "Dense" => Dense,
        "DepthwiseConv1D" => DepthwiseConv1D,
        "DepthwiseConv2D" => DepthwiseConv2D,
        "Dot" => Dot,
        "Dropout" => Dropout,
        "ELU" => ELU,
        "Embedding" => Embedding,
        "Flatten" => Flatten,
        "GRU" => GRU,
        "GaussianDropout" => GaussianDropout,
        "GaussianNoise" => GaussianNoise,
        "GlobalAveragePooling1D" => GlobalAveragePooling1D,
        "GlobalAveragePooling2D" => GlobalAveragePooling2D,
        "GlobalAveragePooling3D" => GlobalAveragePooling3D,
        "GlobalMaxPooling1D" => GlobalMaxPooling1D,
        "GlobalMaxPooling2D" => GlobalMaxPooling2D,
        "GlobalMaxPooling3D" => GlobalMaxPooling3D,
        "GroupNormalization" => GroupNormalization,
        "Identity" => Identity,
        "Input" => Input,
        "InputLayer" => Input,
        "LSTM" => LSTM,
        "LayerNormalization" => LayerNormalization,
        "LeakyReLU" => LeakyReLU,
        "MaxPooling1D" => MaxPooling1D,
        "MaxPooling2D" => MaxPooling2D,
        "MaxPooling3D" => MaxPooling3D,
        "Maximum" => Maximum,
        "Minimum" => Minimum,
        "MultiHeadAttention" => MultiHeadAttention,
        "Multiply" => Multiply,
        "PReLU" => PReLU,
        "Permute" => Permute,
        "ReLU" => ReLU,
        "RepeatVector" => RepeatVector,
        "Rescaling" => Rescaling,
        "Reshape" => Reshape,
        "Resizing" => Resizing,
        "SeparableConv1D" => SeparableConv1D,
        "SeparableConv2D" => SeparableConv2D,
        "SimpleRNN" => SimpleRNN,
        "Softmax" => Softmax,
        "SpatialDropout1D" => SpatialDropout1D,
        "SpatialDropout2D" => SpatialDropout2D,
        "SpatialDropout3D" => SpatialDropout3D,
        "SpectralNormalization" => SpectralNormalization,
        "Subtract" => Subtract,
        "TimeDistributed" => TimeDistributed,
        "UnitNormalization" => UnitNormalization,
        "UpSampling1D" => UpSampling1D,
        "UpSampling2D" => UpSampling2D,
        "UpSampling3D" => UpSampling3D,
        "ZeroPadding1D" => ZeroPadding1D,
        "ZeroPadding2D" => ZeroPadding2D,
        "ZeroPadding3D" => ZeroPadding3D,
        "ganymede>ConditionalBatchNormalization" => ConditionalBatchNormalization,
        "ganymede>Expression" => ExpressionLayer,
        "ganymede>GaussianCopula" => GaussianCopula,
        "ganymede>MinibatchStddev" => MinibatchStddev,
        "ganymede>OneHot" => OneHot,
        "ganymede>Pack" => Pack,
        "ganymede>ReflectionPadding2D" => ReflectionPadding2D,
        "ganymede>SelfAttention2D" => SelfAttention2D,
        "ganymede>TabularActivation" => TabularActivation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;
    use ganymede_graph::Builder;
    use ganymede_tensor::TensorType;

    #[test]
    fn a_layer_reads_from_toml_and_writes_back() {
        let text = "class_name = \"Dense\"\nname = \"hidden\"\nunits = 256\nactivation = \"relu\"\n";
        let config: LayerConfig = toml::from_str(text).unwrap();
        let layer = config.layer().unwrap();
        let again = LayerConfig { name: config.name.clone(), ..LayerConfig::from(&*layer) };
        assert_eq!(toml::to_string(&again).unwrap(), text);
    }

    #[test]
    fn every_error_of_a_configuration_is_told_with_the_nearest_name() {
        let text = "class_name = \"Dense\"\nunit = 256\nactivation = \"rleu\"\n";
        let errors = toml::from_str::<LayerConfig>(text).unwrap().layer().unwrap_err();
        let told: Vec<(String, Option<String>)> = errors.iter().map(|e| (e.to_string(), e.hint())).collect();
        // `units` is there under another name: it is not missing.
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[1].0, "`Dense` has no argument `unit`");
        assert_eq!(told[1].1.as_deref(), Some("did you mean `units`?"));
        assert_eq!(told[0].1.as_deref(), Some("did you mean `relu`?"));
        let class = LayerConfig { class_name: "Conv2".into(), ..LayerConfig::default() }.layer().unwrap_err();
        assert_eq!(class[0].to_string(), "expected the name of a layer, found `Conv2`");
    }

    #[test]
    fn a_reshape_that_does_not_fit_says_so_and_hands_on_its_target() {
        let builder = Builder::new("f");
        let scope = Scope::root(&builder, "generator", Mode::Train).child("reshape");
        let _guard = scope.enter();
        let x = builder.input("x", TensorType::f32([8, 256]));
        let y = Reshape::new([4, 4, 256]).build(&scope, &[x])[0];
        assert_eq!(y.shape()[..], [8, 4, 4, 256]);
        let errors = builder.take_errors();
        assert_eq!(errors[0].message, "expected 4096 values for (4, 4, 256), found 256");
        assert_eq!(errors[0].hint.as_deref(), Some("use Dense(4096) in front of it"));
        assert_eq!(errors[0].scope, "generator/reshape");
    }
}
