"""What thinned metrics still say of the steps that have no row: the least and the greatest there were. Pure.

A row of metrics is of one step, exactly. Once only every second step has a row, or every fourth, and so on, its
extremes are those of all steps after the row before it up to its own: complete when the row is there, they never
change. One array (n, 8): the least of the four numbers, then the greatest. NaN, as of a network that is not trained,
stays NaN.
"""

from __future__ import annotations

import numpy as np

from gan_core.records.arrays import Float32Array

COLUMNS = 4  # of a row


def none(count: int) -> Float32Array:
    """Extremes (count, 8) of no steps: joined with others, they leave those as they are."""
    return np.full((count, 2 * COLUMNS), np.nan, np.float32)


def of_rows(rows: Float32Array) -> Float32Array:
    """Extremes (n, 8) of rows (n, 4) that stand for their own steps alone."""
    return np.hstack((rows, rows))


def joined(some: Float32Array, others: Float32Array) -> Float32Array:
    """Extremes (n, 8) of two sets of steps, taken together."""
    least = np.fmin(some[:, :COLUMNS], others[:, :COLUMNS])
    return np.hstack((least, np.fmax(some[:, COLUMNS:], others[:, COLUMNS:])))


def widen(extremes: Float32Array, row: tuple[float, ...]) -> None:
    """Take one more step's four numbers into the extremes (8,) of some; in place, and quick."""
    numbers = np.array(row, np.float32)
    least, greatest = extremes[:COLUMNS], extremes[COLUMNS:]
    np.fmin(least, numbers, out=least)
    np.fmax(greatest, numbers, out=greatest)


def halved(extremes: Float32Array, since: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Extremes (n, 8) of rows of which every second one goes, and those (1, 8) of the steps since the last row.

    The first row stays; a row that stays stands for the one before it, too.
    """
    kept = extremes[::2].copy()
    kept[1:] = joined(extremes[1::2][: len(kept) - 1], kept[1:])
    return kept, since if len(extremes) % 2 else joined(extremes[-1:], since)


def collected(rows: Float32Array, gap: int, stride: int, since: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Extremes of the steps of rows (m, 4) of which rows[gap::stride] are kept, and of those since the last kept one.

    `since` (1, 8): of the steps since the last row that was kept before. Returns (n, 8) and (1, 8).
    """
    if not len(rows):
        return none(0), since
    starts = np.array([0, *range(gap + 1, len(rows), stride)])
    least, greatest = np.fmin.reduceat(rows, starts, axis=0), np.fmax.reduceat(rows, starts, axis=0)
    parts = np.hstack((least, greatest))
    parts[:1] = joined(since, parts[:1])
    kept = len(range(gap, len(rows), stride))
    return parts[:kept], parts[kept:] if kept < len(parts) else none(1)
