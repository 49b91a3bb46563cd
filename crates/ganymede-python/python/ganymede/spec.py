"""The spec of a training, from networks and what `compile` was given. Not here: training (`gan.py`), writing losses down (`record.py`)."""

from __future__ import annotations

import inspect
import re
from typing import Any, Callable

from .errors import SpecError, with_hint
from .keras import optimizers
from .keras._configured import Configured, plain
from .record import Recorded, Recording, Scope, recorded

#: Names that a loss may give to its two verdicts.
_REAL = {"real", "real_img", "real_images", "real_logits", "real_output", "d_real", "real_pred"}
_FAKE = {"fake", "fake_img", "fake_images", "fake_logits", "fake_output", "d_fake", "fake_pred", "generated"}


def optimizer_of(value: Any, where: str) -> Any:
    """An optimizer as it stands in a phase: ours, Keras's, or a name."""
    if isinstance(value, str):
        return {"class_name": value}
    if isinstance(value, Configured):
        return value.written()
    if hasattr(value, "get_config"):
        return _of_keras(value, where)
    raise SpecError(f"{where}: expected an optimizer, such as keras.optimizers.Adam(0.0002, beta_1=0.5), found {type(value).__name__}")


def _of_keras(value: Any, where: str) -> dict[str, Any]:
    config = dict(value.get_config())
    kept = {}
    for name, argument in config.items():
        if name in ("name", "loss_scale_factor", "ema_overwrite_frequency", "ema_momentum") or argument is None or argument is False:
            continue
        if isinstance(argument, dict) and "class_name" in argument:
            argument = {"class_name": argument["class_name"], **(argument.get("config") or {})}
            argument.pop("name", None)
        kept[name] = float(argument) if hasattr(argument, "__float__") and not isinstance(argument, (int, str)) else argument
    return {"class_name": type(value).__name__, **kept}


def rate_of(optimizer: dict[str, Any]) -> float:
    """The learning rate of an optimizer as it stands in a phase."""
    rate = optimizer.get("learning_rate")
    if rate is None:
        rate = inspect.signature(getattr(optimizers, optimizer["class_name"])).parameters["learning_rate"].default
    if not isinstance(rate, (int, float)):
        raise SpecError("LearningRateScheduler: expected optimizers with a number as their rate, found one that has a schedule already")
    return float(rate)


def with_rates(optimizer: dict[str, Any], rates: list[float], updates: int) -> dict[str, Any]:
    """The optimizer with a rate for each epoch of so many updates, the last one for all that come after."""
    changes = [epoch for epoch in range(1, len(rates)) if rates[epoch] != rates[epoch - 1]]
    if not changes:
        return {**optimizer, "learning_rate": rates[0]}
    # A boundary itself still has the rate before it.
    boundaries, values = [epoch * updates - 1 for epoch in changes], [rates[0], *(rates[epoch] for epoch in changes)]
    return {**optimizer, "learning_rate": {"class_name": "PiecewiseConstantDecay", "boundaries": boundaries, "values": values}}


def objective_terms(player: str, loss: Any) -> list[dict[str, Any]]:
    """The terms of what a player minimises: a name, a loss of Keras's, or a function that is written down.

    Args:
        player: `discriminator` or `generator`.
        loss: What `compile` was given.
    """
    if isinstance(loss, str):
        return [{"class_name": loss}]
    if isinstance(loss, Configured):
        return [loss.written()]
    if isinstance(loss, (list, tuple)):
        return [term for one in loss for term in objective_terms(player, one)]
    if hasattr(loss, "get_config") and not callable(getattr(loss, "__wrapped__", None)) and type(loss).__module__.startswith("keras"):
        config = {name: value for name, value in loss.get_config().items() if name not in ("name", "dtype", "fn") and value is not None}
        return [{"class_name": type(loss).__name__, **plain(config)}]
    if not callable(loss):
        raise SpecError(f"loss of the {player}: expected a name such as \"hinge\", a loss or a function, found {type(loss).__name__}")
    return [_function(player, loss)]


