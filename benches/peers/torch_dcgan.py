"""DCGAN's training step in PyTorch, eager, channels last: the peer of ganymede's `dcgan` preset."""

import os

# Spinning threads of one process would take the cores of whatever runs beside it.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import peer  # noqa: E402

arguments = peer.options(__doc__)

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy  # noqa: E402


def tutorial(channels):
    """TensorFlow's DCGAN tutorial: 28 × 28, 5x5 kernels, Keras's defaults for batch norm and weights."""
    keras_norm = dict(eps=1e-3, momentum=0.01)  # PyTorch's momentum is 1 − Keras's
    generator = nn.Sequential(
        nn.Linear(peer.LATENT, 7 * 7 * 256, bias=False),
        nn.BatchNorm1d(7 * 7 * 256, **keras_norm),
        nn.LeakyReLU(0.3, inplace=True),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False),
        nn.BatchNorm2d(128, **keras_norm),
        nn.LeakyReLU(0.3, inplace=True),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, output_padding=1, bias=False),
        nn.BatchNorm2d(64, **keras_norm),
        nn.LeakyReLU(0.3, inplace=True),
        nn.ConvTranspose2d(64, channels, 5, 2, 2, output_padding=1, bias=False),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(channels, 64, 5, 2, 2),
        nn.LeakyReLU(0.3, inplace=True),
        nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, 2, 2),
        nn.LeakyReLU(0.3, inplace=True),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(7 * 7 * 128, 1),
    )
    for module in [*generator.modules(), *discriminator.modules()]:
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return generator, discriminator, {"lr": 1e-4, "eps": 1e-7}


def paper(channels, width=64):
    """The DCGAN paper's networks as in PyTorch's example: 64 × 64, 4x4 kernels."""
    generator = [nn.Unflatten(1, (peer.LATENT, 1, 1)),
                 nn.ConvTranspose2d(peer.LATENT, 8 * width, 4, bias=False)]
    for factor in [8, 4, 2]:
        generator += [nn.BatchNorm2d(factor * width), nn.ReLU(inplace=True),
                      nn.ConvTranspose2d(factor * width, factor * width // 2, 4, 2, 1, bias=False)]
    generator += [nn.BatchNorm2d(width), nn.ReLU(inplace=True),
                  nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh()]
    discriminator = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
    for factor in [2, 4, 8]:
        discriminator += [nn.Conv2d(factor * width // 2, factor * width, 4, 2, 1, bias=False),
                          nn.BatchNorm2d(factor * width), nn.LeakyReLU(0.2, inplace=True)]
    discriminator += [nn.Conv2d(8 * width, 1, 4, bias=False), nn.Flatten()]
    for module in [*generator, *discriminator]:
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
    return nn.Sequential(*generator), nn.Sequential(*discriminator), {"lr": 2e-4, "betas": (0.5, 0.999)}


def losses(real_logits, fake_logits):
    real = cross_entropy(real_logits, torch.ones_like(real_logits))
    return real + cross_entropy(fake_logits, torch.zeros_like(fake_logits))


def update(adam, parameters, gradients):
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient
    adam.step()


def simultaneous(generator, discriminator, g_adam, d_adam, latent, real):
    """Both gradients from one set of fakes and one pass through the discriminator, then both updates."""
    g_parameters, d_parameters = list(generator.parameters()), list(discriminator.parameters())
    fake_logits = discriminator(generator(latent))
    d_loss = losses(discriminator(real), fake_logits)
    g_loss = cross_entropy(fake_logits, torch.ones_like(fake_logits))
    d_gradients = torch.autograd.grad(d_loss, d_parameters, retain_graph=True)
    g_gradients = torch.autograd.grad(g_loss, g_parameters)
    update(g_adam, g_parameters, g_gradients)
    update(d_adam, d_parameters, d_gradients)
    return d_loss, g_loss


def alternating(generator, discriminator, g_adam, d_adam, latent, real):
    """The discriminator's update, then the generator's loss on the same fakes through the updated one."""
    g_parameters, d_parameters = list(generator.parameters()), list(discriminator.parameters())
    fake = generator(latent)
    d_loss = losses(discriminator(real), discriminator(fake.detach()))
    update(d_adam, d_parameters, torch.autograd.grad(d_loss, d_parameters))
    fake_logits = discriminator(fake)
    g_loss = cross_entropy(fake_logits, torch.ones_like(fake_logits))
    update(g_adam, g_parameters, torch.autograd.grad(g_loss, g_parameters))
    return d_loss, g_loss


def main():
    torch.manual_seed(1)
    torch.set_num_threads(arguments.threads)
    channels = peer.CHANNELS[arguments.resolution]
    build, rule = (tutorial, simultaneous) if arguments.resolution == 28 else (paper, alternating)
    *models, adam = build(channels)
    models = [model.to(memory_format=torch.channels_last).train() for model in models]
    optimizers = [torch.optim.Adam(model.parameters(), fused=True, **adam) for model in models]
    size = (arguments.batch, channels, arguments.resolution, arguments.resolution)
    batches = [
        (torch.rand(size) * 2 - 1).contiguous(memory_format=torch.channels_last) for _ in range(4)
    ]

    def step(batch):
        values = rule(*models, *optimizers, torch.randn(arguments.batch, peer.LATENT), batch)
        assert all(torch.isfinite(value).item() for value in values), values

    measured = peer.measure(step, batches, arguments.steps)
    counts = [
        sum(t.numel() for t in model.state_dict().values() if t.is_floating_point()) for model in models
    ]
    parameters = dict(zip(("generator", "discriminator"), counts))
    peer.report(arguments, "torch", rule.__name__, parameters, {"torch": torch.__version__}, measured)


main()
