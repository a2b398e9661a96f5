"""Weights from a file as the start of a run. The file is a stranger's: its sizes and its header are checked first."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from gan_core.recording.file.checkpoint import pack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.records.exports import MAX_WEIGHTS
from gan_core.run.run import recipe_of
from gan_core.setup.presets import Preset
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine

MAX_HEADER = 1 << 20  # bytes; a header says how long it is before anything else
NETWORKS = {"G": "generator", "D": "discriminator"}


def load_weights(engine: GANEngine, path: Path) -> str:
    """Give an engine at step 0 the weights of a file that `export` wrote, or one with the same names.

    All other state stays that of a new run: what the optimisers gather begins at zero. A file may have one network
    alone. Returns the SHA-256 of the file, 64 hex digits. Raises ValueError with a sentence, and then changes nothing.
    """
    checksum = checksum_of(path)
    try:
        with safe_open(path, "pt") as file:
            names = set(file.keys())
            found = {name: _network(file, names, name, getattr(engine, of)) for name, of in NETWORKS.items()}
            mean = _network(file, names, "G_mean", engine.generator) if engine.ema is not None else {}
    except SafetensorError as error:
        raise ValueError(say("weights.damaged", why=str(error)[:200])) from None
    if not any(found.values()):
        raise ValueError(say("weights.none"))
    with torch.no_grad():
        for name, held in found.items():
            ours = getattr(engine, NETWORKS[name]).layers.state_dict()
            for key, tensor in held.items():
                ours[key].copy_(tensor)
        if engine.ema is not None and found["G"]:
            of_layers = [key for key, _ in engine.generator.layers.named_parameters()]
            given = mean or found["G"]
            engine.ema.copy_(torch.cat([given[key].reshape(-1) for key in of_layers]))
    return checksum


def begin_with_weights(
    path: Path, preset: Preset, seed: int, weights: Path, run_id: str, created: float, **options: Any
) -> None:
    """Write the file of a new run of `preset` that begins with the weights of a file; it is at step 0.

    `options` are the engine's. Raises ValueError with a sentence, or OSError.
    """
    engine = GANEngine(preset, seed, **options)
    checksum = load_weights(engine, weights)
    file = RunFile.create(path, recipe_of(engine, preset, run_id, created))
    try:
        with file.transaction():
            file.add_checkpoint(0, pack_state(engine.state()))
            file.set_about("weights", checksum)
    finally:
        file.close()


def checksum_of(path: Path) -> str:
    """The SHA-256 of a file of weights, 64 hex digits. Raises ValueError where its sizes are out of bounds."""
    size = path.stat().st_size
    if size > MAX_WEIGHTS:
        raise ValueError(say("weights.too-large", size=size, most=MAX_WEIGHTS))
    with path.open("rb") as file:
        begin = file.read(8)
        (header,) = struct.unpack("<Q", begin) if len(begin) == 8 else (0,)
        if not 2 <= header <= min(MAX_HEADER, size - 8):
            raise ValueError(say("weights.no-file"))
        try:
            listed = json.loads(file.read(header))
        except (ValueError, RecursionError):
            raise ValueError(say("weights.no-file")) from None
        if not isinstance(listed, dict):
            raise ValueError(say("weights.no-file"))
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _network(file: Any, names: set[str], name: str, network: Any) -> dict[str, Tensor]:
    """What the file has of one network, which must be all of it or nothing."""
    wanted = {key: held.shape for key, held in network.layers.state_dict().items()}
    there = {key.removeprefix(f"{name}.") for key in names if key.startswith(f"{name}.")}
    if not there:
        return {}
    for key in sorted(there ^ set(wanted)):
        raise ValueError(say("weights.other-layers", network=name, tensor=f"{name}.{key}"))
    found = {}
    for key, shape in wanted.items():
        part = file.get_slice(f"{name}.{key}")
        has = tuple(part.get_shape())
        if has != tuple(shape) or part.get_dtype() != "F32":
            is_there, due = f"{part.get_dtype()} {list(has)}", f"F32 {list(shape)}"
            raise ValueError(say("weights.other-shape", tensor=f"{name}.{key}", has=is_there, wanted=due))
        found[key] = file.get_tensor(f"{name}.{key}")
        if not bool(found[key].isfinite().all()):
            raise ValueError(say("weights.not-finite", tensor=f"{name}.{key}"))
    return found
