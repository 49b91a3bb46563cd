"""Modes of columns of numbers by scikit-learn: variational mixtures of one dimension, from given clusters.

Writes reference/table_modes.json:

    python -m venv /tmp/modes && /tmp/modes/bin/pip install scikit-learn==1.9.1 numpy scipy
    /tmp/modes/bin/python reference/table_modes.py
"""

import json
import pathlib
import warnings

import numpy as np
from scipy.special import digamma
from sklearn.mixture import BayesianGaussianMixture

COMPONENTS = 10


def clusters(values):
    """Lloyd's algorithm from evenly spaced places among the different numbers."""
    different = np.unique(values)
    count = min(COMPONENTS, len(different))
    centres = np.array([different[(2 * k + 1) * len(different) // (2 * count)] for k in range(count)])
    for _ in range(100):
        nearest = np.abs(values[:, None] - centres[None]).argmin(1)
        moved = np.array([values[nearest == k].mean() if (nearest == k).any() else centres[k] for k in range(count)])
        if np.allclose(moved, centres, rtol=0, atol=1e-15):
            break
        centres = moved
    return centres


class FromClusters(BayesianGaussianMixture):
    def _initialize_parameters(self, X, random_state, xp=None):
        centres = clusters(X[:, 0])
        shares = np.zeros((len(X), len(centres)))
        shares[np.arange(len(X)), np.abs(X - centres[None]).argmin(1)] = 1.0
        self._initialize(X, shares)


def case(name, numbers):
    numbers = np.asarray(numbers, dtype=np.float64)
    numbers = np.round((numbers - numbers.mean()) / numbers.std(), 6)
    centres = clusters(numbers)
    mixture = FromClusters(
        n_components=len(centres),
        weight_concentration_prior_type="dirichlet_process",
        weight_concentration_prior=0.001,
        n_init=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mixture.fit(numbers[:, None])
    return {
        "name": name,
        "numbers": numbers.tolist(),
        "centres": centres.tolist(),
        "means": mixture.means_[:, 0].tolist(),
        "deviations": np.sqrt(mixture.covariances_[:, 0, 0]).tolist(),
        "weights": mixture.weights_.tolist(),
    }


rng = np.random.default_rng(7)
cases = [
    case("two heaps", np.concatenate([rng.normal(0, 1, 150), rng.normal(9, 0.5, 100)])),
    case("long tail", rng.lognormal(0, 1, 200)),
    case("mostly one value", np.concatenate([np.zeros(180), rng.uniform(100, 900, 20)])),
    case("whole numbers", rng.integers(17, 70, 200)),
    case("few values", rng.choice([1, 2, 5], 120)),
]
known = [[x, float(digamma(x))] for x in [0.0005, 0.1, 0.5, 1.0, 1.001, 2.5, 9.99, 10.0, 123.4, 5e4]]
path = pathlib.Path(__file__).parent / "table_modes.json"
path.write_text(json.dumps({"cases": cases, "digamma": known}) + "\n")
