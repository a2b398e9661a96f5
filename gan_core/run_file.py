"""One run in one SQLite file: its recipe, every change, all metrics, kept frames, and checkpoints of the full state.

Knows no threads: a RunFile is used by one thread at a time, and any number of processes may read the same file
meanwhile (SQLite's write-ahead log, https://sqlite.org/wal.html).

    about        name, value      "recipe", "title", "outcome", "stride"; JSON
    changes      number, step, name, old, new
    metrics      first, rows      blocks of rows (n, 4) float32 little-endian, d_loss, d_accuracy, g_loss, g_accuracy;
                                  row r of all is step 1 + r * stride, and `first` is the number of a block's first row
    frames       step, frame      envelopes, as they go to a browser
    checkpoints  step, fingerprint, state    envelopes of `gan_core.checkpoint`, before any change of step + 1
"""

from __future__ import annotations

import copy
import errno
import json
import math
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import UnionType
from typing import Any

import numpy as np

from gan_core.checkpoint import fingerprint
from gan_core.records import Change, Float32Array, Recipe, RunSummary, StepMetrics
from gan_core.thinning import Thinning

SUFFIX = ".sqlite"
BESIDE = ("-wal", "-shm", "-journal")  # ends of the files that SQLite keeps beside its own
ID = r"[0-9a-z][0-9a-z-]{0,39}"  # of a run
DEFAULT_LIMIT = 2 * 10**9  # bytes a run
APPLICATION = 0x47534352  # "GSCR", in the file's header
VERSION = 1  # of the schema
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
}
BLOCK_ROWS = 4096  # of metrics
ROW_BYTES = 16
LOG_BYTES = 48 << 20  # what the write-ahead log may take of the room
MIN_LIMIT = 100 << 20  # bytes; less would not hold a handful of the article's checkpoints
_FEWEST_CHECKPOINTS, _FEWEST_FRAMES = 8, 64
# What a damaged file may cause on the way from its bytes to a record.
_DAMAGE = (KeyError, TypeError, ValueError, OverflowError, RecursionError)
_KINDS: dict[str, type | UnionType] = {  # of a recipe's fields in JSON
    **dict.fromkeys(("id", "preset", "device", "precision", "torch", "machine"), str),
    **dict.fromkeys(("config", "values"), dict),
    **dict.fromkeys(("seed", "threads"), int),
    "created": int | float,
    "parent": str | None,
    "parent_step": int | None,
}
_BUSY = 5000  # ms that a write waits for a reader
_LITTLE = 1 << 16  # bytes; with less on a disk, SQLite cannot even open for writing
_PAGES = 8192  # bytes each: large rows, few of them


@dataclass(frozen=True)
class RunFolder:
    """Where runs are kept."""

    folder: Path
    limit: int = DEFAULT_LIMIT  # bytes that each run may take

    def path(self, run_id: str) -> Path:
        """The file of a run, whether it exists or not. Raises ValueError for what cannot be an id."""
        if not re.fullmatch(ID, run_id):
            raise ValueError(f"{run_id[:60]!r} is not the id of a run: small letters, digits and hyphens.")
        return self.folder / f"{run_id}{SUFFIX}"


