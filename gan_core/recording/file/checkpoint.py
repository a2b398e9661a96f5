"""A run's whole state as bytes and back, without pickle, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from gan_core.setup.config import GANConfig
from gan_core.setup.experiment import UnknownField, read_values
from gan_core.training.batches import BLOCK
from gan_core.training.engine import State
from gan_core.training.networks import MLP
from gan_core.training.optimisers import OPTIMISERS
from gan_core.wire.envelope import AnyArray, envelope, pack, said, unpack

_UPDATES = ("updates_d", "updates_g")  # for which the block of batches was drawn: other values may be in force by now
_STREAMS = ("real_stream", "latent_stream")
_BUFFERS = ("generator_buffers", "discriminator_buffers")  # of networks with a norm
_PENALTY_STREAM = "penalty_stream"  # of runs that have drawn from it: for a penalty, or instance noise
_NETWORKS = (("generator", "adam_g", 2), ("discriminator", "adam_d", 1))  # with the optimiser and the outputs
_CUDA_STREAM_BYTES = 16  # uint64 seed, int64 offset, a multiple of 4 (ATen/cuda/CUDAGeneratorImpl.cpp)
# torch's CPU generator gives its state as 5056 bytes: uint64 seed, int32 left, int32 seeded, uint64 next, then 624
# words and the rest (ATen/CPUGeneratorImpl.cpp, CPUGeneratorImplStateLegacy).
_CPU_STREAM_BYTES = 5056
_TWISTER_WORDS = 624


def pack_state(state: State) -> bytes:
    """Put what `GANEngine.state` gave into an envelope."""
    header = {
        "kind": "state",
        "steps": state["steps"],
        "values": state["values"],
        "place": state["batches"]["place"],
        "drawn_for": [state["batches"][name] for name in _UPDATES],
        "updates": {name: state[adam]["updates"] for name, adam, _ in _NETWORKS},
    }
    arrays: dict[str, AnyArray] = {}
    for name, adam, _ in _NETWORKS:
        moments = {f"{name}_{kind}": part for kind, part in state[adam].items() if kind != "updates"}
        arrays |= {part: vector.cpu().numpy() for part, vector in {name: state[name], **moments}.items()}
    arrays |= {name: state["batches"][name].cpu().numpy() for name in _STREAMS}
    if "ema" in state:
        arrays["ema"] = state["ema"].cpu().numpy()
    for name in _BUFFERS:
        arrays |= {f"{name}.{kind}": buffer.numpy() for kind, buffer in state.get(name, {}).items()}
    if _PENALTY_STREAM in state:
        arrays[_PENALTY_STREAM] = state[_PENALTY_STREAM].cpu().numpy()
    return pack(header, arrays)


def unpack_state(data: bytes, config: GANConfig, begun: Mapping[str, float] | None = None) -> State:
    """Read it back, for an engine of this configuration; one of an older form with what its run did.

    `begun` are the values that the run began with: those that were fixed when it was recorded stand there alone.
    Raises ValueError with a sentence for anything else, so that a stranger's bytes may be handed in. Weights and
    moments may be any numbers: a run that diverged has states, too.
    """
    header, arrays = unpack(data, max_bytes=state_bytes(config))
    try:
        if header["kind"] != "state":
            raise ValueError("it is no state")
        values = read_values(header["values"], begun)
        state: State = {"steps": _count(header["steps"]), "values": vars(values)}
        for name, adam, outputs in _NETWORKS:
            length = parameters(config, outputs)
            state[name] = _vector(arrays[name], length)
            moments = {kind: _vector(arrays[f"{name}_{kind}"], length) for kind in _kept(config, adam)}
            state[adam] = {**moments, "updates": _count(header["updates"][name])}
        streams = {name: _stream(arrays[name]) for name in _STREAMS}
        if config.ema:
            state["ema"] = _vector(arrays["ema"], parameters(config, 2))
        for name, network in zip(_BUFFERS, _networks(config), strict=True):
            shapes = {kind: buffer.shape for kind, buffer in network.named_buffers()}
            if shapes:
                state[name] = {kind: _array(arrays[f"{name}.{kind}"], shape) for kind, shape in shapes.items()}
        if _PENALTY_STREAM in arrays:
            state[_PENALTY_STREAM] = _stream(arrays[_PENALTY_STREAM])
        place = _count(header["place"])
        if place >= BLOCK:
            raise ValueError("it stands outside its block of batches")
        drawn_for = [_count(number) for number in header.get("drawn_for", values.batches)]
        if len(drawn_for) != 2 or not all(1 <= n <= config.most_updates for n in (*drawn_for, *values.batches)):
            raise ValueError("it has more updates in a step than there can be")
        state["batches"] = {**streams, "place": place, **dict(zip(_UPDATES, drawn_for, strict=True))}
    except UnknownField as error:
        raise ValueError(f"This checkpoint cannot be read here: {error}.") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"This checkpoint is damaged or belongs to another network: {said(error)}.") from None
    return state


def fingerprint(data: bytes) -> str:
    """SHA-256 of a packed state but for what the log of changes has, its hyper-parameters: 64 hex digits.

    Two states have the same one exactly when every weight, moment, counter and random stream is the same, bit for bit.
    Raises ValueError with a sentence when the header cannot be read.
    """
    try:
        (length,) = struct.unpack_from("<I", data, 4)
        header = json.loads(data[8 : 8 + length])
        del header["values"]
        header.pop("drawn_for", None)  # which some of them fix
    except (struct.error, ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("This checkpoint is damaged: its header cannot be read.") from None
    sha = hashlib.sha256(envelope(header, b""))
    sha.update(memoryview(data)[8 + length :])
    return sha.hexdigest()


def parameters(config: GANConfig, outputs: int) -> int:
    """How many parameters a network of this configuration has."""
    return _networks(config)[0 if outputs == 2 else 1].parameters_flat.numel()


def state_bytes(config: GANConfig) -> int:
    """An upper bound of the size of a state's arrays."""
    vectors = sum((1 + len(_kept(config, adam))) * parameters(config, outputs) for _, adam, outputs in _NETWORKS)
    vectors += parameters(config, 2) if config.ema else 0
    vectors += sum(buffer.numel() for network in _networks(config) for buffer in network.buffers())
    return 4 * vectors + (len(_STREAMS) + 1) * (_CPU_STREAM_BYTES + 4)


