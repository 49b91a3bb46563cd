"""Random numbers: arrays outside of a loss, noise of the step inside of one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._model import Output


def _generator(seed: Any) -> np.random.Generator:
    return np.random.default_rng(None if seed is None else int(seed))


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> np.ndarray:
    """An array of normal numbers. In a loss: `s.normal(shape)` of its scope."""
    return _generator(seed).normal(mean, stddev, tuple(shape)).astype(np.float32).view(Output)


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> np.ndarray:
    """An array of numbers from minval to maxval. In a loss: `s.uniform(shape)` of its scope."""
    return _generator(seed).uniform(minval, maxval, tuple(shape)).astype(np.float32).view(Output)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> np.ndarray:
    """An array of whole numbers from minval to below maxval."""
    return _generator(seed).integers(minval, maxval, tuple(shape)).astype(np.int32).view(Output)