def new_id(now: float) -> str:
    """A name for a run begun at `now` (seconds since the epoch): ids sort by time, and no two are alike."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(3)}"


class RunFile:
    """An open run."""

    def __init__(self, path: Path, db: sqlite3.Connection, *, write: bool) -> None:
        """Not called directly: see `create` and `open`."""
        self.path, self._db = path, db
        self.recipe = read_recipe(self._about("recipe"))
        self._stride = int(self._about("stride"))
        self._rows = self._count_rows()
        self._tail = self.metrics(self._rows // BLOCK_ROWS * BLOCK_ROWS)  # of the block that is not full yet: (n, 4)
        self._frames = Thinning(600, 600, self.frame_steps()) if write else None

    @classmethod
    def create(cls, path: Path, recipe: Recipe) -> RunFile:
        """Begin a file. Raises OSError with a sentence when it cannot be written."""
        if path.exists():
            raise OSError(f"{path} is there already")
        path.parent.mkdir(parents=True, exist_ok=True)
        db: sqlite3.Connection | None = None
        try:
            db = _connect(path, write=True)
            _make_tables(db, recipe)
            return cls(path, db, write=True)
        except BaseException as error:
            if db is not None:
                db.close()
            remove(path)
            if isinstance(error, sqlite3.Error):
                raise _refused(path, error) from None
            raise

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> RunFile:
        """Open a file. Raises ValueError with a sentence when it is no run, FileNotFoundError when it is not there."""
        if not path.is_file():
            raise FileNotFoundError(2, "there is no such run", str(path))
        try:
            try:
                return cls._opened(path, write=write)
            except sqlite3.OperationalError as error:
                if write or not _may_be_read_alone(path, error):
                    raise
                return cls._opened(path, write=False, alone=True)
        except (sqlite3.Error, *_DAMAGE) as error:
            full = isinstance(error, sqlite3.OperationalError) and shutil.disk_usage(path.parent).free < _LITTLE
            why = "the disk is full" if full else str(error).rstrip(".")
            raise ValueError(f"{path.name} cannot be opened as a run: {why}.") from None

    @classmethod
    def _opened(cls, path: Path, *, write: bool, alone: bool = False) -> RunFile:
        db = _connect(path, write=write, alone=alone)
        try:
            check_schema(db)
            return cls(path, db, write=write)
        except BaseException:
            db.close()
            raise

    def close(self) -> None:
        """Close it; what was written in whole transactions stays."""
        self._db.close()

    # -- writing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written, or nothing of it. Raises OSError with a sentence when the disk refuses."""
        before = self._rows, self._stride, self._tail, copy.deepcopy(self._frames)
        try:
            with _whole(self._db):
                yield
        except BaseException as error:
            self._rows, self._stride, self._tail, self._frames = before
            if isinstance(error, sqlite3.Error):
                raise _refused(self.path, error) from None
            raise

    def set_about(self, name: str, value: str) -> None:
        """Write "title" or "outcome"."""
        self._db.execute("UPDATE about SET value = ? WHERE name = ?", (json.dumps(value), name))

    def add_metrics(self, metrics: Sequence[StepMetrics]) -> None:
        """Add the next steps' metrics."""
        rows = [(m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy) for m in metrics if (m.step - 1) % self._stride == 0]
        self.add_rows(np.array(rows, "<f4").reshape(len(rows), 4))

    def add_rows(self, rows: Float32Array) -> None:
        """Add the next rows (n, 4) of metrics, which already are of every `stride`-th step."""
        while len(rows):
            some = rows[: BLOCK_ROWS - len(self._tail)]
            first = self._rows - len(self._tail)
            self._tail = np.concatenate((self._tail, some))
            block = self._tail.astype("<f4", copy=False).tobytes()
            self._db.execute("INSERT OR REPLACE INTO metrics VALUES (?, ?)", (first, block))
            self._rows += len(some)
            if len(self._tail) == BLOCK_ROWS:
                self._tail = self._tail[:0]
            rows = rows[len(some) :]

    def set_stride(self, stride: int) -> None:
        """Say that row r of the metrics is step 1 + r * stride: while there are none, or together with new ones."""
        self._stride = stride
        self._db.execute("UPDATE about SET value = ? WHERE name = 'stride'", (json.dumps(stride),))

    def add_change(self, change: Change) -> None:
        """Add a change."""
        row = (change.step, change.name, change.old, change.new)
        self._db.execute("INSERT INTO changes (step, name, old, new) VALUES (?, ?, ?, ?)", row)

    def add_frame(self, step: int, payload: bytes) -> None:
        """Keep a frame, and drop those that it makes superfluous: some hundred stay, spread over the run."""
        if self._frames is None or not self._frames.wants(step):
            return
        self._db.execute("INSERT OR REPLACE INTO frames VALUES (?, ?)", (step, payload))
        self._db.executemany("DELETE FROM frames WHERE step = ?", [(s,) for s in self._frames.add(step)])

    def add_checkpoint(self, step: int, state: bytes) -> None:
        """Keep a packed state; the first one of a step stays."""
        self._db.execute("INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?)", (step, fingerprint(state), state))

    def keep_within(self, limit: int) -> None:
        """Thin until the file takes at most `limit` bytes: checkpoints first, then frames, then metrics.

        The first and the last of each stay, changes always, and checkpoints at changes as long as others are there.
        """
        room = max(limit, MIN_LIMIT) - LOG_BYTES
        for thin in (self._thin_checkpoints, self._thin_frames, self._thin_metrics):
            while self._pages_in_use() > room:
                if not thin():
                    break

    def settle(self) -> None:
        """Bring everything that was written into the file itself. Raises OSError with a sentence if that fails."""
        try:
            busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise _refused(self.path, error) from None
        if busy:
            raise OSError(f"{self.path.name} is in use")

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The name that the visitor gave it; may be empty."""
        return str(self._about("title"))

    @property
    def outcome(self) -> str:
        """How it ended; may be empty."""
        return str(self._about("outcome"))

    @property
    def stride(self) -> int:
        """Row r of the metrics is step 1 + r * stride."""
        self._stride = int(self._about("stride"))
        return self._stride

    def first_step(self) -> int:
        """The step of the first checkpoint: 0, or where a branch begins."""
        (step,) = self._one("SELECT min(step) FROM checkpoints")
        return int(step or 0)

    def last_step(self) -> int:
        """The last step that is recorded in any way."""
        rows = self._count_rows()
        (checkpoint,) = self._one("SELECT max(step) FROM checkpoints")
        return max(0 if not rows else 1 + (rows - 1) * self.stride, int(checkpoint or 0))

    def metrics(self, start: int = 0, limit: int = 1 << 40) -> Float32Array:
        """Rows start .. start + limit: (n, 4)."""
        query = "SELECT first, rows FROM metrics WHERE first > ? AND first < ? ORDER BY first"
        parts = [np.empty((0, 4), np.float32)]
        for first, blob in self._read(query, start - BLOCK_ROWS, min(start + limit, 1 << 60)):
            block = np.frombuffer(blob, "<f4").reshape(-1, 4)
            parts.append(block[max(0, start - first) : start + limit - first])
        return np.concatenate(parts)

    def rows(self) -> int:
        """How many rows of metrics there are."""
        return self._count_rows()

    def changes(self, after_step: int = 0) -> list[Change]:
        """Changes in force from a step > `after_step`, in the order in which they were made."""
        query = "SELECT step, name, old, new FROM changes WHERE step > ? ORDER BY number"
        return [Change(*row) for row in self._read(query, after_step)]

    def frame_steps(self) -> list[int]:
        """Steps with a frame, ascending."""
        return [step for (step,) in self._read("SELECT step FROM frames ORDER BY step")]

    def frame(self, step: int) -> bytes | None:
        """The frame of exactly this step."""
        rows = self._read("SELECT frame FROM frames WHERE step = ?", step)
        return bytes(rows[0][0]) if rows else None

    def checkpoint_steps(self) -> list[int]:
        """Steps with a checkpoint, ascending."""
        return [step for (step,) in self._read("SELECT step FROM checkpoints ORDER BY step")]

    def fingerprints(self) -> dict[int, str]:
        """What each checkpoint's state must hash to, by step, ascending."""
        return dict(self._read("SELECT step, fingerprint FROM checkpoints ORDER BY step"))

    def checkpoint_before(self, step: int) -> tuple[int, bytes]:
        """The newest checkpoint not after `step`, with its step. Raises ValueError when there is none."""
        query = "SELECT step, state FROM checkpoints WHERE step <= ? ORDER BY step DESC LIMIT 1"
        rows = self._read(query, step)
        if not rows:
            raise ValueError(f"This run has no checkpoint at or before step {step:,}.")
        return int(rows[0][0]), bytes(rows[0][1])

    def summary(self) -> RunSummary:
        """What the library shows of it."""
        counts = {
            table: self._one(f"SELECT count(*) FROM {table}")[0] for table in ("changes", "frames", "checkpoints")
        }
        return RunSummary(
            recipe=self.recipe,
            title=self.title,
            outcome=self.outcome,
            steps=self.last_step(),
            nbytes=self.nbytes(),
            **counts,
        )

    def nbytes(self) -> int:
        """Bytes on the disk, the write-ahead log included."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def copy_to(self, path: Path) -> None:
        """Write one consistent file beside whatever is going on in this one. Raises OSError with a sentence."""
        try:
            with closing(sqlite3.connect(path)) as copy:
                self._db.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        except sqlite3.Error as error:
            remove(path)
            raise _refused(path, error) from None

    def copy_until(self, path: Path, recipe: Recipe, step: int) -> RunFile:
        """Begin a new file with what happened up to `step`: a branch, complete in itself.

        Of the checkpoints it takes the newest one and a few before it. Raises OSError or ValueError
        with a sentence.
        """
        if not self.first_step() <= step <= self.last_step():
            raise ValueError(
                f"This run is recorded from step {self.first_step():,} to {self.last_step():,}: "
                f"there is nothing to branch off at {step:,}."
            )
        branch = RunFile.create(path, recipe)
        try:
            with self._as_it_is_now(), branch.transaction():
                self._copy_into(branch, step)
        except BaseException:
            branch.close()
            remove(path)
            raise
        return branch

    # -- inside ------------------------------------------------------------------------------------------------------

    def _copy_into(self, branch: RunFile, step: int) -> None:
        steps = [kept for kept in self.checkpoint_steps() if kept <= step]
        branch.set_stride(self.stride)
        branch.add_rows(self.metrics(0, -(-step // self.stride)))
        for change in self.changes():
            if change.step <= step:
                branch.add_change(change)
        for kept in self.frame_steps():
            if kept <= step:
                branch.add_frame(kept, self.frame(kept) or b"")
        for kept in {*steps[:: -(-len(steps) // _FEWEST_CHECKPOINTS) or 1], *steps[-1:]}:
            branch.add_checkpoint(*self.checkpoint_before(kept))

    def _thin_checkpoints(self) -> bool:
        """Drop a part of the checkpoints, those whose neighbours are nearest for their age. False if none can go."""
        steps = self.checkpoint_steps()
        if len(steps) <= _FEWEST_CHECKPOINTS:
            return False
        before_changes = {change.step - 1 for change in self.changes()}
        # The square root keeps a young run's checkpoints denser than an old one's. Two that are neighbours never go in
        # one round, as each was judged by the other.
        gaps = {
            step: (after - before) / math.sqrt(before + 100) * (4 if step in before_changes else 1)
            for before, step, after in zip(steps, steps[1:], steps[2:], strict=False)
        }
        dropped: set[int] = set()
        neighbours = dict(zip(steps[1:], zip(steps, steps[2:], strict=False), strict=False))
        for step in sorted(gaps, key=lambda step: gaps[step]):
            if len(dropped) > len(steps) // 16:
                break
            if not dropped & set(neighbours[step]):
                dropped.add(step)
        self._db.executemany("DELETE FROM checkpoints WHERE step = ?", [(step,) for step in dropped])
        return True

    def _thin_frames(self) -> bool:
        """Drop every second frame but the first and the last."""
        steps = self.frame_steps()
        if len(steps) <= _FEWEST_FRAMES:
            return False
        kept = [*steps[:-1:2], steps[-1]]
        gone = set(steps) - set(kept)
        self._db.executemany("DELETE FROM frames WHERE step = ?", [(step,) for step in gone])
        self._frames = Thinning(len(kept), len(kept), kept)
        return True

    def _thin_metrics(self) -> bool:
        """Drop every second row."""
        rows = self.metrics()
        if len(rows) <= BLOCK_ROWS:
            return False
        self._db.execute("DELETE FROM metrics")
        self._rows, self._tail = 0, rows[:0]
        self.set_stride(2 * self.stride)
        self.add_rows(rows[::2])
        return True

    def _pages_in_use(self) -> int:
        """Bytes of the pages that hold something; freed ones are used again before the file grows."""
        (pages,), (free,) = self._one("PRAGMA page_count"), self._one("PRAGMA freelist_count")
        (size,) = self._one("PRAGMA page_size")
        return int(pages - free) * int(size)

    def _count_rows(self) -> int:
        rows = self._read("SELECT first, length(rows) FROM metrics ORDER BY first DESC LIMIT 1")
        return int(rows[0][0]) + int(rows[0][1]) // ROW_BYTES if rows else 0

    def _about(self, name: str) -> Any:
        rows = self._read("SELECT value FROM about WHERE name = ?", name)
        if not rows:
            raise ValueError(f"its {name} is missing")
        return json.loads(rows[0][0])

    def _one(self, query: str) -> tuple[Any, ...]:
        return self._read(query)[0]

    def _read(self, query: str, *values: int | str) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise ValueError(f"{self.path.name} cannot be read: {error}.") from None

    @contextmanager
    def _as_it_is_now(self) -> Iterator[None]:
        """All that is read inside belongs together, whatever another connection writes meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")


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
    if found != [("table", name, name, create) for name, create in SCHEMA.items()]:
        raise ValueError("its tables are not those of a run")


