"""What a file holds of steps that are trained again, and whether they come out so."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from gan_core.recording.file.checkpoint import fingerprint
from gan_core.recording.file.rows import rows_of
from gan_core.recording.file.run_file import RunFile
from gan_core.records.arrays import Float32Array
from gan_core.records.steps import StepMetrics
from gan_core.run.extremes import collected, none, of_rows


class Recorded:
    """The rows of metrics that are recorded of steps after+1 .. until, to hold a re-run against."""

    def __init__(self, file: RunFile, after: int, until: int) -> None:
        self.same = 0  # rows that came out again so far
        self.differs_at: int | None = None  # the first step whose row did not
        self._since = none(1)  # extremes of the steps that were trained again since the last row
        while True:  # a run that is being recorded may be thinned in between
            self._stride = file.stride
            self._first = -(-after // self._stride)
            count = max(0, -(-until // self._stride) - self._first)
            self._rows, self._extremes = file.metrics(self._first, count), file.extremes(self._first, count)
            if file.stride == self._stride:
                break
        if after > max(0, 1 + (self._first - 1) * self._stride) and len(self._rows):
            self._extremes = np.concatenate((of_rows(self._rows[:1]), self._extremes[1:]))  # not all its steps come

    def compare(self, done: Sequence[StepMetrics]) -> bool | None:
        """Whether these steps' rows came out again, bit for bit; None if none of them are recorded."""
        recorded = [m for m in done if (m.step - 1) % self._stride == 0]
        start = (recorded[0].step - 1) // self._stride - self._first if recorded else 0
        theirs = self._rows[start : start + len(recorded)]
        spans = self._spans(done)[: len(theirs)]
        if not len(theirs):
            return None
        equal = (_bits(rows_of(recorded[: len(theirs)])) == _bits(theirs)).all(axis=1)
        equal &= ~_beyond(self._extremes[start : start + len(theirs)], spans)
        if not equal.all() and self.differs_at is None:
            self.differs_at = recorded[int(equal.argmin())].step
        self.same += int(equal.sum()) if self.differs_at is None else int(equal.argmin())
        return bool(equal.all())

    def _spans(self, done: Sequence[StepMetrics]) -> Float32Array:
        """The extremes of these steps, for each row among them; of the first row perhaps not of all its steps."""
        if not done or self._stride == 1:
            return of_rows(rows_of(done))
        spans, self._since = collected(rows_of(done), (1 - done[0].step) % self._stride, self._stride, self._since)
        return spans


def _beyond(recorded: Float32Array, found: Float32Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether recorded extremes (n, 8) are numbers that there were not. They may be nearer: a branch knows less."""
    return np.asarray(((recorded[:, :4] < found[:, :4]) | (recorded[:, 4:] > found[:, 4:])).any(axis=1))


def _bits(rows: Float32Array) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    return np.ascontiguousarray(rows).view(np.uint32)


def stored(file: RunFile, step: int) -> bytes | None:
    """The checkpoint of exactly this step; None if it is damaged, or not there any more."""
    try:
        found, packed = file.checkpoint_before(step)
        return packed if found == step and fingerprint(packed) == file.fingerprints()[step] else None
    except (ValueError, KeyError, TypeError, struct.error):
        return None
