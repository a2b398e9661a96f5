"""Recorded runs trained again: to stand at any step of theirs, and to prove that they are what their files say.

Knows no threads and no browser. A re-run computes as the recorded run did, in the same arithmetic and with as many
threads, so that on the same processor and version of torch it gives the same bits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain

import torch

from gan_core.recording.file.checkpoint import state_bytes, unpack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.records.outcomes import Cancelled
from gan_core.records.steps import Change, StepMetrics
from gan_core.rerun.recorded import Recorded, stored
from gan_core.setup.recipe import Recipe, preset_of
from gan_core.texts.catalogue import say
from gan_core.training.batches import BLOCK
from gan_core.training.engine import GANEngine, State
from gan_core.training.known import check_known

Report = Callable[[int, int], bool]  # steps done, steps in all; False: nobody wants it any more
_AT_ONCE = 8  # steps between two reports; a GPU does a whole block of batches
_REMEMBERED_BYTES = 128 << 20  # of states on the way, for going back


def engine_for(recipe: Recipe, *, threads: int | None = None) -> GANEngine:
    """Make an engine that computes as the run did, at step 0. Raises ValueError with a sentence when this one cannot.

    `threads` None means as many as recorded.
    """
    if recipe.device == "cuda" and not torch.cuda.is_available():
        raise ValueError(say("rerun.no-cuda"))
    preset = preset_of(recipe)
    check_known(preset.config)
    return GANEngine(
        preset,
        recipe.seed,
        device=recipe.device,
        precision=recipe.precision,
        threads=recipe.threads if threads is None else threads,
    )


def retrained(
    engine: GANEngine, step: int, changes: Iterable[Change], stops: Iterable[int] = ()
) -> Iterator[list[StepMetrics]]:
    """Train on to `step` with each change in force from its step on: yields the metrics of some steps at a time.

    The engine then stands at the last of them, and at each of `stops` once. Raises FloatingPointError after losses that
    are not finite.
    """
    at_once = BLOCK if engine.compute.device.type == "cuda" else _AT_ONCE
    due = deque(change for change in changes if change.step > engine.steps)
    ahead = deque(sorted(stop for stop in {*stops, step} if engine.steps < stop <= step))
    while ahead:
        while due and due[0].step <= engine.steps + 1:
            change = due.popleft()
            engine.set(**{change.name: change.new})
        until = min(ahead[0], engine.steps + at_once, due[0].step - 1 if due else step)
        done = engine.advance(until - engine.steps)
        if engine.steps == ahead[0]:
            ahead.popleft()
        yield done
        if not done[-1].is_finite():
            raise FloatingPointError(say("rerun.not-finite", step=done[-1].step))


class Replay:
    """An engine that is led through one recorded run, to one step after the other.

    Going on costs the steps in between. So that going back by one costs little too, it remembers the states that lay
    1, 2, 4, 8, ... steps before the one it was sent to.
    """

    def __init__(self, recipe: Recipe, engine: GANEngine | None = None) -> None:
        """`engine` stands at a step of this run already. Raises ValueError when this machine cannot compute so."""
        self.recipe = recipe
        self.engine = engine_for(recipe) if engine is None else engine
        # Whether the recorded metrics on the way from the checkpoint to this step came out again, bit for bit; None if
        # none are recorded there.
        self.verified: bool | None = None
        self._within = engine is not None  # the run, and not only made for it
        self._states: dict[int, tuple[State, bool | None]] = {}
        most = _REMEMBERED_BYTES // state_bytes(self.engine.config)
        self._back = [2**i for i in range(min(most, 12))]

    def go_to(self, file: RunFile, step: int, report: Report | None = None) -> None:
        """Stand at `step`, before any change of the next one.

        Raises ValueError or FloatingPointError with a sentence when that cannot be, and Cancelled when `report` says
        so; the engine then stands at some step of the run.
        """
        first, last = file.first_step(), file.last_step()
        if not first <= step <= last:
            raise ValueError(say("rerun.no-step", first=first, last=last, step=step))
        changes = file.changes()
        self._start_near(file, step)
        start = self.engine.steps
        stops = {start, *(step - back for back in self._back)} if self._back and start < step else set()
        recorded = Recorded(file, start, step)
        for done in chain([[]], retrained(self.engine, step, changes, stops)):
            if done and self.verified is not False:
                self.verified = recorded.compare(done)
            if self.engine.steps in stops:
                self._states[self.engine.steps] = self.engine.state(), self.verified
            if report is not None and not report(self.engine.steps - start, step - start):
                raise Cancelled
        self._forget(step)

    def _start_near(self, file: RunFile, step: int) -> None:
        """Stand at the nearest step before or at `step` that takes no training."""
        ways: list[tuple[int, int, Callable[[int], bool]]] = [
            *((known, 0, partial(self._load, file)) for known in file.checkpoint_steps()),
            *((known, 1, self._recall) for known in self._states),
        ]
        if self._within:
            ways.append((self.engine.steps, 2, lambda known: True))
        for known, _, go in sorted((way for way in ways if way[0] <= step), key=lambda way: way[:2], reverse=True):
            if go(known):
                self.engine.set(**file.values_at(known))
                self._within = True
                return
        raise ValueError(say("rerun.all-damaged", step=step))

    def _recall(self, step: int) -> bool:
        state, self.verified = self._states[step]
        self.engine.restore(state)
        return True

    def _load(self, file: RunFile, step: int) -> bool:
        """Restore a checkpoint. False if it is damaged: an earlier one will do."""
        packed = stored(file, step)
        if packed is None:
            return False
        self.engine.restore(unpack_state(packed, self.engine.config, file.values_at(step)))
        self.verified = True
        return True

    def _forget(self, step: int) -> None:
        """Keep one state for each power of two that it lies back, the farthest."""
        steps = {(step - known).bit_length(): known for known in sorted(self._states, reverse=True) if known < step}
        nearest = sorted(steps.values(), reverse=True)[: len(self._back)]
        self._states = {known: self._states[known] for known in nearest}


def engine_at(file: RunFile, step: int, *, engine: GANEngine | None = None, report: Report | None = None) -> GANEngine:
    """Return an engine that stands at `step`, before any change of the next one.

    Goes on from `engine` if it stands at a step of the same run beyond the newest checkpoint up to `step`.
    Raises ValueError or FloatingPointError with a sentence when that cannot be, and Cancelled when `report` says so.
    """
    replay = Replay(file.recipe, engine)
    replay.go_to(file, step, report)
    return replay.engine
