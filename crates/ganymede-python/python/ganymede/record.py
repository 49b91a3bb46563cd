"""Losses, penalties and layers as functions: each is called once with tensors that are not computed yet, and what it does is written
down as the lines of a term `expression` of the spec, or of a layer `Expression`. Not here: computing them, which is the engine's."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any, Callable

import numpy as np

from .errors import SpecError

#: Lines of one function at the most.
MOST_LINES = 10_000


class Recording:
    """The lines of one function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.places: list[str] = []
        self._known: dict[str, "Recorded"] = {}
        #: The loss of Keras's that the function is nothing but, on (y_true, y_pred).
        self.keras_loss: dict[str, Any] | None = None

    def line(self, text: str) -> "Recorded":
        """The tensor of a line; the same line twice is one tensor, but where it draws noise."""
        draws = text.startswith(("normal(", "uniform(", "mix("))
        if not draws and text in self._known:
            return self._known[text]
        if len(self.lines) >= MOST_LINES:
            raise SpecError(f"{self.name}: expected at most {MOST_LINES} operations, found more")
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        self.places.append(_place())
        made = Recorded(self, name)
        self._known[text] = made
        return made

    def text(self, result: "Recorded") -> str:
        """All lines that the result needs, the result last."""
        needed, wanted = [], {result._name}
        for line in reversed(self.lines):
            name, _, value = line.partition(" = ")
            if name in wanted:
                needed.append(line)
                wanted.update(_names(value))
        return "\n".join([*reversed(needed), result._name]) + "\n"


def _names(text: str) -> set[str]:
    return set(re.findall(r"\bt\d+\b", text))


def _place() -> str:
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("ganymede"):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""


def literal(value: Any) -> str:
    """A number, a list of them or a truth value as it stands in a line."""
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    raise TypeError(
        f"expected a number or a tensor, found {type(value).__name__}; a function is written down once, before any number is known"
    )


class Recorded:
    """A tensor of a function: operators and `keras.ops` write down what is done with it."""

    __array_ufunc__ = None

    def __init__(self, recording: Recording, name: str) -> None:
        self._recording, self._name = recording, name

    def _line(self, text: str) -> "Recorded":
        return self._recording.line(text)

    def _binary(self, operator: str, other: Any, swapped: bool = False) -> "Recorded":
        right = _word(other)
        left, right = (right, self._name) if swapped else (self._name, right)
        return self._line(f"{left} {operator} {right}")

    def __add__(self, other: Any) -> "Recorded":
        return self._binary("+", other)

    def __radd__(self, other: Any) -> "Recorded":
        return self._binary("+", other, True)

    def __sub__(self, other: Any) -> "Recorded":
        return self._binary("-", other)

    def __rsub__(self, other: Any) -> "Recorded":
        return self._binary("-", other, True)

    def __mul__(self, other: Any) -> "Recorded":
        return self._binary("*", other)

    def __rmul__(self, other: Any) -> "Recorded":
        return self._binary("*", other, True)

    def __truediv__(self, other: Any) -> "Recorded":
        return self._binary("/", other)

    def __rtruediv__(self, other: Any) -> "Recorded":
        return self._binary("/", other, True)

    def __pow__(self, other: Any) -> "Recorded":
        return self._binary("**", other)

    def __neg__(self) -> "Recorded":
        return self._line(f"-{self._name}")

    def __lt__(self, other: Any) -> "Recorded":
        return self._binary("<", other)

    def __le__(self, other: Any) -> "Recorded":
        return self._binary("<=", other)

    def __gt__(self, other: Any) -> "Recorded":
        return self._binary(">", other)

    def __ge__(self, other: Any) -> "Recorded":
        return self._binary(">=", other)

    def __matmul__(self, other: Any) -> "Recorded":
        return call(self._recording, "matmul", [self, other], {})

    def __abs__(self) -> "Recorded":
        return call(self._recording, "abs", [self], {})

    def __bool__(self) -> bool:
        raise TypeError(
            "a function is written down once, before any number is known: it cannot branch on a tensor; use ops.where(condition, a, b)"
        )

    def __float__(self) -> float:
        raise TypeError("a function is written down once, before any number is known: a tensor has no value yet")

    __int__ = __index__ = __float__  # type: ignore[assignment]

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a function is written down once, before any number is known: numpy cannot take its tensors; use ganymede.keras.ops")

    def __getitem__(self, _: Any) -> Any:
        raise TypeError(
            "a function is written down once, before any number is known: its tensors have no items; use ops.slice(x, start_indices, shape)"
        )

    def __iter__(self) -> Any:
        raise TypeError("a function is written down once, before any number is known: it cannot go through a tensor")

    def __repr__(self) -> str:
        return f"<a tensor of {self._recording.name}, not computed yet>"


def call(recording: Recording, function: str, positional: list[Any], named: dict[str, Any]) -> Recorded:
    """A function of the engine as a line."""
    words = [_word(value) for value in positional] + [f"{name}={_word(value)}" for name, value in named.items()]
    return recording.line(f"{function}({', '.join(words)})")


def recording_of(values: Any) -> Recording | None:
    """The recording that one of these belongs to."""
    for value in values:
        if isinstance(value, Recorded):
            return value._recording
        if isinstance(value, (list, tuple)):
            found = recording_of(value)
            if found is not None:
                return found
    return None


