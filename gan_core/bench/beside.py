"""What it brings to render frames beside the training, where a core is left over: here on one training thread.

Two sessions, one that takes turns and one that does not, train and are looked at, each for a while. The frames need a
core of their own: with two cores, nothing else may run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from gan_core.bench.rounds import Plan, Row, interleave, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.live.audience import WATCHED_FOR
from gan_core.live.session import TrainingSession
from gan_core.records.commands import Pause, Play, SetLooking, SetPace
from gan_core.run.history import DENSE_STEPS
from gan_core.setup.config import DEFAULT_LOOKING_SHARE
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire

ALONE, IN_TURN, BESIDE = "no frames", "frames in turn", "frames beside the training"
_LEAD = 1.0  # seconds for a session to come to speed
_LEAST = 2.0  # seconds of a slice
_PATIENCE = 60.0  # seconds for a command to be in force
_POLL = 0.05  # seconds between two looks at the step


def frames_beside(plan: Plan) -> Iterator[Row]:
    """Steps and frames a second without frames, with frames in turn and with frames beside, at two sizes."""
    for size in ("article", "small"):
        yield from compare(size, plan)


def compare(size: str, plan: Plan) -> list[Row]:
    """As `frames_beside`, at one size."""
    seconds = max(_LEAST, plan.seconds)
    shown: dict[str, list[float]] = {IN_TURN: [], BESIDE: []}
    with ExitStack() as stack:
        sessions = {way: stack.enter_context(_session(size, beside=way == BESIDE)) for way in shown}
        slices: dict[str, Callable[[], float]] = {ALONE: lambda: _alone(sessions[IN_TURN], seconds)}
        for way, session in sessions.items():
            slices[way] = lambda session=session, frames=shown[way]: _look(session, seconds, frames)  # type: ignore[misc]
        speeds = interleave(slices, plan.rounds)
    group = f"Looking beside the training, one thread, {describe(SIZES[size])}"
    return [
        *[Row(group, name, "steps/s", values) for name, values in speeds.items()],
        *[Row(group, f"{name} : none", "x", ratios(speeds[name], speeds[ALONE])) for name in shown],
        *[Row(group, name, "frames/s", tuple(values[1:])) for name, values in shown.items()],
    ]


@contextmanager
def _session(size: str, *, beside: bool) -> Iterator[TrainingSession]:
    """A paused session at full speed, past the steps of which each is worth a frame even if nobody looks."""
    session = TrainingSession(
        "longer",  # it does not pause where a figure ends
        device="cpu",
        threads=1,
        leaves_a_core=lambda threads: beside,
        make_engine=lambda preset, seed, **options: GANEngine(SIZES[size], seed, **options),
    )
    session.start()
    try:
        session.send(SetPace(None))
        while session.status().step <= DENSE_STEPS:
            session.frame_after(0, 0)  # somebody looks: what renders beside the training loads
            time.sleep(_POLL)
        session.send(Pause()).wait(_PATIENCE)
        yield session
    finally:
        session.close()


def _alone(session: TrainingSession, seconds: float) -> float:
    """Steps a second without frames."""
    session.send(SetLooking(0.0))
    session.send(Play()).wait(_PATIENCE)
    time.sleep(_LEAD)
    speed = _speed(session, seconds)
    session.send(Pause()).wait(_PATIENCE)
    session.send(SetLooking(DEFAULT_LOOKING_SHARE)).wait(_PATIENCE)
    return speed


def _look(session: TrainingSession, seconds: float, frames: list[float]) -> float:
    """Steps a second while somebody takes every frame; adds the frames a second to `frames`."""
    over, came = threading.Event(), 0

    def take() -> None:
        nonlocal came
        version = 0
        while not over.is_set():
            frame = session.frame_after(version, 1.0)
            if frame is not None:
                version, came = wire.decode(frame)[0]["version"], came + 1

    watcher = threading.Thread(target=take)
    session.send(Play()).wait(_PATIENCE)
    watcher.start()
    time.sleep(_LEAD)
    before = came
    speed = _speed(session, seconds)
    frames.append((came - before) / seconds)
    over.set()
    watcher.join()
    session.send(Pause()).wait(_PATIENCE)
    time.sleep(WATCHED_FOR)  # until it no longer makes a sharp picture for somebody
    return speed


def _speed(session: TrainingSession, seconds: float) -> float:
    step, start = session.status().step, time.perf_counter()
    time.sleep(seconds)
    while session.status().step == step:
        time.sleep(_POLL)
    return (session.status().step - step) / (time.perf_counter() - start)
