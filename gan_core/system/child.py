"""A process of the server's own, at the other end of a pipe: how it begins and how it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from gan_core.system import laboratory

# What tells a process to end: not SIGINT, to which what is begun in the background is deaf.
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name))
# How `subprocess.Popen` begins a process that a terminal's Ctrl-C does not reach.
APART: dict[str, Any] = (
    {"start_new_session": True} if os.name == "posix" else {"creationflags": 0x200}  # CREATE_NEW_PROCESS_GROUP
)
_windows: Any = import_module("_winapi") if find_spec("_winapi") else None
_SYNCHRONIZE, _WAIT_TIMEOUT = 0x100000, 258  # winnt.h, winbase.h
_NICE = 10  # steps of priority below the process that began it


def give_way() -> None:
    """Take of the machine what others leave, from here on."""
    if hasattr(os, "nice"):
        os.nice(_NICE)


def is_gone(parent: int | None) -> bool:
    """Whether the process is gone with which this one, its child, was to end; None: with no one."""
    if parent is None:
        return False
    return parent != os.getppid() if _windows is None else _has_ended(parent)


def _has_ended(process: int) -> bool:
    """Of Windows, which gives no child another parent, and whose Python may stand between a process and its child."""
    try:
        handle = _windows.OpenProcess(_SYNCHRONIZE, False, process)
    except OSError:
        return True
    try:
        return bool(_windows.WaitForSingleObject(handle, 0) != _WAIT_TIMEOUT)
    finally:
        _windows.CloseHandle(handle)


def tell_to_end(process: subprocess.Popen[bytes]) -> None:
    """Tell a process that was begun with `APART` to put its things in order and end: by one of `ENDING`."""
    try:
        process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
    except OSError:  # of Windows: there is no console to tell it through
        with suppress(OSError):
            process.terminate()


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
