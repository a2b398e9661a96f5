"""A run that nobody watches, trained and looked at regularly: so that it has the readings and the story of one that is.

Looking never changes training.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gan_core.looking.probe import AT_REST, LIVE_LEVELS, POINTS
from gan_core.records.frames import Reading, Snapshot, TrailPoint
from gan_core.records.readings import READINGS
from gan_core.records.steps import StepMetrics
from gan_core.run.run import Run

_LOOKS = 100  # at a run, if that is not too seldom:
_SELDOM = 20  # steps between two looks at most, so that the diagnosis has ten of them in its 200 steps
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
    ) -> None:
        """`steps` are those that the run is meant to have. `kept` is told of frames worth keeping, with their paths.

        `clock` is a steady one, in seconds, by which the run's keeper is told how long training took.
        """
        self.run, self._every = run, looks_every(steps)
        self._clock, self._wall_clock, self._kept = clock, wall_clock, kept

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
        elif run.step % self._every == 0 and not run.repeats():
            self._look(*AT_REST)
        return done, trouble is None

    def read(self) -> dict[str, float | None]:
        """What the instruments say now, of all POINTS fakes; None where a number is not defined."""
        reading = self._look(_FINE, POINTS)
        values = [math.nan] * len(READINGS) if reading is None else reading.values.tolist()
        return {name: _number(value) for name, value in zip(READINGS, values, strict=True)}

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
    return min(max(1, steps // _LOOKS), _SELDOM)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
