"""The shared buffer: every step's metrics and a bounded number of frames that always span the whole run.

Bounded however long a run is. No locks: the session owns the only reference while it changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from itertools import islice

import numpy as np

from gan_core.records.arrays import Float32Array
from gan_core.records.frames import Reading, Snapshot, TrailPoint
from gan_core.records.steps import Change, StepMetrics
from gan_core.run import extremes
from gan_core.run.thinning import Thinning, nearest

DENSE_STEPS = 600  # the article's figure: every one of these steps is kept once it was rendered
LATER_FRAMES = 600  # frames kept after them
MAX_ROWS = 1_000_000  # steps of metrics; twice as many are kept at every second step, and so on
MAX_CHANGES = 20_000
TRAIL_STEPS = 100
_COLUMNS = 4  # d_loss, d_accuracy, g_loss, g_accuracy


class MetricsLog:
    """Four float32 numbers a step, in one array that grows by doubling up to a limit.

    Beyond the limit every second row is dropped and only every second step has a row from then on; the least and the
    greatest numbers of the steps without one stay beside the rows (gan_core/run/extremes.py).
    """

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self.stride = 1  # row i holds step 1 + i * stride
        self.rows = 0
        self._max_rows = max_rows
        self._data = np.empty((min(4096, max_rows), _COLUMNS), np.float32)
        self._extremes = extremes.none(0)  # of each row, once rows are thinned
        self._since = extremes.none(1)  # of the steps since the last row

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._data.nbytes + self._extremes.nbytes

    def append(self, m: StepMetrics) -> None:
        """Add the metrics of the next step."""
        due = (m.step - 1) % self.stride == 0
        if due and self.rows == self._max_rows:
            self._thin()
            due = (m.step - 1) % self.stride == 0
        row = (m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy)
        if self.stride > 1:
            extremes.widen(self._since[0], row)
        if not due:
            return
        self._make_room()
        self._data[self.rows] = row
        if self.stride > 1:
            self._extremes[self.rows] = self._since[0]
            self._since = extremes.none(1)
        self.rows += 1

    def _thin(self) -> None:
        rows = self._data[: self.rows]
        of_each = self._extremes[: self.rows] if self.stride > 1 else extremes.of_rows(rows)
        of_each, self._since = extremes.halved(of_each, self._since)
        self._hold(rows[::2].copy(), 2 * self.stride, of_each)

    def _hold(self, rows: Float32Array, stride: int, of_each: Float32Array) -> None:
        self.stride, self.rows = stride, len(rows)
        if len(rows) > len(self._data):
            self._data = np.empty((len(rows), _COLUMNS), np.float32)
        self._data[: len(rows)] = rows
        if stride > 1:
            self._extremes = _longer(of_each, len(self._data))

    def _make_room(self) -> None:
        """Room for one more row."""
        if self.rows < len(self._data):
            return
        self._data = _longer(self._data, min(2 * self.rows, self._max_rows))
        if self.stride > 1:
            self._extremes = _longer(self._extremes, len(self._data))

    def load(
        self,
        rows: Float32Array,
        stride: int,
        of_each: Float32Array | None = None,
        since: Float32Array | None = None,
    ) -> None:
        """Begin with rows (n, 4) that were recorded, row i of step 1 + i * stride.

        Perhaps with the extremes (n, 8) of each, and (1, 8) of the steps since the last one.
        """
        of_each = extremes.of_rows(rows) if of_each is None else of_each
        self._since = extremes.none(1) if since is None else since.copy()
        while len(rows) > self._max_rows:
            of_each, self._since = extremes.halved(of_each, self._since)
            rows, stride = rows[::2], 2 * stride
        self._hold(rows, stride, of_each)

    def read(self, start: int, limit: int) -> Float32Array:
        """Copy rows start .. start + limit: (n, 4), columns d_loss, d_accuracy, g_loss, g_accuracy."""
        return self._data[start : min(self.rows, start + limit)].copy()

    def read_extremes(self, start: int, limit: int) -> Float32Array | None:
        """Copy the extremes (n, 8) of the same rows; None as long as each step has a row."""
        return None if self.stride == 1 else self._extremes[start : min(self.rows, start + limit)].copy()

    def mean_losses(self, after: int, until: int) -> tuple[float, float]:
        """Mean losses of D and G over the held steps after `after` up to `until`; NaN where there are none."""
        first, end = (-(-step // self.stride) for step in (after, until))  # rounded up: rows of steps beyond
        rows = self._data[max(first, 0) : min(end, self.rows), ::2].astype(np.float64)
        d_loss, g_loss = rows.mean(axis=0).tolist() if len(rows) else (np.nan, np.nan)
        return d_loss, g_loss


def _longer(array: Float32Array, length: int) -> Float32Array:
    """A copy with room for that many rows."""
    grown = np.empty((length, array.shape[1]), np.float32)
    grown[: len(array)] = array
    return grown


class History:
    """Frames, metrics and changes of one run."""

    def __init__(
        self, *, dense_steps: int = DENSE_STEPS, later_frames: int = LATER_FRAMES, max_rows: int = MAX_ROWS
    ) -> None:
        self.metrics = MetricsLog(max_rows)
        self.newest: Snapshot | None = None
        self._thinning = Thinning(dense_steps, later_frames)
        self._kept: dict[int, Snapshot] = {}  # without the newest unless it is kept anyway
        self._kept_bytes = 0
        self._changes: deque[Change] = deque()
        self._changes_dropped = 0
        self._recent: deque[TrailPoint] = deque(maxlen=TRAIL_STEPS)

    @property
    def nbytes(self) -> int:
        """Bytes held by frames and metrics."""
        newest = self.newest
        loose = newest.nbytes if newest and not self.keeps(newest) else 0
        return self._kept_bytes + self.metrics.nbytes + loose

    def keeps(self, frame: Snapshot) -> bool:
        """Whether this very frame is one of the kept ones, and not only the newest."""
        return self._kept.get(frame.step) is frame

    def wants(self, step: int) -> bool:
        """Whether a frame of this step (not before the newest) would be kept."""
        return self._thinning.wants(step)

    def add_frame(self, frame: Snapshot) -> None:
        """Take in a frame of the current step: always as the newest, and kept if its step is wanted."""
        self.newest = frame
        if not self._recent or self._recent[-1].step < frame.step:
            self._recent.append(frame.trail_point)
        if self.wants(frame.step):
            self._kept[frame.step] = frame
            self._kept_bytes += frame.nbytes
            for step in self._thinning.add(frame.step):
                self._kept_bytes -= self._kept.pop(step).nbytes

    def sharpen(self, frame: Snapshot) -> None:
        """Replace the newest frame by a finer one of the same step; the kept one stays as it was."""
        self.newest = frame

    @property
    def changes_total(self) -> int:
        """Changes ever logged; the oldest ones are no longer held once there are more than MAX_CHANGES."""
        return self._changes_dropped + len(self._changes)

    def add_change(self, change: Change) -> None:
        """Log a change."""
        self._changes.append(change)
        if len(self._changes) > MAX_CHANGES:
            self._changes.popleft()
            self._changes_dropped += 1

    def changes_from(self, number: int) -> tuple[int, tuple[Change, ...]]:
        """The number of the first held change not before `number`, and the changes from there on."""
        first = max(number, self._changes_dropped)
        return first, tuple(islice(self._changes, first - self._changes_dropped, None))

    def kept_steps(self) -> list[int]:
        """Steps that `at` can show exactly, ascending, the newest included."""
        newest = self.newest
        if newest is None or newest.step in self._kept:
            return list(self._thinning.steps)
        return [*self._thinning.steps, newest.step]

    def at(self, step: int) -> Snapshot | None:
        """The frame nearest to `step`, the earlier of two equally near; None before the first frame."""
        if self.newest is None:
            return None
        steps = self.kept_steps()
        best = nearest(steps, step)
        return self.newest if best == self.newest.step else self._kept[best]

    def readings(self, first: int, limit: int) -> tuple[Reading, ...]:
        """What was read at the frames from step `first` on, at most `limit`, ascending."""
        steps = self.kept_steps()
        frames = (self.at(step) for step in islice(steps, bisect_left(steps, first), None))
        return tuple(islice((frame.reading for frame in frames if frame and frame.reading), limit))

    def trail(self, step: int) -> list[TrailPoint]:
        """What is known of the last TRAIL_STEPS steps up to `step`, ascending."""
        first = step - TRAIL_STEPS
        steps = self._thinning.steps
        kept = steps[bisect_right(steps, first) : bisect_right(steps, step)]
        points = {s: self._kept[s].trail_point for s in kept}
        points.update({p.step: p for p in self._recent if first < p.step <= step})
        return [points[s] for s in sorted(points)]
