"""Targets that are neither Gaussians nor noisy curves.

The checkerboard and the pinwheel are as FFJORD (Grathwohl et al. 2019, github.com/rtqichen/ffjord) draws them, scaled
to the square.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gan_core.targets.gaussians import REACH
from gan_core.targets.strata import ALONG, WITHIN, Strata, stretches, turn
from gan_core.targets.target import Target

_HALF = 0.5  # of the height of what is normal from left to right
_WIDENED = 1.5  # heights up to here, in halves, count as on the data, as beside the article's band
_RATE = 0.25  # of the pinwheel: how far an arm is turned at the centre, in radians; e times as far at radius 1


def checkerboard(side: int) -> Target:
    """Every other one of `side` x `side` equal squares, the one at the lower left among them; FFJORD has 4.

    Its parts are the squares, column by column from the left; all else is off the data.
    """
    squares = torch.tensor([(i, j) for i in range(side) for j in range(side) if (i + j) % 2 == 0])

    def sample(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        which = torch.randint(len(squares), (n,), generator=generator, device=device)
        inside = torch.rand((n, 2), generator=generator, device=device).clamp(1e-5, 1 - 1e-5)  # whatever rounding does
        return (squares.to(device)[which] + inside) * (2 / side) - 1

    def density(x: Tensor) -> Tensor:
        return torch.where(of(x) >= 0, side * side / (4 * len(squares)), 0.0).to(x.dtype)

    def of(x: Tensor) -> Tensor:  # every other square has half the number that it would have among all
        column, row = ((x + 1) * (side / 2)).floor().long().clamp(0, side - 1).unbind(1)
        filled = ((column + row) % 2 == 0) & (x.abs() <= 1).all(1)
        return torch.where(filled, (column * side + row) // 2, -1)

    return Target(sample, density=density, strata=Strata(len(squares), of, "square"))


def pinwheel(arms: int, radial: float, across: float) -> Target:
    """Arms at equal angles, turned clockwise, the more the further out; `radial` and `across` are their sd.

    FFJORD has 5 arms with 0.3 and 0.1, at radius 1. The density has no closed form.

    Its parts are the arms: a point is in the one whose middle line is the nearest on the circle that it is on. Each has
    an equal share exactly, since a turn by one arm maps the data and the parts onto themselves. Off the data is what is
    more than WITHIN `across` from that line along the circle, or WITHIN `radial` from radius 1: about half a hundredth.
    One arm alone has no parts.
    """
    unit = 1 + REACH * max(radial, across)

    def sample(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        arm = torch.randint(arms, (n,), generator=generator, device=device)
        along, beside = torch.randn((2, n), generator=generator, device=device)
        along, beside = 1 + along * radial, beside * across
        angle = arm * (2 * math.pi / arms) + _RATE * along.exp()
        turned = (along * angle.cos() + beside * angle.sin(), beside * angle.cos() - along * angle.sin())
        return (torch.stack(turned, 1) / unit).clamp(-1, 1)

    def of(x: Tensor) -> Tensor:
        at = x * unit
        r = torch.linalg.vector_norm(at, dim=1)
        arm = (-turn(at) - _RATE * r.exp() / (2 * math.pi)) * arms  # clockwise, in arms, from the middle of the first
        nearest = arm.round()
        beside = (arm - nearest).abs() * (2 * math.pi / arms) * r
        off = (beside > WITHIN * across) | ((r - 1).abs() > WITHIN * radial)
        return torch.where(off, -1, nearest.long() % arms)

    return Target(sample, strata=Strata(arms, of, "arm") if arms > 1 else None)


def uniform_to_normal(sd: float) -> Target:
    """x1 normal with `sd` about 0, x2 uniform from -0.5 to 0.5: the exercise of making uniform numbers normal.

    It has one dimension, and is told in two: what is to be learnt is x1, Phi's inverse of one uniform latent, while x2
    is the other latent handed on, so that the density of x1 is seen as that of the dots. A band as thin as a line would
    show places alone, and ask G to forget a latent besides. Density: that of x1 times 1 for |x2| <= 0.5.

    Its parts are ALONG quantiles of x1, equal shares exactly; off the data is what is more than WITHIN `sd` from the
    middle, 2 (1 - Phi(3)) = 0.0027 of them, or beyond 1.5 times the half height.
    """

    def sample(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        across = torch.randn(n, generator=generator, device=device) * sd
        up = (torch.rand(n, generator=generator, device=device) * 2 - 1) * _HALF
        return torch.stack((across.clamp(-1, 1), up), 1)

    def density(x: Tensor) -> Tensor:
        normal = torch.exp(x[:, 0].square() / (-2 * sd * sd)) / (sd * math.sqrt(2 * math.pi))
        return torch.where(x[:, 1].abs() <= _HALF, normal / (2 * _HALF), 0.0)

    def of(x: Tensor) -> Tensor:
        beyond = math.erfc(WITHIN / math.sqrt(2)) / 2
        quantile = (torch.special.ndtr(x[:, 0] / sd) - beyond) / (1 - 2 * beyond)
        on = (x[:, 0].abs() <= WITHIN * sd) & (x[:, 1].abs() <= _WIDENED * _HALF)
        return torch.where(on, stretches(quantile, ALONG), -1)

    return Target(sample, density=density, strata=Strata(ALONG, of, "normal", ends=(0.0, 1.0)))
