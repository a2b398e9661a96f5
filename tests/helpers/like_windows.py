"""Some of Windows, on a system that tells which files a process has open: what it refuses there, and its locks."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gan_core.recording.file import lock
from gan_core.system import files

HERE = Path("/proc/self/fd")
SHARING_VIOLATION = 32


def refuse_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no file can be renamed, replaced or removed while this process has it open."""
    monkeypatch.setattr(files, "_TRIES", 1)
    for name in ("rename", "replace", "unlink", "remove"):
        monkeypatch.setattr(os, name, _refusing(getattr(os, name)))


def lock_as_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on there is no fcntl, and a msvcrt that locks as its documentation says: others get EACCES."""
    real = lock.fcntl

    def locking(descriptor: int, mode: int, nbytes: int) -> None:
        assert (mode, nbytes) == (2, 1)
        try:
            real.flock(descriptor, real.LOCK_EX | real.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    monkeypatch.setattr(lock, "fcntl", None)
    monkeypatch.setattr(lock, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))


def violation(path: object) -> PermissionError:
    """The error of a file that is open elsewhere."""
    error = PermissionError(errno.EACCES, "The process cannot access the file", str(path))
    error.winerror = SHARING_VIOLATION
    return error


def _refusing(real: Callable[..., Any]) -> Callable[..., Any]:
    def act(*places: Any, **more: Any) -> Any:
        for place in places if not more else ():
            if Path(place).absolute() in _open():
                raise violation(place)
        return real(*places, **more)

    return act


def _open() -> set[Path]:
    found = set()
    for descriptor in HERE.iterdir():
        with suppress(FileNotFoundError):  # that of this listing
            found.add(descriptor.readlink())
    return found
