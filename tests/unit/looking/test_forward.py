"""The forward pass with less work against the dense one, and against float64 where D is steep."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import gan_core.looking.forward
from gan_core.looking.forward import Forward, _crossing, tiles
from gan_core.looking.lenses import LENSES
from gan_core.looking.looks import cell_centres
from gan_core.looking.probe import Probe
from gan_core.records.arrays import LENS_ARRAYS, lens_arrays
from gan_core.records.frames import Moment
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.presets import PRESETS, Preset
from gan_core.training.engine import GANEngine
from gan_core.training.networks import MLP, make_discriminator, make_generator
from oracle import forward as exact_forward
from oracle import network_from, sigmoid

CPU = torch.device("cpu")


@contextmanager
def tiles_of(tile: int, *, group: int = 2, even: int = 4, dense: float = 0.75) -> Iterator[None]:
    """Small networks take the way of the wide ones too, with tiles of so many points."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("TILE", tile), ("_GROUP", group), ("_EVEN", even), ("_DENSE", dense), ("_WORTH", 1)):
            patch.setattr(gan_core.looking.forward, name, value)
        yield


def everywhere(net: MLP, x: torch.Tensor) -> torch.Tensor:
    """The network at all points (N, 2), part by part."""
    forward = Forward(net)
    y = torch.full((len(x), forward.outputs), torch.nan)
    for part in forward.parts(x):
        y[part] = forward(x[part])
    return y


def network(seed: int, width: int, depth: int, scale: float = 1.0, generator: bool = False) -> MLP:
    random = torch.Generator().manual_seed(seed)
    made = (make_generator if generator else make_discriminator)(sized(width=width, depth=depth), random)
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


@settings(max_examples=200)
@given(
    x=points(),
    seed=st.integers(0, 99),
    width=st.integers(1, 40),
    depth=st.integers(1, 5),
    generator=st.booleans(),
    tile=st.integers(1, 24),
    group=st.integers(1, 4),
    dense_from=st.sampled_from([0.0, 0.75, 2.0]),
)
def test_any_network_at_any_points(
    x: torch.Tensor, seed: int, width: int, depth: int, generator: bool, tile: int, group: int, dense_from: float
) -> None:
    net = network(seed, width, depth, scale=2, generator=generator)
    expected = dense(net, x)
    with tiles_of(tile, group=group, dense=dense_from):
        got = everywhere(net, x)
    assert got.dtype == torch.float32
    size = 1 + float(expected.abs().max())
    torch.testing.assert_close(got.double(), expected, rtol=0, atol=2e-5 * size)


@pytest.mark.parametrize("generator", [True, False])
@pytest.mark.parametrize("depth", [2, 3])
def test_kinks_through_the_points_themselves(generator: bool, depth: int) -> None:
    """Zero biases: every kink goes through the origin; and units that are 0 all over, at a corner, along an edge."""
    net = network(0, 16, depth, generator=generator)
    weight, bias = net.layers[0].weight.data, net.layers[0].bias.data
    bias.zero_()
    weight[0], weight[1], weight[2] = 0, torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 0.0])
    for low, high in [((0, 0), (1, 1)), ((-1, -1), (0, 0)), ((-1, -1), (1, 1)), ((0, 0), (0, 0)), ((0, -1), (0, 1))]:
        x = torch.tensor([low, high, (low[0], high[1]), (high[0], low[1])], dtype=torch.float32)
        with tiles_of(4):
            got = everywhere(net, x)
        torch.testing.assert_close(got.double(), dense(net, x), rtol=0, atol=1e-5)


