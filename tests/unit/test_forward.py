"""The forward pass with less work against the dense one, and against float64 where D is steep."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import forward as exact_forward
from oracle import network_from, sigmoid

import gan_core.forward
from gan_core.config import GANConfig
from gan_core.engine import GANEngine
from gan_core.forward import Forward, groups, tiles
from gan_core.networks import MLP, make_discriminator, make_generator
from gan_core.presets import PRESETS
from gan_core.probes import Probe, cell_centres
from gan_core.records import Moment

CPU = torch.device("cpu")


@pytest.fixture
def _tiles_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks take the way of the wide ones too."""
    monkeypatch.setattr(gan_core.forward, "_WORTH", 1)
    monkeypatch.setattr(gan_core.forward, "_EVEN", 4)


def network(seed: int, width: int, depth: int, scale: float = 1.0, generator: bool = False) -> MLP:
    random = torch.Generator().manual_seed(seed)
    made = (make_generator if generator else make_discriminator)(GANConfig(width=width, depth=depth), random)
    made.parameters_flat.add_(torch.randn(made.parameters_flat.shape, generator=random) * 0.1).mul_(scale)
    return made


def dense(net: MLP, x: torch.Tensor) -> torch.Tensor:
    """In float64."""
    with torch.no_grad():
        return copy.deepcopy(net.layers).double()(x.double())


@st.composite
def points(draw: st.DrawFn) -> torch.Tensor:
    """Points inside a rectangle of [-1, 1]^2, which may be a line or a single point; its corners among them."""
    a, b = (torch.tensor(draw(st.tuples(*[st.floats(-1, 1, width=32)] * 2))) for _ in range(2))
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    inside = torch.rand(
        (draw(st.integers(0, 20)), 2), generator=torch.Generator().manual_seed(draw(st.integers(0, 99)))
    )
    return torch.cat((torch.stack((low, high)), low + (high - low) * inside)).clamp(-1, 1)


@pytest.mark.usefixtures("_tiles_always")
@settings(deadline=None)
@given(points(), st.integers(0, 99), st.integers(1, 40), st.integers(1, 4), st.booleans())
def test_any_tile_of_any_network(x: torch.Tensor, seed: int, width: int, depth: int, generator: bool) -> None:
    net = network(seed, width, depth, scale=2, generator=generator)
    expected = dense(net, x)
    got = Forward(net)(x)
    assert got.dtype == torch.float32
    size = 1 + float(expected.abs().max())
    torch.testing.assert_close(got.double(), expected, rtol=0, atol=2e-5 * size)


@pytest.mark.usefixtures("_tiles_always")
@pytest.mark.parametrize("generator", [True, False])
def test_kinks_through_the_points_themselves(generator: bool) -> None:
    """Zero biases: every kink goes through the origin; and units that are 0 all over, at a corner, along an edge."""
    net = network(0, 16, 2, generator=generator)
    weight, bias = net.layers[0].weight.data, net.layers[0].bias.data
    bias.zero_()
    weight[0], weight[1], weight[2] = 0, torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 0.0])
    for low, high in [((0, 0), (1, 1)), ((-1, -1), (0, 0)), ((-1, -1), (1, 1)), ((0, 0), (0, 0)), ((0, -1), (0, 1))]:
        x = torch.tensor([low, high, (low[0], high[1]), (high[0], low[1])], dtype=torch.float32)
        torch.testing.assert_close(Forward(net)(x).double(), dense(net, x), rtol=0, atol=1e-5)


@given(st.integers(1, 130), st.integers(1, 70))
def test_tiles_part_the_grid(resolution: int, side: int) -> None:
    """Every cell is in one tile, and no tile is longer than two sides."""
    seen = np.zeros((resolution, resolution), int)
    for rows, columns in tiles(resolution, side):
        seen[rows, columns] += 1
        assert max(seen[rows, columns].shape) <= 2 * side
    assert (seen == 1).all()


@given(st.integers(1, 300), st.integers(1, 10), st.integers(0, 9))
def test_groups_part_the_points(count: int, side: int, seed: int) -> None:
    x = torch.rand((count, 2), generator=torch.Generator().manual_seed(seed)) * 2 - 1
    parts = groups(x, side)
    assert sorted(torch.cat(parts).tolist()) == list(range(count))
    cells = max(1, round(count**0.5 / side))
    for part in filter(len, parts):
        assert (x[part].amax(0) - x[part].amin(0)).max() <= 2 / cells + 1e-6


def wide_engines() -> Iterator[tuple[str, GANEngine]]:
    fresh = GANEngine(PRESETS["mode-collapse"], 0, device="cpu", precision="float32")
    yield "fresh", fresh
    trained = GANEngine(PRESETS["better"], 0, device="cpu", precision="float32")
    trained.advance(40)
    yield "trained", trained
    trained.discriminator.parameters_flat.mul_(1.6)  # edges far steeper than any that training makes in minutes
    yield "steep", trained


def test_a_displayed_probability_is_true_everywhere() -> None:
    """All cells of both maps and all points of the article's network, within 0.005 of float64."""
    for name, engine in wide_engines():
        probe = Probe(engine.target, CPU)
        g, d = (
            network_from(p.detach().numpy() for p in n.parameters()) for n in (engine.generator, engine.discriminator)
        )
        frame = probe.look(engine.generator, engine.discriminator, Moment(1, 0, 0.0), resolution=60, points=500)
        cells = cell_centres(60, CPU).double().numpy()
        of_sample = sigmoid(exact_forward(d, cells)[0]).reshape(60, 60)
        image = np.tanh(exact_forward(g, cells)[0])
        of_latent = sigmoid(exact_forward(d, image)[0]).reshape(60, 60)
        assert np.abs(frame.sample_map / 255 - of_sample).max() < 0.005, name
        assert np.abs(frame.latent_map / 255 - of_latent).max() < 0.005, name
        fakes = np.tanh(exact_forward(g, probe.latents[:500].double().numpy())[0])
        assert np.abs(frame.fakes / 32767 - fakes).max() < 1e-4, name
        if name == "steep":
            assert ((of_sample > 0.05) & (of_sample < 0.95)).any()
            assert np.ptp(of_sample) > 0.9


def test_less_work_is_done() -> None:
    """On a fine grid most units of the article's first layer keep their sign on a tile."""
    net = network(1, 512, 3)
    forward, grid = Forward(net), cell_centres(400, CPU).view(400, 400, 2)
    assert forward.side < 100
    shares = [len(forward._units(grid[tile].reshape(-1, 2))[0]) / 512 for tile in tiles(400, forward.side)[::9]]
    assert np.mean(shares) < 0.25
