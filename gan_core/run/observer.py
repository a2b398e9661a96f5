"""A run that nobody watches, trained and looked at regularly: so that it has the readings and the story of one that is.

Looking never changes training.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gan_core.looking.probe import AT_REST, LIVE_LEVELS, POINTS
from gan_core.records.condition import Condition
from gan_core.records.frames import Reading, Snapshot, TrailPoint
from gan_core.records.readings import READINGS
from gan_core.records.steps import StepMetrics
from gan_core.run.facts import holds_at
from gan_core.run.run import Run

_LOOKS = 100  # at a run, if that is not too seldom:
SELDOM = 20  # steps between two looks at most, so that the diagnosis has ten of them in its 200 steps
_FINE = LIVE_LEVELS[-1].resolution  # cells a side, of the reading that is told

Kept = Callable[[Snapshot, list[TrailPoint]], None]


class Observer:
    """Trains a run and looks at it."""

    def __init__(
        self,
        run: Run,
        steps: int,
        *,
        clock: Callable[[], float] = lambda: 0.0,
        wall_clock: Callable[[], float] = lambda: 0.0,
        kept: Kept | None = None,
        until: Condition | None = None,
    ) -> None:
        """`steps` are those that the run is meant to have. `kept` is told of frames worth keeping, with their paths.

        `until` is asked at each look, and at the steps that it names; one of a run that was taken up counts where that
        stands. `clock` is a steady one, in seconds, by which the run's keeper is told how long training took.
        """
        self.run, self._every, self._until = run, looks_every(steps), until
        self._clock, self._wall_clock, self._kept = clock, wall_clock, kept
        self.stopped = False  # whether `until` has held at the newest look
        if until is not None and run.step and not run.repeats():
            self._look_if_due()  # as when it was there first: it stopped there, if it did

    def step(self) -> tuple[StepMetrics, bool]:
        """Train one step, with the changes that are due, and look if it is time to.

        Returns what it measured, and whether training can go on from there.
        """
        run = self.run
        run.make_due_changes()
        start = self._clock()
        done = run.engine.step()
        trouble = run.trained([done], self._clock() - start)
        if trouble is not None:
            run.failed()
            self.stopped = self._until is not None and self._until.holds({}, run.chronicle.diagnosis.state)
        elif not run.repeats():
            self._look_if_due()
        return done, trouble is None

    def read(self) -> dict[str, float | None]:
        """What the instruments say now, of all POINTS fakes; None where a number is not defined."""
        reading = self._look(_FINE, POINTS)
        values = [math.nan] * len(READINGS) if reading is None else reading.values.tolist()
        return {name: _number(value) for name, value in zip(READINGS, values, strict=True)}

    def _look_if_due(self) -> None:
        """Look where it is time to, and ask whether what is waited for holds."""
        step, until = self.run.step, self._until
        if step % self._every and (until is None or step not in until.steps):
            return
        self._look(*AT_REST)
        newest = self.run.history.newest
        if until is not None and newest is not None and newest.step == step:
            self.stopped = holds_at(until, self.run, newest)

    def _look(self, resolution: int, points: int) -> Reading | None:
        run = self.run
        try:
            frame = run.look(self._wall_clock(), resolution=resolution, points=points)
        except FloatingPointError:
            run.chronicle.diverged(run.step)
            return None
        told, path = run.with_path(frame)
        if run.take(told) and self._kept is not None:
            self._kept(told, path)
        return told.reading


def looks_every(steps: int) -> int:
    """Steps from one look to the next of a run that is meant to have so many."""
    return min(max(1, steps // _LOOKS), SELDOM)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