class Scope:
    """What a penalty can ask for: samples, networks, noise."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    @property
    def real(self) -> Recorded:
        """The batch of real samples, (N, ...)."""
        return Recorded(self._recording, "real")

    @property
    def fake(self) -> Recorded:
        """The batch of generated samples, (N, ...)."""
        return Recorded(self._recording, "fake")

    @property
    def latent(self) -> Recorded:
        """The latents that the generated samples come from, (N, ...)."""
        return Recorded(self._recording, "latent")

    @property
    def label(self) -> Recorded:
        """The classes of the real samples, (N,)."""
        return Recorded(self._recording, "label")

    def field(self, name: str) -> Recorded:
        """A field of the data for the samples of the batch."""
        return self._recording.line(f'field("{name}")')

    def discriminator(self, x: Recorded) -> Recorded:
        """The discriminator's verdict on samples, (N, ...)."""
        return call(self._recording, "discriminator", [x], {})

    def features(self, x: Recorded, at: int = 0) -> Recorded:
        """A further output of the discriminator for samples."""
        return self._recording.line(f"features({x._name})[{at}]")

    def generator(self, latent: Recorded) -> Recorded:
        """Samples of latents."""
        return call(self._recording, "generator", [latent], {})

    def mix(self, a: Recorded, b: Recorded) -> Recorded:
        """ε·a + (1 − ε)·b with one ε ~ U(0, 1) a sample."""
        return call(self._recording, "mix", [a, b], {})

    def normal(self, shape: Any) -> Recorded:
        """Noise of a normal distribution."""
        return call(self._recording, "normal", [list(shape)], {})

    def uniform(self, shape: Any) -> Recorded:
        """Noise between 0 and 1."""
        return call(self._recording, "uniform", [list(shape)], {})


def grad(y: Recorded, x: Recorded) -> Recorded:
    """The derivative of a scalar by a tensor, which can be differentiated again.

    Args:
        y: A scalar.
        x: What it is differentiated by; the result has its shape.
    """
    if not isinstance(y, Recorded) or not isinstance(x, Recorded):
        raise TypeError("grad: expected two tensors of a function, found others; call it inside a loss, a penalty or a Lambda")
    return call(y._recording, "grad", [y, x], {})


def recorded(function: Callable[..., Any], values: Callable[[Recording, list[str]], list[Any]]) -> tuple[Recording, Recorded]:
    """Calls a function once with what `values` gives for its parameters, and writes down what it does."""
    name = getattr(function, "__name__", type(function).__name__)
    recording = Recording(name if name.isidentifier() and len(name) <= 64 else "own")
    try:
        parameters = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            and parameter.default is parameter.empty
        ]
    except (TypeError, ValueError):
        parameters = []
    result = function(*values(recording, parameters))
    if not isinstance(result, Recorded):
        raise SpecError(f"{name}: expected a tensor as its result, found {type(result).__name__}")
    return recording, result


def apply(function: str, positional: list[Any], named: dict[str, tuple[Any, Any]]) -> Any:
    """A function of `keras.ops` on tensors of a recorded function: arguments that are what they are by default are left out."""
    from .keras._layer import KerasTensor

    recording = recording_of([*positional, *(value for value, _ in named.values())])
    if recording is None:
        if any(isinstance(value, KerasTensor) for value in positional):
            raise TypeError(f"ops.{function}: expected a layer inside a network, found a function; layers.Lambda makes it one")
        raise TypeError(f"ops.{function}: expected tensors of a loss or a Lambda, found {', '.join(type(value).__name__ for value in positional)}")
    given = {name: value for name, (value, default) in named.items() if isinstance(value, Recorded) or value != default}
    return call(recording, function, positional, given)


def _word(value: Any) -> str:
    if isinstance(value, Recorded):
        return value._name
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_word(item) for item in value) + "]"
    return literal(value)


def loss_line(loss: Any, y_true: Any, y_pred: Any, sample_weight: Any) -> Any:
    """A loss of Keras's on two tensors of a loss."""
    recording = recording_of([y_true, y_pred])
    if recording is None:
        raise TypeError(f"{type(loss).__name__}: expected tensors of a loss or a Lambda, found {type(y_pred).__name__}; ganymede.GAN.compile takes losses")
    if sample_weight is not None:
        raise TypeError(f"{type(loss).__name__}: expected no sample_weight, found one; multiply what the loss of each sample is")
    options = {name: value for name, value in loss.written().items() if name != "class_name"}
    strange = next((name for name, value in options.items() if isinstance(value, dict)), None)
    if strange is not None:
        raise TypeError(f"{type(loss).__name__}: expected plain arguments inside a loss, found `{strange}`")
    if getattr(y_true, "_name", "") == "y_true" and getattr(y_pred, "_name", "") == "y_pred" and not recording.lines:
        recording.keras_loss = loss.written()
    words = [_word(y_true), _word(y_pred), *(f"{name}={_text(value)}" for name, value in options.items())]
    return recording.line(f"{loss._class_name}({', '.join(words)})")


def _text(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else "None" if value is None else literal(value)
