"""A GAN of the rows of a table, as scikit-learn has its models. Not here: reading tables and their metrics, which are the engine's."""

from __future__ import annotations

import csv
import inspect
import io
import json
import pathlib
from typing import Any, Iterable

import numpy as np

from . import _ganymede
from .errors import DataError, SpecError
from .running import train
from .saving import from_bytes, load, to_bytes


class Columns:
    """What each column was taken for, and why."""

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        self.rows = rows

    def __getitem__(self, name: str) -> str:
        for column, kind, _ in self.rows:
            if column == name:
                return kind
        raise KeyError(name)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __repr__(self) -> str:
        width = max((len(name) for name, _, _ in self.rows), default=0)
        return "\n".join(f"{name.ljust(width)}  {kind:<9}  {reason}" for name, kind, reason in self.rows)


class TabularGAN:
    """A GAN of the rows of a table: `TabularGAN().fit(frame).sample(1000)` gives the kind of frame that came in.

    Args:
        epochs: How often each row is seen.
        batch_size: Rows in a batch; None for the preset's.
        minutes: Minutes instead of epochs.
        preset: `"table"`, `"ctgan"`, `"copula"` or `"marginals"`.
        target: The column that rows are asked for by, and that classifiers predict in `evaluate`.
        kinds: What columns are, where it is not found: `{"age": "number"}`.
        seed: All that is random is a function of it.
        verbose: 0 for nothing, 1 for a line that is updated, 2 for a line a while.
        outdir: The folder of runs; None for one that lives as long as the model.
    """

    def __init__(self, epochs: int = 100, batch_size: int | None = None, *, minutes: float | None = None, preset: str = "table",
                 target: str | None = None, kinds: dict[str, str] | None = None, seed: int = 0, verbose: Any = 0, outdir: Any = None) -> None:
        self.epochs, self.batch_size, self.minutes, self.preset = epochs, batch_size, minutes, preset
        self.target, self.kinds, self.seed, self.verbose, self.outdir = target, kinds, seed, verbose, outdir

    # As scikit-learn has it.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments that it was made with."""
        return {name: getattr(self, name) for name in inspect.signature(type(self).__init__).parameters if name != "self"}

    def set_params(self, **params: Any) -> "TabularGAN":
        """Changes arguments."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"TabularGAN: expected one of {', '.join(known)}, found {name!r}")
            setattr(self, name, value)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "gan_")

    def __repr__(self) -> str:
        defaults = {name: p.default for name, p in inspect.signature(type(self).__init__).parameters.items() if name != "self"}
        changed = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items() if value != defaults[name])
        return f"TabularGAN({changed})"

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator before it searches; it is there when it asks."""
        from sklearn.utils import InputTags, Tags, TargetTags  # type: ignore[import-not-found]

        takes = InputTags(string=True, categorical=True, allow_nan=True)
        return Tags(estimator_type="density_estimator", target_tags=TargetTags(required=False), input_tags=takes)

    # Training.

    def fit(self, X: Any, y: Any = None, *, kinds: dict[str, str] | None = None) -> "TabularGAN":
        """Trains on the rows of a frame (pandas, polars, pyarrow), a dict of columns, an array (N, columns) or a file.

        Args:
            X: The rows.
            y: A further column, `target`, as classifiers have it.
            kinds: What columns are, where it is not found.
        """
        import tempfile

        self._folder = tempfile.TemporaryDirectory(prefix="ganymede-") if self.outdir is None else None
        outdir = pathlib.Path(self._folder.name if self._folder else self.outdir)
        self._frame = Frame.of(X, y, self.target)
        source, rows = self._frame.file(outdir / "data")
        self._rows = rows
        options: dict[str, Any] = {}
        columns = {**(self.kinds or {}), **(kinds or {})}
        if columns:
            options["columns"] = {name: {"kind": kind} if isinstance(kind, str) else kind for name, kind in columns.items()}
        if self.target is not None or y is not None:
            options["target"] = self.target or "target"
        asked = json.loads(_ganymede.data_options(self.preset, json.dumps(options)))
        self.columns_ = Columns(_ganymede.table_columns(str(source), json.dumps(asked)))
        self.n_features_in_ = len(self.columns_)
        self.feature_names_in_ = np.array([name for name, _, _ in self.columns_], dtype=object)
        length: dict[str, Any] = {"minutes": self.minutes}
        if self.minutes is None:
            text = json.loads(_ganymede.spec_of_text(_ganymede.preset_spec(self.preset, str(source), json.dumps(asked), None)))
            batch = self.batch_size or text["train"]["batch"]
            length = {"steps": max(1, -(-rows // min(batch, rows)) * self.epochs)}
        self.gan_ = train(self.preset, source, **length, seed=self.seed, batch_size=self.batch_size, outdir=outdir, verbose=self.verbose, **asked)
        return self

    def _fitted(self) -> Any:
        if not hasattr(self, "gan_"):
            raise SpecError("TabularGAN: expected a model that was fitted, found one that was not; call fit(rows)")
        return self.gan_

    # Using it.

    def sample(self, n: int = 100, *, where: dict[str, Any] | None = None, balance: bool = False, select: int | None = None,
               no_copies: bool = False, seed: int = 0) -> Any:
        """So many rows in the kind of frame that came in: columns, order, types, missing values.

        Args:
            n: How many.
            where: What all rows have: `{"income": ">50K"}`, `{"age": ">=60"}`.
            balance: As many rows of each value of the target.
            select: Candidates for each row, of which the hardest to tell from real rows are taken.
            no_copies: No row that was trained on.
            seed: Seed of the first row.
        """
        gan = self._fitted()
        return self._frame.back(_ganymede.sample_table(gan.run, int(seed), int(n), _wishes(where or {}), balance, select, no_copies))

    def evaluate(self, X: Any, *, samples: int | None = None) -> dict[str, float]:
        """Compares generated rows with rows that were not trained on: shapes of columns, pairs, how well they are told apart, what
        models learn from them, copies.

        Args:
            X: The rows, as of `fit`.
            samples: Rows on both sides.
        """
        return {name: score["value"] for name, score in self._scores(X, samples, None).items()}

    def score(self, X: Any, y: Any = None) -> float:
        """How hard generated rows are to tell from these, for `GridSearchCV`: 2·(1 − AUC) of boosted trees, between 0 (each is told) and 1 (a
        guess is as good).

        Args:
            X: Rows that were not trained on.
            y: A further column, as of `fit`.
        """
        auc = self._scores(Frame.of(X, y, self.target), None, ["detection"])["detection_boosting"]["value"]
        return float(min(1.0, 2.0 * (1.0 - auc)))

    def helps(self, train: Any, test: Any, target: str | None = None) -> dict[str, Any]:
        """What a classifier that also saw generated rows predicts better on `test`, each with its interval of about 95 %.

        Args:
            train: The rows that were trained on.
            test: Rows that were not.
            target: The column to predict; the model has to be made with it as `target`.
        """
        if target is not None and target != self.target:
            raise SpecError(f"helps: expected the target that the model was made with, {self.target!r}, found {target!r}; TabularGAN(target={target!r})")
        own = Frame.of(train, None, None)
        of_training = getattr(self, "_rows", None)
        if own.rows() is not None and of_training is not None and (own.rows(), sorted(own.names)) != (of_training, sorted(self._frame.names)):
            raise SpecError(
                f"helps: expected as `train` the {of_training} rows that the model was fitted on, with columns {', '.join(self._frame.names)}; "
                f"found {own.rows()} with {', '.join(own.names)}; fit(train) first"
            )
        found = self._scores(test, None, None)
        return {name: (score["value"], score.get("low"), score.get("high")) for name, score in found.items() if name.startswith(("uplift", "tstr"))}

    def _scores(self, rows: Any, samples: int | None, metrics: Iterable[str] | None) -> dict[str, Any]:
        import tempfile

        gan = self._fitted()
        with tempfile.TemporaryDirectory(prefix="ganymede-") as folder:
            source, _ = Frame.of(rows, None, None).file(pathlib.Path(folder))
            found, left_out = _ganymede.evaluate_run(gan.run, str(source), samples, list(metrics) if metrics is not None else None)
        scores = {score["metric"]: score for score in json.loads(found)}
        if not scores:
            raise DataError(f"evaluate: expected rows to compare with, found too few: {'; '.join(left_out)}")
        return scores

    def save(self, path: Any) -> pathlib.Path:
        """Writes the model as one file; it holds no rows."""
        path = pathlib.Path(path)
        path.write_bytes(pickle_free(self))
        return path

    @staticmethod
    def load(path: Any) -> "TabularGAN":
        """The model that `save` wrote, or that of a run's folder."""
        path = pathlib.Path(path)
        if path.is_dir():
            model = TabularGAN()
            model.gan_, model._frame = load(path), Frame(None, [], {})
            return model
        return of_bytes(path.read_bytes())

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.get_params().items()}
        if hasattr(self, "gan_"):
            state["_file"] = pickle_free(self)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        content = state.pop("_file", None)
        self.__dict__.update(state)
        if content is not None:
            self.__dict__.update(of_bytes(content).__dict__)


def pickle_free(model: TabularGAN) -> bytes:
    """The file of a model: that of its GAN behind a line of JSON."""
    about = {"params": {name: value for name, value in model.get_params().items() if name != "outdir"}, "frame": model._frame.about(),
             "columns": list(getattr(model, "columns_", Columns([])))}
    return json.dumps(about).encode() + b"\n" + to_bytes(model._fitted())


def of_bytes(content: bytes) -> TabularGAN:
    """The model of a file's bytes."""
    head, _, rest = content.partition(b"\n")
    try:
        about = json.loads(head)
        params, frame, columns = about["params"], about["frame"], about["columns"]
    except (ValueError, KeyError, TypeError):
        raise DataError("expected a file that TabularGAN.save wrote, found another") from None
    model = TabularGAN(**params)
    model._frame = Frame(frame["library"], frame["names"], frame["types"])
    model.columns_ = Columns([tuple(row) for row in columns])
    model.gan_ = from_bytes(rest)
    return model


def _wishes(where: dict[str, Any]) -> list[str]:
    """`{"age": ">=60"}` as `age>=60`; a value that is a range's word is one."""
    texts = []
    for name, value in where.items():
        text = str(value)
        comparison = text.startswith((">=", "<=", "!=")) or (text[:1] in "<>" and _is_number(text[1:]))
        texts.append(f"{name}{text}" if comparison else f"{name}={text}")
    return texts


def _is_number(text: str) -> bool:
    try:
        float(text)
        return True
    except ValueError:
        return False


class Frame:
    """Rows in the form that they came in: the library, the names and the types of the columns."""

    def __init__(self, library: str | None, names: list[str], types: dict[str, str]) -> None:
        self.library, self.names, self.types = library, names, types
        self._columns: list[list[Any]] = []
        self._path: pathlib.Path | None = None

    @staticmethod
    def of(rows: Any, y: Any, target: str | None) -> "Frame":
        """The rows of a frame, found out by what it can do: no library is imported for it."""
        if isinstance(rows, Frame):
            return rows
        if isinstance(rows, (str, pathlib.Path)):
            frame = Frame(None, [], {})
            frame._path = pathlib.Path(rows)
            return frame
        library = type(rows).__module__.split(".")[0]
        if isinstance(rows, dict):
            frame = Frame("dict", [str(name) for name in rows], {})
            values = [np.asarray(column) for column in rows.values()]
            types = [column.dtype.str for column in values]
        elif hasattr(rows, "column_names") and hasattr(rows, "column"):
            frame = Frame("pyarrow", list(rows.column_names), {})
            values = [np.asarray(rows.column(name).to_pylist(), dtype=object) for name in rows.column_names]
            types = [str(rows.column(name).type) for name in rows.column_names]
        elif hasattr(rows, "columns") and hasattr(rows, "__getitem__"):
            frame = Frame(library, [str(name) for name in rows.columns], {})
            values = [_values(rows[name]) for name in rows.columns]
            types = [str(rows[name].dtype) for name in rows.columns]
        elif getattr(getattr(rows, "dtype", None), "names", None):
            frame = Frame("record", list(rows.dtype.names), {})
            values = [np.asarray(rows[name]) for name in rows.dtype.names]
            types = [column.dtype.str for column in values]
        else:
            array = np.asarray(rows)
            if array.ndim != 2:
                raise DataError(f"expected a frame, a dict of columns or an array (N, columns), found {type(rows).__name__} of sizes {array.shape}")
            frame = Frame("numpy", [f"c{at}" for at in range(array.shape[1])], {})
            values, types = list(array.T), [array.dtype.str] * array.shape[1]
        if y is not None:
            frame.names.append(target or "target")
            values.append(np.asarray(y))
            types.append(values[-1].dtype.str)
        if len(set(frame.names)) != len(frame.names):
            raise DataError("expected names of columns that differ, found one twice")
        frame.types = dict(zip(frame.names, types))
        frame._columns = [[_text(value) for value in column.tolist()] for column in values]
        lengths = {len(column) for column in frame._columns}
        if len(lengths) != 1 or lengths == {0}:
            raise DataError(f"expected columns of the same length above 0, found {sorted(lengths)}")
        return frame

    def file(self, folder: pathlib.Path) -> tuple[pathlib.Path, int]:
        """The rows as a file below a folder, and how many they are."""
        if self._path is not None:
            return self._path, _ganymede.row_count(str(self._path))
        import hashlib

        folder.mkdir(parents=True, exist_ok=True)
        # Named by what it holds: a model that is fitted again into the same folder leaves the rows of earlier runs as they are.
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.names)
        writer.writerows(zip(*self._columns))
        content = text.getvalue().encode("utf-8")
        path = folder / f"rows-{hashlib.blake2b(content, digest_size=8).hexdigest()}.csv"
        if not path.exists():
            half = path.with_suffix(".part")
            half.write_bytes(content)
            half.replace(path)
        rows, self._columns = len(self._columns[0]), []
        return path.resolve(), rows

    def rows(self) -> int | None:
        """How many they are, where they are at hand."""
        return len(self._columns[0]) if self._columns else None

    def about(self) -> dict[str, Any]:
        """What is kept of it in a file."""
        return {"library": self.library, "names": self.names, "types": self.types}

    def back(self, content: bytes) -> Any:
        """Rows of a file as a frame of the kind that came in; those of a file as a dict of columns of texts."""
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"))))
        names: list[str] = rows[0]
        columns: list[Any] = list(zip(*rows[1:])) if len(rows) > 1 else [() for _ in names]
        texts = dict(zip(names, columns))
        if self.library == "pandas":
            import pandas as pd  # type: ignore[import-untyped]

            return pd.DataFrame({name: _pandas(pd, texts[name], self.types[name]) for name in self.names})
        if self.library == "polars":
            import polars as pl  # type: ignore[import-not-found]

            return pl.DataFrame([_polars(pl, name, texts[name], self.types[name]) for name in self.names])
        if self.library == "pyarrow":
            import pyarrow as pa  # type: ignore[import-not-found]

            made = {name: pa.array([text or None for text in texts[name]]).cast(_arrow(pa, self.types[name])) for name in self.names}
            return pa.table(made)
        if self.library is None:
            return {name: list(column) for name, column in texts.items()}
        arrays = {name: _array(texts[name], self.types[name]) for name in self.names}
        if self.library == "numpy":
            return np.stack(list(arrays.values()), axis=1)
        if self.library == "record":
            record = np.empty(len(columns[0]), dtype=[(name, array.dtype) for name, array in arrays.items()])
            for name, array in arrays.items():
                record[name] = array
            return record
        return arrays


def _values(column: Any) -> np.ndarray:
    """The cells of a column of pandas or polars."""
    array = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
    if hasattr(column, "dtype") and str(column.dtype).startswith(("Int", "UInt", "boolean", "Float")) and array.dtype.kind != "O":
        mask = np.asarray(column.isna()) if hasattr(column, "isna") else np.zeros(len(array), bool)
        if mask.any():
            array = np.asarray([None if missing else value for value, missing in zip(column.tolist(), mask)], dtype=object)
    if array.dtype.kind == "M":
        texts = np.datetime_as_string(array, unit="s")
        midnight = all(text.endswith("T00:00:00") or text == "NaT" for text in texts)
        return np.asarray([None if text == "NaT" else text[:10] if midnight else text.replace("T", " ") for text in texts], dtype=object)
    return np.asarray(array)


def _text(value: Any) -> str:
    """A cell as a file has it; nothing where it is missing."""
    if value is None or value != value or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return repr(value)
    return str(value)


def _array(texts: Any, dtype: str) -> np.ndarray:
    kind = np.dtype(dtype).kind
    if kind in "iuf" and any(text == "" for text in texts):
        return np.array([float(text) if text else np.nan for text in texts])
    if kind in "iu":
        return np.array([int(float(text)) for text in texts], dtype=dtype)
    if kind == "f":
        return np.array([float(text) for text in texts], dtype=dtype)
    if kind == "b":
        return np.array([text == "True" for text in texts])
    return np.array([text if text else None for text in texts], dtype=object)


def _pandas(pd: Any, texts: Any, dtype: str) -> Any:
    values = pd.Series([text if text else None for text in texts], dtype=object)
    if dtype.startswith("datetime64"):
        return pd.to_datetime(values).astype(dtype)
    if dtype in ("bool", "boolean"):
        return values.map({"True": True, "False": False, "true": True, "false": False}).astype(dtype)
    if dtype.lower().startswith(("int", "uint")):
        numbers = pd.to_numeric(values)
        return numbers.round().astype(dtype if not (numbers.isna().any() and dtype[0].islower()) else "Int64")
    if dtype.lower().startswith("float"):
        return pd.to_numeric(values).astype(dtype)
    return values.astype(dtype) if dtype != "object" else values


def _polars(pl: Any, name: str, texts: Any, dtype: str) -> Any:
    series = pl.Series(name, [text if text else None for text in texts], dtype=pl.String)
    kind = dtype.split("(")[0]
    if kind == "Boolean":
        return series == "True"
    if kind in ("Date", "Datetime"):
        return series.str.to_date() if kind == "Date" else series.str.to_datetime()
    if kind.startswith(("Int", "UInt")):
        return series.cast(pl.Float64).round(0).cast(getattr(pl, kind))
    return series.cast(getattr(pl, kind)) if hasattr(pl, kind) and kind not in ("Enum",) else series


def _arrow(pa: Any, name: str) -> Any:
    known = {"double": pa.float64(), "float": pa.float32(), "string": pa.string(), "large_string": pa.large_string(), "bool": pa.bool_()}
    if name in known:
        return known[name]
    return getattr(pa, name)() if hasattr(pa, name) else pa.string()


