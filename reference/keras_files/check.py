"""Compares `.keras` files of Keras and of ganymede: Keras writes, ganymede reads and computes the same, ganymede writes, Keras loads the same.

    PYTHONPATH=crates/ganymede-python/python KERAS_BACKEND=jax python reference/keras_files/check.py [MODEL ...]

It needs keras 3.15, jax, and the package's extension beside its Python files (crates/ganymede-python/README.md). With `--fixtures FOLDER` it
writes small files with what Keras computes of them, for the tests that run without Python.
"""

import json
import pathlib
import sys
import tempfile
import zipfile

import keras
import numpy as np

import ganymede as gm
from ganymede import _ganymede, real_keras
from models import MODELS

#: Largest difference of what two engines compute.
NEAR = 1e-5
#: Models that are small enough to be committed.
SMALL = ["dense", "merging", "operations", "shared", "nested", "conditional", "wrapped", "normalizations", "sequences", "attention", "images_and_labels"]


def given(model, rng, count=3):
    """Inputs for a model."""
    arrays = []
    for tensor in model.inputs:
        shape = (count, *tensor.shape[1:])
        labels = tensor.name.startswith("label")
        arrays.append(rng.integers(0, 5, shape).astype(tensor.dtype) if labels else rng.standard_normal(shape).astype(np.float32))
    return arrays


def flat(outputs):
    return [np.asarray(output) for output in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]


def other(weight, rng):
    """Values near those of a weight; a variance stays above 0."""
    step = rng.standard_normal(weight.shape).astype(np.float32)
    return weight + (0.1 * np.abs(step) if weight.size and weight.min() > 0.5 else 0.03 * step)


def made(build, seed):
    """A model with weights in which no array is like another."""
    keras.utils.set_random_seed(seed)
    model = build()
    rng = np.random.default_rng(seed)
    model.set_weights([other(weight, rng) for weight in model.get_weights()])
    for layer in model.layers:
        if isinstance(layer, keras.layers.SpectralNormalization):
            converge(layer)
    return model


def converge(layer):
    """What many steps of the power iteration come to: u is the first singular vector, and σ of the stored kernel is 1."""
    kernel = np.asarray(layer.kernel)
    _, sizes, right = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), full_matrices=False)
    layer.kernel.assign(kernel / sizes[0])
    layer.vector_u.assign(right[:1])


def check(build, folder):
    """The largest differences: of what is computed, of weights there and back."""
    name = build.__name__
    model = made(build, 7)
    path, back = folder / f"{name}.keras", folder / f"{name}_back.keras"
    model.save(path)
    inputs = given(model, np.random.default_rng(1))
    expected = flat(model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0))
    assert all(np.isfinite(a).all() and a.std() > 1e-4 for a in expected), f"{name}: it gives the same everywhere"
    network = real_keras.read(path)
    found = flat(network.predict(inputs if len(inputs) > 1 else inputs[0]))
    computed = max(float(np.abs(a - b).max()) for a, b in zip(expected, found, strict=True))
    live = real_keras.taken(model, name)
    of_live = flat(live.predict(inputs if len(inputs) > 1 else inputs[0]))
    assert all(np.array_equal(a, b) for a, b in zip(found, of_live)), f"{name}: a live model differs from its file"
    network.save(back)
    first = back.read_bytes()
    network.save(back)
    assert first == back.read_bytes(), f"{name}: two files of one network differ"
    again = keras.models.load_model(back)
    pairs = list(zip(model.get_weights(), again.get_weights(), strict=True))
    weights = max((float(np.abs(a - b).max()) for a, b in pairs if a.size), default=0.0)
    other = flat(again.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0))
    returned = max(float(np.abs(a - b).max()) for a, b in zip(expected, other, strict=True))
    h5 = folder / f"{name}.weights.h5"
    model.save_weights(h5)
    read = _ganymede.read_weights(h5, network.name, json.dumps(network.network_config()))
    assert all(np.array_equal(a, b) for a, b in zip(read, network.get_weights(), strict=True)), f"{name}: .weights.h5 differs"
    return computed, weights, returned


def bfloat16(folder):
    """Weights of two bytes are read to the bit."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype="bfloat16")])
    model.save(folder / "half.keras")
    network = real_keras.read(folder / "half.keras")
    for kept, read in zip(model.get_weights(), network.get_weights(), strict=True):
        assert np.array_equal(np.asarray(kept, dtype=np.float32), read)


def deflate(path):
    """Makes a file small: Keras stores members as they are, and reads deflated ones as well."""
    with zipfile.ZipFile(path) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 9)


def fixtures(folder):
    """Small files, and what Keras computes of them."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {}
    for build in MODELS:
        if build.__name__ not in SMALL:
            continue
        model = made(build, 3)
        model.save(folder / f"{build.__name__}.keras")
        deflate(folder / f"{build.__name__}.keras")
        inputs = given(model, np.random.default_rng(2), 2)
        outputs = flat(model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0))
        values = lambda arrays: [{"shape": list(a.shape), "values": [round(float(v), 7) for v in a.ravel()]} for a in arrays]
        facts[build.__name__] = {"inputs": values(inputs), "outputs": values(outputs), "paths": [w.path for w in model.weights]}
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def main():
    if "--fixtures" in sys.argv:
        return fixtures(pathlib.Path(sys.argv[sys.argv.index("--fixtures") + 1]))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for build in MODELS:
            if len(sys.argv) > 1 and build.__name__ not in sys.argv[1:]:
                continue
            try:
                computed, weights, returned = check(build, folder)
                exact = 2e-6 if build.__name__.startswith("wrapped") else 0.0
                good = computed <= NEAR and weights <= exact and returned <= NEAR
                print(f"{build.__name__:20} outputs {computed:.1e}  weights {weights:.1e}  outputs there and back {returned:.1e}{'' if good else '  WRONG'}")
            except Exception as error:
                good = False
                print(f"{build.__name__:20} {type(error).__name__}: {error}  WRONG")
            failed += not good
        bfloat16(folder)
    print(f"{failed} failed, Keras {keras.__version__}, ganymede {gm.__version__}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
