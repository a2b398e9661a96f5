"""The step by autograd: against formulas written out in float64, and with networks of a reader's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_engine import batches, networks_of
from torch import nn

from gan_core.setup.config import HyperParameters
from gan_core.setup.presets import Preset
from gan_core.training.engine import GANEngine
from oracle import Oracle

FIRST, SECOND = (
    HyperParameters(lr_g=1e-3, lr_d=2e-3, beta1_g=0.9, beta1_d=0.8),
    HyperParameters(lr_g=4e-4, lr_d=1e-3, beta1_g=0.5, beta1_d=0.0),
)


class Wrapped(nn.Module):
    """One of GANscope's own networks, as a module that it does not know."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


def own(preset: Preset, seed: int = 1) -> GANEngine:
    """Trains by autograd what the preset's own engine would train by hand."""
    by_hand = GANEngine(preset, seed, device="cpu", threads=1)
    networks = {"generator": Wrapped(by_hand.generator), "discriminator": Wrapped(by_hand.discriminator)}
    return GANEngine(preset, seed, device="cpu", threads=1, **networks)


def smooth(outputs: int) -> nn.Module:
    torch.manual_seed(7)
    return nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 24), nn.SiLU(), nn.Linear(24, outputs))


def test_it_follows_the_recipe(tiny: Preset) -> None:
    engine = own(tiny)
    start = networks_of(GANEngine(tiny, 1, device="cpu", threads=1))
    oracle = Oracle(*start)
    for step in range(1, 31):
        values = FIRST if step <= 15 else SECOND
        engine.set(**vars(values))
        arrays = batches(16, seed=step)
        got = engine.update(*(torch.from_numpy(x) for x in arrays))
        expected = oracle.update(*(x.astype(np.float64) for x in arrays), **vars(values))
        assert got.d_loss == pytest.approx(expected.d_loss, abs=2e-6)
        assert got.g_loss == pytest.approx(expected.g_loss, abs=2e-6)
        assert got.d_accuracy == pytest.approx(expected.d_accuracy, abs=1e-6 + expected.d_slack)
    assert not engine.by_hand


def test_which_path_computes(tiny: Preset) -> None:
    assert GANEngine(tiny, 1, device="cpu").by_hand
    assert not own(tiny).by_hand
    one = GANEngine(tiny, 1, device="cpu", discriminator=smooth(1))
    assert not one.by_hand
    assert one.step().step == 1


def test_networks_of_ones_own_learn_to_tell_real_from_fake(tiny: Preset) -> None:
    """A D with smooth activations, alone (G stands all but still), must come below what it says at first."""
    engine = GANEngine(tiny, 1, device="cpu", threads=1, generator=smooth(2), discriminator=smooth(1))
    engine.set(lr_g=1e-6, lr_d=1e-2, beta1_d=0.9)
    losses = [engine.step().d_loss for _ in range(200)]
    assert np.mean(losses[:5]) == pytest.approx(np.log(2), abs=0.1)
    assert np.mean(losses[-20:]) < 0.5


def test_its_state_goes_on_in_another_engine(tiny: Preset) -> None:
    """Running means of batch normalisation included, which are no parameters."""

    def engine() -> GANEngine:
        torch.manual_seed(3)
        g = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2), nn.Tanh())
        return GANEngine(tiny, 1, device="cpu", threads=1, generator=g, discriminator=smooth(1))

    straight, first = engine(), engine()
    expected = [straight.step() for _ in range(20)]
    assert [first.step() for _ in range(8)] == expected[:8]
    state = first.state()
    first.step()  # what was copied out stays as it is
    other = engine()
    other.restore(state)
    assert [other.step() for _ in range(12)] == expected[8:]
    means = [engine.generator[1].running_mean for engine in (straight, other)]
    assert torch.equal(*means)
    assert means[0].abs().max() > 0


@pytest.mark.parametrize(
    ("networks", "sentence"),
    [
        ({"generator": nn.Linear(2, 3)}, "the generator must map"),
        ({"discriminator": nn.Linear(2, 2)}, "the discriminator must map"),
        ({"generator": nn.Linear(5, 2)}, "the generator cannot take points"),
        ({"discriminator": nn.Flatten()}, "the discriminator has no parameters"),
        ({"generator": nn.Linear(2, 2).double()}, "must be float32"),
    ],
)
def test_modules_that_cannot_be_trained(tiny: Preset, networks: dict[str, nn.Module], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace("the ", "[Tt]he ")):
        GANEngine(tiny, 1, device="cpu", **networks)


@pytest.mark.parametrize(
    ("changes", "options", "sentence"),
    [
        ({"task": "fit"}, {}, "not for the task 'fit'"),
        ({}, {"precision": "bfloat16"}, "in float32 on the CPU"),
    ],
)
def test_what_networks_of_ones_own_cannot_do(
    tiny: Preset, changes: dict[str, str], options: dict[str, str], sentence: str
) -> None:
    preset = replace(tiny, config=replace(tiny.config, **changes))
    with pytest.raises(ValueError, match=sentence):
        GANEngine(preset, 1, device="cpu", generator=smooth(2), **options)
