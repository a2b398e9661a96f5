"""Losses and penalties as their papers write them, in float64, to hold GANscope's to: written apart from its own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus as sp

# Of scores of real points x and of fakes y, (n, 1) each: what D minimises, the means over both added up.
D_LOSSES = {
    "non-saturating": lambda x, y: sp(-x).mean() + sp(y).mean(),
    "minimax": lambda x, y: -(torch.sigmoid(x).log().mean() + (1 - torch.sigmoid(y)).log().mean()),
    "squared-error": lambda x, y: ((1 - torch.sigmoid(x)) ** 2).mean() + (torch.sigmoid(y) ** 2).mean(),
    "least-squares": lambda x, y: ((x - 1) ** 2).mean() / 2 + (y**2).mean() / 2,
    "least-squares(a=-1, b=1, c=0)": lambda x, y: ((x - 1) ** 2).mean() / 2 + ((y + 1) ** 2).mean() / 2,
    "hinge": lambda x, y: torch.relu(1 - x).mean() + torch.relu(1 + y).mean(),
    "wasserstein": lambda x, y: y.mean() - x.mean(),
    "relativistic": lambda x, y: sp(y - x).mean(),
    "test-least-squares": lambda x, y: ((x - 1) ** 2).mean() / 2 + ((y + 1) ** 2).mean() / 2,
}
# Of scores of G's fakes y and, where they come in pairs, of real points x.
G_LOSSES = {
    "non-saturating": lambda x, y: sp(-y).mean(),
    "minimax": lambda x, y: (1 - torch.sigmoid(y)).log().mean(),
    "squared-error": lambda x, y: ((1 - torch.sigmoid(y)) ** 2).mean(),
    "least-squares": lambda x, y: ((y - 1) ** 2).mean() / 2,
    "least-squares(a=-1, b=1, c=0)": lambda x, y: (y**2).mean() / 2,
    "hinge": lambda x, y: -y.mean(),
    "wasserstein": lambda x, y: -y.mean(),
    "relativistic": lambda x, y: sp(x - y).mean(),
    "test-least-squares": lambda x, y: ((1 - y) ** 2).mean() / 2,
}
HALF = (
    "non-saturating",
    "minimax",
    "squared-error",
    "test-least-squares",
)  # D's loss: one mean over both


def scale(objective: str) -> float:
    """How many times the sum of the two means GANscope's D loss is."""
    return 0.5 if objective in HALF else 1.0


def squared_norms(network: torch.nn.Module, x: Tensor) -> Tensor:
    """|dD/dx|^2 at points (n, k), by autograd: (n,)."""
    x = x.clone().requires_grad_()
    (gradients,) = torch.autograd.grad(network(x).sum(), x)
    return gradients.square().sum(1)


def penalty(name: str, network: torch.nn.Module, x: Tensor, y: Tensor, random: torch.Generator) -> float:
    """What a penalty of weight 1 adds to the sum of the two means, for real points x and fakes y (n, 2)."""
    if name == "none":
        return 0.0
    if name in ("r1", "r2", "r1+r2"):
        parts = {"r1": (x,), "r2": (y,), "r1+r2": (x, y)}[name]
        return sum(float(squared_norms(network, part).mean()) / 2 for part in parts)
    if name == "wgan-gp":
        alpha = torch.rand((len(x), 1), generator=random)
        at = alpha * x + (1 - alpha) * y
    else:
        at = x + 0.5 * x.std() * torch.rand(x.shape, generator=random)
    return float(((squared_norms(network, at).sqrt() - 1) ** 2).mean())
