"""States as bytes: back bit for bit, told apart by their fingerprints, and nothing else accepted."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import run_files
from digest import digest
from envelope_reader import read
from gan_core.recording.file.checkpoint import fingerprint, pack_state, parameters, state_bytes, unpack_state
from gan_core.setup.config import BOUNDS, GANConfig, sized
from gan_core.setup.experiment import YOUNGER_VALUES
from gan_core.training.engine import GANEngine
from gan_core.wire.envelope import envelope, pack, unpack
from sizes import resized

CONFIGS = (run_files.CONFIG, sized(width=16, depth=2, batch=32), sized(width=70, depth=3, batch=8))
EACH = pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.generator)
ARRAYS = ("generator", "generator_m", "generator_v", "discriminator", "discriminator_m", "discriminator_v")
STREAMS = ("real_stream", "latent_stream")


def trained(config: GANConfig = run_files.CONFIG, steps: int = 3) -> GANEngine:
    engine = run_files.engine(config)
    engine.advance(steps)
    return engine


@EACH
@pytest.mark.parametrize("steps", [0, 1, 63, 64, 65])  # blocks of batches are of 64 steps
def test_a_run_goes_on_from_its_bytes_bit_for_bit(config: GANConfig, steps: int) -> None:
    engine = trained(config, steps)
    engine.set(lr_g=3e-4, beta1_d=0.25)
    data = pack_state(engine.state())
    state = unpack_state(data, config)
    assert digest(state) == digest(engine.state())
    assert pack_state(state) == data
    other = run_files.engine(config, seed=99)
    other.restore(state)
    assert other.advance(70) == engine.advance(70)
    assert digest(other.state()) == digest(engine.state())


@EACH
def test_the_bytes_hold_what_the_state_holds(config: GANConfig) -> None:
    """By the second reader of envelopes."""
    engine = trained(config)
    header, arrays = read(pack_state(engine.state()))
    state = engine.state()
    assert header["kind"] == "state"
    assert (header["steps"], header["place"]) == (3, 3)
    assert header["updates"] == {"generator": 3, "discriminator": 3}
    assert header["values"] == vars(engine.values)
    assert list(arrays) == [*ARRAYS, *STREAMS]
    for name, adam in (("generator", "adam_g"), ("discriminator", "adam_d")):
        assert arrays[name].tobytes() == state[name].numpy().tobytes()
        assert arrays[f"{name}_m"].tobytes() == state[adam]["m"].numpy().tobytes()
        assert arrays[f"{name}_v"].tobytes() == state[adam]["v"].numpy().tobytes()
    for name in STREAMS:
        assert arrays[name].tobytes() == state["batches"][name].numpy().tobytes()


@EACH
def test_sizes_are_those_of_the_networks(config: GANConfig) -> None:
    engine = run_files.engine(config)
    assert parameters(config, 2) == sum(p.numel() for p in engine.generator.parameters())
    assert parameters(config, 1) == sum(p.numel() for p in engine.discriminator.parameters())
    data = pack_state(engine.state())
    room = state_bytes(config)  # with one more stream, of a run that has drawn for a penalty or for instance noise
    assert sum(array.nbytes for array in unpack(data)[1].values()) <= room < len(data) + 5100


def test_numbers_that_are_not_finite_come_back_too() -> None:
    engine = trained()
    engine.generator.parameters_flat[:3] = torch.tensor([float("nan"), float("inf"), -0.0])
    state = unpack_state(pack_state(engine.state()), run_files.CONFIG)
    assert digest(state) == digest(engine.state())


# -- fingerprints ------------------------------------------------------------------------------------------------------


def changed(data: bytes, change: Callable[[dict[str, Any], dict[str, np.ndarray]], object]) -> bytes:
    header, arrays = unpack(data)
    mine = {name: array.copy() for name, array in arrays.items()}
    del header["body"], header["arrays"]
    change(header, mine)
    return pack(header, mine)


@given(st.sampled_from([*ARRAYS, *STREAMS]), st.integers(0, 2**31))
def test_any_bit_changes_the_fingerprint(name: str, place: int) -> None:
    data = pack_state(trained().state())

    def flip(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        raw = arrays[name].view(np.uint8)
        raw[place // 8 % len(raw)] ^= 1 << place % 8

    assert fingerprint(changed(data, flip)) != fingerprint(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: header.update(steps=4),
        lambda header, arrays: header.update(place=4),
        lambda header, arrays: header["updates"].update(generator=4),
        lambda header, arrays: header["updates"].update(discriminator=2),
        lambda header, arrays: arrays.update(generator=arrays["generator_m"], generator_m=arrays["generator"]),
        lambda header, arrays: arrays.update(generator=arrays["generator"][:-1]),
    ],
)
def test_counters_and_places_change_the_fingerprint(change: Callable[..., object]) -> None:
    data = pack_state(trained().state())
    assert fingerprint(changed(data, change)) != fingerprint(data)


def test_hyper_parameters_do_not_change_it() -> None:
    engine = trained()
    before = fingerprint(pack_state(engine.state()))
    assert len(before) == 64
    engine.set(lr_g=5e-5, lr_d=2e-3, beta1_g=0.1, beta1_d=0.2)
    assert fingerprint(pack_state(engine.state())) == before
    engine.step()
    assert fingerprint(pack_state(engine.state())) != before


def test_it_is_the_hash_that_it_says_it_is() -> None:
    """SHA-256 of the envelope without `values` and what they fix, put together by hand."""
    data = pack_state(trained().state())
    (length,) = struct.unpack_from("<I", data, 4)
    header = json.loads(data[8 : 8 + length])
    del header["values"], header["drawn_for"]
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    plain = b"GSC1" + struct.pack("<I", len(text)) + text + data[8 + length :]
    assert fingerprint(data) == hashlib.sha256(plain).hexdigest()


@pytest.mark.parametrize(
    "data", [b"", b"GSC1", b"GSC1\xff\xff\xff\xff{}", envelope({}, b""), b"GSC1\2\0\0\0[]", bytes(99)]
)
def test_what_has_no_header_has_no_fingerprint(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^This checkpoint is damaged: .*\.$"):
        fingerprint(data)


# -- what is refused ---------------------------------------------------------------------------------------------------


@EACH
def test_states_of_other_networks_are_refused(config: GANConfig) -> None:
    data = pack_state(run_files.engine(config).state())
    for other in (*CONFIGS, resized(config, config.widest + 1, len(config.networks["generator"].units)), GANConfig()):
        if other.generator != config.generator:
            with pytest.raises(ValueError, match=r"another network|more than .*\.$"):
                unpack_state(data, other)


@pytest.mark.parametrize("name", [*ARRAYS, *STREAMS])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda array: array[:-1],
        lambda array: array[:0],
        lambda array: array.reshape(1, -1),
        lambda array: array.astype(np.int32),
        lambda array: array.astype(np.uint8)[:7],
    ],
)
def test_arrays_of_other_sizes_and_types_are_refused(name: str, spoil: Callable[[np.ndarray], np.ndarray]) -> None:
    data = changed(pack_state(trained().state()), lambda header, arrays: arrays.update({name: spoil(arrays[name])}))
    with pytest.raises(ValueError, match=r"^Th.*\.$"):
        unpack_state(data, run_files.CONFIG)


def set_in(path: str, value: object) -> Callable[[dict[str, Any], dict[str, np.ndarray]], None]:
    def change(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        *outer, last = path.split(".")
        for name in outer:
            header = header[name]
        header[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kind", "frame"),
        *(("steps", value) for value in (-1, 1.5, True, "3", None, 2**60, 10**400)),
        *(("place", value) for value in (-1, 64, 10**9, 0.0, None)),
        *(("updates.generator", value) for value in (-1, 0.5, None)),
        ("updates", None),
        ("updates", [1, 2]),
        ("values", {}),
        ("values", None),
        ("values", [1]),
        ("values.lr_g", 5.0),
        ("values.lr_g", "0.001"),
        ("values.beta1_d", True),
    ],
)
def test_headers_out_of_bounds_are_refused(path: str, value: object) -> None:
    data = changed(pack_state(trained().state()), set_in(path, value))
    with pytest.raises(ValueError, match=r"^This checkpoint is damaged or belongs to another network: .*\.$"):
        unpack_state(data, run_files.CONFIG)


@pytest.mark.parametrize("missing", ["kind", "steps", "place", "updates", "values", *ARRAYS, *STREAMS])
def test_nothing_may_be_missing(missing: str) -> None:
    def leave_out(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        header.pop(missing, None)
        arrays.pop(missing, None)

    with pytest.raises(ValueError, match="is missing"):
        unpack_state(changed(pack_state(trained().state()), leave_out), run_files.CONFIG)


@pytest.mark.parametrize("name", sorted(set(BOUNDS) - set(YOUNGER_VALUES)))
def test_no_hyper_parameter_may_be_missing(name: str) -> None:
    data = changed(pack_state(trained().state()), lambda header, arrays: header["values"].pop(name))
    with pytest.raises(ValueError, match=f"it was recorded without '{name}', which every run has"):
        unpack_state(data, run_files.CONFIG)


def test_a_value_of_a_newer_version_is_named() -> None:
    data = changed(pack_state(trained().state()), lambda header, arrays: header["values"].update({"momentum": 0.5}))
    with pytest.raises(
        ValueError, match=r"^This checkpoint cannot be read here: it was recorded with 'momentum', .*\.$"
    ):
        unpack_state(data, run_files.CONFIG)


# -- random streams ----------------------------------------------------------------------------------------------------


def stream(left: int, following: int, seeded: int = 1) -> np.ndarray:
    """A state of torch's CPU generator with these fields."""
    raw = bytearray(torch.Generator().get_state().numpy().tobytes())
    struct.pack_into("<iiQ", raw, 8, left, seeded, following)
    return np.frombuffer(bytes(raw), np.uint8)


