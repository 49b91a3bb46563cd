"""What the families share: random numbers, running one layer, writing one file.

Not here: which cases exist (families/*.py) and the command line (keras_reference.py).
"""

import json
import os
import pathlib
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import keras  # noqa: E402
from tensorflow.python.ops import math_ops  # noqa: E402

tf.get_logger().setLevel("ERROR")  # it warns of retracing, which is meant here

# Where Keras on TensorFlow falls back to float32 whatever floatx says: Python floats that it turns
# into tensors or casts (schedules, regularizers, Adam's betas, gelu's constants), and the slope of
# leaky_relu, an attribute of a TensorFlow operation. Widen them.
_convert_to_tensor, _cast = tf.convert_to_tensor, tf.cast


def _convert_float64(value, dtype=None, *arguments, **named_arguments):
    if dtype is None and isinstance(value, float):
        dtype = "float64"
    return _convert_to_tensor(value, dtype, *arguments, **named_arguments)


def _cast_float64(value, dtype, *arguments, **named_arguments):
    if isinstance(value, float):
        value = _convert_to_tensor(value, "float64")
    return _cast(value, dtype, *arguments, **named_arguments)


tf.convert_to_tensor, tf.cast, math_ops.cast = _convert_float64, _cast_float64, _cast_float64
tf.nn.leaky_relu = lambda x, alpha: tf.where(x > 0, x, x * tf.constant(alpha, x.dtype))

OUTPUT = pathlib.Path(__file__).resolve().parent / "keras"


def rng_for(*key):
    """A generator that depends on the case's name only, so that adding a case moves no other."""
    return np.random.default_rng(zlib.crc32("/".join(map(str, key)).encode()))


def uniform(rng, shape, low=-1.5, high=1.5, gap=0.05):
    """Three-decimal numbers in [low, high], none within `gap` of zero (where relu and |x| bend)."""
    x = rng.uniform(low, high, size=shape)
    x = np.where(np.abs(x) < gap, np.sign(x) * gap + x, x)
    return np.round(x, 3)


def distinct(rng, shape, low=-2.0, high=2.0):
    """All entries differ by at least half their mean spacing: no ties for maxima."""
    n = int(np.prod(shape))
    grid = np.linspace(low, high, n) + rng.uniform(-0.2, 0.2, n) * (high - low) / n
    return np.round(rng.permutation(grid).reshape(shape), 4)


def random_weight(rng, name, shape):
    """Random non-default values with the range that suits the weight's meaning."""
    if name.endswith(("variance", "stddev")):
        return uniform(rng, shape, 0.3, 2.0)
    if name.endswith("gamma"):
        return uniform(rng, shape, 0.5, 1.5)
    if name.endswith("alpha"):
        return uniform(rng, shape, 0.05, 0.45, gap=0.0)
    if name.endswith(("bias", "beta", "mean")):
        return uniform(rng, shape, -0.5, 0.5)
    return uniform(rng, shape, -1.0, 1.0)


def array(x):
    """{"shape", "data"}: data in row-major order; integers and booleans also say their dtype."""
    x = np.asarray(x)
    out = {"shape": list(x.shape)}
    if x.dtype.kind in "biu":
        out["dtype"] = "bool" if x.dtype.kind == "b" else "int32"
        out["data"] = [int(v) for v in x.ravel()]
    else:
        assert np.isfinite(x).all(), "JSON has no infinities"
        out["data"] = [float(v) for v in x.ravel()]
    return out


#: Wrappers whose layer's weights are taken for their own.
TRANSPARENT = (keras.layers.SpectralNormalization, keras.layers.TimeDistributed)


def named(weight, value, layer=None):
    """A weight by its name; one of a part of a layer, such as a cell, by its path in the layer."""
    name = weight.name
    if layer is not None and weight.path.startswith(f"{layer.name}/") and not isinstance(layer, TRANSPARENT):
        name = weight.path.removeprefix(f"{layer.name}/")
    return {"name": name, **array(value)}


