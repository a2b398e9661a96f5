"""One run of a sweep as it goes: looked at as often as any other that nobody watches, but with less to look at.

A look is at the fakes alone, the very ones that the page shows (the first LIVE_POINTS of the fixed latents); no maps
are drawn. It makes the run's story, and so its verdict; some of the looks, and the end, are told in the table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from gan_core.looking.measures import neighbours
from gan_core.looking.measures.modes import mode_quality
from gan_core.looking.measures.quality import measure, place, saturated, spread
from gan_core.looking.probe import LIVE_POINTS, Probe
from gan_core.records.arrays import Float32Array
from gan_core.run.chronicle import Chronicle, rule_for
from gan_core.run.diagnosis import Look
from gan_core.run.observer import looks_every
from gan_core.setup.config import GANConfig
from gan_core.sweep.plan import Task
from gan_core.targets.registry import TARGETS
from gan_core.training.networks import MLP

TOLD = 10  # looks of a run that are told, evenly over its steps, the last one included
SHOWN = 256  # fakes of the end that are kept, to be seen
LOSSES: tuple[str, ...] = ("d_loss", "g_loss")
LOOK: tuple[str, ...] = ("coverage", "on_band", "spread", "x", "y", "saturated", *LOSSES)
# What is told, of LIVE_POINTS fakes; the two losses are means over the steps since the look before.
READ: tuple[str, ...] = ("coverage", "on_band", "distance", "spread", "saturated", "precision", "recall", "density")
READ += ("neighbour_coverage", "energy", "modes", "high_quality", "reverse_kl", *LOSSES)

Row = tuple[float, ...]  # a step, and what was seen there


class Eye:
    """What looks at runs of one kind of data: the fixed inputs, which take a while to make."""

    def __init__(self, config: GANConfig) -> None:
        self._probe = Probe(config, torch.device("cpu"))
        self._target = TARGETS.make(config.target)
        self.rule = rule_for(self._probe.fixed_points(0))
        self._reals = self._probe.reals[:LIVE_POINTS]
        self._near = neighbours.neighbourhoods(self._probe.reals[-neighbours.OF_A_LOOK :])

    def fakes(self, generator: MLP, step: int) -> Tensor:
        """The fakes (LIVE_POINTS, 2) at a step. Raises FloatingPointError when one is not finite."""
        return self._probe.fakes(generator, step, LIVE_POINTS)

    def glance(self, fakes: Tensor) -> dict[str, float]:
        """What the run's story needs of them; NaN where it is not defined."""
        placed = place(fakes, self._target) if self._target.strata else None
        x, y = fakes.mean(dim=0).tolist()
        return {
            "coverage": placed.coverage if placed else math.nan,
            "on_band": placed.on_band if placed else math.nan,
            "spread": spread(fakes),
            "x": x,
            "y": y,
            "saturated": saturated(fakes),
        }

    def read(self, fakes: Tensor) -> dict[str, float]:
        """What is told of them."""
        found = measure(fakes, self._reals, self._target)
        return found | neighbours.measure(fakes[: neighbours.OF_A_LOOK], self._near) | self.modes(fakes)

    def modes(self, fakes: Tensor) -> dict[str, float]:
        """How many modes they have, and how well; nothing where the data have none."""
        return {} if self._target.modes is None else mode_quality(fakes, self._target.modes)


def eye_for(config: GANConfig) -> Eye:
    """The eye for a configuration; runs of the same data, latents and objective share one."""
    usual = GANConfig()
    rest = {
        name: getattr(usual, name) for name in ("generator", "discriminator", "optimiser_g", "optimiser_d", "batch")
    }
    return _eye(replace(config, **rest, penalty="none", ema=0.0, unrolled=0, consensus=0.0, noise_steps=0))


@lru_cache(maxsize=8)
def _eye(config: GANConfig) -> Eye:
    return Eye(config)


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
        self._told_at = {-(-task.steps * (i + 1) // TOLD) for i in range(TOLD)}

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
        return min([due, *(step for step in self._told_at if step > self.step)])

    def trained(self, losses: Float32Array) -> None:
        """Take the losses of D and G of the steps (n, 2) since."""
        self._sums += (*losses.sum(axis=0, dtype=np.float64), len(losses))
        self.step += len(losses)

    def look(self, generator: MLP) -> Mapping[str, float]:
        """Look at the present step, and end the run if it was its last; returns what was seen."""
        losses = dict(zip(("d_loss", "g_loss"), (self._sums[:2] / max(self._sums[2], 1)).tolist(), strict=True))
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
        if self.step in self._told_at:
            self.told.append(_row(self.step, self._eye.read(fakes) | losses, READ))
        if self.step >= self.task.steps:
            self.ended = "steps"
        return seen

    def stop(self, generator: MLP) -> None:
        """End it here, at a look, because a condition is met; the end is told."""
        if not self.told or self.told[-1][0] < self.step:
            fakes, seen = self._eye.fakes(generator, self.step), dict(zip(LOOK, self.looks[-1][1:], strict=True))
            self.told.append(_row(self.step, self._eye.read(fakes) | {n: seen[n] for n in LOSSES}, READ))
        self.ended = "until"

    def diverge(self, step: int) -> None:
        """End it: what `step` measured is no number."""
        self._chronicle.diverged(step)
        self.ended = "diverged"

    def modes(self, generator: MLP) -> Mapping[str, float]:
        """What the last look says of the modes of the data, for a condition that asks for it."""
        return self._eye.modes(self._eye.fakes(generator, self.step))


def _row(step: int, values: Mapping[str, float], names: Sequence[str]) -> Row:
    # In float32, as a checkpoint holds them: a run that was taken up again is told of as one that was not.
    return float(step), *np.array([values.get(name, math.nan) for name in names], np.float32).tolist()


def _as_look(row: Row) -> Look:
    of = dict(zip(LOOK, row[1:], strict=True))
    centre = of.pop("x"), of.pop("y")
    return Look(step=int(row[0]), centre=centre, **of)
