"""Penalties of gradients in PyTorch, in float64: values, and their gradients by every parameter (a gradient of a gradient).

Two small convolutional networks with weights, samples and noise by one formula, which
`crates/ganymede-gan/tests/torch_penalties.rs` has too. Writes reference/torch/penalties.json:

    .venv-reference/bin/pip install torch==2.15.0 numpy
    .venv-reference/bin/python reference/torch_penalties.py
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

BATCH, SIDE, CHANNELS, LATENT = 3, 8, 2, 4
REAL, LATENTS, EPSILON, NOISE, DIRECTION = 1000, 1001, 1002, 1003, 1004
AVERAGE = 0.3  # of the path lengths before the step


def uniform(salt, count):
    """Numbers 0, 1, … of stream `salt`, in (−1, 1)."""
    mask = 0xFFFFFFFF
    numbers = []
    for i in range(count):
        h = (i * 0x9E3779B1 + salt * 0x85EBCA77) & mask
        h ^= h >> 16
        h = (h * 0x7FEB352D) & mask
        h ^= h >> 15
        h = (h * 0x846CA68B) & mask
        h ^= h >> 16
        numbers.append(((h >> 8) + 0.5) / (1 << 23) - 1.0)
    return np.array(numbers)


def tensor(salt, shape, scale):
    """Rounded to float32, as the other side has it."""
    values = (uniform(salt, int(np.prod(shape))) * scale).astype(np.float32)
    return torch.tensor(values.astype(np.float64).reshape(shape))


# Keras's names and shapes, in the order of its weights.
DISCRIMINATOR = {
    "conv2d/kernel": (4, 4, 2, 4),
    "conv2d/bias": (4,),
    "conv2d_1/kernel": (4, 4, 4, 6),
    "conv2d_1/bias": (6,),
    "dense/kernel": (24, 1),
    "dense/bias": (1,),
}
GENERATOR = {
    "dense/kernel": (4, 24),
    "dense/bias": (24,),
    "conv2d_transpose/kernel": (4, 4, 4, 6),
    "conv2d_transpose/bias": (4,),
    "conv2d_transpose_1/kernel": (4, 4, 2, 4),
    "conv2d_transpose_1/bias": (2,),
}


def weights(network, shapes, first, scale):
    named = {}
    for salt, (name, shape) in enumerate(shapes.items()):
        named[f"{network}/{name}"] = tensor(first + salt, shape, scale).requires_grad_()
    return named


def conv(x, kernel, bias):
    y = F.conv2d(x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), bias, stride=2, padding=1)
    return y.permute(0, 2, 3, 1)


def conv_transpose(x, kernel, bias):
    y = F.conv_transpose2d(x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), bias, stride=2, padding=1)
    return y.permute(0, 2, 3, 1)


def discriminator(w, x):
    x = F.leaky_relu(conv(x, w["discriminator/conv2d/kernel"], w["discriminator/conv2d/bias"]), 0.2)
    x = F.leaky_relu(conv(x, w["discriminator/conv2d_1/kernel"], w["discriminator/conv2d_1/bias"]), 0.2)
    # Without an activation that bends, the slope would not depend on where it is taken.
    return torch.tanh(x.reshape(BATCH, 24)) @ w["discriminator/dense/kernel"] + w["discriminator/dense/bias"]


def generator(w, z):
    x = torch.tanh(z @ w["generator/dense/kernel"] + w["generator/dense/bias"]).reshape(BATCH, 2, 2, 6)
    x = conv_transpose(x, w["generator/conv2d_transpose/kernel"], w["generator/conv2d_transpose/bias"])
    x = F.leaky_relu(x, 0.2)
    x = conv_transpose(x, w["generator/conv2d_transpose_1/kernel"], w["generator/conv2d_transpose_1/bias"])
    return torch.tanh(x)


def gradient(y, x):
    return torch.autograd.grad(y.sum(), x, create_graph=True)[0].reshape(BATCH, -1)


def norm(g):
    return (g.square().sum(1) + 1e-12).sqrt()


def main():
    d, g = weights("discriminator", DISCRIMINATOR, 0, 0.75), weights("generator", GENERATOR, 100, 0.5)
    shape = (BATCH, SIDE, SIDE, CHANNELS)
    real = tensor(REAL, shape, 1.0)
    z = tensor(LATENTS, (BATCH, LATENT), 1.0).requires_grad_()
    epsilon = (tensor(EPSILON, (BATCH, 1, 1, 1), 1.0) + 1.0) / 2.0
    noise, direction = tensor(NOISE, shape, 1.0), tensor(DIRECTION, shape, 1.0)
    fake = generator(g, z).detach()

    def slope_at(x):
        x = x.detach().requires_grad_()
        return gradient(discriminator(d, x), x)

    between = real * epsilon + fake * (1.0 - epsilon)
    near = real + noise * real.std(correction=0) * 0.5
    length = norm(gradient((generator(g, z) * direction / SIDE), z))
    average = AVERAGE + 0.01 * (length.detach().mean() - AVERAGE)
    cases = {
        "gradient_penalty": (norm(slope_at(between)) - 1.0).square().mean(),
        "lipschitz_penalty": F.relu(norm(slope_at(between)) - 1.0).square().mean(),
        "dragan": (norm(slope_at(near)) - 1.0).square().mean(),
        "zero_centered_penalty": slope_at(between).square().sum(1).mean(),
        "r1": slope_at(real).square().sum(1).mean() * 0.5,
        "r2": slope_at(fake).square().sum(1).mean() * 0.5,
        "path_length": (length - average).square().mean(),
    }
    found = {}
    for name, value in cases.items():
        trained = g if name == "path_length" else d
        gradients = torch.autograd.grad(value, list(trained.values()), retain_graph=True, allow_unused=True)
        numbers = {
            key: [0.0] * w.numel() if dw is None else [float(f"{v:.9e}") for v in dw.flatten().tolist()]
            for (key, w), dw in zip(trained.items(), gradients)
        }
        found[name] = {"value": value.item(), "gradients": numbers}
        largest = max(abs(v) for list_ in numbers.values() for v in list_)
        print(f"{name}: {value.item():.6f}, largest gradient {largest:.6f}")
    path = pathlib.Path(__file__).parent / "torch" / "penalties.json"
    lines = [f'"{name}": {json.dumps(case)}' for name, case in found.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
