"""A session with small networks, paused, and commands to it that are waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gan_core.live.session import TrainingSession
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import Command, SetValues, StepOnce

LONG = 60.0  # seconds; for what never comes
SMALL = {"generator": "8:relu", "discriminator": "8:relu", "batch": "16"}


@contextmanager
def paused_session(runs: RunFolder) -> Iterator[TrainingSession]:
    session = TrainingSession("quick", 0, device="cpu", precision="float32", threads=1, paused=True, runs=runs)
    session.start()
    yield session
    session.close(LONG)


def send(session: TrainingSession, command: Command) -> str | None:
    """Send a command; returns why it was refused, if it was."""
    receipt = session.send(command)
    assert receipt.wait(LONG) is not None
    return receipt.refusal


def train(session: TrainingSession, count: int) -> None:
    goal = session.status().step + count
    assert send(session, StepOnce(count)) is None
    while session.status().step < goal:
        send(session, SetValues({}))
