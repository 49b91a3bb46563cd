"""Losses of objectives and penalties on batches of four, and their gradients, from the formulas of the papers.

Plain sums over lists in 40 digits; every gradient is a central difference, so that no rule of differentiation is used.
Writes reference/gan_values.json, which crates/ganymede-gan/tests/gan/values reads:

    .venv-reference/bin/pip install mpmath==1.3.0
    .venv-reference/bin/python reference/gan_values.py
"""

import json
import pathlib

from mpmath import exp, log, mp, mpf, sqrt

mp.dps = 40
STEP = mpf(10) ** -15


def mean(values):
    return sum(values) / len(values)


def softplus(x):
    return log(1 + exp(x))


def relu(x):
    return x if x > 0 else mpf(0)


def gradient(f, point):
    """Central differences of f at a list of numbers."""
    def moved(at, by):
        return f([x + by if i == at else x for i, x in enumerate(point)])
    return [(moved(at, STEP) - moved(at, -STEP)) / (2 * STEP) for at in range(len(point))]


def pairs(real, fake):
    return list(zip(real, fake))


def average(high, low):
    """What relativistic average asks of the side `high`."""
    above, below = mean(high), mean(low)
    return mean([softplus(-(x - below)) for x in high]) + mean([softplus(x - above) for x in low])


def contrast(real, fake):
    """Equations 5 to 7 of the dual contrastive loss."""
    of_real = mean([log(1 + sum(exp(f - r) for f in fake)) for r in real])
    of_fake = mean([log(1 + sum(exp(f - r) for r in real)) for f in fake])
    return of_real + of_fake


def cross_entropy(target, logit):
    """With D = sigmoid(logit): −t ln D − (1 − t) ln(1 − D)."""
    d = 1 / (1 + exp(-logit))
    return -target * log(d) - (1 - target) * log(1 - d)


def saturating(t):
    return lambda r, f: mean([cross_entropy(t, x) for x in r]) + mean([cross_entropy(mpf(0), x) for x in f])


def squares(b, a):
    return lambda r, f: mean([(x - b) ** 2 for x in r]) / 2 + mean([(x - a) ** 2 for x in f]) / 2


def keras(loss):
    """A Keras loss of (target, output): the discriminator's and the generator's."""
    one, zero = mpf(1), mpf(0)
    return (lambda r, f: mean([loss(one, x) for x in r]) + mean([loss(zero, x) for x in f]),
            lambda r, f: mean([loss(one, x) for x in f]))


def huber(target, x):
    e = abs(target - x)
    return e * e / 2 if e <= 1 else e - mpf(1) / 2


NINE = mpf(9) / 10
OBJECTIVES = [
    ("non_saturating", "", saturating(mpf(1)), lambda r, f: mean([cross_entropy(mpf(1), x) for x in f])),
    ("non_saturating", "real_label=0.9", saturating(NINE), lambda r, f: mean([cross_entropy(mpf(1), x) for x in f])),
    ("minimax", "", saturating(mpf(1)), lambda r, f: -mean([cross_entropy(mpf(0), x) for x in f])),
    ("minimax", "real_label=0.9", saturating(NINE), lambda r, f: -mean([cross_entropy(mpf(0), x) for x in f])),
    ("least_squares", "", squares(1, 0), lambda r, f: mean([(x - 1) ** 2 for x in f]) / 2),
    ("least_squares", "real_label=0.9,fake_label=-1.7,generator_label=0.3",
     squares(NINE, -mpf(17) / 10), lambda r, f: mean([(x - mpf(3) / 10) ** 2 for x in f]) / 2),
    ("hinge", "", lambda r, f: mean([relu(1 - x) for x in r]) + mean([relu(1 + x) for x in f]), lambda r, f: -mean(f)),
    ("wasserstein", "", lambda r, f: mean(f) - mean(r), lambda r, f: -mean(f)),
    ("relativistic_paired", "", lambda r, f: mean([softplus(y - x) for x, y in pairs(r, f)]),
     lambda r, f: mean([softplus(x - y) for x, y in pairs(r, f)])),
    ("relativistic_average", "", lambda r, f: average(r, f), lambda r, f: average(f, r)),
    ("relativistic_hinge", "", lambda r, f: mean([relu(1 - (x - y)) for x, y in pairs(r, f)]),
     lambda r, f: mean([relu(1 - (y - x)) for x, y in pairs(r, f)])),
    ("dual_contrastive", "", contrast, lambda r, f: -contrast(r, f)),
    ("BinaryCrossentropy", "from_logits=true", *keras(cross_entropy)),
    ("BinaryCrossentropy", "from_logits=true,label_smoothing=0.2",
     *keras(lambda t, x: cross_entropy(t * mpf(8) / 10 + mpf(1) / 10, x))),
    ("MeanSquaredError", "", *keras(lambda t, x: (t - x) ** 2)),
    ("MeanAbsoluteError", "", *keras(lambda t, x: abs(t - x))),
    ("Hinge", "", *keras(lambda t, x: relu(1 - (2 * t - 1) * x))),
    ("Huber", "", *keras(huber)),
]

