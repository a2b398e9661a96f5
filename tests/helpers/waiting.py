"""Waiting for what another process or thread does: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

LONG = 200.0  # seconds: far more than anything here takes, so that a fault is no hang
_BETWEEN = 0.05  # seconds from one look to the next


def until(condition: Callable[[], bool], why: Callable[[], str] = lambda: "waited too long") -> None:
    """Return once the condition holds; fail with `why` where it never does."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, why()
        time.sleep(_BETWEEN)
