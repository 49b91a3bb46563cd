"""The training step of a stack like R3GAN's at 32 × 32 in PyTorch: the peer of `benches/workloads/r3gan.toml`."""

import peer

arguments = peer.options(__doc__)

import torch_peer  # noqa: E402, before torch: it says how threads wait
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import softplus  # noqa: E402

LATENT = 64
# Channels from 4 × 4 to 32 × 32.
WIDTHS = [192, 192, 96, 48]
GROUP = 16
PENALTY = 1.0


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        last = nn.Conv2d(2 * width, width, 1, bias=False)
        nn.init.zeros_(last.weight)
        self.layers = nn.Sequential(
            nn.Conv2d(width, 2 * width, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 2 * width, 3, 1, 1, groups=2 * width // GROUP), nn.LeakyReLU(0.2),
            last,
        )

    def forward(self, x):
        return self.layers(x) + x


def changed(before, after):
    return [nn.Conv2d(before, after, 1, bias=False)] if before != after else []


def networks():
    generator = [nn.Linear(LATENT, 16 * WIDTHS[0], bias=False), nn.Unflatten(1, (WIDTHS[0], 4, 4)),
                 Residual(WIDTHS[0])]
    for before, after in zip(WIDTHS, WIDTHS[1:]):
        generator += [nn.Upsample(scale_factor=2, mode="bilinear"), *changed(before, after), Residual(after)]
    generator.append(nn.Conv2d(WIDTHS[-1], 3, 1))
    down = WIDTHS[::-1]
    discriminator = [nn.Conv2d(3, down[0], 1), Residual(down[0])]
    for before, after in zip(down, down[1:]):
        discriminator += [nn.AvgPool2d(2), *changed(before, after), Residual(after)]
    discriminator += [nn.Conv2d(down[-1], down[-1], 4, groups=down[-1], bias=False), nn.Flatten(),
                      nn.Linear(down[-1], 1)]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


def main():
    torch_peer.start(arguments)
    models = generator, discriminator = torch_peer.prepare(arguments, networks(), torch.channels_last)
    g_adam, d_adam = [torch.optim.Adam(m.parameters(), 2e-4, (0.0, 0.99), fused=True) for m in models]

    def alternating_fresh(real):
        """The discriminator's update, then the generator's on new latents."""
        with torch.no_grad():
            fake = generator(torch.randn(arguments.batch, LATENT))
        both = torch.cat([real, fake]).requires_grad_()
        logits = discriminator(both)
        real_logits, fake_logits = logits.chunk(2)
        d_loss = softplus(fake_logits - real_logits).mean()
        gradient, = torch.autograd.grad(logits.sum(), both, create_graph=True)
        r1, r2 = [half.square().sum((1, 2, 3)).mean() / 2 for half in gradient.chunk(2)]
        torch_peer.update(d_adam, d_loss + PENALTY * r1 + PENALTY * r2)
        with torch.no_grad():
            real_logits = discriminator(real)
        fake_logits = discriminator(generator(torch.randn(arguments.batch, LATENT)))
        g_loss = softplus(real_logits - fake_logits).mean()
        torch_peer.update(g_adam, g_loss)
        return d_loss, r1, r2, g_loss

    torch_peer.run(arguments, "r3gan", alternating_fresh, models, torch_peer.batches(arguments, 3, 32, 32))


main()
