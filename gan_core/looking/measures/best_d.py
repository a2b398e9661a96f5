"""The best D there could be, and how far D is from it, on the cells of a map.

p is the density of real data and q that of the other class, both (R, R) averages over cells (`pushforward`). Everything
here takes the cells as they are, so D's loss is never below the best: a D that is constant on each cell could not do
better. On fine cells the best loss tends, from above, to the closed form ln 2 - JS(p, q).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus


def best_d(p: Tensor, q: Tensor) -> Tensor:
    """D* = p / (p + q) (Goodfellow et al. 2014, proposition 1): (R, R), NaN where neither has mass."""
    return p / (p + q)  # 0 / 0 is NaN


def split(p: Tensor, q: Tensor, logits: Tensor) -> tuple[float, float]:
    """D's cross-entropy, half real and half fake, in nats, and the least that any D could have: ln 2 - JS(p, q).

    The difference is what D has still to learn; the second number, below ln 2, is what G gives away. `logits` (R, R)
    are D's at the cells' centres.
    """
    p, q, logits = p.double(), q.double(), logits.double()
    loss = p * softplus(-logits) + q * softplus(logits)
    both = p + q
    best = torch.special.entr(p) + torch.special.entr(q) - torch.special.entr(both)  # p ln((p+q)/p) + q ln((p+q)/q)
    return _half_integral(loss), max(0.0, _half_integral(best))


def best_squared_error(p: Tensor, q: Tensor) -> float:
    """Least mean squared error of any D's probability, half real and half fake: half the integral of pq / (p + q)."""
    p, q = p.double(), q.double()
    return _half_integral(torch.nan_to_num(p * q / (p + q)))


def least_cross_entropy(p: Tensor, q: Tensor) -> float:
    """Least cross-entropy of any D, half real and half fake, in nats: ln 2 - JS(p, q)."""
    return math.log(2) - jensen_shannon(p, q)


def map_error(p: Tensor, q: Tensor, logits: Tensor, *, uniform: bool = False) -> float:
    """Mean |D - D*| over where the data are, (p + q) / 2; or, with `uniform`, over all cells where D* is defined."""
    p, q = p.double(), q.double()
    weight = ((p + q) > 0).double() if uniform else p + q
    error = torch.nan_to_num(torch.sigmoid(logits.double()) - best_d(p, q)).abs()
    return float((error * weight).sum() / weight.sum())


def jensen_shannon(p: Tensor, q: Tensor) -> float:
    """Jensen-Shannon divergence of two densities (R, R) in nats: 0 when they are the same, ln 2 when disjoint."""
    return math.log(2) - split(p, q, torch.zeros_like(p))[1]


def _half_integral(values: Tensor) -> float:
    """Half the integral over the square of what is given on its cells (R, R)."""
    return float(values.sum()) * 2 / values.shape[0] ** 2


# The least loss that any D has, by the name of the objective; one that is not here has none that is known.
LEAST: dict[str, Callable[[Tensor, Tensor], float]] = {
    "non-saturating": least_cross_entropy,
    "squared-error": best_squared_error,
    "minimax": least_cross_entropy,
}
