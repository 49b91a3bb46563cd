"""Every Keras activation by name, with arguments, and the activation layers."""

import inspect

import numpy as np
import tensorflow as tf

from common import array, keras, rng_for, uniform

# Where some activation bends or jumps.
KINKS = [0.0, 0.5, -0.5, 0.7, 1.0, -1.0, 3.0, -3.0, 6.0]
# These work on a whole axis and so take random rows instead of a grid.
BY_AXIS = ["softmax", "log_softmax", "sparsemax", "glu"]
LARGE = [-120.0, -50.5, -20.25, -9.5, 9.5, 20.25, 50.5, 120.0]


def grid():
    """40 points in [-7.7, 7.7], none within 0.06 of a kink."""
    x = np.linspace(-7.7, 7.7, 40)
    x = np.concatenate([np.linspace(-7.7, -3.3, 8), np.linspace(-2.93, 2.91, 24), np.linspace(3.2, 7.6, 8)])
    for kink in KINKS:
        near = np.abs(x - kink) < 0.06
        x = np.where(near, kink + np.where(x < kink, -0.07, 0.07), x)
    assert min(np.abs(x - k).min() for k in KINKS) > 0.05
    return np.round(x, 3).reshape(5, 8)


def names():
    hidden = {"get", "serialize", "deserialize"}
    return sorted(n for n in dir(keras.activations) if n[0] != "_" and n not in hidden)


def by_name(c):
    for name in names():
        if name == "threshold":  # it has arguments without defaults: see the functions
            continue
        config = {"activation": name}
        if name in BY_AXIS:
            c.layer(name, "Activation", config, [(3, 4)])
            c.layer(f"{name}_rank_4", "Activation", config, [(2, 2, 2, 4)])
        else:
            c.layer(name, "Activation", config, grid())
            large = LARGE if name != "exponential" else LARGE[1:-1]
            c.layer(f"{name}_large", "Activation", config, np.array([large]))
    for name in ["softmax", "log_softmax"]:
        c.layer(f"{name}_large", "Activation", {"activation": name}, np.array([LARGE, LARGE[::-1]]))


def functions(c):
    """The functions with arguments; no layer says them by name alone."""
    calls = [
        ("relu", {"negative_slope": 0.1}),
        ("relu", {"max_value": 3.0, "threshold": 0.5}),
        ("relu", {"negative_slope": 0.2, "max_value": 6.0, "threshold": 1.0}),
        ("leaky_relu", {"negative_slope": 0.35}),
        ("elu", {"alpha": 0.5}),
        ("celu", {"alpha": 0.5}),
        ("gelu", {"approximate": True}),
        ("gelu", {"approximate": False}),
        ("hard_shrink", {"threshold": 0.7}),
        ("soft_shrink", {"threshold": 0.7}),
        ("squareplus", {"b": 2}),
        ("threshold", {"threshold": 0.5, "default_value": -1.5}),
        ("softmax", {"axis": 1}),
        ("log_softmax", {"axis": 1}),
        ("sparsemax", {"axis": 1}),
        ("glu", {"axis": 1}),
    ]
    for index, (name, arguments) in enumerate(calls):
        rng = rng_for(c.file, name, index)
        x = uniform(rng, (2, 4, 3)) if name in BY_AXIS else grid()
        tensor = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            y = getattr(keras.activations, name)(tensor, **arguments)
            cotangent = uniform(rng, tuple(y.shape), -1.0, 1.0)
            total = tf.reduce_sum(y * cotangent)
        c.add({
            "name": f"{name}_{'_'.join(f'{k}_{v}' for k, v in arguments.items())}",
            "function": name,
            "arguments": arguments,
            "inputs": [array(x)],
            "outputs": [array(y)],
            "cotangents": [array(cotangent)],
            "input_gradients": [array(tape.gradient(total, tensor))],
        })


def signatures(c):
    """Name, arguments and defaults of every activation."""
    for name in names():
        parameters = inspect.signature(getattr(keras.activations, name)).parameters
        c.add({
            "name": name,
            "arguments": {
                k: (None if p.default is p.empty else p.default)
                for k, p in list(parameters.items())[1:]
            },
        })


def layers(c):
    c.layer("relu", "ReLU", {}, grid())
    c.layer("relu_slope", "ReLU", {"negative_slope": 0.1}, grid())
    c.layer("relu_max", "ReLU", {"max_value": 6.0}, grid())
    c.layer("relu_threshold", "ReLU", {"threshold": 1.0}, grid())
    c.layer("relu_all", "ReLU", {"negative_slope": 0.2, "max_value": 3.0, "threshold": 0.5}, grid())
    c.layer("leaky_relu", "LeakyReLU", {}, grid())
    c.layer("leaky_relu_slope", "LeakyReLU", {"negative_slope": 0.2}, grid())
    c.layer("elu", "ELU", {}, grid())
    c.layer("elu_alpha", "ELU", {"alpha": 0.5}, grid())
    c.layer("prelu_rank_2", "PReLU", {}, [(3, 4)])
    c.layer("prelu_rank_4", "PReLU", {}, [(2, 2, 3, 2)])
    c.layer("prelu_shared_1_2", "PReLU", {"shared_axes": [1, 2]}, [(2, 2, 3, 3)])
    c.layer("prelu_shared_1", "PReLU", {"shared_axes": [1]}, [(2, 3, 4)])
    c.layer("softmax", "Softmax", {}, [(3, 4)])
    c.layer("softmax_axis_1", "Softmax", {"axis": 1}, [(2, 3, 4)])
    c.layer("softmax_axes", "Softmax", {"axis": [1, 2]}, [(2, 2, 3, 2)])
    for name in ["relu", "softmax", "log_softmax", "glu"]:
        c.layer(f"activation_{name}", "Activation", {"activation": name}, [(2, 3, 4)])


FILES = {
    "activations": by_name,
    "activation_functions": functions,
    "activation_signatures": signatures,
    "activation_layers": layers,
}
