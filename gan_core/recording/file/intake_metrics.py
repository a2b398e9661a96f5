"""A stranger's metrics, checked block by block."""

from __future__ import annotations

import numpy as np

from gan_core.recording.file.rows import BLOCK_ROWS, ROW_BYTES, SUM_BYTES, is_whole, unpack_rows
from gan_core.records.arrays import Float32Array
from gan_core.training.tasks import Task

_COLUMNS = {"discriminator": slice(0, 2), "generator": slice(2, 4)}  # of a row of metrics: loss and accuracy


def checked_metrics(blob: object, task: Task) -> Float32Array:
    """Return a block of rows (n, 4). A loss may be any number: a run that diverged is a run. Accuracies are shares.

    There are no numbers of a network that is not trained.
    """
    data = whole_bytes(blob)
    if not ROW_BYTES <= len(data) <= BLOCK_ROWS * ROW_BYTES + SUM_BYTES or len(data) % ROW_BYTES not in (0, SUM_BYTES):
        raise ValueError("a block of its metrics is of a wrong size")
    if not is_whole(data):
        raise ValueError("a block of its metrics is damaged")
    block = unpack_rows(data)
    for network, columns in _COLUMNS.items():
        numbers = block[:, columns]
        if network not in task.trains:
            if not np.isnan(numbers).all():
                raise ValueError(f"it has losses of a {network} that it does not train")
        elif not ((numbers[:, 1] >= 0) & (numbers[:, 1] <= 1)).all():
            raise ValueError("an accuracy is no share")
    return block


def checked_extremes(blob: object, rows: Float32Array) -> Float32Array:
    """Return the extremes (n, 8) of a block of rows (n, 4): none of them lies inside of what its row says."""
    data = whole_bytes(blob)
    if len(data) != 2 * rows.nbytes + SUM_BYTES or not is_whole(data):
        raise ValueError("a block of its extremes is damaged")
    extremes = unpack_rows(data, 8)
    least, greatest = extremes[:, :4], extremes[:, 4:]
    if (least > rows).any() or (greatest < rows).any() or (least > greatest).any():
        raise ValueError("its extremes are not those of its metrics")
    if (least[:, 1::2] < 0).any() or (greatest[:, 1::2] > 1).any():
        raise ValueError("an accuracy is no share")
    return extremes


def whole_bytes(value: object) -> bytes:
    """Return a value that is bytes, or raise ValueError."""
    if not isinstance(value, bytes):
        raise ValueError("a value of it is of the wrong kind")
    return value
