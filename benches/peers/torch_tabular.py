"""The CTGAN paper's training step on rows of a table in PyTorch: the peer of `benches/workloads/tabular.toml`."""

import peer

arguments = peer.options(__doc__, batch=500)

import torch_peer  # noqa: E402, before torch: it says how threads wait
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import gumbel_softmax  # noqa: E402

NOISE, CONDITION = 128, 100
COLUMNS = [("tanh", 1), ("softmax", 14)] * 10 + [("linear", 6)]
PAC = 10
PENALTY = 10.0


class Residual(nn.Module):
    def __init__(self, width, units):
        super().__init__()
        self.dense = nn.Linear(width, units)
        self.norm = nn.BatchNorm1d(units, **torch_peer.KERAS_NORM)

    def forward(self, x):
        return torch.cat([torch.relu(self.norm(self.dense(x))), x], 1)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        width = NOISE + CONDITION
        self.blocks = nn.Sequential(Residual(width, 256), Residual(width + 256, 256))
        self.dense = nn.Linear(width + 512, sum(width for _, width in COLUMNS))

    def forward(self, latent):
        columns, parts, start = self.dense(self.blocks(latent)), [], 0
        for activation, width in COLUMNS:
            part = columns[:, start:start + width]
            start += width
            if activation == "tanh":
                part = torch.tanh(part)
            elif activation == "softmax":
                part = gumbel_softmax(part, tau=0.2)
            parts.append(part)
        return torch.cat([*parts, latent[:, NOISE:]], 1)


def networks():
    row = sum(width for _, width in COLUMNS) + CONDITION
    discriminator = nn.Sequential(
        nn.Linear(PAC * row, 256), nn.LeakyReLU(0.2), nn.Dropout(0.5),
        nn.Linear(256, 256), nn.LeakyReLU(0.2), nn.Dropout(0.5),
        nn.Linear(256, 1),
    )
    return Generator(), discriminator


def packed(rows):
    return rows.view(len(rows) // PAC, -1)


def gradient_penalty(discriminator, real, fake):
    epsilon = torch.rand(len(real), 1)
    x_hat = (fake + (real - fake) * epsilon).requires_grad_()
    gradient, = torch.autograd.grad(discriminator(x_hat).sum(), x_hat, create_graph=True)
    slope = gradient.square().sum(1).add(1e-12).sqrt()
    return (slope - 1).square().mean()


def main():
    torch_peer.start(arguments)
    models = generator, discriminator = torch_peer.prepare(arguments, networks())
    # AdamW's decay is that of the spec's Adam: the parameter shrinks beside the gradient.
    g_adam = torch.optim.AdamW(generator.parameters(), 2e-4, (0.5, 0.9), weight_decay=1e-6, fused=True)
    d_adam = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.9), fused=True)

    def alternating_fresh(rows):
        """The discriminator's update, then the generator's on new latents."""
        real = packed(rows)
        with torch.no_grad():
            fake = packed(generator(torch.randn(arguments.batch, NOISE + CONDITION)))
        real_values, fake_values = torch_peer.judge(discriminator, real, fake)
        d_loss = fake_values.mean() - real_values.mean()
        penalty = gradient_penalty(discriminator, real, fake)
        torch_peer.update(d_adam, d_loss + PENALTY * penalty)
        fake = packed(generator(torch.randn(arguments.batch, NOISE + CONDITION)))
        g_loss = -discriminator(fake).mean()
        torch_peer.update(g_adam, g_loss)
        return d_loss, penalty, g_loss

    torch_peer.run(arguments, "tabular", alternating_fresh, models, torch_peer.batches(arguments, 256))


main()
