"""What one look at a run saw. Arrays in a record are read-only and never change after it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from gan_core.records.arrays import Float32Array, Int16Array, Uint8Array
from gan_core.setup.plane import USUAL, Plane


@dataclass(frozen=True, eq=False, slots=True)
class TrailPoint:
    """Where the fakes and the discriminator's optimum were at one step, in data units."""

    step: int
    centre: tuple[float, float]  # mean of the displayed fakes
    bluest: tuple[float, float]  # cell centre where D(x) is largest


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """What the instruments said of one look: the numbers behind it, as `gan_core.records.readings` names them."""

    step: int
    values: Float32Array  # (len(readings.READINGS),), NaN where one is not defined for this task or target
    along: Int16Array  # (parts,), fakes in each part of the data (StrataInfo); none of a target without parts


@dataclass(frozen=True, slots=True)
class Moment:
    """When a snapshot was taken."""

    run: int  # counts up with every reset, new seed or preset
    step: int  # steps done; 0 = untrained
    time: float  # seconds since the epoch


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """One look at both networks, quantised as it is shown.

    Cell (i, j) of a map is the exact value at the centre of cell column j and row i, row 0 at the lowest ordinate:
    abscissa -1 + (j + 0.5) * 2 / R, ordinate -1 + (i + 0.5) * 2 / R.
    """

    moment: Moment
    latent_map: Uint8Array  # (R, R), round(255 * D(G(z))), abscissa u, ordinate v
    sample_map: Uint8Array  # (R, R), round(255 * D(x))
    fakes: Int16Array  # (N, 2), G(z) of the first N fixed z, times POINT_SCALE
    image: Int16Array  # (M, M, 2), G(z) at every (R // M)th latent cell along both axes, times POINT_SCALE
    trail_point: TrailPoint
    reading: Reading | None = None
    lenses: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)  # arrays of those asked for; see LENS_ARRAYS
    # Where D gives scores that are no logits: the level above which it takes a point for real, and the reach. Both maps
    # then show round(255 * ((D - level) / reach + 1) / 2) instead.
    score: tuple[float, float] | None = None
    # What is shown of latent space; `latents` is then where the z of the fakes are on it. None: on the usual plane they
    # are where FixedPoints has them.
    plane: Plane = USUAL
    latents: Int16Array | None = None  # (N, 2), times POINT_SCALE

    @property
    def step(self) -> int:
        """Steps done when this was taken."""
        return self.moment.step

    @property
    def resolution(self) -> int:
        """R: cells along each side of both maps."""
        return int(self.latent_map.shape[0])

    @property
    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        own = (self.latent_map, self.sample_map, self.fakes, self.image, self.latents)
        of_lenses = sum(array.nbytes for array in self.lenses.values())
        return sum(array.nbytes for array in own if array is not None) + of_lenses


@dataclass(frozen=True, slots=True)
class StrataInfo:
    """The parts of the data in which fakes are counted."""

    shares: tuple[float, ...]  # of the data that are not off, in each part
    words: str  # a name under `strata` in the catalogue: what a part is called
    groups: int = 1  # so many equal runs of parts
    ends: tuple[float, float] | None = None  # of the coordinate of which the parts of a group are equal stretches


@dataclass(frozen=True, slots=True)
class Guide:
    """What the best D pays where G has so many `modes` of the data perfectly, `of` them all."""

    modes: int
    of: int
    loss: float


@dataclass(frozen=True, eq=False, slots=True)
class FixedPoints:
    """The inputs that stay the same in every frame of a run, so that frames can be compared."""

    run: int
    latents: Int16Array  # (N, 2), where they are on the usual plane, times POINT_SCALE
    reals: Int16Array  # (N, 2), samples of the target, times POINT_SCALE; of task "fit": f(latents)
    task: str = "gan"
    best: float | None = None  # least possible loss, where the task has one
    # What an instrument reads, of the same number of points, of real data against real, and of a single point of them.
    floors: Mapping[str, float] = field(default_factory=dict)
    collapsed: Mapping[str, float] = field(default_factory=dict)
    offers: frozenset[str] = frozenset()  # names of records.offers.OFFERS
    guides: tuple[Guide, ...] = ()
    strata: StrataInfo | None = None  # where the target says what the parts of its data are
    one_mode: float = math.inf  # spread of fakes of which nearly all have one mode of the data
    reach: float = 1.0  # of latent space: how far from 0 the edge of what is shown of it is
