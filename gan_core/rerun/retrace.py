"""Recorded runs trained again: to stand at any step of theirs, and to prove that they are what their files say.

Knows no threads and no browser. A re-run computes as the recorded run did, in the same arithmetic and with as many
threads, so that on the same processor and version of torch it gives the same bits.
"""

from __future__ import annotations

import sqlite3
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

import numpy as np
import torch

from gan_core.recording.file.checkpoint import fingerprint, pack_state, state_bytes, unpack_state
from gan_core.recording.file.rows import rows_of
from gan_core.recording.file.run_file import RunFile
from gan_core.records.arrays import Float32Array
from gan_core.records.outcomes import Cancelled, Verdict
from gan_core.records.steps import Change, StepMetrics
from gan_core.run.extremes import collected, none, of_rows
from gan_core.setup.recipe import Recipe, preset_of
from gan_core.system.machine import machine
from gan_core.training.batches import BLOCK
from gan_core.training.engine import GANEngine, State
from gan_core.training.tasks import check_known

__all__ = ["Cancelled", "Replay", "Report", "Verdict", "engine_at", "engine_for", "retrained", "values_at", "verify"]

Report = Callable[[int, int], bool]  # steps done, steps in all; False: nobody wants it any more

_AT_ONCE = 8  # steps between two reports; a GPU does a whole block of batches
_REMEMBERED_BYTES = 128 << 20  # of states on the way, for going back


def engine_for(recipe: Recipe, *, threads: int | None = None) -> GANEngine:
    """Make an engine that computes as the run did, at step 0. Raises ValueError with a sentence when this one cannot.

    `threads` None means as many as recorded.
    """
    if recipe.device == "cuda" and not torch.cuda.is_available():
        raise ValueError("This run was trained on a CUDA device, and this machine has none that torch can use.")
    preset = preset_of(recipe)
    check_known(preset.config)
    return GANEngine(
        preset,
        recipe.seed,
        device=recipe.device,
        precision=recipe.precision,
        threads=recipe.threads if threads is None else threads,
    )


def values_at(recipe: Recipe, changes: Iterable[Change], step: int) -> dict[str, float]:
    """The hyper-parameters that step `step` was trained with; at 0, those of the beginning."""
    return {**recipe.values, **{change.name: change.new for change in changes if change.step <= step}}


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
            raise FloatingPointError(f"The losses of step {done[-1].step:,} are not finite when it is trained again.")


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
            raise ValueError(f"This run is recorded from step {first:,} to {last:,}; there is no step {step:,}.")
        changes = file.changes()
        self._start_near(file, step, changes)
        start = self.engine.steps
        stops = {start, *(step - back for back in self._back)} if self._back and start < step else set()
        recorded = _Recorded(file, start, step)
        for done in chain([[]], retrained(self.engine, step, changes, stops)):
            if done and self.verified is not False:
                self.verified = recorded.compare(done)
            if self.engine.steps in stops:
                self._states[self.engine.steps] = self.engine.state(), self.verified
            if report is not None and not report(self.engine.steps - start, step - start):
                raise Cancelled
        self._forget(step)

    def _start_near(self, file: RunFile, step: int, changes: Sequence[Change]) -> None:
        """Stand at the nearest step before or at `step` that takes no training."""
        ways: list[tuple[int, int, Callable[[int], bool]]] = [
            *((known, 0, partial(self._load, file)) for known in file.checkpoint_steps()),
            *((known, 1, self._recall) for known in self._states),
        ]
        if self._within:
            ways.append((self.engine.steps, 2, lambda known: True))
        for known, _, go in sorted((way for way in ways if way[0] <= step), key=lambda way: way[:2], reverse=True):
            if go(known):
                self.engine.set(**values_at(self.recipe, changes, known))
                self._within = True
                return
        raise ValueError(f"Every checkpoint up to step {step:,} is damaged.")

    def _recall(self, step: int) -> bool:
        state, self.verified = self._states[step]
        self.engine.restore(state)
        return True

    def _load(self, file: RunFile, step: int) -> bool:
        """Restore a checkpoint. False if it is damaged: an earlier one will do."""
        packed = _stored(file, step)
        if packed is None:
            return False
        self.engine.restore(unpack_state(packed, self.engine.config))
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


def verify(file: RunFile, report: Report | None = None, *, threads: int | None = None) -> Verdict:
    """Train the whole run again, and hold every checkpoint and every row of metrics against what is recorded.

    Stops at the first difference. The initial weights are drawn anew if the run's beginning is in the file.
    Raises ValueError with a sentence when this machine cannot compute as the run did, and Cancelled when `report` says
    so.
    """
    engine = engine_for(file.recipe, threads=threads)
    proof = _Proof(file, engine)
    mismatch = proof.run(report)
    note = _differences(file.recipe, engine)
    if mismatch and not proof.damaged:
        mismatch += f" {note}" if note else " Machine and torch are those that recorded it: the file was altered."
    return Verdict(proof.steps, proof.checkpoints, proof.rows, mismatch, note)


