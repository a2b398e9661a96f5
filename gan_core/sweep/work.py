"""One share of one run, or of a batch of runs: trained wherever it is handed to, on one thread.

Knows of no scheduler. What comes out depends on nothing but the tasks: a share may be done twice, or be cut anywhere
and go on elsewhere from what was handed back, and the rows are the same.
"""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from gan_core.recording.file.checkpoint import pack_state, unpack_state
from gan_core.records.arrays import Float32Array
from gan_core.sweep.eye import LOOK, READ
from gan_core.sweep.member import Member
from gan_core.sweep.plan import Task, changes_of
from gan_core.system.machine import machine
from gan_core.training.cost import cost_of_run
from gan_core.training.engine import GANEngine, State
from gan_core.training.many import ManyEngines
from gan_core.training.networks import MLP
from gan_core.wire.envelope import pack, unpack

POINT = 32_767  # of the fakes in a row, which are kept as int16: 1 of the square
Tell = Callable[[str, Mapping[str, Any]], None]
Measure = Callable[[Task, MLP], Mapping[str, float]]  # of a run that has ended, and its generator


@dataclass(frozen=True)
class Share:
    """What one worker is handed: runs that may be trained together, and how far they are."""

    tasks: tuple[Task, ...]
    begun: Mapping[str, bytes] = field(default_factory=dict)  # by key, what an earlier share handed back
    seconds: float = 60.0  # of the clock, after which what is not done is handed back


@dataclass(frozen=True)
class Handed:
    """What it hands back."""

    rows: tuple[dict[str, Any], ...] = ()  # of runs that are done, as JSON can hold them
    unfinished: Mapping[str, bytes] = field(default_factory=dict)


