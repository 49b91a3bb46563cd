"""Dense, convolutions, transposed, depthwise and separable convolutions."""

import itertools


def dense(c):
    c.layer("dense", "Dense", {"units": 4}, [(3, 5)])
    c.layer("dense_no_bias", "Dense", {"units": 3, "use_bias": False}, [(2, 4)])
    c.layer("dense_tanh", "Dense", {"units": 3, "activation": "tanh"}, [(4, 3)])
    c.layer("dense_rank_3", "Dense", {"units": 3, "activation": "sigmoid"}, [(2, 3, 4)])
    c.layer("dense_rank_4", "Dense", {"units": 2}, [(2, 2, 3, 4)])
    c.layer("dense_one_unit", "Dense", {"units": 1}, [(5, 7)])


def conv1d(c):
    combos = itertools.product(["valid", "same", "causal"], [1, 2, 3], [1, 2], [1, 2, 3, 4])
    for padding, stride, dilation, kernel in combos:
        if dilation > 1 and (stride > 1 or kernel < 2):
            continue
        c.layer(
            f"conv1d_{padding}_s{stride}_d{dilation}_k{kernel}",
            "Conv1D",
            {"filters": 2, "kernel_size": kernel, "strides": stride, "padding": padding,
             "dilation_rate": dilation},
            [(2, 8 if stride == 2 else 7, 2)],
        )
    c.layer("conv1d_groups", "Conv1D", {"filters": 4, "kernel_size": 3, "groups": 2}, [(2, 6, 4)])
    c.layer("conv1d_stride_above_kernel", "Conv1D",
            {"filters": 2, "kernel_size": 2, "strides": 3, "padding": "same"}, [(1, 10, 2)])
    c.rejected("conv1d_rejects_stride_and_dilation", "Conv1D",
               {"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, [(1, 9, 2)])


def conv2d(c):
    for padding, stride, kernel in itertools.product(["valid", "same"], [1, 2, 3], [1, 2, 3, 4, 5]):
        size = (1, 6, 5, 2) if kernel != 5 else (1, 5, 6, 2)
        if kernel == 4 or (kernel == 5 and stride == 2):
            size = (1, 6, 6, 2)
        c.layer(
            f"conv2d_{padding}_s{stride}_k{kernel}",
            "Conv2D",
            {"filters": 1 if kernel == 5 else 2, "kernel_size": kernel, "strides": stride,
             "padding": padding, "use_bias": kernel != 3},
            [size],
        )
    for padding in ["valid", "same"]:
        c.layer(f"conv2d_{padding}_dilated", "Conv2D",
                {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": padding},
                [(1, 7, 6, 2)])
        c.layer(f"conv2d_{padding}_dilated_uneven", "Conv2D",
                {"filters": 2, "kernel_size": [2, 3], "dilation_rate": [3, 1], "padding": padding},
                [(1, 5, 6, 2)])
        c.layer(f"conv2d_{padding}_uneven", "Conv2D",
                {"filters": 2, "kernel_size": [4, 1], "strides": [1, 2], "padding": padding},
                [(2, 5, 4, 2)])
        c.layer(f"conv2d_{padding}_groups", "Conv2D",
                {"filters": 6, "kernel_size": 3, "groups": 3, "strides": 2, "padding": padding},
                [(1, 5, 5, 6)])
    c.layer("conv2d_groups_dilated", "Conv2D",
            {"filters": 4, "kernel_size": 2, "groups": 2, "dilation_rate": 2, "padding": "same"},
            [(1, 5, 4, 4)])
    for activation in ["relu", "tanh", "leaky_relu"]:
        c.layer(f"conv2d_{activation}", "Conv2D",
                {"filters": 2, "kernel_size": 3, "activation": activation}, [(1, 4, 5, 2)])
    c.rejected("conv2d_rejects_stride_and_dilation", "Conv2D",
               {"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, [(1, 9, 9, 2)])
    c.rejected("conv2d_rejects_groups", "Conv2D",
               {"filters": 4, "kernel_size": 3, "groups": 2}, [(1, 5, 5, 3)])
    c.rejected("conv2d_rejects_empty_output", "Conv2D",
               {"filters": 2, "kernel_size": 4}, [(1, 3, 5, 2)])


def conv3d(c):
    for padding, stride, kernel in itertools.product(["valid", "same"], [1, 2], [2, 3]):
        c.layer(
            f"conv3d_{padding}_s{stride}_k{kernel}",
            "Conv3D",
            {"filters": 2, "kernel_size": kernel, "strides": stride, "padding": padding},
            [(1, 4, 3, 4, 2)],
        )
    for padding in ["valid", "same"]:
        c.layer(f"conv3d_{padding}_dilated", "Conv3D",
                {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "padding": padding},
                [(1, 4, 3, 4, 2)])
        c.layer(f"conv3d_{padding}_uneven", "Conv3D",
                {"filters": 2, "kernel_size": [1, 2, 3], "strides": [2, 1, 3], "padding": padding,
                 "use_bias": False}, [(2, 3, 3, 5, 1)])
    c.layer("conv3d_groups", "Conv3D",
            {"filters": 4, "kernel_size": 2, "groups": 2}, [(1, 3, 3, 3, 4)])


def transposed(c, rank, kernels, strides, sizes, filters=2, dilations=(1, 2)):
    """Every padding × stride × dilation × output_padding that Keras takes."""
    for padding, kernel, stride, dilation in itertools.product(
        ["valid", "same"], kernels, strides, dilations
    ):
        if dilation > 1 and (stride > 1 or kernel < 2):
            continue
        for output_padding in [None, *range(stride)]:
            if padding == "same" and output_padding is not None:
                extent = (kernel - 1) * dilation + 1
                size = sizes[0]
                if -(-((size - 1) * stride + extent % 2 + output_padding) // stride) != size:
                    continue  # TensorFlow refuses it: output_padding 0 with an even kernel
            config = {"filters": filters, "kernel_size": kernel, "strides": stride,
                      "padding": padding, "use_bias": (kernel + stride) % 2 == 0}
            if dilation > 1:
                config["dilation_rate"] = dilation
            if output_padding is not None:
                config["output_padding"] = output_padding
            c.layer(
                f"conv{rank}d_transpose_{padding}_k{kernel}_s{stride}_d{dilation}_"
                f"p{'none' if output_padding is None else output_padding}",
                f"Conv{rank}DTranspose", config, [(1, *sizes, 2)],
            )


def conv1d_transpose(c):
    transposed(c, 1, [1, 2, 3, 4, 5], [1, 2, 3, 4], [3], filters=1)
    c.layer("conv1d_transpose_tanh", "Conv1DTranspose",
            {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same",
             "activation": "tanh"}, [(2, 3, 2)])
    c.rejected("conv1d_transpose_rejects_output_padding", "Conv1DTranspose",
               {"filters": 2, "kernel_size": 3, "strides": 2, "output_padding": 2}, [(1, 4, 2)])
    c.rejected("conv1d_transpose_rejects_even_kernel_without_padding", "Conv1DTranspose",
               {"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same",
                "output_padding": 0}, [(1, 4, 2)])
    c.rejected("conv1d_transpose_rejects_stride_and_dilation", "Conv1DTranspose",
               {"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, [(1, 4, 2)])


def conv2d_transpose(c):
    transposed(c, 2, [2, 3, 4], [1, 2], [3, 2])
    for padding in ["valid", "same"]:
        c.layer(f"conv2d_transpose_{padding}_k5_s2", "Conv2DTranspose",
                {"filters": 1, "kernel_size": 5, "strides": 2, "padding": padding,
                 "use_bias": False}, [(1, 3, 2, 2)])
        c.layer(f"conv2d_transpose_{padding}_k5_s1", "Conv2DTranspose",
                {"filters": 2, "kernel_size": 5, "padding": padding, "use_bias": False},
                [(1, 3, 2, 2)])
        c.layer(f"conv2d_transpose_{padding}_uneven", "Conv2DTranspose",
                {"filters": 2, "kernel_size": [4, 2], "strides": [2, 3], "padding": padding,
                 "activation": "tanh"}, [(1, 2, 3, 3)])
    c.layer("conv2d_transpose_from_1x1", "Conv2DTranspose",
            {"filters": 2, "kernel_size": 4, "use_bias": False}, [(2, 1, 1, 4)])


def conv3d_transpose(c):
    transposed(c, 3, [2, 3], [1, 2], [2, 2, 2])
    c.layer("conv3d_transpose_uneven", "Conv3DTranspose",
            {"filters": 2, "kernel_size": [1, 2, 3], "strides": [2, 1, 2], "padding": "same"},
            [(1, 2, 2, 2, 2)])


def depthwise(c):
    for padding, stride, kernel in itertools.product(["valid", "same"], [1, 2], [2, 3]):
        for multiplier in [1, 2]:
            c.layer(f"depthwise_{padding}_s{stride}_k{kernel}_m{multiplier}", "DepthwiseConv2D",
                    {"kernel_size": kernel, "strides": stride, "padding": padding,
                     "depth_multiplier": multiplier, "use_bias": kernel == 2}, [(1, 5, 4, 2)])
    for padding in ["valid", "same"]:
        c.layer(f"depthwise_{padding}_dilated", "DepthwiseConv2D",
                {"kernel_size": 2, "dilation_rate": 2, "padding": padding, "activation": "tanh"},
                [(1, 5, 5, 2)])
    c.layer("depthwise_rectangular", "DepthwiseConv2D", {"kernel_size": [1, 3]}, [(2, 3, 5, 2)])


def separable(c):
    for padding, stride, multiplier in itertools.product(["valid", "same"], [1, 2], [1, 2]):
        c.layer(f"separable_{padding}_s{stride}_m{multiplier}", "SeparableConv2D",
                {"filters": 3, "kernel_size": 3, "strides": stride, "padding": padding,
                 "depth_multiplier": multiplier, "use_bias": stride == 1}, [(1, 5, 4, 2)])
    c.layer("separable_dilated", "SeparableConv2D",
            {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "padding": "same",
             "activation": "tanh"}, [(1, 4, 5, 2)])


FILES = {
    "dense": dense,
    "conv1d": conv1d,
    "conv2d": conv2d,
    "conv3d": conv3d,
    "conv1d_transpose": conv1d_transpose,
    "conv2d_transpose": conv2d_transpose,
    "conv3d_transpose": conv3d_transpose,
    "depthwise_conv2d": depthwise,
    "separable_conv2d": separable,
}
