"""The way to a step that is known already: which changes to make when, where to stop, and whether all is as recorded.

Pure: it knows neither the engine nor the file, only steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

from gan_core.records.steps import Change, StepMetrics
from gan_core.run.history import MetricsLog
from gan_core.texts.catalogue import say


class Journey:
    """Where a run is going, and up to which step it only repeats what is recorded."""

    def __init__(self, known: int = 0, goal: int | None = None, changes: Iterable[Change] = ()) -> None:
        """Up to step `known` everything is recorded; at step `goal` the run pauses. `changes` come in order."""
        self.known, self.goal = known, goal
        self._due = deque(changes)

    def repeats(self, step: int) -> bool:
        """Whether a run at this step stands before the last one that is recorded."""
        return step < self.known

    def arrived(self, step: int) -> bool:
        """Whether the run is where it was to go."""
        return self.goal is not None and step >= self.goal

    def steps_until_something(self, step: int, at_most: int) -> int:
        """How many steps may be trained before a change or the goal."""
        stops = [change.step - 1 for change in list(self._due)[:1]]
        stops += [] if self.goal is None else [self.goal]
        return min([at_most, *(stop - step for stop in stops)])

    def take_due(self, step: int) -> list[Change]:
        """Changes that are in force from step + 1 on and were not taken yet."""
        taken = []
        while self._due and self._due[0].step <= step + 1:
            taken.append(self._due.popleft())
        return taken

    def difference(self, metrics: Iterable[StepMetrics], recorded: MetricsLog) -> str | None:
        """A sentence if re-run steps have other metrics than are recorded of them, by a single bit."""
        for m in metrics:
            if m.step > self.known or recorded.stride > 1:
                return None
            row = np.array([(m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy)], np.float32)
            if row.tobytes() != recorded.read(m.step - 1, 1).tobytes():
                return say("note.other-numbers", step=m.step)
        return None
