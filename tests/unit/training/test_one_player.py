"""No updates of one network: it stays as it is, is measured all the same, and batches come as they would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from digest import digest
from gan_core.looking.told import tell
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.experiment import Experiment
from gan_core.training.engine import GANEngine
from gan_core.training.many import ManyEngines
from independent_step import TORCH_ADAM, Independent, next_step, of_discriminator, of_generator, value

SMALL = replace(sized(width=16, depth=2, batch=16), **TORCH_ADAM)
WIDE = replace(sized(width=80, depth=2, batch=32), **TORCH_ADAM)  # its step is computed by torch
ALONE = {"d": {"updates_g": 0}, "g": {"updates_d": 0}}
NORMS = {"generator": "12,12:relu:batch-norm:tanh", "discriminator": "12,12:relu:spectral-norm"}
KINDS: dict[str, GANConfig] = {
    "small": SMALL,
    "wide": WIDE,
    "autograd": replace(SMALL, generator="8:tanh"),
    "packs": replace(SMALL, packing=2),
    "cut weights": replace(SMALL, objective="wasserstein"),
    "places of a penalty": replace(SMALL, penalty="wgan-gp"),
    "pairs": replace(WIDE, objective="relativistic", penalty="r1+r2"),
    "looking ahead": replace(SMALL, unrolled=2),
    "norms": SMALL.changed(NORMS),
    "a mean of weights": replace(SMALL, ema=0.9),
}


def engine(config: GANConfig, seed: int = 2, **values: float) -> GANEngine:
    experiment = Experiment(config, HyperParameters(**values))
    return GANEngine(experiment, seed, device="cpu", precision="float32", threads=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("player", ALONE)
def test_the_other_stays_as_it_is_bit_for_bit(kind: str, player: str) -> None:
    trained = engine(KINDS[kind])
    trained.advance(5)
    before = trained.state()
    trained.set(**ALONE[player])
    metrics = trained.advance(4)
    after = trained.state()
    moved, still = ("discriminator", "generator") if player == "d" else ("generator", "discriminator")
    assert torch.equal(before[still], after[still])
    adams = {"discriminator": "adam_d", "generator": "adam_g"}
    assert digest(before[adams[still]]) == digest(after[adams[still]])
    assert not torch.equal(before[moved], after[moved])
    assert after[adams[moved]]["updates"] == before[adams[moved]]["updates"] + 4
    assert all(np.isfinite([m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy]).all() for m in metrics)
    update = trained.generator_update()
    assert update is not None
    assert bool(update.any()) == (player == "g")


@pytest.mark.parametrize("config", [SMALL, WIDE], ids=["small", "wide"])
@pytest.mark.parametrize("player", ALONE)
def test_the_one_moves_as_in_plain_pytorch_and_the_other_is_measured(config: GANConfig, player: str) -> None:
    values = ALONE[player]
    trained, other = (engine(config, **values) for _ in range(2))
    own, half = Independent(other), config.batch // 2
    for _ in range(5):
        real, z = (torch.as_tensor(rows).clone() for rows in other.upcoming().next())
        metrics = trained.step()
        if player == "d":
            found = of_discriminator(own, real, z[:half], real)
            scores = own.d(own.g(z[half:])).detach()
            measured = (metrics.d_loss, metrics.g_loss, metrics.g_accuracy)
            expected = (found.batch["d_loss"], value(softplus(-scores).mean()), value((scores > 0).float().mean()))
        else:
            on_real, on_fakes = own.d(real).detach(), own.d(own.g(z[:half])).detach()
            d_loss = value((softplus(-on_real).mean() + softplus(on_fakes).mean()) / 2)
            right = value(((on_real > 0).float().mean() + (on_fakes <= 0).float().mean()) / 2)
            found = of_generator(own, z[half:])
            measured = (metrics.g_loss, metrics.d_loss, metrics.d_accuracy)
            expected = (found.batch["g_loss"], d_loss, right)
        assert measured == pytest.approx(expected, rel=1e-4)
    for mine, network in ((own.g, trained.generator), (own.d, trained.discriminator)):
        flat = torch.cat([p.detach().reshape(-1) for p in mine.parameters()])
        torch.testing.assert_close(network.parameters_flat, flat, rtol=1e-3, atol=2e-5)


def test_the_batches_are_those_of_a_step_of_both() -> None:
    """In the middle of a block nothing is passed over."""
    alone, both = engine(SMALL), engine(SMALL)
    for each in (alone, both):
        each.advance(10)
    alone.set(updates_g=0)
    alone.advance(3)
    alone.set(updates_g=1, updates_d=0)
    alone.advance(4)
    both.advance(7)
    assert digest(alone.state()["batches"]) == digest(both.state()["batches"])
    assert all(np.array_equal(x, y) for x, y in zip(alone.upcoming().next(), both.upcoming().next(), strict=True))


@pytest.mark.parametrize("player", ALONE)
def test_many_together_are_each_as_alone(player: str) -> None:
    values: list[dict[str, Any]] = [{"lr_g": 1e-3, **ALONE[player]}, {"lr_d": 3e-3, **ALONE[player]}]
    together = ManyEngines(engine(SMALL, seed, **each) for seed, each in enumerate(values))
    together.advance(6)
    for seed, each in enumerate(values):
        alone = engine(SMALL, seed, **each)
        alone.advance(6)
        assert digest(alone.state()) == digest(together.engines[seed].state())


def test_both_at_rest_are_refused() -> None:
    trained = engine(SMALL)
    with pytest.raises(ValueError, match="Updates of 0:0 would train nothing"):
        trained.set(updates_d=0, updates_g=0)
    assert trained.values.each == (1, 1)
    with pytest.raises(ValueError, match="Updates of 0:0 would train nothing"):
        engine(SMALL, updates_d=0, updates_g=0).step()
    with pytest.raises(ValueError, match="steps of both players at once: updates must be 1:1"):
        engine(replace(SMALL, consensus=1.0), updates_d=0).step()


@pytest.mark.parametrize("player", ALONE)
@pytest.mark.parametrize("objective", ["non-saturating", "wasserstein"])
def test_such_a_step_is_told_with_the_stages_of_one(player: str, objective: str) -> None:
    trained = engine(replace(WIDE, objective=objective), **ALONE[player])
    trained.advance(8)
    told = tell(trained, 1)
    assert [stage.kind for stage in told.stages] == [f"{player}-batch", {"d": "d-update", "g": "g-move"}[player]]
    assert told.maps.shape[0] == (2 if player == "d" else 1)
    if objective == "non-saturating":
        (stage,) = next_step(trained, torch.zeros(1, 2))
        loss = f"{player}_loss"
        assert told.stages[0].numbers[loss] == pytest.approx(stage.batch[loss], rel=1e-4)
    else:
        metrics = trained.step()
        assert told.stages[0].numbers[f"{player}_accuracy"] == getattr(metrics, f"{player}_accuracy")
