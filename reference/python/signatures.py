"""Signatures of Keras's classes: names, order and defaults, which the Python package's are compared with and generated from.

    python -m venv v && v/bin/pip install keras==3.15.1 jax
    KERAS_BACKEND=jax v/bin/python reference/python/signatures.py > reference/python/signatures.json
"""

import inspect
import json

import keras

SPACES = [
    "layers", "losses", "optimizers", "optimizers.schedules", "initializers", "regularizers", "constraints", "callbacks",
    "activations", "utils",
]  # fmt: skip


def parameters(function):
    """Each as [name], [name, default] or [name, default, "keyword"]; `*name` and `**name` alone; a tuple as {"tuple": [...]}."""
    rows = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind)
        if stars:
            rows.append([stars + parameter.name])
            continue
        row = [parameter.name]
        if parameter.default is not parameter.empty:
            default = parameter.default
            plain = isinstance(default, (str, int, float, bool, type(None), list))
            row.append({"tuple": list(default)} if isinstance(default, tuple) else default if plain else repr(default))
        if parameter.kind == parameter.KEYWORD_ONLY:
            row.append("keyword")
        rows.append(row)
    return rows


def space(name):
    """A line for each class and function of a module."""
    module = keras
    for part in name.split("."):
        module = getattr(module, part)
    lines = []
    for key in sorted(vars(module)):
        value = getattr(module, key)
        if key.startswith("_") or not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        rows = parameters(value.__init__ if inspect.isclass(value) else value)
        lines.append(f"  {json.dumps(key)}: {json.dumps(rows)}")
    return f" {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n }"


print('{"keras": "%s", "signatures": {' % keras.__version__)
print(",\n".join(space(name) for name in SPACES))
print("}}")
