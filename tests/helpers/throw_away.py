"""One entry of every kind, as a reader might add it: named as no entry of GANscope's own will be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.presets import PRESETS, Preset
from gan_core.setup.registry import Number, Parts, Registry
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import LATENTS, Latent, Target
from gan_core.training.activations import ACTIVATIONS, Activation
from gan_core.training.kernels import Array, Kernels
from gan_core.training.objectives import OBJECTIVES, Objective
from gan_core.training.optimisers import OPTIMISERS, SimpleOptimiser, rule
from gan_core.training.penalties import PENALTIES, Penalty

CONFIG = GANConfig(
    target="test-spots(count=3)",
    latent="test-bell",
    generator="12,8:test-bend:linear",
    discriminator="10:test-bend",
    objective="test-least-squares",
    penalty="test-flat(weight=0.5)",
    optimiser_g="test-heavy-ball(memory=0.8)",
    optimiser_d="test-heavy-ball",
    batch=16,
)
UPDATES = {"updates_d": 2, "updates_g": 3}
PRESET = Preset("test-all", CONFIG, HyperParameters(lr_g=1e-2, **UPDATES))


def spots(count: int) -> Target:
    def sample(n: int, random: torch.Generator) -> Tensor:
        at = torch.randint(count, (n,), generator=random) / count * 1.8 - 0.9
        return torch.stack((at, -at), dim=1)

    return Target(sample)


def bell(n: int, dim: int, random: torch.Generator) -> Tensor:
    return (torch.randn(n, dim, generator=random) / 3).clamp(-1, 1)


def wrong(kernels: Kernels, x: Array) -> tuple[Array, Array]:
    return (x + 1) ** 2 / 2, x + 1


def of_g(kernels: Kernels, fake: Array) -> tuple[Array, Array]:
    return ((1 - fake) ** 2 / 2).sum() / len(fake), (fake - 1) / len(fake)


def flat(weight: float) -> Penalty:
    """Squared gradient of D somewhere between real and fake."""

    def of(discriminator: nn.Module, real: Tensor, fake: Tensor, random: torch.Generator) -> Tensor:
        share = torch.rand(len(real), 1, generator=random)
        x = (share * real + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
        return weight * slope.square().sum(1).mean()

    return Penalty(of)


class HeavyBall(SimpleOptimiser):
    OWN = ("speed",)

    def __init__(self, network: nn.Module, memory: float) -> None:
        super().__init__(network)
        self._memory = memory

    def change(self, gradient: Tensor, lr: float, beta1: float) -> Tensor:
        speed = self.moments["speed"].mul_(self._memory).add_(gradient)
        return -lr * speed


@contextmanager
def added() -> Iterator[None]:
    """Have them all in the registries, and nothing of them afterwards."""
    with kept():
        TARGETS.add("test-spots", spots, count=Number(5, 1, 9, whole=True))
        LATENTS.add("test-bell", lambda: Latent(bell))
        ACTIVATIONS.add("test-bend", lambda: Activation(nn.Softplus))
        OBJECTIVES.add("test-least-squares", lambda: Objective(wrong, of_g, probability=False))
        PENALTIES.add("test-flat", flat, weight=Number(1, 0, 100))
        OPTIMISERS.add("test-heavy-ball", lambda memory: rule(HeavyBall, memory=memory), memory=Number(0.9, 0, 0.999))
        PRESETS.add(PRESET.name, PRESET)
        yield


@contextmanager
def kept() -> Iterator[None]:
    """Leave the registries as they were."""
    registries: list[Registry] = [PRESETS]
    parts: list[Parts] = [TARGETS, LATENTS, ACTIVATIONS, OBJECTIVES, PENALTIES, OPTIMISERS]
    registries += [part._makers for part in parts]
    before = [dict(registry._entries) for registry in registries]
    try:
        yield
    finally:
        for registry, entries in zip(registries, before, strict=True):
            registry._entries.clear()
            registry._entries.update(entries)
        for part in parts:
            part._made.cache_clear()
