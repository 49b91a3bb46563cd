"""Write the reference numbers of Keras 3 (TensorFlow, float64) to keras/*.json.

    python keras_reference.py            all files
    python keras_reference.py conv2d …   only these

Not here: the cases (families/*.py) and what they share (common.py).
"""

import importlib
import sys

from common import Cases, keras

FAMILIES = ["convolution", "normalization", "activation", "training", "shape", "sequence", "expression", "initializer", "config",
            "model", "gan"]


def main(wanted):
    files = {}
    for family in FAMILIES:
        files.update(importlib.import_module(f"families.{family}").FILES)
    unknown = set(wanted) - set(files)
    if unknown:
        sys.exit(f"no such file: {', '.join(sorted(unknown))}; there are {', '.join(files)}")
    for name in wanted or files:
        keras.backend.clear_session()
        keras.config.set_floatx("float64")
        cases = Cases(name)
        files[name](cases)
        cases.write()


if __name__ == "__main__":
    main(sys.argv[1:])
