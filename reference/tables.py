"""Metrics of tables by the packages that others use: SDMetrics for single columns and pairs of them, scikit-learn for what models
tell and learn.

Tables are by a formula, which `crates/ganymede-metrics/src/metrics/tables/reference.rs` has too. Writes reference/tables.json:

    .venv-reference/bin/pip install sdmetrics==0.32.0 scikit-learn==1.9.1 pandas==2.3.3 numpy==2.4.6
    .venv-reference/bin/python -P reference/tables.py      (-P: the folder `torch` beside this file is no package)
    .venv-reference/bin/python -P reference/tables.py detection       one part
"""

import itertools
import json
import pathlib
import sys
import warnings

import numpy as np
import pandas as pd
from sdmetrics.reports.utils import DEFAULT_REAL_ASSOCIATION_THRESHOLD, DEFAULT_REAL_CORRELATION_THRESHOLD
from sdmetrics.reports.single_table._properties import ColumnPairTrends, ColumnShapes
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (HistGradientBoostingClassifier, HistGradientBoostingRegressor,
                              RandomForestClassifier, RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, r2_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

warnings.filterwarnings("ignore")
# Name, number of categories (0: a number), least and greatest number.
COLUMNS = [("class", 2, 0, 0), ("age", 0, 17, 90), ("school", 8, 0, 0), ("years", 0, 1, 15), ("hours", 0, 10, 70),
           ("gain", 0, 0, 12_000), ("weight", 0, -1, 7.1), ("country", 20, 0, 0), ("job", 6, 0, 0)]
NAMES = [name for name, *_ in COLUMNS]
NUMBERS = [name for name, values, *_ in COLUMNS if not values]


def uniform(salt, count):
    """Numbers 0, 1, … of stream `salt`, in (−1, 1)."""
    i = np.arange(count, dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    h = (i * np.uint64(0x9E3779B1) + np.uint64((salt * 0x85EBCA77) & 0xFFFFFFFF)) & mask
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x7FEB352D)) & mask
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(0x846CA68B)) & mask
    h ^= h >> np.uint64(16)
    return ((h >> np.uint64(8)).astype(np.float64) + 0.5) / (1 << 23) - 1.0


def raw(salt, rows):
    """Rows of the formula, numbers not yet in [0, 1]."""
    u = lambda k: uniform(16 * salt + k, rows)
    rich = np.where(u(0) > 0.5, 1.0, 0.0)
    age = np.clip(np.floor(53.5 + 20 * u(1) + 12 * rich + 0.5), 17, 90)
    school = np.clip(np.floor(4 + 2.5 * u(2) + 1.5 * rich), 0, 7)
    hours = np.where(u(3) > 0, 40.0, np.floor(40 + 30 * u(4) + 0.5))
    gain = np.where(u(5) < 0.8, 0.0, np.floor(5000 + 4000 * u(6) + 3000 * rich + 0.5))
    weight = np.where(u(7) > 0.9, np.nan, 2 + u(8) + u(9) + u(10) + 0.3 * school)
    country = np.minimum(np.floor(20 * ((u(11) + 1) / 2) ** 4), 19)
    job = (school + np.floor(1.5 * (u(12) + 1)) + rich) % 6
    return [rich, age, school, 2 * school + 1, hours, gain, weight, country, job]


def table(salt, rows, apart, cells=True):
    """Values, or cells in float32; `apart`: each column is of other rows, so that they do not depend on each other."""
    own = raw(salt, rows)
    out = {}
    for at, (name, values, low, high) in enumerate(COLUMNS):
        column = raw(salt + 100 + at, rows)[at] if apart else own[at]
        if cells:
            column = (column if values else (column - low) / (high - low)).astype(np.float32).astype(np.float64)
        out[name] = column
    return pd.DataFrame(out)


def similarity(real_salt, real_rows, fake_salt, fake_rows, apart):
    real, fake = table(real_salt, real_rows, False, False), table(fake_salt, fake_rows, apart, False)
    kinds = {name: {"sdtype": "categorical" if values else "numerical"} for name, values, *_ in COLUMNS}
    metadata = {"columns": kinds}
    out = dict(real_salt=real_salt, real_rows=real_rows, fake_salt=fake_salt, fake_rows=fake_rows, apart=apart)
    trends = ColumnPairTrends()
    # As QualityReport has them.
    trends.real_correlation_threshold = DEFAULT_REAL_CORRELATION_THRESHOLD
    trends.real_association_threshold = DEFAULT_REAL_ASSOCIATION_THRESHOLD
    for name, part, key in ((ColumnShapes(), "shapes", "column_shapes"), (trends, "pairs", "column_pair_trends")):
        out[key] = name.get_score(real.copy(), fake.copy(), metadata)
        out[part] = [None if np.isnan(v) else float(v) for v in name.details["Score"]]
    pairs = list(zip(name.details["Column 1"], name.details["Column 2"]))
    assert pairs == list(itertools.combinations(NAMES, 2))
    return out


