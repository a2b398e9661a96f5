"""One run of a sweep as it goes: looked at as often as any other that nobody watches, but with less to look at.

The looks make its story, and so its verdict; some of them, and the end, are told in the table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from gan_core.records.arrays import Float32Array
from gan_core.records.condition import OF_MODES, read_condition
from gan_core.run.chronicle import Chronicle
from gan_core.run.diagnosis import Look
from gan_core.run.observer import looks_every
from gan_core.sweep.eye import LOOK, LOSSES, READ, eye_for
from gan_core.sweep.plan import Task
from gan_core.training.networks import MLP

TOLD = 10  # looks of a run that are told, evenly over its steps, the last one included
SHOWN = 256  # fakes of the end that are kept, to be seen

Row = tuple[float, ...]  # a step, and what was seen there


class Member:
    """What is known of one run so far."""

    def __init__(self, task: Task, looks: Sequence[Row] = (), told: Sequence[Row] = (), seconds: float = 0.0) -> None:
        """`looks` and `told` are what there is of it already, `seconds` those of one core that went into it."""
        self.task, self.looks, self.told, self.seconds = task, [*looks], [*told], seconds
        self.ended = ""  # "steps", "until" or "diverged", once it is
        self.step = int(looks[-1][0]) if looks else 0
        self.shown: Float32Array = np.zeros((0, 2), np.float32)  # fakes at the last look
        self._eye = eye_for(task.config)
        self._sums = np.zeros(3)  # of both losses, and how many steps, since the last look
        self._chronicle = Chronicle(self._eye.rule)
        for row in self.looks:
            self._chronicle.look(_as_look(row))
        self._every = looks_every(task.steps)
        self._until = read_condition(task.until) if task.until else None
        self._told_at = {-(-task.steps * (i + 1) // TOLD) for i in range(TOLD)}
        self._at = self._told_at | (self._until.steps if self._until else set())

    @property
    def state(self) -> str:
        """What it is in."""
        return self._chronicle.diagnosis.state

    @property
    def since(self) -> int:
        """The step from which on it is in that state."""
        return self._chronicle.diagnosis.since

    def next_look(self) -> int:
        """The step of the next look."""
        due = min((self.step // self._every + 1) * self._every, self.task.steps)
        return min([due, *(step for step in self._at if step > self.step)])

    def trained(self, losses: Float32Array) -> None:
        """Take the losses of D and G of the steps (n, 2) since."""
        self._sums += (*losses.sum(axis=0, dtype=np.float64), len(losses))
        self.step += len(losses)

    def look(self, generator: MLP) -> Mapping[str, float]:
        """Look at the present step, and end the run if it was its last; returns what was seen."""
        losses = dict(zip(LOSSES, (self._sums[:2] / max(self._sums[2], 1)).tolist(), strict=True))
        self._sums[:] = 0
        try:
            fakes = self._eye.fakes(generator, self.step)
        except FloatingPointError:
            self.diverge(self.step)
            return {}
        self.shown = fakes[:SHOWN].numpy()
        seen = self._eye.glance(fakes) | losses
        self.looks.append(_row(self.step, seen, LOOK))
        self._chronicle.look(_as_look(self.looks[-1]))
        if self._until is not None and self._until.holds(self._facts(self._until.names, fakes, seen), self.state):
            self.ended = "until"
        elif self.step >= self.task.steps:
            self.ended = "steps"
        if self.ended or self.step in self._told_at:
            self.told.append(_row(self.step, self._eye.read(fakes) | losses, READ))
        return seen

    def _facts(self, names: frozenset[str], fakes: Tensor, seen: Mapping[str, float]) -> dict[str, float]:
        """What a condition asks for."""
        if names <= seen.keys() | {"step"}:
            return {**seen, "step": float(self.step)}
        of_modes = names <= seen.keys() | {"step", *OF_MODES}
        found = self._eye.modes(fakes) if of_modes else self._eye.read(fakes)
        return {**found, **seen, "step": float(self.step)}

    def diverge(self, step: int) -> None:
        """End it: what `step` measured is no number."""
        self._chronicle.diverged(step)
        self.ended = "diverged"


def _row(step: int, values: Mapping[str, float], names: Sequence[str]) -> Row:
    # In float32, as a checkpoint holds them: a run that was taken up again is told of as one that was not.
    return float(step), *np.array([values.get(name, math.nan) for name in names], np.float32).tolist()


def _as_look(row: Row) -> Look:
    of = dict(zip(LOOK, row[1:], strict=True))
    centre = of.pop("x"), of.pop("y")
    return Look(step=int(row[0]), centre=centre, **of)
