//! One small example of every layer: class, arguments, input shapes. A layer without one fails the contract tests.

use serde_json::{Value, json};

/// Class name, arguments, input shapes with the batch axis.
pub fn examples() -> Vec<(&'static str, Value, Vec<Vec<usize>>)> {
    let sequence = || vec![vec![2, 5, 2]];
    let image = || vec![vec![2, 4, 5, 2]];
    let volume = || vec![vec![1, 3, 4, 3, 2]];
    let matrix = || vec![vec![3, 4]];
    let both = || vec![vec![2, 3, 2], vec![2, 3, 2]];
    let dense = json!({ "class_name": "Dense", "units": 3 });
    vec![
        ("Activation", json!({ "activation": "tanh" }), matrix()),
        ("Add", json!({}), both()),
        ("Average", json!({}), both()),
        ("AveragePooling1D", json!({ "pool_size": 2 }), sequence()),
        ("AveragePooling2D", json!({ "pool_size": [2, 3], "strides": [1, 2], "padding": "same" }), image()),
        ("AveragePooling3D", json!({ "pool_size": [2, 2, 2] }), volume()),
        ("BatchNormalization", json!({ "momentum": 0.9 }), image()),
        ("Concatenate", json!({ "axis": 1 }), both()),
        ("Conv1D", json!({ "filters": 3, "kernel_size": 3, "padding": "causal" }), sequence()),
        ("Conv1DTranspose", json!({ "filters": 3, "kernel_size": 3, "strides": 2 }), sequence()),
        ("Conv2D", json!({ "filters": 4, "kernel_size": [3, 3], "padding": "same", "groups": 2 }), image()),
        (
            "Conv2DTranspose",
            json!({ "filters": 2, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same" }),
            image(),
        ),
        ("Conv3D", json!({ "filters": 2, "kernel_size": [2, 2, 2], "activation": "tanh" }), volume()),
        ("Conv3DTranspose", json!({ "filters": 1, "kernel_size": [2, 2, 2], "use_bias": false }), volume()),
        ("Cropping1D", json!({ "cropping": [2, 1] }), sequence()),
        ("Cropping2D", json!({ "cropping": [[1, 0], [0, 2]] }), image()),
        ("Cropping3D", json!({ "cropping": [[1, 0], [0, 2], [1, 1]] }), volume()),
        ("Dense", json!({ "units": 3, "activation": "sigmoid" }), matrix()),
        ("DepthwiseConv1D", json!({ "kernel_size": 3, "depth_multiplier": 2 }), sequence()),
        ("DepthwiseConv2D", json!({ "kernel_size": [3, 2], "padding": "same" }), image()),
        ("Dropout", json!({ "rate": 0.4 }), matrix()),
        ("ELU", json!({ "alpha": 0.7 }), matrix()),
        ("Embedding", json!({ "input_dim": 3, "output_dim": 4 }), vec![vec![5]]),
        ("Flatten", json!({}), image()),
        ("GaussianDropout", json!({ "rate": 0.2 }), matrix()),
        ("GaussianNoise", json!({ "stddev": 0.2 }), matrix()),
        ("GlobalAveragePooling1D", json!({ "keepdims": true }), sequence()),
        ("GlobalAveragePooling2D", json!({}), image()),
        ("GlobalAveragePooling3D", json!({}), volume()),
        ("GlobalMaxPooling1D", json!({}), sequence()),
        ("GlobalMaxPooling2D", json!({ "keepdims": true }), image()),
        ("GlobalMaxPooling3D", json!({}), volume()),
        ("GroupNormalization", json!({ "groups": 2 }), vec![vec![2, 3, 4]]),
        ("Identity", json!({}), matrix()),
        ("Input", json!({ "shape": [4] }), matrix()),
        ("LayerNormalization", json!({ "axis": [1, 2] }), sequence()),
        ("LeakyReLU", json!({ "negative_slope": 0.2 }), matrix()),
        ("MaxPooling1D", json!({ "pool_size": 3, "strides": 1 }), sequence()),
        ("MaxPooling2D", json!({ "padding": "same" }), image()),
        ("MaxPooling3D", json!({ "strides": [1, 2, 1] }), volume()),
        ("Maximum", json!({}), both()),
        ("Minimum", json!({}), both()),
        ("Multiply", json!({}), both()),
        ("PReLU", json!({ "shared_axes": 1 }), sequence()),
        ("Permute", json!({ "dims": [2, 1] }), sequence()),
        ("ReLU", json!({ "negative_slope": 0.1, "max_value": 0.8 }), matrix()),
        ("RepeatVector", json!({ "n": 3 }), matrix()),
        ("Rescaling", json!({ "scale": 0.5, "offset": -1.0 }), matrix()),
        ("Reshape", json!({ "target_shape": [2, -1] }), matrix()),
        ("SeparableConv1D", json!({ "filters": 3, "kernel_size": 2 }), sequence()),
        ("SeparableConv2D", json!({ "filters": 3, "kernel_size": [2, 2], "depth_multiplier": 2 }), image()),
        ("Softmax", json!({ "axis": 1 }), sequence()),
        ("SpatialDropout1D", json!({ "rate": 0.5 }), sequence()),
        ("SpatialDropout2D", json!({ "rate": 0.5 }), image()),
        ("SpatialDropout3D", json!({ "rate": 0.5 }), volume()),
        ("SpectralNormalization", json!({ "layer": dense, "power_iterations": 2 }), matrix()),
        ("Subtract", json!({}), both()),
        ("UnitNormalization", json!({ "axis": 1 }), sequence()),
        ("UpSampling1D", json!({ "size": 3 }), sequence()),
        ("UpSampling2D", json!({ "size": [3, 2], "interpolation": "bilinear" }), image()),
        ("UpSampling3D", json!({ "size": [1, 2, 2] }), volume()),
        ("ZeroPadding1D", json!({ "padding": [2, 1] }), sequence()),
        ("ZeroPadding2D", json!({ "padding": [[0, 1], [2, 1]] }), image()),
        ("ZeroPadding3D", json!({ "padding": [[0, 1], [2, 1], [1, 1]] }), volume()),
        ("ganymede>Pack", json!({ "pac": 2 }), vec![vec![4, 3]]),
        (
            "ganymede>TabularActivation",
            json!({ "columns": [["tanh", 1], ["softmax", 3], ["linear", 2]], "temperature": 0.5 }),
            vec![vec![3, 6]],
        ),
    ]
}
