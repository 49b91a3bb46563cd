"""A trained GAN as a file, and for other tools. Not here: runs, which keep themselves."""

from __future__ import annotations

import io
import json
import pathlib
from typing import TYPE_CHECKING, Any

from . import _ganymede
from .errors import RunError, SpecError, with_hint

if TYPE_CHECKING:
    import zipfile

# Modules of archives and folders are imported where they are used: they would be half of the time that the package takes to load.

#: Files of a run that a saved GAN has beside its newest checkpoint.
_FILES = ("spec.toml", "codec.json", "env.json", "class_names.json", "network_range.json")
#: Form of the file.
_VERSION = 1


def to_bytes(gan: Any) -> bytes:
    """The file of a trained GAN."""
    import zipfile

    if gan.run is None:
        raise with_hint(SpecError("save: expected a GAN that was trained, found one that was not"), "call fit(...) first")
    checkpoint = pathlib.Path(_ganymede.newest_checkpoint(gan.run))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        file.writestr(_entry("ganymede.json"), json.dumps({"version": _VERSION, "checkpoint": checkpoint.name}))
        for name in _FILES:
            if (gan.run / name).exists():
                file.writestr(_entry(f"run/{name}"), (gan.run / name).read_bytes())
        for part in sorted(checkpoint.iterdir()):
            file.writestr(_entry(f"run/checkpoints/{checkpoint.name}/{part.name}"), part.read_bytes())
    return out.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry without a time: the same GAN is the same bytes."""
    import zipfile

    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def save(gan: Any, path: pathlib.Path) -> pathlib.Path:
    """Writes the file of a trained GAN."""
    path.write_bytes(to_bytes(gan))
    return path


def from_bytes(content: bytes) -> Any:
    """The GAN of a file's bytes, in a folder of its own that lives as long as it does."""
    import tempfile

    folder = tempfile.TemporaryDirectory(prefix="ganymede-")
    _unpack(io.BytesIO(content), pathlib.Path(folder.name))
    gan = load(pathlib.Path(folder.name) / "run")
    gan._folder = folder
    return gan


def _unpack(content: Any, folder: pathlib.Path) -> None:
    import zipfile

    try:
        with zipfile.ZipFile(content) as file:
            about = json.loads(file.read("ganymede.json"))
            if about.get("version") != _VERSION:
                raise RunError(f"expected a saved GAN of version {_VERSION}, found {about.get('version')}; update ganymede")
            for entry in file.infolist():
                target = (folder / entry.filename).resolve()
                if folder.resolve() not in target.parents:
                    raise RunError(f"expected files inside of the folder, found `{entry.filename}`")
                if entry.filename.startswith("run/"):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(file.read(entry))
            latest = folder / "run" / "checkpoints" / "latest"
            if not latest.exists():
                latest.write_text(about["checkpoint"], encoding="utf-8")
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise RunError(f"expected a file that ganymede.GAN.save wrote, found another: {error}") from None


def load(path: Any) -> Any:
    """The GAN of a run's folder, or of a file that `save` wrote."""
    from .gan import GAN, weights_of
    from .real_keras import Network

    path = pathlib.Path(path)
    if path.is_file():
        return from_bytes(path.read_bytes())
    spec = json.loads(_ganymede.spec_json(path / "spec.toml"))
    networks = {name: Network(name, config) for name, config in spec["networks"].items()}
    gan = GAN(networks["generator"], networks["discriminator"]) if {"generator", "discriminator"} <= set(networks) else None
    if gan is None:
        raise RunError(f"{path}: expected networks `generator` and `discriminator`, found {', '.join(networks)}")
    gan._compiled = {"phases": spec.get("phases", []), "augment": spec.get("augment", []), "ema": spec.get("ema"),
                     "numerics": spec.get("train", {}).get("numerics", "fast"), "update": spec.get("train", {}).get("update", "alternating"),
                     "n_critic": spec.get("train", {}).get("n_critic", 1)}
    gan.run = path
    gan._seed = spec.get("seed", 0)
    gan._batch = spec.get("train", {}).get("batch", 32)
    for name, network in networks.items():
        network._weights = weights_of(path, name, network)
    if gan._compiled["ema"]:
        gan.ema_generator = Network("generator", spec["networks"]["generator"])
        gan.ema_generator._weights = weights_of(path, "generator_ema", networks["generator"])
    names, values = path / "class_names.json", path / "network_range.json"
    if names.exists():
        gan._class_names = json.loads(names.read_text(encoding="utf-8"))
    # What a run is trained on works from −1 to 1: a network in another range stands between two scalings there.
    if values.exists():
        gan._network_range = tuple(json.loads(values.read_text(encoding="utf-8")))
    return gan


#: Formats by the ending of a file.
_FORMATS = {".keras": "keras", ".onnx": "onnx", ".safetensors": "safetensors"}


def export(gan: Any, path: pathlib.Path, format: str | None, options: dict[str, Any]) -> pathlib.Path:
    """Writes the generator for other tools, or what was logged for TensorBoard."""
    chosen = format or _FORMATS.get(path.suffix)
    if chosen is None:
        raise SpecError(f"export: expected format= or a file that ends in {', '.join(_FORMATS)}, found {path}")
    if chosen == "keras":
        network = gan.ema_generator or gan.generator
        network.save(path)
        return path
    if gan.run is None:
        raise with_hint(SpecError("export: expected a GAN that was trained, found one that was not"), "call fit(...) first")
    _ganymede.export_run(gan.run, chosen, path, json.dumps(options))
    return path
