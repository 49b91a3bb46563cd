"""Names, order and defaults are Keras's."""

import inspect
import json
import pathlib

import pytest

from ganymede import keras

FILE = pathlib.Path(__file__).parents[3] / "reference" / "python" / "signatures.json"
SIGNATURES = json.loads(FILE.read_text())["signatures"]
MODULES = {
    "layers": keras.layers,
    "losses": keras.losses,
    "optimizers": keras.optimizers,
    "optimizers.schedules": keras.optimizers.schedules,
    "initializers": keras.initializers,
    "regularizers": keras.regularizers,
    "constraints": keras.constraints,
    "callbacks": keras.callbacks,
}
#: Callbacks that are refused or built in take anything, and our base classes have no arguments.
LEFT_OUT = {"ReduceLROnPlateau", "BackupAndRestore", "TerminateOnNaN", "ProgbarLogger", "LambdaCallback", "LearningRateSchedule"}
LEFT_OUT |= {"Layer", "Loss", "Optimizer", "Initializer", "Regularizer", "Constraint", "Callback", "CallbackList", "InputLayer"}


def cases():
    """Every class of ours that Keras has, with Keras's parameters."""
    for space, module in MODULES.items():
        for name, rows in SIGNATURES[space].items():
            if name not in LEFT_OUT and name[0].isupper() and name in vars(module):
                yield pytest.param(getattr(module, name), rows, id=f"{space}.{name}")


@pytest.mark.parametrize(("kind", "rows"), list(cases()))
def test_a_signature_is_keras_s(kind, rows):
    function = kind if inspect.isfunction(kind) else kind.__init__
    found = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    expected = [row for row in rows if not row[0].startswith("*")]
    plain = [p for p in found if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    assert [p.name for p in plain] == [row[0] for row in expected]
    for parameter, row in zip(plain, expected):
        default = row[1]["tuple"] if len(row) > 1 and isinstance(row[1], dict) else row[1] if len(row) > 1 else None
        given = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
        if len(row) == 1:
            assert parameter.default is parameter.empty, parameter
        else:
            assert given == default and type(given) is type(default), parameter


def test_enough_is_compared():
    assert len(list(cases())) > 100
