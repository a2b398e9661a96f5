"""What a sample of fakes says about collapse: exactly where the target says of each point in which part it is.

Each metric is a pure function of samples (N, 2), float32 or float64. A value means little without two others beside it,
which depend on N: what real data score against real data (`floors`), and what one point scores (`collapsed`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.targets.target import Target

LEAST = 10  # of its fair share of the fakes a part must hold one in so many to be reached: 10 of 5 000 of 50 equal ones
EDGE = 0.99  # of tanh's range: its slope is below 0.02 from here on, so hardly any gradient comes through
DIRECTIONS = 16  # of the sliced distance
_DRAWS, _COLLAPSES = 20, 50  # samples over which floors and collapse lines are averaged
_GOLDEN = (math.sqrt(5) - 1) / 2
_SEED = 20200607  # of those draws

Slices = npt.NDArray[np.float64] | npt.NDArray[np.float32]  # (directions, N) sorted projections of a sample


@dataclass(frozen=True, eq=False, slots=True)
class Placement:
    """In which parts of the data N fakes lie: all that coverage and the share on the data need."""

    along: Tensor  # (strata.count,) int64: fakes in each part
    count: int  # N
    fair: Tensor  # (strata.count,) float64: the share of the data in each part

    @property
    def coverage(self) -> float:
        """Share of the parts that hold at least one in LEAST of their fair share of the fakes, and one at least.

        A perfect generator scores 1 once N is a hundred times the number of equal parts.
        """
        least = (self.count * (self.fair / LEAST)).ceil().clamp(min=1)
        return float((self.along >= least).double().mean())

    @property
    def on_band(self) -> float:
        """Share of the fakes that are not off the data."""
        return int(self.along.sum()) / self.count


def place(fakes: Tensor, target: Target) -> Placement:
    """Find in which parts of the data the (N, 2) fakes lie. Raises ValueError for a target that has none."""
    strata = target.strata
    if strata is None:
        raise ValueError("This target does not say what the parts of its data are, so coverage of it is not defined.")
    index = strata.of(fakes.double()).cpu()
    return Placement(torch.bincount(index[index >= 0], minlength=strata.count), len(fakes), strata.fair())


def along(fakes: Tensor, target: Target) -> Tensor:
    """Count the (N, 2) fakes in each part of the data: (strata.count,). Raises ValueError as `place` does."""
    return place(fakes, target).along


def coverage(fakes: Tensor, target: Target) -> float:
    """Share of the parts that the (N, 2) fakes reach, as `Placement` has it. Raises ValueError as `place` does."""
    return place(fakes, target).coverage


def on_band(fakes: Tensor, target: Target) -> float:
    """Share of the (N, 2) fakes that are not off the data. Raises ValueError as `place` does."""
    return place(fakes, target).on_band


def quality(fakes: Tensor, target: Target) -> dict[str, float | None]:
    """Coverage and the share on the data of a sample (N, 2); None for a target without parts."""
    if target.strata is None:
        return {"coverage": None, "on_band": None}
    placed = place(fakes, target)
    return {"coverage": placed.coverage, "on_band": placed.on_band}


def spread(fakes: Tensor) -> float:
    """Root mean square distance of (N, 2) points from their centre: 0 when all are one point."""
    return float((fakes - fakes.mean(0)).square().sum(1).mean().sqrt())


def saturated(fakes: Tensor) -> float:
    """Share of the (N, 2) points with a coordinate beyond EDGE in absolute value: where tanh has gone flat."""
    return float((fakes.abs().amax(1) > EDGE).double().mean())


def sliced_wasserstein(x: Tensor, y: Tensor, directions: int = DIRECTIONS) -> float:
    """Sliced Wasserstein-1 distance between samples (N, 2) and (M, 2), in data units.

    The mean, over directions, of the Wasserstein-1 distance between the projections on a line (Rabin et al. 2012;
    Bonneel et al. 2015). The directions are evenly spaced over half a turn instead of random: nothing is drawn, and in
    the plane the mean is then exact to a few thousandths. A shift by t gives 2/pi |t|.
    """
    return slice_distance(slices(x, directions), slices(y, directions))


def slices(x: Tensor, directions: int = DIRECTIONS) -> Slices:
    """Project (N, 2) points on each direction, sorted: (directions, N). Worth keeping for a sample that stays."""
    angles = (torch.arange(directions, dtype=x.dtype, device=x.device) + 0.5) * (math.pi / directions)
    projected: Slices = (torch.stack((angles.cos(), angles.sin()), dim=1) @ x.t()).cpu().numpy()
    projected.sort(axis=1)  # NumPy's takes a fifth of the time of torch's
    return projected


def slice_distance(a: Slices, b: Slices) -> float:
    """Return the mean over directions of the Wasserstein-1 distance between sorted projections (D, N) and (D, M).

    On a line it is the area between the quantile functions, which are steps: N equal ones and M equal ones.
    """
    n, m = a.shape[1], b.shape[1]
    if n == m:
        return float(np.abs(a - b).mean(dtype=np.float64))
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)  # where one of them steps, times n m
    last = ends - 1
    gap = np.abs(a[:, last // m] - b[:, last // n]).mean(0, dtype=np.float64)
    return float((gap * np.diff(ends, prepend=0)).sum() / (n * m))


def measure(fakes: Tensor, reals: Tensor | Slices, target: Target, placed: Placement | None = None) -> dict[str, float]:
    """All metrics of the (N, 2) fakes; NaN where a metric is not defined for the target.

    `reals` are the (M, 2) real points to compare with, or their `slices`; `placed` is what `place` gave, if it was
    asked already.
    """
    kept = slices(reals) if isinstance(reals, Tensor) else reals
    if placed is None and target.strata is not None:
        placed = place(fakes, target)
    return {
        "coverage": placed.coverage if placed else math.nan,
        "on_band": placed.on_band if placed else math.nan,
        "distance": slice_distance(slices(fakes), kept),
        "spread": spread(fakes),
        "saturated": saturated(fakes),
    }


@lru_cache(maxsize=16)
def floors(target: Target, n: int) -> dict[str, float]:
    """What `measure` gives for n real points against n others, averaged over draws: the best that can be hoped for."""
    return averaged([measure(fakes, reals, target) for fakes, reals in pairs(target, n)])


@lru_cache(maxsize=16)
def collapsed(target: Target, n: int) -> dict[str, float]:
    """What `measure` gives when all n fakes are one real point, averaged over such points, evenly spread."""
    reals = slices(next(pairs(target, n))[0])
    # One fake says the same as n in its place.
    return averaged([measure(place, reals, target) for place in places(target)])


def pairs(target: Target, n: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Pairs of samples of the data, (n, 2) each: those over which floors are averaged."""
    random = torch.Generator().manual_seed(_SEED)
    for _ in range(_DRAWS):
        yield target.sample(n, random), target.sample(n, random)


def places(target: Target) -> Tensor:
    """Points of the data, evenly spread over them, over which collapse lines are averaged: (points, 1, 2)."""
    i = torch.arange(_COLLAPSES)
    uv = torch.stack(((i + 0.5) / _COLLAPSES, i * _GOLDEN % 1), dim=1) * 2 - 1
    return target.even(uv)[:, None]


def averaged(rows: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each number."""
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
