"""The yardstick: the article's recipe as a person would first write it in PyTorch, with nothing done for speed.

Imports nothing of gan_core and runs in a process of its own, so that none of the engine's process-wide settings (how
products are computed, how threads wait, how memory is kept) come to its help.

`python naive.py WIDTH DEPTH BATCH DEVICE THREADS` answers each line on stdin, a number of seconds, with the steps a
second over that time.
"""

from __future__ import annotations

import math
import sys
import time

import torch
from torch import Tensor, nn


class NaiveGAN:
    """One generator, one discriminator, two torch.optim.Adam, and .item() for every number shown."""

    def __init__(self, width: int, depth: int, batch: int, device: str) -> None:
        self.batch, self.device = batch, device
        self.G = nn.Sequential(*_layers(2, 2, width, depth), nn.Tanh()).to(device)
        self.D = nn.Sequential(*_layers(2, 1, width, depth)).to(device)
        self.adam_g = torch.optim.Adam(self.G.parameters(), lr=0.001, eps=1e-7)
        self.adam_d = torch.optim.Adam(self.D.parameters(), lr=0.001, eps=1e-7)
        self.loss = nn.BCEWithLogitsLoss()

    def step(self) -> tuple[float, float, float, float]:
        """Train both networks once; returns loss and accuracy of D and of G."""
        half = self.batch // 2
        real = self.spiral(self.square(half))
        fake = self.G(self.square(half)).detach()
        x = torch.cat([real, fake])
        y = torch.cat([torch.ones(half, 1, device=self.device), torch.zeros(half, 1, device=self.device)])
        self.adam_d.zero_grad()
        logits = self.D(x)
        d_loss = self.loss(logits, y)
        d_accuracy = ((logits > 0) == (y > 0.5)).float().mean()
        d_loss.backward()
        self.adam_d.step()

        self.adam_g.zero_grad()
        logits = self.D(self.G(self.square(self.batch)))
        g_loss = self.loss(logits, torch.ones(self.batch, 1, device=self.device))
        g_accuracy = (logits > 0).float().mean()
        g_loss.backward()
        self.adam_g.step()
        return d_loss.item(), d_accuracy.item(), g_loss.item(), g_accuracy.item()

    def square(self, n: int) -> Tensor:
        """Draw (n, 2) latents, uniform on [-1, 1]^2."""
        return torch.rand(n, 2, device=self.device) * 2 - 1

    def spiral(self, z: Tensor) -> Tensor:
        """Map (n, 2) latents to (n, 2) real points."""
        u, v = z[:, 0], z[:, 1]
        r = 0.05 + 0.45 * (u + 1) + 0.05 * v
        theta = 3 * math.pi * u
        return torch.stack([r * torch.cos(theta), r * torch.sin(theta)], dim=1)


def _layers(inputs: int, outputs: int, width: int, depth: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for i in range(depth):
        linear = nn.Linear(inputs if i == 0 else width, width)
        layers += [_glorot(linear), nn.LeakyReLU(0.1)]
    return [*layers, _glorot(nn.Linear(width, outputs))]


def _glorot(linear: nn.Linear) -> nn.Linear:
    nn.init.xavier_uniform_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear


def answer(gan: NaiveGAN) -> None:
    """Train for as long as each line of stdin says, and print the steps a second."""
    for line in sys.stdin:
        start = now = time.perf_counter()
        steps = 0
        while steps == 0 or now - start < float(line):
            gan.step()
            steps += 1
            now = time.perf_counter()
        print(steps / (now - start), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[5]))
    answer(NaiveGAN(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
