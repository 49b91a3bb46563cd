"""Models, as `keras.models` names them."""

from __future__ import annotations

from typing import Any

from ._model import Model, Sequential, clone_model


def load_model(filepath: Any, **_: Any) -> Model:
    """The network of a `.keras` file, or of a folder with its members, with its weights."""
    from ..real_keras import read

    return read(filepath)


__all__ = ["Model", "Sequential", "clone_model", "load_model"]
