"""Curves with Gaussian noise around them, as scikit-learn and the flow papers draw them: moons, circles, rolls, a line.

The density at a point is an integral over the curve's parameter, computed by Gauss and Legendre's rule with nodes
closer together than the noise is wide; around a circle and along a straight line it has a closed form. Each is in units
of its own, so many of which go to 1 of the square that the noise stays inside: G ends in tanh.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan_core.targets.gaussians import REACH, gaussian_sum
from gan_core.targets.strata import ALONG, Strata, on_curves, turn
from gan_core.targets.target import Target

# In units of a target's own:
_STEPS = 6  # of Newton's method; near the curve it is exact after three

Curve = Callable[[Tensor], Tensor]  # (n,) parameters from 0 to 1 -> (n, 2) points
Nearest = Callable[[Tensor], Tensor]  # (n, 2) points -> (n,) parameters of the points of a curve that are nearest


def moons(sd: float) -> Target:
    """Two half circles of radius 1, about (0, 0) and, upside down, about (1, 0.5): scikit-learn's `make_moons`."""

    def upper(t: Tensor) -> Tensor:
        return torch.stack(((math.pi * t).cos(), (math.pi * t).sin()), 1)

    def lower(t: Tensor) -> Tensor:
        return torch.tensor((1.0, 0.5), dtype=t.dtype, device=t.device) - upper(t)

    def nearest(x: Tensor) -> Tensor:
        angle = torch.atan2(x[:, 1], x[:, 0])
        return torch.where(angle < -math.pi / 2, 1.0, (angle / math.pi).clamp(0, 1))

    def nearest_of_lower(x: Tensor) -> Tensor:
        return nearest(x.new_tensor((1.0, 0.5)) - x)

    parts = _Parts("moons", (0.0, 180.0), (nearest, nearest_of_lower))
    return noisy([upper, lower], sd, middle=(0.5, 0.25), reach=1.5, length=math.pi, parts=parts)


def swiss_roll(sd: float) -> Target:
    """(t cos t, t sin t) for t from 1.5 pi to 4.5 pi; scikit-learn's `make_swiss_roll` without its height.

    WGAN-GP (Gulrajani et al. 2017) has noise of 0.25, FFJORD (Grathwohl et al. 2019) of 1.
    """

    def roll(u: Tensor) -> Tensor:
        t = 1.5 * math.pi * (1 + 2 * u)
        return torch.stack((t * t.cos(), t * t.sin()), 1)

    def nearest(x: Tensor) -> Tensor:
        return (on_roll(x, 1.5 * math.pi, 4.5 * math.pi) / (1.5 * math.pi) - 1) / 2

    parts = _Parts("swiss-roll", (0.0, 1.0), (nearest,))
    return noisy([roll], sd, middle=(0.0, 0.0), reach=4.5 * math.pi, length=90.0, parts=parts)


def two_spirals(sd: float) -> Target:
    """Points (-t cos t, t sin t) / 3 for t = 3 pi sqrt(u), and the same mirrored in the origin.

    FFJORD's (github.com/rtqichen/ffjord) with noise of 0.1, but without the uniform one of 0.5 that it adds before it
    divides by 3.
    """

    def arm(u: Tensor) -> Tensor:
        t = 3 * math.pi * u.sqrt()
        return torch.stack((-t * t.cos(), t * t.sin()), 1) / 3

    def nearest(x: Tensor) -> Tensor:
        return (on_roll(x * x.new_tensor((-3.0, 3.0)), 0, 3 * math.pi) / (3 * math.pi)).square()

    parts = _Parts("two-spirals", (0.0, 1.0), (nearest, lambda x: nearest(-x)))
    return noisy([arm, lambda u: -arm(u)], sd, middle=(0.0, 0.0), reach=math.pi, length=16.0, parts=parts)


def line(sd: float) -> Target:
    """The diagonal of the square from (-0.7, -0.7) to (0.7, 0.7), in whose units `sd` is."""
    half = 0.7 * math.sqrt(2)

    def sample(n: int, generator: torch.Generator) -> Tensor:
        t = torch.rand((n, 1), generator=generator, device=generator.device) * 1.4 - 0.7
        return (t + torch.randn((n, 2), generator=generator, device=generator.device) * sd).clamp(-1, 1)

    def density(x: Tensor) -> Tensor:
        along, across = (x[:, 0] + x[:, 1]) / math.sqrt(2), (x[:, 0] - x[:, 1]) / math.sqrt(2)
        normal = torch.special.ndtr
        inside: Tensor = (normal((along + half) / sd) - normal((along - half) / sd)) / (2 * half)
        return inside * torch.exp(across.square() / (-2 * sd * sd)) / (sd * math.sqrt(2 * math.pi))

    def place(x: Tensor) -> tuple[Tensor, Tensor]:
        along, across = (x[:, 0] + x[:, 1]) / math.sqrt(2), (x[:, 0] - x[:, 1]) / math.sqrt(2)
        nearest = along.clamp(-half, half)
        return (nearest / half + 1) / 2, torch.hypot(along - nearest, across)

    return Target(sample, density=density, strata=Strata(ALONG, on_curves([place], sd), "line", ends=(-0.7, 0.7)))


