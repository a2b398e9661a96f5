"""What a sample says about the modes of a mixture: how many are found, how well, how evenly.

As VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018) count: a sample is of high quality when it lies within
three standard deviations of its nearest mode, and a mode is found when it has one sample of high quality. So how many
are found grows with the sample, and of a perfect generator 1 - exp(-9/2) = 0.98889 are of high quality, not all.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gan_core.targets.target import Modes

WITHIN = 3.0  # standard deviations
NEARLY_ALL = 0.9  # of the fakes


def mode_quality(fakes: Tensor, modes: Modes) -> dict[str, float]:
    """The four numbers of (N, 2) fakes. The divergence is that of the shares of the modes from the data's, in nats.

    `reverse_kl` gives every sample to its nearest mode, as PacGAN's text has it, and `reverse_kl_high_quality` those of
    high quality alone, as its code does; NaN where there is none.
    """
    distance = torch.cdist(fakes.double(), modes.centres)
    least, nearest = distance.min(dim=1)
    good = nearest[least < WITHIN * modes.sd]
    found, counted = (torch.bincount(of, minlength=len(modes.centres)) for of in (good, nearest))
    return {
        "modes": float((found > 0).sum()),
        "high_quality": len(good) / len(fakes),
        "reverse_kl": _divergence(counted, modes.weights),
        "reverse_kl_high_quality": _divergence(found, modes.weights),
    }


def mode_floors(modes: Modes, n: int) -> dict[str, float]:
    """What n samples of the data itself come to on average: all modes, and a divergence of about (K - 1) / 2n."""
    chance = (len(modes.centres) - 1) / (2 * n)
    share = 1 - math.exp(-(WITHIN**2) / 2)
    return {
        "modes": float(len(modes.centres)),
        "high_quality": share,
        "reverse_kl": chance,
        "reverse_kl_high_quality": chance / share,
    }


def nearly_one(modes: Modes) -> float:
    """Spread of fakes of which NEARLY_ALL have one mode and the others the nearest mode: infinite for one alone.

    Their root mean square distance from their centre: sqrt(2 sd^2 + p (1 - p) d^2), d being how far the two are apart.
    """
    if len(modes.centres) < 2:
        return math.inf
    apart = float(torch.pdist(modes.centres).min())
    return math.sqrt(2 * modes.sd**2 + NEARLY_ALL * (1 - NEARLY_ALL) * apart**2)


def _divergence(counts: Tensor, weights: Tensor) -> float:
    """Of the shares of counts (K,) from (K,) weights: the sum of p ln(p / q)."""
    total = int(counts.sum())
    if not total:
        return math.nan
    p = counts.double() / total
    return float(torch.special.xlogy(p, p / weights).sum())
