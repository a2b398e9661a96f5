"""The chase: how well the fakes' centre follows the bluest spot of D's map."""

from __future__ import annotations

import math

from torch import Tensor

LEAST = 5  # looks; fewer say nothing


def follow(centres: Tensor, bluest: Tensor) -> float:
    """Correlation, -1 to 1, of the centre's moves with the way to the bluest spot, both (T, 2) in order of time.

    sum (b_t - c_t) . (c_{t+1} - c_t) / sqrt(sum |b_t - c_t|^2 sum |c_{t+1} - c_t|^2): 1 when every move goes straight
    there, by the same share of the way; -1 straight away from it; about 0 when the two have nothing to do with each
    other. NaN for fewer than LEAST looks, and when nothing moves.
    """
    way, moves = (bluest - centres)[:-1].double(), centres.diff(dim=0).double()
    scale = math.sqrt(float(way.square().sum() * moves.square().sum()))
    if len(centres) < LEAST or scale == 0:
        return math.nan
    return float((way * moves).sum()) / scale


def follow_by_chance(looks: int) -> float:
    """Two standard deviations of `follow` over so many looks, if each move has a direction of its own; NaN for few.

    It is then one coordinate of a random unit vector in the 2 (T - 1) dimensions of all moves together, whose variance
    is one over their number.
    """
    return 2 / math.sqrt(2 * (looks - 1)) if looks >= LEAST else math.nan
