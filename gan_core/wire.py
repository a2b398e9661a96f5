"""What goes to the browser, as bytes: little-endian, small, and read without work worth mentioning.

One envelope for everything:

    offset 0       4 bytes   b"GSC1"
    offset 4       uint32    H, length of the header in bytes
    offset 8       H bytes   header: JSON, UTF-8, padded with spaces so that 8 + H is a multiple of 4
    offset 8 + H             body: the arrays, one after the other, each padded with zeros to a multiple of 4 bytes

The header's `arrays` lists them in order: `name`, `dtype` ("u1", "i2", "i4" or "f4"), `shape` and perhaps `coding`.
`body` says how they travel: "plain", or "zlib" when all of the body is one zlib stream (RFC 1950) of what is described
above. Nothing depends on the request: there is no Content-Encoding to agree on.

`coding` "differences" stands at an array a of two or more axes that changes little from one value to the next. What is
sent of it is s[i, j] = a[i, j] - a[i-1, j] - a[i, j-1] + a[i-1, j-1], modulo 2^bits of its type; what lies outside the
array counts as 0. Running sums along the first and then the second axis, in the same type and wrapping around, give it
back: `a = s.cumsum(0, s.dtype).cumsum(1, s.dtype)`.

The rest of the header:

frame    (GET /api/frame, /api/frame/STEP)  `kind` "frame", `version`, `run`, `step`, `time` (s since the epoch),
         `resolution`, `image_start` and `image_spacing` (latent coordinates of the image's first cell and between two
         cells), `kept` (false for a frame that may still be replaced). `body` "zlib". Arrays: `latent_map` and
         `sample_map` u1 (R, R), 255 = real, row 0 lowest, differences; `image` i2 (M, M, 2), differences; `trail` i2
         (T, 4): centre x, y, bluest x, y, at the steps `trail_steps` i4 (T,); `fakes` i2 (N, 2). Divide i2 by 32767.
points   (GET /api/points)    `kind` "points", `run`. Arrays: `latents` and `reals` i2 (N, 2), divide by 32767.
progress (GET /api/progress)  `kind` "progress", `status` (as /api/status), `from` (first row), `rows` (all there are),
         `stride` (row i is step 1 + i * stride), `changes` ([step, name, old, new], ... from number `changes_from`).
         Arrays: `metrics` f4 (n, 4): d_loss, d_accuracy, g_loss, g_accuracy; `kept` i4 (k,): steps with a frame.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gan_core.records import POINT_SCALE, FixedPoints, Int16Array, Progress, Snapshot, Status, TrailPoint

MAGIC = b"GSC1"
CONTENT_TYPE = "application/octet-stream"
_DTYPES = {"uint8": "u1", "int16": "i2", "int32": "i4", "float32": "f4"}
_SMOOTH = ("latent_map", "sample_map", "image")  # sent as differences

AnyArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class PackedFrame:
    """A frame whose arrays are packed. What may still change, and costs nothing to write, is left open."""

    header: Mapping[str, Any]
    body: bytes

    def envelope(self, *, version: int, kept: bool) -> bytes:
        """The bytes to send."""
        return _envelope({**self.header, "version": version, "kept": kept}, self.body)


def pack_frame(frame: Snapshot, trail: Sequence[TrailPoint]) -> PackedFrame:
    """Pack one snapshot with the path that led to it."""
    resolution, image = frame.resolution, frame.image.shape[0]
    stride = resolution // image
    arrays: dict[str, AnyArray] = {
        "latent_map": frame.latent_map,
        "sample_map": frame.sample_map,
        "image": frame.image,
        "trail_steps": np.array([point.step for point in trail], np.int32),
        "trail": _as_int16([(*point.centre, *point.bluest) for point in trail]),
        "fakes": frame.fakes,
    }
    header = {
        "kind": "frame",
        "run": frame.moment.run,
        "step": frame.step,
        "time": frame.moment.time,
        "resolution": resolution,
        "image_start": (stride // 2 + 0.5) * 2 / resolution - 1,
        "image_spacing": stride * 2 / resolution,
        "body": "zlib",
        "arrays": _listed(arrays, _SMOOTH),
    }
    sent = (_differences(array) if name in _SMOOTH else array for name, array in arrays.items())
    return PackedFrame(header, _deflated(_joined(sent)))


def encode_frame(frame: Snapshot, *, version: int, trail: Sequence[TrailPoint], kept: bool) -> bytes:
    """Encode one snapshot with the path that led to it."""
    return pack_frame(frame, trail).envelope(version=version, kept=kept)


def encode_points(points: FixedPoints) -> bytes:
    """Encode a run's fixed inputs."""
    return _plain({"kind": "points", "run": points.run}, {"latents": points.latents, "reals": points.reals})


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
    return _plain(header, {"metrics": progress.metrics, "kept": np.asarray(progress.kept, np.int32)})


