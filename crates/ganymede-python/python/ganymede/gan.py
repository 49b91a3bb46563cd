"""A generator and a discriminator that are trained against each other, as one has a model in Keras."""

from __future__ import annotations

import json
import pathlib
import sys
import time
import warnings
from typing import Any, Iterable

import numpy as np

from . import _ganymede
from .data import checked, drained, kept, to_array
from .errors import SpecError, with_hint
from .keras import utils
from .keras._model import Model
from .keras.callbacks import Callback, CallbackList, History, LearningRateScheduler, ProgbarLogger, tensorboard_folder
from .samples import Samples, samples_of
from .spec import objective_terms, optimizer_of, penalty_term, rate_of, with_rates

#: Names in a spec.
_GENERATOR, _DISCRIMINATOR = "generator", "discriminator"


class EMA:
    """The average of the generator's weights over the training, which samples are made with.

    Args:
        half_life_kimg: Thousands of real samples after which an older weight counts half.
        ramp_up: Share of the training so far that the half-life is at the most; None for no limit.
    """

    def __init__(self, half_life_kimg: float = 10.0, ramp_up: float | None = 0.05) -> None:
        self.half_life_kimg, self.ramp_up = half_life_kimg, ramp_up

    def written(self) -> dict[str, Any]:
        """As it stands in a spec."""
        return {"half_life_kimg": float(self.half_life_kimg), "ramp_up": float(self.ramp_up or 0.0)}


