"""The SQLite file of a run: its tables, and how it is opened without trusting what is in it.

about        name, value      "recipe", "title", "outcome" (gan_core/records/ending.py), "stride"; JSON. Perhaps
                              "weights": SHA-256 of the file of weights that it began with, 64 hex digits;
                              "notes" (gan_core/records/notes.py)
changes      number, step, name, old, new
metrics      first, rows      blocks of rows (n, 4) float32 little-endian, d_loss, d_accuracy, g_loss, g_accuracy,
                              then their CRC-32 as uint32 (not in files of format 1); row r of all is step
                              1 + r * stride, and `first` is the number of a block's first row
extremes     first, rows      where stride is more than 1, for each of those blocks one of rows (n, 8), their extremes
                              (gan_core/run/extremes.py); at first = -1 those of the steps since the last row, (1, 8)
                              (not in files of formats 1 and 2)
frames       step, frame      envelopes, as they go to a browser
checkpoints  step, fingerprint, state    envelopes of `checkpoint.py`, before any change of step + 1
"""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from types import UnionType
from typing import Any

from gan_core.records.steps import Change
from gan_core.setup.experiment import YOUNGER_RECIPE, changes_by_fields, completed, read_config, read_experiment
from gan_core.setup.recipe import Recipe

UNFINISHED = ".part"  # end of a file's name while it is written
LOG = "-wal"  # end of the name of what was written and is not in the file itself yet
BESIDE = (LOG, "-shm", "-journal")  # ends of the files that SQLite keeps beside its own
APPLICATION = 0x47534352  # "GSCR", in the file's header
VERSION = 3  # of the format
SCHEMA = {
    "about": "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "changes": (
        "CREATE TABLE changes (number INTEGER PRIMARY KEY, step INTEGER NOT NULL, name TEXT NOT NULL, "
        "old REAL NOT NULL, new REAL NOT NULL) STRICT"
    ),
    "metrics": "CREATE TABLE metrics (first INTEGER PRIMARY KEY, rows BLOB NOT NULL) STRICT",
    "frames": "CREATE TABLE frames (step INTEGER PRIMARY KEY, frame BLOB NOT NULL) STRICT",
    "checkpoints": (
        "CREATE TABLE checkpoints (step INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, state BLOB NOT NULL) STRICT"
    ),
    "extremes": "CREATE TABLE extremes (first INTEGER PRIMARY KEY, rows BLOB NOT NULL) STRICT",
}
_SINCE = {"extremes": 3}  # tables that older formats lack, and the format that brought each
LOG_BYTES = 48 << 20  # what the write-ahead log may take of the room
# What a damaged file may cause on the way from its bytes to a record.
DAMAGE = (KeyError, TypeError, ValueError, OverflowError, RecursionError)
_KINDS: dict[str, type | UnionType] = {  # of a recipe's fields in JSON
    **dict.fromkeys(("id", "preset", "device", "precision", "torch", "machine"), str),
    **dict.fromkeys(("config", "values"), dict),
    **dict.fromkeys(("seed", "threads"), int),
    "created": int | float,
    "parent": str | None,
    "parent_step": int | None,
    "changed_at": int | None,
    "config_before": dict | None,
    "sweep": str | None,
}
_BUSY = 5000  # ms that a write waits for another one
_OPENING: dict[str, Any] = {"isolation_level": None, "check_same_thread": False, "timeout": _BUSY / 1000}
_IN_USE = "another program has locked the file of this run; try again once it is free"
_LITTLE = 1 << 16  # bytes; with less on a disk, SQLite cannot even open for writing
_PAGES = 8192  # bytes each: large rows, few of them


class Locked(OSError):
    """Another program has locked a run's file for itself; later it may be possible."""


def check_schema(db: sqlite3.Connection) -> None:
    """Raise ValueError with a sentence unless the file was made by this program and has exactly its tables."""
    (application,), (version,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
    )
    if application != APPLICATION:
        raise ValueError("it is not a run that GANscope recorded")
    if version > VERSION:
        raise ValueError(
            f"it was made by a newer GANscope (format {version}, this one reads up to {VERSION}); update it"
        )
    found = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid").fetchall()
    expected = {name: create for name, create in SCHEMA.items() if version >= _SINCE.get(name, 1)}
    if found != [("table", name, name, create) for name, create in expected.items()]:
        raise ValueError("its tables are not those of a run")


def remove(path: Path) -> None:
    """Remove a run's file, and what SQLite keeps beside it."""
    for end in ("", *BESIDE):
        path.with_name(path.name + end).unlink(missing_ok=True)


