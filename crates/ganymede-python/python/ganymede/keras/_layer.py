"""A layer, and a tensor that is not computed yet. Not here: the layers themselves (`layers.py`), models (`_model.py`)."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from .. import _ganymede
from ._configured import Configured, plain, warn


class KerasTensor:
    """What a layer will give: sizes and type, and the layers that it comes from."""

    def __init__(self, shape: tuple[int | None, ...], dtype: str, layer: "Layer", call: int, output: int) -> None:
        self.shape, self.dtype = shape, dtype
        self._layer, self._call, self._output = layer, call, output

    @property
    def ndim(self) -> int:
        """Number of axes, the batch among them."""
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, layer={self._layer.name}>"

    def __bool__(self) -> bool:
        raise TypeError("expected numbers, found a tensor that is not computed yet: a network cannot branch on its values")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("expected an array, found a tensor that is not computed yet; put what is to be done with it into a layer")

    def __add__(self, other: Any) -> "KerasTensor":
        return _joined("Add", self, other) if isinstance(other, KerasTensor) else _scaled(self, 1.0, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "KerasTensor":
        return _joined("Subtract", self, other) if isinstance(other, KerasTensor) else _scaled(self, 1.0, -other)

    def __rsub__(self, other: Any) -> "KerasTensor":
        return _scaled(self, -1.0, other)

    def __mul__(self, other: Any) -> "KerasTensor":
        return _joined("Multiply", self, other) if isinstance(other, KerasTensor) else _scaled(self, other, 0.0)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "KerasTensor":
        if isinstance(other, KerasTensor):
            raise TypeError("expected a number to divide a tensor by, found a tensor")
        return _scaled(self, 1.0 / other, 0.0)

    def __neg__(self) -> "KerasTensor":
        return _scaled(self, -1.0, 0.0)


def _joined(name: str, *tensors: KerasTensor) -> KerasTensor:
    from . import layers

    return getattr(layers, name)()(list(tensors))


def _scaled(tensor: KerasTensor, scale: Any, offset: Any) -> KerasTensor:
    from . import layers

    numbers = (int, float, np.integer, np.floating)
    if not isinstance(scale, numbers) or not isinstance(offset, numbers):
        raise TypeError(f"expected a number or a tensor beside a tensor, found {type(scale if offset == 0 else offset).__name__}")
    return layers.Rescaling(float(scale), float(offset))(tensor)


def snake_case(name: str) -> str:
    """Keras's name of a layer without one: `Conv2DTranspose` gives `conv2d_transpose`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def flat(inputs: Any) -> list[KerasTensor]:
    """Tensors of a list, a tuple, a dict or alone."""
    if isinstance(inputs, dict):
        return [tensor for value in inputs.values() for tensor in flat(value)]
    if isinstance(inputs, (list, tuple)):
        return [tensor for value in inputs for tensor in flat(value)]
    return [inputs]


#: What a layer may be given by name, in the order of places.
_PLACES = ("inputs", "query", "value", "key")
_MASKS = "; masks do not exist here: give sequences of one length"
#: Why something else is refused.
_WHY = {
    **dict.fromkeys(("mask", "attention_mask", "query_mask", "value_mask", "key_mask", "use_causal_mask"), _MASKS),
    "initial_state": "; a recurrent layer starts from zeros: give what it is to know as channels of its input",
    "return_attention_scores": "; the result alone is given",
}