def features(frame, columns, kind):
    """What each model sees, fitted on these rows; and which of its columns are categories."""
    number, category = [c for c in columns if c in NUMBERS], [c for c in columns if c not in NUMBERS]
    if kind == "linear":
        steps = [("n", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), number),
                 ("c", OneHotEncoder(handle_unknown="ignore", min_frequency=5, sparse_output=False), category)]
    else:
        fill = "passthrough" if kind == "boosting" else SimpleImputer(strategy="median")
        unknown = np.nan if kind == "boosting" else -1
        steps = [("n", fill, number),
                 ("c", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=unknown, max_categories=250), category)]
    transform = ColumnTransformer([s for s in steps if s[2]], sparse_threshold=0).fit(frame[columns])
    return transform, [False] * len(number) + [True] * len(category)


def model(kind, classes, mask):
    if classes:
        return {"linear": LogisticRegression(max_iter=300),
                "forest": RandomForestClassifier(100, min_samples_leaf=2, random_state=0),
                "boosting": HistGradientBoostingClassifier(categorical_features=mask, early_stopping=False)}[kind]
    return {"linear": Ridge(), "forest": RandomForestRegressor(60, min_samples_leaf=2, max_features=0.5, random_state=0),
            "boosting": HistGradientBoostingRegressor(categorical_features=mask, early_stopping=False)}[kind]


def detection(rows, apart):
    real, fake = table(1, rows, False), table(2, rows, apart)
    both, y = pd.concat([real, fake], ignore_index=True), np.r_[np.zeros(rows), np.ones(rows)]
    out = dict(rows=rows, apart=apart)
    for kind in ("linear", "boosting"):
        score = np.zeros(2 * rows)
        for learn, test in StratifiedKFold(3, shuffle=True, random_state=0).split(both, y):
            transform, mask = features(both.iloc[learn], NAMES, kind)
            fitted = model(kind, True, mask).fit(transform.transform(both.iloc[learn]), y[learn])
            score[test] = fitted.predict_proba(transform.transform(both.iloc[test]))[:, 1]
        out[kind] = roc_auc_score(y, score)
    return out


def utility(target, rows, apart):
    """Learned from generated rows, tested on other real ones."""
    real, fake, test = table(1, rows, False), table(2, rows, apart), table(3, rows, False)
    columns, classes = [c for c in NAMES if c != target], target not in NUMBERS
    out = dict(target=target, rows=rows, apart=apart)
    for kind in ("linear", "forest", "boosting"):
        transform, mask = features(real, columns, kind)
        fitted = model(kind, classes, mask).fit(transform.transform(fake), fake[target])
        seen = transform.transform(test)
        if not classes:
            out[kind] = {"r2": r2_score(test[target], fitted.predict(seen))}
            continue
        p = fitted.predict_proba(seen)
        auc = roc_auc_score(test[target], p[:, 1]) if p.shape[1] == 2 else roc_auc_score(test[target], p, multi_class="ovr")
        rarest = real[target].value_counts().idxmin()
        f1 = f1_score(test[target], fitted.classes_[p.argmax(1)], average=None)
        out[kind] = {"f1_macro": float(f1.mean()), "f1_rarest": float(f1[int(rarest)]), "auc": auc}
    return out


def main():
    file = pathlib.Path(__file__).parent / "tables.json"
    parts = {
        "similarity": lambda: [similarity(1, 400, 2, 400, False), similarity(1, 300, 2, 500, True), similarity(3, 60, 4, 60, True)],
        "detection": lambda: [detection(3000, True), detection(3000, False)],
        "utility": lambda: [utility("class", 3000, False), utility("class", 3000, True), utility("job", 2000, False),
                            utility("age", 3000, False)],
    }
    wanted = sys.argv[1:] or parts
    result = json.loads(file.read_text()) if file.exists() else {}
    result.update({name: parts[name]() for name in wanted})
    file.write_text(json.dumps(result, indent=1) + "\n")


main()
