"""What a step draws beside its batch: instance noise, and the places at which D's gradient is penalised."""

from __future__ import annotations

from typing import Any

import torch

from gan_core.training.kernels import Array, Kernels


class Draws:
    """Numbers from one seeded stream, in the order in which a step asks for them."""

    def __init__(self, stream: torch.Generator, kernels: Kernels) -> None:
        self.stream, self._kernels = stream, kernels

    def uniform(self, rows: int, columns: int) -> Array:
        """Numbers from 0 to 1: (rows, columns)."""
        return self._kernels.batch(torch.rand((rows, columns), generator=self.stream, device=self.stream.device))

    def noisy(self, points: Array, sd: Any) -> Array:
        """Points (n, k) with normal noise of this standard deviation on each coordinate; themselves for 0.

        Instance noise (Sonderby et al. 2017; Arjovsky and Bottou 2017): what D is shown, real or not, is blurred.
        """
        if sd == 0:
            return points
        noise = torch.randn(tuple(points.shape), generator=self.stream, device=self.stream.device)
        return points + self._kernels.batch(noise * float(sd))
