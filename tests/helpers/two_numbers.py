"""The game of two numbers in float64, through the steps, optimisers, penalties and objectives that train every run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from gan_core.setup.config import GANConfig
from gan_core.training.draws import Draws
from gan_core.training.kernels import TorchKernels
from gan_core.training.networks import flatten, make_discriminator, make_generator
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import OPTIMISERS
from gan_core.training.tasks import by_autograd

KERNELS = TorchKernels(torch.device("cpu"), torch.float32)
TOY = {"target": "dirac", "generator": "none:relu:point:linear", "discriminator": "none:relu:slope"}


class EvenNoise(Draws):
    """Normal noise without chance: on the first coordinate, for each half of a batch, at even quantiles."""

    def __init__(self, half: int) -> None:
        super().__init__(torch.Generator(), KERNELS)
        even = (torch.arange(half, dtype=torch.float64) + 0.5) / half
        nodes = torch.special.ndtri(even)
        self._nodes = (nodes / nodes.square().mean().sqrt()).repeat(2)  # of variance 1, exactly

    def noisy(self, points: Tensor, sd: float) -> Tensor:
        """As Draws."""
        return points if sd == 0 else points + torch.stack((self._nodes * sd, torch.zeros_like(self._nodes)), dim=1)


class Game:
    """theta and psi of one run. `h` is the step of both, in the scale of the papers: see Objective.scale."""

    def __init__(self, h: float, *, at: tuple[float, float] = (1.0, 1.0), half: int = 1, **config: Any) -> None:
        """`at`: theta and psi, with the paper's sign of psi; `config`: fields, and live values but the rates."""
        live = ("beta1_g", "beta1_d", "penalty_weight", "instance_noise", "updates_d", "updates_g")
        values = {name: config.pop(name) for name in live if name in config}
        rule = config.pop("optimiser", "sgd")
        self.config = GANConfig(**TOY, **{"optimiser_g": rule, "optimiser_d": rule, "batch": 2 * half, **config})
        self.values = SimpleNamespace(
            **{"beta1_g": 0.0, "beta1_d": 0.0, "penalty_weight": 1.0, "instance_noise": 0.0} | values,
            lr_g=h,
            lr_d=h / OBJECTIVES.make(self.config.objective).scale,
            each=(values.get("updates_d", 1), values.get("updates_g", 1)),
        )
        draw = torch.Generator().manual_seed(0)
        self.networks = [make(self.config, draw).double() for make in (make_generator, make_discriminator)]
        for network in self.networks:
            flatten(network)
        self._theta, self._psi = self.networks[0].layers[0].bias, self.networks[1].layers[0].weight[0]
        self.put(*at)
        names = (self.config.optimiser_g, self.config.optimiser_d)
        rules = tuple(OPTIMISERS.make(name).make(net, "torch") for name, net in zip(names, self.networks, strict=True))
        self.step = by_autograd(self.config)(self.config, tuple(self.networks), rules, KERNELS, EvenNoise(half))
        self._rows = 2 * half * (2 if OPTIMISERS.make(rule).twice else 1)

    def put(self, theta: float, psi: float) -> None:
        """Be there; psi as in the papers, large on fakes."""
        with torch.no_grad():
            self._theta[0], self._psi[0] = theta, -psi

    def now(self) -> tuple[float, float]:
        """theta and psi, as in the papers."""
        return float(self._theta[0].detach()), -float(self._psi[0].detach())

    def run(self, **rates: float) -> None:
        """One step, perhaps with other learning rates."""
        values = SimpleNamespace(**{**vars(self.values), **rates})
        real, z = (torch.zeros(20 * self._rows, 2, dtype=torch.float64) for _ in range(2))
        need = self._rows // 2
        of_d, of_g = values.each
        paired = OBJECTIVES.make(self.config.objective).paired
        rows = of_d * need + paired * of_g * 2 * need, of_d * need + of_g * 2 * need
        self.step.run(real[: rows[0]], z[: rows[1]], values)

    def radii(self, steps: int) -> list[float]:
        """The distance from the middle after each of so many steps."""
        return [math.hypot(*self.now()) for _ in self._each(steps)]

    def radii_theta_first(self, steps: int) -> list[float]:
        """The same where theta moves first in a step.

        GANscope's D does. The half steps are the same ones, one earlier: so the run begins with theta's alone, and each
        state is theta before its own move, psi after its.
        """
        self.run(lr_d=0.0)
        found = []
        for _ in range(steps):
            theta, _ = self.now()
            self.run()
            found.append(math.hypot(theta, self.now()[1]))
        return found

    def _each(self, steps: int) -> Iterator[None]:
        for _ in range(steps):
            self.run()
            yield None