@settings(max_examples=300)
@given(
    seed=st.integers(0, 9_999),
    width=st.integers(1, 24),
    size=st.sampled_from([1e-6, 0.1, 0.5, 2.0]),
    n=st.integers(2, 60),
    crowded=st.sampled_from([1, 12]),
    below=st.booleans(),
)
def test_no_bent_unit_is_overlooked(seed: int, width: int, size: float, n: int, crowded: int, below: bool) -> None:
    """Hardest for the bounds: biases by which each unit of the last hidden layer but just crosses 0, at one point."""
    net = network(seed, width, 3, scale=2)
    x = (torch.rand((1, n, 2), generator=torch.Generator().manual_seed(seed)) ** crowded - 0.5) * size

    def values() -> torch.Tensor:
        return net.layers[4](net.layers[:4](x))[0]  # (n, width)

    with torch.no_grad():
        rounding = 1e-5 * (1 + values().abs().max())
        net.layers[4].bias += rounding - values().amax(0) if below else -rounding - values().amin(0)
        truly = (values().amin(0) < 0) & (values().amax(0) > 0)
    with tiles_of(n), torch.inference_mode():
        forward = Forward(net)
        local, _ = forward._planes(x)
        crosses, sign = (found[0] for found in forward._last_crossing(local, net.layers[:4](x)))
        assert not (truly & ~crosses).any()
        assert (values()[:, ~crosses] * sign[~crosses] >= 0).all()