def make_tables(db: sqlite3.Connection, recipe: Recipe) -> None:
    """Make the tables of a run in which nothing happened yet."""
    db.execute(f"PRAGMA page_size = {_PAGES}")
    db.execute("PRAGMA journal_mode = WAL")
    about = {"recipe": asdict(recipe), "title": "", "outcome": {}, "stride": 1}
    with whole(db):
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        for create in SCHEMA.values():
            db.execute(create)
        db.executemany("INSERT INTO about VALUES (?, ?)", [(n, json.dumps(v)) for n, v in about.items()])


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Make the tables that a file of an older format lacks; to be called inside a transaction."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for name, since in _SINCE.items():
        if version < since:
            db.execute(SCHEMA[name])
    db.execute(f"PRAGMA user_version = {VERSION}")


def has_extremes(db: sqlite3.Connection) -> bool:
    """Whether the file is of a format with extremes."""
    return bool(db.execute("PRAGMA user_version").fetchone()[0] >= _SINCE["extremes"])


def may_be_read_alone(path: Path, error: sqlite3.OperationalError) -> bool:
    """Whether only the memory shared with writers could not be made, as on a full disk or in a closed folder."""
    kinds = ("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_FULL")
    return getattr(error, "sqlite_errorname", "").startswith(kinds) and not log_bytes(path)


def log_bytes(path: Path) -> int:
    """Bytes of a run that are only in the log beside it."""
    with suppress(FileNotFoundError):
        return path.with_name(path.name + LOG).stat().st_size
    return 0


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open a database without trusting what is in it: https://sqlite.org/security.html. Raises sqlite3.Error."""
    # Not in SQLite's own read-only mode: that could not read beside a log left by a process that was killed.
    return _protected(sqlite3.connect(path, **_OPENING), write=write)


def connect_alone(path: Path) -> sqlite3.Connection:
    """Open a database that nobody writes and that has no log beside it; nothing is written for reading it."""
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    return _protected(sqlite3.connect(uri, uri=True, **_OPENING), write=False)


def _protected(db: sqlite3.Connection, *, write: bool) -> sqlite3.Connection:
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA cell_size_check = ON")
        db.execute("PRAGMA mmap_size = 0")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA journal_size_limit = {LOG_BYTES // 2}")
        db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        db.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 10_000)
        if not write:
            db.execute("PRAGMA query_only = ON")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def whole(db: sqlite3.Connection) -> Iterator[None]:
    """Everything inside is written, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite itself gives up a transaction when the disk is full
            db.execute("ROLLBACK")
        raise


def unopened(path: Path, error: Exception) -> ValueError:
    """Why a file cannot be opened, as an error with a sentence."""
    full = isinstance(error, sqlite3.OperationalError) and shutil.disk_usage(path.parent).free < _LITTLE
    why = _IN_USE if _is_locked(error) else "the disk is full" if full else str(error).rstrip(".")
    return ValueError(f"{path.name} cannot be opened as a run: {why}.")


def refused(path: Path, error: sqlite3.Error) -> OSError:
    """What SQLite could not write, as an error of the system that says why in `strerror`."""
    if _is_locked(error):
        return Locked(errno.EBUSY, _IN_USE, str(path))
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return OSError(errno.ENOSPC, "the disk is full", str(path))
    return OSError(errno.EIO, str(error), str(path))


def _is_locked(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def changes_of_recipe(value: Mapping[str, Any]) -> list[Change]:
    """The changes of a branch of an older form that its recipe has, and its log of changes has not."""
    return [Change(value["changed_at"] + 1, *change) for change in changes_by_fields(value)]


def read_recipe(value: object) -> Recipe:
    """Build the record from JSON, its configuration and values in today's form. Raises ValueError for anything else."""
    if not isinstance(value, dict):
        raise ValueError("its recipe is none")
    recipe = completed(value, (field.name for field in fields(Recipe)), YOUNGER_RECIPE)
    for name, kind in _KINDS.items():
        if isinstance(recipe[name], bool) or not isinstance(recipe[name], kind):
            raise ValueError(f"its recipe's {name} is of the wrong kind")
    begun = read_experiment(recipe["config"], recipe["values"])
    values = begun.values.changed({name: old for name, old, _ in changes_by_fields(recipe)})
    before = recipe["config_before"]
    return Recipe(
        **{
            **recipe,
            "config": asdict(begun.config),
            "values": asdict(values),
            "config_before": None if before is None else asdict(read_config(before)),
        }
    )