HIGH = [mpf(3) / 10, -mpf(5) / 4, mpf(2), -mpf(1) / 5]
LOW = [-mpf(3) / 5, -mpf(7) / 5, -mpf(13) / 10, -mpf(1) / 2]


def objectives():
    for name, arguments, d, g in OBJECTIVES:
        for real, fake in ((HIGH, LOW), (LOW, HIGH)):
            yield {
                "class_name": name, "arguments": arguments, "real": real, "fake": fake,
                "d": d(real, fake), "d_gradient": gradient(lambda all: d(all[:4], all[4:]), real + fake),
                "g": g(real, fake), "g_gradient": gradient(lambda f: g(real, f), fake),
            }


# Penalties of D(x) = k₁x₁² + k₂x₂², whose slope is (2k₁x₁, 2k₂x₂), and of G(z) = z W with rows of W as the fakes:
# sample n has the latent eₙ.
KERNEL = [mpf(1) / 2, mpf(-1)]
REAL = [[mpf(v) for v in x] for x in ((1, 0), (0, 1), (1, 1), (2, -1))]
FAKE = [[mpf(v) / 4 for v in x] for x in ((2, 4), (-4, 1), (0, -2), (6, 3))]
SHARES = [mpf(1) / 10, mpf(4) / 5, mpf(1) / 2, mpf(1) / 4]
NOISE = [[mpf(v) / 10 for v in x] for x in ((3, -7), (-12, 5), (8, 1), (-2, -9))]
LATENT_NOISE = [[mpf(v) / 10 for v in x] for x in ((1, -2, 3, 0), (-4, 5, 1, 2), (6, 0, -3, 1), (2, -1, 4, -5))]
LABELS = [0, 1, 1, 0]
CLASSES = [[mpf(1), -mpf(1) / 2], [mpf(1) / 4, mpf(2)]]  # class logits are x C


def judge(k, x):
    return k[0] * x[0] ** 2 + k[1] * x[1] ** 2


def square_slope(k, x):
    return (2 * k[0] * x[0]) ** 2 + (2 * k[1] * x[1]) ** 2


def norm(k, x):
    return sqrt(square_slope(k, x) + mpf(10) ** -12)


def between():
    return [[e * a + (1 - e) * b for a, b in zip(x, y)] for e, x, y in zip(SHARES, REAL, FAKE)]


def near():
    elements = [v for x in REAL for v in x]
    sigma = sqrt(mean([(v - mean(elements)) ** 2 for v in elements]))
    return [[a + sigma / 2 * n for a, n in zip(x, noise)] for x, noise in zip(REAL, NOISE)]


def rows(w):
    """A list of eight as the generator's kernel (4, 2)."""
    return [w[i:i + 2] for i in range(0, 8, 2)]


def drawn(w, deviation=mpf(0)):
    """Samples of the latents eₙ + deviation·noise."""
    latents = [[(i == n) + deviation * v for i, v in enumerate(noise)] for n, noise in enumerate(LATENT_NOISE)]
    return [[sum(z[i] * rows(w)[i][c] for i in range(4)) for c in range(2)] for z in latents]


def lecam(k, of_real, of_fake):
    return (mean([(judge(k, x) - of_fake) ** 2 for x in REAL]) + mean([(judge(k, x) - of_real) ** 2 for x in FAKE]))


def lengths(w):
    """‖Wy‖ for each direction y, of samples of one pixel."""
    return [sqrt(sum((r[0] * y[0] + r[1] * y[1]) ** 2 for r in rows(w)) + mpf(10) ** -12) for y in NOISE]


def gram(w, held):
    columns = [[r[c] for r in rows(w)] for c in range(2)]
    product = lambda a, b: sum(x * y for x, y in zip(a, b))  # noqa: E731
    off = 2 * product(*columns) ** 2
    return off + (sum((product(c, c) - 1) ** 2 for c in columns) if held else 0)


