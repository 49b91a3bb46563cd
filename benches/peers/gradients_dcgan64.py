"""Gradients of both losses of DCGAN at 64 × 64 × 3, batch 8, in PyTorch: in float64, and how far float32 is from that.

Parameters, latents and images come from a formula that ganymede's side computes too (`value`), so that only the norm
of each gradient and a few projections need to be kept. Networks: ganymede's preset `dcgan`, parameters in its layout.

The derivative of ReLU jumps at 0: an activation so near to 0 that rounding turns its sign changes the gradient by far more
than all other rounding does, in every framework, by chance. So there are two kinds of networks: `elu`, with ELU, whose
derivative has no jump, instead of ReLU and LeakyReLU, to compare arithmetic; and `preset`, as it is, over several draws of
everything.

    python benches/peers/gradients_dcgan64.py --json crates/ganymede-gan/tests/gan/gradients_dcgan64.json
    cargo bench -p ganymede-gan --bench gradients -- DIR
    python benches/peers/gradients_dcgan64.py --ours DIR

The last prints, as Markdown, the distances of float32 and of the gradients that the second wrote into DIR.
"""

import argparse
import json
import pathlib

import numpy
import torch
from torch.nn import functional

BATCH, LATENT, CHANNELS, WIDTH = 8, 100, 3, 64
PROJECTIONS = 32
DRAWS = 8
REAL, LATENTS, DIRECTIONS, DRAW = 1000, 1001, 2000, 10000
DEVIATION = 3**0.5


def value(salt, count):
    """`count` numbers in (−1, 1): the bits of their place and of `salt`, mixed."""
    h = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B1)
    h += numpy.uint32(salt * 0x85EBCA77 & 0xFFFFFFFF)
    h ^= h >> numpy.uint32(16)
    h *= numpy.uint32(0x7FEB352D)
    h ^= h >> numpy.uint32(15)
    h *= numpy.uint32(0x846CA68B)
    h ^= h >> numpy.uint32(16)
    return ((h >> numpy.uint32(8)).astype(numpy.float64) + 0.5) / 2**23 - 1


def tensor(salt, shape, scale, offset=0.0):
    """Numbers of deviation `scale` in float32, to which both sides round them."""
    numbers = value(salt, int(numpy.prod(shape))) * (scale * DEVIATION) + offset
    return torch.from_numpy(numbers.astype(numpy.float32).reshape(shape))


def parameters():
    """(name, shape) of every parameter that is trained, networks in the order of their losses."""
    found = []
    for network, layer, ins_first in [("discriminator", "conv2d", True), ("generator", "conv2d_transpose", False)]:
        sizes = [CHANNELS, WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH, 1]
        if not ins_first:
            sizes = [LATENT, 8 * WIDTH, 4 * WIDTH, 2 * WIDTH, WIDTH, CHANNELS]
        norms = 0
        for at, (ins, outs) in enumerate(zip(sizes, sizes[1:])):
            name = f"{network}/{layer}" + (f"_{at}" if at else "")
            found.append((f"{name}/kernel", (4, 4, ins, outs) if ins_first else (4, 4, outs, ins)))
            if (at > 0 or not ins_first) and at < 4:
                name = f"{network}/batch_normalization" + (f"_{norms}" if norms else "")
                found += [(f"{name}/gamma", (outs,)), (f"{name}/beta", (outs,))]
                norms += 1
    return found


def first_value(salt, name, shape):
    return tensor(salt, shape, 0.02, 1.0 if name.endswith("gamma") else 0.0)


def run(network, layer, transposed, elu, weights, x):
    """A network of 4x4 convolutions; batch norm and activation between them."""
    norms = 0
    for at in range(5):
        kernel = weights[f"{network}/{layer}" + (f"_{at}" if at else "") + "/kernel"].permute(3, 2, 0, 1).contiguous()
        whole = at == (0 if transposed else 4)
        convolve = functional.conv_transpose2d if transposed else functional.conv2d
        x = convolve(x, kernel) if whole else convolve(x, kernel, stride=2, padding=1)
        if at < 4 and (at > 0 or transposed):
            name = f"{network}/batch_normalization" + (f"_{norms}" if norms else "")
            x = functional.batch_norm(x, None, None, weights[f"{name}/gamma"], weights[f"{name}/beta"], True, eps=1e-5)
            norms += 1
        if at < 4:
            x = functional.elu(x) if elu else functional.relu(x) if transposed else functional.leaky_relu(x, 0.2)
    return torch.tanh(x) if transposed else x.flatten()


