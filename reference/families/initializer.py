"""Initializers: computed fans, exact values of the deterministic ones, statistics of the random ones."""

import numpy as np

from common import array, keras

SHAPES = {"dense": (48, 40), "conv2d": (3, 3, 8, 12), "conv2d_transpose": (4, 4, 16, 8), "bias": (600,)}
DRAWS = 24  # statistics are over this many independent draws


def compute_fans(shape):
    from keras.src.initializers.random_initializers import compute_fans as fans

    return fans(shape)


def exact(c, cls, config, shape):
    values = np.array(getattr(keras.initializers, cls)(**config)(shape))
    c.add({"name": f"{cls}_{len(c.cases)}", "class": cls, "config": config, "shape": list(shape),
           "values": array(values)})


def random(c, cls, config, key):
    shape = SHAPES[key]
    seeds = range(1, DRAWS + 1)
    values = np.stack([np.array(getattr(keras.initializers, cls)(**config, seed=s)(shape)) for s in seeds])
    fan_in, fan_out = compute_fans(shape)
    c.add({
        "name": f"{cls}_{key}_{len(c.cases)}",
        "class": cls,
        "config": config,
        "shape": list(shape),
        "fan_in": fan_in,
        "fan_out": fan_out,
        "count": int(values.size),
        "mean": float(values.mean()),
        "std": float(values.std()),
        "min": float(values.min()),
        "max": float(values.max()),
        # Fourth moment over squared variance: 1.8 uniform, 3 normal, about 2.37 normal cut at two σ.
        "kurtosis": float(((values - values.mean()) ** 4).mean() / values.var() ** 2),
    })


def initializers(c):
    exact(c, "Zeros", {}, (2, 3))
    exact(c, "Ones", {}, (2, 3))
    exact(c, "Constant", {}, (3,))
    exact(c, "Constant", {"value": 0.25}, (2, 2))
    exact(c, "Identity", {}, (3, 3))
    exact(c, "Identity", {"gain": 0.5}, (2, 4))
    exact(c, "STFT", {"side": "real"}, (8, 1, 5))
    exact(c, "STFT", {"side": "imag", "window": "hamming", "scaling": "density", "periodic": True}, (8, 1, 5))
    scaled = ["GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform"]
    for cls in ["RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", *scaled]:
        for key in SHAPES:
            random(c, cls, {}, key)
    random(c, "RandomNormal", {"mean": 1.0, "stddev": 0.02}, "bias")
    random(c, "TruncatedNormal", {"mean": -0.5, "stddev": 0.2}, "dense")
    random(c, "RandomUniform", {"minval": 0.0, "maxval": 3.0}, "conv2d")
    for mode in ["fan_in", "fan_out", "fan_avg"]:
        for distribution in ["uniform", "truncated_normal", "untruncated_normal"]:
            config = {"scale": 2.5, "mode": mode, "distribution": distribution}
            random(c, "VarianceScaling", config, "conv2d_transpose")
    for config, shape in [({}, (6, 4)), ({}, (4, 6)), ({"gain": 1.5}, (3, 3, 2, 5))]:
        values = np.array(keras.initializers.Orthogonal(**config, seed=1)(shape)).reshape(-1, shape[-1])
        tall = values if values.shape[0] >= values.shape[1] else values.T
        c.add({"name": f"Orthogonal_{len(c.cases)}", "class": "Orthogonal", "config": config,
               "shape": list(shape), "gram": array(np.round(tall.T @ tall, 12))})


FILES = {"initializers": initializers}
