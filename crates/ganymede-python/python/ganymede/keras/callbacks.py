"""Keras's callbacks: called between steps, so that they can draw, save and look at weights."""

from __future__ import annotations

import csv
import sys
from typing import Any, Callable as Function, Iterable



class Callback:
    """What is called between steps: `self.model` is the `ganymede.GAN`."""

    model: Any = None
    params: dict[str, Any]

    def set_model(self, model: Any) -> None:
        """Says what is trained."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Says how long it is trained."""
        self.params = params

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first step."""

    def on_train_end(self, logs: Any = None) -> None:
        """After the last one."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch: `logs` has its mean losses."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step. Who has it is called a step at a time, which costs time."""

    on_batch_begin, on_batch_end = on_train_batch_begin, on_train_batch_end

    def on_test_begin(self, logs: Any = None) -> None:
        """Never called: there is no test of a network."""

    def on_test_end(self, logs: Any = None) -> None:
        """Never called."""

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Never called."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Never called."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Never called."""

    def on_predict_end(self, logs: Any = None) -> None:
        """Never called."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Never called."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Never called."""


class CallbackList:
    """All callbacks of a training."""

    def __init__(self, callbacks: Iterable[Any], model: Any, params: dict[str, Any]) -> None:
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            if not hasattr(callback, "on_epoch_end"):
                raise TypeError(f"callbacks: expected objects of keras.callbacks, found {type(callback).__name__}")
            callback.set_params(params)
            callback.set_model(model)
        names = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
        self.by_batch = any(
            getattr(type(callback), name, None) is not None
            and getattr(type(callback), name) is not getattr(Callback, name)
            for callback in self.callbacks
            if isinstance(callback, Callback)
            for name in names
        )

    def progress(self, done: int, step: int, seconds: float, logs: dict[str, float]) -> None:
        """Steps of the epoch are done."""
        for callback in self.callbacks:
            if isinstance(callback, ProgbarLogger):
                callback.progress(done, step, seconds, logs)

    def __getattr__(self, name: str) -> Function[..., None]:
        def everyone(*arguments: Any) -> None:
            for callback in self.callbacks:
                getattr(callback, name)(*arguments)

        if not name.startswith("on_"):
            raise AttributeError(name)
        return everyone


