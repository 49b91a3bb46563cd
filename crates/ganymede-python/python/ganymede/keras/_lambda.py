"""`Lambda`: a function of tensors, which is written down once as the text of a layer. Not here: writing it down (`record.py`)."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable

from ..errors import SpecError
from ..record import Recorded, Recording, recorded
from ._layer import KerasTensor, Layer

#: What a function of Keras's `Lambda` may ask for beside its tensors, and why it is not told here.
_REFUSED = {"training": "Dropout and GaussianNoise are what differs in training", "mask": "masks do not exist here"}


class Lambda(Layer):
    """A function of one tensor, or of a list of them, as a layer: `Lambda(lambda x: x * ops.sigmoid(x))`. It is called once for each use,
    with tensors that are not computed yet; what it does is the text of the layer `ganymede>Expression`, so that no Python runs in a step.

    Args:
        function: What operators and `keras.ops` make of its tensors (N, ...), again of N samples.
        output_shape: Sizes without the batch, or a function of the input's; they follow from the function, and are compared.
        arguments: Further arguments of the function, by name.
    """

    _class_name = "ganymede>Expression"

    def __init__(self, function: Any, output_shape: Any = None, mask: Any = None, arguments: Any = None, **kwargs: Any) -> None:
        if not callable(function):
            raise TypeError(f"Lambda: expected a function of tensors, found {type(function).__name__}")
        if mask is not None:
            raise TypeError("Lambda: expected no `mask`, found one; masks do not exist here: give sequences of one length")
        self._given = dict(arguments or {})
        strange = next((name for name in _parameters(function) if name in _REFUSED and name not in self._given), None)
        if strange is not None:
            raise TypeError(f"Lambda: expected a function of tensors alone, found the parameter `{strange}`; {_REFUSED[strange]}")
        self._function, self._wanted = function, output_shape
        self._text: str | None = None
        self._name, self._trainable, self._calls = None, True, []
        self._arguments = {}
        unknown = next(iter(self._further(dict(kwargs))), None)
        if unknown is not None:
            raise TypeError(f"Lambda: expected function, output_shape, mask, arguments, name or trainable, found `{unknown}`")

    @property
    def name(self) -> str:
        """Its name, or that of the layer that it becomes."""
        return self._name or "expression"

    def written(self) -> dict[str, Any]:
        """As it stands in a spec."""
        if self._text is None:
            self._text = self._recorded([None])
        return {"class_name": self._class_name, "value": self._text}

    def get_config(self) -> dict[str, Any]:
        """All arguments, as Keras gives them."""
        given = {"function": self._function, "output_shape": self._wanted, "mask": None, "arguments": dict(self._given)}
        return {"name": self.name, "trainable": self._trainable, **given}

    def _recorded(self, shapes: list[tuple[int | None, ...] | None]) -> str:
        function = functools.partial(self._function, **self._given) if self._given else self._function
        names = ["x"] if len(shapes) == 1 else [f"x{number}" for number in range(1, len(shapes) + 1)]

        def values(recording: Recording, _: list[str]) -> list[Any]:
            tensors = [_Input(recording, name, shape) for name, shape in zip(names, shapes)]
            return [tensors[0] if len(tensors) == 1 else tensors]

        recording, result = recorded(function, values)
        return recording.text(result)

    def _outputs(self, inputs: list[KerasTensor]) -> list[tuple[tuple[int | None, ...], str]]:
        text = self._recorded([tensor.shape for tensor in inputs])
        if self._calls and text != self._text:
            raise SpecError(f"{self.name}: expected a function that does the same at every use, found others; make a Lambda for each")
        self._text = text
        outputs = super()._outputs(inputs)
        wanted = self._wanted
        if callable(wanted):
            shapes = [tensor.shape for tensor in inputs]
            wanted = tuple(wanted(shapes[0] if len(shapes) == 1 else shapes))[1:]
        if wanted is not None and tuple(wanted) != outputs[0][0][1:]:
            raise SpecError(f"{self.name}: expected output_shape={outputs[0][0][1:]}, which the function gives, found {tuple(wanted)}")
        return outputs


class _Input(Recorded):
    """An input of the function; its first size is the batch."""

    def __init__(self, recording: Recording, name: str, shape: tuple[int | None, ...] | None) -> None:
        super().__init__(recording, name)
        self._shape = shape

    @property
    def shape(self) -> tuple[Any, ...]:
        """Its sizes: `ops.reshape(x, (x.shape[0], -1))`."""
        if self._shape is None:
            raise TypeError("Lambda: expected a function that needs no sizes in a Sequential model, found `x.shape`; build a keras.Model")
        return (Recorded(self._recording, "batch"), *self._shape[1:])

    @property
    def ndim(self) -> int:
        """Number of axes, the batch among them."""
        return len(self.shape)


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


__all__ = ["Lambda"]