def _function(player: str, loss: Callable[..., Any]) -> dict[str, Any]:
    name = getattr(loss, "__name__", type(loss).__name__)
    compared: list[bool] = []

    def values(recording: Recording, parameters: list[str]) -> list[Any]:
        real, fake = Recorded(recording, "real_logits"), Recorded(recording, "fake_logits")
        if parameters == ["y_true", "y_pred"]:
            compared.append(True)
            return [_Target(recording), _Prediction(recording)]
        if player == "generator":
            wanted = [fake, real] if len(parameters) == 2 and parameters[0] not in _REAL else [fake]
            return _by_name(parameters, real, fake) or wanted[: len(parameters)]
        if len(parameters) == 1:
            raise with_hint(
                SpecError(f"{name}: expected a loss of two verdicts, on real and on generated samples, found `{parameters[0]}` alone"),
                "write it as a function of (real, fake)",
            )
        return _by_name(parameters, real, fake) or [real, fake]

    recording, result = recorded(loss, values)
    if compared:
        return _of_target(player, name, recording, result)
    return {"class_name": "expression_objective", "name": recording.name, player: recording.text(result)}


def _by_name(parameters: list[str], real: Recorded, fake: Recorded) -> list[Recorded] | None:
    known = [real if name in _REAL else fake if name in _FAKE else None for name in parameters]
    return None if None in known else known  # type: ignore[return-value]


class _Target(Recorded):
    """`y_true` of a loss that compares: 1 for what is to be taken for real, 0 for what is not."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording, "y_true")


class _Prediction(Recorded):
    """`y_pred` of a loss that compares: the discriminator's verdict."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording, "y_pred")


def _of_target(player: str, name: str, recording: Recording, result: Recorded) -> dict[str, Any]:
    """A loss of (y_true, y_pred): real samples compared with 1, generated ones with 0; the generator's with 1."""
    plain_loss = recording.keras_loss
    if plain_loss is not None and len(recording.lines) == 1:
        return dict(plain_loss)
    text = recording.text(result).rstrip("\n").split("\n")

    def compared(prefix: str, logits: str, target: str) -> list[str]:
        def renamed(line: str) -> str:
            line = re.sub(r"\bt(\d+)\b", rf"{prefix}\1", line)
            line = re.sub(r"\by_pred\b", logits, line)
            return re.sub(r"\by_true\b", f"{target}({logits})", line)

        return [renamed(line) for line in text]

    if player == "generator":
        lines = compared("g", "fake_logits", "ones_like")
        return {"class_name": "expression_objective", "name": recording.name, "generator": "\n".join(lines) + "\n"}
    real, fake = compared("r", "real_logits", "ones_like"), compared("f", "fake_logits", "zeros_like")
    lines = [*real[:-1], f"on_real = {real[-1]}", *fake[:-1], f"on_fake = {fake[-1]}", "on_real + on_fake"]
    return {"class_name": "expression_objective", "name": recording.name, "discriminator": "\n".join(lines) + "\n"}


def penalty_term(penalty: Any) -> dict[str, Any]:
    """A term beside the objective: a function of a scope, a name, or a pair with its weight."""
    weight: float | None = None
    if isinstance(penalty, tuple) and len(penalty) == 2:
        penalty, weight = penalty[0], float(penalty[1])
    if isinstance(penalty, dict):
        term = plain(penalty)
    elif isinstance(penalty, str):
        term = {"class_name": penalty}
    elif isinstance(penalty, Configured):
        term = penalty.written()
    elif callable(penalty):
        recording, result = recorded(penalty, lambda recording, _: [Scope(recording)])
        term = {"class_name": "expression", "name": recording.name, "value": recording.text(result)}
    else:
        raise SpecError(f"penalties: expected functions, names such as \"r1\", or pairs with a weight, found {type(penalty).__name__}")
    if weight is not None:
        term["weight"] = weight
    return term
