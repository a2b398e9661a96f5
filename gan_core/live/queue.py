"""Commands on their way from any thread to the one that trains, and what is answered to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from gan_core.live.receipt import Receipt
from gan_core.records.commands import Command

Queued = Sequence[tuple[Command, Receipt]]


class CommandQueue:
    """What was asked for and has not been done yet. The condition is the session's own."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        # Under the lock:
        self._commands: list[tuple[Command, Receipt]] = []
        self.closed = False  # nothing is to be done any more

    def put(self, command: Command) -> Receipt:
        """Queue a command. Never blocks for longer than a list append."""
        receipt = Receipt(self._changed)
        with self._changed:
            self._commands.append((command, receipt))
            self._changed.notify_all()
        return receipt

    def close(self) -> None:
        """Have the training thread end."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def interrupts(self) -> bool:
        """Whether something else is to be done than to wait. With the lock held."""
        return bool(self._commands) or self.closed

    def take(self, idle: Callable[[], bool]) -> Queued:
        """What was asked for since; waits for it while there is nothing else to do, `idle`. With the lock held."""
        if not self._commands:
            self._changed.wait_for(lambda: self.interrupts() or not idle())
        queued, self._commands = self._commands, []
        return queued

    def answer(
        self,
        queued: Queued,
        refusals: Mapping[int, str],
        step: int,
        answers: Mapping[int, bytes] = MappingProxyType({}),
    ) -> None:
        """Say that commands have taken effect from `step` on, but for those that were refused, by their `id`.

        `answers` are to those that asked for something, likewise.
        """
        with self._changed:
            for command, receipt in queued:
                receipt.refusal, receipt.answer = refusals.get(id(command)), answers.get(id(command))
                receipt.step = step
            self._changed.notify_all()
