"""Coefficients of the polynomials in `crates/ganymede-kernels/src/math/`.

Each is fitted in float64 for the least largest weighted error (Lawson's iteration on Chebyshev nodes); then the
coefficients are rounded to float32 one after the other, the lowest power first, and the others fitted again.
Needs numpy. Run: python reference/kernel_polynomials.py
"""

import math

import numpy as np


def fit(target, weight, powers, low, high, fixed=()):
    """Coefficients of `powers` so that |sum c x^p - target| * weight is small on [low, high]."""
    nodes = 0.5 * (low + high) + 0.5 * (high - low) * np.cos(np.pi * (np.arange(2000) + 0.5) / 2000)
    nodes = nodes[nodes != 0]
    t = np.array([target(x) for x in nodes])
    w = np.array([weight(x) for x in nodes])
    done = []
    for first in range(len(powers) + 1):
        base = sum((c * nodes**p for c, p in zip(done, powers)), np.zeros_like(nodes))
        rest = powers[first:]
        if not rest:
            break
        matrix = np.stack([nodes**p for p in rest], 1)
        lawson = np.ones_like(nodes)
        for _ in range(200):
            scale = np.sqrt(lawson) * w
            c, *_ = np.linalg.lstsq(matrix * scale[:, None], (t - base) * scale, rcond=None)
            error = np.abs(matrix @ c + base - t) * w
            lawson *= error / error.max() + 1e-12
            lawson /= lawson.mean()
        done.append(float(np.float32(c[0])))
    error = np.abs(sum(c * nodes**p for c, p in zip(done, powers)) - t) * w
    return done, error.max()


def show(name, result):
    coefficients, error = result
    print(f"{name}: largest weighted error {error:.2e}")
    for c in coefficients:
        print(f"    {np.float32(c)!r}")


half_ln2 = math.log(2) / 2 * 1.01
# exp(r) = 1 + r + r^2 p(r)
show(
    "exp",
    fit(
        lambda r: (math.expm1(r) - r) / (r * r) if abs(r) > 1e-4 else 0.5 + r / 6 + r * r / 24,
        lambda r: r * r / max(abs(math.expm1(r)), 1e-9),
        list(range(6)),
        -half_ln2,
        half_ln2,
    ),
)
# log(1 + f) = f - f^2/2 + f^3 p(f)
def log_rest(f):
    if abs(f) < 1e-3:
        return 1 / 3 - f / 4 + f * f / 5 - f**3 / 6
    return (math.log1p(f) - f + f * f / 2) / f**3


show(
    "log",
    fit(
        log_rest,
        lambda f: abs(f) ** 3 / max(abs(math.log1p(f)), 1e-9),
        list(range(9)),
        math.sqrt(0.5) - 1,
        math.sqrt(2) - 1,
    ),
)
quarter_pi = math.pi / 4 * 1.001
# sin(r) = r + r^3 p(r^2), cos(r) = 1 - r^2/2 + r^4 p(r^2)
show(
    "sin",
    fit(
        lambda s: (math.sin(math.sqrt(s)) - math.sqrt(s)) / math.sqrt(s) ** 3 if s > 1e-3 else -1 / 6 + s / 120,
        lambda s: s,
        list(range(3)),
        0.0,
        quarter_pi**2,
    ),
)
show(
    "cos",
    fit(
        lambda s: (math.cos(math.sqrt(s)) - 1 + s / 2) / (s * s) if s > 1e-2 else 1 / 24 - s / 720 + s * s / 40320,
        lambda s: s * s,
        list(range(3)),
        0.0,
        quarter_pi**2,
    ),
)
# erf(x) = x + x p(x^2) for |x| < 1
show(
    "erf, small",
    fit(
        lambda s: math.erf(math.sqrt(s)) / math.sqrt(s) - 1 if s > 1e-9 else 2 / math.sqrt(math.pi) - 1,
        lambda s: 1.0,
        list(range(7)),
        0.0,
        1.0,
    ),
)
# erf(x) = 1 - exp(-x p(x)) for 1 <= x < 4
show(
    "erf, large",
    fit(
        lambda x: -math.log(math.erfc(x)) / x,
        lambda x: x * math.erfc(x) / math.erf(x),
        list(range(7)),
        0.98,
        4.0,
    ),
)
