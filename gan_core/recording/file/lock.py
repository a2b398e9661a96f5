"""Who writes into a run: one process at a time, whatever their number on one folder.

A lock (flock, on Windows LockFile) on an empty file beside the run's own; the system gives it back when the process
ends, however it ends. Not on the database: SQLite's own locks on it would go whenever a file that a process has open
twice is closed (https://sqlite.org/howtocorrupt.html, section 2.2). Where there are no such locks, everybody may write.
"""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
msvcrt: Any = import_module("msvcrt") if fcntl is None and find_spec("msvcrt") else None

LOCK = "-lock"  # end of its name
_mine: set[Path] = set()  # runs that this process has locked
_TAKEN = (errno.EACCES, errno.EDEADLK, errno.EWOULDBLOCK)  # what systems say where another process has it
_turn = threading.RLock()  # held while one is taken or given back: a thread must not take its neighbour for a stranger


class WriteLock:
    """The right to write into a run, from now until `release`. A process that has it may take it again."""

    def __init__(self, run: Path, *, alone: bool = False) -> None:
        """Take it. Raises ValueError with a sentence while another process has it or, to have it `alone`, this one."""
        self._run = run.resolve()
        self._path = self._run.with_name(self._run.name + LOCK)
        with _turn:
            if alone and self._run in _mine:
                raise ValueError(
                    "Steps of this run are still being written into its file; try again once that is done."
                )
            self._descriptor = None if self._run in _mine else self._locked()
            if self._descriptor is not None:
                _mine.add(self._run)

    def release(self) -> None:
        """Give it back."""
        if self._descriptor is None:
            return
        with _turn:
            _mine.discard(self._run)
            if fcntl is not None:
                self._path.unlink(missing_ok=True)  # while it is locked: see below
            os.close(self._descriptor)
            if fcntl is None:
                with suppress(OSError):  # Windows removes nothing that is open: somebody waits for it by now
                    self._path.unlink(missing_ok=True)
        self._descriptor = None

    def __enter__(self) -> WriteLock:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def _locked(self) -> int | None:
        """Open the file and lock it; None where that is not possible, as on a full disk or some network drives."""
        if fcntl is None and msvcrt is None:
            return None
        while True:
            try:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError:
                return None
            try:
                if fcntl is None:
                    msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                    return descriptor
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    return descriptor
                os.close(descriptor)  # the one who had it removed this very file: it locks nobody out any more
            except FileNotFoundError:
                os.close(descriptor)
            except OSError as error:
                os.close(descriptor)
                if error.errno not in _TAKEN:
                    return None
                raise ValueError(
                    "Another GANscope is recording into this run; it can be looked at and branched off here, but only "
                    "that one can change it."
                ) from None
