"""Whether fakes are copies of the points that were trained on, by those that were held out.

New data lie as far from the trained points as held-out ones do; copies lie nearer. That is the data-copying test of
Meehan, Chaudhuri and Dasgupta 2020 ("A Three Sample Hypothesis Test for Evaluating Generative Models"), here over the
whole plane as one cell: the Mann-Whitney statistic of distances to the nearest trained point.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.targets.target import Target

_SURE = 1.96  # standard errors within which 19 of 20 are
OF_EACH = 500  # trained and held-out points that D is asked about, at most
_SEED = 20200607  # of which these are

Distances = npt.NDArray[np.float64]  # (N,), data units


def memory_of(target: Target) -> Memory | None:
    """That of a target of which points are held out; None where fresh points are drawn, and nothing can be copied."""
    if target.trained is None or target.held_out is None:
        return None
    return Memory(target.trained, target.held_out)


class Memory:
    """The points that were trained on (N, 2), and those that were held out (M, 2), one at least of each."""

    def __init__(self, trained: Tensor, held_out: Tensor) -> None:
        self._trained, self._held_out = trained, held_out

    def measure(self, fakes: Tensor) -> dict[str, float]:
        """P(a fake lies nearer to a trained point than a held-out point does) + P(both are as near) / 2.

        Of all pairs of (N, 2) fakes and held-out points. 0.5 on average for new data, 1 for copies, less than 0.5 for
        fakes that lie farther away. And up to where it comes by chance for new data, 39 times of 40: 0.5 plus so many
        standard errors of Mann and Whitney's, sqrt((n + m + 1) / 12 n m).
        """
        n, m, apart = len(fakes), len(self._held_out), self._nearest(fakes)
        farther, no_nearer = (m - np.searchsorted(self._of_held_out, apart, side) for side in ("right", "left"))
        return {
            "memorised": float((farther + no_nearer).mean() / (2 * m)),
            "memorised_by_chance": min(1.0, 0.5 + _SURE * math.sqrt((n + m + 1) / (12 * n * m))),
        }

    def gap(self, discriminator: Callable[[Tensor], Tensor], level: float) -> float:
        """Share of trained points that D, (N, 2) -> (N, 1), takes for real, less that of as many held-out ones.

        It takes those for real that it gives more than `level`. OF_EACH of either at most, drawn once.
        """
        trained, held_out = self._sides
        with torch.inference_mode():
            real = (discriminator(torch.cat((trained, held_out))).view(2, -1) > level).double().mean(1).tolist()
        return float(real[0] - real[1])

    @cached_property
    def _sides(self) -> tuple[Tensor, Tensor]:
        random = torch.Generator().manual_seed(_SEED)
        n = min(OF_EACH, len(self._trained), len(self._held_out))
        first, second = (x[torch.randperm(len(x), generator=random)[:n]] for x in (self._trained, self._held_out))
        return first, second

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree  # takes a third of a second to load: not at the start

        return cKDTree(self._trained.double().cpu().numpy())

    @cached_property
    def _of_held_out(self) -> Distances:
        return np.sort(self._nearest(self._held_out))

    def _nearest(self, x: Tensor) -> Distances:
        """How far each point (N, 2) is from the nearest trained one."""
        return np.asarray(self._tree.query(x.detach().double().cpu().numpy())[0], np.float64)
