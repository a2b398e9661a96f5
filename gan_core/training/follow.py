"""One experiment goes on as another: what of a state fits, and what begins anew."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from gan_core.setup.part import read_part
from gan_core.training.engine import GANEngine, State

# What of a state can be kept.
STATE_PARTS = ("generator", "discriminator", "optimiser_g", "optimiser_d", "streams")
_NETWORKS = (("generator", "optimiser_g", "adam_g"), ("discriminator", "optimiser_d", "adam_d"))


def follow(engine: GANEngine, other: GANEngine) -> frozenset[str]:
    """Have an engine go on from where another experiment's stands, with all of its state that fits.

    A network keeps its weights if it has the same layers, and then its optimiser what it has gathered, if the rule has
    the same name; random streams go on on the same kind of device; the step and the values are the other's. The rest
    stays as it is in a new run of the engine's seed. Returns what was kept, of STATE_PARTS. With the same configuration
    all is kept, as by `restore`.
    """
    state, theirs, kept = engine.state(), other.state(), set()
    for name, rule, adam in _NETWORKS:
        if _shapes(getattr(engine, name)) != _shapes(getattr(other, name)):
            continue
        kept.add(name)
        state |= {part: theirs[part] for part in (name, f"{name}_buffers") if part in state}
        if read_part(getattr(engine.config, rule)).name == read_part(getattr(other.config, rule)).name:
            kept.add(rule)
            state[adam] = theirs[adam]
    if "ema" in state and "generator" in kept:  # begun with the weights where the other had none
        state["ema"] = theirs.get("ema", theirs["generator"])
    if engine.compute.device.type == other.compute.device.type:
        kept.add("streams")
        state |= _streams(engine, other, theirs)
    engine.restore({**state, "steps": theirs["steps"], "values": theirs["values"]})
    return frozenset(kept)


def _streams(engine: GANEngine, other: GANEngine, theirs: State) -> State:
    """Where the random streams go on: in the middle of a block of batches, if a step of both takes the same ones."""
    fields = ("task", "target", "latent")
    alike = all(getattr(engine.config, name) == getattr(other.config, name) for name in fields)
    drawn = {part: theirs[part] for part in ("penalty_stream",) if part in theirs}
    alike = alike and engine.rows_of(theirs) == other.rows_of(theirs)
    return {"batches": theirs["batches"] if alike else {**theirs["batches"], **other.batches.behind()}, **drawn}


def _shapes(network: nn.Module) -> Mapping[str, torch.Size]:
    return {name: held.shape for name, held in network.state_dict().items()}
