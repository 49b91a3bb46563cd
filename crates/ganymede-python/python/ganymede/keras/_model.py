"""Models: layers with names, and which one takes what; their weights, and running them on arrays. Not here: one layer (`_layer.py`),
training (`ganymede.GAN`)."""

from __future__ import annotations

import copy
import json
import pathlib
from typing import Any, Callable, Iterable

import numpy as np

from .. import _ganymede
from ._configured import warn
from ._layer import InputLayer, KerasTensor, Layer, flat, snake_case


class Variable:
    """A weight of a model: `numpy()`, `shape`, `assign`."""

    def __init__(self, model: "Model", place: int, name: str, shape: tuple[int, ...], trainable: bool) -> None:
        self._model, self._place = model, place
        self.path, self.shape, self.trainable, self.dtype = name, shape, trainable, "float32"

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rsplit("/", 1)[-1]

    def numpy(self) -> np.ndarray:
        """Its values."""
        return self._model.get_weights()[self._place]

    def assign(self, value: Any) -> None:
        """Replaces its values."""
        weights = self._model.get_weights()
        weights[self._place] = np.asarray(value, dtype=np.float32).reshape(self.shape)
        self._model.set_weights(weights)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.numpy(), dtype=dtype)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype=float32>"


class Output(np.ndarray):
    """What a model gives: an array with `numpy()`, so that programs written for TensorFlow run."""

    def numpy(self) -> np.ndarray:
        """A plain array."""
        return np.asarray(self)


