"""What the page should show, computed from a frame with NumPy alone and in another way than the page does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gan_core.looking.probe import LIVE_POINTS, POINTS, SHARP_RESOLUTION, Probe
from gan_core.records.frames import Moment, Snapshot
from gan_core.setup.presets import PRESETS
from gan_core.training.engine import GANEngine

POINT = 32767  # a coordinate of 1 in a frame's int16 points
EXTENT = 1.08  # the axes of the square panels go from -1.08 to 1.08: the square and a margin

# The documented colours of D: fake is red, 0.5 is white, real is blue (ColorBrewer's RdBu).
STOPS = (0.0, 0.25, 0.5, 0.75, 1.0)
COLOURS = ((178, 24, 43), (239, 138, 98), (255, 255, 255), (103, 169, 207), (33, 102, 172))

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def pixel_data(count: int) -> Floats:
    """Data coordinates of the centres of `count` pixels across a square panel's axes."""
    return ((np.arange(count) + 0.5) / count * 2 - 1) * EXTENT


def in_pixels(data: Array, width: float, height: float) -> tuple[Floats, Floats]:
    """Where data points (..., 2) lie in a picture of a square panel: columns from the left, rows from the top."""
    return (data[..., 0] / EXTENT + 1) / 2 * width, (1 - data[..., 1] / EXTENT) / 2 * height


def map_values(cells: Array, x: Array, y: Array) -> Floats:
    """Values 0..255 at data points (x, y): linear between cell centres along both axes, constant beyond the outermost.

    `cells[i, j]` is the value at the centre of column j and row i, row 0 lowest.
    """
    count = len(cells)
    centres = -1 + (np.arange(count) + 0.5) * 2 / count
    x, y = np.clip(x, centres[0], centres[-1]), np.clip(y, centres[0], centres[-1])
    right = np.clip(np.searchsorted(centres, x), 1, count - 1)
    above = np.clip(np.searchsorted(centres, y), 1, count - 1)
    # The weight of a corner is the area of the opposite rectangle.
    width, height = centres[right] - centres[right - 1], centres[above] - centres[above - 1]
    to_right, to_left = centres[right] - x, x - centres[right - 1]
    to_top, to_bottom = centres[above] - y, y - centres[above - 1]
    exact = cells.astype(np.float64)
    total = (
        exact[above - 1, right - 1] * to_right * to_top
        + exact[above - 1, right] * to_left * to_top
        + exact[above, right - 1] * to_right * to_bottom
        + exact[above, right] * to_left * to_bottom
    )
    return np.asarray(total / (width * height))


def map_value(cells: Array, x: float, y: float) -> float:
    """The probability 0..1 at the cell centre nearest to one data point."""
    centres = -1 + (np.arange(len(cells)) + 0.5) * 2 / len(cells)
    return float(cells[np.abs(centres - y).argmin(), np.abs(centres - x).argmin()] / 255)


def colour(value: Array) -> Floats:
    """RGB 0..255 of values 0..255: linear between the documented stops."""
    at = np.asarray(value, np.float64) / 255
    return np.stack([np.interp(at, STOPS, [c[channel] for c in COLOURS]) for channel in range(3)], axis=-1)


def distances(points: Array, x: float, y: float) -> Floats:
    """From every point of an (N, 2) int16 array to (x, y), in data units."""
    return np.asarray(np.linalg.norm(points.astype(np.float64) / POINT - (x, y), axis=1))


def empty_place(points: Array, clearance: float) -> tuple[float, float]:
    """A place inside the square that no point is nearer to than `clearance`."""
    for x in np.linspace(-0.9, 0.9, 19):
        for y in np.linspace(-0.9, 0.9, 19):
            if distances(points, x, y).min() > clearance:
                return float(x), float(y)
    raise AssertionError(f"every place has a point within {clearance}")


def crowded_place(points: Array, radius: float) -> tuple[float, float]:
    """The point that has the most others within `radius`."""
    sample = points[:: max(1, len(points) // 200)].astype(np.float64) / POINT
    best = max(sample, key=lambda p: int((distances(points, *p) <= radius).sum()))
    return float(best[0]), float(best[1])


def lonely(points: Array, others: Array, clearance: float, inside: float = 0.9) -> Floats:
    """Those points, in data units, that keep this distance from all the rest of both sets and from the border."""
    data = points.astype(np.float64) / POINT
    everything = np.concatenate((data, others.astype(np.float64) / POINT))
    gaps = np.linalg.norm(data[:, None] - everything[None], axis=2)
    gaps[np.arange(len(data)), np.arange(len(data))] = np.inf
    return np.asarray(data[(gaps.min(axis=1) > clearance) & (np.abs(data).max(axis=1) < inside)])


def image_of(frame: Any, u: float, v: float) -> tuple[float, float]:
    """G(z) between the nodes of a frame's image grid, first along u, then along v.

    Cubic Hermite curves whose slope at a node is that of the line through its two neighbours, where the outermost node
    is its own neighbour; beyond the outermost nodes the line through the last two goes straight on.
    """
    grid = frame.arrays["image"].astype(np.float64) / POINT  # (M, M, 2), first v, then u
    padded = np.pad(grid, ((1, 1), (1, 1), (0, 0)), mode="edge")
    last = len(grid) - 1

    def place(z: float) -> tuple[int, float]:
        at = (z - frame.header["image_start"]) / frame.header["image_spacing"]
        node = min(max(math.floor(at), 0), last - 1)
        return node, at - node

    def curve(p: Array, t: float) -> Array:
        before, here, there, after = p
        if not 0 <= t <= 1:
            return here + t * (there - here)
        slope_here, slope_there = (there - before) / 2, (after - here) / 2
        return (
            (1 + 2 * t) * (1 - t) ** 2 * here
            + t * (1 - t) ** 2 * slope_here
            + t**2 * (3 - 2 * t) * there
            + t**2 * (t - 1) * slope_there
        )

    (i, tv), (j, tu) = place(v), place(u)
    rows = [curve(padded[row, j : j + 4], tu) for row in range(i, i + 4)]
    x, y = np.clip(curve(np.array(rows), tv), -1, 1)
    return float(x), float(y)


def nearest_kept(kept: list[int], step: int) -> int:
    """The kept step nearest to `step`, the earlier of two equally near."""
    return min(kept, key=lambda other: (abs(other - step), other))


def brief(value: float) -> str:
    """A value as the page writes it: three significant digits, without trailing zeros and without an exponent."""
    text = f"{float(f'{value:.3g}'):.9f}".rstrip("0").rstrip(".")
    return text or "0"


def rerun_frame(preset: str, step: int, resolution: int, changes: Mapping[int, Mapping[str, float]]) -> Snapshot:
    """The frame of a step of seed 0, by training straight up to it: no session, no file, no checkpoint."""
    engine = GANEngine(PRESETS[preset], 0, device="cpu", threads=1)
    for number in range(1, step + 1):
        engine.set(**changes.get(number, {}))
        engine.step()
    points = POINTS if resolution >= SHARP_RESOLUTION else LIVE_POINTS
    look = Probe(engine.config, engine.compute.device).look
    return look(engine.generator, engine.discriminator, Moment(0, step, 0.0), resolution=resolution, points=points)
