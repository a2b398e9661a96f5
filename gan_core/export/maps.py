"""Maps as pictures, coloured as the page colours them (assets/panels/maps.js): interpolated between the centres of the
cells before they are coloured, hatched where there is no number.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gan_core.panels.scales import Scale
from gan_core.records.arrays import Float32Array, Uint8Array

NOTHING = 255  # in a map whose scale says what it means
_HATCH = 7  # pixels from one line of a hatching to the next

Rgb = tuple[int, int, int]


def rgb(colour: str) -> Rgb:
    """The numbers, 0 to 255, of a colour like "#2166ac"."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


@lru_cache(maxsize=16)
def table(scale: Scale) -> Uint8Array:
    """The colour of each byte: (256, 3)."""
    at = np.minimum(np.arange(256) / scale.top, 1)
    shares = [share for share, _ in scale.stops]
    colours = np.array([rgb(colour) for _, colour in scale.stops])
    channels = [np.interp(at, shares, colours[:, channel]) for channel in range(3)]
    return np.floor(np.stack(channels, axis=1) + 0.5).astype(np.uint8)


def coloured(cells: Uint8Array, scale: Scale, pixels: int, *, card: str, line: str) -> Uint8Array:
    """A map (R, R), row 0 lowest, as a square picture (pixels, pixels, 3), row 0 on top.

    `card` and `line` are the colours of a cell without a number and of its hatching.
    """
    cells = cells[::-1]
    if scale.nothing and (cells == NOTHING).any():
        return _sparse(cells, scale, pixels, rgb(card), rgb(line))
    return table(scale)[(_between(cells.astype(np.float32), pixels) + 0.5).astype(np.uint8)]


def _sparse(cells: Uint8Array, scale: Scale, pixels: int, card: Rgb, line: Rgb) -> Uint8Array:
    """Where some cells have no number, a place belongs to its nearest cell; its number is between those around it."""
    there = (cells != NOTHING).astype(np.float32)
    weight = _between(there, pixels)
    number = _between(cells * there, pixels) / np.where(weight > 0, weight, 1)
    picture = table(scale)[(number + 0.5).astype(np.uint8)]
    before, share = _positions(len(cells), pixels)
    nearest = np.minimum(before + (share >= 0.5), len(cells) - 1)
    empty = there[np.ix_(nearest, nearest)] == 0
    hatched = np.add.outer(np.arange(pixels), np.arange(pixels)) % _HATCH == 0
    picture[empty] = card
    picture[empty & hatched] = line
    return picture


def _between(cells: Float32Array, pixels: int) -> Float32Array:
    """Numbers (R, R) at the pixels' centres, (pixels, pixels): linear along both axes, as at the edge beyond it."""
    before, share = _positions(len(cells), pixels)
    after = np.minimum(before + 1, len(cells) - 1)
    rows = cells[before] + (cells[after] - cells[before]) * share[:, None]
    left = rows[:, before]
    found: Float32Array = left + (rows[:, after] - left) * share
    return found


@lru_cache(maxsize=8)
def _positions(cells: int, pixels: int) -> tuple[npt.NDArray[np.intp], Float32Array]:
    """For each pixel the cell before its centre, and the weight of the one after it."""
    at = np.clip((np.arange(pixels) + 0.5) / pixels * cells - 0.5, 0, cells - 1)
    before = np.minimum(at.astype(np.intp), max(0, cells - 2))
    return before, (at - before).astype(np.float32)