def as_list(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


#: Layers that take several tensors one by one, and not as a list.
SEPARATE = keras.layers.MultiHeadAttention


def run_layer(layer, inputs, cotangents, training):
    """Outputs and the gradients of sum(output · cotangent); integer inputs have no gradient."""
    tensors = [tf.constant(x) for x in inputs]
    floating = [t for t in tensors if t.dtype.is_floating]
    trainable = [v.value for v in layer.trainable_weights]

    def step():
        with tf.GradientTape() as tape:
            for t in floating:
                tape.watch(t)
            argument = tensors[0] if len(tensors) == 1 else tensors
            given = tensors if isinstance(layer, SEPARATE) else [argument]
            outputs = as_list(layer(*given, training=training))
            total = tf.add_n([tf.reduce_sum(y * c) for y, c in zip(outputs, cotangents(outputs))])
        return outputs, tape.gradient(total, floating + trainable)

    try:
        outputs, gradients = step()
    except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError):
        # TensorFlow's CPU kernels lack the gradients of dilated 3D convolutions; XLA has them.
        outputs, gradients = tf.function(step, jit_compile=True)()
    gradients = [
        np.zeros(v.shape) if g is None else tf.convert_to_tensor(g).numpy()
        for g, v in zip(gradients, floating + trainable)
    ]
    return [y.numpy() for y in outputs], gradients[: len(floating)], gradients[len(floating) :]


class Cases:
    """The list of cases that becomes one JSON file."""

    def __init__(self, file):
        self.file = file
        self.cases = []

    def add(self, case):
        assert case["name"] not in {c["name"] for c in self.cases}, case["name"]
        self.cases.append(case)

    def layer(self, name, cls, config, inputs, training=False, make=None, weights=True):
        """Build `keras.layers.<cls>(**config)`, give it random weights, record numbers and gradients.

        `inputs`: shapes (random entries) or arrays. `make` replaces the constructor call (wrappers).
        """
        rng = rng_for(self.file, name)
        inputs = [
            np.asarray(x) if not isinstance(x, tuple) else uniform(rng, x) for x in as_list(inputs)
        ]
        layer = make() if make else getattr(keras.layers, cls)(**config)
        shapes = [x.shape for x in inputs]
        layer.build(*shapes) if isinstance(layer, SEPARATE) else layer.build(shapes[0] if len(shapes) == 1 else shapes)
        if weights:
            for w in layer.weights:
                w.assign(random_weight(rng, w.name, tuple(w.shape)))
        before = [(w, np.array(w)) for w in layer.weights]

        drawn = []

        def cotangents(outputs):
            if not drawn:
                drawn.extend(uniform(rng, tuple(y.shape), -1.0, 1.0) for y in outputs)
            return drawn

        outputs, input_gradients, weight_gradients = run_layer(layer, inputs, cotangents, training)
        case = {
            "name": name,
            "class": cls,
            "config": config,
            "inputs": [array(x) for x in inputs],
            "weights": [named(w, v, layer) for w, v in before],
            "training": training,
            "outputs": [array(y) for y in outputs],
            "cotangents": [array(c) for c in drawn],
            "input_gradients": [array(g) for g in input_gradients],
            "weight_gradients": [
                named(w, g, layer) for w, g in zip(layer.trainable_weights, weight_gradients)
            ],
        }
        updated = [(w, v) for w, v in before if not np.array_equal(np.array(w), v)]
        if updated:
            case["updated_weights"] = [named(w, np.array(w), layer) for w, _ in updated]
        self.add(case)
        return layer

    def rejected(self, name, cls, config, inputs):
        """A combination that Keras refuses; the test there expects an error, too."""
        rng = rng_for(self.file, name)
        try:
            layer = getattr(keras.layers, cls)(**config)
            layer(*[tf.constant(uniform(rng, s)) for s in as_list(inputs)])
        except Exception as error:  # noqa: BLE001 - any refusal counts
            self.add({
                "name": name,
                "class": cls,
                "config": config,
                "inputs": [{"shape": list(s)} for s in as_list(inputs)],
                "rejected": type(error).__name__,
            })
        else:
            raise AssertionError(f"{name}: Keras accepts it")

    def write(self):
        write(self.file, self.cases)


def write(file, entries):
    """One entry a line: diffs stay readable."""
    OUTPUT.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(e, allow_nan=False, separators=(",", ":")) for e in entries)
    text = f"[\n{lines}\n]\n"
    path = OUTPUT / f"{file}.json"
    path.write_text(text)
    print(f"{path.name:40} {len(entries):4} entries {len(text) / 1024:7.1f} KB")
    assert len(text) < 150 * 1024, f"{file}: too large"
