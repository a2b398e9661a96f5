"""What a sample says about any target, by who is near whom: nothing has to be known of the data but a sample of them.

Around each point lies a ball up to its K-th neighbour in its own sample. How many fakes lie in a ball of the reals, how
many reals in one of the fakes, how many balls hold any: these are Kynkäänniemi et al. 2019 (precision, recall) and
Naeem et al. 2020 (density, coverage). A point on the edge of a ball is in it: the balls of points that all are in one
place hold each other. Samples are (N, 2) and (M, 2), in data units, both of more than K points.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from torch import Tensor

from gan_core.looking.measures.quality import averaged, pairs, places
from gan_core.targets.target import Target

K = 5
OF_A_LOOK, AT_THE_END = 500, 1000  # points of each sample: work goes with their square
NAMES = ("precision", "recall", "density", "neighbour_coverage", "energy")
_ROWS = 128  # of a table of distances at a time: they stay in the processor's cache

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Neighbourhoods:
    """A sample and its balls; worth keeping for one that stays."""

    points: Floats  # (2, M)
    balls: Floats  # (M,) squared distance to the K-th neighbour in the sample
    apart: float  # mean distance of two of its points


def neighbourhoods(x: Tensor) -> Neighbourhoods:
    """Find the balls of a sample (M, 2). Raises ValueError where there are too few points for any."""
    if len(x) <= K:
        raise ValueError(f"Of {len(x)} points none has a neighbour number {K}; it takes {K + 1}.")
    points = _rows(x)
    balls, total = [], 0.0
    for _, squares in _tables(points, points):
        total += _sum_of_roots(squares)
        balls.append(_to_kth(squares))
    return Neighbourhoods(points, np.concatenate(balls), total / (len(x) * (len(x) - 1)))


def measure(fakes: Tensor, reals: Tensor | Neighbourhoods) -> dict[str, float]:
    """All NAMES of the (N, 2) fakes against (M, 2) reals; NaN where there are too few fakes for any.

    The energy distance, 2 E|X - Y| - E|X - X'| - E|Y - Y'| (Székely and Rizzo 2013), is over pairs of different points,
    which makes it unbiased: 0 on average for two samples of one law, and as often below.
    """
    if len(fakes) <= K:
        return dict.fromkeys(NAMES, math.nan)
    real = neighbourhoods(reals) if isinstance(reals, Tensor) else reals
    fake = neighbourhoods(fakes)
    precise = inside = 0
    total = 0.0
    reached, recalled = np.zeros(
        (2, real.points.shape[1]), bool
    )  # reals whose balls hold a fake; which fakes' balls hold
    for rows, squares in _tables(fake.points, real.points):
        in_reals = squares <= real.balls
        precise += int(in_reals.any(1).sum())
        inside += int(np.count_nonzero(in_reals))
        reached |= in_reals.any(0)
        recalled |= (squares <= fake.balls[rows, None]).any(0)
        total += _sum_of_roots(squares)
    return {
        "precision": precise / len(fakes),
        "recall": float(recalled.mean()),
        "density": inside / (K * len(fakes)),
        "neighbour_coverage": float(reached.mean()),
        "energy": 2 * total / (len(fakes) * len(reached)) - fake.apart - real.apart,
    }


def nearest_neighbour_accuracy(x: Tensor, y: Tensor) -> float:
    """How often the sample of a point is told by its nearest neighbour among all others (Lopez-Paz and Oquab 2017).

    About 0.5 for two samples of one law, 1 for samples that lie apart, and 0 where each point has its twin in the
    other. Whose neighbours in both are equally near is told by the toss of a coin: a half.
    """
    a, b = _rows(x), _rows(y)
    between = np.concatenate([squares for _, squares in _tables(a, b)])
    right = sum(
        float((own < other).sum() + (own == other).sum() / 2)
        for own, other in ((_nearest_other(a), between.min(1)), (_nearest_other(b), between.min(0)))
    )
    return right / (len(x) + len(y))


def equal_accuracy(n: int) -> float:
    """What that accuracy is on average for n points and n others of one law: n - 1 of the 2n - 1 others are its own."""
    return (n - 1) / (2 * n - 1)


@lru_cache(maxsize=16)
def floors(target: Target, n: int) -> dict[str, float]:
    """What `measure` gives for n real points against n others, averaged over draws."""
    return averaged([measure(fakes, reals) for fakes, reals in pairs(target, n)])


@lru_cache(maxsize=16)
def collapsed(target: Target, n: int) -> dict[str, float]:
    """What `measure` gives when all n fakes are one real point, averaged over such points, evenly spread."""
    reals = neighbourhoods(next(pairs(target, n))[0])
    # As few as have balls say the same as n in their place.
    return averaged([measure(place.expand(K + 1, 2), reals) for place in places(target)])


def _rows(x: Tensor) -> Floats:
    """Points (N, 2) as (2, N): one row a coordinate."""
    return np.ascontiguousarray(x.detach().float().cpu().numpy().T)


def _tables(x: Floats, y: Floats) -> Iterator[tuple[slice, Floats]]:
    """Squared distances of (2, N) points from (2, M) others, some rows at a time: (rows, M), and which rows.

    By differences: a distance that is nothing comes out as nothing, where by products of matrices it would not.
    """
    for start in range(0, x.shape[1], _ROWS):
        rows = slice(start, start + _ROWS)
        squares, more = (x[i, rows, None] - y[i] for i in (0, 1))
        squares *= squares
        more *= more
        squares += more
        yield rows, squares


def _to_kth(squares: Floats) -> Floats:
    """The (K + 1)-th least of each row: a point is its own nearest."""
    return np.partition(squares, K, axis=1)[:, K]


def _sum_of_roots(squares: Floats) -> float:
    return float(np.sqrt(squares).sum())  # NumPy adds in pairs: single precision will do for some rows


def _nearest_other(points: Floats) -> Floats:
    return np.concatenate([np.partition(squares, 1, axis=1)[:, 1] for _, squares in _tables(points, points)])