class _Proof:
    """A whole run, trained again."""

    def __init__(self, file: RunFile, engine: GANEngine) -> None:
        self._file, self._engine = file, engine
        self.steps = self.checkpoints = self.rows = 0
        self.damaged = False

    def run(self, report: Report | None) -> str:
        """Compare everything. Returns the first difference in a sentence, or nothing."""
        try:
            return next(filter(None, self._differences_on_the_way(report)), "")
        except FloatingPointError as error:
            return str(error)
        except (ValueError, sqlite3.Error) as error:
            self.damaged = True
            return f"After step {self._engine.steps:,} the file cannot be read as a run any further: {error}"

    def _differences_on_the_way(self, report: Report | None) -> Iterator[str]:
        file, engine = self._file, self._engine
        first, last, changes = file.first_step(), file.last_step(), file.changes()
        fingerprints = {step: known for step, known in file.fingerprints().items() if step <= last}
        if first:  # a part of a longer run
            packed = _stored(file, first)
            if packed is None:
                yield self._damage(first)
                return
            engine.restore(unpack_state(packed, engine.config))
        engine.set(**values_at(file.recipe, changes, first))
        recorded = _Recorded(file, first, last)
        for done in chain([[]], retrained(engine, last, changes, fingerprints)):
            recorded.compare(done)
            self.steps, self.rows = engine.steps - first, recorded.same
            if recorded.differs_at is not None:
                yield f"The metrics of step {recorded.differs_at:,} are not those recorded."
            if engine.steps in fingerprints:
                yield self._compare_state(fingerprints[engine.steps])
            if report is not None and not report(self.steps, last - first):
                raise Cancelled

    def _compare_state(self, known: str) -> str:
        step = self._engine.steps
        if step in self._file.checkpoint_steps() and _stored(self._file, step) is None:
            return self._damage(step)
        if fingerprint(pack_state(self._engine.state())) != known:
            return f"The weights, moments or random streams after step {step:,} are not those recorded."
        self.checkpoints += 1
        return ""

    def _damage(self, step: int) -> str:
        self.damaged = True
        return f"The checkpoint of step {step:,} is damaged: its content does not have its fingerprint."


class _Recorded:
    """The rows of metrics that are recorded of steps after+1 .. until, to hold a re-run against."""

    def __init__(self, file: RunFile, after: int, until: int) -> None:
        self.same = 0  # rows that came out again so far
        self.differs_at: int | None = None  # the first step whose row did not
        self._since = none(1)  # extremes of the steps that were trained again since the last row
        while True:  # a run that is being recorded may be thinned in between
            self._stride = file.stride
            self._first = -(-after // self._stride)
            count = max(0, -(-until // self._stride) - self._first)
            self._rows, self._extremes = file.metrics(self._first, count), file.extremes(self._first, count)
            if file.stride == self._stride:
                break
        if after > max(0, 1 + (self._first - 1) * self._stride) and len(self._rows):
            self._extremes = np.concatenate((of_rows(self._rows[:1]), self._extremes[1:]))  # not all its steps come

    def compare(self, done: Sequence[StepMetrics]) -> bool | None:
        """Whether these steps' rows came out again, bit for bit; None if none of them are recorded."""
        recorded = [m for m in done if (m.step - 1) % self._stride == 0]
        start = (recorded[0].step - 1) // self._stride - self._first if recorded else 0
        theirs = self._rows[start : start + len(recorded)]
        spans = self._spans(done)[: len(theirs)]
        if not len(theirs):
            return None
        equal = (_bits(rows_of(recorded[: len(theirs)])) == _bits(theirs)).all(axis=1)
        equal &= ~_beyond(self._extremes[start : start + len(theirs)], spans)
        if not equal.all() and self.differs_at is None:
            self.differs_at = recorded[int(equal.argmin())].step
        self.same += int(equal.sum()) if self.differs_at is None else int(equal.argmin())
        return bool(equal.all())

    def _spans(self, done: Sequence[StepMetrics]) -> Float32Array:
        """The extremes of these steps, for each row among them; of the first row perhaps not of all its steps."""
        if not done or self._stride == 1:
            return of_rows(rows_of(done))
        spans, self._since = collected(rows_of(done), (1 - done[0].step) % self._stride, self._stride, self._since)
        return spans


def _beyond(recorded: Float32Array, found: Float32Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether recorded extremes (n, 8) are numbers that there were not. They may be nearer: a branch knows less."""
    return np.asarray(((recorded[:, :4] < found[:, :4]) | (recorded[:, 4:] > found[:, 4:])).any(axis=1))


def _bits(rows: Float32Array) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    return np.ascontiguousarray(rows).view(np.uint32)


def _stored(file: RunFile, step: int) -> bytes | None:
    """The checkpoint of exactly this step; None if it is damaged, or not there any more."""
    try:
        found, packed = file.checkpoint_before(step)
        return packed if found == step and fingerprint(packed) == file.fingerprints()[step] else None
    except (ValueError, KeyError, TypeError, struct.error):
        return None


def _differences(recipe: Recipe, engine: GANEngine) -> str:
    """What is not as it was when the run was recorded, in a sentence; may be empty."""
    then_and_now = (
        ("on", recipe.machine, machine()),
        ("with torch", recipe.torch, str(torch.__version__)),
        ("with threads:", str(recipe.threads), str(engine.compute.threads)),
    )
    different = [(word, then, now) for word, then, now in then_and_now if then != now]
    if not different:
        return ""
    then = ", ".join(f"{word} {was}" for word, was, _ in different)
    now = ", ".join(f"{word} {now}" for word, _, now in different)
    return f"It was recorded {then}, and trained again {now}."
