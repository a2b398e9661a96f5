"""How much looking the training can afford: keeps the time spent on frames at a set share, by pace and resolution.

Pure: it is told how long things took, it reads no clock.
"""

from __future__ import annotations

from collections.abc import Sequence

MAX_FRAMES_PER_SECOND = 30.0
_COMFORTABLE = 30.0  # frames a second that a finer map must promise: time that the pace cannot use goes into cells
_SPARSE = 26.0  # frames a second below which coarser maps are worth it
_SPEED_WINDOW = 0.5  # seconds over which steps a second are counted
_AT_ONCE = 0.008  # seconds of training between two looks at what the visitor wants
_MEMORY = 0.1  # weight of the newest duration in the running means
_MAX_CREDIT_FRAMES = 1.5  # unspent time is not hoarded: no burst of frames after a quiet stretch
_MAX_DEBT_FRAMES = 3.0  # nor is debt: one frame during which the machine slept must not stop all others for long


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
        self._step: float | None = None  # seconds a step takes

    def trained(self, count: int, seconds: float) -> None:
        """Count so many steps that took `seconds` together."""
        each = seconds / count
        self._step = each if self._step is None else self._step + _MEMORY * (each - self._step)

    def count(self, at_most: int) -> int:
        """Steps for the next go, 1 to `at_most`."""
        return max(1, min(at_most, int(_AT_ONCE / self._step))) if self._step else 1


class LookingBudget:
    """Time credit for frames: training earns it, frames spend it."""

    def __init__(self, share: float, resolutions: Sequence[int]) -> None:
        self.share = share
        self._resolutions = tuple(resolutions)
        self._level = 0
        self._credit = 0.0
        self._frame_cost: float | None = None  # seconds, at the present resolution
        self._due = 0.0  # when the next frame may come, on the caller's clock
        self._looked = self._trained = 0.0  # recent seconds, fading

    @property
    def resolution(self) -> int:
        """Cells a side of the next live map."""
        return self._resolutions[self._level]

    @property
    def measured(self) -> float:
        """Share of recent time that went into frames, 0..1."""
        total = self._looked + self._trained
        return self._looked / total if total else 0.0

    def trained(self, seconds: float) -> None:
        """Count time that did not go into frames: training, or waiting for a frame's turn."""
        self._fade(seconds)
        self._trained += seconds
        self._credit += seconds * self.share / (1 - self.share)
        if self._frame_cost is not None:
            self._credit = min(self._credit, _MAX_CREDIT_FRAMES * self._frame_cost)

    def looked(self, seconds: float, now: float) -> None:
        """Count a frame of this length that was ready at `now`, and choose the resolution of the next."""
        self._fade(seconds)
        # From the time it was due, not from now: otherwise every late frame would lower the pace for good. But frames
        # that were asked for, however many, put the next one off by no more than one interval.
        interval = 1 / MAX_FRAMES_PER_SECOND
        self._due = min(max(self._due, now - seconds - interval), now) + interval
        self._looked += seconds
        old = seconds if self._frame_cost is None else self._frame_cost
        self._frame_cost = old + _MEMORY * (min(seconds, _MAX_DEBT_FRAMES * old) - old)
        self._credit = max(self._credit - seconds, -_MAX_DEBT_FRAMES * self._frame_cost)
        self._choose_resolution()

    def affords_frame(self, now: float) -> bool:
        """Whether a frame may be rendered at `now` (seconds on any steady clock)."""
        if self.share <= 0 or now < self._due:
            return False
        return self._frame_cost is None or self._credit >= self._frame_cost

    def until_affordable(self, now: float) -> float:
        """Seconds from `now` until `affords_frame` holds if they are spent on something else; without a share, 0."""
        if self.share <= 0:
            return 0.0
        missing = max(0.0, (self._frame_cost or 0.0) - self._credit)
        return max(self._due - now, missing * (1 - self.share) / self.share, 0.0)

    def _choose_resolution(self) -> None:
        if not self._frame_cost or not self.share:
            return
        finest = len(self._resolutions) - 1
        if self._pace_at(min(self._level + 1, finest)) >= _COMFORTABLE or self._pace_at(self._level) < _SPARSE:
            fitting = [level for level in range(finest + 1) if self._pace_at(level) >= _COMFORTABLE]
            before, self._level = self.resolution, max(fitting, default=0)
            self._frame_cost *= (self.resolution / before) ** 2

    def _pace_at(self, level: int) -> float:
        """Frames a second that the share pays for at another resolution: the cost goes with the number of cells."""
        if not self._frame_cost:
            return 0.0
        return self.share / self._frame_cost * (self.resolution / self._resolutions[level]) ** 2

    def _fade(self, seconds: float) -> None:
        # A window of about five seconds, so that the figure shown follows a change of the share.
        keep = max(0.0, 1 - seconds / 5)
        self._looked *= keep
        self._trained *= keep