def circles(factor: float, sd: float) -> Target:
    """Two circles about the origin, of radius 1 and `factor`, equally likely. scikit-learn's `make_circles`."""
    unit = 1 + max(REACH * sd, 0.1)
    radii, s = torch.tensor((1.0, factor), dtype=torch.float64) / unit, sd / unit

    def sample(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        which = torch.randint(2, (n,), generator=generator, device=device)
        angle = torch.rand(n, generator=generator, device=device) * (2 * math.pi)
        on = radii.to(device, torch.float32)[which, None] * torch.stack((angle.cos(), angle.sin()), 1)
        return (on + torch.randn((n, 2), generator=generator, device=device) * s).clamp(-1, 1)

    def density(x: Tensor) -> Tensor:
        """Rice's distribution of the radius, per area: exp(-(r^2 + R^2) / 2 s^2) I0(r R / s^2) / (2 pi s^2)."""
        r = torch.linalg.vector_norm(x.double(), dim=1)[:, None]
        big = radii.to(x.device)
        each: Tensor = torch.exp((r - big).square() / (-2 * s * s)) * torch.special.i0e(r * big / (s * s))
        return (each.mean(1) / (2 * math.pi * s * s)).to(x.dtype)

    def around(radius: float) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        return lambda x: (turn(x), (torch.linalg.vector_norm(x, dim=1) - radius).abs())

    of = on_curves([around(radius) for radius in radii.tolist()], s)
    return Target(sample, density=density, strata=Strata(ALONG, of, "circles", groups=2, ends=(0.0, 360.0)))


@dataclass(frozen=True)
class _Parts:
    """How the parts of noisy curves are told: `words` and `ends` as Strata, and the nearest point of each curve."""

    words: str
    ends: tuple[float, float]
    nearest: tuple[Nearest, ...]


def noisy(
    curves: list[Curve], sd: float, *, middle: tuple[float, float], reach: float, length: float, parts: _Parts
) -> Target:
    """Points uniform in the parameter of one of the curves, chosen evenly, with Gaussian noise around them.

    `middle`, `reach` and `sd` are in the curves' units: what lies in the square's middle, how far a curve goes from it
    along an axis, and the noise; `length` is at least that of the longest curve. `parts` are along the curves.
    """
    unit = reach + max(REACH * sd, 0.1 * reach)
    centre = torch.tensor(middle, dtype=torch.float64)

    def sample(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        which = torch.randint(len(curves), (n,), generator=generator, device=device)
        t = torch.rand(n, generator=generator, device=device)
        points = torch.stack([curve(t) for curve in curves])[which, torch.arange(n, device=device)]
        points = points + torch.randn((n, 2), generator=generator, device=device) * sd
        return ((points - centre.to(device, torch.float32)) / unit).clamp(-1, 1)

    nodes, weights = gauss_legendre(math.ceil(2 * length / sd))
    places = (torch.cat([curve(nodes) for curve in curves]) - centre) / unit
    shares = weights.repeat(len(curves)) / len(curves)

    def place(curve: Curve, nearest: Nearest) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        def found(x: Tensor) -> tuple[Tensor, Tensor]:
            own = x * unit + centre.to(x)
            t = nearest(own)
            return t, torch.linalg.vector_norm(own - curve(t), dim=1)

        return found

    of = on_curves([place(*both) for both in zip(curves, parts.nearest, strict=True)], sd)
    strata = Strata(ALONG, of, parts.words, groups=len(curves), ends=parts.ends)
    return Target(sample, density=lambda x: gaussian_sum(x, places, shares, sd / unit), strata=strata)


def on_roll(x: Tensor, first: float, last: float) -> Tensor:
    """The t from `first` to `last` for which (t cos t, t sin t) is nearest to each of (N, 2) points: (N,).

    Half the derivative of the squared distance from a point at radius r and angle a is
    t - r cos(t - a) + r t sin(t - a). From each turn's t = a + 2 pi k, where its own derivative is at least 1, and from
    both ends Newton's method, in short steps, leads to a least distance, and the least of these is taken.
    """
    r = torch.linalg.vector_norm(x, dim=1)[:, None]
    a = torch.atan2(x[:, 1], x[:, 0])[:, None]
    low, high = math.floor((first / math.pi - 1) / 2), math.ceil((last / math.pi + 1) / 2)
    turns = torch.arange(low, high + 1).to(x)
    t = (a + 2 * math.pi * turns).clamp(first, last)
    for _ in range(_STEPS):
        cos, sin = (t - a).cos(), (t - a).sin()
        slope = (1 + 2 * r * sin + r * t * cos).clamp(min=1)  # below 1 only away from a least one
        step = ((t - r * cos + r * t * sin) / slope).clamp(-0.5, 0.5)
        t = (t - step).clamp(first, last)
    nearest = (t.square() - 2 * r * t * (t - a).cos()).argmin(dim=1, keepdim=True)
    return t.gather(1, nearest)[:, 0]


def gauss_legendre(least: int, panel: int = 16) -> tuple[Tensor, Tensor]:
    """Nodes and weights (n,) on (0, 1), float64, n >= least: Gauss and Legendre's in equal panels of so many each."""
    x, w = (torch.from_numpy(each) for each in np.polynomial.legendre.leggauss(panel))
    panels = math.ceil(least / panel)
    starts = torch.arange(panels, dtype=torch.float64)[:, None]
    return ((starts + (x + 1) / 2) / panels).flatten(), (w / (2 * panels)).repeat(panels)
