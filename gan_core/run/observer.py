"""What came of a run without a browser: the instruments and the diagnosis of the page, at regular looks."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import asdict
from typing import Any

from gan_core.looking.instruments import with_chase
from gan_core.looking.measures.quality import floors
from gan_core.looking.probe import AT_REST, LIVE_LEVELS, POINTS, Probe
from gan_core.records.readings import READINGS
from gan_core.records.records import Change, Diagnosis, Moment, Reading, Snapshot, StepMetrics, TrailPoint
from gan_core.run.chronicle import Chronicle, rule_for
from gan_core.run.history import TRAIL_STEPS, MetricsLog
from gan_core.setup.config import HyperParameters
from gan_core.setup.presets import Preset
from gan_core.training.engine import GANEngine

_LOOKS = 100  # at a run, if that is not too seldom:
_SELDOM = 20  # steps between two looks at most, so that the diagnosis has ten of them in its 200 steps
_FINE = LIVE_LEVELS[-1].resolution  # cells a side, of the reading that is told


class Observer:
    """Looks at a run as it goes. Looking never changes training."""

    def __init__(self, engine: GANEngine, steps: int) -> None:
        """`steps` are those that the run is meant to have."""
        self.probe = Probe(engine.config, engine.compute.device)
        self.metrics = MetricsLog()
        self._engine, self._every = engine, min(max(1, steps // _LOOKS), _SELDOM)
        self._chronicle = Chronicle(rule_for(self.probe.fixed_points(0)))
        self._trail: deque[TrailPoint] = deque()
        self._values, self._changes = engine.values, list[Change]()
        self._started = time.perf_counter()

    def take(self, metrics: StepMetrics) -> None:
        """Take in the step that was just trained, and look at the networks when it is time to."""
        self._changes += _changes(metrics.step, self._values, self._engine.values)
        self._values = self._engine.values
        if not metrics.is_finite():
            self._chronicle.diverged(metrics.step)
            return
        self.metrics.append(metrics)
        if metrics.step % self._every == 0:
            self._look(*AT_REST)

    @property
    def diagnosis(self) -> Diagnosis:
        """The state of the run, as of the last look."""
        return self._chronicle.diagnosis

    def read(self) -> dict[str, float | None]:
        """What the instruments say now, of all POINTS fakes; None where a number is not defined."""
        reading = self._look(_FINE, POINTS)
        values = [math.nan] * len(READINGS) if reading is None else reading.values.tolist()
        return {name: _number(value) for name, value in zip(READINGS, values, strict=True)}

    def summary(self, preset: Preset, seed: int) -> dict[str, Any]:
        """Everything worth keeping, as JSON can hold it: null where a number is not defined."""
        seconds = time.perf_counter() - self._started
        readings, diagnosis = self.read(), self.diagnosis
        return {
            "preset": preset.name,
            "claim": preset.claim,
            "task": self._engine.config.task,
            "seed": seed,
            "steps": self._engine.steps,
            "precision": self._engine.compute.precision,
            "seconds": round(seconds, 3),
            "diagnosis": asdict(diagnosis),
            "events": [asdict(event) for event in self._chronicle.events(self._changes)],
            "readings": readings,
            "floors": {
                name: value for name, value in floors(self._engine.target, POINTS).items() if math.isfinite(value)
            },
        }

    def _look(self, resolution: int, points: int) -> Reading | None:
        step = self._engine.steps
        try:
            frame: Snapshot = self.probe.look(
                self._engine.generator,
                self._engine.discriminator,
                Moment(0, step, time.time()),
                resolution=resolution,
                points=points,
            )
        except FloatingPointError:
            self._chronicle.diverged(step)
            return None
        if not self._trail or self._trail[-1].step < step:
            self._trail.append(frame.trail_point)
        while self._trail[0].step <= step - TRAIL_STEPS:
            self._trail.popleft()
        self._chronicle.add(frame, self.metrics)
        return frame.reading and with_chase(frame.reading, self._trail)


def _changes(step: int, old: HyperParameters, new: HyperParameters) -> list[Change]:
    before, after = vars(old), vars(new)
    return [Change(step, name, before[name], after[name]) for name in before if before[name] != after[name]]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
