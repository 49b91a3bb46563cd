"""Objects that are a class name with arguments: layers, losses, optimizers, initializers. Not here: what they compute, which is the
engine's."""

from __future__ import annotations

import inspect
import json
import warnings
from typing import Any, ClassVar

import numpy as np

from .. import _ganymede


def plain(value: Any) -> Any:
    """A value as JSON has it: tuples are lists, objects are their class name with arguments."""
    if isinstance(value, Configured):
        return value.written()
    if isinstance(value, (np.generic,)):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, type) and issubclass(value, Configured):
        return value._class_name
    if callable(value) and getattr(value, "__name__", None):
        return value.__name__
    return value


def same(value: Any, default: Any) -> bool:
    """Whether an argument is what it is without being given."""
    if isinstance(value, np.ndarray) or isinstance(value, Configured):
        return False
    left, right = plain(value), plain(default)
    return type(left) is type(right) and bool(left == right) or (
        isinstance(left, (int, float)) and isinstance(right, (int, float)) and not isinstance(left, bool) and left == right
    )


def arguments_of(function: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call that differ from their defaults, in the order of the signature."""
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "self" or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        value = given[name]
        if parameter.default is parameter.empty or not same(value, parameter.default):
            found[name] = value
    return found


class Configured:
    """A class name and the arguments that differ from their defaults."""

    _class_name: ClassVar[str] = ""
    #: What it is, as the engine calls the table that it stands in.
    _family: ClassVar[str] = ""
    _arguments: dict[str, Any]

    def _take(self, given: dict[str, Any]) -> None:
        """Takes the local variables of `__init__` for its arguments."""
        self._arguments = arguments_of(type(self).__init__, given)
        further = dict(given.get("kwargs") or {})
        self._arguments.update(self._further(further))
        self._check()

    def _further(self, further: dict[str, Any]) -> dict[str, Any]:
        """What stands for arguments beyond the signature: Keras's name and type of all objects, which mean nothing here."""
        further.pop("name", None)
        _float32(type(self).__name__, further.pop("dtype", None))
        return further

    def _check(self) -> None:
        _ganymede.check_object(self._family, self._json())

    def _json(self) -> str:
        return json.dumps(self.written())

    def written(self) -> dict[str, Any]:
        """As it stands in a spec: `{"class_name": "Adam", "learning_rate": 0.0002}`."""
        return {"class_name": self._class_name, **{name: plain(value) for name, value in self._arguments.items()}}

    def get_config(self) -> dict[str, Any]:
        """All arguments, as Keras gives them."""
        config = {}
        for name, parameter in inspect.signature(type(self).__init__).parameters.items():
            if name != "self" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                config[name] = plain(self._arguments.get(name, parameter.default))
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The object with these arguments."""
        return cls(**config)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={plain(value)!r}" for name, value in self._arguments.items())
        return f"{type(self).__name__}({given})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configured) and self.written() == other.written()

    __hash__ = object.__hash__


def _float32(where: str, dtype: Any) -> None:
    name = getattr(dtype, "name", dtype)
    if name not in (None, "float32"):
        raise ValueError(f"{where}: expected float32, which is what is computed in, found dtype={name!r}")


def warn(text: str) -> None:
    """A warning that points at the user's line."""
    warnings.warn(text, UserWarning, stacklevel=_stack_level())


def _stack_level() -> int:
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("ganymede"):
        frame, level = frame.f_back, level + 1
    return level
