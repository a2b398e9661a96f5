"""How finely a frame is made, by the time it may take. Pure: it is told how long frames took, it reads no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MAX_FRAMES_PER_SECOND = 30.0
MAX_DEBT = 3.0  # frames: one during which the machine slept must not count for more
MEMORY = 0.1  # weight of the newest duration in the running means
_COMFORTABLE = 30.0  # frames a second that a finer map must promise: time that the pace cannot use goes into cells
_SPARSE = 26.0  # frames a second below which coarser maps are worth it
_OVERHEAD = 2500  # networks' answers that take as long as what every frame takes: so it was measured


class Level(NamedTuple):
    """How finely a live frame is made."""

    resolution: int  # cells a side of both maps
    points: int  # fakes

    @property
    def work(self) -> int:
        """What a frame costs, in answers of a network at one point: G at cells and latents, D at image and cells."""
        return 3 * self.resolution**2 + self.points + _OVERHEAD


class Fineness:
    """The level of the frames to come, and what a frame of it takes: that goes with its work."""

    def __init__(self, levels: Sequence[Level]) -> None:
        """`levels` come coarse to fine; the coarsest is the first to be used."""
        self._levels = tuple(levels)
        self._at = 0
        self._unit: float | None = None  # seconds for one of Level.work

    @property
    def level(self) -> Level:
        """How finely to make the next frame."""
        return self._levels[self._at]

    @property
    def cost(self) -> float | None:
        """Seconds that a frame of this level takes; None before the first one."""
        return None if self._unit is None else self._unit * self.level.work

    def looked(self, seconds: float, level: Level | None = None) -> None:
        """Count a frame of a level, the present one if none is given."""
        unit = seconds / (level or self.level).work
        old = unit if self._unit is None else self._unit
        self._unit = old + MEMORY * (min(unit, MAX_DEBT * old) - old)

    def fit(self, most: float, comfortable: float, finest: Level | None = None) -> None:
        """Choose the finest level, none finer than `finest`, whose frames take no more than `comfortable` seconds.

        The present one stays while its frames take no more than `most` and those of the next finer one more than
        `comfortable`: no flicker between two levels.
        """
        if self._unit is None:
            return
        end = len(self._levels) - 1 if finest is None else self._levels.index(finest)
        finer = self._levels[min(self._at + 1, end)].work * self._unit
        if self._at > end or finer <= comfortable or self._unit * self.level.work > most:
            fitting = [at for at in range(end + 1) if self._levels[at].work * self._unit <= comfortable]
            self._at = max(fitting, default=0)

    def fit_share(self, share: float) -> None:
        """Choose the finest level of which as many frames a second as are wanted take no more than this share."""
        self.fit(most=share / _SPARSE, comfortable=share / _COMFORTABLE)