def with_stream(array: np.ndarray, name: str = "latent_stream") -> bytes:
    return changed(pack_state(trained().state()), lambda header, arrays: arrays.update({name: array}))


@pytest.mark.parametrize("drawn", [0, 1, 2, 623, 624, 625, 1248, 5000])
def test_every_state_that_torch_gets_into_is_accepted(drawn: int) -> None:
    """One word at a time: `left` and `next` where torch itself puts them."""
    random = torch.Generator().manual_seed(5)
    for _ in range(drawn):
        torch.randint(2**31, (1,), generator=random)
    state = unpack_state(with_stream(random.get_state().numpy()), run_files.CONFIG)
    other = torch.Generator()
    other.set_state(state["batches"]["latent_stream"])
    assert torch.equal(torch.rand(2000, generator=other), torch.rand(2000, generator=random))


@given(st.integers(-3, 700), st.integers(0, 700) | st.integers(2**31, 2**64 - 1), st.sampled_from([0, 1, 1, 1, 2, -1]))
def test_no_other_state_is_accepted(left: int, following: int, seeded: int) -> None:
    """torch takes the word at `next`, and counts `left` down to 0 before it makes 624 new ones: it must not read on."""
    data = with_stream(stream(left, following, seeded))
    reads_on = (left, following) == (1, 0) or (1 <= left <= 624 and following + left - 1 == 624)
    if seeded == 1 and reads_on:
        state = unpack_state(data, run_files.CONFIG)
        torch.Generator().set_state(state["batches"]["latent_stream"])
    else:
        with pytest.raises(ValueError, match="no state that torch could be in"):
            unpack_state(data, run_files.CONFIG)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize(
    ("left", "following"), [(624, 624), (625, 0), (2, 0), (1, 625), (0, 625), (2**31 - 1, 1), (-1, 626)]
)
def test_states_beyond_torch_s_words_are_refused(name: str, left: int, following: int) -> None:
    with pytest.raises(ValueError, match="no state that torch could be in"):
        unpack_state(with_stream(stream(left, following), name), run_files.CONFIG)


@pytest.mark.parametrize(
    ("offset", "good"), [(0, True), (4, True), (2**40, True), (1, False), (-4, False), (2**62, False)]
)
def test_a_gpu_s_stream_stands_at_a_multiple_of_four(offset: int, good: bool) -> None:
    data = with_stream(np.frombuffer(struct.pack("<Qq", 7, offset), np.uint8))
    if good:
        assert unpack_state(data, run_files.CONFIG)["batches"]["latent_stream"].numel() == 16
    else:
        with pytest.raises(ValueError, match="no state that torch could be in"):
            unpack_state(data, run_files.CONFIG)


@given(st.data())
def test_flipped_bits_are_refused_or_give_a_state(data: st.DataObject) -> None:
    damaged = bytearray(pack_state(trained().state()))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, 700) | st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        state = unpack_state(bytes(damaged), run_files.CONFIG)
    except ValueError as error:
        assert str(error).startswith("Th")  # noqa: PT017
        assert str(error).endswith(".")  # noqa: PT017
    else:
        run_files.engine().restore(state)