class Model(Layer):
    """A network from inputs to outputs: `keras.Model(inputs, outputs)`. It is a layer, too.

    Args:
        inputs: What `keras.Input` gave, or a list of it.
        outputs: What layers made of it, or a list of it.
        name: The network's name.
    """

    _class_name = "Functional"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not cls.__module__.startswith("ganymede."):
            if "train_step" in cls.__dict__:
                raise TypeError(
                    f"class {cls.__name__}(keras.Model): `train_step` is not run here, for the whole step is compiled before the training; "
                    "give the losses as functions: ganymede.GAN(generator, discriminator).compile(d_optimizer, g_optimizer, "
                    "d_loss_fn=..., g_loss_fn=..., penalties=[...])"
                )
            if "call" in cls.__dict__:
                raise TypeError(
                    f"class {cls.__name__}(keras.Model): expected `keras.Model(inputs, outputs)` or `keras.Sequential`, found a class "
                    "with `call`; write it as a function that begins with keras.Input and calls the layers"
                )
            cls._class_name = "Functional"
        super().__init_subclass__(**kwargs)

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, trainable: bool = True, **kwargs: Any) -> None:
        if inputs is None or outputs is None:
            raise TypeError("Model: expected inputs and outputs, as in keras.Model(inputs, outputs)")
        self._begin(name, trainable)
        self._inputs, self._ends = flat(inputs), flat(outputs)
        self._layers, self._uses = _reachable(self._inputs, self._ends)
        self._check()

    def _begin(self, name: str | None, trainable: bool) -> None:
        self._name, self._trainable, self._calls = name, trainable, []
        self._weights: list[np.ndarray] | None = None
        self._network: Any = None
        self._seed: int | None = None
        #: Gives the weights as they are now while a training goes on.
        self._source: Callable[[], list[np.ndarray]] | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self._name or ("sequential" if self._class_name == "Sequential" else "functional")

    # As a configuration.

    def network_config(self) -> dict[str, Any]:
        """As it stands in a spec: `{"layers": [...], "outputs": [...]}`."""
        names = _names(self._layers)
        call_of = {(id(layer), call): place for layer in self._layers for place, call in enumerate(self._uses[id(layer)])}

        def reference(tensor: KerasTensor) -> str:
            call, name = call_of[(id(tensor._layer), tensor._call)], names[id(tensor._layer)]
            if tensor._output:
                return f"{name}:{call}:{tensor._output}"
            return f"{name}:{call}" if call else name

        layers = []
        for layer in self._layers:
            config = {**layer.layer_config(), "name": names[id(layer)]}
            uses = [[reference(tensor) for tensor in layer._calls[call]] for call in self._uses[id(layer)]]
            if not isinstance(layer, InputLayer):
                config["inputs"] = uses[0] if len(uses) == 1 else uses
            layers.append(config)
        return {"layers": layers, "outputs": [reference(tensor) for tensor in self._ends]}

    def written(self) -> dict[str, Any]:
        """As a layer of another network."""
        return {"class_name": self._class_name, **self.network_config()}

    def _check(self) -> None:
        self._network = _ganymede.Network(self.name, json.dumps(self.network_config()))

    def _engine(self) -> Any:
        if self._network is None:
            self._check()
        return self._network

    @property
    def layers(self) -> list[Layer]:
        """Its layers."""
        return list(self._layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of a name or a place."""
        if index is not None:
            return self._layers[index]
        names = _names(self._layers)
        for layer in self._layers:
            if names[id(layer)] == name:
                return layer
        raise ValueError(f"{self.name}: expected one of {', '.join(names.values())}, found {name!r}")

    @property
    def inputs(self) -> list[KerasTensor]:
        """What it is given."""
        return list(self._inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        """What it gives."""
        return list(self._ends)

    @property
    def input_shape(self) -> Any:
        """Sizes of its input, None for the batch; a list where there are several."""
        return _alone([(None, *shape) for shape, _ in self._engine().inputs()])

    @property
    def output_shape(self) -> Any:
        """Sizes of its output, None for the batch; a list where there are several."""
        return _alone([(None, *shape) for shape, _ in self._engine().outputs()])

    def _outputs(self, inputs: list[KerasTensor]) -> list[tuple[tuple[int | None, ...], str]]:
        wanted, found = [list(shape) for shape, _ in self._engine().inputs()], [list(tensor.shape[1:]) for tensor in inputs]
        if wanted != found:
            raise ValueError(f"{self.name}: expected inputs of sizes {wanted}, found {found}")
        return [((None, *shape), dtype) for shape, dtype in self._engine().outputs()]

    def summary(self, *_: Any, **__: Any) -> None:
        """Prints layers, sizes and parameters."""
        print(self._engine().summary(1))

    def count_params(self) -> int:
        """Number of values in its weights."""
        return sum(int(np.prod(shape)) for _, shape, _ in self._engine().parameters())

    def _clone(self) -> "Model":
        """The same network, with weights of its own."""
        clone = copy.copy(self)
        clone._weights, clone._source, clone._calls = None, None, []
        return clone

    def get_config(self) -> dict[str, Any]:
        """As it stands in a spec, with its name."""
        return {"name": self.name, "trainable": self._trainable, **self.network_config()}

    # Its weights.

    @property
    def weights(self) -> list[Variable]:
        """All weights, those that are not trained among them."""
        return [Variable(self, at, *parameter) for at, parameter in enumerate(self._engine().parameters())]

    variables = weights

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [weight for weight in self.weights if weight.trainable]

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone, and moving statistics."""
        return [weight for weight in self.weights if not weight.trainable]

    def get_weights(self) -> list[np.ndarray]:
        """Values of all weights: those of a training that goes on, else the last ones, else what a training would begin with."""
        if self._source is not None:
            return self._source()
        if self._weights is None:
            from .utils import seed

            self._weights = self._engine().initial(seed() if self._seed is None else self._seed)
        return [weight.copy() for weight in self._weights]

    def set_weights(self, weights: Iterable[Any]) -> None:
        """Replaces all weights; a training begins with them."""
        given = [np.array(weight, dtype=np.float32) for weight in weights]
        known = self._engine().parameters()
        if len(given) != len(known):
            raise ValueError(f"{self.name}: expected {len(known)} arrays, found {len(given)}")
        for array, (name, shape, _) in zip(given, known):
            if array.shape != tuple(shape):
                raise ValueError(f"{self.name}: `{name}`: expected sizes {tuple(shape)}, found {array.shape}")
        self._weights = given

    def _loaded(self) -> bool:
        """Whether somebody gave it weights."""
        return self._weights is not None

    def load_weights(self, filepath: Any, **_: Any) -> None:
        """Reads the weights of a `.keras` or `.weights.h5` file of the same network."""
        self.set_weights(_ganymede.read_weights(pathlib.Path(filepath), self.name, json.dumps(self.network_config())))

    def save(self, filepath: Any, overwrite: bool = True, **_: Any) -> None:
        """Writes the network with its weights as a `.keras` file, which Keras loads."""
        path = pathlib.Path(filepath)
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path}: it is there already")
        _ganymede.write_keras(path, self.name, json.dumps(self.network_config()), self.get_weights())

    # Running it.

    def __call__(self, *inputs: Any, training: Any = None, **named: Any) -> Any:
        """Of tensors the tensors that it makes of them, of arrays an array."""
        given = flat([*inputs, *named.values()])
        if not given:
            raise TypeError(f"{self.name}: expected tensors or arrays, found none")
        if any(isinstance(tensor, KerasTensor) for tensor in given):
            return super().__call__(*given, training=training)
        if training:
            raise ValueError(f"{self.name}: training=True changes batch statistics, which only a training does; leave it out")
        return self.predict(given if len(given) > 1 else given[0])

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = 0, **_: Any) -> Any:
        """What it gives for arrays, with moving statistics and without dropout.

        Args:
            x: An array (N, ...) for each input, in the range that the network works in.
        """
        given = list(x) if isinstance(x, (list, tuple)) and not np.isscalar(x[0]) and len(self._engine().inputs()) > 1 else [x]
        if isinstance(x, dict):
            given = [x[tensor._layer.name] for tensor in self._inputs]
        arrays = []
        for (shape, dtype), value in zip(self._engine().inputs(), given):
            array = np.ascontiguousarray(np.asarray(value), dtype=np.int32 if dtype == "int32" else np.float32)
            if array.shape[1:] != tuple(shape):
                raise ValueError(f"{self.name}: expected an array (N, {', '.join(map(str, shape))}), found {array.shape}")
            arrays.append(array)
        if len(arrays) != len(self._engine().inputs()):
            raise ValueError(f"{self.name}: expected {len(self._engine().inputs())} arrays, found {len(given)}")
        return _alone([made.view(Output) for made in self._engine().run(self.get_weights(), arrays)])

    def train_on_batch(self, *_: Any, **__: Any) -> None:
        """There is none: a step is compiled."""
        raise TypeError("train_on_batch: there is no training of one network; ganymede.GAN(generator, discriminator) trains both")

    def fit(self, *_: Any, **__: Any) -> None:
        """There is none: two networks are trained."""
        raise TypeError("fit: there is no training of one network; ganymede.GAN(generator, discriminator).compile(...).fit(data) trains both")

    def compile(self, optimizer: Any = None, loss: Any = None, **further: Any) -> None:
        """Keeps optimizer and loss for `ganymede.check`: a single network is not trained."""
        self._compiled = {"optimizer": optimizer, "loss": loss, **further}


