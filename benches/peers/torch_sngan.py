"""SNGAN's training step with residual networks at 32 × 32 in PyTorch: the peer of `benches/workloads/sngan.toml`."""

import peer

arguments = peer.options(__doc__, compile=True)

import torch_peer  # noqa: E402, before torch: it says how threads wait
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import avg_pool2d, interpolate, relu  # noqa: E402
from torch.nn.utils.parametrizations import spectral_norm  # noqa: E402

LATENT = 128


class Up(nn.Module):
    """Batch norm, ReLU and 3x3 convolution twice, twice the resolution, around a 1x1 convolution."""

    def __init__(self, width):
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(width, **torch_peer.KERAS_NORM) for _ in range(2))
        self.convolutions = nn.ModuleList(nn.Conv2d(width, width, 3, 1, 1) for _ in range(2))
        self.shortcut = nn.Conv2d(width, width, 1)

    def forward(self, x):
        y = self.convolutions[0](interpolate(relu(self.norms[0](x)), scale_factor=2))
        y = self.convolutions[1](relu(self.norms[1](y)))
        return y + self.shortcut(interpolate(x, scale_factor=2))


class Down(nn.Module):
    """ReLU (not on an image) and 3x3 convolution, twice, half the resolution where that is asked for."""

    def __init__(self, width, filters, first=False, halve=False):
        super().__init__()
        self.first, self.halve = first, halve
        self.convolutions = nn.ModuleList(
            spectral_norm(nn.Conv2d(channels, filters, 3, 1, 1)) for channels in (width, filters))
        self.shortcut = spectral_norm(nn.Conv2d(width, filters, 1)) if halve else nn.Identity()

    def forward(self, x):
        y = self.convolutions[0](x if self.first else relu(x))
        y = self.convolutions[1](relu(y))
        if self.first:
            return avg_pool2d(y, 2) + self.shortcut(avg_pool2d(x, 2))
        if self.halve:
            return avg_pool2d(y, 2) + avg_pool2d(self.shortcut(x), 2)
        return y + self.shortcut(x)


class Discriminator(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.blocks = nn.Sequential(Down(3, width, first=True, halve=True), Down(width, width, halve=True),
                                    Down(width, width), Down(width, width))
        self.dense = spectral_norm(nn.Linear(width, 1))

    def forward(self, x):
        return self.dense(relu(self.blocks(x)).sum((2, 3)))


def networks():
    generator = nn.Sequential(
        nn.Linear(LATENT, 4 * 4 * 256), nn.Unflatten(1, (256, 4, 4)), Up(256), Up(256), Up(256),
        nn.BatchNorm2d(256, **torch_peer.KERAS_NORM), nn.ReLU(inplace=True), nn.Conv2d(256, 3, 3, 1, 1), nn.Tanh())
    return generator, Discriminator(128)


def main():
    torch_peer.start(arguments)
    models = generator, discriminator = torch_peer.prepare(arguments, networks(), torch.channels_last)
    g_adam, d_adam = [torch.optim.Adam(m.parameters(), 2e-4, (0.0, 0.9), fused=True) for m in models]

    def alternating_fresh(real):
        """The discriminator's update, then the generator's on new latents; a power iteration in each."""
        with torch.no_grad():
            fake = generator(torch.randn(arguments.batch, LATENT))
        real_logits, fake_logits = torch_peer.judge(discriminator, real, fake)
        d_loss = relu(1 - real_logits).mean() + relu(1 + fake_logits).mean()
        torch_peer.update(d_adam, d_loss)
        latent = torch.randn(arguments.batch, LATENT)
        g_loss = torch_peer.frozen(discriminator, lambda: -discriminator(generator(latent)).mean())
        torch_peer.update(g_adam, g_loss)
        return d_loss, g_loss

    torch_peer.run(arguments, "sngan", alternating_fresh, models, torch_peer.batches(arguments, 3, 32, 32))


main()
