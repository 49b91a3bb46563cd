"""Metrics by the packages that others use: clean-fid (Fréchet and kernel distance), prdc, and TensorFlow's MS-SSIM.

Features and images are by formulas, which `crates/ganymede-metrics/tests/libraries.rs` has too. Writes reference/metrics.json:

    .venv-reference/bin/pip install clean-fid==0.1.35 prdc==0.2 numpy scipy tensorflow-cpu==2.21.0
    .venv-reference/bin/python reference/metrics.py
"""

import json
import pathlib

import numpy as np
from cleanfid.fid import frechet_distance, kernel_distance
import tensorflow as tf
from prdc import compute_prdc


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


def features(salt, rows, columns, scale, shift):
    """Sums of four numbers, near a Gaussian; columns of falling deviation. Rounded to float32."""
    values = sum(uniform(4 * salt + k, rows * columns).reshape(rows, columns) for k in range(4))
    values = values * scale / (1.0 + 0.1 * np.arange(columns)) + shift
    return values.astype(np.float32).astype(np.float64)


WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]


def ms_ssim(height, width, channels):
    rows, columns, depth = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    smooth = 0.5 + 0.3 * np.sin(0.21 * rows + 0.1 * depth) * np.cos(0.17 * columns)
    noisy = lambda salt, noise: (  # noqa: E731
        smooth + noise * uniform(salt, smooth.size).reshape(smooth.shape)
    ).astype(np.float32)
    # The scales whose short side is at least 11, their weights brought to sum 1.
    scales = min(5, sum(1 for s in range(10) if min(height, width) >> s >= 11))
    weights = np.array(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])
    a, b = noisy(1, 0.05)[None], noisy(2, 0.15)[None]
    value = tf.image.ssim_multiscale(tf.constant(a), tf.constant(b), 1.0, power_factors=list(weights))
    return {"height": height, "width": width, "channels": channels, "scales": scales, "value": float(value[0])}


def main():
    cases = []
    for rows, columns, scale, shift in [(300, 16, 1.0, 0.0), (400, 24, 0.8, 0.1), (500, 32, 1.3, -0.2)]:
        a, b = features(1, rows, columns, 1.0, 0.0), features(2, rows, columns, scale, shift)
        cov = lambda x: np.cov(x, rowvar=False)  # noqa: E731
        fid = frechet_distance(a.mean(0), cov(a), b.mean(0), cov(b))
        # One subset of the whole set on both sides.
        np.random.seed(0)
        kid = kernel_distance(a, b, num_subsets=1, max_subset_size=rows)
        near = compute_prdc(real_features=a, fake_features=b, nearest_k=5)
        cases.append({
            "rows": rows, "columns": columns, "scale": scale, "shift": shift, "frechet": float(fid), "kernel": float(kid),
            **{name: float(value) for name, value in near.items()},
        })
        print(cases[-1])
    images = [ms_ssim(28, 28, 1), ms_ssim(32, 48, 3), ms_ssim(64, 64, 1)]
    print(images)
    lines = lambda list_: ",\n".join(json.dumps(case) for case in list_)  # noqa: E731
    text = f'{{"features": [\n{lines(cases)}\n],\n"ms_ssim": [\n{lines(images)}\n]}}\n'
    (pathlib.Path(__file__).parent / "metrics.json").write_text(text)


if __name__ == "__main__":
    main()