def held_bytes(state: State) -> int:
    """What the arrays of a state take in memory."""
    vectors = [part for name, adam, _ in _NETWORKS for part in (state[name], *state[adam].values())]
    streams = [*(state["batches"][name] for name in _STREAMS), state.get(_PENALTY_STREAM), state.get("ema")]
    return sum(part.nbytes for part in (*vectors, *streams) if isinstance(part, Tensor))


def _kept(config: GANConfig, adam: str) -> tuple[str, ...]:
    """Names of the vectors that an optimiser keeps."""
    rule = OPTIMISERS.make(config.optimiser_g if adam == "adam_g" else config.optimiser_d)
    return rule.kept


@lru_cache(maxsize=16)
def _networks(config: GANConfig) -> tuple[MLP, MLP]:
    """Networks of this configuration without any numbers in them, generator first."""
    with torch.device("meta"):
        return (
            MLP(config.latent_dim, 2, config.networks["generator"], None),
            MLP(2 * config.packing, 1, config.networks["discriminator"], None),
        )


def _vector(array: AnyArray, length: int) -> Tensor:
    return _array(array, torch.Size((length,)))


def _array(array: AnyArray, shape: torch.Size) -> Tensor:
    if array.dtype != np.float32 or array.shape != tuple(shape):
        raise ValueError(f"an array has {array.shape} numbers instead of {', '.join(f'{n:,}' for n in shape)}")
    return torch.from_numpy(array.copy())


def _stream(array: AnyArray) -> Tensor:
    """Check the state of a random stream: torch itself would read beyond its words for some that it accepts."""
    if array.dtype != np.uint8 or array.shape not in ((_CPU_STREAM_BYTES,), (_CUDA_STREAM_BYTES,)):
        raise ValueError("a random stream has an unknown form")
    if array.shape == (_CPU_STREAM_BYTES,):
        _, left, seeded, following = struct.unpack_from("<QiiQ", array.tobytes())
        begun = 1 <= following <= _TWISTER_WORDS and left == _TWISTER_WORDS + 1 - following
        if seeded != 1 or not (begun or (left, following) == (1, 0)):
            raise ValueError("a random stream is no state that torch could be in")
    elif struct.unpack_from("<Qq", array.tobytes())[1] not in range(0, 1 << 62, 4):
        raise ValueError("a random stream is no state that torch could be in")
    return torch.from_numpy(array.copy())


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 2**53:
        raise ValueError(f"{value!r} is no count")
    return value
