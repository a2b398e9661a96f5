"""What only some systems ask of whoever moves a file: on Windows, that nobody has it open."""

from __future__ import annotations

import time
from pathlib import Path

_OPEN_ELSEWHERE = (5, 32)  # of Windows: ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION
_TRIES, _PAUSE = 20, 0.05  # a second in all: another program reads the old file, or looks it over for viruses


def put_in_place(source: Path, target: Path) -> None:
    """Give a file another name, that of an older file perhaps. Nobody here may have either open. Raises OSError."""
    for left in reversed(range(_TRIES)):
        try:
            source.replace(target)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _OPEN_ELSEWHERE or not left:
                raise
        time.sleep(_PAUSE)
