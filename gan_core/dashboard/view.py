"""What the dashboard needs of a training session. The tests' fakes meet the same protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gan_core.commands import Command
from gan_core.records import Status


class PendingReceipt(Protocol):
    """Says when a command has taken effect."""

    refusal: str | None  # why it could not be obeyed, in a sentence; known once it has taken effect

    def wait(self, timeout: float) -> int | None:
        """Block until it is in force: the first step under it, or None after `timeout` seconds."""


class SessionView(Protocol):
    """A training session as the browser's side sees it. Bytes are envelopes of `gan_core.wire`."""

    def send(self, command: Command) -> PendingReceipt:
        """Queue a command."""

    def status(self) -> Status:
        """What is going on."""

    def frame_after(self, version: int, timeout: float) -> bytes | None:
        """The newest frame if it is newer than `version`, waiting up to `timeout` seconds."""

    def frame_at(self, step: int) -> bytes | None:
        """The kept frame nearest to `step`."""

    def on_frame(self, wake: Callable[[], None]) -> None:
        """Have `wake` called after every new frame, on another thread."""

    def points(self) -> bytes:
        """The run's fixed inputs."""

    def progress(self, start: int, changes_from: int) -> bytes:
        """Status, and what happened since row `start` and change `changes_from`."""
