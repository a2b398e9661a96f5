"""What a penalty on D's gradient costs a step: written out, without a second pass backward, and by autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import SIZES, describe
from gan_core.setup.experiment import Experiment
from gan_core.setup.scenario import Preset
from gan_core.training.engine import GANEngine
from gan_core.training.networks import make_discriminator, make_generator

MEASURED = ("r1+r2", "wgan-gp")
_NONE, _AUTOGRAD = "no penalty", "by autograd"


def cost_of_penalties(plan: Plan) -> Iterator[Row]:
    """Steps a second without and with a penalty, and how many times as long a step takes."""
    for size in ("article", "small"):
        yield from _at(SIZES[size], plan)


def _at(size: Preset, plan: Plan) -> list[Row]:
    slices: dict[str, Callable[[], float]] = {}
    for penalty in ("none", *MEASURED):
        begun = Experiment(replace(size.config, penalty=penalty), size.values)
        name = _NONE if penalty == "none" else penalty
        slices[name] = _speed(GANEngine(begun, device="cpu", threads=plan.threads), plan)
        networks = _networks(begun)
        slices[f"{name}, {_AUTOGRAD}"] = _speed(GANEngine(begun, device="cpu", threads=plan.threads, **networks), plan)
    found = interleave(slices, plan.rounds)
    group = f"Penalties, {describe(size)}"
    times = [(_NONE, penalty) for penalty in MEASURED]
    return [
        *[Row(group, name, "steps/s", values) for name, values in found.items()],
        *[Row(group, f"a step with {b} : one without", "x", ratios(found[a], found[b])) for a, b in times],
        *[
            Row(group, f"{name} : {name}, {_AUTOGRAD}", "x", ratios(found[name], found[f"{name}, {_AUTOGRAD}"]))
            for name in MEASURED
        ],
    ]


def _speed(engine: GANEngine, plan: Plan) -> Callable[[], float]:
    return partial(rate, engine.step, plan.seconds)


def _networks(begun: Experiment) -> dict[str, Any]:
    """The same networks, handed in as somebody's own: those are trained by autograd."""
    random = torch.Generator().manual_seed(0)
    return {
        "generator": make_generator(begun.config, random),
        "discriminator": make_discriminator(begun.config, random),
    }
