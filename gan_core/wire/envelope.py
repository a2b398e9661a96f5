"""One way of putting named arrays into bytes: little-endian, small, and read without work worth mentioning.

    offset 0       4 bytes   b"GSC1"
    offset 4       uint32    H, length of the header in bytes
    offset 8       H bytes   header: JSON, UTF-8, padded with spaces so that 8 + H is a multiple of 4
    offset 8 + H             body: the arrays, one after the other, each padded with zeros to a multiple of 4 bytes

The header's `arrays` lists them in order: `name`, `dtype` ("u1", "i2", "i4" or "f4"), `shape` and perhaps `coding`.
`body` says how they travel: "plain", or "zlib" when all of the body is one zlib stream (RFC 1950) of what is described
above.

`coding` "differences" stands at an array a of two or more axes that changes little from one value to the next. What is
put down of it is s[i, j] = a[i, j] - a[i-1, j] - a[i, j-1] + a[i-1, j-1], modulo 2^bits of its type; what lies outside
the array counts as 0. Running sums along the first and then the second axis, in the same type and wrapping around, give
it back: `a = s.cumsum(0, s.dtype).cumsum(1, s.dtype)`.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

MAGIC = b"GSC1"
MAX_BYTES = 1 << 28  # of an envelope's arrays, unless somebody expects less
_MAX_HEADER = 1 << 20
_MAX_AXES = 4
_DTYPES = {"uint8": "u1", "int16": "i2", "int32": "i4", "float32": "f4"}
_DIFFERENCES = "differences"

AnyArray = npt.NDArray[Any]
Body = Literal["plain", "zlib"]


def pack(
    header: Mapping[str, Any], arrays: Mapping[str, AnyArray], *, body: Body = "plain", smooth: Collection[str] = ()
) -> bytes:
    """Put a header's fields and arrays into one envelope; those named in `smooth` as differences."""
    listed, packed = pack_body(arrays, body=body, smooth=smooth)
    return envelope({**header, **listed}, packed)


def pack_body(
    arrays: Mapping[str, AnyArray], *, body: Body = "plain", smooth: Collection[str] = ()
) -> tuple[dict[str, Any], bytes]:
    """Pack the arrays alone: the fields of the header that describe them, and the body."""
    joined = _joined(_differences(array) if name in smooth else array for name, array in arrays.items())
    return {"body": body, "arrays": _listed(arrays, smooth)}, _deflated(joined) if body == "zlib" else joined


def envelope(header: Mapping[str, Any], body: bytes) -> bytes:
    """Put a complete header before a packed body."""
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (_padded(len(text)) - len(text))
    return b"".join((MAGIC, struct.pack("<I", len(text)), text, body))


def with_header(data: bytes, **changed: Any) -> bytes:
    """Return the same envelope with some fields of its header changed."""
    (length,) = struct.unpack_from("<I", data, 4)
    return envelope({**read_header(data), **changed}, data[8 + length :])


def read_header(data: bytes) -> dict[str, Any]:
    """The header alone. Raises ValueError with a sentence when there is none."""
    try:
        (length,) = struct.unpack_from("<I", data, 4)
        header = json.loads(data[8 : 8 + length])
    except (struct.error, ValueError, RecursionError):
        raise ValueError("These bytes are a damaged GANscope envelope: their header cannot be read.") from None
    if not isinstance(header, dict):
        raise ValueError("These bytes are a damaged GANscope envelope: their header is no object.")
    return header


