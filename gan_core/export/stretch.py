"""What pictures and films show of a recorded run, step by step: exact frames, and the path that led to each.

All of them are made in one pass: the checkpoint before the first is restored, the steps are trained again, and there is
a look of the same fineness at each that is asked for, so that a film does not flicker between finer and coarser maps.
What is trained again is held against the recorded metrics, bit for bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from gan_core.looking.probe import Probe
from gan_core.recording.file.run_file import RunFile
from gan_core.records.arrays import POINT_SCALE
from gan_core.records.frames import Moment, Snapshot, TrailPoint
from gan_core.rerun.recorded import Recorded
from gan_core.rerun.retrace import Replay, retrained
from gan_core.run.history import TRAIL_STEPS
from gan_core.system.machine import machine
from gan_core.texts.catalogue import say
from gan_core.wire import frames as wire

Progress = Callable[[int, int], None]  # done, in all; raises Cancelled
_LOOK = 4  # steps of training that a look counts as in what is told of the progress
LEAD_CELLS, LEAD_POINTS = 50, 2000  # of looks that are for the path alone: as those of a run that is trained live


@dataclass(frozen=True, eq=False)
class Shown:
    """One step as it is drawn."""

    frame: Snapshot
    trail: tuple[TrailPoint, ...] = ()  # of the last TRAIL_STEPS steps, this one included; none if not asked for


def shown(
    run: RunFile,
    steps: Sequence[int],
    *,
    cells: int,
    points: int,
    trail: bool,
    progress: Progress = lambda done, total: None,
) -> Iterator[Shown]:
    """Each of these ascending steps, with maps of `cells` a side and so many fakes.

    The path is through the steps that are shown, and from the TRAIL_STEPS before the first as far apart. Where all
    steps are kept as frames and another machine or version of torch made them, these frames are shown as they are.
    Raises ValueError with a sentence where this machine cannot compute them or computes other numbers, and what
    `progress` raises.
    """
    if not as_recorded(run) and set(steps) <= set(run.frame_steps()):
        for done, step in enumerate(steps, 1):
            yield kept(run, step, trail=trail)
            progress(done, len(steps))
        return
    yield from _again(run, steps, cells, points, trail, progress)


def as_recorded(run: RunFile) -> bool:
    """Whether this machine and torch are those that trained the run."""
    return (run.recipe.machine, run.recipe.torch) == (machine(), str(torch.__version__))


def kept(run: RunFile, step: int, *, trail: bool = True) -> Shown:
    """The kept frame of exactly this step, with the path that was seen then. Raises ValueError when there is none."""
    payload = run.frame(step)
    if payload is None:
        raise ValueError(say("export.frame-gone", step=step))
    _, arrays = wire.decode(payload)
    places = zip(arrays["trail_steps"].tolist(), (arrays["trail"] / POINT_SCALE).tolist(), strict=True)
    path = tuple(TrailPoint(at, (a, b), (c, d)) for at, (a, b, c, d) in places)
    return Shown(wire.read_frame(payload, 0), path if trail else ())


def _again(
    run: RunFile, steps: Sequence[int], cells: int, points: int, trail: bool, progress: Progress
) -> Iterator[Shown]:
    lead = _lead_in(run.first_step(), steps) if trail else []
    looks = [*lead, *steps]
    checkpoint = max((step for step in run.checkpoint_steps() if step <= looks[0]), default=0)
    total = looks[-1] - checkpoint + _LOOK * len(looks)

    def report(done: int, _: int) -> bool:
        progress(done, total)
        return True

    replay = Replay(run.recipe)
    replay.go_to(run, looks[0], report)
    if replay.verified is False:
        raise ValueError(say("export.other-numbers", step=looks[0]))
    engine, recorded = replay.engine, Recorded(run, looks[0], looks[-1])
    engine.compute.enter()
    probe, path = Probe(engine.config, engine.compute.device), deque[TrailPoint]()
    for done, step in enumerate(looks, 1):
        for trained in retrained(engine, step, run.changes()) if engine.steps < step else ():
            recorded.compare(trained)
            if recorded.differs_at is not None:
                raise ValueError(say("export.other-numbers", step=recorded.differs_at))
        in_picture = done > len(lead)
        fine = {"resolution": cells, "points": points} if in_picture else _coarse(cells, points)
        frame = probe.look(engine.generator, engine.discriminator, Moment(0, step, 0.0), **fine)
        path.append(frame.trail_point)
        while path[0].step <= step - TRAIL_STEPS:
            path.popleft()
        if in_picture:
            yield Shown(frame, tuple(path) if trail else ())
        progress(step - checkpoint + _LOOK * done, total)


def _coarse(cells: int, points: int) -> dict[str, int]:
    """How to look at a step that only the path leads through."""
    return {"resolution": min(cells, LEAD_CELLS), "points": min(points, LEAD_POINTS)}


def _lead_in(first: int, steps: Sequence[int]) -> list[int]:
    """Steps before those that are shown through which the path leads, from the run's `first` one on."""
    apart = steps[1] - steps[0] if len(steps) > 1 else 1
    return list(range(steps[0], max(first - 1, steps[0] - TRAIL_STEPS), -apart))[:0:-1]
