"""Named arrays in bytes: a second reader agrees, and nothing that is damaged or hostile gets through."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from envelope_reader import read
from gan_core.wire.envelope import MAX_BYTES, pack, unpack, with_header

DTYPES = st.sampled_from(["u1", "<i2", "<i4", "<f4"])
NAMES = st.text(max_size=12)
HEADERS = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name not in ("body", "arrays")),
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.lists(st.integers(), max_size=3),
    max_size=5,
)
ARRAYS = st.dictionaries(
    NAMES, DTYPES.flatmap(lambda t: hnp.arrays(t, hnp.array_shapes(min_dims=0, min_side=0))), max_size=5
)
BODIES = st.sampled_from(["plain", "zlib"])


@given(HEADERS, ARRAYS, BODIES)
def test_what_is_packed_comes_back_bit_for_bit(header: dict, arrays: dict[str, np.ndarray], body: str) -> None:
    data = pack(header, arrays, body=body)
    found, same = unpack(data)
    again, second = read(data)
    assert found == again
    assert {name: value for name, value in found.items() if name not in ("body", "arrays")} == header
    for opened in (same, second):
        assert list(opened) == list(arrays)
        for name, array in opened.items():
            assert (array.dtype, array.shape) == (arrays[name].dtype, arrays[name].shape)
            assert array.tobytes() == arrays[name].tobytes()  # NaN and -0.0 as well
    assert not any(array.flags.writeable for array in same.values())


@given(
    st.sampled_from(["u1", "<i2", "<i4"]).flatmap(
        lambda t: hnp.arrays(t, hnp.array_shapes(min_dims=2, max_dims=3, max_side=7))
    ),
    BODIES,
)
def test_differences_come_back_whatever_overflows(array: np.ndarray, body: str) -> None:
    data = pack({}, {"a": array, "b": array}, body=body, smooth=("a",))
    for opened in (unpack(data)[1], read(data)[1]):
        assert np.array_equal(opened["a"], array)
        assert np.array_equal(opened["b"], array)


def test_views_arrive_in_order() -> None:
    array = np.arange(12, dtype=np.int32).reshape(3, 4)
    _, opened = read(pack({}, {"a": array.T, "b": array[::-1, ::2]}))
    assert opened["a"].tolist() == array.T.tolist()
    assert opened["b"].tolist() == array[::-1, ::2].tolist()


@given(HEADERS, ARRAYS, BODIES)
def test_fields_of_the_header_can_be_changed(header: dict, arrays: dict[str, np.ndarray], body: str) -> None:
    data = pack(header, arrays, body=body)
    found, same = unpack(with_header(data, run=5, kept=True))
    assert found == {**unpack(data)[0], "run": 5, "kept": True}
    assert {name: array.tobytes() for name, array in same.items()} == {n: a.tobytes() for n, a in arrays.items()}


# -- damage ------------------------------------------------------------------------------------------------------------


def envelope(header: bytes, rest: bytes = b"") -> bytes:
    return b"GSC1" + struct.pack("<I", len(header)) + header + rest


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GSC",
        b"GSC1",
        b"GSC1\0\0\0",
        b"GSC2" + bytes(20),
        b"<!doctype html>",
        envelope(b""),
        envelope(b"{"),
        envelope(b"\xff\xfe\xfd\xfc"),
        b"GSC1" + struct.pack("<I", 1000) + b"{}",
        envelope(b"{}  "),
        envelope(b"[]  "),
        envelope(b"null"),
        envelope(b'{"body":"plain","arrays":3}'),
        envelope(b'{"body":"plain","arrays":[3]}  '),
        envelope(b'{"body":"plain","arrays":[{}]}  '),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[9]}]}', bytes(4)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"zz","shape":[1]}]}', bytes(4)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"O","shape":[1]}]} ', bytes(8)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":"x"}]} ', bytes(4)),
        envelope(b'{"arrays":[]}   '),
        envelope(b'{"body":"lzma","arrays":[]}     '),
        envelope(b'{"body":"zlib","arrays":[]}     ', b"not zlib"),
        envelope(b'{"body":"zlib","arrays":[]}     ', zlib.compress(bytes(10**6))),
        envelope(b'{"body":"zlib","arrays":[{"name":"a","dtype":"u1","shape":[9]}]}', zlib.compress(bytes(4))),
        envelope(b'{"body":"zlib","arrays":[{"name":"a","dtype":"u1","shape":[8]}]}', zlib.compress(bytes(9))),
        envelope(
            b'{"body":"zlib","arrays":[{"name":"a","dtype":"u1","shape":[8]}]}', zlib.compress(bytes(8)) + b"more"
        ),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[5]}]}   ', bytes(5)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[4]}]}   ', bytes(8)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[-4]}]}  ', bytes(4)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[4.0]}]} ', bytes(4)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[true]}]}', bytes(4)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[1,1,1,1,1]}]} ', bytes(4)),
        envelope(b'{"body":"plain","arrays":[{"name":3,"dtype":"u1","shape":[1]}]} ', bytes(4)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":["u1"],"shape":[1]}]}', bytes(4)),
        envelope(
            b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[1]},{"name":"a","dtype":"u1","shape":[1]}]}',
            bytes(8),
        ),
        envelope(
            b'{"body":"plain","arrays":[{"name":"a","dtype":"f4","shape":[1,1],"coding":"differences"}]}', bytes(4)
        ),
        envelope(b'{"body":["plain"],"arrays":[]}'),
        envelope(b'{"body":"plain","arrays":[],"time":NaN}'),
        envelope(b'{"body":"plain","arrays":[],"time":-Infinity}'),
        envelope(b"[" * 100_000),
        envelope(b'{"a":' * 50_000),
        envelope(b"9" * 100_000),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[4],"coding":"x"}]}  ', bytes(4)),
        envelope(b'{"body":"plain","arrays":[{"name":"a","dtype":"u1","shape":[4],"coding":"differences"}]}', bytes(4)),
    ],
    ids=lambda data: data[8:].decode("ascii", "replace").strip() or repr(data),
)
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # which one of many is not the point
        unpack(data)


@given(ARRAYS, BODIES, st.data())
def test_a_cut_or_lengthened_envelope_is_refused(arrays: dict[str, np.ndarray], body: str, data: st.DataObject) -> None:
    whole = pack({"kind": "x"}, arrays, body=body)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for other in (whole[:cut], whole + bytes(data.draw(st.integers(1, 9)))):
        with pytest.raises(ValueError, match="envelope"):
            unpack(other)


@given(ARRAYS, BODIES, st.data())
def test_flipped_bits_are_refused_or_read_as_something(arrays: dict, body: str, data: st.DataObject) -> None:
    """Never another error, and never an array that is not described."""
    damaged = bytearray(pack({"kind": "x"}, arrays, body=body))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        header, opened = unpack(bytes(damaged), max_bytes=10**6)
    except ValueError as error:
        assert str(error).startswith("These bytes are ")  # noqa: PT017
        assert str(error).endswith(".")  # noqa: PT017
    else:
        assert [(entry["name"], entry["shape"]) for entry in header["arrays"]] == [
            (name, list(array.shape)) for name, array in opened.items()
        ]


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    for bytes_ in (data, b"GSC1" + data, envelope(data)):
        with pytest.raises(ValueError, match="envelope"):
            unpack(bytes_)


@pytest.mark.parametrize("shape", [[2**31] * 4, [2**31], [MAX_BYTES + 1], [2**14, 2**15]])
@pytest.mark.parametrize("body", ["plain", "zlib"])
def test_gigantic_claims_are_refused_before_memory_is_taken(shape: list[int], body: str) -> None:
    listed = [{"name": "a", "dtype": "u1", "shape": shape}]
    data = envelope(json.dumps({"body": body, "arrays": listed}).encode(), zlib.compress(bytes(1000)))
    with pytest.raises(ValueError, match="more than"):
        unpack(data)
    assert peak_of(data) < 10**6


def test_a_bomb_takes_no_more_memory_than_it_announces() -> None:
    listed = [{"name": "a", "dtype": "u1", "shape": [1000]}]
    bomb = envelope(json.dumps({"body": "zlib", "arrays": listed}).encode(), zlib.compress(bytes(10**8), 9))
    assert peak_of(bomb) < 10**6


def peak_of(data: bytes) -> int:
    """Bytes that Python and NumPy took at most while the envelope was being refused."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="envelope"):
            unpack(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_limit_is_kept_to_the_byte() -> None:
    data = pack({}, {"a": np.zeros(5, np.uint8), "b": np.zeros(1, np.float32)})  # 5 bytes are padded to 8
    assert set(unpack(data, max_bytes=12)[1]) == {"a", "b"}
    with pytest.raises(ValueError, match="12 bytes, more than 11"):
        unpack(data, max_bytes=11)
