"""What becomes of a command: when it has taken effect, or why it could not be obeyed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gan_core.recording.place import FORBIDDEN
from gan_core.texts.catalogue import say


class Refusal(Exception):
    """A command that cannot be obeyed; everything stays as it was."""


class Receipt:
    """Says when a command has taken effect."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self.step: int | None = None  # the first step under the command; None while it waits
        self.refusal: str | None = None  # why it could not be obeyed, in a sentence; set before `step`
        self.answer: bytes | None = None  # what was asked for, if something was; set before `step`

    def wait(self, timeout: float) -> int | None:
        """Block until the command is in force, at most `timeout` seconds. Returns `step`."""
        with self._changed:
            self._changed.wait_for(lambda: self.step is not None, timeout)
        return self.step


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with a file or a request into a refusal."""
    try:
        yield
    except FileNotFoundError:
        raise Refusal(say("refusal.run-gone")) from None
    except ValueError as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in FORBIDDEN:
            raise Refusal(say("refusal.forbidden", why=why)) from None
        raise Refusal(say("refusal.not-written", why=why)) from None
