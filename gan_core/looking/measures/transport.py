"""The exact Wasserstein-2 distance: how far one sample would have to move to become another, by the best of all ways.

For two samples of n points each, W2^2 is the least mean squared distance over all ways to pair them off: the optimal
transport between equally many equal weights is such a pairing (Villani 2003, Topics in Optimal Transportation,
introduction). It takes an assignment solver, whose work goes with n^3 at worst: so it is for looks that have time.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.looking.measures.quality import pairs, places
from gan_core.targets.target import Target

# Points of each sample: the solver takes 0.02 to 0.2 s for them, and at 1 000 up to 1.5 s, on one busy core.
OF_A_LOOK = 500
_DRAWS = 10  # pairs of samples over which what real data read is averaged
_KEPT = 16  # targets of which that is remembered
_of_data: dict[tuple[Target, int], float] = {}  # one run after another has the same target

Points = npt.NDArray[np.float64]  # (N, 2)


def wasserstein_2(x: Tensor, y: Tensor) -> float:
    """W2 of two samples (N, 2), in data units. Raises ValueError for samples of unlike sizes, or of nothing."""
    if len(x) != len(y) or not len(x):
        raise ValueError(f"W2 is of two samples of one size; these have {len(x)} and {len(y)} points.")
    a, b = (points.detach().double().cpu().numpy() for points in (x, y))
    return float(np.sqrt(((a - b[_partners(a, b)]) ** 2).sum(1).mean()))


def of_real_data(target: Target, n: int) -> Generator[None, None, float]:
    """W2 of n real points and n others, averaged over draws, the first time in parts: yields after each."""
    if (target, n) not in _of_data:
        found = []
        for x, y in islice(pairs(target, n), _DRAWS):
            found.append(wasserstein_2(x, y))
            yield None
        while len(_of_data) >= _KEPT:
            _of_data.pop(next(iter(_of_data)))
        _of_data[target, n] = sum(found) / len(found)
    return _of_data[target, n]


def collapsed(target: Target, n: int) -> float:
    """W2 of n fakes in one place of the data and n real points, averaged over places: every pairing is as good."""
    reals = next(pairs(target, n))[0]
    return float(torch.stack([(reals - place).square().sum(1).mean().sqrt() for place in places(target)]).mean())


def _partners(x: Points, y: Points) -> npt.NDArray[np.int64]:
    """Which of (N, 2) y each x goes to.

    The pairing of the least squares is that of the greatest sum of products x . y, which stays the same where a sample
    is moved, or scaled by one factor. So both are brought to one middle and one spread first: the solver needs a fifth
    of the time for a blob.
    """
    from scipy.optimize import linear_sum_assignment  # takes a third of a second to load: not at the start

    a, b = _standard(x), _standard(y)
    squares = (a[:, :1] - b[:, 0]) ** 2 + (a[:, 1:] - b[:, 1]) ** 2
    return np.asarray(linear_sum_assignment(squares)[1], np.int64)


def _standard(x: Points) -> Points:
    centred = x - x.mean(0)
    spread = np.sqrt((centred**2).sum(1).mean())
    return np.asarray(centred / spread if spread > 0 else centred)
