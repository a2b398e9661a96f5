"""Whoever reads what a command prints may have enough of it before its end: `... | head`."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable

STATUS = 128 + 13  # as a shell says it of a program that SIGPIPE has ended


def heard_out(main: Callable[[], int | None]) -> int:
    """Run a command to its end, and return its exit status, 0 for None.

    One whose output nobody reads any more ends without a word.
    """
    try:
        try:
            return main() or 0
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not _is_gone():
            raise
        # What is still to be written goes nowhere; else Python would complain of it as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return STATUS


def _is_gone() -> bool:
    """Whether it is the output that broke, not another pipe."""
    if not hasattr(select, "poll"):  # on Windows
        return True
    output = select.poll()
    output.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in output.poll(0))
