"""The programs of `examples/python` and the notebook, for a few steps each."""

import gzip
import json
import pathlib
import runpy

import pytest

import ganymede as gm

EXAMPLES = pathlib.Path(__file__).parents[3] / "examples"
#: These need Keras.
NEEDS = {"keras_models": "keras"}


@pytest.fixture
def short(monkeypatch, tmp_path):
    """Trainings of three steps, whatever they ask for."""
    fit, fit_rows = gm.GAN.fit, gm.TabularGAN.fit
    monkeypatch.setattr(gm.GAN, "fit", lambda self, *a, **k: fit(self, *a, **{**k, "epochs": 1, "steps": 3, "metrics": (), "callbacks": _kept(k)}))

    def few(self, *arguments, **named):
        self.epochs = 1
        return fit_rows(self, *arguments, **named)

    monkeypatch.setattr(gm.TabularGAN, "fit", few)
    (source,) = (EXAMPLES.parent / "data").rglob("adult*.csv.gz")
    (tmp_path / "adult.csv").write_bytes(gzip.decompress(source.read_bytes()))


def _kept(named):
    """All callbacks but those that wait for a metric."""
    return [one for one in named.get("callbacks") or [] if not isinstance(one, gm.keras.callbacks.EarlyStopping)]


@pytest.mark.parametrize("program", sorted(EXAMPLES.glob("python/*.py")), ids=lambda path: path.stem)
def test_a_program_runs(program, short):
    if program.stem in NEEDS:
        pytest.importorskip(NEEDS[program.stem])
    runpy.run_path(str(program), run_name="__main__")


def test_the_notebook_runs(short):
    notebook = json.loads((EXAMPLES / "tutorial.ipynb").read_text(encoding="utf-8"))
    scope = {"__name__": "__main__"}
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5
    for cell in cells:
        exec(compile(cell, "tutorial.ipynb", "exec"), scope)
    assert scope["gan"].run.exists()