class Report:
    """Everything that is wrong with a GAN, at once: each finding with what mends it."""

    def __init__(self, findings: list[Any], text: str) -> None:
        self.findings, self._text = findings, text

    @property
    def errors(self) -> list[Any]:
        """The findings that keep it from training."""
        return [finding for finding in self.findings if finding[0] == "error"]

    def __bool__(self) -> bool:
        return bool(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__


class GAN:
    """A GAN: `GAN(generator, discriminator).compile(...).fit(images)`.

    Args:
        generator: A network from a latent (and a label) to a sample: of `ganymede.keras`, or a model of Keras itself.
        discriminator: A network from a sample (and a label) to a logit.
        latent_dim: Size of the latent, to be checked against the generator's input.
        latent: Distribution of the latent: `"normal"` or `"uniform"` from −1 to 1.
    """

    def __init__(self, generator: Any, discriminator: Any, latent_dim: int | None = None, *, latent: str = "normal") -> None:
        from .real_keras import taken

        self._given = (generator, discriminator)
        self.generator, self.discriminator = taken(generator, _GENERATOR), taken(discriminator, _DISCRIMINATOR)
        self._latent = latent
        self._compiled: dict[str, Any] | None = None
        self._data: dict[str, Any] | None = None
        self._network_range = (-1.0, 1.0)
        self._class_names: list[str] | None = None
        self._session: Any = None
        self._sampler: Any = None
        self._batch = 32
        self._counted = 0
        self._seed = 0
        self.run: pathlib.Path | None = None
        self.ema_generator: Model | None = None
        self.stop_training = False
        self.history: History | None = None
        if latent_dim is not None:
            found = self.generator.network_config()["layers"][0].get("shape")
            if found != [latent_dim]:
                raise SpecError(f"latent_dim: expected the size of the generator's first input, {found}, found {latent_dim}")

    # What it is trained with.

    def compile(self, d_optimizer: Any = "Adam", g_optimizer: Any = "Adam", loss_fn: Any = None, *, d_loss_fn: Any = None,
                g_loss_fn: Any = None, penalties: Iterable[Any] = (), g_penalties: Iterable[Any] = (), n_critic: int = 1,
                update: str = "alternating", augment: Iterable[Any] = (), ema: Any = None, numerics: str = "fast", **further: Any) -> "GAN":
        """Says what both networks are trained with; nothing is computed yet.

        Args:
            d_optimizer: The discriminator's optimizer.
            g_optimizer: The generator's.
            loss_fn: What both want: a name (`"hinge"`, `"wasserstein"`), a loss of Keras's, or a function.
            d_loss_fn: What the discriminator minimises, as a function of the verdicts (real, fake), or of (y_true, y_pred).
            g_loss_fn: What the generator minimises, as a function of the verdict on its samples, or of (y_true, y_pred).
            penalties: Terms beside the discriminator's loss: functions of a scope, names (`"r1"`), each alone or with its weight.
            g_penalties: The same of the generator.
            n_critic: Updates of the discriminator before one of the generator.
            update: `"alternating"`, or `"simultaneous"`.
            augment: What the discriminator sees its samples through, by name or as a dict.
            ema: `EMA(...)`, True for a usual one, None for none.
            numerics: `"fast"` or `"strict"`.
        """
        for name in ("jit_compile", "run_eagerly", "steps_per_execution", "auto_scale_loss"):
            value = further.pop(name, None)
            if name == "run_eagerly" and value:
                raise SpecError("run_eagerly: expected False, found True: a step is compiled ahead of time; `check` finds what is wrong before")
        if "metrics" in further:
            further.pop("metrics")
        if further:
            raise TypeError(f"compile: expected other arguments than {', '.join(further)}")
        if loss_fn is None and d_loss_fn is None and g_loss_fn is None:
            loss_fn = "non_saturating"
        d_loss, g_loss = d_loss_fn or loss_fn, g_loss_fn or loss_fn
        if d_loss is None or g_loss is None:
            raise SpecError("compile: expected a loss of both networks, found one of the " + (_GENERATOR if d_loss is None else _DISCRIMINATOR) + " alone")
        d_terms = objective_terms(_DISCRIMINATOR, d_loss) + [penalty_term(penalty) for penalty in penalties]
        g_terms = objective_terms(_GENERATOR, g_loss) + [penalty_term(penalty) for penalty in g_penalties]
        phases: list[dict[str, Any]] = [
            {"name": "d", "trains": [_DISCRIMINATOR], "optimizer": optimizer_of(d_optimizer, "d_optimizer"), "terms": d_terms},
            {"name": "g", "trains": [_GENERATOR], "optimizer": optimizer_of(g_optimizer, "g_optimizer"), "terms": g_terms},
        ]
        self._compiled = {"phases": phases, "numerics": numerics, "update": update, "n_critic": int(n_critic),
                          "augment": [{"class_name": one} if isinstance(one, str) else dict(one) for one in augment]}
        if ema is not None and ema is not False:
            average = EMA() if ema is True else ema
            self._compiled["ema"] = {**average.written(), "network": _GENERATOR}
        return self

    def _spec(self, length: dict[str, Any] | None = None) -> dict[str, Any]:
        compiled = self._compiled or {}
        generator, discriminator = self.generator.network_config(), self.discriminator.network_config()
        if self._network_range != (-1.0, 1.0):
            generator, discriminator = _between(generator, discriminator, self._network_range)
        spec: dict[str, Any] = {"seed": self._seed}
        if self._data is not None:
            spec["data"] = self._data
        if length is not None:
            spec["train"] = {"batch": self._batch, "update": compiled.get("update", "alternating"),
                             "numerics": compiled.get("numerics", "fast"), "n_critic": compiled.get("n_critic", 1), **length}
        if self._latent != "normal":
            spec["latent"] = {"distribution": self._latent}
        if compiled.get("ema"):
            spec["ema"] = compiled["ema"]
        if compiled.get("augment"):
            spec["augment"] = compiled["augment"]
        spec["networks"] = {_GENERATOR: generator, _DISCRIMINATOR: discriminator}
        spec["phases"] = compiled.get("phases", [])
        return spec

    @property
    def spec(self) -> str:
        """The spec in TOML: `ganymede train --config` trains it again, without Python."""
        if self._session is not None:
            return str(self._session.spec())
        if self.run is not None:
            return (self.run / "spec.toml").read_text(encoding="utf-8")
        return _ganymede.spec_text(json.dumps(self._spec({"steps": 1})))

    def check(self, x: Any = None, y: Any = None, *, range: tuple[float, float] | None = None) -> Report:
        """Everything that is wrong, at once, with what mends it; with data it is compared with that."""
        if self._compiled is None:
            raise SpecError("check: expected a GAN that is compiled, found one without losses and optimizers")
        before = (self._data, self._network_range)
        try:
            if x is not None:
                self._take(x, y, None, range, False, None, pathlib.Path("runs"))
            text = _ganymede.spec_text(json.dumps(self._spec({"steps": 1000})))
            return Report(*_ganymede.check_spec(text, x is not None))
        finally:
            self._data, self._network_range = before

    def summary(self) -> None:
        """Prints both networks: layers, sizes, parameters."""
        print(f"seed {self._seed}, latents of a {self._latent} distribution, batches of {self._batch}\n")
        self.generator.summary()
        print()
        self.discriminator.summary()

    # Training.

    def fit(self, x: Any, y: Any = None, *, batch_size: int = 32, epochs: int = 1, steps: int | None = None, minutes: float | None = None,
            callbacks: Iterable[Callback] | None = None, verbose: Any = "auto", seed: int | None = None,
            range: tuple[float, float] | None = None, class_names: Iterable[str] | None = None, validation_split: float | None = None,
            metrics: Iterable[str] = (), outdir: Any = "runs", name: str | None = None, samples: int | None = None,
            channels_first: bool = False, **data: Any) -> History:
        """Trains on samples, in a run below `outdir` that goes on after any interruption.

        Args:
            x: An array (N, ...), a path to images or arrays, or batches that come one after the other.
            y: The class of each sample.
            batch_size: Samples in a batch.
            epochs: How often each sample is seen.
            steps: Steps instead of epochs.
            minutes: Minutes instead of epochs.
            callbacks: Keras's callbacks; called between steps.
            verbose: 0 for nothing, 1 for a line that is updated, 2 for a line an epoch.
            seed: All that is random is a function of it.
            range: What the networks work in: (0, 1) of a generator that ends in a sigmoid, (−1, 1) of one that ends in tanh.
            class_names: Names of the classes 0, 1, ...
            validation_split: Share of the samples that is held out.
            metrics: Names of metrics that are computed after each epoch, such as `"frechet_distance"`; the history has their values under the
                names that `evaluate` gives them.
            outdir: The folder of runs.
            name: The run's name behind its number.
            samples: How many samples are taken of batches that do not end.
            channels_first: Whether images are (N, channels, height, width).
            data: Options of `[data]` in a spec, such as `resolution=32`.
        """
        if self._compiled is None:
            raise SpecError("fit: expected a GAN that is compiled, found one without losses and optimizers; call compile(...) first")
        if isinstance(range, (int, float)) or (range is not None and len(range) != 2):
            raise SpecError(f"range: expected a low and a high value, found {range}")
        outdir, metrics = pathlib.Path(outdir), list(metrics)
        self._seed = utils.seed() if seed is None else int(seed)
        self._batch = int(batch_size)
        said = self._take(x, y, class_names, range, channels_first, samples, outdir)
        if validation_split:
            self._data["holdout"] = float(validation_split)  # type: ignore[index]
        self._data.update(data)  # type: ignore[union-attr]
        count = self._epoch_samples()
        length: dict[str, Any]
        often = min(50, max(1, -(-count // self._images_a_step()))) if count else 50
        if minutes is not None:
            length = {"minutes": float(minutes), "tick_every": often}
        elif steps is not None:
            length = {"steps": int(steps) or 1, "tick_every": max(1, min(often, int(steps)))}
        else:
            length = {"steps": 1}
        text = _ganymede.spec_text(json.dumps(self._spec(length)))
        self._refuse_defects(text)
        per_epoch = None
        if minutes is None and steps is None:
            per_epoch = -(-count // self._images_a_step()) if count else None
            if per_epoch is None:
                per_epoch = self._steps_per_epoch(text)
            length = {"steps": per_epoch * int(epochs), "tick_every": min(50, per_epoch)}
            text = _ganymede.spec_text(json.dumps(self._spec(length)))
        if metrics:
            # What is measured is a checkpoint: there is one at the end of each epoch.
            length["checkpoint_every"] = per_epoch or self._steps_per_epoch(text)
            text = _ganymede.spec_text(json.dumps(self._spec(length)))
        callbacks = list(callbacks or [])
        schedulers = [callback for callback in callbacks if isinstance(callback, LearningRateScheduler)]
        if schedulers:
            rates = self._phases_with_rates(schedulers, length, per_epoch or self._steps_per_epoch(text))
            text = _ganymede.spec_text(json.dumps({**self._spec(length), "phases": rates}))
        weights = {key: model.get_weights() for key, model in self._networks().items() if model._loaded()}
        self._sampler = None
        self._session = _ganymede.Session(text, outdir, name, weights, tensorboard_folder(callbacks))
        self.run = pathlib.Path(self._session.run())
        if self._class_names is not None:
            (self.run / "class_names.json").write_text(json.dumps(self._class_names), encoding="utf-8")
        (self.run / "network_range.json").write_text(json.dumps(list(self._network_range)), encoding="utf-8")
        return self._go(per_epoch, epochs, callbacks, verbose, metrics, said, batch_size=batch_size)

    def _phases_with_rates(self, schedulers: list[LearningRateScheduler], length: dict[str, Any], per_epoch: int) -> list[dict[str, Any]]:
        """The phases with the rates that functions give for each epoch."""
        if "steps" not in length:
            raise SpecError("LearningRateScheduler: expected a training of known length, found minutes; say epochs= or steps=")
        if len(schedulers) > 1:
            raise SpecError(f"callbacks: expected one LearningRateScheduler, found {len(schedulers)}")
        epochs, repeated = -(-length["steps"] // per_epoch), int((self._compiled or {}).get("n_critic", 1))
        phases = []
        for phase in (self._compiled or {})["phases"]:
            updates = per_epoch * (repeated if phase["name"] == "d" else 1)
            rates = schedulers[0].rates(rate_of(phase["optimizer"]), epochs)
            phases.append({**phase, "optimizer": with_rates(phase["optimizer"], rates, updates)})
        return phases

    def _networks(self) -> dict[str, Model]:
        return {_GENERATOR: self.generator, _DISCRIMINATOR: self.discriminator}

    def _images_a_step(self) -> int:
        return self._batch * int((self._compiled or {}).get("n_critic", 1))

    def _epoch_samples(self) -> int | None:
        count = self._counted or None
        held = (self._data or {}).get("holdout")
        return int(count * (1 - held)) if count and held else count

    def _steps_per_epoch(self, text: str) -> int:
        return max(1, int(np.ceil(_ganymede.steps_per_epoch(text))))

    def _refuse_defects(self, text: str) -> None:
        found, report = _ganymede.check_spec(text, False)
        errors = [finding for finding in found if finding[0] == "error"]
        if errors:
            first = errors[0]
            more = f"\n\n{report}" if len(errors) > 1 else ""
            error = SpecError(f"{first[2]}: {first[3]}{more}")
            error.findings = found
            raise with_hint(error, "; ".join(first[4][:2]) or None)

    def _take(self, x: Any, y: Any, class_names: Any, network_range: Any, channels_first: bool, most: int | None, outdir: pathlib.Path) -> str:
        """Says in the spec what the data is; gives what was read, in words."""
        self._network_range = tuple(map(float, network_range)) if network_range is not None else (-1.0, 1.0)  # type: ignore[assignment]
        self._class_names = [str(name) for name in class_names] if class_names is not None else None
        self._counted = 0
        if isinstance(x, (str, pathlib.Path)):
            self._data = {"source": str(x)}
            return ""
        said = ""
        if not hasattr(x, "shape") and not isinstance(x, (list, tuple)) and hasattr(x, "__iter__"):
            if iter(x) is x and most is None:
                raise with_hint(
                    SpecError("x: expected samples that can be read again, found an iterator, which may never end"),
                    "say how many to take: fit(..., samples=50_000)",
                )
            x, labels, said = drained(x, most)
            y = labels if y is None else y
        array, values = checked(to_array(x), self._network_range if network_range is not None else None, channels_first)
        self._counted = len(array)
        self._data = {"source": str(kept(array, y, class_names, outdir / "data").resolve())}
        if values is not None:
            self._data["range"] = [float(values[0]), float(values[1])]
        if array.ndim == 4:
            self._data["modality"] = "images"
        return said

    def _go(self, per_epoch: int | None, epochs: int, callbacks: Any, verbose: Any, metrics: list[str], said: str, batch_size: int) -> History:
        session, history = self._session, History()
        last = session.last_step()
        per_epoch = per_epoch or max(1, int(np.ceil(session.steps_per_epoch())))
        first = session.first_step()
        whole = -(-(last - first) // per_epoch) if last is not None else None
        loud = (1 if sys.stderr.isatty() or utils.in_notebook() else 2) if verbose == "auto" else int(verbose)
        everyone = CallbackList([*([ProgbarLogger(loud)] if loud else []), history, *(callbacks or [])], self,
                                {"epochs": whole, "steps": per_epoch, "verbose": loud, "batch_size": batch_size})
        if said and loud:
            print(said, file=sys.stderr)
        self.stop_training, self.history = False, history
        for key, model in self._networks().items():
            model._source = lambda key=key: session.weights(key)  # type: ignore[misc]
        reason: str | None = None
        step, epoch = first, 0
        begun = time.perf_counter()
        try:
            everyone.on_train_begin()
            while reason is None and not self.stop_training:
                everyone.on_epoch_begin(epoch)
                goal = step + per_epoch if last is None else min(step + per_epoch, last)
                means: dict[str, list[float]] = {}
                while step < goal and reason is None and not self.stop_training:
                    stride = 1 if everyone.by_batch else max(1, min(per_epoch // 20, 200))
                    if everyone.by_batch:
                        everyone.on_train_batch_begin(step)
                    step, reason = session.advance(min(goal, step + stride))
                    self._note(session.lines(), means)
                    logs = _logs(means)
                    if everyone.by_batch:
                        everyone.on_train_batch_end(step - 1, logs)
                    everyone.progress(step - first - epoch * per_epoch, step, time.perf_counter() - begun, logs)
                logs = _logs(means)
                if metrics and step >= goal:
                    logs.update(self._measured(metrics))
                everyone.on_epoch_end(epoch, logs)
                epoch += 1
                if last is not None and step >= last and reason is None:
                    step, reason = session.advance(last)
            everyone.on_train_end(history.last())
        except BaseException:
            self._end(session, failed=True)
            raise
        step, why, seconds, _ = self._end(session)
        if why == "interrupted":
            error = KeyboardInterrupt()
            if hasattr(error, "add_note"):
                error.add_note(f"saved at step {step}; ganymede.resume({str(self.run)!r}) goes on")
            raise error
        return history

    def _measured(self, metrics: list[str]) -> dict[str, float]:
        assert self.run is not None
        found, _ = _ganymede.evaluate_run(self.run, None, None, [_METRICS.get(name, name) for name in metrics])
        return _values(found, metrics)

    def _note(self, lines: list[str], means: dict[str, list[float]]) -> None:
        for line in lines:
            event = json.loads(line)
            if event.get("kind") == "tick":
                for name, value in {**event["losses"], **event.get("numbers", {})}.items():
                    means.setdefault(name, []).append(value)
            elif event.get("kind") == "warning":
                warnings.warn(event["text"], RuntimeWarning, stacklevel=2)

    def _end(self, session: Any, failed: bool = False) -> tuple[int, str, float, str]:
        try:
            outcome = session.finish()
        except BaseException:
            for model in self._networks().values():
                model._source = None
            self._session = None
            if failed:
                return (0, "failed", 0.0, "")
            raise
        self._session = None
        self._hand_back()
        return outcome  # type: ignore[no-any-return]

    def _hand_back(self) -> None:
        """Gives the networks the weights of the run's newest checkpoint."""
        from .real_keras import hand_back

        assert self.run is not None
        for key, model in self._networks().items():
            model._source = None
            model._weights = weights_of(self.run, key, model)
        if (self.run / "spec.toml").read_text(encoding="utf-8").find("[ema]") >= 0:
            averaged = self.generator._clone()
            averaged._weights = weights_of(self.run, f"{_GENERATOR}_ema", averaged)
            self.ema_generator = averaged
        hand_back(self._given, (self.generator, self.discriminator))

    # Using it.

    def sample(self, n: int | None = None, *, seeds: Any = None, latents: Any = None, labels: Any = None, truncation: float | None = None,
               last_weights: bool = False) -> Samples:
        """Generates samples, float32 in the range that the networks work in, (N, ...).

        Args:
            n: How many; 16 where nothing says it.
            seeds: The seed of each sample: the same seed is the same sample.
            latents: The latents themselves, (N, latent).
            labels: The class of each sample by name or number, or one of all.
            truncation: Latents within that many standard deviations.
            last_weights: The weights of the last step although there are averaged ones.
        """
        form, source = self._source(truncation, last_weights)
        of_labels = self._class_numbers(labels, n, seeds, latents)
        if latents is not None:
            z = np.ascontiguousarray(to_array(latents), dtype=np.float32)
            given = {} if of_labels is None else {"label": np.asarray(of_labels, dtype=np.int32)}
            made = source.generate(z, given)
        else:
            numbers = list(map(int, seeds)) if seeds is not None else list(range(n if n is not None else len(of_labels or [0] * 16)))
            made = _drawn(source, numbers, of_labels)
        low, high = self._network_range
        if (low, high) != (-1.0, 1.0):
            made = (made + 1.0) * ((high - low) / 2.0) + low
            made = made.astype(np.float32)
        return samples_of(made, _Form(form, self._network_range), self._network_range)

    def _class_numbers(self, labels: Any, n: int | None, seeds: Any, latents: Any) -> list[int] | None:
        if labels is None:
            return None
        count = len(latents) if latents is not None else len(list(seeds)) if seeds is not None else n
        if isinstance(labels, (str, int, np.integer)):
            labels = [labels] * (count if count is not None else 16)
        numbers = [self._class_number(label) for label in (labels.tolist() if hasattr(labels, "tolist") else labels)]
        if count is not None and len(numbers) != count:
            raise SpecError(f"labels: expected a class for each of {count} samples, found {len(numbers)}")
        return numbers

    def _class_number(self, label: Any) -> int:
        if isinstance(label, (int, np.integer)):
            return int(label)
        names = self._class_names or (_ganymede.Form(self.run).classes() if self.run else [])
        if str(label) in names:
            return names.index(str(label))
        if not names:
            raise with_hint(SpecError(f"labels: expected a run with classes, found one without, and {label!r}"), "train with fit(x, y)")
        raise SpecError(f"labels: expected one of {', '.join(names)}, found {label!r}")

    def _source(self, truncation: float | None, last_weights: bool) -> tuple[Any, Any]:
        if self.run is None:
            raise with_hint(SpecError("sample: expected a GAN that was trained, found one that was not"), "call fit(...), or ganymede.load(run)")
        form = _ganymede.Form(self.run)
        if self._session is not None:
            return form, self._session
        key = (truncation, last_weights)
        if self._sampler is None or self._sampler[0] != key:
            self._sampler = (key, _ganymede.Sampler(self.run, None, last_weights, truncation))
        return form, self._sampler[1]

    def evaluate(self, x: Any = None, metrics: Iterable[str] | None = None, samples: int | None = None) -> dict[str, float]:
        """Compares generated samples with the data of the run.

        Args:
            x: None: the data that the run was trained on.
            metrics: Names of metrics; all where there are none.
            samples: Samples on both sides.

        Returns:
            A value by name; where features of the samples are compared, the name ends with them: `"frechet (random)"`.
        """
        if x is not None:
            raise SpecError("evaluate: expected no data: samples are compared with those of the run")
        if self.run is None:
            raise SpecError("evaluate: expected a GAN that was trained, found one that was not")
        asked = list(metrics) if metrics is not None else None
        chosen = [_METRICS.get(name, name) for name in asked] if asked is not None else None
        found, left_out = _ganymede.evaluate_run(self.run, None, samples, chosen)
        for reason in left_out:
            print(f"left out: {reason}", file=sys.stderr)
        return _values(found, asked or ())

    def save(self, path: Any) -> pathlib.Path:
        """Writes the trained networks with their spec as one file; `ganymede.load` reads it."""
        from .saving import save

        return save(self, pathlib.Path(path))

    def export(self, path: Any, format: str | None = None, **options: Any) -> pathlib.Path:
        """Writes the generator for other tools: `.keras`, `.onnx`, `.safetensors`, or a folder for `torch`, `hub` and `tensorboard`."""
        from .saving import export

        return export(self, pathlib.Path(path), format, options)

    def __reduce__(self) -> Any:
        from .saving import from_bytes, to_bytes

        return (from_bytes, (to_bytes(self),))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "train_step" in cls.__dict__:
            raise TypeError(
                f"class {cls.__name__}(GAN): `train_step` is not run, for the whole step is compiled before the training; give the losses "
                "as functions: compile(..., d_loss_fn=..., g_loss_fn=..., penalties=[...])"
            )
        super().__init_subclass__(**kwargs)

    def __repr__(self) -> str:
        state = f"trained in {self.run}" if self.run else "compiled" if self._compiled else "not compiled"
        return f"<GAN of {self.generator.name} and {self.discriminator.name}, {state}>"


#: Names of metrics as Keras's users know them.
_METRICS = {"frechet_distance": "frechet", "fid": "frechet", "kid": "kernel"}


def _values(scores: str, asked: Iterable[str]) -> dict[str, float]:
    """The values of scores by the names that were asked for; one of several features has them behind its name."""
    names = {_METRICS.get(name, name): name for name in asked}
    found = {}
    for score in json.loads(scores):
        name = names.get(score["metric"], score["metric"])
        found[name if score["of"] in ("", "samples") else f"{name} ({score['of']})"] = score["value"]
    return found


class _Form:
    """How samples in the networks' own range become files, which are written from −1 to 1."""

    def __init__(self, form: Any, network_range: tuple[float, float]) -> None:
        self._form, self._range = form, network_range

    def shape(self) -> list[int]:
        """Sizes of a sample."""
        return list(self._form.shape())

    def element(self) -> str:
        """Type of a raw value."""
        return str(self._form.element())

    def _signed(self, samples: np.ndarray) -> np.ndarray:
        low, high = self._range
        if (low, high) == (-1.0, 1.0):
            return samples
        return np.ascontiguousarray((samples - low) / (high - low) * 2.0 - 1.0, dtype=np.float32)

    def write_grid(self, path: Any, samples: np.ndarray, columns: int) -> None:
        """Writes a picture."""
        self._form.write_grid(path, self._signed(samples), columns)

    def in_units(self, samples: np.ndarray) -> np.ndarray:
        """As the data has them."""
        return np.asarray(self._form.in_units(self._signed(samples)))


def _drawn(source: Any, seeds: list[int], labels: list[int] | None) -> np.ndarray:
    """Samples of any seeds: runs of seeds that follow each other are drawn together."""
    parts, at = [], 0
    while at < len(seeds):
        end = at + 1
        while end < len(seeds) and seeds[end] == seeds[end - 1] + 1:
            end += 1
        parts.append(source.draw(seeds[at], end - at, labels[at:end] if labels is not None else None))
        at = end
    return np.concatenate(parts) if len(parts) != 1 else parts[0]


def _logs(means: dict[str, list[float]]) -> dict[str, float]:
    """Losses of an epoch: each term, and the sum of each network's."""
    logs = {name: float(np.mean(values)) for name, values in means.items()}
    sums: dict[str, float] = {}
    for name, value in logs.items():
        phase, _, rest = name.partition("/")
        if phase in ("d", "g") and rest and "/" not in rest:
            sums[f"{phase}_loss"] = sums.get(f"{phase}_loss", 0.0) + value
    return {**sums, **logs}


def _between(generator: dict[str, Any], discriminator: dict[str, Any], network_range: tuple[float, float]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Networks that work in another range than −1 to 1, with a scaling behind the one and in front of the other."""
    low, high = network_range
    half, middle = (high - low) / 2.0, (high + low) / 2.0
    behind = {"class_name": "Rescaling", "name": "to_signed", "scale": 1.0 / half, "offset": -middle / half}
    before = {"class_name": "Rescaling", "name": "from_signed", "scale": half, "offset": middle}
    made = {**generator, "layers": [*generator["layers"]]}
    if generator.get("outputs"):
        behind["inputs"] = [generator["outputs"][0]]
        made["outputs"] = ["to_signed", *generator["outputs"][1:]]
    made["layers"].append(behind)
    layers = [dict(layer) for layer in discriminator["layers"]]
    first = layers[0]["name"]
    for layer in layers[1:]:
        inputs = layer.get("inputs")
        if inputs is not None:
            layer["inputs"] = [
                ["from_signed" if one == first else one for one in use] if isinstance(use, list) else "from_signed" if use == first else use
                for use in inputs
            ]
    if any("inputs" in layer for layer in layers[1:]):
        before["inputs"] = [first]
    return made, {**discriminator, "layers": [layers[0], before, *layers[1:]]}


def weights_of(run: pathlib.Path, network: str, model: Model) -> list[np.ndarray]:
    """The weights of a network of a run's newest checkpoint, in the order of the layers."""
    tensors = _ganymede.run_weights(run, None, network)
    return [tensors[name] for name, _, _ in model._engine().parameters()]
