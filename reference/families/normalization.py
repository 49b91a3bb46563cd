"""Batch, layer, group, unit and spectral normalization."""

import keras


def batch(c):
    layer = "BatchNormalization"
    for training in [False, True]:
        mode = "training" if training else "inference"
        c.layer(f"defaults_rank_2_{mode}", layer, {}, [(6, 3)], training)
        c.layer(f"defaults_rank_3_{mode}", layer, {}, [(3, 4, 2)], training)
        c.layer(f"defaults_rank_4_{mode}", layer, {}, [(2, 3, 2, 3)], training)
        c.layer(f"defaults_rank_5_{mode}", layer, {}, [(2, 2, 2, 3, 2)], training)
        c.layer(f"dcgan_{mode}", layer, {"momentum": 0.9, "epsilon": 1e-5}, [(3, 2, 2, 4)], training)
        c.layer(f"axis_1_{mode}", layer, {"axis": 1, "momentum": 0.8}, [(3, 2, 2, 3)], training)
        c.layer(f"no_center_{mode}", layer, {"center": False}, [(4, 2, 3)], training)
        c.layer(f"no_scale_{mode}", layer, {"scale": False, "epsilon": 0.1}, [(4, 2, 3)], training)
        c.layer(f"neither_{mode}", layer, {"center": False, "scale": False}, [(5, 4)], training)
    c.layer("frozen_training", layer, {"trainable": False}, [(5, 4)], True)
    c.layer("one_sample_training", layer, {}, [(1, 2, 2, 2)], True)


def layer_norm(c):
    layer = "LayerNormalization"
    c.layer("defaults_rank_2", layer, {}, [(3, 5)])
    c.layer("defaults_rank_4", layer, {}, [(2, 2, 3, 4)])
    c.layer("axis_1", layer, {"axis": 1}, [(2, 4, 3)])
    c.layer("axes_1_2", layer, {"axis": [1, 2]}, [(2, 3, 4, 2)])
    c.layer("axes_all", layer, {"axis": [1, 2, 3], "epsilon": 1e-5}, [(2, 2, 3, 3)])
    c.layer("no_center", layer, {"center": False}, [(3, 4)])
    c.layer("no_scale", layer, {"scale": False, "epsilon": 0.1}, [(3, 4)])
    c.layer("neither", layer, {"center": False, "scale": False}, [(3, 4)])


def group(c):
    layer = "GroupNormalization"
    c.layer("two_groups", layer, {"groups": 2}, [(2, 3, 2, 4)])
    c.layer("one_group", layer, {"groups": 1}, [(2, 2, 2, 3)])
    c.layer("instance_by_minus_one", layer, {"groups": -1}, [(2, 3, 2, 3)])
    c.layer("instance_by_channels", layer, {"groups": 3, "epsilon": 1e-5}, [(2, 3, 2, 3)])
    c.layer("rank_2", layer, {"groups": 2}, [(3, 6)])
    c.layer("rank_3", layer, {"groups": 3}, [(2, 4, 6)])
    c.layer("axis_1", layer, {"groups": 2, "axis": 1}, [(2, 4, 3, 2)])
    c.layer("no_center", layer, {"groups": 2, "center": False}, [(2, 3, 4)])
    c.layer("no_scale", layer, {"groups": 2, "scale": False}, [(2, 3, 4)])
    c.rejected("rejects_groups", layer, {"groups": 3}, [(2, 3, 3, 4)])


def unit(c):
    layer = "UnitNormalization"
    c.layer("defaults", layer, {}, [(3, 4)])
    c.layer("rank_4", layer, {}, [(2, 2, 2, 3)])
    c.layer("axis_1", layer, {"axis": 1}, [(2, 3, 4)])
    c.layer("axes_1_2", layer, {"axis": [1, 2]}, [(2, 3, 2, 2)])


def spectral(c):
    for power_iterations in [1, 3]:
        for training in [False, True]:
            c.layer(
                f"dense_{power_iterations}_{'training' if training else 'inference'}",
                "SpectralNormalization",
                {"layer": {"class": "Dense", "config": {"units": 4}},
                 "power_iterations": power_iterations},
                [(2, 3)],
                training,
                make=lambda n=power_iterations: keras.layers.SpectralNormalization(
                    keras.layers.Dense(4), power_iterations=n),
            )
    c.layer(
        "conv2d_training",
        "SpectralNormalization",
        {"layer": {"class": "Conv2D", "config": {"filters": 3, "kernel_size": 2}}},
        [(1, 3, 3, 2)],
        True,
        make=lambda: keras.layers.SpectralNormalization(keras.layers.Conv2D(3, 2)),
    )


FILES = {
    "batch_normalization": batch,
    "layer_normalization": layer_norm,
    "group_normalization": group,
    "unit_normalization": unit,
    "spectral_normalization": spectral,
}
