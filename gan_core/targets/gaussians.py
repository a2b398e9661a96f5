"""Mixtures of equally wide Gaussians: the rings and grids on which cures of mode collapse are compared, and one alone.

Their own units are those of the papers; how many go to 1 of the square is chosen so that seven standard deviations of
the outermost modes lie inside it, since G ends in tanh. Shapes do not depend on it: a ring of radius 2 with 0.02 is the
ring of radius 1 with 0.01.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gan_core.targets import strata
from gan_core.targets.target import Modes, Target

REACH = 7.0  # standard deviations beyond the outermost centres that the square holds
_BLOCK = 1 << 20  # distances that are worked on at once


def ring(modes: int, sd: float) -> Target:
    """Gaussians at equal angles, the first at (1, 0) of its own units; `sd` in radii.

    VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018) have 8 with 0.01; as does, twice as large, the paper of
    unrolled GANs (Metz et al. 2017).
    """
    angles = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    return mixture(torch.stack((angles.cos(), angles.sin()), dim=1), sd, words="ring")


def closed_ring(places: int, sd: float) -> Target:
    """The ring of a much copied notebook (github.com/poolio/unrolled_gan), whose angles include 0 and a whole turn.

    So with 8 places there are 7 modes, and the one at (0, 1) has twice the weight of each other.
    """
    distinct = places - 1
    angles = torch.arange(distinct, dtype=torch.float64) * (2 * math.pi / distinct)
    at = torch.stack((angles.sin(), angles.cos()), dim=1)
    return mixture(at, sd, torch.arange(places) % distinct, words="closed-ring")


def grid(side: int, sd: float) -> Target:
    """`side` x `side` Gaussians, 2 apart. VEEGAN and PacGAN have 5 x 5 with 0.05."""
    along = torch.arange(side, dtype=torch.float64) * 2 - (side - 1)
    return mixture(torch.cartesian_prod(along, along), sd, words="grid")


def gaussian(sd: float) -> Target:
    """One Gaussian in the middle of the square, in whose units `sd` is."""
    return _in_square(torch.zeros((1, 2), dtype=torch.float64), sd)


def dirac() -> Target:
    """All data in one point, the middle of the square: the Dirac-GAN's (Mescheder, Geiger and Nowozin 2018)."""

    def sample(n: int, generator: torch.Generator) -> Tensor:
        return torch.zeros((n, 2), device=generator.device)

    return Target(sample)


def mixture(centres: Tensor, sd: float, drawn: Tensor | None = None, *, words: str = "mode") -> Target:
    """Gaussians of one `sd` at (K, 2) centres, in units of their own, made to fit the square.

    `drawn` are the indices from which one is drawn; each once if it is not given. `words` says in which order they are
    (`Strata.words`).
    """
    farthest = float(centres.abs().max())
    unit = farthest + max(REACH * sd, 0.25 * farthest)
    return _in_square(centres / unit, sd / unit, drawn, words)


def _in_square(centres: Tensor, sd: float, drawn: Tensor | None = None, words: str = "mode") -> Target:
    which = torch.arange(len(centres)) if drawn is None else drawn
    modes = Modes(centres, torch.bincount(which, minlength=len(centres)).double() / len(which), sd)

    def sample(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        at = centres[which].to(device, torch.float32)
        place = torch.randint(len(at), (n,), generator=generator, device=device)
        return (at[place] + torch.randn((n, 2), generator=generator, device=device) * sd).clamp(-1, 1)

    one = len(centres) == 1
    parts = strata.around(centres[0], sd) if one else strata.modes(centres, modes.weights, sd, words)
    return Target(sample, density=lambda x: gaussian_sum(x, centres, modes.weights, sd), modes=modes, strata=parts)


def gaussian_sum(x: Tensor, centres: Tensor, weights: Tensor, sd: float) -> Tensor:
    """Density at (N, 2) points of Gaussians of one `sd` at (K, 2) centres with (K,) weights that add up to 1: (N,)."""
    c, w = centres.to(x.device, torch.float64), weights.to(x.device, torch.float64)
    found = [
        torch.exp(torch.cdist(block, c, compute_mode="donot_use_mm_for_euclid_dist").square_() / (-2 * sd * sd)) @ w
        for block in torch.split(x.double(), max(1, _BLOCK // len(c)))
    ]
    return (torch.cat(found) / (2 * math.pi * sd * sd)).to(x.dtype)