@given(
    st.integers(1, 500), st.integers(1, 40), st.integers(0, 9), st.sampled_from([(1.0, 1.0), (1.0, 0.01), (0.0, 1.0)])
)
def test_tiles_part_the_points(count: int, tile: int, seed: int, stretch: tuple[float, float]) -> None:
    """Every point is in a tile, in one only but for the last one's filling; and tiles do not overlap."""
    x = (torch.rand((count, 2), generator=torch.Generator().manual_seed(seed)) * 2 - 1) * torch.tensor(stretch)
    with tiles_of(tile):
        index = tiles(x)
    assert index.shape == (-(-count // tile), tile)
    assert sorted(index.flatten()[:count].tolist()) == list(range(count))
    assert (index.flatten()[count:] == index.flatten()[count - 1]).all()
    sides = x[index].amax(1) - x[index].amin(1)
    whole = x.amax(0) - x.amin(0)
    assert sides.prod(1).sum() <= whole.prod() * (1 + 1e-5)


def test_tiles_of_a_grid_are_compact() -> None:
    """About as high as wide, whether the grid is square or flat: a long tile is crossed by more kinks."""
    for stretch in (1.0, 0.1):
        x = cell_centres(100, CPU) * torch.tensor([1.0, stretch])
        index = tiles(x)
        sides = (x[index].amax(1) - x[index].amin(1)).mean(0)
        assert 1 / 3 < sides[0] / sides[1] < 3


def test_small_networks_are_evaluated_as_they_are() -> None:
    """Tiles are for wide layers only: elsewhere the module's own numbers, in parts that together are all points."""
    net, x = network(0, 16, 3), cell_centres(120, CPU)
    with torch.no_grad():
        assert torch.equal(everywhere(net, x), torch.cat([net(part) for part in torch.split(x, 5120)]))


# Infinity only where no tanh comes after it: that may make a finite number of it, and then there is something to show.
NOT_FINITE = [(name, place, float("nan")) for name in ("generator", "discriminator") for place in range(8)]
NOT_FINITE += [("discriminator", place, float("inf")) for place in range(8)]


@pytest.mark.parametrize(("name", "place", "value"), NOT_FINITE)
def test_one_number_that_is_not_finite_is_found(name: str, place: int, value: float) -> None:
    """A single weight or bias, in any layer: whichever way it would take through tiles, no frame is made of it."""
    networks = {"generator": network(1, 256, 3, generator=True), "discriminator": network(2, 256, 3)}
    list(networks[name].parameters())[place].data.flatten()[0] = value
    with pytest.raises(FloatingPointError):
        probe().look(*networks.values(), Moment(1, 0, 0.0), resolution=20, points=50)


def probe() -> Probe:
    return Probe(GANConfig(), CPU)


def states() -> Iterator[tuple[str, GANEngine]]:
    """Networks just wide enough for tiles, untrained and trained by both recipes; the article's, with steep edges."""
    for name, steps in (("mode-collapse", 0), ("mode-collapse", 300), ("better", 300)):
        preset = replace(PRESETS[name], config=sized(width=256, batch=128))
        engine = GANEngine(preset, 0, device="cpu", precision="float32")
        for _ in range(steps):
            engine.step()
        yield f"{name} {steps}", engine
    article = GANEngine(PRESETS["better"], 0, device="cpu", precision="float32")
    article.advance(40)
    article.discriminator.parameters_flat.mul_(1.6)  # edges far steeper than any that training makes in minutes
    yield "steep", article


@pytest.fixture(scope="module")
def engines() -> dict[str, GANEngine]:
    return dict(states())


@pytest.mark.slow
@pytest.mark.parametrize("resolution", [50, 100, 400])
@pytest.mark.parametrize("state", ["mode-collapse 0", "mode-collapse 300", "better 300", "steep"])
def test_what_is_displayed_is_true(engines: dict[str, GANEngine], state: str, resolution: int) -> None:
    """Probabilities within 0.005 and points within 1/32767 of float64; of 160 000 cells, those of every 37th."""
    engine = engines[state]
    g, d = (network_from(p.detach().numpy() for p in n.parameters()) for n in (engine.generator, engine.discriminator))
    looking = probe()
    frame = looking.look(engine.generator, engine.discriminator, Moment(1, 0, 0.0), resolution=resolution, points=500)
    some = slice(None, None, 37 if resolution > 100 else 1)
    cells = cell_centres(resolution, CPU).double().numpy()[some]
    of_sample = sigmoid(exact_forward(d, cells)[0])[:, 0]
    of_latent = sigmoid(exact_forward(d, np.tanh(exact_forward(g, cells)[0]))[0])[:, 0]
    assert np.abs(frame.sample_map.ravel()[some] / 255 - of_sample).max() < 0.005
    assert np.abs(frame.latent_map.ravel()[some] / 255 - of_latent).max() < 0.005
    fakes = np.tanh(exact_forward(g, looking.latents[:500].double().numpy())[0])
    assert np.abs(frame.fakes - 32767 * fakes).max() < 1
    if state == "steep":
        assert ((of_sample > 0.05) & (of_sample < 0.95)).any()
        assert np.ptp(of_sample) > 0.9


def test_less_work_is_done(engines: dict[str, GANEngine]) -> None:
    """On fine tiles few units are bent: of the first layer, and of the last hidden one of a trained discriminator."""
    for state, share in (("mode-collapse 0", 0.5), ("better 300", 0.25)):
        net = engines[state].discriminator
        forward, x = Forward(net), cell_centres(400, CPU)
        with torch.inference_mode():
            x = x[tiles(x)[::9]]
            local, plane = forward._planes(x)
            first = _crossing(plane)[0].float().mean()
            last = forward._last_crossing(local, net.layers[:4](x))[0].float().mean()
        assert first < 0.15
        assert last < share


def test_a_network_without_a_hidden_layer() -> None:
    """Looked at through everything there is to look through; its outputs are those of a product."""
    config = sized(width=8, depth=1).changed(
        {"generator": "none:relu:tanh", "discriminator": "none:relu", "ema": "0.9"}
    )
    engine = GANEngine(Preset("none", config, HyperParameters()), 0, device="cpu", precision="float32", threads=1)
    engine.advance(2)
    x = cell_centres(12, CPU)
    for net in (engine.generator, engine.discriminator):
        assert everywhere(net, x).numpy() == pytest.approx(dense(net, x).numpy(), abs=1e-6)
    probe = Probe(config, CPU)
    how = {"resolution": 24, "points": 100, "lenses": tuple(LENSES), "of_g": engine.beside_generator()}
    frame = probe.look(engine.generator, engine.discriminator, Moment(1, 2, 0.0), **how)
    games = {array.name for array in LENS_ARRAYS["game"]}
    assert set(frame.lenses) == {array.name for array in lens_arrays()} - games


@pytest.mark.parametrize("dim", [1, 64])
def test_latents_of_other_than_two_numbers_go_through_a_wide_generator(dim: int) -> None:
    config = replace(sized(width=256, depth=2), latent="normal", latent_dim=dim)
    net = make_generator(config, torch.Generator().manual_seed(0))
    z = torch.randn((2_000, dim), generator=torch.Generator().manual_seed(1))  # as many as a live frame has at most
    assert torch.allclose(everywhere(net, z).double(), dense(net, z), atol=1e-5)
