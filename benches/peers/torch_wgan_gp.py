"""WGAN-GP's training step on DCGAN's networks at 32 × 32 in PyTorch: the peer of `benches/workloads/wgan_gp.toml`."""

import peer

arguments = peer.options(__doc__)

import torch_peer  # noqa: E402, before torch: it says how threads wait
import torch  # noqa: E402
from torch import nn  # noqa: E402

LATENT = 100
PENALTY = 10.0


def networks():
    generator = [nn.Unflatten(1, (LATENT, 1, 1)), nn.ConvTranspose2d(LATENT, 256, 4, bias=False)]
    for width, filters in [(256, 128), (128, 64), (64, 3)]:
        generator += [nn.BatchNorm2d(width), nn.ReLU(inplace=True),
                      nn.ConvTranspose2d(width, filters, 4, 2, 1, bias=False)]
    critic = []
    for width, filters in [(3, 64), (64, 128), (128, 256)]:
        critic += [nn.Conv2d(width, filters, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    critic += [nn.Conv2d(256, 1, 4, bias=False), nn.Flatten()]
    for module in [*generator, *critic]:
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
    return nn.Sequential(*generator, nn.Tanh()), nn.Sequential(*critic)


def gradient_penalty(critic, real, fake):
    epsilon = torch.rand(len(real), 1, 1, 1)
    x_hat = (fake + (real - fake) * epsilon).requires_grad_()
    gradient, = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=True)
    slope = gradient.square().sum((1, 2, 3)).add(1e-12).sqrt()
    return (slope - 1).square().mean()


def main():
    torch_peer.start(arguments)
    models = generator, critic = torch_peer.prepare(arguments, networks(), torch.channels_last)
    g_adam, d_adam = [torch.optim.Adam(m.parameters(), 1e-4, (0.0, 0.9), fused=True) for m in models]

    def alternating_fresh(real):
        """The critic's update, then the generator's on new latents."""
        with torch.no_grad():
            fake = generator(torch.randn(arguments.batch, LATENT))
        real_values, fake_values = torch_peer.judge(critic, real, fake)
        d_loss = fake_values.mean() - real_values.mean()
        penalty = gradient_penalty(critic, real, fake)
        torch_peer.update(d_adam, d_loss + PENALTY * penalty)
        g_loss = -critic(generator(torch.randn(arguments.batch, LATENT))).mean()
        torch_peer.update(g_adam, g_loss)
        return d_loss, penalty, g_loss

    torch_peer.run(arguments, "wgan_gp", alternating_fresh, models, torch_peer.batches(arguments, 3, 32, 32))


main()
