"""Models of Keras itself: taken as they are, and given their trained weights back. Not here: `.keras` files, which the engine reads."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np

from . import _ganymede
from .errors import SpecError
from .keras._layer import InputLayer, Layer
from .keras._model import Model


class Network(Model):
    """A network that is known by its configuration alone."""

    def __init__(self, name: str, config: dict[str, Any]) -> None:
        self._begin(name, True)
        self._config = config
        self._check()

    def network_config(self) -> dict[str, Any]:
        """As it stands in a spec."""
        return self._config

    @property
    def layers(self) -> list[Layer]:
        """None: only the configuration is known."""
        return []

    @property
    def _inputs(self) -> list[Any]:  # type: ignore[override]
        return [
            InputLayer(layer.get("shape", ()), dtype=layer.get("dtype"), name=layer.get("name")).tensor()
            for layer in self._config["layers"]
            if layer["class_name"] == "Input"
        ]


def is_keras(model: Any) -> bool:
    """Whether it is a model of Keras itself."""
    return any(base.__module__.split(".")[0] in ("keras", "tf_keras", "tensorflow") for base in type(model).__mro__) and hasattr(
        model, "get_weights"
    )


def taken(model: Any, name: str) -> Model:
    """A network as ganymede has it, with the weights that a model of Keras has."""
    if isinstance(model, Model):
        return model
    if not is_keras(model):
        raise SpecError(f"{name}: expected a model of ganymede.keras or of Keras, found {type(model).__name__}")
    written = {"module": type(model).__module__, "class_name": type(model).__name__, "config": model.get_config()}
    config = json.loads(_ganymede.from_keras_config(json.dumps(written, default=_plain)))
    network = Network(name, config)
    network.set_weights(model.get_weights())
    return network


def _plain(value: Any) -> Any:
    if isinstance(value, (np.integer, np.floating)):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if hasattr(value, "get_config"):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if hasattr(value, "name"):
        return value.name
    return str(value)


def hand_back(given: tuple[Any, Any], networks: tuple[Model, Model]) -> None:
    """Gives models of Keras the weights that were trained."""
    for model, network in zip(given, networks):
        if is_keras(model) and not isinstance(model, Model):
            config = json.dumps(network.network_config())
            model.set_weights(_ganymede.to_keras_weights(network.name, config, network.get_weights()))


def read(path: Any) -> Model:
    """The network of a `.keras` file, with its weights."""
    name, config, weights = _ganymede.read_keras(pathlib.Path(path))
    network = Network(name, json.loads(config))
    network.set_weights(weights)
    return network
