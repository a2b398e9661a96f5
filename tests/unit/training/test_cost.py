"""What a step costs, held against what an engine does in it."""

from __future__ import annotations

import pytest
import torch

from gan_core.records.steps import Change
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.experiment import Experiment
from gan_core.training.cost import Cost, cost, cost_of_run
from gan_core.training.engine import GANEngine


@pytest.mark.parametrize(
    ("others", "each", "gradients"),
    [
        ({}, (1, 1), 2),
        ({}, (5, 1), 6),
        ({"penalty": "r1+r2"}, (1, 1), 3),
        ({"penalty": "wgan-gp", "objective": "wasserstein"}, (5, 1), 11),
        ({"unrolled": 5}, (1, 1), 7),
        ({"optimiser_g": "extragradient", "optimiser_d": "extragradient"}, (1, 1), 4),
        ({"consensus": 1.0}, (1, 1), 4),
        ({"task": "fit"}, (1, 1), 1),
        ({"task": "noise", "objective": "squared-error"}, (1, 1), 1),
        ({"task": "none"}, (1, 1), 0),
    ],
)
def test_gradients_of_a_step(others: dict[str, object], each: tuple[int, int], gradients: int) -> None:
    assert cost(sized(8, 1, batch=32, **others), each).gradients == gradients


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"packing": 2},
        {"unrolled": 2},
        {"objective": "relativistic"},
        {"optimiser_g": "extragradient", "optimiser_d": "extragradient"},
    ],
)
def test_samples_are_those_that_the_engine_draws(others: dict[str, object]) -> None:
    config = sized(8, 1, batch=32, **others)
    engine = GANEngine(Experiment(config, HyperParameters()), 0, device="cpu")
    real, latents = engine.batches.next()
    assert cost(config).samples == len(real) + len(latents)


@pytest.mark.parametrize(
    ("others", "gradients"),
    [
        ({"unrolled": 3}, 5),
        ({"optimiser_g": "extragradient", "optimiser_d": "extragradient"}, 4),
        ({"consensus": 1.0}, 4),
    ],
)
def test_gradients_are_those_that_autograd_is_asked_for(
    others: dict[str, object], gradients: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = GANEngine(Experiment(sized(8, 1, batch=32, **others), HyperParameters()), 0, device="cpu")
    asked: list[int] = []
    grad = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *given, **how: (asked.append(1), grad(*given, **how))[1])
    engine.step()
    assert len(asked) == gradients


def test_a_lazy_penalty_is_paid_where_it_counts() -> None:
    """At steps 1, 9, 17 and 25 of 25, of which those from 11 to 20 have three updates of D; and as the engine asks."""
    config, changes = (
        GANConfig(batch=64, penalty="lazy-r1+r2"),
        [
            Change(11, "updates_d", 1, 3),
            Change(21, "updates_d", 3, 1),
        ],
    )
    paid = cost_of_run(config, HyperParameters(), changes, 25)
    assert paid.gradients == 15 * 2 + 10 * 4 + (1 + 1 + 3 + 1)
    assert cost_of_run(config, HyperParameters(), [], 8).gradients == 17
    assert cost_of_run(config, HyperParameters(), [], 9).gradients == 20


def test_a_run_pays_each_step_as_it_was() -> None:
    config, changes = GANConfig(batch=64), [Change(11, "updates_d", 1, 3), Change(21, "updates_d", 3, 1)]
    one, three = cost(config), cost(config, (3, 1))
    assert one == Cost(32 + 32 + 64, 2)
    assert three == Cost(96 + 96 + 64, 4)
    paid = cost_of_run(config, HyperParameters(), changes, 25)
    assert paid == Cost(15 * one.samples + 10 * three.samples, 15 * 2 + 10 * 4)
    assert cost_of_run(config, HyperParameters(), changes, 5) == Cost(5 * one.samples, 10)
