"""Checks exported ONNX files with onnx and onnxruntime: not a part of the tests, since it needs Python.

    cargo run --release -p ganymede-interop --example onnx_reference -- DIR
    python reference/onnx/check.py DIR

For every preset in DIR: the file passes the checker in full, onnxruntime gives the engine's samples at batches 1, 5 and 64 within
1e-5, bytes are those of the PNG files, and every discriminator runs.
Last run with Python 3.11.7, onnx 1.23.2, onnxruntime 1.32.0,
numpy 2.4.6, pillow 13.0.0.
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

BATCHES = [1, 5, 64]
TOLERANCE = 1e-5
# The inverse of the normal distribution, which copula takes of one, enlarges the last bit of erf.
TOLERANCES = {"copula": 5e-5}


def session(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    return model, onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def feeds(runtime, folder, count):
    found = {}
    for wanted in runtime.get_inputs():
        values = np.load(folder / "inputs" / f"{wanted.name}.npy")
        found[wanted.name] = values[:count].astype(np.int64 if "int64" in wanted.type else values.dtype)
    return found


def pngs(folder):
    from PIL import Image

    files = sorted((folder / "files").glob("*.png"))
    images = [np.asarray(Image.open(file)) for file in files]
    return np.stack([image if image.ndim == 3 else image[..., None] for image in images]) if images else None


def check_generator(folder):
    model, runtime = session(folder / "generator.onnx")
    samples = np.load(folder / "samples.npy")
    wanted = samples.transpose(0, 3, 1, 2) if samples.ndim == 4 else samples
    worst = 0.0
    for count in BATCHES:
        outputs = runtime.run(None, feeds(runtime, folder, count))
        assert outputs[0].shape == wanted[:count].shape, (outputs[0].shape, wanted[:count].shape)
        worst = max(worst, float(np.abs(outputs[0] - wanted[:count]).max()))
        if len(outputs) > 1:
            assert np.array_equal(np.concatenate(outputs[1:], axis=1), outputs[0]), "the columns are not the row"
    one = runtime.run(None, feeds(runtime, folder, 1))[0]
    apart = float(np.abs(one - outputs[0][:1]).max())
    return len(model.graph.node), worst, apart


def check_bytes(folder):
    _, runtime = session(folder / "uint8.onnx")
    made = runtime.run(None, feeds(runtime, folder, 64))[0]
    wanted = pngs(folder)
    assert made.dtype == np.uint8 and made.shape == wanted.shape, (made.shape, wanted.shape)
    # Where a value lies on the edge between two bytes, the last bit of a sum decides.
    exact = np.load(folder / "samples.npy").astype(np.float64) * 127.5 + 128.0
    edge = np.abs(exact - np.round(exact)) < 127.5 * TOLERANCE
    differ = made != wanted
    assert not (differ & ~edge).any(), f"{(differ & ~edge).sum()} bytes differ"
    return int(differ.sum()), made.size


def check_discriminator(folder):
    path = next(folder.glob("discriminator*.onnx"))
    _, runtime = session(path)
    samples = np.load(folder / "samples.npy")
    count = 60
    given = {}
    for wanted in runtime.get_inputs():
        if wanted.name in ("image", "sample"):
            values = samples.transpose(0, 3, 1, 2) if samples.ndim == 4 else samples
        else:
            values = np.load(folder / "inputs" / f"{wanted.name}.npy")
            values = values.astype(np.int64) if "int64" in wanted.type else values
        given[wanted.name] = values[:count]
    outputs = runtime.run(None, given)
    wanted = np.load(folder / "logits.npy")
    assert outputs[0].shape == wanted.shape, (outputs[0].shape, wanted.shape)
    apart = float(np.abs(outputs[0] - wanted).max() / max(1.0, np.abs(wanted).max()))
    assert apart < TOLERANCE, f"logits differ by {apart}"
    return f"{'fixed, ' if path.stem != 'discriminator' else ''}{apart:.1e}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    asked = parser.parse_args()
    failed = 0
    for folder in sorted(path for path in asked.folder.iterdir() if (path / "generator.onnx").exists()):
        try:
            nodes, worst, apart = check_generator(folder)
            text = f"{folder.name:18} {nodes:4} nodes, {worst:.1e} from the engine, batch 1 {apart:.0e} from 64"
            assert worst < TOLERANCES.get(folder.name, TOLERANCE), text
            if (folder / "uint8.onnx").exists():
                differ, size = check_bytes(folder)
                text += f", {differ} of {size} bytes at an edge differ"
            text += f", discriminator {check_discriminator(folder)}"
            print(text)
        except Exception as error:  # Every preset is told of.
            failed += 1
            print(f"{folder.name:18} FAILED {type(error).__name__}: {error}")
    sys.exit(1 if failed else 0)


main()
