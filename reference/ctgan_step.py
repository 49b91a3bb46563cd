"""A step of CTGAN by algorithm 1 of its paper in float64: an update of the critic and one of the generator.

Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019), "Modeling tabular data using conditional GAN", arXiv:1907.00503. Weights, rows,
conditions and noise are by one formula, which `crates/ganymede-gan/tests/gan/ctgan_step.rs` has too. Adam is in Keras's form. Writes
reference/ctgan_step.json:

    .venv-reference/bin/pip install torch==2.15.0 numpy
    .venv-reference/bin/python reference/ctgan_step.py
"""

import json
import pathlib

import numpy as np
import torch

BATCH, PAC, LATENT, WIDTH, MODES = 20, 10, 4, 6, 6
TAU, RATE, BETA_1, BETA_2, EPSILON, DECAY = 0.2, 2e-4, 0.5, 0.9, 1e-7, 1e-6
MOMENTUM, LEAST = 0.9, 1e-5
ROW, CONDITION = 6 + MODES, 5
torch.set_default_dtype(torch.float64)


def value(salt, i):
    """Number i of stream `salt`, in (−1, 1)."""
    mask = 0xFFFFFFFF
    h = (i * 0x9E3779B1 + salt * 0x85EBCA77) & mask
    h ^= h >> 16
    h = (h * 0x7FEB352D) & mask
    h ^= h >> 15
    h = (h * 0x846CA68B) & mask
    h ^= h >> 16
    return ((h >> 8) + 0.5) / (1 << 23) - 1.0


def numbers(salt, *shape):
    return torch.tensor(np.array([value(salt, i) for i in range(int(np.prod(shape)))]).reshape(shape))


def uniform(salt, *shape):
    return (numbers(salt, *shape) + 1.0) / 2.0


def one_hot(count, number):
    return [1.0 if k == int((number + 1.0) / 2.0 * count) else 0.0 for k in range(count)]


def batch(salt):
    """Rows (colour of three, place in a mode, mode, answer of two) and a condition that each has."""
    rows, conditions = [], []
    for row in range(BATCH):
        a, b, c, d, e = (value(salt, 5 * row + k) for k in range(5))
        colour, answer = one_hot(3, a), one_hot(2, d)
        rows.append(colour + [b] + one_hot(MODES, c) + answer)
        conditions.append(colour + [0.0] * 2 if e < 0 else [0.0] * 3 + answer)
    return torch.tensor(rows), torch.tensor(conditions)


def parameters(first, shapes):
    return [(0.5 * numbers(first + k, *shape)).requires_grad_(trained) for k, (shape, trained) in enumerate(shapes)]


START = LATENT + CONDITION
NORMALIZED = [((WIDTH,), True), ((WIDTH,), True), ((WIDTH,), False), ((WIDTH,), False)]
GENERATOR = parameters(
    100,
    [((START, WIDTH), True), *NORMALIZED, ((START + WIDTH, WIDTH), True), *NORMALIZED]
    + [((START + 2 * WIDTH, ROW), True), ((ROW,), True)],
)
CRITIC = parameters(
    200,
    [((PAC * (ROW + CONDITION), WIDTH), True), ((WIDTH,), True), ((WIDTH, WIDTH), True), ((WIDTH,), True)]
    + [((WIDTH, 1), True), ((1,), True)],
)


def gumbel(logits, u):
    return torch.softmax((logits - torch.log(-torch.log(u))) / TAU, dim=1)


def generate(z, condition, u, moving):
    """h ⊕ ReLU(BN(FC(h))) twice; then each part of the row by its activation. Lines 4 and 14."""
    h = torch.cat([z, condition], dim=1)
    for k in (0, 5):
        kernel, gamma, beta, mean, variance = GENERATOR[k : k + 5]
        x = h @ kernel
        m, v = x.mean(0), x.var(0, unbiased=False)
        if moving is not None:
            moving[k + 3] = MOMENTUM * mean + (1 - MOMENTUM) * m.detach()
            moving[k + 4] = MOMENTUM * variance + (1 - MOMENTUM) * v.detach()
        h = torch.cat([torch.relu(gamma * (x - m) / torch.sqrt(v + LEAST) + beta), h], dim=1)
    out = h @ GENERATOR[10] + GENERATOR[11]
    mode = 4 + MODES
    return torch.cat(
        [
            gumbel(out[:, :3], u[:, :3]),
            torch.tanh(out[:, 3:4]),
            gumbel(out[:, 4:mode], u[:, 3 : 3 + MODES]),
            gumbel(out[:, mode:], u[:, 3 + MODES :]),
        ],
        dim=1,
    )