def status_json(status: Status) -> dict[str, Any]:
    """A status as JSON-ready values."""
    return asdict(status)


def decode(data: bytes) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """Read an envelope back: its header and its arrays by name. Raises ValueError when the bytes are not one."""
    if data[:4] != MAGIC or len(data) < 8:
        raise ValueError("These bytes are no GANscope envelope: they do not begin with GSC1.")
    (length,) = struct.unpack_from("<I", data, 4)
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + length])
        counts = [int(np.prod(entry["shape"])) for entry in header["arrays"]]
        dtypes = [np.dtype("<" + entry["dtype"]) for entry in header["arrays"]]
        size = sum(_padded(count * dtype.itemsize) for count, dtype in zip(counts, dtypes, strict=True))
        body = _BODIES[header["body"]](memoryview(data)[8 + length :], size)
        arrays: dict[str, AnyArray] = {}
        offset = 0
        for entry, count, dtype in zip(header["arrays"], counts, dtypes, strict=True):
            array = np.frombuffer(body, dtype, count, offset).reshape(entry["shape"])
            arrays[entry["name"]] = _CODINGS[entry.get("coding")](array)
            offset += _padded(array.nbytes)
    except (TypeError, KeyError, ValueError, RecursionError, AttributeError, zlib.error) as error:
        raise ValueError(f"These bytes are a damaged GANscope envelope: {error}.") from None
    return header, arrays


def _plain(header: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> bytes:
    return _envelope({**header, "body": "plain", "arrays": _listed(arrays)}, _joined(arrays.values()))


def _envelope(header: Mapping[str, Any], body: bytes) -> bytes:
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (_padded(len(text)) - len(text))
    return b"".join((MAGIC, struct.pack("<I", len(text)), text, body))


def _listed(arrays: Mapping[str, AnyArray], smooth: Collection[str] = ()) -> list[dict[str, Any]]:
    return [
        {"name": name, "dtype": _DTYPES[str(array.dtype)], "shape": list(array.shape)}
        | ({"coding": "differences"} if name in smooth else {})
        for name, array in arrays.items()
    ]


def _joined(arrays: Iterable[AnyArray]) -> bytes:
    parts = []
    for array in arrays:
        raw = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        parts += [raw, bytes(_padded(len(raw)) - len(raw))]
    return b"".join(parts)


def _padded(length: int) -> int:
    return -(-length // 4) * 4


def _as_int16(rows: Sequence[tuple[float, ...]]) -> Int16Array:
    values = np.array(rows, np.float64).reshape(len(rows), 4)
    return (values.clip(-1, 1) * POINT_SCALE).round().astype(np.int16)


def _differences(array: AnyArray) -> AnyArray:
    down = array.copy()
    down[1:] -= array[:-1]
    both = down.copy()
    both[:, 1:] -= down[:, :-1]
    return both


def _sums(array: AnyArray) -> AnyArray:
    sums = array.cumsum(0, array.dtype).cumsum(1, array.dtype)
    sums.flags.writeable = False
    return sums


def _deflated(body: bytes) -> bytes:
    # Differences hardly ever repeat: looking for repetitions longer than one value would only take time. Small blocks
    # (the 7) let each array have a Huffman code of its own.
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 7, zlib.Z_RLE)
    return packer.compress(body) + packer.flush()


def _inflated(body: memoryview, size: int) -> bytes:
    unpacker = zlib.decompressobj()
    inflated = unpacker.decompress(body, size + 1)  # no more than announced, whatever was sent
    if not unpacker.eof:
        raise ValueError("the body is cut or longer than its arrays")
    return inflated


_BODIES: dict[str, Callable[[memoryview, int], bytes | memoryview]] = {
    "plain": lambda body, size: body,
    "zlib": _inflated,
}
_CODINGS: dict[str | None, Callable[[AnyArray], AnyArray]] = {None: lambda array: array, "differences": _sums}
