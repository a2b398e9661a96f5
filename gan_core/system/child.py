"""A process of the server's own, at the other end of a pipe: how it begins and how it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from gan_core.system import laboratory

_NICE = 10  # steps of priority below the process that began it


def give_way() -> None:
    """Take of the machine what others leave, from here on."""
    if hasattr(os, "nice"):
        os.nice(_NICE)


def is_gone(parent: int | None) -> bool:
    """Whether this is the child of another process now than of the one that it was to end with; None: of no one."""
    return parent not in (None, os.getppid())


def start(target: Callable[[Connection], None], name: str) -> tuple[SpawnProcess, Connection]:
    """Start a process that does `target` with its end of a pipe; returns it and ours. Raises OSError.

    It ends with this one, and Ctrl-C never reaches it.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_work, args=(target, theirs), name=name, daemon=True)
    try:
        with deaf_to_ctrl_c():
            process.start()
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()  # so that the pipe ends with the process
    return process, ours


def _work(target: Callable[[Connection], None], pipe: Connection) -> None:
    """What runs in the process. It ends when the other end of the pipe is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; the server ends this one
    with suppress(EOFError, OSError):
        laboratory.load(laboratory.named())  # what the server has loaded of a visitor's own
        target(pipe)
    os._exit(0)  # nothing is open any more, and taking torch apart would take seconds


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """What is started in here is born with SIGINT blocked: Ctrl-C must not meet it while it loads."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # otherwise started on the way, and it would let SIGINT through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
