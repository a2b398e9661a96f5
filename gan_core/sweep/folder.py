"""A sweep's folder: its plan, the rows of the runs that are done, and where those stand that are not.

    plan.json      what is trained; written once
    rows.jsonl     a line a run that is done, added as soon as it is
    unfinished/    KEY: the last checkpoint of a long run
    sweep.parquet  the table, made of the two above
    looks.jsonl    what was seen of runs as they went, where that was asked for

Whatever ends the program, what is there is whole: lines are added, all else is written beside and renamed. The last
line may be half of one; it is passed over, and that run is trained again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gan_core.recording.file.lock import WriteLock
from gan_core.sweep.plan import Plan, read_plan
from gan_core.system.files import put_in_place

PLAN, ROWS, UNFINISHED, TABLE, LOOKS = "plan.json", "rows.jsonl", "unfinished", "sweep.parquet", "looks.jsonl"
MAX_PLAN = 1 << 22  # bytes

Row = dict[str, Any]


class SweepFolder:
    """One sweep on the disk. Of one program at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting: list[Row] = []  # rows that could not be written yet

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other program train this sweep meanwhile. Raises ValueError with a sentence if one does."""
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            lock = WriteLock(self.path / PLAN)
        except ValueError:
            raise ValueError(f"Another program trains the sweep in {self.path}; wait for it, or stop it.") from None
        with lock:
            yield

    def begin(self, plan: Plan) -> set[str]:
        """Take up the sweep that is there, or begin it; returns the keys of the runs that are done.

        Raises ValueError with a sentence where another sweep is there, and OSError.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / PLAN
        if file.exists():
            there = self.plan()
            if there != plan:
                raise ValueError(
                    f"{self.path} holds another sweep, with {_differences(there, plan)}; go on with that one by the "
                    "command that began it, or name another --out."
                )
        else:
            write_whole(file, (json.dumps(plan.as_json(), indent=2) + "\n").encode())
        return {row["key"] for row in self.rows()}

    def plan(self) -> Plan:
        """The plan that is there. Raises ValueError with a sentence for a damaged one, OSError where there is none."""
        file = self.path / PLAN
        try:
            if file.stat().st_size > MAX_PLAN:
                raise ValueError("it is too long")
            return read_plan(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{file} is damaged: {error}") from None

    def rows(self) -> Iterator[Row]:
        """What is known of the runs that are done, in the order in which they were; each once."""
        seen: set[str] = set()
        with suppress(FileNotFoundError), (self.path / ROWS).open("rb") as file:
            for line in file:
                row = _read_row(line)
                if row is not None and row["key"] not in seen:
                    seen.add(row["key"])
                    yield row

    def add(self, rows: Iterable[Row]) -> str | None:
        """Add rows, and those that are still waiting; returns a sentence where the disk does not take them.

        They are held then, and added next time.
        """
        self.waiting += rows
        if not self.waiting:
            return None
        file = self.path / ROWS
        data = b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in self.waiting)
        try:
            with file.open("ab", buffering=0) as out:
                size = out.seek(0, os.SEEK_END)
                # A line that was cut off would swallow the one behind it.
                if size and not _ends_with_newline(file):
                    data = b"\n" + data
                rest = memoryview(data)
                try:
                    while rest:
                        rest = rest[out.write(rest) :]
                    os.fsync(out.fileno())
                except OSError:
                    with suppress(OSError):
                        out.truncate(size)
                    raise
        except OSError as error:
            return f"{file}: {error.strerror or error}; {len(self.waiting)} runs that are done wait to be written."
        self.waiting.clear()
        return None

    def begun(self, key: str) -> bytes | None:
        """The checkpoint of a run that is not done."""
        with suppress(OSError):
            return (self.path / UNFINISHED / key).read_bytes()
        return None

    def hold(self, checkpoints: Mapping[str, bytes]) -> str | None:
        """Keep checkpoints in the place of older ones; returns a sentence where the disk does not take them.

        Without one a run begins anew when the sweep is taken up: nothing else is lost.
        """
        folder = self.path / UNFINISHED
        try:
            for key, data in checkpoints.items():
                folder.mkdir(exist_ok=True)
                write_whole(folder / key, data)
        except OSError as error:
            return f"{folder}: {error.strerror or error}; runs in progress begin anew if the sweep is taken up again."
        return None

    def drop(self, keys: Iterable[str]) -> None:
        """Forget the checkpoints of runs that are done."""
        for key in keys:
            with suppress(OSError):
                (self.path / UNFINISHED / key).unlink(missing_ok=True)


def rows_known(plan: Plan, places: Iterable[Path]) -> Iterator[Row]:
    """What other sweeps' folders know of the runs of a plan, each once."""
    missing = {task.key for _, task in plan.tasks()}
    for folder in map(SweepFolder, places):
        with suppress(ValueError, OSError):
            other = folder.plan()
            if (other.preset, other.steps) == (plan.preset, plan.steps):
                for row in folder.rows():
                    if row["key"] in missing:
                        missing.remove(row["key"])
                        yield row


def folders(place: Path) -> list[Path]:
    """Those in a place, of sweeps or of papers' tables."""
    with suppress(OSError):
        return sorted(path for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))
    return []


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader finds the old one or the whole new one. Raises OSError with the file's name."""
    place = path.with_name(f"{path.name}.part")
    try:
        with place.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(place, path)
    except OSError as error:
        with suppress(OSError):
            place.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def _ends_with_newline(file: Path) -> bool:
    with file.open("rb") as read:
        read.seek(-1, os.SEEK_END)
        return read.read(1) == b"\n"


def _read_row(line: bytes) -> Row | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and isinstance(row.get("key"), str) else None


def _differences(there: Plan, asked: Plan) -> str:
    a, b = there.as_json(), asked.as_json()
    return "; ".join(f"{name} {a[name]} and not {b[name]}" for name in a if a[name] != b[name])[:400]
