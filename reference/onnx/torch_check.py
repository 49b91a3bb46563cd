"""Checks exported PyTorch modules with torch: not a part of the tests, since it needs Python.

    cargo run --release -p ganymede-interop --example onnx_reference -- DIR
    python reference/onnx/torch_check.py DIR

For every preset in DIR that could be written: strict loading of the weights, and the engine's samples within 1e-5.
Last run with torch 2.15.0.
"""

import importlib.util
import pathlib
import sys

import numpy as np
import torch


def check(folder):
    spec = importlib.util.spec_from_file_location("model", folder / "torch" / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    generator = module.load()
    names = generator.forward.__code__.co_varnames[1 : generator.forward.__code__.co_argcount]
    given = [torch.from_numpy(np.load(folder / "inputs" / f"{name}.npy")) for name in names]
    given = [values.long() if values.dtype == torch.int32 else values for values in given]
    with torch.no_grad():
        made = generator(*given).numpy()
    samples = np.load(folder / "samples.npy")
    wanted = samples.transpose(0, 3, 1, 2) if samples.ndim == 4 else samples
    assert made.shape == wanted.shape, (made.shape, wanted.shape)
    return float(np.abs(made - wanted).max())


failed = 0
for folder in sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if (path / "samples.npy").exists()):
    if not (folder / "torch" / "model.py").exists():
        print(f"{folder.name:18} not written")
        continue
    try:
        worst = check(folder)
        assert worst < 1e-5, f"{worst:.1e} from the engine"
        print(f"{folder.name:18} {worst:.1e} from the engine")
    except Exception as error:  # Every preset is told of.
        failed += 1
        print(f"{folder.name:18} FAILED {type(error).__name__}: {error}")
sys.exit(1 if failed else 0)
