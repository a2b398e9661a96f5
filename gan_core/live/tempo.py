"""At what pace a run is shown: every how many steps a frame, how fast, and that no frame goes by unseen.

A frame is put up, and the next step trained, only once the frame before has been taken by somebody who looks: one is on
its way to the screen, one hangs ready, and the step after that is trained meanwhile. Where every step is seen, one more
is made and not put up yet (`gan_core.live.looker`). Of several who look, the fastest counts. Nobody
is waited for who does not look, nor for longer than TAKEN_WITHIN. Pure: it reads no clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TAKEN_WITHIN = 1.4  # seconds for which a frame may hang without being taken: a page that stands still stops no training
FRAMES_PER_SECOND = 25.0  # as many as are shown at most; frames are as fine as leaves so many
_PART_OF_STEPS = 0.25  # of the time of the steps from one frame to the next, which the frame may take in any case
_COMFORTABLE = 0.85  # part of the time a frame may take that a finer one must promise

Paces = Sequence[tuple[int, int | None]]  # (step, steps a frame from it on); None: full speed


@dataclass(frozen=True)
class Pace:
    """What a visitor asked for."""

    steps: int | None  # a frame; None: full speed
    per_second: float | None = None  # frames a second at most: slow motion


class Tempo:
    """The pace of one session: that of the open scenario, or what the visitor chose."""

    def __init__(self) -> None:
        self._scenario: str | None = None
        self._paces: Paces = ((1, None),)
        self.chosen: Pace | None = None  # by the visitor
        self._shown = -math.inf  # when the newest frame was put up, on the caller's clock
        self._due = -math.inf  # when it was to be

    def open(self, scenario: str, paces: Paces) -> None:
        """Another run is open. What the visitor chose stays for as long as it is of the same scenario."""
        if scenario != self._scenario:
            self._scenario, self.chosen = scenario, None
        self._paces = paces

    def at(self, step: int) -> Pace:
        """The pace in force when `step` steps are done."""
        if self.chosen is not None:
            return self.chosen
        return Pace([steps for since, steps in self._paces if since <= max(step, 1)][-1])

    def shows(self, step: int) -> bool:
        """Whether this step is to be seen."""
        steps = self.at(step).steps
        return steps is not None and step % steps == 0

    def until_shown(self, step: int, at_most: int) -> int:
        """How many steps may be trained before one is to be seen."""
        steps = self.at(step).steps
        return at_most if steps is None else min(at_most, steps - step % steps)

    def put_up(self, step: int, now: float) -> None:
        """A frame of `step` is there for everybody at `now`, in seconds on any steady clock."""
        interval = self._interval(step)
        # From when it was due, so that a late one does not lower the pace; but at most one interval is made up for.
        self._shown, self._due = now, min(max(self._due + interval, now - interval), now)

    def until_put_up(self, step: int, now: float, taken: bool) -> float:
        """Seconds until the frame of `step` may be put up. `taken`: whether somebody has the one before."""
        for_others = 0.0 if taken else self._shown + TAKEN_WITHIN - now
        return max(for_others, self._early(step, now), 0.0)

    def until_trained(self, step: int, now: float) -> float:
        """Seconds until training may go on from `step`, which is shown: in slow motion none comes before its time."""
        return max(self._early(step, now), 0.0) if self.at(step).per_second else 0.0

    def room(self, step: int, seconds: float) -> tuple[float, float]:
        """What a frame may take, in seconds, where a step takes `seconds`: at most, and to be chosen as a finer one."""
        training = (self.at(step).steps or 1) * seconds
        most = max(self._interval(step) - training, _PART_OF_STEPS * training)
        return most, _COMFORTABLE * most

    def _early(self, step: int, now: float) -> float:
        return self._due + self._interval(step) - now

    def _interval(self, step: int) -> float:
        return 1 / (self.at(step).per_second or FRAMES_PER_SECOND)
