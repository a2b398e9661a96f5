"""Metrics in a run's file: blocks of rows (n, 4) float32 little-endian, and their CRC-32 behind them.

Extremes (gan_core/run/extremes.py) are packed in the same way, as rows (n, 8).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from gan_core.records.arrays import Float32Array
from gan_core.records.steps import StepMetrics

BLOCK_ROWS = 4096
ROW_BYTES, SUM_BYTES = 16, 4


def rows_of(metrics: Sequence[StepMetrics]) -> Float32Array:
    """Metrics as rows (n, 4): d_loss, d_accuracy, g_loss, g_accuracy."""
    rows = [(m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy) for m in metrics]
    return np.array(rows, np.float32).reshape(len(rows), 4)


def pack_rows(rows: Float32Array) -> bytes:
    """Rows (n, 4), or (n, 8), as a block that shows damage."""
    data = rows.astype("<f4", copy=False).tobytes()
    return data + zlib.crc32(data).to_bytes(SUM_BYTES, "little")


def unpack_rows(block: bytes, columns: int = 4) -> Float32Array:
    """Rows (n, columns) of a block, read-only. Whether they are damaged is another question: see `is_whole`."""
    return np.frombuffer(block, "<f4", len(block) // (4 * columns) * columns).reshape(-1, columns)


def is_whole(block: bytes) -> bool:
    """Whether these are rows with the right sum behind them, or, as in files of format 1, with none."""
    size = len(block) // ROW_BYTES * ROW_BYTES
    return len(block) == size or block[size:] == zlib.crc32(block[:size]).to_bytes(SUM_BYTES, "little")
