"""What readings come to for real data in the place of the fakes, and where all is lost: lines to compare with.

By name of the reading (`gan_core.records.readings`); one that has no such line, or no number here, is left out.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from gan_core.looking.looks import cell_centres
from gan_core.looking.measures import neighbours, transport
from gan_core.looking.measures import quality as metrics
from gan_core.looking.measures.best_d import map_error, split
from gan_core.looking.measures.density import box_density, generator_density, target_density
from gan_core.targets.target import OPPONENTS, Target

_DRAWS, _PAIRS = 20, 200_000  # samples over which the scatter is averaged; pairs of points
_SEED = 20200607


@lru_cache(maxsize=16)
def floors(target: Target, task: str, n: int, resolution: int) -> dict[str, float]:
    """What is read for n real points against n others, and on (R, R) maps for a G that is the target's own map.

    No generator could do better. "chase" is the distance between the centres of two samples: what it jitters by.
    """
    found = metrics.floors(target, n) | neighbours.floors(target, min(n, neighbours.OF_A_LOOK))
    if task == "gan":
        p = target_density(target, resolution)
        found["chase"] = _scatter(target, n)
        if target.transform is not None:
            image = target.transform(cell_centres(resolution, torch.device("cpu"))).view(resolution, resolution, 2)
            found |= _best(p, generator_density(image, resolution))
    return _known(found)


@lru_cache(maxsize=16)
def collapsed(target: Target, task: str, n: int, resolution: int) -> dict[str, float]:
    """What is read for n fakes in one place of the data, averaged over places; for a D alone, if it always says 0.5.

    "chase" is the mean distance between two real points: a blob on the data that takes no notice of where on the data
    D's bluest spot is.
    """
    found = metrics.collapsed(target, n) | neighbours.collapsed(target, min(n, neighbours.OF_A_LOOK))
    found["w2"] = transport.collapsed(target, transport.OF_A_LOOK)  # what real data read takes a while: a reading
    p = target_density(target, resolution)
    if task == "gan":
        found |= _best(p, _one_cell(p)) | {"chase": _apart(target)}
    if opponent := OPPONENTS.get(task):
        q = box_density((opponent.centre, opponent.centre), opponent.side, resolution)
        found["map_error"] = map_error(p, q, torch.zeros_like(p), uniform=True)
    return _known(found)


def _best(p: Tensor, q: Tensor) -> dict[str, float]:
    return {"best_d_loss": split(p, q, torch.zeros_like(p))[1]}


def _one_cell(p: Tensor) -> Tensor:
    """All fakes in the cell with the median of the data's density."""
    held = p[p > 0]
    at = int((p - held.median()).abs().argmin())
    q = torch.zeros_like(p)
    q.view(-1)[at] = p.numel() / 4
    return q


def _scatter(target: Target, n: int) -> float:
    random = torch.Generator().manual_seed(_SEED)
    centres = torch.stack([target.sample(n, random).mean(0) for _ in range(2 * _DRAWS)])
    return float((centres[::2] - centres[1::2]).norm(dim=1).mean())


def _apart(target: Target) -> float:
    random = torch.Generator().manual_seed(_SEED)
    one, other = (target.sample(_PAIRS, random) for _ in range(2))
    return float((one - other).norm(dim=1).mean())


def _known(values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if not math.isnan(value)}
