"""The files that training without a browser leaves, and Ctrl-C while they are written."""

from __future__ import annotations

import io
import math
import signal
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from types import FrameType, TracebackType

import numpy as np
from torch import Tensor

from gan_core.records.arrays import Float32Array
from gan_core.records.steps import StepMetrics
from gan_core.system.files import put_in_place

_HEAD = "step,d_loss,d_accuracy,g_loss,g_accuracy\n"


class MetricsFile:
    """Writes metrics as CSV into a file that is open without a buffer: each row is whole once `append` returns."""

    def __init__(self, file: FileIO, before: Float32Array) -> None:
        """`before` (n, 4) are the rows of steps 1 to n, which it begins with."""
        self._file = file
        self._size = 0
        rows = (StepMetrics(step, *row) for step, row in enumerate(before.tolist(), 1))
        self._write(_HEAD + "".join(map(_row, rows)))

    def append(self, metrics: StepMetrics) -> None:
        """Add one row."""
        self._write(_row(metrics))

    def _write(self, row: str) -> None:
        rest = row.encode()
        try:
            while rest:  # a disk that fills up takes a part before it refuses
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            if len(rest) < len(row):
                self._file.truncate(self._size)  # no half row
            raise OSError(error.errno, f"{error.strerror} (the rows before are kept)", str(self._file.name)) from None
        self._size += len(row)


class CtrlC:
    """Lets Ctrl-C end a run after the step in progress, so that files and networks agree; a second one ends it at once.

    Leaves a handler that is not Python's own in place.
    """

    def __init__(self, also: Sequence[signal.Signals] = ()) -> None:
        """`also` are further signals that are taken once in the same way; a second one ends the process."""
        self.pressed, self._also = False, also

    def __enter__(self) -> CtrlC:
        for other in self._also:
            if signal.getsignal(other) is signal.SIG_DFL:
                signal.signal(other, self._told)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if signal.getsignal(signal.SIGINT) == self._press:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        for other in self._also:
            if signal.getsignal(other) == self._told:
                signal.signal(other, signal.SIG_DFL)

    def _told(self, signum: int, frame: FrameType | None) -> None:
        self.pressed = True
        signal.signal(signum, signal.SIG_DFL)

    def _press(self, signum: int, frame: FrameType | None) -> None:
        self.pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader finds the old one or the whole new one, never a part."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        put_in_place(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def as_npy(x: Tensor) -> bytes:
    """An array as np.save writes it."""
    buffer = io.BytesIO()
    np.save(buffer, x.cpu().numpy())
    return buffer.getvalue()


def _row(m: StepMetrics) -> str:
    """One line. repr of a float is the shortest text that reads back as the same number; NaN is left empty."""
    numbers = (m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy)
    return ",".join((str(m.step), *("" if math.isnan(x) else repr(x) for x in numbers))) + "\n"
