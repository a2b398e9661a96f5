"""What a sample of fakes says about collapse. Exact where the target has an inverse: no histogram is needed."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_core.targets import Target

BINS = 50  # equal bins along u
LEAST_IN_BIN = 10  # fakes that make a bin count as reached
BAND = 1.5  # |v| up to here counts as on the band; real points have |v| <= 1


def coverage(fakes: Tensor, target: Target) -> float:
    """Share of the BINS equal u-bins that hold at least LEAST_IN_BIN of the (N, 2) fakes with |v| <= BAND.

    Real data are uniform in u, so a perfect generator scores 1 once N is a few thousand.
    Raises ValueError for a target without an inverse.
    """
    u, v = _coordinates(fakes, target)
    index = ((u[v.abs() <= BAND] + 1) / 2 * BINS).long().clamp(0, BINS - 1)
    counts = torch.bincount(index, minlength=BINS)
    return float((counts >= LEAST_IN_BIN).double().mean())


def quality(fakes: Tensor, target: Target) -> str:
    """Coverage and on-band share of a sample (N, 2), in words."""
    if target.inverse is None:
        return "coverage is not defined for this target"
    return f"coverage {coverage(fakes, target):.2f}, on-band share {on_band(fakes, target):.3f}"


def on_band(fakes: Tensor, target: Target) -> float:
    """Share of the (N, 2) fakes with |v| <= BAND. Raises ValueError for a target without an inverse."""
    _, v = _coordinates(fakes, target)
    return float((v.abs() <= BAND).double().mean())


def _coordinates(fakes: Tensor, target: Target) -> tuple[Tensor, Tensor]:
    if target.inverse is None:
        raise ValueError(f"The target {target.name!r} has no exact inverse, so coverage along it is not defined.")
    uv = target.inverse(fakes.double())
    return uv[:, 0], uv[:, 1]
