"""What is added to D's loss beside its objective. A new penalty is one `PENALTIES.add` here.

Those there are push the norm of D's gradient with respect to its inputs: towards 0, (1/2) mean |g|^2, or towards 1,
mean (|g| - 1)^2. Each is multiplied by the live value `penalty_weight`, the gamma or lambda of the papers, and by the
scale of the objective, so that the number means what it means there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gan_core.setup.registry import Number, Parts
from gan_core.training.kernels import Array

# D, real and fake points (B/2, 2) and the run's random stream for penalties, to a loss, 0-d, that is still to be
# weighted.
Of = Callable[[Callable[[Tensor], Tensor], Tensor, Tensor, torch.Generator], Tensor]
Uniform = Callable[[int, int], Array]  # (rows, columns) to numbers from 0 to 1

_TINY = 1e-24  # under the root of |g|: its derivative is not finite at 0


@dataclass(frozen=True, eq=False)
class Penalty:
    """One penalty, by autograd; None adds nothing. `norm` says the same to the step that is written out.

    A lazy one counts at the first of `every` steps alone, and there so many times as much.
    """

    of: Of | None
    norm: GradientNorm | None = None
    every: int = 1

    def weight(self, weight: float, done: int) -> float:
        """What it counts in the step after so many that are `done`, where it counts `weight` on average."""
        return weight * self.every if done % self.every == 0 else 0.0


@dataclass(frozen=True, eq=False)
class GradientNorm:
    """A function of the norm of D's gradient, at some points of an update of D on n real points and n fakes.

    `at`: the real points, the fakes, both; "between": one point on the line from each real point to its fake, and
    "around": real points moved by up to `reach` standard deviations of the batch.
    """

    at: Literal["real", "fake", "both", "between", "around"]
    centre: Literal[0, 1]
    reach: float = 0.0

    @property
    def elsewhere(self) -> bool:
        """Whether it is taken at points of its own, n of them, that `points` draws."""
        return self.at in ("between", "around")

    def rows(self, n: int) -> slice:
        """Which of n real points, n fakes and, if there are any, n points of its own."""
        first, last = {"real": (0, 1), "fake": (1, 2), "both": (0, 2), "between": (2, 3), "around": (2, 3)}[self.at]
        return slice(first * n, last * n)

    def points(self, real: Array, fake: Array, uniform: Uniform) -> Array:
        """Its own points, as many as there are real ones: (n, inputs)."""
        n, inputs = real.shape
        if self.at == "between":
            share = uniform(n, 1)  # one for each point, not for each coordinate
            return real * share + fake * (1 - share)
        off = real - real.sum() / (n * inputs)
        return real + uniform(n, inputs) * (self.reach * ((off * off).sum() / (n * inputs - 1)) ** 0.5)

    def slope(self, gradients: Array, n: int) -> Array:
        """The derivative of the penalty with respect to D's gradients (m, inputs), which are float32: (m, inputs)."""
        if self.centre == 0:
            return gradients / n
        norm = ((gradients * gradients).sum(-1)[..., None] + _TINY) ** 0.5
        return gradients * ((1 - 1 / norm) * (2 / n))

    def value(self, gradients: Tensor, n: int) -> Tensor:
        """The penalty itself, 0-d."""
        squares = (gradients * gradients).sum(1)
        each = squares / 2 if self.centre == 0 else ((squares + _TINY) ** 0.5 - 1) ** 2
        return each.sum() / n


def on_norm(norm: GradientNorm, every: float = 1) -> Penalty:
    """The penalty on a norm, by autograd through D's gradient (Gulrajani et al. 2017), and as it is."""

    def of(discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, random: torch.Generator) -> Tensor:
        def uniform(rows: int, columns: int) -> Tensor:
            return torch.rand((rows, columns), generator=random, device=random.device)

        own = (norm.points(real, fake, uniform),) if norm.elsewhere else ()
        x = torch.cat((real, fake, *own))[norm.rows(len(real))].detach().requires_grad_()
        (gradients,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
        return norm.value(gradients, len(real))

    return Penalty(of, norm, int(every))


PENALTIES: Parts[Penalty] = Parts("penalty")
PENALTIES.add("none", lambda: Penalty(None))
# R1 and R2 (Mescheder, Geiger and Nowozin 2018): gamma/2 mean |g|^2 at the real points, and at the fakes. Both together
# as in R3GAN (Huang et al. 2024), with one gamma.
PENALTIES.add("r1", lambda: on_norm(GradientNorm("real", 0)))
PENALTIES.add("r2", lambda: on_norm(GradientNorm("fake", 0)))
PENALTIES.add("r1+r2", lambda: on_norm(GradientNorm("both", 0)))
# Lazy regularisation (Karras et al. 2020, StyleGAN2, whose code has R1 at every 16th step): cheaper. R3GAN's appendix E
# says that it fails on points in the plane.
_EVERY = {"every": Number(8, 2, 64, whole=True)}
PENALTIES.add("lazy-r1", lambda every: on_norm(GradientNorm("real", 0), every), **_EVERY)
PENALTIES.add("lazy-r1+r2", lambda every: on_norm(GradientNorm("both", 0), every), **_EVERY)
# Gulrajani et al. 2017: lambda mean (|g| - 1)^2 at alpha x + (1 - alpha) y, one alpha from 0 to 1 for each pair.
PENALTIES.add("wgan-gp", lambda: on_norm(GradientNorm("between", 1)))
# DRAGAN (Kodali et al. 2017), as its code has it (github.com/kodalinaveen3/DRAGAN): the same at x + d, each coordinate
# of d from 0 to `reach` standard deviations of the batch.
PENALTIES.add("dragan", lambda reach: on_norm(GradientNorm("around", 1, reach)), reach=Number(0.5, 0, 10))
