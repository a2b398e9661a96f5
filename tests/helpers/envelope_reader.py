"""A second reader of envelopes, that follows their documentation and nothing else."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np


def read(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Magic, header length, header, then the body: each array padded to a multiple of four bytes."""
    magic, length = struct.unpack_from("<4sI", data)
    assert magic == b"GSC1"
    assert (8 + length) % 4 == 0
    header = json.loads(data[8 : 8 + length].decode("utf-8"))
    body = {"plain": bytes, "zlib": zlib.decompress}[header["body"]](data[8 + length :])
    at, arrays = 0, {}
    for entry in header["arrays"]:
        assert set(entry) - {"coding"} == {"name", "dtype", "shape"}
        assert at % 4 == 0
        count = 1
        for size in entry["shape"]:
            count *= size
        array = np.frombuffer(body, {"u1": "u1", "i2": "<i2", "i4": "<i4", "f4": "<f4"}[entry["dtype"]], count, at)
        at += array.nbytes
        padding = -at % 4
        assert body[at : at + padding] == bytes(padding)
        at += padding
        array = array.reshape(entry["shape"])
        arrays[entry["name"]] = {"differences": undone}[entry["coding"]](array) if "coding" in entry else array
    assert at == len(body)  # nothing after the last array
    return header, arrays


def undone(sent: np.ndarray) -> np.ndarray:
    """Back from s[i, j] = a[i, j] - a[i-1, j] - a[i, j-1] + a[i-1, j-1], cell by cell in exact integers."""
    rows, columns = sent.shape[:2]
    a = np.zeros((rows + 1, columns + 1, *sent.shape[2:]), object)  # outside, before the first row and column, is 0
    for i in range(rows):
        for j in range(columns):
            a[i + 1, j + 1] = sent[i, j].astype(object) + a[i, j + 1] + a[i + 1, j] - a[i, j]
    least, values = np.iinfo(sent.dtype).min, 2 ** np.iinfo(sent.dtype).bits
    return ((a[1:, 1:] - least) % values + least).astype(sent.dtype)
