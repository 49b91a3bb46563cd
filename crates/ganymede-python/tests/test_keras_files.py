"""Files of Keras, committed with what Keras computes of them, and runs in other formats. Not here: models of Keras itself, which
`reference/keras_files/check.py` compares."""

import json
import pathlib

import numpy as np
import pytest

import ganymede as gm
from ganymede import keras, real_keras

FILES = pathlib.Path(__file__).parents[2] / "ganymede-interop" / "tests" / "keras" / "files"
EXPECTED = json.loads((FILES / "expected.json").read_text())


def arrays(facts):
    return [np.array(array["values"], np.float32).reshape(array["shape"]) for array in facts]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_file_computes_what_keras_computes(name, tmp_path):
    network = real_keras.read(FILES / f"{name}.keras")
    inputs, outputs = arrays(EXPECTED[name]["inputs"]), arrays(EXPECTED[name]["outputs"])
    made = network.predict(inputs if len(inputs) > 1 else inputs[0])
    for wanted, found in zip(outputs, made if len(outputs) > 1 else [made], strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    network.save(tmp_path / "again.keras")
    again = real_keras.read(tmp_path / "again.keras")
    for kept, read in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(read, kept, atol=1e-6)


def test_weights_are_loaded_into_the_same_network(tmp_path):
    def build():
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(2)])

    one, other = build(), build()
    one.set_weights([weight + 1 for weight in one.get_weights()])
    one.save(tmp_path / "one.keras")
    other.load_weights(tmp_path / "one.keras")
    for kept, read in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(read, kept)
    larger = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5)])
    with pytest.raises(gm.errors.SpecError, match=r"expected sizes \[4, 5\], found \[4, 3\]"):
        larger.load_weights(tmp_path / "one.keras")


def test_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "x.keras").write_bytes(b"no zip")
    with pytest.raises(gm.errors.SpecError, match="expected a zip"):
        real_keras.read(tmp_path / "x.keras")
    with pytest.raises(gm.errors.FileError):
        real_keras.read(tmp_path / "none.keras")