def remove(path: Path) -> None:
    """Remove a run's file, and what SQLite keeps beside it."""
    for end in ("", *BESIDE):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _make_tables(db: sqlite3.Connection, recipe: Recipe) -> None:
    db.execute(f"PRAGMA page_size = {_PAGES}")
    db.execute("PRAGMA journal_mode = WAL")
    about = {"recipe": asdict(recipe), "title": "", "outcome": "", "stride": 1}
    with _whole(db):
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        for create in SCHEMA.values():
            db.execute(create)
        db.executemany("INSERT INTO about VALUES (?, ?)", [(n, json.dumps(v)) for n, v in about.items()])


def _may_be_read_alone(path: Path, error: sqlite3.OperationalError) -> bool:
    """Whether only the memory shared with writers could not be made, as on a full disk or in a closed folder."""
    log = path.with_name(f"{path.name}-wal")
    kinds = ("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_FULL")
    return getattr(error, "sqlite_errorname", "").startswith(kinds) and not (log.exists() and log.stat().st_size)


def _connect(path: Path, *, write: bool, alone: bool = False) -> sqlite3.Connection:
    """Open a database without trusting what is in it: https://sqlite.org/security.html. Raises sqlite3.Error.

    `alone`: nobody writes it, there is no log beside it, and nothing may be written for reading it.
    """
    # Else not in SQLite's own read-only mode: that could not read beside a log left by a process that was killed.
    name = f"{path.resolve().as_uri()}?mode=ro&immutable=1" if alone else str(path)
    db = sqlite3.connect(name, uri=alone, isolation_level=None, check_same_thread=False, timeout=_BUSY / 1000)
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
def _whole(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite itself gives up a transaction when the disk is full
            db.execute("ROLLBACK")
        raise


def _refused(path: Path, error: sqlite3.Error) -> OSError:
    """What SQLite could not write, as an error of the system that says why in `strerror`."""
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return OSError(errno.ENOSPC, "the disk is full", str(path))
    return OSError(errno.EIO, str(error), str(path))


def read_recipe(value: object) -> Recipe:
    """Build the record from JSON. Raises ValueError or TypeError for anything else."""
    names = {field.name for field in fields(Recipe)}
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError("its recipe is not one of this version")
    for name, kind in _KINDS.items():
        if isinstance(value[name], bool) or not isinstance(value[name], kind):
            raise ValueError(f"its recipe's {name} is of the wrong kind")
    return Recipe(**value)