class Engines:
    """Runs that are trained together, as one batch where there are several."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._engines = [
            GANEngine(task.experiment, task.seed, device="cpu", precision="float32", threads=1) for task in tasks
        ]
        self._many = ManyEngines(self._engines) if len(tasks) > 1 else None

    def advance(self, count: int) -> Float32Array:
        """Train so many steps: (n, members, 4) metrics; fewer steps where a loss is not finite in the last one."""
        if self._many is not None:
            together: Float32Array = self._many.advance(count).astype(np.float32)
            return together
        done = self._engines[0].advance(count)
        return np.array([[(m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy)] for m in done], np.float32)

    def generator(self, i: int) -> MLP:
        """That of a member, as it is now."""
        network: MLP = self._engines[i].generator
        return network

    def set(self, values: Mapping[str, float]) -> None:
        """Change live values of all."""
        for engine in self._engines:
            engine.set(**values)

    def state(self, i: int) -> State:
        """Of a member, as `GANEngine.state`."""
        return self._engines[i].state()

    def restore(self, states: Sequence[State]) -> None:
        """Put all back."""
        for engine, state in zip(self._engines, states, strict=True):
            engine.restore(state)

    def keep(self, members: Sequence[int]) -> None:
        """Go on with these alone."""
        self._engines = [self._engines[i] for i in members]
        self._many = ManyEngines(self._engines) if len(members) > 1 else None


def work(
    share: Share,
    *,
    tell: Tell | None = None,
    measure: Measure | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Handed:
    """Train until all is done, or the time is up. `tell` is told of each look.

    What `measure` finds at the end goes into the row, as "measured"; of a run that diverged, nothing.

    Raises ValueError with a sentence for a run that cannot be trained here.
    """
    ends = clock() + share.seconds
    rows: list[dict[str, Any]] = []
    unfinished: dict[str, bytes] = {}
    for members, engines in _batches(share):
        begun = members[0].step
        while members and (clock() < ends or members[0].step == begun):  # a share that gets nowhere would never end
            _to_the_next_look(engines, members, tell)
            rows += [
                row_of(member) | _measured(measure, member, engines.generator(i))
                for i, member in enumerate(members)
                if member.ended
            ]
            going = [i for i, member in enumerate(members) if not member.ended]
            if len(going) < len(members):
                engines.keep(going)
                members = [members[i] for i in going]
        unfinished |= {m.task.key: _checkpoint(m, engines.state(i)) for i, m in enumerate(members)}
    return Handed(tuple(rows), unfinished)


def _batches(share: Share) -> Iterator[tuple[list[Member], Engines]]:
    """The runs of a share, those together that stand at the same step."""
    at: dict[int, list[tuple[Member, State | None]]] = {}
    for task in share.tasks:
        member, state = _taken_up(task, share.begun.get(task.key))
        at.setdefault(member.step, []).append((member, state))
    for found in at.values():
        members, states = [member for member, _ in found], [state for _, state in found if state is not None]
        engines = Engines([member.task for member in members])
        if states:
            engines.restore(states)
        yield members, engines


def _to_the_next_look(engines: Engines, members: Sequence[Member], tell: Tell | None) -> None:
    """Train on to it, and look; where a loss is not finite, up to there alone."""
    before = time.process_time()
    changes = [change for change in changes_of(members[0].task) if change.step > members[0].step]
    goal = min(member.next_look() for member in members)
    good: npt.NDArray[np.bool_] = np.ones(len(members), np.bool_)
    while members[0].step < goal and good.all():
        step = members[0].step
        engines.set({change.name: change.new for change in changes if change.step == step + 1})
        until = min([goal, *(change.step - 1 for change in changes if change.step > step + 1)])
        metrics = engines.advance(until - step)
        good = _finite(metrics[-1])
        for i, member in enumerate(members):
            member.trained(metrics[: len(metrics) - (not good[i]), i, ::2])
    for i, member in enumerate(members):
        if not good[i]:
            member.diverge(member.step + 1)
        elif member.step == goal:  # else another one has ended on the way
            _look(member, engines.generator(i), tell)
    spent = (time.process_time() - before) / len(members)
    for member in members:
        member.seconds += spent


def _look(member: Member, generator: MLP, tell: Tell | None) -> None:
    seen = member.look(generator)
    if tell is not None:
        tell(member.task.key, {**seen, "step": member.step, "state": member.state, "fakes": _as_text(member.shown)})


def _finite(metrics: Float32Array) -> npt.NDArray[np.bool_]:
    """Of which members (M, 4) the losses that there are, are numbers: see `StepMetrics.is_finite`."""
    loss, accuracy = metrics[:, ::2], metrics[:, 1::2]
    good: npt.NDArray[np.bool_] = np.all(np.isfinite(loss) | np.isnan(accuracy), axis=1)
    return good


def row_of(member: Member) -> dict[str, Any]:
    """What came of a run, as JSON can hold it; None for a number that is not defined."""
    task = member.task
    paid = cost_of_run(task.config, task.values, changes_of(task), member.step)
    told = np.array(member.told, np.float64).reshape(-1, 1 + len(READ))
    return {
        "key": task.key,
        "verdict": member.state,
        "since": member.since,
        "ended": member.ended,
        "steps": member.step,
        "seconds": round(member.seconds, 3),
        "machine": machine(),
        "torch": torch.__version__,
        "samples": paid.samples,
        "gradients": paid.gradients,
        "told": told[:, 0].astype(int).tolist(),
        "readings": {name: [_number(x) for x in told[:, i + 1].tolist()] for i, name in enumerate(READ)},
        "fakes": _as_text(member.shown),
    }


def _measured(measure: Measure | None, member: Member, generator: MLP) -> dict[str, Any]:
    if measure is None:
        return {}
    found = {} if member.ended == "diverged" else measure(member.task, generator)
    return {"measured": {name: _number(value) for name, value in found.items()}}


def _number(value: float) -> float | None:
    """To six digits, nearly all that float32 has: a row is read by people, too."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _as_text(points: Float32Array) -> str:
    """Points (N, 2) as int16, little-endian, POINT a unit, in base64; those outside the square on its edge."""
    return base64.b64encode((points.clip(-1, 1) * POINT).round().astype("<i2").tobytes()).decode()


def _checkpoint(member: Member, state: State) -> bytes:
    """A run that is not done, as bytes without pickle."""
    looks, told = (_as_array(rows, names) for rows, names in ((member.looks, LOOK), (member.told, READ)))
    arrays: dict[str, npt.NDArray[Any]] = {
        "state": np.frombuffer(pack_state(state), np.uint8),
        "looked_at": looks[:, 0].astype(np.int32),
        "looks": looks[:, 1:].astype(np.float32),
        "told_at": told[:, 0].astype(np.int32),
        "told": told[:, 1:].astype(np.float32),
    }
    return pack({"kind": "share", "seconds": member.seconds}, arrays)


def _as_array(rows: Sequence[tuple[float, ...]], names: Sequence[str]) -> npt.NDArray[np.float64]:
    return np.array(rows, np.float64).reshape(-1, 1 + len(names))


def _taken_up(task: Task, begun: bytes | None) -> tuple[Member, State | None]:
    """A run as it was handed back, or from its beginning. Raises ValueError with a sentence for damaged bytes."""
    if begun is None:
        return Member(task), None
    header, arrays = unpack(begun)
    looks, told = (
        [(float(step), *row) for step, row in zip(arrays[at].tolist(), arrays[name].tolist(), strict=True)]
        for at, name in (("looked_at", "looks"), ("told_at", "told"))
    )
    member = Member(task, looks, told, float(header["seconds"]))
    state = unpack_state(arrays["state"].tobytes(), task.config)
    if state["steps"] != member.step:
        raise ValueError(f"What there is of {task.key} is not of one piece.")
    return member, state