def criticise(rows, condition, masks):
    """Packs of ten rows beside their conditions. Lines 6 to 9."""
    h = torch.cat([rows, condition], dim=1).reshape(BATCH // PAC, -1)
    for k, mask in zip((0, 2), masks):
        h = torch.nn.functional.leaky_relu(h @ CRITIC[k] + CRITIC[k + 1], 0.2)
        h = torch.where(mask >= 0.5, h / 0.5, torch.zeros_like(h))
    return h @ CRITIC[4] + CRITIC[5]


def packed(rows):
    return rows.reshape(BATCH // PAC, -1)


def masks(call, further):
    return [uniform(salt + call + further, BATCH // PAC, WIDTH) for salt in (1003, 1006)]


def fakes(further, condition, moving=None):
    z = numbers(1000 + further, BATCH, LATENT)
    return generate(z, condition, uniform(1001 + further, BATCH, 5 + MODES), moving)


def adam(weights, gradients, decay):
    """The first step of Adam in Keras's form."""
    alpha = RATE * np.sqrt(1 - BETA_2) / (1 - BETA_1)
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients):
            m, v = (1 - BETA_1) * gradient, (1 - BETA_2) * gradient**2
            weight -= RATE * decay * weight
            weight -= alpha * m / (torch.sqrt(v) + EPSILON)


def trained(network):
    return [weight for weight in network if weight.requires_grad]


def spread(network, gradients):
    """A gradient for each weight; nothing for what is not trained."""
    left = iter(gradients)
    return [next(left).flatten().tolist() if weight.requires_grad else [] for weight in network]


# The critic: lines 1 to 13.
real, condition = batch(1010)
moving = {}
fake = fakes(0, condition, moving).detach()
distance = criticise(fake, condition, masks(1, 0)).mean() - criticise(real, condition, masks(0, 0)).mean()
rho = uniform(1002, BATCH // PAC, 1)
between = (rho * packed(real) + (1 - rho) * packed(fake)).reshape(BATCH, ROW).requires_grad_(True)
slope = torch.autograd.grad(criticise(between, condition, masks(2, 0)).sum(), between, create_graph=True)[0]
penalty = ((torch.sqrt((packed(slope) ** 2).sum(1) + 1e-12) - 1) ** 2).mean()
of_critic = torch.autograd.grad(distance + 10 * penalty, trained(CRITIC))
adam(trained(CRITIC), of_critic, 0.0)
for k, v in moving.items():
    GENERATOR[k] = v

# The generator: lines 14 to 16.
_, condition = batch(1110)
moving = {}
fake = fakes(100, condition, moving)
score = -criticise(fake, condition, masks(0, 100)).mean()
shares = torch.cat([fake[:, :3], fake[:, ROW - 2 :]], dim=1)
entropy = -torch.log((shares * condition).sum(1)).mean()
of_generator = torch.autograd.grad(score + entropy, trained(GENERATOR))
adam(trained(GENERATOR), of_generator, DECAY)
for k, v in moving.items():
    GENERATOR[k] = v

result = {
    "modes": MODES,
    "losses": {
        "d/wasserstein": distance.item(),
        "d/gradient_penalty": penalty.item(),
        "g/wasserstein": score.item(),
        "g/condition": entropy.item(),
    },
    "gradients": {"generator": spread(GENERATOR, of_generator), "discriminator": spread(CRITIC, of_critic)},
    "after": {
        name: [weight.detach().flatten().tolist() for weight in network]
        for name, network in [("generator", GENERATOR), ("discriminator", CRITIC)]
    },
}
path = pathlib.Path(__file__).parent / "ctgan_step.json"
path.write_text(json.dumps(result) + "\n")
