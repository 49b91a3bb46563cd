"""Loads folders for Hugging Face as their cards say: not a part of the tests, since it needs Python.

    pip install keras jax onnxruntime huggingface_hub pyyaml
    cargo run --release -p ganymede-interop --example onnx_reference -- DIR
    KERAS_BACKEND=jax PYTHONPATH=crates/ganymede-python/python python reference/hub/check.py DIR

For every preset in DIR: the front matter is what huggingface_hub's ModelCard reads and validates as far as that needs no network; no file
names the folder that it was made in; `keras.saving.load_model(folder)` gives the engine's samples within 1e-5, and so does ONNX
Runtime; ganymede's own reader gives them as near as its fast convolutions are; every snippet of the card for a library that is installed runs.
Last run with Python 3.11.7, keras 3.15.1, jax, onnxruntime 1.32.0, huggingface_hub 2.4.0.
"""

import importlib.util
import json
import os
import pathlib
import re
import sys

import keras
import numpy as np
import onnxruntime
import yaml
from ganymede import keras as own
from huggingface_hub import ModelCard

TOLERANCE = 1e-5
# The inverse of the normal distribution, which copula takes of one, enlarges the last bit of erf.
TOLERANCES = {"copula": 5e-5}
# Its fast convolutions, against strict ones.
FAST = 3e-5
#: What a snippet imports, by its name in the card.
NEEDS = {"ganymede": "ganymede", "Keras 3": "keras", "PyTorch": "torch", "ONNX Runtime": "onnxruntime"}


def card(folder, hidden):
    text = (folder / "README.md").read_text()
    loaded = ModelCard.load(folder / "README.md")
    front = yaml.safe_load(text.split("---\n")[1])
    assert loaded.data.license == front["license"] and "gan" in loaded.data.tags
    for result in loaded.data.eval_results or []:
        assert np.isfinite(result.metric_value) and result.metric_args["protocol"], result
    for path in folder.iterdir():
        assert hidden.encode() not in path.read_bytes(), f"{path.name} names {hidden}"
    return front, text, len(loaded.data.eval_results or [])


def keras_of(folder, place):
    if not (folder / "config.json").exists():
        return None
    model = keras.saving.load_model(str(folder))
    given = given_of(place, len(model.inputs))
    return np.asarray(model.predict(given, verbose=0))


def ganymede_of(folder, place):
    if not (folder / "config.json").exists():
        return None
    model = own.models.load_model(folder)
    given = given_of(place, 1 + (place / "inputs" / "label.npy").exists())
    return np.asarray(model.predict(given))


def given_of(place, count):
    """Latents, and labels where there are two inputs."""
    given = [np.load(place / "inputs" / f"{name}.npy") for name in ("z", "label")[:count]]
    return given if count > 1 else given[0]


def onnx_of(folder, place):
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    feeds = {}
    for wanted in session.get_inputs():
        values = np.load(place / "inputs" / f"{wanted.name}.npy")
        feeds[wanted.name] = values.astype(np.int64) if "int64" in wanted.type else values
    made = session.run(None, feeds)[0]
    return made.transpose(0, 2, 3, 1) if made.ndim == 4 else made


def run_snippets(folder, text):
    run, before = [], os.getcwd()
    os.chdir(folder)
    sys.path.insert(0, ".")
    try:
        for name, code in re.findall(r"\n([A-Za-z0-9 ]+):\n\n```python\n(.*?)```", text, re.S):
            if importlib.util.find_spec(NEEDS[name]) is None:
                run.append(f"{name} is not installed")
                continue
            found = {}
            exec(code, found)
            assert len(found["samples"]) == 16, name
            run.append(name)
    finally:
        sys.path.pop(0)
        os.chdir(before)
    return run


def check(place, hidden):
    folder = place / "hub"
    front, text, scores = card(folder, hidden)
    samples = np.load(place / "samples.npy")
    parts = []
    for name, made in (("Keras", keras_of(folder, place)), ("ONNX", onnx_of(folder, place)), ("ganymede", ganymede_of(folder, place))):
        if made is None:
            parts.append(f"{name} not written")
            continue
        apart = float(np.abs(made - samples).max())
        most = FAST if name == "ganymede" else TOLERANCES.get(place.name, TOLERANCE)
        assert made.shape == samples.shape and apart < most, f"{name}: {made.shape}, {apart}"
        parts.append(f"{name} {apart:.1e}")
    json.loads((folder / "ganymede.json").read_text())
    assert front["library_name"] == ("keras" if (folder / "config.json").exists() else front["library_name"])
    return f"{', '.join(parts)}, {scores} numbers in the model index; snippets run: {', '.join(run_snippets(folder, text))}"


failed = 0
root = pathlib.Path(sys.argv[1])
for place in sorted(path for path in root.iterdir() if (path / "hub").exists()):
    try:
        print(f"{place.name:18} {check(place, str(root.resolve()))}")
    except Exception as error:  # Every preset is told of.
        failed += 1
        print(f"{place.name:18} FAILED {type(error).__name__}: {error}")
sys.exit(1 if failed else 0)