def gradients(dtype, elu, draw):
    weights = {name: first_value(DRAW * draw + salt, name, shape).to(dtype).requires_grad_()
               for salt, (name, shape) in enumerate(parameters())}
    latent = tensor(DRAW * draw + LATENTS, (BATCH, LATENT, 1, 1), 1.0).to(dtype)
    real = tensor(DRAW * draw + REAL, (BATCH, 64, 64, CHANNELS), DEVIATION**-1).to(dtype).permute(0, 3, 1, 2)
    fake = run("generator", "conv2d_transpose", True, elu, weights, latent)
    fake_logits, real_logits = (run("discriminator", "conv2d", False, elu, weights, x) for x in (fake, real))
    d_loss = functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()
    g_loss = functional.softplus(-fake_logits).mean()
    found = {}
    for network, loss in [("discriminator", d_loss), ("generator", g_loss)]:
        own = {name: weight for name, weight in weights.items() if name.startswith(network)}
        found.update(zip(own, torch.autograd.grad(loss, own.values(), retain_graph=True)))
    losses = {"discriminator": d_loss.item(), "generator": g_loss.item()}
    return losses, {name: gradient.double().flatten().numpy() for name, gradient in found.items()}


def distance(found, expected):
    return float(numpy.linalg.norm(found - expected) / numpy.linalg.norm(expected))


def of_network(network, found, expected):
    own = [name for name in expected if name.startswith(network)]
    return distance(*(numpy.concatenate([side[name] for name in own]) for side in (found, expected)))


def summary(exact, single, losses):
    entries = []
    for salt, (name, shape) in enumerate(parameters()):
        gradient = exact[name]
        directions = (value(DIRECTIONS + 100 * salt + k, gradient.size) * DEVIATION for k in range(PROJECTIONS))
        entries.append({
            "name": name,
            "shape": shape,
            "norm": float(numpy.linalg.norm(gradient)),
            "float32_distance": distance(single[name], gradient),
            "projections": [float(gradient @ direction) for direction in directions],
        })
    networks = {network: of_network(network, single, exact) for network in losses}
    return {"torch": torch.__version__, "batch": BATCH, "losses": losses, "float32_distance": networks,
            "parameters": entries}


def read(path):
    numbers = numpy.fromfile(path, dtype="<f4").astype(numpy.float64)
    sizes = [int(numpy.prod(shape)) for _, shape in parameters()]
    assert numbers.size == sum(sizes), (path, numbers.size, sum(sizes))
    parts = numpy.split(numbers, numpy.cumsum(sizes)[:-1])
    return {name: part for (name, _), part in zip(parameters(), parts)}


def sides(folder, name, single):
    ours = {f"ganymede {numerics}": read(folder / f"{name}-{numerics}.f32") for numerics in ("fast", "strict")}
    return {"PyTorch float32": single, **ours}


def both(elu, draw):
    losses, exact = gradients(torch.float64, elu, draw)
    return losses, exact, gradients(torch.float32, elu, draw)[1]


def table(folder):
    """Every gradient of the networks with ELU."""
    losses, exact, single = both(True, 0)
    found = sides(folder, "elu", single)
    print(f"| gradient | norm | {' | '.join(found)} |\n|---|---|{'---|' * len(found)}")
    for network in losses:
        norm = numpy.linalg.norm(numpy.concatenate([g for name, g in exact.items() if name.startswith(network)]))
        distances = [of_network(network, side, exact) for side in found.values()]
        print(f"| **{network}, all** | {norm:.3e} | {' | '.join(f'{d:.2e}' for d in distances)} |")
        for name in (name for name in exact if name.startswith(network)):
            distances = [distance(side[name], exact[name]) for side in found.values()]
            print(f"| {name} | {numpy.linalg.norm(exact[name]):.3e} | {' | '.join(f'{d:.2e}' for d in distances)} |")


def draws(folder):
    """Both networks as the preset has them, draw by draw, the least distance first."""
    distances = {}
    for draw in range(DRAWS):
        losses, exact, single = both(False, draw)
        for side, found in sides(folder, f"preset-{draw}", single).items():
            for network in losses:
                distances.setdefault((network, side), []).append(of_network(network, found, exact))
    print(f"\n| network | | root mean square | {DRAWS} draws, sorted |\n|---|---|---|---|")
    for (network, side), values in sorted(distances.items()):
        rms = numpy.sqrt(numpy.mean(numpy.square(values)))
        print(f"| {network} | {side} | {rms:.1e} | {', '.join(f'{v:.1e}' for v in sorted(values))} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write norms, projections and float32's distances, with ELU")
    parser.add_argument("--ours", type=pathlib.Path, help="folder with what ganymede's bench `gradients` wrote")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.json:
        losses, exact, single = both(True, 0)
        arguments.json.write_text(json.dumps(summary(exact, single, losses), indent=1) + "\n")
    if arguments.ours:
        table(arguments.ours)
        draws(arguments.ours)


main()
