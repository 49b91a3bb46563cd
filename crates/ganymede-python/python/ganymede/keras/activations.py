"""Activations by their names: what a layer's `activation` may be."""

from __future__ import annotations

from typing import Any

from . import ops


def get(identifier: Any) -> Any:
    """The activation of a name; of a function the function."""
    if identifier is None or callable(identifier):
        return identifier
    return globals().get(str(identifier), str(identifier))


def linear(x: Any) -> Any:
    """x itself."""
    return x


relu, leaky_relu, sigmoid, softplus, tanh, softmax, log_softmax = (
    ops.relu, ops.leaky_relu, ops.sigmoid, ops.softplus, ops.tanh, ops.softmax, ops.log_softmax,
)


def _named(name: str) -> Any:
    def activation(x: Any) -> Any:
        raise TypeError(f"{name}: expected to be the `activation` of a layer, found a call; keras.layers.Activation({name!r}) is a layer")

    activation.__name__, activation.__doc__ = name, f"The activation `{name}`, as an argument of a layer."
    return activation


selu, elu, gelu, silu, swish, exponential, softsign, hard_sigmoid, relu6, mish, hard_silu = map(
    _named, ["selu", "elu", "gelu", "silu", "silu", "exponential", "softsign", "hard_sigmoid", "relu6", "mish", "hard_silu"]
)
