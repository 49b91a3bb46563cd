"""Tables: frames in, frames out."""

import pickle

import numpy as np
import pytest

import ganymede as gm


def people(count=400):
    """Columns of several kinds, with a missing cell here and there."""
    rng = np.random.default_rng(0)
    height = rng.normal(170, 10, count).round(1)
    height[::17] = np.nan
    income = np.where(rng.random(count) > 0.7, ">50K", "<=50K")
    return {"age": rng.integers(18, 80, count), "height": height, "ok": rng.random(count) > 0.3, "income": income}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of those people."""
    return gm.TabularGAN(epochs=2, target="income", outdir=tmp_path_factory.mktemp("runs")).fit(people())


def test_rows_have_the_form_that_came_in(model):
    rows = model.sample(50)
    assert list(rows) == ["age", "height", "ok", "income"]
    assert rows["age"].dtype.kind == "i" and rows["ok"].dtype == bool and rows["height"].dtype == np.float64
    assert rows["age"].min() >= 18 and rows["age"].max() < 80 and set(rows["income"]) <= {">50K", "<=50K"}
    assert np.isnan(model.sample(400)["height"]).any()
    assert [model.columns_["age"], model.columns_["income"]] == ["number", "category"]
    assert list(model.feature_names_in_) == list(rows)


def test_rows_are_as_asked_for(model):
    rows = model.sample(40, where={"income": ">50K", "age": ">=40"})
    assert set(rows["income"]) == {">50K"} and rows["age"].min() >= 40
    balanced = model.sample(20, balance=True)["income"]
    assert (balanced == ">50K").sum() == 10
    with pytest.raises(gm.Error, match="wage"):
        model.sample(3, where={"wage": 3})


def test_the_same_seed_is_the_same_rows_also_from_files(model, tmp_path):
    expected = model.sample(20, seed=3)
    again = gm.TabularGAN.load(model.save(tmp_path / "people.gan"))
    for other in (again, pickle.loads(pickle.dumps(model))):
        rows = other.sample(20, seed=3)
        for name, column in expected.items():
            np.testing.assert_array_equal(rows[name], column)
    (tmp_path / "none.gan").write_bytes(b"nothing")
    with pytest.raises(gm.DataError, match="TabularGAN.save"):
        gm.TabularGAN.load(tmp_path / "none.gan")


def test_it_has_the_manners_of_scikit_learn():
    model = gm.TabularGAN(epochs=3, target="income")
    assert model.get_params()["epochs"] == 3 and repr(model) == "TabularGAN(epochs=3, target='income')"
    assert model.set_params(epochs=5) is model and model.epochs == 5
    with pytest.raises(ValueError, match="expected one of epochs"):
        model.set_params(epoch=5)
    with pytest.raises(gm.SpecError, match="fitted"):
        model.sample(3)


def test_arrays_records_and_files(tmp_path):
    array = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
    rows = gm.TabularGAN(epochs=1).fit(array).sample(6)
    assert rows.shape == (6, 3) and rows.dtype == np.float32
    record = np.array([(i % 5, f"k{i % 3}") for i in range(120)], dtype=[("n", "i4"), ("t", "U4")])
    assert gm.TabularGAN(epochs=1).fit(record).sample(4).dtype.names == ("n", "t")
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{i % 7},{i % 3}\n" for i in range(100)))
    assert set(gm.TabularGAN(epochs=1).fit(tmp_path / "a.csv").sample(4)) == {"x", "y"}
    kinds = gm.TabularGAN(epochs=1, kinds={"x": "category"}).fit(tmp_path / "a.csv").columns_
    assert kinds["x"] == "category"


def test_wrong_tables():
    with pytest.raises(gm.DataError, match="same length"):
        gm.TabularGAN().fit({"a": [1, 2], "b": [1]})
    with pytest.raises(gm.DataError, match="sizes"):
        gm.TabularGAN().fit(np.zeros((2, 2, 2)))


def test_rows_are_compared(model):
    scores = model.evaluate(people(300))
    assert 0.5 < scores["column_shapes"] <= 1 and 0 <= scores["detection_logistic"] <= 1
    with pytest.raises(gm.SpecError, match="made with"):
        model.helps(people(), people(), target="ok")
    with pytest.raises(gm.SpecError, match="400 rows that the model was fitted on"):
        model.helps(people(300), people())


def test_a_score_is_higher_for_rows_that_are_alike(model):
    alike, others = people(300), people(300)
    others["age"] = others["age"] + 200
    assert 0 <= model.score(others) < model.score(alike) <= 1


def test_a_search_finds_the_model_that_was_trained(tmp_path):
    search = pytest.importorskip("sklearn.model_selection").GridSearchCV
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(people(300))
    found = search(gm.TabularGAN(target="income"), {"epochs": [1, 20]}, cv=2, error_score="raise").fit(rows)
    assert found.best_params_["epochs"] in (1, 20) and list(found.best_estimator_.sample(5)) == list(rows)
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()


def test_rows_of_an_earlier_run_stay(tmp_path):
    first = gm.TabularGAN(epochs=1, outdir=tmp_path).fit(people(200))
    kept = {path: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    gm.TabularGAN(epochs=1, outdir=tmp_path).fit(people(300))
    assert len(kept) == 1 and all(path.read_bytes() == content for path, content in kept.items())
    assert len(first.sample(3)["age"]) == 3
