"""Lenses, against automatic differentiation and against what a training step really did."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.func import jacrev, vmap

from gan_core.looking.instruments import Instruments
from gan_core.looking.lenses import ARROWS, LENSES, Subject, available
from gan_core.looking.looks import LOOKS, NOBODY, cell_centres, seen_through
from gan_core.looking.measures.best_d import best_d
from gan_core.looking.measures.density import generator_density, target_density
from gan_core.looking.measures.parts import finished
from gan_core.looking.probe import Probe
from gan_core.records.arrays import LENS_ARRAYS, MAX_ARROWS, POINT_SCALE
from gan_core.records.offers import OFFERS
from gan_core.setup.config import HyperParameters, sized
from gan_core.setup.presets import PRESETS, Preset
from gan_core.theory.game import Game, foretold
from gan_core.theory.spectrum import spectrum
from gan_core.training.engine import GANEngine

SMALL = Preset("small", sized(width=24, depth=2, batch=32), HyperParameters(lr_g=3e-3))


def engine_at(steps: int) -> GANEngine:
    engine = GANEngine(SMALL, 5, device="cpu", precision="float32", threads=1)
    if steps:
        engine.advance(steps)
    return engine


def subject(engine: GANEngine, resolution: int = 20, points: int = 500) -> Subject:
    probe = Probe(engine.config, torch.device("cpu"))
    networks = seen_through(engine.config, engine.generator, engine.discriminator)
    latents = probe.latents[:points]
    look = LOOKS[engine.config.task](engine.config, engine.target)
    seen = finished(look.parts(networks, engine.steps, resolution, latents))
    instruments = Instruments(engine.target, engine.config.task, probe.reals)
    trained = frozenset(("generator", "discriminator"))
    beside = engine.beside_generator()
    return Subject(networks, seen, latents, beside, instruments, trained, config=engine.config, reals=probe.reals)


def test_every_lens_has_the_arrays_that_are_documented() -> None:
    engine = GANEngine(replace(SMALL, config=replace(SMALL.config, ema=0.9)), 5, device="cpu")
    engine.advance(3)
    what = subject(engine, points=1500)
    assert set(LENSES) == set(LENS_ARRAYS)
    for name, lens in LENSES.items():
        found = finished(lens.look(what))
        assert list(found) == [array.name for array in LENS_ARRAYS[name]]
        for array in LENS_ARRAYS[name]:
            assert found[array.name].dtype == array.dtype
            listed = {"pull": ARROWS, "mean": MAX_ARROWS, "units": 2 * (2 + 16 + 16) + 3}.get(name, 0)  # of no game
            expected = tuple({"R": 20, "P": listed}.get(size, size) for size in array.shape)
            assert found[array.name].shape == expected
        assert lens.needs <= set(OFFERS)
    assert available(frozenset(OFFERS)) == set(LENSES)
    assert available(frozenset()) == set()


def test_tears_are_the_jacobian_s_determinant() -> None:
    engine = engine_at(40)
    arrays = finished(LENSES["tears"].look(subject(engine)))
    grid = cell_centres(20, torch.device("cpu"))
    exact = torch.linalg.det(vmap(jacrev(lambda z: engine.generator(z[None])[0]))(grid).double()).view(20, 20).detach()
    assert arrays["stretch"] / 1000 == pytest.approx(exact.abs().log10().clamp(min=-32).numpy(), abs=2e-3)
    assert np.array_equal(arrays["folded"], (exact < 0).numpy())
    assert 0 < arrays["folded"].mean() < 1 or (exact > 0).all() or (exact < 0).all()


def test_pull_is_what_was_asked_and_done_in_the_last_step() -> None:
    engine = engine_at(30)
    before = copy.deepcopy(engine.generator)
    engine.step()
    what = subject(engine)
    arrays = finished(LENSES["pull"].look(what))
    arrows, share = arrays["pull"], float(arrays["asked_share"][0])
    assert arrows.shape == (ARROWS, 6)
    x = before(what.latents).detach().requires_grad_()
    (asked,) = torch.autograd.grad(torch.nn.functional.logsigmoid(engine.discriminator(x)).sum(), x)
    did = engine.generator(what.latents).detach() - x.detach()
    assert arrows[:, :2] == pytest.approx(x.detach()[:ARROWS].numpy(), abs=1e-5)
    assert arrows[:, 4:] == pytest.approx(did[:ARROWS].numpy(), abs=1e-5)
    longest = asked[:ARROWS].norm(dim=1).max()
    assert arrows[:, 2:4] == pytest.approx((asked[:ARROWS] / longest).numpy(), abs=1e-3)
    assert share == pytest.approx(float(((asked * did).sum(1) > 0).double().mean()), abs=0.01)


def test_before_the_first_step_nobody_has_moved() -> None:
    arrays = finished(LENSES["pull"].look(subject(engine_at(0))))
    assert arrays["pull"].shape == (0, 6)
    assert np.isnan(arrays["asked_share"]).all()


def test_the_values_of_the_last_step_count_for_the_pull() -> None:
    """A change is for the next step: the last one was made with what held then."""
    engine = engine_at(10)
    update = engine.generator_update()
    engine.set(lr_g=1e-5, beta1_g=0.1)
    assert update is not None
    again = engine.generator_update()
    assert again is not None
    assert torch.equal(again, update)


def test_the_best_d_is_left_out_where_nobody_is() -> None:
    engine = engine_at(20)
    what = subject(engine, resolution=50)
    best = finished(LENSES["best-d"].look(what))["best_d"]
    p, q = target_density(engine.target, 50), generator_density(what.seen.image, 50)
    expected = best_d(p, q)
    assert np.array_equal(best == NOBODY, expected.isnan().numpy())
    there = ~expected.isnan().numpy()
    assert best[there] / 254 == pytest.approx(expected.numpy()[there], abs=0.5 / 254 + 1e-6)


@pytest.mark.parametrize("network", ["12,12:relu", "12,12:relu:batch-norm:linear"])
def test_the_mean_is_another_generator(network: str) -> None:
    """Its fakes are those of G with the weighted mean of all its weights so far, its norms as they are now."""
    config = sized(width=12, depth=2, batch=32, ema=0.8)
    engine = GANEngine(Preset("mean", replace(config, generator=network), HyperParameters(lr_g=0.01)), 5, device="cpu")
    mean = engine.generator.parameters_flat.clone()
    for _ in range(20):
        engine.step()
        mean = 0.8 * mean + 0.2 * engine.generator.parameters_flat
    what = subject(engine, points=200)
    found = finished(LENSES["mean"].look(what))["mean"]
    engine.generator.parameters_flat.copy_(mean)
    engine.generator.eval()
    with torch.no_grad():
        expected = engine.generator(what.latents).clamp(-1, 1)
    np.testing.assert_allclose(found / POINT_SCALE, expected.numpy(), atol=2e-4)


def test_pull_of_normalised_layers() -> None:
    """Where the fakes were before the last step: as G was then, its norms as they are now."""
    config = replace(sized(width=12, depth=2, batch=32), generator="12,12:relu:spectral-norm:linear")
    engine = GANEngine(Preset("norm", config, HyperParameters(lr_g=0.01)), 5, device="cpu")
    engine.advance(10)
    before = engine.generator.parameters_flat.clone()
    engine.step()
    what = subject(engine, points=50)
    found = finished(LENSES["pull"].look(what))["pull"]
    engine.generator.eval()
    engine.generator.parameters_flat.copy_(before)
    with torch.no_grad():
        expected = engine.generator(what.latents)
    apart = np.abs(found[:, None, :2] - expected.numpy()[None]).sum(2).min(1)
    assert apart.max() < 1e-4


@pytest.mark.parametrize("values", [{}, {"lr_g": 1e-6, "lr_d": 1.0}])
def test_a_game_of_two_numbers_is_told_as_theory_has_it(values: dict[str, float]) -> None:
    """Of a run as it stands: its numbers, and the field as one step of the run itself moves it."""
    preset = PRESETS["dirac"]
    engine = GANEngine(replace(preset, values=preset.values.changed(values)), 5, device="cpu")
    engine.advance(30)
    found = finished(LENSES["game"].look(subject(engine)))
    theta = float(engine.generator.layers[0].bias[0].detach())
    psi = float(engine.discriminator.layers[0].weight[0, 0].detach())
    told = foretold(engine.config, engine.values)  # as the visitor gave them, whatever float32 makes of them
    reach = min(reach for reach in (1.0, 2.0, 4.0, 8.0) if reach >= 1.1 * max(abs(theta), abs(psi)))
    numbers = [theta, psi, told.factor, told.turn, told.threshold, told.flow.real, told.flow.imag, reach]
    np.testing.assert_allclose(found["game"], np.float32(numbers), rtol=1e-6)
    field = found["game_field"]
    assert np.linalg.norm(field[:, 2:], axis=1).max() == pytest.approx(1)
    at = np.abs(field[:, :2] - (0.5, -0.5)).sum(1).argmin()
    nearest = torch.tensor(field[at : at + 1, :2], dtype=torch.float64)
    moves = Game(engine.config, engine.values).field(nearest)[0] * torch.tensor(
        [engine.values.lr_g, engine.values.lr_d]
    )
    assert field[at, 2] * moves[1] == pytest.approx(float(field[at, 3] * moves[0]), abs=1e-6)
    assert float(field[at, 2:] @ moves.numpy()) > 0


def test_the_spectrum_of_a_tiny_run() -> None:
    engine = GANEngine(Preset("tiny", sized(width=8, depth=1, batch=32), HyperParameters()), 5, device="cpu")
    engine.advance(5)
    what = subject(engine)
    found = finished(LENSES["spectrum"].look(what))["spectrum"]
    networks = what.networks.whole, what.networks.discriminator
    expected = finished(spectrum(engine.config, engine.values, networks, what.reals[:64], what.latents[:64]))
    assert found.shape == (len(engine.generator.parameters_flat) + len(engine.discriminator.parameters_flat), 2)
    np.testing.assert_allclose(found, torch.view_as_real(expected).numpy(), atol=1e-5)


def test_the_spectrum_of_a_game_of_two_numbers_knows_no_other_parameters() -> None:
    """Each coordinate of the plane is one game: in the middle all four are the flow's eigenvalues."""
    engine = GANEngine(PRESETS["dirac"], 5, device="cpu")
    for network in (engine.generator, engine.discriminator):
        network.parameters_flat.zero_()
    found = finished(LENSES["spectrum"].look(subject(engine)))["spectrum"]
    np.testing.assert_allclose(
        sorted(found.tolist(), key=lambda pair: pair[1]), [[0, -0.5]] * 2 + [[0, 0.5]] * 2, atol=1e-6
    )
