"""A step taken apart is the engine's own step, bit for bit, and leaves the engine as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from digest import digest
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.experiment import Experiment
from gan_core.training.apart import can_be_told, fits, take_apart
from gan_core.training.batches import BLOCK
from gan_core.training.engine import GANEngine

SMALL = sized(width=16, depth=2, batch=16)
WIDE = sized(width=80, depth=2, batch=32)  # its step is computed by torch
NORMS = {"generator": "12,12:relu:batch-norm:tanh", "discriminator": "12,12:relu:spectral-norm"}


def engine(config: GANConfig, seed: int = 3, **values: float) -> GANEngine:
    experiment = Experiment(config, HyperParameters(**values))
    return GANEngine(experiment, seed, device="cpu", precision="float32", threads=1)


KINDS: dict[str, tuple[GANConfig, dict[str, float]]] = {
    "small": (SMALL, {}),
    "wide": (WIDE, {}),
    "many updates": (SMALL, {"updates_d": 3, "updates_g": 2}),
    "noise that fades": (replace(WIDE, noise_steps=40), {"instance_noise": 0.3}),
    "a mean of weights": (replace(SMALL, ema=0.9), {}),
    "packs": (replace(SMALL, packing=2), {}),
    "cut weights": (replace(SMALL, objective="wasserstein"), {"updates_d": 2}),
    "places of a penalty": (replace(SMALL, penalty="wgan-gp"), {}),
    "pairs and a penalty": (replace(WIDE, objective="relativistic", penalty="r1+r2"), {}),
    "autograd": (replace(SMALL, generator="8:tanh", objective="hinge", penalty="dragan"), {"updates_g": 2}),
    "norms": (SMALL.changed(NORMS), {"updates_d": 2}),
    "another rule": (SMALL.changed({"optimiser_d": "optimistic-adam", "optimiser_g": "rmsprop"}), {}),
}
EACH = pytest.mark.parametrize("kind", KINDS)


@EACH
@pytest.mark.parametrize("steps", [0, 5, BLOCK])
def test_it_is_the_engines_own_step(kind: str, steps: int) -> None:
    config, values = KINDS[kind]
    assert can_be_told(config)
    trained = engine(config, **values)
    trained.advance(steps)
    trained.set(lr_g=2e-3)  # since the last step
    before, update = digest(trained.state()), trained.generator_update()
    assert fits(trained)
    apart = take_apart(trained)
    assert digest(trained.state()) == before
    again = trained.generator_update()
    assert (update is None and again is None) or torch.equal(update, again)
    assert apart.values == trained.in_force()
    networks = trained.generator, trained.discriminator
    assert all(torch.equal(x, y.parameters_flat) for x, y in zip(apart.stands[0].parameters, networks, strict=True))
    assert trained.step() == apart.metrics
    assert digest(trained.state()) == digest(apart.engine.state())
    assert all(torch.equal(x, y.parameters_flat) for x, y in zip(apart.stands[-1].parameters, networks, strict=True))


@EACH
def test_each_update_moves_one_network_by_its_gradient(kind: str) -> None:
    config, values = KINDS[kind]
    trained = engine(config, **values)
    trained.advance(2)
    apart = take_apart(trained)
    of_d, of_g = trained.values.each
    assert [update.of_g for update in apart.updates] == [False] * of_d + [True] * of_g
    assert len(apart.stands) == of_d + of_g + 1
    for k, update in enumerate(apart.updates):
        before, after = (apart.stands[i].parameters for i in (k, k + 1))
        moved = 0 if update.of_g else 1
        assert torch.equal(before[1 - moved], after[1 - moved])
        assert not torch.equal(before[moved], after[moved])
        assert update.gradient.shape == before[moved].shape
        assert update.gradient.any()


def test_the_batches_are_those_of_the_step() -> None:
    """Given to a copy's `update` by hand, they make the same step."""
    trained, other = engine(WIDE), engine(WIDE)
    for each in (trained, other):
        each.advance(3)
    apart = take_apart(trained)
    for_d, for_g = (update.batch for update in apart.updates)
    assert for_d.real.shape == for_d.z.shape == (16, 2)
    assert for_g.z_of_g.shape == (32, 2)
    assert other.update(for_d.real, for_d.z, for_g.z_of_g) == trained.step()
    assert torch.equal(other.generator.parameters_flat, trained.generator.parameters_flat)


@pytest.mark.parametrize(
    "config",
    [
        {"consensus": 1.0},
        {"optimiser_g": "extragradient", "optimiser_d": "extragradient"},
        {"unrolled": 2},
        {"task": "fit"},
        {"task": "blob", "objective": "squared-error"},
        {"task": "none"},
    ],
    ids=str,
)
def test_what_is_no_row_of_updates_cannot_be_told(config: dict[str, Any]) -> None:
    assert not can_be_told(replace(SMALL, **config))


def test_large_networks_with_many_updates_do_not_fit() -> None:
    trained = engine(GANConfig(generator="2048,2048:relu", discriminator="2048,2048:relu", batch=2))
    assert fits(trained)
    trained.set(updates_d=10, updates_g=10)
    assert not fits(trained)
