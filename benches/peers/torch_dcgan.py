"""DCGAN's training step in PyTorch: the peer of ganymede's `dcgan` preset; or samples of its generator."""

import peer

CHANNELS = {28: 1, 64: 3}
LATENT = 100

arguments = peer.options(__doc__, resolutions=sorted(CHANNELS), compile=True, sample=True)

import torch_peer  # noqa: E402, before torch: it says how threads wait
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy  # noqa: E402


def tutorial(channels):
    """TensorFlow's DCGAN tutorial: 28 × 28, 5x5 kernels, Keras's defaults for batch norm and weights."""
    generator = nn.Sequential(
        nn.Linear(LATENT, 7 * 7 * 256, bias=False),
        nn.BatchNorm1d(7 * 7 * 256, **torch_peer.KERAS_NORM),
        nn.LeakyReLU(0.3, inplace=True),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False),
        nn.BatchNorm2d(128, **torch_peer.KERAS_NORM),
        nn.LeakyReLU(0.3, inplace=True),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, output_padding=1, bias=False),
        nn.BatchNorm2d(64, **torch_peer.KERAS_NORM),
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
    generator = [nn.Unflatten(1, (LATENT, 1, 1)),
                 nn.ConvTranspose2d(LATENT, 8 * width, 4, bias=False)]
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


def simultaneous(generator, discriminator, g_adam, d_adam, latent, real):
    """Both gradients from one set of fakes and one pass through the discriminator, then both updates."""
    g_parameters, d_parameters = list(generator.parameters()), list(discriminator.parameters())
    fake_logits = discriminator(generator(latent))
    d_loss = losses(discriminator(real), fake_logits)
    g_loss = cross_entropy(fake_logits, torch.ones_like(fake_logits))
    d_gradients = torch.autograd.grad(d_loss, d_parameters, retain_graph=True)
    g_gradients = torch.autograd.grad(g_loss, g_parameters)
    torch_peer.apply(g_adam, g_gradients)
    torch_peer.apply(d_adam, d_gradients)
    return d_loss, g_loss


def alternating(generator, discriminator, g_adam, d_adam, latent, real):
    """The discriminator's update, then the generator's loss on the same fakes through the updated one."""
    fake = generator(latent)
    torch_peer.update(d_adam, d_loss := losses(discriminator(real), discriminator(fake.detach())))
    fake_logits = torch_peer.frozen(discriminator, lambda: discriminator(fake))
    torch_peer.update(g_adam, g_loss := cross_entropy(fake_logits, torch.ones_like(fake_logits)))
    return d_loss, g_loss


def draw(generator):
    with torch.inference_mode():
        images = generator(torch.randn(arguments.batch, LATENT))
        return images.mul(127.5).add_(127.5).round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def main():
    torch_peer.start(arguments)
    channels = CHANNELS[arguments.resolution]
    build, rule = (tutorial, simultaneous) if arguments.resolution == 28 else (paper, alternating)
    *models, adam = build(channels)
    models = torch_peer.prepare(arguments, models, torch.channels_last)
    if arguments.sample:
        generator = models[0].eval()
        measured = peer.measure_samples(lambda: draw(generator), arguments.sample, arguments.batch)
        return torch_peer.report(arguments, "sample", None, models, measured)
    optimizers = [torch.optim.Adam(model.parameters(), fused=True, **adam) for model in models]
    data = torch_peer.batches(arguments, channels, arguments.resolution, arguments.resolution)

    def step(batch):
        return rule(*models, *optimizers, torch.randn(arguments.batch, LATENT), batch)

    step.__name__ = rule.__name__
    torch_peer.run(arguments, "dcgan", step, models, data)


main()
