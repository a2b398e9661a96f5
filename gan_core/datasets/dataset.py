"""A data set: points scaled into the square, what the square's units are in theirs, and which are held out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gan_core.datasets.table import Points
from gan_core.texts.catalogue import say

REACH = np.float32(0.9)  # of the square: points that are scaled lie within it on either axis
ALIKE = 4  # times that one column may reach as far as the other, and both be scaled by one factor without being asked
HELD_OUT = 10  # one point in so many is held out of training
DIGITS = 16  # of a fingerprint


@dataclass(frozen=True)
class Scale:
    """How points got into the square: x_square = (x - middle) / unit."""

    middle: tuple[float, float]  # of the square, in the data's units
    # How many of the data's units 1 of the square is: the same along both axes, or of each column by itself.
    unit: float | tuple[float, float]


IN_PLACE = Scale((0.0, 0.0), 1.0)  # of points whose units are the square's own


@dataclass(frozen=True, eq=False)
class Dataset:
    """Points in the square, and where they are from."""

    points: npt.NDArray[np.float32]  # (N, 2), all inside the square
    scale: Scale
    name: str  # of the file
    columns: tuple[str, str]

    @cached_property
    def fingerprint(self) -> str:
        """What these points on this scale are called, whatever their file is."""
        begun = hashlib.sha256(json.dumps(asdict(self.scale)).encode())
        begun.update(np.ascontiguousarray(self.points, dtype="<f4").tobytes())
        return begun.hexdigest()[:DIGITS]

    @cached_property
    def held_out(self) -> npt.NDArray[np.bool_]:
        """Which points are never trained with, (N,): at most one in HELD_OUT, chosen by where a point is.

        So equal points are on the same side, whatever the order of the rows: none that is held out is also trained
        with. The mixing is splitmix64's (Steele, Lea and Flood 2014).
        """
        bits = np.ascontiguousarray(self.points + 0.0, dtype="<f4").view("<u8")[:, 0]  # 0.0: no negative zero
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
        count = len(bits) // HELD_OUT
        return np.asarray(bits < np.partition(bits, count)[count])


def scaled(points: Points, name: str, columns: tuple[str, str]) -> Dataset:
    """Points (N, 2) in any units, not all of them the same, put into the square, their shape unchanged."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    unit = float((high - low).max()) / 2 / float(REACH)
    inside = ((points - middle) / unit).astype(np.float32)
    return Dataset(inside.clip(-REACH, REACH), Scale((float(middle[0]), float(middle[1])), unit), name, columns)


def scaled_each(points: Points, name: str, columns: tuple[str, str]) -> Dataset:
    """The same with each column by itself, so that both reach as far; one whose numbers are all the same as the other.

    What is far and near is then another thing than in the data's units.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    units = np.where(half > 0, half, half.max()) / float(REACH)
    inside = ((points - middle) / units).astype(np.float32)
    scale = Scale((float(middle[0]), float(middle[1])), (float(units[0]), float(units[1])))
    return Dataset(inside.clip(-REACH, REACH), scale, name, columns)


def scaled_by_range(points: Points, name: str, columns: tuple[str, str]) -> Dataset:
    """As `scaled`, unless one column reaches over more than ALIKE times what the other does: then as `scaled_each`."""
    less, more = sorted(np.ptp(points, axis=0))
    return (scaled_each if 0 < less * ALIKE < more else scaled)(points, name, columns)


def in_place(points: Points, name: str, columns: tuple[str, str]) -> Dataset:
    """Points (N, 2) in the square's own units, left where they are: what is drawn in a corner stays there.

    Raises ValueError with a sentence unless all of them lie inside the square; on its edge is not.
    """
    inside = points.astype(np.float32)
    within = is_inside(inside)
    if not within.all():
        x, y = points[int(np.argmin(within))]
        count = int(np.count_nonzero(~within))
        raise ValueError(say("data.beyond-the-square", points=count, x=f"{x:.4g}", y=f"{y:.4g}"))
    return Dataset(inside, IN_PLACE, name, columns)


def is_inside(points: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Which of (N, 2) points lie inside the square [-1, 1]^2, not on its edge: (N,)."""
    return np.asarray((np.abs(points) < 1).all(axis=1))


# How points may get into the square, by name; "" is what happened before there was a choice.
SCALES: dict[str, Callable[[Points, str, tuple[str, str]], Dataset]] = {
    "": scaled,
    "shape": scaled,
    "each": scaled_each,
    "auto": scaled_by_range,
    "square": in_place,
}
