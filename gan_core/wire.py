"""What goes to the browser, as bytes: little-endian, no copies on the other side.

One envelope for everything:

    offset 0   4 bytes   b"GSC1"
    offset 4   uint32    H, length of the header in bytes
    offset 8   H bytes   header: JSON, UTF-8, padded with spaces so that 8 + H is a multiple of 4
    then                 the arrays, one after the other, each padded with zeros to a multiple of 4 bytes

The header's `arrays` lists them in order: `name`, `dtype` ("u1", "i2", "i4" or "f4"), `shape`. The rest of the header:

frame    (GET /api/frame, /api/frame/STEP)  `kind` "frame", `version`, `run`, `step`, `time` (s since the epoch),
         `resolution`, `image_start` and `image_spacing` (latent coordinates of the image's first cell and between two
         cells), `kept` (false for a frame that may still be replaced), `trail` ([step, centre x, y, bluest x, y], ...).
         Arrays: `latent_map` and `sample_map` u1 (R, R), 255 = real, row 0 lowest; `fakes` i2 (N, 2) and `image` i2
         (M, M, 2), divide by 32767.
points   (GET /api/points)    `kind` "points", `run`. Arrays: `latents` and `reals` i2 (N, 2), divide by 32767.
progress (GET /api/progress)  `kind` "progress", `status` (as /api/status), `from` (first row), `rows` (all there are),
         `stride` (row i is step 1 + i * stride), `changes` ([step, name, old, new], ... from number `changes_from`).
         Arrays: `metrics` f4 (n, 4): d_loss, d_accuracy, g_loss, g_accuracy; `kept` i4 (k,): steps with a frame.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from gan_core.records import FixedPoints, Progress, Snapshot, Status, TrailPoint

MAGIC = b"GSC1"
CONTENT_TYPE = "application/octet-stream"
_DTYPES = {"uint8": "u1", "int16": "i2", "int32": "i4", "float32": "f4"}


def encode_frame(frame: Snapshot, *, version: int, trail: Sequence[TrailPoint], kept: bool) -> bytes:
    """Encode one snapshot with the path that led to it."""
    resolution, image = frame.resolution, frame.image.shape[0]
    stride = resolution // image
    header = {
        "kind": "frame",
        "version": version,
        "run": frame.moment.run,
        "step": frame.step,
        "time": frame.moment.time,
        "resolution": resolution,
        "image_start": (stride // 2 + 0.5) * 2 / resolution - 1,
        "image_spacing": stride * 2 / resolution,
        "kept": kept,
        "trail": [[p.step, *(round(x, 5) for x in (*p.centre, *p.bluest))] for p in trail],
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "latent_map": frame.latent_map,
        "sample_map": frame.sample_map,
        "fakes": frame.fakes,
        "image": frame.image,
    }
    return _envelope(header, arrays)


def encode_points(points: FixedPoints) -> bytes:
    """Encode a run's fixed inputs."""
    return _envelope({"kind": "points", "run": points.run}, {"latents": points.latents, "reals": points.reals})


def encode_progress(progress: Progress) -> bytes:
    """Encode what happened since the browser last asked."""
    header = {
        "kind": "progress",
        "status": status_json(progress.status),
        "from": progress.start,
        "rows": progress.rows,
        "stride": progress.stride,
        "changes_from": progress.changes_from,
        "changes": [[c.step, c.name, c.old, c.new] for c in progress.changes],
    }
    return _envelope(header, {"metrics": progress.metrics, "kept": np.asarray(progress.kept, np.int32)})


def status_json(status: Status) -> dict[str, Any]:
    """A status as JSON-ready values."""
    return asdict(status)


def decode(data: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read an envelope back: its header and its arrays by name. Raises ValueError when the bytes are not one."""
    if data[:4] != MAGIC or len(data) < 8:
        raise ValueError("These bytes are no GANscope envelope: they do not begin with GSC1.")
    (length,) = struct.unpack_from("<I", data, 4)
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + length])
        offset = 8 + length
        for entry in header["arrays"]:
            count = int(np.prod(entry["shape"]))
            array = np.frombuffer(data, "<" + entry["dtype"], count, offset)
            arrays[entry["name"]] = array.reshape(entry["shape"])
            offset += _padded(array.nbytes)
    except (TypeError, KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"These bytes are a damaged GANscope envelope: {error}.") from None
    return header, arrays


def _envelope(header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    listed = [{"name": n, "dtype": _DTYPES[str(a.dtype)], "shape": list(a.shape)} for n, a in arrays.items()]
    text = json.dumps({**header, "arrays": listed}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (_padded(len(text)) - len(text))
    parts = [MAGIC, struct.pack("<I", len(text)), text]
    for array in arrays.values():
        raw = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        parts += [raw, bytes(_padded(len(raw)) - len(raw))]
    return b"".join(parts)


def _padded(length: int) -> int:
    return -(-length // 4) * 4
