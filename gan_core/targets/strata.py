"""Parts of the data: how a sample is told what of the data it reaches, whatever the data are.

A sample is of high quality where it is within WITHIN standard deviations of the noise of the nearest place that the
noise is around, as VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018) have it; elsewhere it is off the data.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_core.setup.limits import MAX_STRATA

WITHIN = 3.0  # standard deviations
ALONG = 50  # parts of data along a curve, or along all of its curves together: as many as the article's spiral has
_ANGLES = 12  # parts of a turn around one Gaussian


@dataclass(frozen=True, eq=False)
class Strata:
    """Parts of the data, and which one a point is in."""

    count: int
    of: Callable[[Tensor], Tensor]  # (N, 2) float64 points -> (N,) int64 numbers of parts, from 0; -1: off the data
    # What a part is called: a name under `strata` in the catalogue, whose words are `label` (of the view of them),
    # `axis`, `where` (a sentence: how they are counted), `parts` and `on` (what follows "Share of the" and "Share of
    # the fakes on the data:"), and `part`, which may have {n}, the part from 1, {group}, from 1, {from} and {to}.
    words: str = "part"
    shares: Tensor | None = None  # (count,) float64, of the data that are not off; equal ones if not given
    groups: int = 1  # so many equal runs of parts, as of two moons
    ends: tuple[float, float] | None = None  # of the coordinate of which the parts of a group are equal stretches

    def __post_init__(self) -> None:
        """Raise ValueError for more parts than can be shown, or shares or groups that do not fit them."""
        if not 1 <= self.count <= MAX_STRATA:
            raise ValueError(f"A target's data may have 1 to {MAX_STRATA} parts, not {self.count}.")
        if self.shares is not None and (
            self.shares.shape != (self.count,)
            or not bool((self.shares > 0).all())
            or abs(float(self.shares.sum()) - 1) > 1e-6
        ):
            raise ValueError(f"The shares of {self.count} parts must be as many positive numbers that add up to 1.")
        if self.groups < 1 or self.count % self.groups:
            raise ValueError(f"{self.count} parts cannot be {self.groups} equal groups.")

    def fair(self) -> Tensor:
        """The share of the data that each part holds: (count,) float64."""
        return torch.full((self.count,), 1 / self.count, dtype=torch.float64) if self.shares is None else self.shares


def stretches(t: Tensor, count: int) -> Tensor:
    """Which of `count` equal stretches of 0..1 each of (N,) numbers is in, both ends included: int64."""
    return (t * count).long().clamp(0, count - 1)


def on_curves(curves: list[Callable[[Tensor], tuple[Tensor, Tensor]]], sd: float) -> Callable[[Tensor], Tensor]:
    """`of` of data with Gaussian noise of `sd` around curves: equal stretches of each, ALONG of all together.

    Each curve says of (N, 2) points where on it the nearest point is, 0 to 1 by a parameter of which the data are
    uniform, and how far away. A point is counted on the nearest curve; off the data it is at more than WITHIN sd.

    The stretches hold equal shares of the data as far as the noise moves as many points forth as back: exactly around a
    circle, and nearly where `sd` is small against a stretch, a bend and the way to the next curve. Points of noise
    beyond a free end count at the end, where they make up for those that went inwards. Off are, of a long curve,
    2 (1 - Phi(3)) = 0.0027 of the data, at most exp(-9/2) = 0.0111 (noise about a point).
    """
    each = ALONG // len(curves)

    def of(x: Tensor) -> Tensor:
        t, distance = (torch.stack(both) for both in zip(*(curve(x) for curve in curves), strict=True))
        least, nearest = distance.min(dim=0)
        index = nearest * each + stretches(t.gather(0, nearest[None])[0], each)
        return torch.where(least <= WITHIN * sd, index, -1)

    return of


def modes(centres: Tensor, weights: Tensor, sd: float, words: str) -> Strata:
    """One part a mode: those of Gaussians of one `sd` at (K, 2) centres with (K,) weights, all in units of the square.

    A point is in the part of its nearest centre, and off the data at more than WITHIN sd from it: of data of modes that
    lie apart exp(-9/2) = 0.0111. Shares are the weights; where modes overlap, about those.
    """

    def of(x: Tensor) -> Tensor:
        distance = torch.cdist(x, centres.to(x), compute_mode="donot_use_mm_for_euclid_dist")
        least, nearest = distance.min(dim=1)
        return torch.where(least <= WITHIN * sd, nearest, -1)

    return Strata(len(centres), of, words, weights)


def around(centre: Tensor, sd: float) -> Strata:
    """Of one Gaussian at `centre` (2,): its inner and its outer half, each in 12 equal angles; equal shares, exactly.

    A collapse to a spot is seen by the angles as well as by the halves, and a Gaussian that is too narrow by the
    halves. The radius r is Rayleigh's, P(r < q sd) = 1 - exp(-q^2 / 2), of which at more than WITHIN sd exp(-9/2) are
    off the data; half of the rest is inside q^2 = -2 ln((1 + exp(-9/2)) / 2).
    """
    half = math.sqrt(-2 * math.log((1 + math.exp(-(WITHIN**2) / 2)) / 2))

    def of(x: Tensor) -> Tensor:
        at = x - centre.to(x)
        r = torch.linalg.vector_norm(at, dim=1)
        index = (r >= half * sd) * _ANGLES + stretches(turn(at), _ANGLES)
        return torch.where(r <= WITHIN * sd, index, -1)

    return Strata(2 * _ANGLES, of, "gaussian", groups=2, ends=(0.0, 360.0))


def turn(x: Tensor) -> Tensor:
    """The angle of (N, 2) points about the origin, from the right and counter-clockwise, as a share of a turn: (N,)."""
    return (torch.atan2(x[:, 1], x[:, 0]) / (2 * math.pi)) % 1