class Sequential(Model):
    """A plain stack of layers.

    Args:
        layers: The layers; the first may be `keras.Input((100,))`.
        name: The network's name.
    """

    _class_name = "Sequential"

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        self._begin(name, trainable)
        self._stack: list[Layer] = []
        for layer in layers or []:
            self._push(layer)
        self._look()

    def _push(self, layer: Any) -> None:
        if isinstance(layer, KerasTensor):
            layer = layer._layer
        if not isinstance(layer, Layer):
            raise TypeError(f"Sequential: expected a layer, found {type(layer).__name__}")
        if not self._stack and layer._input_shape is not None:
            self._stack.append(InputLayer(layer._input_shape))
        self._stack.append(layer)

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Puts a layer on top."""
        self._push(layer)
        self._network = self._weights = None
        self._look()

    def pop(self, rebuild: bool = True) -> None:
        """Takes the last layer away."""
        self._stack.pop()
        self._network = self._weights = None

    def _look(self) -> None:
        """Warns of what does not fit; `ganymede.GAN.check` says all of it at once."""
        if self._stack and isinstance(self._stack[0], InputLayer):
            fault = _ganymede.fault(self.name, json.dumps(self.network_config()))
            if fault is not None:
                warn(fault)

    @property
    def _layers(self) -> list[Layer]:  # type: ignore[override]
        return self._stack

    @property
    def layers(self) -> list[Layer]:
        """Its layers, without the input."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    @property
    def _inputs(self) -> list[KerasTensor]:  # type: ignore[override]
        return [layer.tensor() for layer in self._stack[:1] if isinstance(layer, InputLayer)]

    @property
    def _ends(self) -> list[KerasTensor]:  # type: ignore[override]
        return [KerasTensor(shape, dtype, self, 0, 0) for shape, dtype in self._outputs(self._inputs)]

    def network_config(self) -> dict[str, Any]:
        """As it stands in a spec: `{"layers": [...]}`."""
        names = _names(self._stack)
        return {"layers": [{**layer.layer_config(), "name": names[id(layer)]} for layer in self._stack]}

    def _check(self) -> None:
        if not self._stack or not isinstance(self._stack[0], InputLayer):
            raise ValueError(f"{self.name}: expected a first layer that says what comes in, `keras.Input((100,))`, found none")
        super()._check()


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _names(layers: list[Layer]) -> dict[int, str]:
    """A name for each layer: its own, or Keras's automatic one, numbered where it stands already."""
    taken: dict[str, int] = {}
    own = {layer._name for layer in layers if layer._name}
    names: dict[int, str] = {}
    for layer in layers:
        if layer._name:
            names[id(layer)] = layer._name
            continue
        base = "input_layer" if isinstance(layer, InputLayer) else snake_case(layer._class_name.split(">")[-1])
        while True:
            number = taken.get(base, 0)
            taken[base] = number + 1
            name = f"{base}_{number}" if number else base
            if name not in own:
                break
        names[id(layer)] = name
    return names


