"""Small things that programs in Keras use."""

from __future__ import annotations

import random as _random
import sys
from typing import Any

import numpy as np

_seed = 0


def set_random_seed(seed: int) -> None:
    """The seed of trainings that name none; of Python's and numpy's random numbers, too."""
    global _seed
    _seed = int(seed)
    _random.seed(seed)
    np.random.seed(seed)


def seed() -> int:
    """The seed of trainings that name none."""
    return _seed


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Classes as one-hot rows, (N, classes)."""
    labels = np.asarray(x, dtype=np.int64)
    if labels.shape and labels.shape[-1] == 1 and labels.ndim > 1:
        labels = labels.reshape(labels.shape[:-1])
    count = int(num_classes) if num_classes else int(labels.max()) + 1
    return np.eye(count, dtype=np.float32)[labels]


def array_to_img(x: Any, data_format: Any = None, scale: bool = True, dtype: Any = None) -> Any:
    """An image of Pillow of an array (height, width, channels)."""
    from PIL import Image

    array = np.asarray(x, dtype=np.float32)
    if scale:
        array = array - array.min()
        array = array / max(float(array.max()), 1e-12) * 255.0
    array = array.astype(np.uint8)
    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)


def in_notebook() -> bool:
    """Whether this runs in a notebook."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return running is not None and running.__class__.__name__ == "ZMQInteractiveShell"


def clear_session(free_memory: bool = True) -> None:
    """There is nothing to clear: names count per model."""
