"""One run as it goes: its networks, what is kept of it, its story, and the way to what is known of it already.

No thread, no clock and no file of its own. Whoever trains it says how long that took, hands in the lock that its
readers share, and a keeper if it is to be written down. Fields are written by the one that trains alone, and under the
lock; readers on other threads hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from itertools import takewhile
from typing import Any, Protocol

import torch

from gan_core.looking.instruments import with_chase
from gan_core.looking.lenses import NEED_BESIDE
from gan_core.looking.measures.quality import quality
from gan_core.looking.probe import Probe
from gan_core.records.ending import Ending
from gan_core.records.frames import Moment, Snapshot, TrailPoint
from gan_core.records.status import Progress, Status, run_info
from gan_core.records.steps import Change, InForce, StepMetrics
from gan_core.run.chronicle import begin_chronicle
from gan_core.run.history import History
from gan_core.run.journey import Journey
from gan_core.setup.presets import Preset
from gan_core.setup.recipe import Recipe
from gan_core.system.machine import machine
from gan_core.training.engine import GANEngine, State
from gan_core.training.known import check_values
from gan_core.training.tasks import TASKS

MAX_ROWS_PER_READ = 50_000  # rows of metrics in one answer: 800 kB
MAX_READINGS = 2000  # in one answer: 360 kB

MakeEngine = Callable[..., GANEngine]


class Keeper(Protocol):
    """Writes a run down as it goes. `gan_core.recording.recorder` has one; none of its methods waits for a disk."""

    def trained(self, metrics: Sequence[StepMetrics], seconds: float) -> None:
        """Take new steps, trained within so many seconds."""

    def changed(self, change: Change) -> None:
        """Take a change of a live value."""

    def begins_gesture(self) -> bool:
        """Whether a change now is the first after a pause: the state before it is worth a checkpoint."""

    def wants_checkpoint(self) -> bool:
        """Whether the state as it is now should be handed over."""

    def checkpoint(self, step: int, state: State) -> None:
        """Take the state after `step` and before any change of the next one."""


class Run:
    """An engine with everything that is known of the run it trains."""

    def __init__(
        self,
        recipe: Recipe,
        engine: GANEngine,
        history: History | None = None,
        *,
        number: int = 0,
        known: int = 0,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        """`history` has what is known up to step `known`; the engine may stand before it.

        `number` tells runs of one server apart.
        """
        self.recipe, self.engine, self.number = recipe, engine, number
        self.probe = Probe(engine.config, engine.compute.device)
        self.points = self.probe.fixed_points(number)
        self.info = run_info(recipe, number, by_hand=engine.by_hand)
        self.keeper: Keeper | None = None  # any thread may set it
        self._lock = nullcontext() if lock is None else lock
        # Written under the lock:
        self.history = History() if history is None else history
        self.chronicle = begin_chronicle(self.points, self.history)
        self.journey = Journey(known)
        self.step = engine.steps  # the last one whose losses were numbers
        self.values = values_in_force(recipe, self.history.changes_from(0)[1])
        self.note: str | None = None  # that steps came out otherwise than they were recorded

    # -- training ----------------------------------------------------------------------------------------------------

    @property
    def ends(self) -> int | None:
        """The step after which nothing more happens, if its task has one."""
        return TASKS[self.engine.config.task].ends

    def at_the_end(self) -> bool:
        """Whether it has come to where its task ends."""
        return self.ends is not None and self.step >= self.ends

    def set_out(self, goal: int, changes: Iterable[Change] = ()) -> None:
        """Have it go to step `goal`, with the given changes at their steps."""
        self.journey = Journey(self.journey.known, goal, changes)

    def settle(self) -> None:
        """Have it go nowhere in particular any more. To be called with the lock held."""
        self.journey = Journey(self.journey.known)

    def arrived(self) -> bool:
        """Whether it is where it was to go."""
        return self.journey.arrived(self.step)

    def repeats(self) -> bool:
        """Whether it stands before the last step that is recorded."""
        return self.journey.repeats(self.step)

    def steps_until_something(self, at_most: int) -> int:
        """How many steps may be trained before a change, the goal or the end."""
        wanted = self.journey.steps_until_something(self.step, at_most)
        return min(wanted, self.ends - self.step) if self.ends is not None and self.step < self.ends else wanted

    def make_due_changes(self) -> None:
        """Make the changes that are in force from the next step on."""
        for change in self.journey.take_due(self.step):
            if change.step <= self.journey.known:
                self.engine.set(**{change.name: change.new})  # it is in the history already
            else:
                self.change({change.name: change.new})

    def trained(self, done: Sequence[StepMetrics], seconds: float) -> StepMetrics | None:
        """Take in what the engine has just done within `seconds`; returns the first step without finite losses."""
        good = list(takewhile(StepMetrics.is_finite, done))
        with self._lock:
            for metrics in good:
                self.step = metrics.step
                if metrics.step > self.journey.known:
                    self.history.metrics.append(metrics)
            self.note = self.note or self.journey.difference(good, self.history.metrics)
        keeper = self.keeper  # once: it may be taken away meanwhile
        if keeper is not None and good and self.step > self.journey.known:
            keeper.trained(good, seconds)
            if self.step == self.engine.steps and keeper.wants_checkpoint():
                keeper.checkpoint(self.step, self.engine.state())
        return done[len(good)] if len(good) < len(done) else None

    def failed(self) -> None:
        """Note that training stopped by itself. To be called with the lock held."""
        if self.engine.steps > self.step:  # it was a step that failed
            self.chronicle.diverged(self.step + 1)

    def change(self, values: Mapping[str, float]) -> None:
        """Give live hyper-parameters other values from the next step on.

        They go into the log one by one, those that become 0 last, so that never both networks have no updates.
        Raises ValueError, with a sentence, for what there is no step for; then nothing is changed.
        """
        self.engine.checked(**values)
        old = {name: self.values[name].value for name in values}
        changes = [Change(self.step + 1, name, old[name], new) for name, new in values.items() if new != old[name]]
        changes.sort(key=lambda change: change.new == 0)
        keeper = self.keeper
        if changes and keeper is not None and keeper.begins_gesture():
            keeper.checkpoint(self.step, self.engine.state())  # as it was before it was touched
        self.engine.set(**values)
        with self._lock:
            for change in changes:
                self.history.add_change(change)
                self.values = {**self.values, change.name: InForce(change.new, change.step)}
        if keeper is not None:
            for change in changes:
                keeper.changed(change)

    def keep(self) -> None:
        """Hand the state that training can go on from to the keeper."""
        keeper = self.keeper
        if keeper is not None:
            keeper.checkpoint(self.step, self.engine.state())

    # -- looking -----------------------------------------------------------------------------------------------------

    def look(self, created: float, **how: Any) -> Snapshot:
        """Look at the present step, at `created` seconds since the epoch.

        Raises FloatingPointError when a network's output is not finite. `how` is as of `Probe.look_in_parts`.
        """
        return self.probe.look(self.engine.generator, self.engine.discriminator, self.moment(created), **how)

    def look_in_parts(self, created: float, **how: Any) -> Iterator[Snapshot | None]:
        """The same in short parts: yields None after each, and the snapshot last."""
        return self.probe.look_in_parts(self.engine.generator, self.engine.discriminator, self.moment(created), **how)

    def moment(self, created: float) -> Moment:
        """The present step."""
        return Moment(self.number, self.step, created)

    def through(self, lenses: Collection[str]) -> dict[str, Any]:
        """What `look` is to be told for those lenses."""
        shown = frozenset(lenses) & self.probe.lenses
        return {"lenses": shown, "of_g": self.engine.beside_generator() if shown & NEED_BESIDE else {}}

    def with_path(self, frame: Snapshot) -> tuple[Snapshot, list[TrailPoint]]:
        """The frame with what can only be read along the fakes' path, and that path, the frame's own point last."""
        earlier = [point for point in self.history.trail(frame.step) if point.step < frame.step]
        path = [*earlier, frame.trail_point]
        if frame.reading is not None:
            frame = replace(frame, reading=with_chase(frame.reading, path))
        return frame, path

    def take(self, frame: Snapshot, *, sharper: bool = False) -> bool:
        """Take a frame in, as a sharper one of the newest step if it is; returns whether it is kept.

        To be called with the lock held.
        """
        if sharper:
            self.history.sharpen(frame)
        else:
            self.history.add_frame(frame)
        self.chronicle.add(frame, self.history.metrics)
        return self.history.keeps(frame)

    def progress(self, status: Status, start: int, changes_from: int, readings_from: int) -> Progress:
        """Metrics from row `start`, changes from number `changes_from`, readings from a step on, and the story.

        To be called with the lock held.
        """
        history = self.history
        rows = history.metrics.rows
        start = min(max(start, 0), rows)
        first_change, changes = history.changes_from(min(max(changes_from, 0), history.changes_total))
        return Progress(
            status=status,
            start=start,
            rows=rows,
            stride=history.metrics.stride,
            metrics=history.metrics.read(start, MAX_ROWS_PER_READ),
            extremes=history.metrics.read_extremes(start, MAX_ROWS_PER_READ),
            changes_from=first_change,
            changes=changes,
            kept=tuple(history.kept_steps()),
            readings=history.readings(readings_from, MAX_READINGS),
            events=self.chronicle.events(history.changes_from(0)[1]),
        )

    def ending(self) -> Ending:
        """What has come of it so far. Raises FloatingPointError when there are no fakes to judge."""
        state = self.chronicle.diagnosis.state
        found: dict[str, str | float | None] = {} if state == "undecided" else {"state": state}
        if "generator" in TASKS[self.engine.config.task].trains:
            found |= quality(self.probe.fakes(self.engine.generator, self.step), self.engine.target)
        return found


def begin(
    preset: Preset,
    seed: int,
    *,
    run_id: str = "",
    created: float = 0.0,
    number: int = 0,
    sweep: str | None = None,
    lock: AbstractContextManager[Any] | None = None,
    make_engine: MakeEngine = GANEngine,
    **options: Any,
) -> Run:
    """A new run at step 0, with the engine that `options` ask for.

    `run_id` names it in a folder, `created` is in seconds since the epoch; `sweep` is the one that it comes from.
    Raises ValueError for an option that this machine cannot meet.
    """
    engine = make_engine(preset, seed, **options)
    check_values(engine.config, preset.values)
    recipe = replace(recipe_of(engine, preset, run_id, created), sweep=sweep)
    return Run(recipe, engine, number=number, lock=lock)


def recipe_of(engine: GANEngine, preset: Preset, run_id: str, created: float) -> Recipe:
    """The recipe of a run that this engine, at step 0, begins as `preset` says, on this machine."""
    compute = engine.compute
    return Recipe(
        id=run_id,
        preset=preset.name,
        config=asdict(engine.config),  # with every number of its parts
        values=asdict(preset.values),
        seed=engine.seed,
        device=compute.device.type,
        precision=compute.precision,
        threads=compute.threads,
        torch=torch.__version__,
        machine=machine(),
        created=created,
    )


def values_in_force(recipe: Recipe, changes: Iterable[Change]) -> Mapping[str, InForce]:
    """The live hyper-parameters after these changes, all that there were."""
    values = {name: InForce(value, 1) for name, value in recipe.values.items()}
    for change in changes:
        values[change.name] = InForce(change.new, change.step)
    return values
