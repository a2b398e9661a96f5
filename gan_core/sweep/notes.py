"""What a server itself keeps of a sweep, beside what trains it: whether it is to be trained, and since when."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gan_core.sweep.folder import write_whole

NOTES = "server.json"


@dataclass(frozen=True)
class Notes:
    """Of one sweep."""

    wanted: bool = False  # whether it is to be trained
    workers: int = 1
    asked: float = 0.0  # when it was begun or gone on with, in seconds since the epoch: the order of the line
    why: str = ""  # it failed, in a sentence


def read_notes(folder: Path, cores: int) -> Notes:
    """Those of the sweep in a folder, for no more than `cores` processes; what is damaged counts as not there."""
    with suppress(OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        found = json.loads((folder / NOTES).read_text(encoding="utf-8"))
        notes = Notes(bool(found["wanted"]), int(found["workers"]), float(found["asked"]), str(found["why"]))
        asked = notes.asked if math.isfinite(notes.asked) else 0.0
        return replace(notes, asked=asked, workers=min(max(notes.workers, 1), cores))
    return Notes()


def write_notes(folder: Path, notes: Notes) -> None:
    """Keep them. Raises OSError with the file's name."""
    write_whole(folder / NOTES, json.dumps(asdict(notes)).encode())
