"""One step told: each number against the same step computed here, by plain PyTorch and its own optimiser."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from gan_core.looking.looks import cell_centres
from gan_core.looking.measures.pull import pull
from gan_core.looking.probe import Probe
from gan_core.looking.told import DRAWN, RESOLUTION, tell
from gan_core.records.arrays import POINT_SCALE
from gan_core.records.frames import Moment
from gan_core.records.told import STAGES, Stage, ToldStep
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.experiment import Experiment
from gan_core.training.engine import GANEngine
from independent_step import TORCH_ADAM, next_step

SMALL = replace(sized(width=24, depth=2, batch=64), **TORCH_ADAM)
LARGE = replace(sized(width=80, depth=2, batch=640), **TORCH_ADAM)
NORMS = {"generator": "12,12:relu:batch-norm:tanh", "discriminator": "12,12:relu:spectral-norm"}


def engine(config: GANConfig, seed: int = 1, **values: float) -> GANEngine:
    experiment = Experiment(config, HyperParameters(**values))
    return GANEngine(experiment, seed, device="cpu", precision="float32", threads=1)


def numbers(told: ToldStep, kind: str, update: int = 1) -> dict[str, float]:
    (found,) = (stage for stage in told.stages if (stage.kind, stage.update) == (kind, update))
    return dict(found.numbers)


def square(x: Tensor) -> npt.NDArray[np.float32]:
    return x.view(RESOLUTION, RESOLUTION).numpy()


@pytest.mark.parametrize("config", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("each", [(1, 1), (3, 2)], ids=str)
def test_each_number_is_that_of_an_independent_step(config: GANConfig, each: tuple[int, int]) -> None:
    trained = engine(config, updates_d=each[0], updates_g=each[1], lr_g=2e-3, beta1_d=0.5)
    trained.advance(30)
    told = tell(trained, 7)
    assert (told.run, told.step) == (7, 31)
    assert told.maps.shape == (each[0] + 1, RESOLUTION, RESOLUTION)
    found = next_step(trained, cell_centres(RESOLUTION, torch.device("cpu")))
    n = config.batch
    for k in range(each[0]):
        _, batch, move, seen = next(found)
        assert numbers(told, "d-batch", k + 1) == pytest.approx(batch, rel=1e-4)
        assert numbers(told, "d-update", k + 1) == pytest.approx(move, rel=2e-4)
        for which, said in ((k, seen["before"]), (k + 1, seen["after"])):
            assert np.abs(told.maps[which] - 255 * square(said)).max() <= 0.51
        change = (told.differences[k] / 127 - 1) * told.reaches[k]
        assert np.abs(change - square(seen["change"])).max() < told.reaches[k] / 200
        assert len(told.d_reals[k]) == min(n // 2, DRAWN)
        np.testing.assert_allclose(told.d_reals[k] / POINT_SCALE, seen["real"][:DRAWN], atol=2e-5)
        np.testing.assert_allclose(told.d_fakes[k] / POINT_SCALE, seen["fakes"][:DRAWN], atol=3e-5)
    for k in range(each[1]):
        _, batch, move, seen = next(found)
        assert numbers(told, "g-batch", k + 1) == pytest.approx(batch, rel=2e-4)
        moved = numbers(told, "g-move", k + 1)
        obeyed = move.pop("obeyed")  # rounding may turn one that hardly moves
        assert moved.pop("obeyed") == pytest.approx(obeyed, abs=2.1 / n)
        assert moved == pytest.approx(move, rel=5e-4)
        arrows = told.moves[k]
        assert arrows.shape == (min(n, DRAWN), 6)
        np.testing.assert_allclose(arrows[:, :2], seen["fakes"][:DRAWN], atol=1e-5)
        asked = seen["asked"][:DRAWN]
        np.testing.assert_allclose(arrows[:, 2:4], asked / asked.norm(dim=1).max(), atol=1e-3)
        np.testing.assert_allclose(arrows[:, 4:], seen["moved"][:DRAWN], atol=1e-4)
    assert next(found, None) is None


KINDS: dict[str, tuple[GANConfig, dict[str, float]]] = {
    "noise": (replace(LARGE, noise_steps=90), {"instance_noise": 0.2, "updates_d": 2}),
    "packs": (replace(SMALL, packing=2), {}),
    "cut weights": (replace(SMALL, objective="wasserstein"), {"updates_d": 3}),
    "pairs and a penalty": (replace(SMALL, objective="relativistic", penalty="r1+r2"), {"updates_g": 2}),
    "noise and places of a penalty": (replace(SMALL, penalty="wgan-gp"), {"instance_noise": 0.1, "updates_d": 2}),
    "squares": (replace(SMALL, objective="least-squares"), {}),
    "norms": (SMALL.changed(NORMS), {"updates_d": 2}),
    "a latent of its own": (replace(SMALL, latent="normal", latent_dim=5, generator="16:relu:linear"), {}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_before_the_last_updates_are_those_that_the_step_measures(kind: str) -> None:
    config, values = KINDS[kind]
    trained = engine(config, **values)
    trained.advance(25)
    told = tell(trained, 1)
    metrics, (of_d, of_g) = trained.step(), trained.values.each
    found = {**numbers(told, "d-batch", of_d), **numbers(told, "g-batch", of_g)}
    measured = {name: getattr(metrics, name) for name in ("d_loss", "d_accuracy", "g_loss", "g_accuracy")}
    assert {name: found[name] for name in measured} == pytest.approx(measured, rel=1e-4, abs=1e-6)
    # What one stage ends with, the next one's map begins with; the last is what a look at the trained networks shows.
    look = Probe(trained.config, torch.device("cpu")).look(
        trained.generator, trained.discriminator, Moment(1, 26, 0.0), resolution=RESOLUTION, points=500
    )
    shown = told.maps[-1] / 255
    if look.score is None:
        assert np.abs(shown - look.sample_map / 255).max() < 0.005
    else:
        (level, reach), (of_look, reach_of_look) = told.score or (0.0, 0.0), look.score
        there = level + reach * (2 * shown - 1)
        expected = of_look + reach_of_look * (look.sample_map / 127.5 - 1)
        assert np.abs(there - expected).max() < 0.005 * (reach + reach_of_look)


def test_what_d_asks_is_what_the_pull_shows() -> None:
    """Of the article's loss: the gradient of log D at each fake, D after its update."""
    trained = engine(SMALL)
    trained.advance(10)
    told = tell(trained, 1)
    trained.step()
    fakes = torch.from_numpy(told.moves[0][:, :2].copy())
    asked = pull(trained.discriminator, fakes)
    longest = asked.norm(dim=1).max()
    np.testing.assert_allclose(told.moves[0][:, 2:4], asked / longest, atol=1e-4)
    assert numbers(told, "g-batch")["asked_most"] == pytest.approx(float(longest), rel=1e-4)


def test_stages_come_in_the_order_of_the_updates_with_all_their_numbers() -> None:
    trained = engine(SMALL, updates_d=2)
    stages = tell(trained, 1).stages
    order = [("d-batch", 1), ("d-update", 1), ("d-batch", 2), ("d-update", 2), ("g-batch", 1), ("g-move", 1)]
    assert [(stage.kind, stage.update) for stage in stages] == order
    assert [stage.of for stage in stages] == [2, 2, 2, 2, 1, 1]
    assert [stage.points for stage in stages] == [64] * 6
    assert all(tuple(stage.numbers) == STAGES[stage.kind] for stage in stages)
    assert isinstance(stages[0], Stage)


def test_what_is_not_finite_is_not_told() -> None:
    trained = engine(SMALL, lr_d=0.1)
    trained.discriminator.parameters_flat.fill_(1e30)
    with pytest.raises(FloatingPointError):
        tell(trained, 1)
