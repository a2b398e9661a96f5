"""One step told: each number against the same step computed here, by plain PyTorch and its own optimiser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.nn.functional import softplus

from gan_core.looking.looks import cell_centres
from gan_core.looking.measures.pull import pull
from gan_core.looking.probe import Probe
from gan_core.looking.told import DRAWN, RESOLUTION, tell
from gan_core.records.arrays import POINT_SCALE
from gan_core.records.frames import Moment
from gan_core.records.told import STAGES, Stage, ToldStep
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.experiment import Experiment
from gan_core.training.apart import take_apart
from gan_core.training.engine import GANEngine

RULE = {"optimiser_g": "torch-adam", "optimiser_d": "torch-adam"}  # which PyTorch has itself
SMALL = replace(sized(width=24, depth=2, batch=64), **RULE)
LARGE = replace(sized(width=80, depth=2, batch=640), **RULE)
NORMS = {"generator": "12,12:relu:batch-norm:tanh", "discriminator": "12,12:relu:spectral-norm"}


def engine(config: GANConfig, seed: int = 1, **values: float) -> GANEngine:
    experiment = Experiment(config, HyperParameters(**values))
    return GANEngine(experiment, seed, device="cpu", precision="float32", threads=1)


def numbers(told: ToldStep, kind: str, update: int = 1) -> dict[str, float]:
    (found,) = (stage for stage in told.stages if (stage.kind, stage.update) == (kind, update))
    return dict(found.numbers)


def value(x: Tensor) -> float:
    return x.detach().item()


class Independent:
    """Both networks of an engine as PyTorch's own, each with PyTorch's Adam as far as the engine's is."""

    def __init__(self, of: GANEngine) -> None:
        values, state = of.values, of.state()
        self.g, self.d = self._network(of.generator, nn.Tanh()), self._network(of.discriminator)
        self.adams = {}
        for name, network in (("g", self.g), ("d", self.d)):
            lr, beta1 = getattr(values, f"lr_{name}"), getattr(values, f"beta1_{name}")
            adam = torch.optim.Adam(network.parameters(), lr=lr, betas=(beta1, 0.999))
            kept = state[f"adam_{name}"]
            sizes = [p.numel() for p in network.parameters()]
            moments = (torch.split(kept[moment].clone(), sizes) for moment in "mv")
            for p, m, v in zip(network.parameters(), *moments, strict=True):
                step = torch.tensor(float(kept["updates"]))
                adam.state[p] = {"step": step, "exp_avg": m.view_as(p), "exp_avg_sq": v.view_as(p)}
            self.adams[name] = adam

    @staticmethod
    def _network(of: Any, *end: nn.Module) -> nn.Sequential:
        layers: list[nn.Module] = []
        for weight, bias in zip(*[iter(p.detach().clone() for p in of.parameters())] * 2, strict=True):
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            linear.weight.data, linear.bias.data = weight, bias
            layers += [linear, nn.LeakyReLU(0.1)]
        return nn.Sequential(*layers[:-1], *end)

    def move(self, name: str, loss: Tensor) -> tuple[float, float]:
        """Lengths of the gradient and of the change."""
        network: nn.Module = getattr(self, name)
        network.zero_grad()
        loss.backward()
        before = [p.detach().clone() for p in network.parameters()]
        gradient = torch.cat([p.grad.reshape(-1) for p in network.parameters() if p.grad is not None])
        self.adams[name].step()
        change = torch.cat([(p.detach() - b).reshape(-1) for p, b in zip(network.parameters(), before, strict=True)])
        return value(gradient.norm()), value(change.norm())

    def said(self, points: Tensor) -> Tensor:
        """Probabilities."""
        with torch.no_grad():
            return torch.sigmoid(self.d(points))


