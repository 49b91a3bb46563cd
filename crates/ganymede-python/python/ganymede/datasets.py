"""Data that comes along."""

from __future__ import annotations

import numpy as np

from . import _ganymede


def load(name: str = "fashion-mnist") -> tuple[np.ndarray, np.ndarray | None]:
    """The samples of a data set that comes along, and their classes.

    Args:
        name: `"fashion-mnist"`: 10,000 images of clothes, uint8 (10000, 28, 28, 1), with classes 0 to 9.
    """
    samples, labels = _ganymede.load_data(name)
    return samples, labels


def classes(name: str = "fashion-mnist") -> list[str]:
    """Names of the classes."""
    return list(_ganymede.data_classes(name))
