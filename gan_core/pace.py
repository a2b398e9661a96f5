"""How much looking the training can afford: keeps the time spent on frames at a set share, by rate and fineness.

That is for full speed; where every frame is to be seen, `gan_core.tempo` says what a frame may take. Pure: it is told
how long things took, it reads no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MAX_FRAMES_PER_SECOND = 30.0
_COMFORTABLE = 30.0  # frames a second that a finer map must promise: time that the pace cannot use goes into cells
_SPARSE = 26.0  # frames a second below which coarser maps are worth it
_SPEED_WINDOW = 0.5  # seconds over which steps a second are counted
_AT_ONCE = 0.008  # seconds of training between two looks at what the visitor wants
_MEMORY = 0.1  # weight of the newest duration in the running means
_MAX_CREDIT_FRAMES = 1.5  # unspent time is not hoarded: no burst of frames after a quiet stretch
_MAX_DEBT_FRAMES = 3.0  # nor is debt: one frame during which the machine slept must not stop all others for long
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
        self._unit = old + _MEMORY * (min(unit, _MAX_DEBT_FRAMES * old) - old)

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


class Speed:
    """Steps a second over the last window."""

    def __init__(self) -> None:
        self.per_second = 0.0
        self._steps = 0
        self._since: float | None = None

    def count(self, now: float, steps: int) -> None:
        """Count steps that were done by `now`, in seconds on any steady clock."""
        if self._since is None:
            self._since = now
            return
        self._steps += steps
        if now - self._since >= _SPEED_WINDOW:
            self.per_second = self._steps / (now - self._since)
            self._steps, self._since = 0, now


class Stride:
    """How many steps to train in one go: as many as take _AT_ONCE, so that commands are answered without delay."""

    def __init__(self) -> None:
        self.step: float | None = None  # seconds a step takes

    def trained(self, count: int, seconds: float) -> None:
        """Count so many steps that took `seconds` together."""
        each = seconds / count
        self.step = each if self.step is None else self.step + _MEMORY * (each - self.step)

    def count(self, at_most: int) -> int:
        """Steps for the next go, 1 to `at_most`."""
        return max(1, min(at_most, int(_AT_ONCE / self.step))) if self.step else 1


class LookingBudget:
    """Time credit for frames: training earns it, frames spend it."""

    def __init__(self, share: float, fineness: Fineness) -> None:
        self.share = share
        self._fineness = fineness
        self._credit = 0.0
        self._due = 0.0  # when the next frame may come, on the caller's clock
        self._looked = self._trained = 0.0  # recent seconds, fading

    @property
    def measured(self) -> float:
        """Share of recent time that went into frames, 0..1."""
        total = self._looked + self._trained
        return self._looked / total if total else 0.0

    def trained(self, seconds: float) -> None:
        """Count time that did not go into frames: training, or waiting."""
        self._fade(seconds)
        self._trained += seconds
        self._credit += seconds * self.share / (1 - self.share)
        if (cost := self._fineness.cost) is not None:
            self._credit = min(self._credit, _MAX_CREDIT_FRAMES * cost)

    def looked(self, seconds: float, now: float) -> None:
        """Count a frame of this length that was ready at `now`. `Fineness` has counted it already."""
        self._fade(seconds)
        # From the time it was due, not from now: otherwise every late frame would lower the pace for good. But frames
        # that were asked for, however many, put the next one off by no more than one interval.
        interval = 1 / MAX_FRAMES_PER_SECOND
        self._due = min(max(self._due, now - seconds - interval), now) + interval
        self._looked += seconds
        self._credit = max(self._credit - seconds, -_MAX_DEBT_FRAMES * (self._fineness.cost or seconds))

    def choose_level(self) -> None:
        """Make the frames to come as fine as the share allows."""
        if self.share:
            self._fineness.fit_share(self.share)

    def affords_frame(self, now: float) -> bool:
        """Whether a frame may be rendered at `now` (seconds on any steady clock)."""
        if self.share <= 0 or now < self._due:
            return False
        cost = self._fineness.cost
        return cost is None or self._credit >= cost

    def _fade(self, seconds: float) -> None:
        # A window of about five seconds, so that the figure shown follows a change of the share.
        keep = max(0.0, 1 - seconds / 5)
        self._looked *= keep
        self._trained *= keep
