"""Densities over the cells of the square [-1, 1]^2: of a generator, of real data, and of the noise of D's exercises.

A density (R, R) is per unit area, averaged over each cell, in the order of the maps: abscissa fastest, from the lowest
row. Its sum times the area of a cell, (2 / R)^2, is 1.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from functools import lru_cache

import torch
from torch import Tensor

from gan_core.looking.measures.parts import finished
from gan_core.targets.target import Target

_POINTS = 65_000  # at least so many points of the latent square are pushed through the image,
_POINTS_A_CELL = 26  # and so many for each cell of the result: counting noise stays near a hundredth
_TARGET_POINTS = 2_000_000  # the same for real data, once,
_FINEST = 800  # into so many cells a side
_PART = 250_000  # points counted at a time, some 20 ms
_GOLDEN = (math.sqrt(5) - 1) / 2
_SEED = 20200607  # of the samples


def generator_density(image: Tensor, resolution: int) -> Tensor:
    """As `generator_density_in_parts`, in one go."""
    return finished(generator_density_in_parts(image, resolution))


def generator_density_in_parts(image: Tensor, resolution: int) -> Generator[None, None, Tensor]:
    """Density of G(z) for uniform z, from its image (M, M, 2) of the centres of a regular grid of latent cells.

    In each latent cell G is taken as the quadratic through the values there and in the cells around (beyond the border
    the values go on linearly). A Fibonacci lattice of points in the cell is pushed through that and counted: a square
    lattice would leave gaps, since a good G stretches one latent direction a hundred times as much as the other, and a
    Fibonacci lattice is even under any stretch. What would leave the square is kept at its edge. Yields after each
    short part, and returns float32 (R, R).
    """
    side = image.shape[0]
    values = _extended(image.float()).permute(2, 0, 1)  # (2, M + 2, M + 2)
    patches = values.unfold(1, 3, 1).unfold(2, 3, 1).reshape(2, side * side, 9)
    points = _fibonacci(max(_POINTS, _POINTS_A_CELL * resolution**2) / side**2)
    weights = _weights(points).to(image.device)
    counts = torch.zeros(resolution * resolution, dtype=torch.int64, device=image.device)
    for part in torch.split(patches, max(1, _PART // points), dim=1):
        counts += _counts(part @ weights, resolution)
        yield
    return _per_area(counts, resolution)


@lru_cache(maxsize=64)
def target_density(target: Target, resolution: int) -> Tensor:
    """Density of real data, by counting evenly spread points of its transform, or so many samples. float32 (R, R).

    It is kept for the next call, on the CPU, and not to be written to.
    """
    edges = torch.linspace(0, _FINEST, resolution + 1, dtype=torch.float64)
    cells = torch.arange(_FINEST, dtype=torch.float64)
    shares = (edges[:, None] - cells).clamp(0, 1).diff(dim=0)  # of each fine cell in each of these, along an axis
    return (shares @ _finely(target).double() @ shares.t() * (resolution / 2) ** 2).float()


@lru_cache(maxsize=2)
def _finely(target: Target) -> Tensor:
    """Share of the data in each cell of a grid that is finer than any other: float32 (_FINEST, _FINEST).

    Counted once, so that the first frame of each resolution does not wait.
    """
    counts, random = torch.zeros(_FINEST**2, dtype=torch.int64), torch.Generator().manual_seed(_SEED)
    for part in torch.split(torch.arange(_TARGET_POINTS, dtype=torch.float64), _PART):
        if target.transform is None:
            points = target.sample(len(part), random)
        else:
            uv = torch.stack(((part + 0.5) / _TARGET_POINTS, (part * _GOLDEN) % 1), dim=1) * 2 - 1
            points = target.transform(uv.float())  # in float32 it takes a third of the time
        counts += _counts(points.t(), _FINEST)
    return (counts / _TARGET_POINTS).view(_FINEST, _FINEST)


def box_density(centre: tuple[float, float], side: float, resolution: int) -> Tensor:
    """Density of the uniform distribution on a square: its exact share of each cell. float32 (R, R)."""
    edges = torch.linspace(-1, 1, resolution + 1, dtype=torch.float64)
    x, y = (edges.clamp(at - side / 2, at + side / 2).diff() / side for at in centre)
    return (torch.outer(y, x) * (resolution / 2) ** 2).float()


def _counts(points: Tensor, resolution: int) -> Tensor:
    """Points (2, ...) in each cell: (R * R,) int64."""
    x, y = ((points + 1) * (resolution / 2)).clamp_(0, resolution - 0.5).int()
    return torch.bincount((y * resolution + x).view(-1), minlength=resolution * resolution)


def _per_area(counts: Tensor, resolution: int) -> Tensor:
    share = counts.double() / counts.sum()
    return (share * (resolution / 2) ** 2).float().view(resolution, resolution)


def _extended(image: Tensor) -> Tensor:
    """An image (M, M, 2) with one more row and column on each side, on the line of the last two: (M + 2, M + 2, 2)."""
    for _ in range(2):
        image = torch.cat((2 * image[:1] - image[1:2], image, 2 * image[-1:] - image[-2:-1])).transpose(0, 1)
    return image


@lru_cache(maxsize=16)
def _weights(points: int) -> Tensor:
    """Weights (9, K) of a cell and its neighbours, lowest row first, at the K points of a Fibonacci lattice in it.

    The lattice, (i / K, i F / K mod 1) with F the Fibonacci number before K, goes on evenly in the cells around.
    """
    before = round(points * _GOLDEN)
    i = torch.arange(points)
    x, y = (_quadratic((at + 0.5) / points - 0.5) for at in (i, i * before % points))
    return (y[:, None] * x[None]).reshape(9, points)


def _quadratic(offset: Tensor) -> Tensor:
    """Weights (3, K) of the values at -1, 0 and 1, for the parabola through them at offsets (K,)."""
    return torch.stack((offset * (offset - 1) / 2, 1 - offset**2, offset * (offset + 1) / 2))


def _fibonacci(least: float) -> int:
    """The first Fibonacci number that is not below `least`."""
    a, b = 1, 2
    while a < least:
        a, b = b, a + b
    return a