class History(Callback):
    """The mean losses of each epoch: `history.history["d_loss"]`."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keeps the numbers of an epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def last(self) -> dict[str, float]:
        """The numbers of the last epoch."""
        return {name: values[-1] for name, values in self.history.items() if values}

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"


class ProgbarLogger(Callback):
    """A line that tells how far the training is."""

    def __init__(self, verbose: int = 1) -> None:
        self._verbose, self._shown, self._handle = verbose, 0, None
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remembers the epoch."""
        self._epoch = epoch

    def progress(self, done: int, step: int, seconds: float, logs: dict[str, float]) -> None:
        """Shows the step that is done."""
        if self._verbose == 1:
            self._show(f"{self._words()} - step {step} - {seconds / max(step, 1) * 1000:.0f} ms a step{_losses(logs)}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Ends the line of an epoch."""
        if self._verbose == 2:
            print(f"{self._words()}{_losses(logs or {})}", file=sys.stderr)

    def on_train_end(self, logs: Any = None) -> None:
        """Ends the line."""
        if self._verbose == 1 and self._shown and self._handle is None:
            print(file=sys.stderr)

    def _words(self) -> str:
        epochs = self.params.get("epochs")
        return f"Epoch {self._epoch + 1}" + (f"/{epochs}" if epochs else "")

    def _show(self, text: str) -> None:
        from .utils import in_notebook

        if in_notebook():
            from IPython.display import HTML, display  # type: ignore[import-not-found]

            shown = HTML(f"<pre>{text}</pre>")
            if self._handle is None:
                self._handle = display(shown, display_id=True)
            else:
                self._handle.update(shown)
            return
        print("\r" + text.ljust(self._shown), end="", file=sys.stderr, flush=True)
        self._shown = len(text)


def _losses(logs: dict[str, float]) -> str:
    words = [f"{name}: {value:.4f}" for name, value in logs.items() if name in ("d_loss", "g_loss") or "/" not in name]
    return (" - " + " - ".join(words)) if words else ""


class LambdaCallback(Callback):
    """Functions as a callback."""

    def __init__(self, on_epoch_begin: Any = None, on_epoch_end: Any = None, on_train_begin: Any = None, on_train_end: Any = None,
                 on_train_batch_begin: Any = None, on_train_batch_end: Any = None, **kwargs: Any) -> None:
        if kwargs:
            raise TypeError(f"LambdaCallback: expected other functions than {', '.join(kwargs)}")
        given = {"on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end, "on_train_begin": on_train_begin, "on_train_end": on_train_end,
                 "on_train_batch_begin": on_train_batch_begin, "on_train_batch_end": on_train_batch_end}
        by_batch = {name: function for name, function in given.items() if function is not None and "batch" in name}
        if by_batch:
            self.__class__ = type("LambdaCallback", (LambdaCallback,), {name: _method(function) for name, function in by_batch.items()})
        for name, function in given.items():
            if function is not None and name not in by_batch:
                setattr(self, name, function)


def _method(function: Any) -> Any:
    return lambda self, *arguments: function(*arguments)


class CSVLogger(Callback):
    """Writes the numbers of each epoch as lines of a CSV file."""

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        self._filename, self._separator, self._append = filename, separator, append
        self._file: Any = None
        self._writer: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Opens the file."""
        self._file = open(self._filename, "a" if self._append else "w", newline="", encoding="utf-8")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes a line."""
        row = {"epoch": epoch, **(logs or {})}
        if self._writer is None:
            self._writer = csv.DictWriter(self._file, list(row), delimiter=self._separator, extrasaction="ignore")
            if not self._append or self._file.tell() == 0:
                self._writer.writeheader()
        self._writer.writerow(row)
        self._file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the file."""
        self._file.close()


def _better(mode: str, monitor: str) -> Function[[float, float], bool]:
    lower = mode == "min" or (mode == "auto" and not any(word in monitor for word in ("acc", "coverage", "recall", "precision", "density")))
    return (lambda new, old: new < old) if lower else (lambda new, old: new > old)


class EarlyStopping(Callback):
    """Ends the training when a number has not become better for some epochs."""

    def __init__(self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0, mode: str = "auto",
                 baseline: float | None = None, restore_best_weights: bool = False, start_from_epoch: int = 0) -> None:
        self.monitor, self.min_delta, self.patience, self.verbose = monitor, abs(min_delta), patience, verbose
        self.baseline, self.restore_best_weights, self.start_from_epoch = baseline, restore_best_weights, start_from_epoch
        self._is_better, self._mode = _better(mode, monitor), mode
        self.best, self.wait, self.stopped_epoch = baseline, 0, 0
        if restore_best_weights:
            raise ValueError("EarlyStopping: expected restore_best_weights=False: a run keeps its best checkpoint, see fit(..., metrics=[...])")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Compares the number with the best one."""
        value = _monitored(self.monitor, logs, "EarlyStopping")
        if epoch < self.start_from_epoch:
            return
        shifted = value + self.min_delta if self._is_better(0.0, 1.0) else value - self.min_delta
        if self.best is None or self._is_better(shifted, self.best):
            self.best, self.wait = value, 0
            return
        self.wait += 1
        if self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True
            if self.verbose:
                print(f"\nEpoch {epoch + 1}: early stopping", file=sys.stderr)


def _monitored(monitor: str, logs: Any, who: str) -> float:
    logs = logs or {}
    if monitor not in logs:
        raise ValueError(f"{who}: expected to monitor one of {', '.join(logs) or 'nothing'}, found {monitor!r}; name metrics in fit(..., metrics=[...])")
    return float(logs[monitor])


class ModelCheckpoint(Callback):
    """Writes the generator after epochs: `{epoch}` and names of numbers may stand in the file's name. The run has checkpoints of its own."""

    def __init__(self, filepath: Any, monitor: str = "val_loss", verbose: int = 0, save_best_only: bool = False, save_weights_only: bool = False,
                 mode: str = "auto", save_freq: Any = "epoch", initial_value_threshold: float | None = None) -> None:
        if save_freq != "epoch":
            raise ValueError(f"ModelCheckpoint: expected save_freq='epoch', found {save_freq!r}; the run keeps checkpoints of its own")
        self.filepath, self.monitor, self.verbose, self.save_best_only = str(filepath), monitor, verbose, save_best_only
        self.save_weights_only = save_weights_only
        self._is_better, self.best = _better(mode, monitor), initial_value_threshold

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes the generator, if it is the best one or all are kept."""
        if self.save_best_only:
            value = _monitored(self.monitor, logs, "ModelCheckpoint")
            if self.best is not None and not self._is_better(value, self.best):
                return
            self.best = value
        path = self.filepath.format(epoch=epoch + 1, **(logs or {}))
        self.model.generator.save(path)


class TensorBoard(Callback):
    """Writes for TensorBoard what the run logs: losses, rates, times, grids of samples, the spec. The engine does so while it trains.

    Args:
        log_dir: The folder of the event files; one folder is for one run.
        histogram_freq, write_images, profile_batch, embeddings_freq, embeddings_metadata: Keras's defaults and nothing else.
        write_graph: There is no graph of TensorFlow, whatever it says.
        write_steps_per_second: Steps a second are written always.
        update_freq: `"epoch"`: numbers come with the ticks of the run.
    """

    def __init__(self, log_dir: Any = "logs", histogram_freq: int = 0, write_graph: bool = True, write_images: bool = False,
                 write_steps_per_second: bool = False, update_freq: Any = "epoch", profile_batch: Any = 0, embeddings_freq: int = 0,
                 embeddings_metadata: Any = None) -> None:
        for name, value, default in (("histogram_freq", histogram_freq, 0), ("write_images", write_images, False),
                                     ("update_freq", update_freq, "epoch"), ("profile_batch", profile_batch, 0),
                                     ("embeddings_freq", embeddings_freq, 0), ("embeddings_metadata", embeddings_metadata, None)):
            if value != default:
                raise ValueError(f"TensorBoard: expected {name}={default!r}, found {value!r}: what the run logs is written, with each of its ticks")
        self.log_dir = str(log_dir)


def tensorboard_folder(callbacks: Iterable[Any], asked: Any = None) -> str | None:
    """The folder for TensorBoard, by a callback or as asked for; an empty one is that of the run."""
    folders = [callback.log_dir for callback in callbacks if isinstance(callback, TensorBoard)]
    if asked:
        folders.append("" if asked is True else str(asked))
    if len(folders) > 1:
        raise ValueError(f"TensorBoard: expected one folder, found {len(folders)}")
    return folders[0] if folders else None


class LearningRateScheduler(Callback):
    """Asks a function for the rate of each epoch, all before the first step: the rates become a schedule of the spec, so that the run goes on
    without Python. Both optimizers follow it, each from its own rate."""

    def __init__(self, schedule: Any, verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(f"LearningRateScheduler: expected a function of (epoch, rate), found {type(schedule).__name__}")
        self.schedule, self.verbose = schedule, verbose

    def rates(self, rate: float, epochs: int) -> list[float]:
        """The rate of each epoch, from what the optimizer has at first."""
        rates: list[float] = []
        for epoch in range(epochs):
            try:
                value = self.schedule(epoch, rate)
            except TypeError:
                value = self.schedule(epoch)
            rate = float(value)
            if not 0 <= rate < float("inf"):
                raise ValueError(f"LearningRateScheduler: expected a rate of at least 0 in epoch {epoch}, found {rate}")
            rates.append(rate)
            if self.verbose:
                print(f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.", file=sys.stderr)
        return rates


class ReduceLROnPlateau(Callback):
    """Refused: the rate would depend on what happened."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise ValueError("ReduceLROnPlateau: expected a rate that the spec says, found one that depends on the training; use a schedule")


class TerminateOnNaN(Callback):
    """Built in: a training ends before numbers that are not finite are saved."""

    def __init__(self, *_: Any) -> None:
        pass


class BackupAndRestore(Callback):
    """Built in: a run goes on by `ganymede.resume`."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"ganymede.keras.callbacks has no `{name}`: it has Callback, CSVLogger, EarlyStopping, History, LambdaCallback, LearningRateScheduler, ModelCheckpoint, "
        "ProgbarLogger, TensorBoard, TerminateOnNaN, BackupAndRestore"
    )


