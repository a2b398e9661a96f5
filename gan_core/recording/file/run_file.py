"""One run in one SQLite file: its recipe, every change, all metrics, kept frames, and checkpoints of the full state.

Knows no threads: a RunFile is used by one thread at a time, and any number of processes may read the same file
meanwhile (SQLite's write-ahead log, https://sqlite.org/wal.html; on a drive that machines share, its journal).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from gan_core.recording.file import database as run_database
from gan_core.recording.file.checkpoint import fingerprint
from gan_core.recording.file.lock import WriteLock
from gan_core.recording.file.metrics import RunMetrics
from gan_core.recording.file.opening import begin, opened
from gan_core.recording.file.rows import rows_of
from gan_core.records.arrays import Float32Array
from gan_core.records.ending import Ending
from gan_core.records.library import RunSummary
from gan_core.records.notes import Note, read_notes
from gan_core.records.steps import Change, StepMetrics
from gan_core.run.thinning import Thinning
from gan_core.setup.experiment import read_value
from gan_core.setup.recipe import Recipe
from gan_core.wire.envelope import read_header


class RunFile:
    """An open run."""

    def __init__(self, path: Path, db: sqlite3.Connection, lock: WriteLock | None) -> None:
        """Not called directly: see `create` and `open`. It is for writing if there is a `lock`."""
        self.path, self._db, self._lock = path, db, lock
        as_recorded = self._about("recipe")
        self.recipe = run_database.read_recipe(as_recorded)
        self.by_fields = run_database.changes_of_recipe(as_recorded)
        self._metrics = RunMetrics(db, self._read)
        self._frames = Thinning(600, 600, self.frame_steps()) if lock else None

    @classmethod
    def create(cls, path: Path, recipe: Recipe) -> RunFile:
        """Begin a file. Raises OSError with a sentence when it cannot be written."""
        return begin(path, recipe, cls)

    @classmethod
    def open(cls, path: Path, *, write: bool = False, alone: bool = False) -> RunFile:
        """Open a file.

        Raises ValueError with a sentence when it is no run or, for writing, when another process writes into it (or,
        to write `alone`, anybody), and FileNotFoundError when it is not there.
        """
        return opened(path, cls, write=write, alone=alone)

    def close(self) -> None:
        """Close it; what was written in whole transactions stays."""
        self._db.close()
        if self._lock is not None:
            self._lock.release()

    # -- writing -----------------------------------------------------------------------------------------------------

    def wait_at_most(self, seconds: float) -> None:
        """How long a transaction waits for another program's; by default for some seconds."""
        self._db.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written, or nothing of it.

        Raises OSError with a sentence when the disk refuses, or Locked while another program has locked the file.
        """
        metrics, frames = self._metrics.snapshot(), self._frames and self._frames.copy()
        try:
            with run_database.whole(self._db):
                yield
        except BaseException as error:
            self._metrics.go_back(metrics)
            self._frames = frames
            if isinstance(error, sqlite3.Error):
                raise run_database.refused(self.path, error) from None
            raise

    def set_about(self, name: str, value: object) -> None:
        """Write "title", "outcome", "weights" or "notes"."""
        self._db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, json.dumps(value)))

    def add_metrics(self, metrics: Sequence[StepMetrics]) -> None:
        """Add the next steps' metrics."""
        if metrics:
            self.add_steps(metrics[0].step, rows_of(metrics))

    def add_steps(self, first: int, rows: Float32Array) -> None:
        """Add the metrics (n, 4) of the next steps, the first of which is `first`."""
        self._metrics.add_steps(first, rows)

    def add_rows(self, rows: Float32Array, extremes: Float32Array | None = None) -> None:
        """Add the next rows (n, 4) of metrics, of every `stride`-th step already, perhaps with extremes (n, 8)."""
        self._metrics.add(rows, extremes)

    def set_since(self, since: Float32Array) -> None:
        """Write the extremes (1, 8) of the steps since the last row."""
        self._metrics.set_since(since)

    def set_stride(self, stride: int) -> None:
        """Say that row r of the metrics is step 1 + r * stride: while there are none, or together with new ones."""
        self._metrics.set_stride(stride)

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

    def drop_checkpoints(self, steps: Iterable[int]) -> None:
        """Remove the checkpoints of these steps."""
        self._db.executemany("DELETE FROM checkpoints WHERE step = ?", [(step,) for step in steps])

    def drop_frames(self, steps: Iterable[int]) -> None:
        """Remove the frames of these steps; from now on no more are kept than are left."""
        self._db.executemany("DELETE FROM frames WHERE step = ?", [(step,) for step in steps])
        kept = self.frame_steps()
        self._frames = Thinning(len(kept), len(kept), kept)

    def halve_metrics(self) -> None:
        """Remove every second row of the metrics; their extremes stay."""
        self._metrics.halve()

    def settle(self) -> None:
        """Bring everything that was written into the file itself. Raises OSError with a sentence if that fails."""
        try:
            busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise run_database.refused(self.path, error) from None
        if busy:
            raise OSError(f"{self.path.name} is in use")

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The name that the visitor gave it; may be empty."""
        return str(self._about("title"))

    @property
    def outcome(self) -> Ending | str:
        """What came of it; of a file of an older form a sentence. Empty of a run that goes on."""
        found = self._about("outcome")
        return found if isinstance(found, dict) else str(found)

    @property
    def weights(self) -> str:
        """SHA-256 of the file of weights that it began with; empty if they were drawn."""
        return str(self._about("weights", ""))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What visitors noted of it and of its steps."""
        return read_notes(self._about("notes", []))

    @property
    def stride(self) -> int:
        """Row r of the metrics is step 1 + r * stride."""
        return self._metrics.stride

    def first_step(self) -> int:
        """The step of the first checkpoint: 0, or where a branch begins."""
        (step,) = self._one("SELECT min(step) FROM checkpoints")
        return int(step or 0)

    def last_step(self) -> int:
        """The last step that is recorded in any way."""
        rows = self.rows()
        (checkpoint,) = self._one("SELECT max(step) FROM checkpoints")
        return max(0 if not rows else 1 + (rows - 1) * self.stride, int(checkpoint or 0))

    def written(self) -> float:
        """When something of it was trained last, in seconds since the epoch, as far as its frames say.

        Not the file's own time: renaming, copying and even looking at a run after a crash change that.
        """
        rows = self._read("SELECT frame FROM frames ORDER BY step DESC LIMIT 1")
        times = [float(read_header(bytes(frame))["time"]) for (frame,) in rows]
        return max(self.recipe.created, *times, 0.0)

    def metrics(self, start: int = 0, limit: int = 1 << 40) -> Float32Array:
        """Rows start .. start + limit: (n, 4)."""
        return self._metrics.read(start, limit)

    def extremes(self, start: int = 0, limit: int = 1 << 40) -> Float32Array:
        """The extremes (n, 8) of the same rows: see gan_core/run/extremes.py."""
        return self._metrics.extremes(start, limit)

    def since(self) -> Float32Array:
        """The extremes (1, 8) of the steps since the last row."""
        return self._metrics.since()

    def rows(self) -> int:
        """How many rows of metrics there are."""
        return self._metrics.count()

    def changes(self, after_step: int = 0) -> list[Change]:
        """Changes in force from a step > `after_step`, in the order in which they were made.

        Raises ValueError with a sentence when one is of a value that only a newer version has, or out of range.
        """
        query = "SELECT step, name, old, new FROM changes WHERE step > ? ORDER BY number"
        rows = self._read(query, after_step)
        try:
            found = [Change(step, name, old, read_value(name, new)) for step, name, old, new in rows]
        except ValueError as error:
            raise ValueError(f"{self.path.name} cannot be read: {str(error).rstrip('.')}.") from None
        by_fields = [change for change in self.by_fields if change.step > after_step]
        return sorted([*by_fields, *found], key=lambda change: change.step) if by_fields else found

    def values_at(self, step: int) -> dict[str, float]:
        """The live values that step `step` was trained with; at 0, those of the beginning."""
        made = {change.name: change.new for change in self.changes() if change.step <= step}
        return {**self.recipe.values, **made}

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
            notes=self.notes,
            outcome=self.outcome,
            steps=self.last_step(),
            nbytes=self.nbytes(),
            **{**counts, "changes": counts["changes"] + len(self.by_fields)},
        )

    def nbytes(self) -> int:
        """Bytes on the disk, the write-ahead log included."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def bytes_in_use(self) -> int:
        """Bytes of the pages that hold something; freed ones are used again before the file grows."""
        (pages,), (free,) = self._one("PRAGMA page_count"), self._one("PRAGMA freelist_count")
        (size,) = self._one("PRAGMA page_size")
        return int(pages - free) * int(size)

    def copy_to(self, path: Path) -> None:
        """Write one consistent file beside whatever is going on in this one. Raises OSError with a sentence."""
        try:
            with closing(sqlite3.connect(path)) as copy:
                self._db.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        except sqlite3.Error as error:
            run_database.remove(path)
            raise run_database.refused(path, error) from None

    @contextmanager
    def as_it_is_now(self) -> Iterator[None]:
        """All that is read inside belongs together, whatever another connection writes meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    # -- inside ------------------------------------------------------------------------------------------------------

    def _about(self, name: str, otherwise: object = None) -> Any:
        rows = self._read("SELECT value FROM about WHERE name = ?", name)
        if not rows and otherwise is None:
            raise ValueError(f"its {name} is missing")
        return json.loads(rows[0][0]) if rows else otherwise

    def _one(self, query: str) -> tuple[Any, ...]:
        return self._read(query)[0]

    def _read(self, query: str, *values: int | str) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise ValueError(f"{self.path.name} cannot be read: {error}.") from None
