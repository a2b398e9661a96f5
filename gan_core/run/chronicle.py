"""The story of a run: in which state it is, since when, and what happened on the way.

Fed with look after look; the rules themselves stand in `gan_core.run.diagnosis`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import torch

from gan_core.records.arrays import POINT_SCALE
from gan_core.records.frames import FixedPoints, Snapshot
from gan_core.records.readings import PLACE
from gan_core.records.steps import Change
from gan_core.records.story import Diagnosis, Event
from gan_core.run import diagnosis
from gan_core.run.diagnosis import LOOKS, WINDOW, Look, Watch, diagnose, diagnose_supervised, narrow_for
from gan_core.run.history import History, MetricsLog

MAX_EVENTS = 200  # the newest ones are held
_GESTURE = 25  # steps: changes of one value closer than this are one event
_D_GUESSES = 0.25  # squared error of a discriminator that always says 0.5

Rule = Callable[[Sequence[Look]], str]


class Chronicle:
    """What happened in one run so far."""

    def __init__(self, rule: Rule = diagnose) -> None:
        """`rule` names the state from the newest looks."""
        self._rule, self._watch = rule, Watch()
        self._looks: deque[Look] = deque(maxlen=WINDOW + LOOKS)
        self._events: deque[Event] = deque(maxlen=MAX_EVENTS)

    @property
    def diagnosis(self) -> Diagnosis:
        """The state now."""
        now = self._watch.current
        return Diagnosis(now.state, now.step)

    @property
    def newest(self) -> Look | None:
        """The newest look; None before the first one beyond step 0."""
        return self._looks[-1] if self._looks else None

    def add(self, frame: Snapshot, metrics: MetricsLog) -> None:
        """Take in a look at a step beyond the last one; `metrics` are those up to it."""
        last = self._looks[-1].step if self._looks else 0
        if frame.reading is None or frame.step <= last:
            return
        value = frame.reading.values.tolist()
        d_loss, g_loss = metrics.mean_losses(last, frame.step)
        self.look(
            Look(
                step=frame.step,
                coverage=value[PLACE["coverage"]],
                on_band=value[PLACE["on_band"]],
                spread=value[PLACE["spread"]],
                centre=frame.trail_point.centre,
                saturated=value[PLACE["saturated"]],
                d_loss=d_loss,
                g_loss=g_loss,
            )
        )

    def look(self, look: Look) -> None:
        """Take in what a look beyond the last one gave."""
        self._looks.append(look)
        self._note(look.step, self._rule(tuple(self._looks)))

    def diverged(self, step: int) -> None:
        """Note that a loss of this step was not finite."""
        self._note(step, "diverged")

    def events(self, changes: Iterable[Change]) -> tuple[Event, ...]:
        """What happened, the visitor's changes included, in order of steps; at most MAX_EVENTS, the newest."""
        return tuple(sorted([*self._events, *_gestures(changes)], key=lambda event: event.step)[-MAX_EVENTS:])

    def _note(self, step: int, state: str) -> None:
        change = self._watch.add(step, state)
        if change is not None:
            self._events.append(Event(change.step, "diagnosis", {"state": change.state}))


def begin_chronicle(points: FixedPoints, history: History) -> Chronicle:
    """The chronicle of a run with these fixed points, up to where its history goes."""
    chronicle = Chronicle(rule_for(points))
    for step in history.kept_steps():
        frame = history.at(step)
        if frame is not None:
            chronicle.add(frame, history.metrics)
    return chronicle


def rule_for(points: FixedPoints) -> Rule:
    """The rule for a run's task."""
    if points.task == "gan":
        chance = next((guide.loss for guide in points.guides if guide.modes == guide.of), None)
        parts = len(points.strata.shares) if points.strata else 0
        narrow = narrow_for(points.floors.get("spread", math.inf), points.one_mode)
        return partial(diagnose, parts=parts, chance=chance, narrow=narrow)
    if points.task == "none":
        return lambda looks: "undecided"
    if points.task == "fit":
        spread = torch.from_numpy(points.reals / POINT_SCALE).var(0).mean()
        return partial(_alone, lambda look: look.g_loss, 0.0, float(spread))
    return partial(_alone, lambda look: look.d_loss, points.best or 0.0, _D_GUESSES)


def _alone(loss: Callable[[Look], float], best: float, untrained: float, looks: Sequence[Look]) -> str:
    if len(looks) < diagnosis.LEAST_LOOKS:
        return "undecided"
    recent = [loss(look) for look in looks[-LOOKS:]]
    return diagnose_supervised(sum(recent) / len(recent), best, untrained)


def _gestures(changes: Iterable[Change]) -> list[Event]:
    """One event for each time that a value was moved, however often on the way."""
    moved: list[list[Change]] = []
    last: dict[str, list[Change]] = {}
    for change in changes:
        before = last.get(change.name)
        if before and change.step - before[-1].step < _GESTURE:
            before.append(change)
        else:
            last[change.name] = [change]
            moved.append(last[change.name])
    return [
        Event(all_[0].step, "change", {"name": all_[0].name, "old": all_[0].old, "new": all_[-1].new}) for all_ in moved
    ]
