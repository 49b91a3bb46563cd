"""DCGAN's training step on volumes of 32³ voxels in PyTorch: the peer of `benches/workloads/dcgan3d.toml`."""

import peer

arguments = peer.options(__doc__, batch=8)

import torch_peer  # noqa: E402, before torch: it says how threads wait
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import softplus  # noqa: E402

LATENT = 128


def networks():
    generator = [nn.Linear(LATENT, 4 ** 3 * 256, bias=False), nn.Unflatten(1, (256, 4, 4, 4))]
    for width, filters in [(256, 128), (128, 64), (64, 1)]:
        generator += [nn.BatchNorm3d(width), nn.ReLU(inplace=True),
                      nn.ConvTranspose3d(width, filters, 4, 2, 1, bias=False)]
    discriminator = [nn.Conv3d(1, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
    for width, filters in [(64, 128), (128, 256)]:
        discriminator += [nn.Conv3d(width, filters, 4, 2, 1, bias=False), nn.BatchNorm3d(filters),
                          nn.LeakyReLU(0.2, inplace=True)]
    discriminator += [nn.Conv3d(256, 1, 4, bias=False), nn.Flatten()]
    return nn.Sequential(*generator, nn.Tanh()), nn.Sequential(*discriminator)


def main():
    torch_peer.start(arguments)
    models = generator, discriminator = torch_peer.prepare(arguments, networks(), torch.channels_last_3d)
    g_adam, d_adam = [torch.optim.Adam(m.parameters(), 2e-4, (0.5, 0.999), fused=True) for m in models]

    def alternating(real):
        """The discriminator's update, then the generator's loss on the same fakes through the updated one."""
        fake = generator(torch.randn(arguments.batch, LATENT))
        d_loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()
        torch_peer.update(d_adam, d_loss)
        g_loss = softplus(-discriminator(fake)).mean()
        torch_peer.update(g_adam, g_loss)
        return d_loss, g_loss

    torch_peer.run(arguments, "dcgan3d", alternating, models, torch_peer.batches(arguments, 1, 32, 32, 32))


main()