def matched(w):
    """The features are (x₁², x₂²) and x C."""
    squares = lambda x: [v * v for v in x]  # noqa: E731
    scores = lambda x: [x[0] * CLASSES[0][i] + x[1] * CLASSES[1][i] for i in range(2)]  # noqa: E731
    total = mpf(0)
    for feature in (squares, scores):
        apart = [mean([feature(x)[c] for x in REAL]) - mean([feature(x)[c] for x in rows(w)]) for c in range(2)]
        total += mean([a * a for a in apart])
    return total


def named(c, samples):
    total = []
    for x, label in zip(samples, LABELS):
        logits = [x[0] * c[0][i] + x[1] * c[1][i] for i in range(2)]
        total.append(log(sum(exp(v) for v in logits)) - logits[label])
    return mean(total)


FLAT = [v for x in FAKE for v in x]
OLD = mpf(3) / 10  # the average of path lengths before the step
AVERAGE = OLD + (mean(lengths(FLAT)) - OLD) / 4  # at a rate of ¼
HALF = mpf(1) / 2
PENALTIES = [
    # term, what it is differentiated by, the value as a function of that, and where
    ("d", "gradient_penalty", "", lambda k: mean([(norm(k, x) - 1) ** 2 for x in between()]), KERNEL),
    ("d", "gradient_penalty", "target=0.5", lambda k: mean([(norm(k, x) - HALF) ** 2 for x in between()]), KERNEL),
    ("d", "lipschitz_penalty", "", lambda k: mean([relu(norm(k, x) - 1) ** 2 for x in between()]), KERNEL),
    ("d", "zero_centered_penalty", "", lambda k: mean([square_slope(k, x) for x in between()]), KERNEL),
    ("d", "dragan", "deviation=0.5", lambda k: mean([(norm(k, x) - 1) ** 2 for x in near()]), KERNEL),
    ("d", "r1", "", lambda k: mean([square_slope(k, x) for x in REAL]) / 2, KERNEL),
    ("d", "r2", "", lambda k: mean([square_slope(k, x) for x in FAKE]) / 2, KERNEL),
    ("d", "lecam", "decay=0.9", lambda k: lecam(k, mpf(3) / 10, -mpf(1) / 5), KERNEL),
    ("d", "latent_consistency", "deviation=0.5", lambda k: mean(
        [(judge(k, a) - judge(k, b)) ** 2 for a, b in zip(drawn(FLAT), drawn(FLAT, HALF))]), KERNEL),
    ("g", "latent_consistency", "deviation=0.5", lambda w: -mean(
        [(p - q) ** 2 for a, b in zip(drawn(w), drawn(w, HALF)) for p, q in zip(a, b)]), FLAT),
    ("g", "path_length", "rate=0.25", lambda w: mean([(v - AVERAGE) ** 2 for v in lengths(w)]), FLAT),
    ("g", "orthogonal", "", lambda w: gram(w, False), FLAT),
    ("g", "orthogonal", "lengths=true", lambda w: gram(w, True), FLAT),
    ("g", "feature_matching", "", matched, FLAT),
    ("d", "auxiliary_classifier", "", lambda c: named([c[:2], c[2:]], REAL) + named([c[:2], c[2:]], FAKE),
     [v for x in CLASSES for v in x]),
    ("g", "auxiliary_classifier", "", lambda w: named(CLASSES, rows(w)), FLAT),
]


def penalties():
    for phase, name, arguments, f, point in PENALTIES:
        yield {"phase": phase, "class_name": name, "arguments": arguments, "value": f(point),
               "gradient": gradient(f, point)}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return float(value) if isinstance(value, (mpf, int)) else value


def main():
    lines = lambda entries: ",\n".join(json.dumps(plain(e)) for e in entries)  # noqa: E731
    numbers = {"real": REAL, "fake": FAKE, "kernel": KERNEL, "shares": SHARES, "noise": NOISE,
               "latent_noise": LATENT_NOISE, "labels": LABELS, "classes": CLASSES, "path_length": AVERAGE,
               "lecam_real": mpf(27) / 100 + mean([judge(KERNEL, x) for x in REAL]) / 10,
               "lecam_fake": -mpf(18) / 100 + mean([judge(KERNEL, x) for x in FAKE]) / 10}
    text = (f'{{"objectives": [\n{lines(objectives())}\n],\n"numbers": {json.dumps(plain(numbers))},\n'
            f'"penalties": [\n{lines(penalties())}\n]}}\n')
    json.loads(text)
    (pathlib.Path(__file__).parent / "gan_values.json").write_text(text)


main()
