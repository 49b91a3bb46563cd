"""Keras's names for the engine of ganymede: layers, models, losses, optimizers, as configuration. What they compute is the engine's."""

from . import activations, callbacks, constraints, datasets, initializers, layers, losses, models, ops, optimizers, random, regularizers, utils
from ._layer import Input, InputLayer, KerasTensor, Layer
from ._model import Model, Sequential, Variable
from .losses import Loss
from .optimizers import Optimizer

#: The version of Keras whose signatures these are.
__version__ = "3.15.1"

__all__ = [
    "Input", "InputLayer", "KerasTensor", "Layer", "Loss", "Model", "Optimizer", "Sequential", "Variable", "activations", "callbacks",
    "constraints", "datasets", "initializers", "layers", "losses", "models", "ops", "optimizers", "random", "regularizers", "utils",
]


def __getattr__(name: str) -> object:
    raise AttributeError(f"ganymede.keras has no `{name}`: it has {', '.join(__all__)}")
