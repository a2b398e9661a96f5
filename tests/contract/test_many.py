"""Runs that are trained together, each against an engine of its own: equal bit for bit, whatever they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pytest
import torch

from digest import digest
from gan_core.records.steps import StepMetrics
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.experiment import Experiment
from gan_core.training.engine import GANEngine
from gan_core.training.many import ManyEngines, serves_many
from gan_core.training.objectives import OBJECTIVES, Objective
from gan_core.training.optimisers import OPTIMISERS
from gan_core.training.penalties import PENALTIES
from throw_away import added, kept

STEPS = 70  # over the end of a block of batches
SMALL = sized(width=16, depth=2, batch=32)
UNEVEN = "24,7,33:relu"
VALUES = (
    HyperParameters(lr_g=2e-4, beta1_g=0.5, beta1_d=0.5),
    HyperParameters(lr_d=5e-3, beta1_g=0.0, penalty_weight=0.3),
    HyperParameters(lr_g=1e-2, lr_d=3e-4, beta1_d=0.99, penalty_weight=7),
)
NOISY = (0.0, 0.2, 0.05)

RULES = [name for name in OPTIMISERS if not OPTIMISERS.make(name).joint]
WRITTEN_OUT = [name for name in PENALTIES if serves_many(replace(SMALL, penalty=name))]
TABLE: dict[str, tuple[GANConfig, dict[str, float]]] = {
    "2 x 16": (replace(SMALL, batch=128), {}),
    "3 x 64": (sized(width=64, batch=256), {}),
    "uneven, relu": (GANConfig(generator=UNEVEN, discriminator="9,64:relu", batch=48, target="ring"), {}),
    "one unit": (GANConfig(generator="1:relu:linear", discriminator="1:relu", batch=2), {}),
    "normal latents of five": (replace(SMALL, latent="normal", latent_dim=5, target="grid"), {}),
    "5:1": (replace(SMALL, objective="wasserstein", penalty="wgan-gp"), {"updates_d": 5}),
    "2:3 in pairs": (replace(SMALL, objective="relativistic", penalty="r1+r2"), {"updates_d": 2, "updates_g": 3}),
    "packing, in pairs": (replace(SMALL, objective="relativistic", packing=4, penalty="dragan", batch=18), {}),
    "packing": (replace(SMALL, packing=2, penalty="r1+r2"), {}),
    "mean of weights": (replace(SMALL, ema=0.9), {}),
    "fading noise": (replace(SMALL, noise_steps=50, objective="wasserstein(clip=0.1)"), {"instance_noise": 0.1}),
    "rules of its own each": (replace(SMALL, optimiser_g="optimistic-adam", optimiser_d="rmsprop"), {}),
    **{f"objective {name}": (replace(SMALL, objective=name), {}) for name in OBJECTIVES},
    **{f"penalty {name}": (replace(SMALL, penalty=name), {}) for name in WRITTEN_OUT},
    **{f"optimiser {name}": (replace(SMALL, optimiser_g=name, optimiser_d=name), {}) for name in RULES},
}


def engines(config: GANConfig, values: Sequence[HyperParameters] = VALUES) -> list[GANEngine]:
    return [
        GANEngine(Experiment(config, each), seed, device="cpu", precision="float32", threads=1)
        for seed, each in enumerate(values)
    ]


def together(config: GANConfig, values: Sequence[HyperParameters] = VALUES) -> ManyEngines:
    return ManyEngines.begin(config, [(each, seed) for seed, each in enumerate(values)])


def numbers(metrics: Sequence[StepMetrics]) -> np.ndarray:
    """(steps, 4)."""
    return np.array([astuple(each)[1:] for each in metrics])


def expect_equal(many: ManyEngines, found: np.ndarray, alone: Sequence[GANEngine]) -> None:
    """What the engines have come to, and the metrics of the steps that `alone` are still to train."""
    assert found.shape[1:] == (len(alone), 4)
    for i, (engine, own) in enumerate(zip(many.engines, alone, strict=True)):
        np.testing.assert_array_equal(found[:, i], numbers(own.advance(len(found))))
        assert digest(engine.state()) == digest(own.state())
        assert torch.equal(engine.generator_update(), own.generator_update())


@pytest.mark.parametrize(("config", "others"), TABLE.values(), ids=TABLE)
def test_each_is_what_it_would_be_alone(config: GANConfig, others: dict[str, float]) -> None:
    values = [each.changed(others) for each in VALUES]
    assert serves_many(config)
    many, alone = together(config, values), engines(config, values)
    expect_equal(many, many.advance(STEPS), alone)
    assert len({digest(engine.state()) for engine in many.engines}) == len(VALUES)


@pytest.mark.parametrize("penalty", ["none", "wgan-gp"])
def test_instance_noise_of_some(penalty: str) -> None:
    config = replace(SMALL, penalty=penalty)
    values = [replace(each, instance_noise=noise) for each, noise in zip(VALUES, NOISY, strict=True)]
    many = together(config, values)
    expect_equal(many, many.advance(STEPS), engines(config, values))


def test_values_may_change_and_members_may_leave() -> None:
    many, alone = together(SMALL), engines(SMALL)
    expect_equal(many, many.advance(20), alone)
    for each in (many.engines, alone):
        each[1].set(lr_g=3e-3, beta1_g=0.7)
    expect_equal(many, many.advance(20), alone)
    left = many.engines[1]
    many.keep([2, 0])
    expect_equal(many, many.advance(50), [alone[2], alone[0]])
    left.advance(50)  # by itself
    alone[1].advance(50)
    assert digest(left.state()) == digest(alone[1].state())


def test_members_stand_where_they_like() -> None:
    """One comes from a state, in the middle of its block; one goes back; all have other updates from a step on."""
    many, alone = together(SMALL), engines(SMALL)
    alone[0].advance(37)
    many.engines[0].restore(alone[0].state())
    expect_equal(many, many.advance(10), alone)
    before = many.engines[2].state()
    many.advance(5)
    many.engines[2].restore(before)
    for engine in alone[:2]:
        engine.advance(5)
    expect_equal(many, many.advance(60), alone)
    for each in (*many.engines, *alone):
        each.set(updates_d=2, updates_g=2)
    expect_equal(many, many.advance(10), alone)


def test_a_state_goes_on_elsewhere() -> None:
    many, alone = together(SMALL), engines(SMALL)
    many.advance(30)
    for engine, own in zip(many.engines, alone, strict=True):
        other = GANEngine(Experiment(SMALL, VALUES[0]), 99, device="cpu")
        other.restore(engine.state())
        own.advance(30)
        assert other.advance(40) == own.advance(40)
        assert digest(other.state()) == digest(own.state())


def test_no_step_follows_one_without_finite_losses() -> None:
    """The others stop there, too: whoever trains them leaves that one out, and goes on."""
    config = replace(SMALL, objective="least-squares", optimiser_g="sgd", optimiser_d="sgd", batch=8)
    values = [*VALUES[:2], HyperParameters(lr_g=0.1, lr_d=0.1, beta1_g=0.99, beta1_d=0.99)]
    config = replace(config, generator="64,64:relu:linear", discriminator="64,64:relu")
    many, alone = together(config, values), engines(config, values)
    broken = numbers(alone[2].advance(500))
    assert len(broken) < 500
    found = many.advance(500)
    np.testing.assert_array_equal(found[:, 2], broken)
    assert digest(many.engines[2].state()) == digest(alone[2].state())
    many.keep([0, 1])
    for engine in alone[:2]:
        engine.advance(len(found))
    expect_equal(many, many.advance(10), alone[:2])


NOT_SERVED: dict[str, dict[str, Any]] = {
    "wide": {"generator": "128,128,128:relu"},
    "a task of one network": {"task": "fit"},
    "autograd": {"penalty": "none", "generator": "8:tanh"},
    "unrolled": {"unrolled": 2},
    "extragradient": {"optimiser_g": "extragradient", "optimiser_d": "extragradient"},
}


@pytest.mark.parametrize("changed", NOT_SERVED.values(), ids=NOT_SERVED)
def test_what_is_not_served_is_refused(changed: dict[str, Any]) -> None:
    config = replace(SMALL, **changed)
    assert not serves_many(config)
    with pytest.raises(ValueError, match="cannot be trained together"):
        together(config)


def test_an_objective_that_adds_up_all_that_it_is_given_is_not_served() -> None:
    """As one of a reader's own may be written: it is right for one GAN, and would mix several."""
    with added():
        assert not serves_many(replace(SMALL, objective="test-least-squares"))
    with kept():
        like_another = OBJECTIVES.make("hinge")
        OBJECTIVES.add("test-apart", lambda: Objective(like_another.error, like_another.generator))
        assert serves_many(replace(SMALL, objective="test-apart"))


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ManyEngines([])
    with pytest.raises(ValueError, match="made of the same"):
        ManyEngines([*engines(SMALL)[:1], *engines(replace(SMALL, batch=64))[:1]])
    many = together(SMALL)
    before = [digest(engine.state()) for engine in many.engines]
    many.engines[0].set(updates_d=2)
    with pytest.raises(ValueError, match="same updates_d"):
        many.advance(1)
    many.engines[0].set(updates_d=1)
    assert [digest(engine.state()) for engine in many.engines] == before