class Layer(Configured):
    """A layer: called on tensors of `keras.Input`, it gives those of a network."""

    _family = "layer"
    #: Sizes of the input that the layer was given as an argument, as old programs have it.
    _input_shape: tuple[int | None, ...] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__module__.startswith("ganymede.") and not cls._class_name:
            raise TypeError(
                f"class {cls.__name__}(Layer): expected the engine's layers, found one that is written in Python; build it of layers "
                f"that there are, as a function that calls them{_instead(cls.__name__)}"
            )

    def _take(self, given: dict[str, Any]) -> None:
        self._name: str | None = None
        self._trainable = True
        self._calls: list[list[KerasTensor]] = []
        super()._take(given)

    def _further(self, further: dict[str, Any]) -> dict[str, Any]:
        self._name = further.pop("name", None)
        self._trainable = further.pop("trainable", True)
        shape = further.pop("input_shape", None)
        batch_shape = further.pop("batch_input_shape", further.pop("batch_shape", None))
        width = further.pop("input_dim", None)
        if batch_shape is not None:
            shape = tuple(batch_shape)[1:]
        if width is not None:
            shape = (width,)
        if shape is not None:
            warn(
                f"{type(self).__name__}: `input_shape` of a layer is an old form; begin a Sequential model with `keras.Input({tuple(shape)})`"
            )
            self._input_shape = tuple(shape)
        if "alpha" in further and self._class_name == "LeakyReLU":
            warn("LeakyReLU: `alpha` is an old name; it is `negative_slope` now")
            further["negative_slope"] = further.pop("alpha")
        return super()._further({**further, "name": None})

    @property
    def name(self) -> str:
        """Its name, or Keras's automatic one."""
        return self._name or snake_case(type(self).__name__)

    @property
    def trainable(self) -> bool:
        """Whether training changes its weights."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    def layer_config(self) -> dict[str, Any]:
        """As it stands among the layers of a network."""
        config = self.written()
        if self._name is not None:
            config["name"] = self._name
        if not self._trainable:
            config["trainable"] = False
        return config

    def __call__(self, *inputs: Any, training: Any = None, **named: Any) -> Any:
        """The tensors that it makes of these."""
        tensors = flat([*inputs, *self._named(named)])
        strange = next((tensor for tensor in tensors if not isinstance(tensor, KerasTensor)), None)
        if strange is not None:
            raise TypeError(
                f"{type(self).__name__}: expected tensors that begin at `keras.Input`, found {type(strange).__name__}; "
                "arrays go into a model: `keras.Model(inputs, outputs)(array)`"
            )
        outputs = self._outputs(tensors)
        self._calls.append(tensors)
        made = [KerasTensor(shape, dtype, self, len(self._calls) - 1, place) for place, (shape, dtype) in enumerate(outputs)]
        return made[0] if len(made) == 1 else made

    def _named(self, named: dict[str, Any]) -> list[Any]:
        """Tensors that are given by name, in the order of their places."""
        given = {name: value for name, value in named.items() if value is not None and value is not False}
        strange = next((name for name in given if name not in _PLACES), None)
        if strange is not None:
            raise TypeError(f"{type(self).__name__}: expected {', '.join(_PLACES)} alone by name, found `{strange}`{_WHY.get(strange, '')}")
        return [given[name] for name in _PLACES if name in given]

    def _outputs(self, inputs: list[KerasTensor]) -> list[tuple[tuple[int | None, ...], str]]:
        config = {**self.layer_config(), "name": self.name}
        kinds = [[list(tensor.shape[1:]), tensor.dtype] for tensor in inputs]
        return [((None, *shape), dtype) for shape, dtype in _ganymede.layer_outputs(json.dumps(config), json.dumps(kinds))]

    def get_config(self) -> dict[str, Any]:
        """All arguments, as Keras gives them."""
        return {"name": self.name, "trainable": self._trainable, **super().get_config()}


def _instead(name: str) -> str:
    from . import layers

    return f"; `ganymede.keras.layers.{name}` is one" if name in layers.__all__ else ""


class InputLayer(Layer):
    """The beginning of a network: what it is given, without the batch.

    Args:
        shape: Sizes without the batch: `(28, 28, 1)`; `()` of a number, such as a label.
        dtype: `"float32"`, or `"int32"` of labels.
    """

    _class_name = "Input"

    def __init__(self, shape: Any = None, batch_size: int | None = None, dtype: Any = None, sparse: Any = None, ragged: Any = None,
                 batch_shape: Any = None, input_tensor: Any = None, optional: bool = False, name: str | None = None, **kwargs: Any) -> None:
        if batch_shape is not None:
            shape = tuple(batch_shape)[1:]
        if shape is None:
            raise ValueError("Input: expected the sizes of one sample, such as `shape=(28, 28, 1)`, found none")
        if isinstance(shape, (int, np.integer)):
            shape = (int(shape),)
        if input_tensor is not None or sparse or ragged or optional:
            raise ValueError("Input: expected plain arrays, found `input_tensor`, `sparse`, `ragged` or `optional`")
        for size in shape:
            if size is None:
                raise ValueError(f"Input: expected sizes that are known, found {tuple(shape)}: a step is compiled for one shape")
        self._name, self._trainable, self._calls = name, True, []
        self._shape = tuple(int(size) for size in shape)
        dtype = str(getattr(dtype, "name", dtype) or "float32")
        self._dtype = {"int64": "int32", "uint8": "int32"}.get(dtype, dtype)
        if self._dtype not in ("float32", "int32"):
            raise ValueError(f"Input: expected dtype float32 or int32, found {dtype}")
        self._arguments = {"shape": list(self._shape)}
        if self._dtype != "float32":
            self._arguments["dtype"] = self._dtype
        self._check()

    @property
    def name(self) -> str:
        """Its name, or Keras's automatic one."""
        return self._name or "input_layer"

    def tensor(self) -> KerasTensor:
        """What the network is given."""
        self._calls = [[]]
        return KerasTensor((None, *self._shape), self._dtype, self, 0, 0)


def Input(shape: Any = None, batch_size: int | None = None, dtype: Any = None, sparse: Any = None, ragged: Any = None,
          batch_shape: Any = None, name: str | None = None, tensor: Any = None, optional: bool = False) -> Any:
    """What a network is given, without the batch.

    Args:
        shape: Sizes without the batch: `(28, 28, 1)`; `()` of a number, such as a label.
        dtype: `"float32"`, or `"int32"` of labels.
        name: A name; a second input of a generator is found by the name of a field of the data, such as `label`.
    """
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name).tensor()


__all__ = ["Input", "InputLayer", "KerasTensor", "Layer", "plain"]
