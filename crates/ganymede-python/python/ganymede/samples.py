"""What a generator makes, as an array that can be saved and looked at."""

from __future__ import annotations

import math
import pathlib
from typing import Any

import numpy as np

#: Samples of a picture in a notebook at the most.
_SHOWN = 64


class Samples(np.ndarray):
    """Generated samples, float32 in the range that the networks work in, (N, ...)."""

    _form: Any = None

    def __array_finalize__(self, other: Any) -> None:
        self._form = getattr(other, "_form", None)

    def numpy(self) -> np.ndarray:
        """A plain array."""
        return np.asarray(self)

    def to_units(self) -> np.ndarray:
        """The samples as the data has them: bytes of images, units of points."""
        return self._known()[0].in_units(self._batch())

    def to_uint8(self) -> np.ndarray:
        """Images as bytes, 0 to 255, rounded as in the files that ganymede writes."""
        form, (low, high) = self._known()
        if form.element() == "uint8":
            return form.in_units(self._batch())
        scaled = (self._batch() - low) / (high - low) * 255.0
        return (np.clip(scaled, 0, 255) + 0.5).astype(np.uint8)

    def save(self, path: Any, columns: int | None = None) -> pathlib.Path:
        """Writes a picture of all samples (`.png`), or the array itself (`.npy`).

        Args:
            path: The file.
            columns: Samples in a row of the picture.
        """
        path = pathlib.Path(path)
        if path.suffix == ".npy":
            np.save(path, np.asarray(self))
        elif path.suffix == ".png":
            count = len(self._batch())
            self._known()[0].write_grid(path, self._batch(), columns or max(1, math.ceil(math.sqrt(count))))
        else:
            raise ValueError(f"{path}: expected a name that ends in .png or .npy")
        return path

    def _batch(self) -> np.ndarray:
        form, _ = self._known()
        array = np.ascontiguousarray(self, dtype=np.float32)
        return array[None] if array.ndim == len(form.shape()) else array

    def _known(self) -> tuple[Any, tuple[float, float]]:
        if self._form is None:
            raise ValueError("expected samples of a generator, found an array that comes from nowhere")
        return self._form

    def _repr_png_(self) -> bytes | None:
        if self._form is None or len(self._form[0].shape()) != 3:
            return None
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "samples.png"
            return Samples.save(self[:_SHOWN] if self.ndim == 4 else self, file).read_bytes()  # type: ignore[arg-type]


def samples_of(array: np.ndarray, form: Any, network_range: tuple[float, float]) -> Samples:
    """An array of a generator with what it needs to be saved."""
    made = array.view(Samples)
    made._form = (form, network_range)
    return made