def unpack(data: bytes, max_bytes: int = MAX_BYTES) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """Read an envelope back: its header and its arrays by name, read-only.

    Raises ValueError with a sentence when the bytes are not one, or when the arrays would take more than `max_bytes`;
    sizes are checked before memory is taken, so that anybody's bytes may be handed in.
    """
    if data[:4] != MAGIC or len(data) < 8:
        raise ValueError("These bytes are no GANscope envelope: they do not begin with GSC1.")
    (length,) = struct.unpack_from("<I", data, 4)
    try:
        if length > min(_MAX_HEADER, len(data) - 8):
            raise ValueError("the header is longer than it can be")
        header = json.loads(data[8 : 8 + length], parse_constant=_no_number)
        if not isinstance(header, dict):
            raise ValueError("the header is no object")
        return header, _arrays(header, memoryview(data)[8 + length :], max_bytes)
    except (TypeError, KeyError, ValueError, RecursionError, AttributeError, zlib.error) as error:
        raise ValueError(f"These bytes are a damaged GANscope envelope: {said(error)}.") from None


def said(error: Exception) -> str:
    """What an error says, in words: a KeyError gives no more than the name that is missing."""
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _arrays(header: dict[str, Any], body: memoryview, max_bytes: int) -> dict[str, AnyArray]:
    names = [entry["name"] for entry in header["arrays"]]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise ValueError("its arrays have no names of their own")
    shapes = [_checked_shape(entry["shape"]) for entry in header["arrays"]]
    dtypes = [np.dtype("<" + _known(entry["dtype"])) for entry in header["arrays"]]
    sizes = [math.prod(shape) * dtype.itemsize for shape, dtype in zip(shapes, dtypes, strict=True)]
    size = sum(map(_padded, sizes))
    if size > max_bytes:
        raise ValueError(f"its arrays would take {size:,} bytes, more than {max_bytes:,}")
    plain = _BODIES[header["body"]](body, size)
    if len(plain) != size:
        raise ValueError(f"the body has {len(plain):,} bytes instead of {size:,}")
    arrays: dict[str, AnyArray] = {}
    offset = 0
    for entry, shape, dtype, nbytes in zip(header["arrays"], shapes, dtypes, sizes, strict=True):
        array = np.frombuffer(plain, dtype, math.prod(shape), offset).reshape(shape)
        arrays[entry["name"]] = _CODINGS[entry.get("coding")](array)
        offset += _padded(nbytes)
    return arrays


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _checked_shape(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, list) or len(shape) > _MAX_AXES:
        raise ValueError("a shape is no list of a few numbers")
    for axis in shape:
        if isinstance(axis, bool) or not isinstance(axis, int) or not 0 <= axis <= 1 << 31:
            raise ValueError("a shape holds something that is no length")
    return tuple(shape)


def _known(dtype: object) -> str:
    if dtype not in _DTYPES.values():
        raise ValueError("an array is of an unknown type")
    return str(dtype)


def _listed(arrays: Mapping[str, AnyArray], smooth: Collection[str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "dtype": _DTYPES[str(array.dtype)], "shape": list(array.shape)}
        | ({"coding": _DIFFERENCES} if name in smooth else {})
        for name, array in arrays.items()
    ]


def _joined(arrays: Iterable[AnyArray]) -> bytes:
    parts: list[bytes | memoryview] = []
    for array in arrays:
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        raw = np.ascontiguousarray(little).reshape(-1).view(np.uint8)  # a view: states are large
        parts += [raw.data, bytes(_padded(len(raw)) - len(raw))]
    return b"".join(parts)


def _padded(length: int) -> int:
    return -(-length // 4) * 4


def _differences(array: AnyArray) -> AnyArray:
    down = array.copy()
    down[1:] -= array[:-1]
    both = down.copy()
    both[:, 1:] -= down[:, :-1]
    return both


def _sums(array: AnyArray) -> AnyArray:
    if array.dtype.kind == "f":
        raise ValueError("differences are of whole numbers")
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
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("the body is cut or longer than its arrays")
    return inflated


_BODIES: dict[str, Callable[[memoryview, int], bytes | memoryview]] = {
    "plain": lambda body, size: body,
    "zlib": _inflated,
}
_CODINGS: dict[str | None, Callable[[AnyArray], AnyArray]] = {None: lambda array: array, _DIFFERENCES: _sums}
