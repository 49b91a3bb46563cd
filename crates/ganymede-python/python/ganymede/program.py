"""What is wrong with a whole program that was written for Keras: its networks, losses and optimizers are looked for in what it defines.
Not here: the rules, which are the engine's."""

from __future__ import annotations

import json
import pathlib
import warnings
from typing import Any

from . import _ganymede
from .errors import SpecError, with_hint
from .gan import Report
from .keras._model import Model
from .spec import optimizer_of

#: Parts of the names that people give.
_NAMES = {"generator": ("gen", "painter", "g_"), "discriminator": ("disc", "critic", "d_")}


def check_program(path: Any) -> Report:
    """Everything that is wrong with the GAN of a program, at once. The program is run; an error of its own ends it, and what it defined
    until then is looked at.

    Args:
        path: The file. Its networks are variables with names such as `generator` and `discriminator`; losses and optimizers are those
            that the networks are compiled with, or variables such as `generator_loss`, `d_optimizer`.
    """
    scope: dict[str, Any] = {}
    ended: BaseException | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = compile(pathlib.Path(path).read_text(encoding="utf-8"), str(path), "exec")
            scope.update({"__name__": "__main__", "__file__": str(path)})
            exec(code, scope)
        except (Exception, SystemExit) as error:
            ended = error
    networks = {role: _named(scope, role, lambda value: isinstance(value, Model)) for role in _NAMES}
    missing = [role for role, network in networks.items() if network is None]
    if missing:
        none = SpecError(f"{path}: expected networks called `generator` and `discriminator`, found no {' and no '.join(missing)}")
        raise with_hint(none, f"it ended with {type(ended).__name__}: {ended}" if ended else "name the variables so")
    phases = [_phase(scope, role, networks[role]) for role in ("discriminator", "generator")]
    spec = {"networks": {role: network.network_config() for role, network in networks.items() if network}, "phases": phases}
    report = Report(*_ganymede.check_spec(_ganymede.spec_text(json.dumps(spec)), False))
    if ended is not None:
        report._text += f"\nthe program itself ended with {type(ended).__name__}: {ended}"
    return report


def _named(scope: dict[str, Any], role: str, fits: Any) -> Any:
    found = [(name, value) for name, value in scope.items() if not name.startswith("__") and fits(value)]
    for part in _NAMES[role]:
        for name, value in found:
            if name.lower().startswith(part):
                return value
    return None


def _phase(scope: dict[str, Any], role: str, network: Any) -> dict[str, Any]:
    """The update of a network, with the loss and the optimizer that the program has for it."""
    compiled = getattr(network, "_compiled", {})
    loss = compiled.get("loss") or _named(scope, role, lambda value: callable(value) and "loss" in getattr(value, "__name__", ""))
    is_optimizer = lambda value: getattr(type(value), "_family", "") == "optimizer" and not isinstance(value, type)  # noqa: E731
    optimizer = compiled.get("optimizer") or _named(scope, role, is_optimizer)
    phase: dict[str, Any] = {"name": role[0], "trains": [role], "terms": _terms(loss)}
    if optimizer is not None:
        phase["optimizer"] = optimizer_of(optimizer, role)
    return phase


def _terms(loss: Any) -> list[dict[str, Any]]:
    """A loss as the program has it: one of (y_true, y_pred) keeps its two names, which a rule knows."""
    from .record import Recorded, recorded

    if loss is None:
        return []
    if isinstance(loss, str):
        return [{"class_name": loss}]
    if hasattr(loss, "written"):
        return [loss.written()]
    recording, _ = recorded(loss, lambda recording, parameters: [Recorded(recording, name) for name in parameters])
    if recording.keras_loss is None:
        return []
    return [{**recording.keras_loss, "args": ["y_true", "y_pred"]}]
