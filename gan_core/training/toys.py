"""The two networks of the simplest game there is: G is a point, D a slope.

The Dirac-GAN (Mescheder, Geiger and Nowozin 2018, "Which training methods for GANs do actually converge?"): all data
are the point 0, all fakes the point theta, D(x) = psi x. Here both have two numbers, of which the second stay 0 unless
something random moves them: then it is the paper's game of one dimension, exactly.

Each is one linear layer of which only the bias, or only the weights, are used. The rest has no part in any loss, so its
gradient is 0 and no optimiser moves it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

# Where both begin: inside the square that is shown. D is large on real points here, on fakes in the paper: so psi < 0
# is what has D say of a fake at theta > 0 that it is one.
START = 0.7


class ToyLayer(nn.Linear, ABC):
    """A linear layer of which a part is used."""

    def __init__(self, fan_in: int, fan_out: int, device: torch.device | None = None) -> None:
        super().__init__(fan_in, fan_out, device=device)

    @abstractmethod
    def in_use(self) -> tuple[Tensor, Tensor]:
        """Weights and bias as they are used, (fan_out, fan_in) and (fan_out,)."""

    @abstractmethod
    def begin(self, random: torch.Generator) -> None:
        """Be where the game begins, whatever was drawn."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, fan_in) to (N, fan_out)."""
        return linear(x, *self.in_use())


class Point(ToyLayer):
    """G: the same point of every z. Only the bias, theta, is used; the first coordinate begins at START."""

    def in_use(self) -> tuple[Tensor, Tensor]:
        """As ToyLayer."""
        return torch.zeros_like(self.weight), self.bias

    @torch.no_grad()
    def begin(self, random: torch.Generator) -> None:
        """As ToyLayer."""
        self.weight.zero_()
        self.bias.zero_()[0] = START


class Slope(ToyLayer):
    """D: a linear form. Only the weights, psi, are used; the first one begins at -START."""

    def in_use(self) -> tuple[Tensor, Tensor]:
        """As ToyLayer."""
        return self.weight, torch.zeros_like(self.bias)

    @torch.no_grad()
    def begin(self, random: torch.Generator) -> None:
        """As ToyLayer."""
        self.weight.zero_()[0, 0] = -START
        self.bias.zero_()


TOY_LAYERS: dict[str, type[nn.Linear]] = {"point": Point, "slope": Slope}  # by the word for it in a network's text
