"""The next step of an engine, computed here: plain PyTorch networks, its losses, and its own Adam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.nn.functional import softplus

from gan_core.training.engine import GANEngine

TORCH_ADAM = {"optimiser_g": "torch-adam", "optimiser_d": "torch-adam"}  # of PyTorch's own kind


def value(x: Tensor) -> float:
    return x.detach().item()


class Independent:
    """Both networks of an engine as PyTorch's own, each with PyTorch's Adam as far as the engine's is."""

    def __init__(self, of: GANEngine) -> None:
        values, state = of.values, of.state()
        self.g, self.d = self._network(of.generator, nn.Tanh()), self._network(of.discriminator)
        self.adams = {}
        for name, network in (("g", self.g), ("d", self.d)):
            lr, beta1 = getattr(values, f"lr_{name}"), getattr(values, f"beta1_{name}")
            adam = torch.optim.Adam(network.parameters(), lr=lr, betas=(beta1, 0.999))
            kept = state[f"adam_{name}"]
            sizes = [p.numel() for p in network.parameters()]
            moments = (torch.split(kept[moment].clone(), sizes) for moment in "mv")
            for p, m, v in zip(network.parameters(), *moments, strict=True):
                step = torch.tensor(float(kept["updates"]))
                adam.state[p] = {"step": step, "exp_avg": m.view_as(p), "exp_avg_sq": v.view_as(p)}
            self.adams[name] = adam

    @staticmethod
    def _network(of: Any, *end: nn.Module) -> nn.Sequential:
        layers: list[nn.Module] = []
        for weight, bias in zip(*[iter(p.detach().clone() for p in of.parameters())] * 2, strict=True):
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            linear.weight.data, linear.bias.data = weight, bias
            layers += [linear, nn.LeakyReLU(0.1)]
        return nn.Sequential(*layers[:-1], *end)

    def move(self, name: str, loss: Tensor) -> tuple[float, float]:
        """Lengths of the gradient and of the change."""
        network: nn.Module = getattr(self, name)
        network.zero_grad()
        loss.backward()
        before = [p.detach().clone() for p in network.parameters()]
        gradient = torch.cat([p.grad.reshape(-1) for p in network.parameters() if p.grad is not None])
        self.adams[name].step()
        change = torch.cat([(p.detach() - b).reshape(-1) for p, b in zip(network.parameters(), before, strict=True)])
        return value(gradient.norm()), value(change.norm())

    def said(self, points: Tensor) -> Tensor:
        """Probabilities."""
        with torch.no_grad():
            return torch.sigmoid(self.d(points))


class Stage(NamedTuple):
    """What one update comes to: the numbers of both of its stages, and what they are of."""

    name: str  # "d" or "g"
    batch: dict[str, float]
    move: dict[str, float]
    seen: dict[str, Tensor]


def next_step(engine: GANEngine, grid: Tensor) -> Iterator[Stage]:
    """Take the next step, update by update, of an engine with non-saturating losses that is not needed any more.

    Maps are of the points `grid` (N, 2); their `change` is (N, 1).
    """
    own, (of_d, of_g), half = Independent(engine), engine.values.each, engine.config.batch // 2
    real, z = (torch.as_tensor(rows).clone() for rows in engine.upcoming().next())
    for k in range(of_d):
        part = slice(k * half, (k + 1) * half)
        yield of_discriminator(own, real[part], z[part], grid)
    for k in range(of_g):
        yield of_generator(own, z[max(of_d, 1) * half :][2 * k * half : 2 * (k + 1) * half])


def of_discriminator(own: Independent, real: Tensor, z: Tensor, grid: Tensor) -> Stage:
    fakes = own.g(z).detach()
    both, labels = torch.cat((real, fakes)), torch.cat((torch.ones(len(real), 1), torch.zeros(len(fakes), 1)))
    before, said, map_before = own.d(both), own.said(both), own.said(grid)
    gradient, change = own.move("d", cross_entropy(before, labels))
    after, map_after = own.d(both), own.said(grid)
    batch = {
        "d_loss": value(cross_entropy(before, labels)),
        "d_accuracy": value(((before > 0) == (labels == 1)).float().mean()),
        "said_of_real": value(said[: len(real)].mean()),
        "said_of_fakes": value(said[len(real) :].mean()),
    }
    move = {
        "d_loss_before": batch["d_loss"],
        "d_loss_after": value(cross_entropy(after, labels)),
        "d_accuracy_before": batch["d_accuracy"],
        "d_accuracy_after": value(((after > 0) == (labels == 1)).float().mean()),
        "gradient": gradient,
        "change": change,
        "map_mean": value((map_after - map_before).abs().mean()),
        "map_most": value((map_after - map_before).abs().max()),
    }
    seen = {"real": real, "fakes": fakes, "before": map_before, "after": map_after, "change": map_after - map_before}
    return Stage("d", batch, move, seen)


def of_generator(own: Independent, z: Tensor) -> Stage:
    fakes = own.g(z)
    fakes.retain_grad()
    scores = own.d(fakes)
    gradient, change = own.move("g", softplus(-scores).mean())
    assert fakes.grad is not None
    asked, there = -len(z) * fakes.grad, own.g(z).detach()
    moved, after = there - fakes.detach(), own.d(there)
    batch = {
        "g_loss": value(softplus(-scores).mean()),
        "g_accuracy": value((scores > 0).float().mean()),
        "said_of_fakes": value(torch.sigmoid(scores).mean()),
        "asked_mean": value(asked.norm(dim=1).mean()),
        "asked_most": value(asked.norm(dim=1).max()),
    }
    move = {
        "g_loss_before": batch["g_loss"],
        "g_loss_after": value(softplus(-after).mean()),
        "g_accuracy_before": batch["g_accuracy"],
        "g_accuracy_after": value((after > 0).float().mean()),
        "gradient": gradient,
        "change": change,
        "moved_mean": value(moved.norm(dim=1).mean()),
        "moved_most": value(moved.norm(dim=1).max()),
        "obeyed": value(((asked * moved).sum(1) > 0).float().mean()),
    }
    return Stage("g", batch, move, {"fakes": fakes.detach(), "asked": asked, "moved": moved})