def _reachable(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> tuple[list[Layer], dict[int, list[int]]]:
    """The layers from inputs to outputs, each after those that it takes from, and which of its calls."""
    for tensor in inputs + outputs:
        if not isinstance(tensor, KerasTensor):
            raise TypeError(f"Model: expected tensors of keras.Input and of layers, found {type(tensor).__name__}")
    ends = {(id(tensor._layer), tensor._call) for tensor in inputs}
    order: list[Layer] = [tensor._layer for tensor in inputs]
    uses: dict[int, list[int]] = {id(tensor._layer): [0] for tensor in inputs}
    done = set(ends)
    stack: list[tuple[KerasTensor, bool]] = [(tensor, False) for tensor in reversed(outputs)]
    while stack:
        tensor, ready = stack.pop()
        layer, call = tensor._layer, tensor._call
        if (id(layer), call) in done:
            continue
        if isinstance(layer, InputLayer):
            raise ValueError(f"Model: an output depends on the input `{layer.name}`, which is not among the inputs")
        if ready:
            done.add((id(layer), call))
            if id(layer) not in uses:
                order.append(layer)
            uses.setdefault(id(layer), []).append(call)
            continue
        stack.append((tensor, True))
        stack.extend((above, False) for above in reversed(layer._calls[call]))
    for calls in uses.values():
        calls.sort()
    return order, uses


def clone_model(model: Model) -> Model:
    """A model of the same layers, with weights of its own."""
    return model._clone()
