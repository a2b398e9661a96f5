"""Random streams, and what a step draws beside its batch: noise, and places at which D's gradient is penalised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from gan_core.training.kernels import Array, Kernels
from gan_core.training.penalties import GradientNorm


def streams(seed: int, device: torch.device) -> list[torch.Generator]:
    """Independent random streams from one seed: initial weights, real data, latents, what steps draw."""
    numbers = np.random.SeedSequence(seed).generate_state(4, np.uint64)
    return [torch.Generator(device).manual_seed(int(number >> 1)) for number in numbers]


class Draws:
    """Numbers from one seeded stream, in the order in which a step asks for them."""

    def __init__(self, stream: torch.Generator, kernels: Kernels) -> None:
        self.stream, self._kernels = stream, kernels

    def uniform(self, rows: int, columns: int) -> Array:
        """Numbers from 0 to 1: (rows, columns)."""
        return self._kernels.batch(torch.rand((rows, columns), generator=self.stream, device=self.stream.device))

    def places(self, norm: GradientNorm, real: Array, fake: Array) -> Array:
        """The points of a penalty's own, by n real points and n fakes: (n, inputs)."""
        return norm.points(real, fake, self.uniform)

    def noisy(self, points: Array, sd: Any) -> Array:
        """Points (n, k) with normal noise of this standard deviation on each coordinate; themselves for 0.

        Instance noise (Sonderby et al. 2017; Arjovsky and Bottou 2017): what D is shown, real or not, is blurred.
        """
        if sd == 0:
            return points
        noise = torch.randn(tuple(points.shape), generator=self.stream, device=self.stream.device)
        return points + self._kernels.batch(noise * float(sd))


class ManyDraws:
    """Draws of many members, each from its own stream: what is (n, k) for one is (M, n, k) here."""

    def __init__(self, draws: Sequence[Draws]) -> None:
        self._draws = draws

    def places(self, norm: GradientNorm, real: Array, fake: Array) -> Array:
        """As Draws."""
        return np.stack([each.places(norm, x, y) for each, x, y in zip(self._draws, real, fake, strict=True)])

    def noisy(self, points: Array, sd: Sequence[float]) -> Array:
        """As Draws, with a standard deviation for each member."""
        return np.stack([each.noisy(x, s) for each, x, s in zip(self._draws, points, sd, strict=True)])
