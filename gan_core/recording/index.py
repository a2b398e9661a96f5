"""The index of a folder of runs, a row a run: with it thousands are listed without opening thousands of files.

It is a cache beside the runs, and never the truth. A row holds what its file said when it had a certain size and time;
where a file has another one by now, it is read again. An index that is missing, damaged or another version's is made
anew, and where none can be written it is kept in memory. Two servers may share one.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from gan_core.recording.file.database import DAMAGE, remove, whole
from gan_core.records.library import DamagedRun, Line, RunSummary, listed_as
from gan_core.records.notes import Note
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.recipe import Recipe

NAME = "ganscope-index.db"  # of its file, which cannot be a run's
_APPLICATION = 0x47534349  # "GSCI", in the file's header
_SCHEMA = {
    # As what the file was read: FileState; of -1 bytes, it is to be read again. `written` is when it was trained last.
    "runs": (
        "CREATE TABLE runs (id TEXT PRIMARY KEY, file_nbytes INTEGER NOT NULL, file_time INTEGER NOT NULL, "
        "log_nbytes INTEGER NOT NULL, log_time INTEGER NOT NULL, preset TEXT NOT NULL, target TEXT NOT NULL, "
        "state TEXT NOT NULL, sweep TEXT NOT NULL, title TEXT NOT NULL, parent TEXT, created REAL NOT NULL, "
        "steps INTEGER NOT NULL, nbytes INTEGER NOT NULL, written REAL) STRICT, WITHOUT ROWID"
    ),
    "lines": "CREATE TABLE lines (id TEXT PRIMARY KEY, line TEXT NOT NULL) STRICT",  # RunSummary or DamagedRun; JSON
}
# Rows are of another version as soon as a run has other fields there.
_FIELDS = [[field.name for field in fields(kind)] for kind in (RunSummary, DamagedRun, Recipe, GANConfig)]
_VERSION = zlib.crc32(repr((1, _SCHEMA, _FIELDS, list(asdict(HyperParameters())))).encode()) >> 1
_SETTLED = 2.0  # seconds: a file that changed so lately may change again without another time, on some file systems
# What is no reason to take an index for damaged.
_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR")

Answer = TypeVar("Answer")


class FileState(NamedTuple):
    """By what is told whether a run's file is still the one that was read, and the log beside it, if there is one."""

    nbytes: int
    time: int  # when it was written, in nanoseconds since the epoch
    log_nbytes: int = 0
    log_time: int = 0

    def is_settled(self) -> bool:
        """Whether what changes from now on is sure to change this."""
        return max(self.time, self.log_time) < (time.time() - _SETTLED) * 1e9


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of one run."""

    line: Line
    written: float | None  # when it was trained last, in seconds since the epoch; None if it never was


_UNSURE = FileState(-1, 0)


class RunIndex:
    """The index of one folder. Nothing is held open, so that any number of threads and processes may use it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._spare = b""  # the whole index, where no file can be written

    def ask(
        self,
        files: Mapping[str, FileState],
        read: Callable[[str], Row],
        question: Callable[[sqlite3.Connection, int], Answer],
        seconds: float,
    ) -> Answer:
        """Bring the index up to date with `files`, by id, and ask it something.

        `read` makes the row of one; those that would be read after `seconds` have passed are left for the next time.
        `question` is given the database and how many were left so.
        """
        for _ in range(2):  # a second time after a damaged one was removed
            try:
                with closing(self._file(make=bool(files))) as db:
                    return _answer(db, question, _bring_up_to_date(db, files, read, seconds))
            except (sqlite3.Error, OSError, *DAMAGE) as error:
                if getattr(error, "sqlite_errorname", "").startswith(_PASSING) or isinstance(error, OSError):
                    break
                with suppress(OSError):
                    remove(self._path)
        with closing(self._memory()) as db:
            unread = _bring_up_to_date(db, files, read, seconds)
            self._spare = db.serialize()
            return _answer(db, question, unread)

    def _file(self, *, make: bool) -> sqlite3.Connection:
        if not make and not self._path.exists():
            raise FileNotFoundError(self._path)
        with _or_closed(sqlite3.connect(self._path, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = NORMAL")
            if _is_empty(db):
                _make(db)
            _check(db)
            return db

    def _memory(self) -> sqlite3.Connection:
        with _or_closed(sqlite3.connect(":memory:", isolation_level=None)) as db:
            if self._spare:
                db.deserialize(self._spare)
                return db
            with suppress(sqlite3.Error, ValueError), closing(_read_only(self._path)) as file:
                _check(file)
                file.backup(db)
                return db
            _make(db)
            return db


def line_of(text: str) -> Line:
    """The line that a row of `lines` holds."""
    found = json.loads(text)
    if "error" in found:
        return DamagedRun(**found)
    notes = tuple(Note(one["step"], one["text"], tuple(one["tags"])) for one in found.pop("notes"))
    return RunSummary(recipe=Recipe(**found.pop("recipe")), notes=notes, **found)


@contextmanager
def _or_closed(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield db
    except BaseException:
        db.close()
        raise


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _make(db: sqlite3.Connection) -> None:
    with whole(db):
        if _is_empty(db):  # another server may just have made it
            db.execute(f"PRAGMA application_id = {_APPLICATION}")
            db.execute(f"PRAGMA user_version = {_VERSION}")
            for create in _SCHEMA.values():
                db.execute(create)


def _is_empty(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,))


def _check(db: sqlite3.Connection) -> None:
    """Raise ValueError unless it is an index that this version made."""
    db.execute("PRAGMA trusted_schema = OFF")
    numbers = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    tables = db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    if numbers != [_APPLICATION, _VERSION] or tables != [(create,) for create in _SCHEMA.values()]:
        raise ValueError(numbers)


def _answer(db: sqlite3.Connection, question: Callable[[sqlite3.Connection, int], Answer], unread: int) -> Answer:
    db.execute("BEGIN")  # all that is read for it belongs together
    return question(db, unread)


def _bring_up_to_date(
    db: sqlite3.Connection, files: Mapping[str, FileState], read: Callable[[str], Row], seconds: float
) -> int:
    """Returns how many files would have had to be read, had there been more time."""
    end = time.monotonic() + seconds
    states = db.execute("SELECT id, file_nbytes, file_time, log_nbytes, log_time FROM runs")
    known = {run_id: tuple(state) for run_id, *state in states}
    gone = [(run_id,) for run_id in known if run_id not in files]
    new = [run_id for run_id in sorted(files, reverse=True) if run_id not in known]
    changed = [run_id for run_id, file in files.items() if known.get(run_id, file) != file]
    rows, unread = [], 0
    for run_id in (*new, *changed):
        if time.monotonic() < end:
            file, row = files[run_id], read(run_id)
            # What cannot be read may be another time: another program may have locked it.
            sure = file.is_settled() and isinstance(row.line, RunSummary)
            rows.append((run_id, file if sure else _UNSURE, row))
        elif known.get(run_id) != _UNSURE:
            unread += 1
    if gone or rows:
        with whole(db):
            for table in _SCHEMA:
                db.executemany(f"DELETE FROM {table} WHERE id = ?", gone)
            places = ", ".join("?" * 15)
            db.executemany(f"INSERT OR REPLACE INTO runs VALUES ({places})", map(_columns, rows))
            lines = [(run_id, json.dumps(asdict(row.line))) for run_id, _, row in rows]
            db.executemany("INSERT OR REPLACE INTO lines VALUES (?, ?)", lines)
    return unread


def _columns(entry: tuple[str, FileState, Row]) -> tuple[Any, ...]:
    run_id, file, row = entry
    line, state = row.line, listed_as(row.line)
    if isinstance(line, DamagedRun):
        return run_id, *file, "", "", state, "", "", None, 0.0, 0, line.nbytes, None
    recipe = line.recipe
    sweep = str(getattr(recipe, "sweep", None) or "")  # where a recipe tells of one
    about = (recipe.preset, str(recipe.config["target"]), state, sweep, line.title, recipe.parent)
    return run_id, *file, *about, float(recipe.created), line.steps, line.nbytes, row.written
