"""What a sample of fakes says about collapse. Exact where the target has an inverse: no histogram is needed.

Each metric is a pure function of samples (N, 2), float32 or float64. A value means little without two others beside it,
which depend on N: what real data score against real data (`floors`), and what one point scores (`collapsed`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.targets.target import Target

BINS = 50  # equal bins along u
LEAST_SHARE = 10 / 5000  # of the fakes that makes a bin count as reached, a tenth of its fair share: 10 of 5 000
BAND = 1.5  # |v| up to here counts as on the band; real points have |v| <= 1
EDGE = 0.99  # of tanh's range: its slope is below 0.02 from here on, so hardly any gradient comes through
DIRECTIONS = 16  # of the sliced distance
_DRAWS, _COLLAPSES = 20, 50  # samples over which floors and collapse lines are averaged
_GOLDEN = (math.sqrt(5) - 1) / 2
_SEED = 20200607  # of those draws

Slices = npt.NDArray[np.float64] | npt.NDArray[np.float32]  # (directions, N) sorted projections of a sample


@dataclass(frozen=True, eq=False, slots=True)
class Placement:
    """Where N fakes lie along a target: all that coverage and on-band share need, from one inverse."""

    along: Tensor  # (BINS,) int64: fakes with |v| <= BAND in each equal bin of u
    count: int  # N

    @property
    def coverage(self) -> float:
        """Share of the bins that hold at least LEAST_SHARE of the fakes.

        Real data are uniform in u, so a perfect generator scores 1 once N is a few thousand.
        """
        return float((self.along >= max(1, math.ceil(self.count * LEAST_SHARE))).double().mean())

    @property
    def on_band(self) -> float:
        """Share of the fakes with |v| <= BAND."""
        return int(self.along.sum()) / self.count


def place(fakes: Tensor, target: Target) -> Placement:
    """Find where along the target the (N, 2) fakes lie. Raises ValueError for a target without an inverse."""
    if target.inverse is None:
        raise ValueError("This target has no exact inverse, so coverage along it is not defined.")
    u, v = target.inverse(fakes.double()).unbind(1)
    index = ((u[v.abs() <= BAND] + 1) / 2 * BINS).long().clamp(0, BINS - 1)
    return Placement(torch.bincount(index, minlength=BINS), len(fakes))


def along(fakes: Tensor, target: Target) -> Tensor:
    """Count the (N, 2) fakes with |v| <= BAND in each equal bin of u: (BINS,). Raises ValueError as `place` does."""
    return place(fakes, target).along


def coverage(fakes: Tensor, target: Target) -> float:
    """Share of the bins that the (N, 2) fakes reach, as `Placement` has it. Raises ValueError as `place` does."""
    return place(fakes, target).coverage


def on_band(fakes: Tensor, target: Target) -> float:
    """Share of the (N, 2) fakes with |v| <= BAND. Raises ValueError as `place` does."""
    return place(fakes, target).on_band


def quality(fakes: Tensor, target: Target) -> dict[str, float | None]:
    """Coverage and on-band share of a sample (N, 2); None for a target without an inverse."""
    if target.inverse is None:
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
    if placed is None and target.inverse is not None:
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
    random = torch.Generator().manual_seed(_SEED)
    draws = [(target.sample(n, random), target.sample(n, random)) for _ in range(_DRAWS)]
    return _averaged([measure(fakes, reals, target) for fakes, reals in draws])


@lru_cache(maxsize=16)
def collapsed(target: Target, n: int) -> dict[str, float]:
    """What `measure` gives when all n fakes are one real point, averaged over such points, evenly spread."""
    i = torch.arange(_COLLAPSES)
    uv = torch.stack(((i + 0.5) / _COLLAPSES, i * _GOLDEN % 1), dim=1) * 2 - 1
    reals = slices(target.sample(n, torch.Generator().manual_seed(_SEED)))
    # One fake says the same as n in its place.
    return _averaged([measure(point, reals, target) for point in target.even(uv)[:, None]])


def _averaged(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