@pytest.mark.parametrize("config", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("each", [(1, 1), (3, 2)], ids=str)
def test_each_number_is_that_of_an_independent_step(config: GANConfig, each: tuple[int, int]) -> None:
    trained = engine(config, updates_d=each[0], updates_g=each[1], lr_g=2e-3, beta1_d=0.5)
    trained.advance(30)
    told, own = tell(trained, 7), Independent(trained)
    batches = [update.batch for update in take_apart(trained).updates]
    assert (told.run, told.step) == (7, 31)
    grid = cell_centres(RESOLUTION, torch.device("cpu"))
    shown = min(config.batch // 2, DRAWN)
    assert told.maps.shape == (each[0] + 1, RESOLUTION, RESOLUTION)
    for k in range(each[0]):
        real, fakes = batches[k].real, own.g(batches[k].z).detach()
        both, labels = torch.cat((real, fakes)), torch.cat((torch.ones(len(real), 1), torch.zeros(len(fakes), 1)))
        before, said, map_before = own.d(both), own.said(both), own.said(grid)
        lengths = own.move("d", cross_entropy(before, labels))
        after, change = own.d(both), own.said(grid) - map_before
        expected = {
            "d_loss": value(cross_entropy(before, labels)),
            "d_accuracy": value(((before > 0) == (labels == 1)).float().mean()),
            "said_of_real": value(said[: len(real)].mean()),
            "said_of_fakes": value(said[len(real) :].mean()),
        }
        assert numbers(told, "d-batch", k + 1) == pytest.approx(expected, rel=1e-4)
        expected = {
            "d_loss_before": expected["d_loss"],
            "d_loss_after": value(cross_entropy(after, labels)),
            "d_accuracy_before": expected["d_accuracy"],
            "d_accuracy_after": value(((after > 0) == (labels == 1)).float().mean()),
            "gradient": lengths[0],
            "change": lengths[1],
            "map_mean": value(change.abs().mean()),
            "map_most": value(change.abs().max()),
        }
        assert numbers(told, "d-update", k + 1) == pytest.approx(expected, rel=2e-4)
        for which, said_of_map in ((k, map_before), (k + 1, own.said(grid))):
            off = told.maps[which] - 255 * said_of_map.view(RESOLUTION, RESOLUTION).numpy()
            assert np.abs(off).max() <= 0.51
        found = (told.differences[k] / 127.5 - 1) * told.reaches[k]
        assert np.abs(found - change.view(RESOLUTION, RESOLUTION).numpy()).max() < told.reaches[k] / 200
        np.testing.assert_allclose(told.d_reals[k] / POINT_SCALE, real[:shown], atol=2e-5)
        np.testing.assert_allclose(told.d_fakes[k] / POINT_SCALE, fakes[:shown], atol=3e-5)
    for k in range(each[1]):
        z = batches[each[0] + k].z_of_g
        fakes = own.g(z)
        fakes.retain_grad()
        scores = own.d(fakes)
        lengths = own.move("g", softplus(-scores).mean())
        assert fakes.grad is not None
        asked, there = -len(z) * fakes.grad, own.g(z).detach()
        moved, after = there - fakes.detach(), own.d(there)
        expected = {
            "g_loss": value(softplus(-scores).mean()),
            "g_accuracy": value((scores > 0).float().mean()),
            "said_of_fakes": value(torch.sigmoid(scores).mean()),
            "asked_mean": value(asked.norm(dim=1).mean()),
            "asked_most": value(asked.norm(dim=1).max()),
        }
        assert numbers(told, "g-batch", k + 1) == pytest.approx(expected, rel=2e-4)
        obeyed = value(((asked * moved).sum(1) > 0).float().mean())
        found = numbers(told, "g-move", k + 1)
        assert found.pop("obeyed") == pytest.approx(obeyed, abs=2.1 / len(z))  # rounding may turn one that hardly moves
        expected = {
            "g_loss_before": expected["g_loss"],
            "g_loss_after": value(softplus(-after).mean()),
            "g_accuracy_before": expected["g_accuracy"],
            "g_accuracy_after": value((after > 0).float().mean()),
            "gradient": lengths[0],
            "change": lengths[1],
            "moved_mean": value(moved.norm(dim=1).mean()),
            "moved_most": value(moved.norm(dim=1).max()),
        }
        assert found == pytest.approx(expected, rel=5e-4)
        arrows = told.moves[k]
        assert arrows.shape == (min(len(z), DRAWN), 6)
        np.testing.assert_allclose(arrows[:, :2], fakes.detach()[:DRAWN], atol=1e-5)
        longest = value(asked[:DRAWN].norm(dim=1).max())
        np.testing.assert_allclose(arrows[:, 2:4], asked[:DRAWN] / longest, atol=1e-3)
        np.testing.assert_allclose(arrows[:, 4:], moved[:DRAWN], atol=1e-4)


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
