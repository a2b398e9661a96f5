"""A visitor's own points as a target: drawn one by one, with replacement; a tenth of them never.

There is no density of a set of points, and no map that they are the image of. Its parts are found in the points.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.datasets.folder import load
from gan_core.targets.strata import ALONG, Strata
from gan_core.targets.target import Target

CELLS = 256  # a side of the grid on which it is told in which part a place is
_LEARNT_FROM = 20_000  # points in which parts are looked for
_NEAR = 2_000  # of them, those to which a place must be near to be on the data
_ON = 0.99  # share of the other points that are: about as many as are within three standard deviations of a Gaussian
_LEAST = 2 / CELLS  # that is always near, whatever the points: a cell
_EACH = 10  # points that a part has at least, on average
_ROUNDS = 30  # of k-means, at most
_SEED = 20200607

Places = npt.NDArray[np.float64]  # (N, 2)


def own(fingerprint: str) -> Target:
    """The target of a data set that is kept here. Raises ValueError with a sentence where it is not."""
    found = load(fingerprint)
    trained = torch.from_numpy(found.points[~found.held_out])
    held_out = torch.from_numpy(found.points[found.held_out])
    on_device = {trained.device: trained}

    def sample(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        if device not in on_device:
            on_device[device] = trained.to(device)
        which = torch.randint(len(trained), (n,), generator=generator, device=device)
        return on_device[device][which]

    strata = cells(trained.double().numpy())
    return Target(sample, strata=strata, trained=trained, held_out=held_out if len(held_out) else None)


def cells(points: Places) -> Strata | None:
    """Parts of (N, 2) points: those around the centres of k-means, numbered from left to right; a single one is none.

    Off is what lies farther from every one of _NEAR of the points than nearly all others do. Both are told of a grid of
    CELLS x CELLS, and so to a cell's size; the shares are those of the points themselves on that grid.
    """
    random = np.random.default_rng(_SEED)
    some = points[random.permutation(len(points))[:_LEARNT_FROM]]
    near, others = some[:_NEAR], some[_NEAR:]
    to_near = _distances(near)
    if len(others) >= _NEAR:
        row, column = _cells_of(others)
        reach = float(np.quantile(to_near[row, column], _ON))
    else:
        reach = float(np.quantile(_to_the_next(near), _ON))
    centres = _k_means(some, min(ALONG, max(2, len(points) // _EACH)), random)
    parts = np.where(to_near <= max(reach, _LEAST), _nearest(_grid(), centres).reshape(CELLS, CELLS), -1)
    counts = _counted(parts, points, len(centres))
    numbers = np.full(len(centres) + 1, -1)  # by part so far; the last one: off, for -1
    numbers[np.flatnonzero(counts)] = np.arange(np.count_nonzero(counts))  # a part without a point is none
    table, held = torch.from_numpy(numbers[parts]), counts[counts > 0]
    if len(held) < 2:
        return None

    def of(x: Tensor) -> Tensor:
        at = ((x + 1) * (CELLS / 2)).floor()
        inside = ((at >= 0) & (at < CELLS)).all(1)
        column, row = torch.where(inside[:, None], at, 0).long().unbind(1)
        return torch.where(inside, table.to(x.device)[row, column], -1)

    return Strata(len(held), of, "cell", torch.from_numpy(held / held.sum()))


def _k_means(points: Places, k: int, random: np.random.Generator) -> Places:
    """At most k centres (K, 2), from left to right: Lloyd's rounds from k-means++ (Arthur, Vassilvitskii 2007)."""
    centres = points[:1]
    away = _squared(points, centres)[:, 0]
    while len(centres) < k and away.max() > 0:  # there may be fewer different points
        at = np.searchsorted(away.cumsum(), random.random() * away.sum(), side="right")
        centres = np.concatenate((centres, points[[min(int(at), len(points) - 1)]]))
        away = np.minimum(away, _squared(points, centres[-1:])[:, 0])
    for _ in range(_ROUNDS):
        which = _nearest(points, centres)
        counts = np.bincount(which, minlength=len(centres)).clip(1)
        moved = np.stack([np.bincount(which, axis, len(centres)) / counts for axis in points.T], axis=1)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres[np.lexsort(centres.T[::-1])]


def _nearest(points: Places, centres: Places) -> npt.NDArray[np.int64]:
    return np.concatenate(
        [_squared(part, centres).argmin(1) for part in np.array_split(points, len(points) // 4096 + 1)]
    )


def _squared(points: Places, centres: Places) -> npt.NDArray[np.float64]:
    """Squared distances (N, K)."""
    return np.asarray((points[:, :1] - centres[:, 0]) ** 2 + (points[:, 1:] - centres[:, 1]) ** 2)


def _to_the_next(points: Places) -> npt.NDArray[np.float64]:
    """How far each of (N, 2) points is from the nearest other one: (N,)."""
    found = _squared(points, points)
    np.fill_diagonal(found, np.inf)
    return np.asarray(np.sqrt(found.min(1)))


def _axis() -> npt.NDArray[np.float64]:
    return np.asarray((np.arange(CELLS) + 0.5) * (2 / CELLS) - 1, np.float64)


def _grid() -> Places:
    """The centres of all cells, row by row from the lowest."""
    y, x = np.meshgrid(_axis(), _axis(), indexing="ij")
    return np.stack((x.ravel(), y.ravel()), axis=1)


def _distances(near: Places) -> npt.NDArray[np.float64]:
    """How far the centre of each cell is from the nearest of (N, 2) points: (rows, columns)."""
    across = (_axis()[:, None] - near[:, 0]) ** 2
    return np.asarray(np.sqrt(np.stack([(across + (y - near[:, 1]) ** 2).min(1) for y in _axis()])))


def _cells_of(points: Places) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    column, row = ((points + 1) * (CELLS / 2)).astype(np.int64).T
    return row, column


def _counted(parts: npt.NDArray[np.int64], points: Places, count: int) -> npt.NDArray[np.int64]:
    found = parts[_cells_of(points)]
    return np.bincount(found[found >= 0], minlength=count)
