"""How much looking the training can afford: keeps the time spent on frames at a set share, by their rate and fineness.

That is for full speed; where every frame is to be seen, `gan_core.live.tempo` says what a frame may take. Pure: it is
told how long things took, it reads no clock.
"""

from __future__ import annotations

from gan_core.looking.fineness import MAX_DEBT, MAX_FRAMES_PER_SECOND, MEMORY, Fineness

_SPEED_WINDOW = 0.5  # seconds over which steps a second are counted
_AT_ONCE = 0.008  # seconds of training between two looks at what the visitor wants
_MAX_CREDIT_FRAMES = 1.5  # unspent time is not hoarded: no burst of frames after a quiet stretch


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
        self.step = each if self.step is None else self.step + MEMORY * (each - self.step)

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
        self._credit = max(self._credit - seconds, -MAX_DEBT * (self._fineness.cost or seconds))

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
