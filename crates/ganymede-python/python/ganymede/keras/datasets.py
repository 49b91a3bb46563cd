"""Data that comes along, in the form of `keras.datasets`."""

from __future__ import annotations

import types
from typing import Any

from ..datasets import load


def _fashion_mnist() -> Any:
    images, labels = load("fashion-mnist")
    assert labels is not None, "clothes have classes"
    images = images[..., 0]
    return (images[:-1000], labels[:-1000]), (images[-1000:], labels[-1000:])


fashion_mnist = types.SimpleNamespace(load_data=_fashion_mnist)
