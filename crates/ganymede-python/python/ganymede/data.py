"""Data in memory as files: arrays, batches, frames. A run keeps them below its folder of runs, so that it can go on after a crash, from
Python and by the command. Not here: reading them, which is the engine's."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import numpy as np

from .errors import DataError, with_hint


def to_array(value: Any) -> np.ndarray:
    """A tensor of any library as an array."""
    if isinstance(value, np.ndarray):
        return value
    for method in ("numpy", "__array__"):
        if hasattr(value, method):
            if hasattr(value, "detach"):
                value = value.detach().cpu()
            return np.asarray(value)
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    return np.asarray(value)


def drained(batches: Any, most: int | None) -> tuple[np.ndarray, np.ndarray | None, str]:
    """All samples of batches that come one after the other, their labels, and what was read, in words."""
    samples: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    count = 0
    for number, batch in enumerate(batches):
        if isinstance(batch, dict):
            batch = tuple(batch.values())
        if isinstance(batch, (tuple, list)):
            samples.append(to_array(batch[0]))
            if len(batch) > 1:
                labels.append(to_array(batch[1]))
        else:
            samples.append(to_array(batch))
        count += len(samples[-1]) if samples[-1].ndim else 1
        if most is None and number == 100_000:
            raise with_hint(
                DataError("expected batches that end, found 100,000 of them"), "say how many samples to take: fit(..., samples=50_000)"
            )
        if most is not None and count >= most:
            break
    if not samples:
        raise DataError("expected batches of samples, found none")
    joined = np.concatenate(samples)[:most]
    of_labels = np.concatenate([np.atleast_1d(part) for part in labels])[:most] if labels else None
    return joined, of_labels, f"drained {count:,} samples of {len(samples):,} batches"


def checked(array: np.ndarray, value_range: tuple[float, float] | None, channels_first: bool) -> tuple[np.ndarray, tuple[float, float] | None]:
    """Samples as they are trained on, and the range of their values; bytes keep theirs.

    Raises:
        DataError: A value is outside the range; the text names the first.
    """
    array = np.asarray(array)
    if array.dtype == np.float64 or array.dtype == np.float16:
        array = array.astype(np.float32)
    elif array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype.kind in "iu" and array.dtype not in (np.uint8, np.uint16):
        array = array.astype(np.float32)
    elif array.dtype not in (np.uint8, np.uint16, np.float32):
        raise with_hint(DataError(f"expected numbers, found an array of {array.dtype}"), "tables of texts: ganymede.TabularGAN")
    if array.ndim < 2:
        raise DataError(f"expected samples along the first axis, (N, ...), found sizes {array.shape}")
    if array.ndim == 4 and channels_first:
        array = np.moveaxis(array, 1, -1)
    elif array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[3] not in (1, 2, 3, 4):
        raise with_hint(
            DataError(f"expected images (N, height, width, channels), found {array.shape}, which looks like channels first"),
            "fit(..., channels_first=True)",
        )
    elif array.ndim == 3:
        array = array[..., None]
    if array.dtype != np.float32:
        return array, None
    low, high = value_range or (-1.0, 1.0)
    with np.errstate(invalid="ignore"):
        outside = ~((array >= low - 1e-6) & (array <= high + 1e-6))
    if outside.any():
        at = tuple(int(i) for i in np.argwhere(outside)[0])
        raise with_hint(
            DataError(f"x{list(at)}: expected values from {low:g} to {high:g}, found {array[at]:g}"),
            "floats go into the networks as they are: scale them, give bytes (uint8), or say what the networks work in, "
            "such as fit(..., range=(0, 1)) of a generator that ends in a sigmoid",
        )
    return array, (low, high)


def kept(array: np.ndarray, labels: Any, class_names: Any, folder: pathlib.Path) -> pathlib.Path:
    """The file of an array with its labels below a folder; one of the same content is there once."""
    import hashlib

    folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, np.ndarray] = {"images": np.ascontiguousarray(array)}
    if labels is not None:
        parts["labels"] = _labels(to_array(labels), len(array), class_names)
    digest = hashlib.sha256()
    for name, part in parts.items():
        digest.update(f"{name} {part.dtype.str} {part.shape}".encode())
        digest.update(part.data.cast("B") if part.size else b"")
    path = folder / f"array-{digest.hexdigest()[:12]}.npz"
    if not path.exists():
        partial = path.with_suffix(f".{os.getpid()}.tmp")
        with open(partial, "wb") as file:
            np.savez(file, **parts)  # type: ignore[arg-type]
        os.replace(partial, path)
    return path


def _labels(labels: np.ndarray, count: int, class_names: Any) -> np.ndarray:
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(axis=1)
    labels = labels.reshape(-1)
    if len(labels) != count:
        raise DataError(f"expected a label for each of {count} samples, found {len(labels)}")
    if class_names is None:
        if labels.dtype.kind in "OUS":
            return labels.astype(str)
        if labels.dtype.kind == "f" and not np.array_equal(labels, labels.astype(np.int64)):
            raise DataError("expected classes as labels, found numbers with decimals")
        return labels.astype(np.int64)
    names = [str(name) for name in class_names]
    if labels.dtype.kind in "OUS":
        strange = next((label for label in labels if str(label) not in names), None)
        if strange is not None:
            raise DataError(f"class_names: expected a name of each label, found none of {strange!r}")
        return np.array([names.index(str(label)) for label in labels], dtype=np.int64)
    if len(labels) and (labels.min() < 0 or labels.max() >= len(names)):
        raise DataError(f"class_names: expected a name for each class up to {labels.max()}, found {len(names)} names")
    return labels.astype(np.int64)
