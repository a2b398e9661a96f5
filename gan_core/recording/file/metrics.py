"""The metrics of one run's file: rows of every step, or of every second one and so on, and then their extremes too."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import numpy as np

from gan_core.recording.file import database as run_database
from gan_core.recording.file.rows import BLOCK_ROWS, ROW_BYTES, pack_rows, unpack_rows
from gan_core.records.arrays import Float32Array
from gan_core.run import extremes
from gan_core.run.extremes import COLUMNS

_SINCE = -1  # where the extremes of the steps since the last row are

Read = Callable[..., list[tuple[Any, ...]]]  # a query and its values -> rows, or ValueError with a sentence


class RunMetrics:
    """Reads and writes them; what it writes belongs to a transaction of its owner's."""

    def __init__(self, db: sqlite3.Connection, read: Read) -> None:
        self._db, self._read = db, read
        self._rows, self._stride = self.count(), self.stride
        full = self._rows // BLOCK_ROWS * BLOCK_ROWS
        self._tail = np.hstack((self.read(full), self.extremes(full)))  # of the block that is not full yet: (n, 12)
        self._since = self.since()

    def snapshot(self) -> tuple[Any, ...]:
        """What to hand to `go_back` when a transaction fails."""
        return self._rows, self._stride, self._tail, self._since

    def go_back(self, before: tuple[Any, ...]) -> None:
        """Forget what was written since."""
        self._rows, self._stride, self._tail, self._since = before

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def stride(self) -> int:
        """Row r is step 1 + r * stride."""
        rows = self._read("SELECT value FROM about WHERE name = 'stride'")
        if not rows:
            raise ValueError("its stride is missing")
        self._stride = int(json.loads(rows[0][0]))
        return self._stride

    def count(self) -> int:
        """How many rows there are."""
        rows = self._read("SELECT first, length(rows) FROM metrics ORDER BY first DESC LIMIT 1")
        return int(rows[0][0]) + int(rows[0][1]) // ROW_BYTES if rows else 0

    def read(self, start: int = 0, limit: int = 1 << 40) -> Float32Array:
        """Rows start .. start + limit: (n, 4)."""
        return self._blocks("metrics", COLUMNS, start, limit)

    def extremes(self, start: int = 0, limit: int = 1 << 40) -> Float32Array:
        """The extremes (n, 8) of the same rows; of rows that were thinned without them, the rows' own numbers."""
        found = self._blocks("extremes", 2 * COLUMNS, start, limit) if self._has_extremes() else extremes.none(0)
        return found if len(found) else extremes.of_rows(self.read(start, limit))

    def since(self) -> Float32Array:
        """The extremes (1, 8) of the steps since the last row."""
        query = "SELECT rows FROM extremes WHERE first = ?"
        rows = self._read(query, _SINCE) if self._has_extremes() else []
        return unpack_rows(rows[0][0], 2 * COLUMNS) if rows else extremes.none(1)

    def _has_extremes(self) -> bool:
        return run_database.has_extremes(self._db)

    def _blocks(self, table: str, columns: int, start: int, limit: int) -> Float32Array:
        query = f"SELECT first, rows FROM {table} WHERE first > ? AND first < ? AND first >= 0 ORDER BY first"
        parts = [np.empty((0, columns), np.float32)]
        for first, blob in self._read(query, start - BLOCK_ROWS, min(start + limit, 1 << 60)):
            parts.append(unpack_rows(blob, columns)[max(0, start - first) : start + limit - first])
        return np.concatenate(parts)

    # -- writing -----------------------------------------------------------------------------------------------------

    def set_stride(self, stride: int) -> None:
        """Say that row r is step 1 + r * stride: while there are none, or together with new ones."""
        self._stride = stride
        self._db.execute("UPDATE about SET value = ? WHERE name = 'stride'", (json.dumps(stride),))

    def add_steps(self, first: int, rows: Float32Array) -> None:
        """Add the rows (n, 4) of the next steps, the first of which is `first`."""
        gap = (1 - first) % self._stride
        if self._stride == 1:
            return self.add(rows)
        of_each, since = extremes.collected(rows, gap, self._stride, self._since)
        self.add(rows[gap :: self._stride], of_each)
        self.set_since(since)

    def add(self, rows: Float32Array, of_each: Float32Array | None = None) -> None:
        """Add the next rows (n, 4), which already are of every `stride`-th step, with their extremes (n, 8)."""
        more = np.hstack((rows, extremes.of_rows(rows) if of_each is None else of_each))
        while len(more):
            some = more[: BLOCK_ROWS - len(self._tail)]
            first = self._rows - len(self._tail)
            self._tail = np.concatenate((self._tail, some))
            self._write("metrics", first, self._tail[:, :COLUMNS])
            if self._stride > 1:
                self._write("extremes", first, self._tail[:, COLUMNS:])
            self._rows += len(some)
            if len(self._tail) == BLOCK_ROWS:
                self._tail = self._tail[:0]
            more = more[len(some) :]

    def set_since(self, since: Float32Array) -> None:
        """Write the extremes (1, 8) of the steps since the last row."""
        self._since = since
        self._write("extremes", _SINCE, since)

    def halve(self) -> None:
        """Remove every second row; what it was beyond its neighbours stays in their extremes."""
        rows, before = self.read(), self.extremes()
        of_each, since = extremes.halved(before, self._since)
        for table in ("metrics", "extremes") if self._has_extremes() else ("metrics",):
            self._db.execute(f"DELETE FROM {table}")
        self._rows, self._tail = 0, self._tail[:0]
        self.set_stride(2 * self.stride)
        self.add(rows[::2], of_each)
        self.set_since(since)

    def _write(self, table: str, first: int, rows: Float32Array) -> None:
        if table == "extremes":
            self._begin_extremes(first)
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (first, pack_rows(rows)))

    def _begin_extremes(self, first: int) -> None:
        """Make the table where the file is older, and give the rows before block `first` their own numbers."""
        if self._has_extremes():
            return
        run_database.bring_up_to_date(self._db)
        for start in range(0, first, BLOCK_ROWS):
            self._write("extremes", start, extremes.of_rows(self.read(start, BLOCK_ROWS)))
