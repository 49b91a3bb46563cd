"""What the command does, as functions: train, resume, load."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from . import _ganymede
from .data import checked, kept, to_array
from .gan import GAN
from .keras.callbacks import History, tensorboard_folder
from .saving import load


def train(config_or_preset: Any = None, data: Any = None, *, minutes: float | None = None, steps: int | None = None, seed: int | None = None,
          batch_size: int | None = None, outdir: Any = "runs", verbose: Any = "auto", callbacks: Any = None,
          tensorboard: Any = None, **options: Any) -> GAN:
    """Trains a preset or a spec on data, as `ganymede train` does.

    Args:
        config_or_preset: The file of a spec, the name of a preset, or None for the preset that fits the data best.
        data: A path, the name of data that comes along, or an array.
        minutes: How long.
        steps: How many steps.
        seed: All that is random is a function of it.
        batch_size: Samples in a batch.
        outdir: The folder of runs.
        verbose: 0 for nothing, 1 for a line that is updated, 2 for a line a while.
        callbacks: Keras's callbacks.
        tensorboard: Also write what is logged for TensorBoard: True for a folder in the run, or a path.
        options: Options of `[data]` in a spec, such as `resolution=32`.
    """
    source = data
    if data is not None and not isinstance(data, (str, pathlib.Path)):
        array, values = checked(to_array(data), None, False)
        source = kept(array, None, None, pathlib.Path(outdir) / "data").resolve()
        if values is not None:
            options.setdefault("range", list(values))
    named = str(config_or_preset) if config_or_preset is not None else None
    if named is not None and named.endswith(".toml"):
        spec = json.loads(_ganymede.spec_json(pathlib.Path(named)))
    else:
        text = _ganymede.preset_spec(named, str(source or "fashion-mnist"), json.dumps(options), minutes)
        spec = json.loads(_ganymede.spec_of_text(text))
    if source is not None:
        spec["data"] = {**spec.get("data", {}), "source": str(source), **options}
    train_table = spec.setdefault("train", {})
    if steps is not None or minutes is not None:
        for key in ("steps", "kimg", "minutes"):
            train_table.pop(key, None)
        train_table["steps" if steps is not None else "minutes"] = steps if steps is not None else float(minutes or 0)
    if batch_size is not None:
        train_table["batch"] = int(batch_size)
    if seed is not None:
        spec["seed"] = int(seed)
    callbacks = list(callbacks or [])
    session = _ganymede.Session(_ganymede.spec_text(json.dumps(spec)), pathlib.Path(outdir), None, {}, tensorboard_folder(callbacks, tensorboard))
    return _driven(session, verbose, callbacks)


def resume(run: Any, *, steps: int | None = None, minutes: float | None = None, verbose: Any = "auto", callbacks: Any = None,
           tensorboard: Any = None) -> GAN:
    """Goes on with a run, as `ganymede resume` does, with the same bytes as if it had never stopped.

    Args:
        run: The run's folder.
        steps: Another end, in steps in all.
        minutes: Another end, in minutes.
        verbose: As of `GAN.fit`.
        callbacks: Keras's callbacks.
        tensorboard: As of `train`.
    """
    callbacks = list(callbacks or [])
    session = _ganymede.Session.resume(pathlib.Path(run), steps, minutes, tensorboard_folder(callbacks, tensorboard))
    return _driven(session, verbose, callbacks)


def _driven(session: Any, verbose: Any, callbacks: Any) -> GAN:
    gan = load(session.run())
    gan._session = session
    gan._go(None, 1, callbacks, verbose, [], "", gan._batch)
    return gan


__all__ = ["History", "load", "resume", "train"]
