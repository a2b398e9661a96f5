"""What is shown against the networks themselves, evaluated point by point in float64."""

from __future__ import annotations

import copy
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch

from digest import digest
from gan_core.looking.probe import LIVE_LEVELS, LIVE_POINTS, POINTS, SHARP_RESOLUTION, Probe
from gan_core.records.frames import Moment, Snapshot
from gan_core.setup.config import sized
from gan_core.setup.presets import Preset
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire
from oracle import Network, forward, network_from, sigmoid

MOMENT = Moment(run=3, step=40, time=12.5)
# A cell is a whole number: half a unit of rounding, and float32's error of a few 1e-6 times 255.
HALF_A_UNIT = 0.5 + 0.01


@pytest.fixture(scope="module")
def engine(tiny: Preset) -> GANEngine:
    """Trained a little, so that the maps are not flat; then with steeper weights, so that they are not grey."""
    engine = GANEngine(replace(tiny, config=sized(width=24, depth=2, batch=64)), 0, device="cpu", threads=1)
    for _ in range(40):
        engine.step()
    engine.discriminator.parameters_flat.mul_(2)
    return engine


@pytest.fixture(scope="module")
def probe(engine: GANEngine) -> Probe:
    return Probe(engine.config, engine.compute.device)


def look(engine: GANEngine, probe: Probe, resolution: int = 20, points: int = 30) -> Snapshot:
    return probe.look(engine.generator, engine.discriminator, MOMENT, resolution=resolution, points=points)


def g(engine: GANEngine, z: np.ndarray) -> np.ndarray:
    return np.tanh(forward(weights(engine.generator), z)[0])


def d(engine: GANEngine, x: np.ndarray) -> np.ndarray:
    return sigmoid(forward(weights(engine.discriminator), x)[0])[:, 0]


def weights(network: torch.nn.Module) -> Network:
    return network_from(p.detach().numpy() for p in network.parameters())


def centres(resolution: int) -> dict[tuple[int, int], tuple[float, float]]:
    """Cell (i, j) lies at abscissa -1 + (j + 0.5) 2/R, ordinate -1 + (i + 0.5) 2/R, as records.Snapshot documents."""
    return {
        (i, j): (-1 + (j + 0.5) * 2 / resolution, -1 + (i + 0.5) * 2 / resolution)
        for i in range(resolution)
        for j in range(resolution)
    }


@pytest.mark.parametrize("resolution", [2, 7, *(level.resolution for level in LIVE_LEVELS)])
def test_every_cell_is_the_value_at_its_centre(engine: GANEngine, probe: Probe, resolution: int) -> None:
    frame = look(engine, probe, resolution)
    cells = centres(resolution)
    at = np.array(list(cells.values()))
    for shown, exact in ((frame.sample_map, d(engine, at)), (frame.latent_map, d(engine, g(engine, at)))):
        assert (shown.shape, shown.dtype) == ((resolution, resolution), np.uint8)
        for (i, j), value in zip(cells, exact, strict=True):
            assert abs(int(shown[i, j]) - 255 * value) <= HALF_A_UNIT
    if resolution > 2:  # or the test above would pass for any order of the cells
        assert np.ptp(frame.sample_map) > 30
        assert not np.array_equal(frame.sample_map, frame.sample_map.T)


def test_a_cell_at_a_time(engine: GANEngine, probe: Probe) -> None:
    """One point through the engine's own modules, as a notebook would ask."""
    frame = look(engine, probe, 50)
    for i, j in [(0, 0), (0, 49), (49, 0), (49, 49), (12, 34), (34, 12), (25, 25)]:
        point = torch.tensor([[-1 + (j + 0.5) / 25, -1 + (i + 0.5) / 25]])
        with torch.no_grad():
            of_sample = float(torch.sigmoid(engine.discriminator(point)))
            of_latent = float(torch.sigmoid(engine.discriminator(engine.generator(point))))
        assert abs(int(frame.sample_map[i, j]) - 255 * of_sample) <= HALF_A_UNIT
        assert abs(int(frame.latent_map[i, j]) - 255 * of_latent) <= HALF_A_UNIT


def test_a_sure_discriminator_reaches_both_ends(engine: GANEngine, probe: Probe) -> None:
    """D = sigmoid(b) everywhere: 255 is real, 0 is fake, 128 or 127 is 0.5."""
    network = copy.deepcopy(engine.discriminator)
    for p in network.parameters():
        p.data.zero_()
    for bias, values in ((40.0, {255}), (-40.0, {0}), (0.0, {127, 128})):
        list(network.parameters())[-1].data.fill_(bias)
        frame = probe.look(engine.generator, network, MOMENT, resolution=4, points=3)
        assert set(frame.sample_map.ravel().tolist()) <= values
        assert set(frame.latent_map.ravel().tolist()) <= values


@pytest.mark.parametrize("points", [1, 30, LIVE_POINTS, POINTS])
def test_fakes_are_the_image_of_the_fixed_latents(engine: GANEngine, probe: Probe, points: int) -> None:
    frame = look(engine, probe, 4, points)
    assert (frame.fakes.shape, frame.fakes.dtype) == ((points, 2), np.int16)
    exact = g(engine, probe.latents.double().numpy())[:points]
    assert np.abs(frame.fakes - 32767 * exact).max() <= 0.5 + 32767 * 2e-6
    np.testing.assert_allclose(frame.trail_point.centre, exact.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(
        probe.fakes(engine.generator, engine.steps), g(engine, probe.latents.double().numpy()), atol=2e-6
    )


@pytest.mark.parametrize("resolution", [*(level.resolution for level in LIVE_LEVELS), SHARP_RESOLUTION])
def test_image_lies_where_its_header_says(engine: GANEngine, probe: Probe, resolution: int) -> None:
    """Read from the bytes, as the browser does: u and v of the image's cells, and G there."""
    frame = look(engine, probe, resolution, 5)
    data = wire.encode_frame(frame, version=1, trail=[], kept=True)
    header = json.loads(data[8 : 8 + struct.unpack_from("<I", data, 4)[0]])
    side = frame.image.shape[0]
    assert frame.image.shape == (side, side, 2)
    along = header["image_start"] + header["image_spacing"] * np.arange(side)
    assert -1 < along[0] < along[-1] < 1
    assert min(resolution, 38) <= side <= 100  # so that little happens between two cells, where there are enough
    v, u = np.meshgrid(along, along, indexing="ij")  # row by row upwards, like the maps
    exact = g(engine, np.stack((u.ravel(), v.ravel()), axis=1)).reshape(side, side, 2)
    assert np.abs(frame.image - 32767 * exact).max() <= 0.5 + 32767 * 2e-6


@pytest.mark.parametrize("resolution", [10, 50, 100])
def test_bluest_is_the_cell_where_d_is_largest(engine: GANEngine, probe: Probe, resolution: int) -> None:
    point = look(engine, probe, resolution).trail_point
    at = np.array(list(centres(resolution).values()))
    values = d(engine, at)
    nearest = np.abs(at - point.bluest).max(axis=1).argmin()
    np.testing.assert_allclose(at[nearest], point.bluest, atol=1e-6)  # a cell centre
    assert values[nearest] == pytest.approx(values.max(), abs=1e-6)
    assert point.step == MOMENT.step


def test_moment_and_resolution_are_carried(engine: GANEngine, probe: Probe) -> None:
    frame = look(engine, probe, 20)
    assert (frame.moment, frame.step, frame.resolution) == (MOMENT, 40, 20)
    assert frame.nbytes == 20 * 20 + 20 * 20 + 30 * 2 * 2 + frame.image.size * 2


@pytest.mark.parametrize("resolution", [20, 100])
def test_looking_in_parts_gives_the_same_frame(engine: GANEngine, probe: Probe, resolution: int) -> None:
    whole = look(engine, probe, resolution)
    *pauses, last = probe.look_in_parts(
        engine.generator, engine.discriminator, MOMENT, resolution=resolution, points=30
    )
    assert pauses
    assert pauses == [None] * len(pauses)
    for name in ("latent_map", "sample_map", "fakes", "image"):
        assert np.array_equal(getattr(last, name), getattr(whole, name))
    assert (last.trail_point.centre, last.trail_point.bluest) == (whole.trail_point.centre, whole.trail_point.bluest)


def test_a_sharp_look_pauses_often(engine: GANEngine, probe: Probe) -> None:
    """160 000 cells through two networks: each pause lets a command through."""
    parts = list(
        probe.look_in_parts(engine.generator, engine.discriminator, MOMENT, resolution=SHARP_RESOLUTION, points=POINTS)
    )
    assert len(parts) > 20
    frame = parts[-1]
    cells = [(0, 0), (399, 0), (0, 399), (123, 321)]
    at = np.array([(-1 + (j + 0.5) / 200, -1 + (i + 0.5) / 200) for i, j in cells])
    for (i, j), value in zip(cells, d(engine, at), strict=True):
        assert abs(int(frame.sample_map[i, j]) - 255 * value) <= HALF_A_UNIT


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("which", ["generator", "discriminator"])
def test_networks_that_are_not_finite_are_not_shown(engine: GANEngine, probe: Probe, which: str, value: float) -> None:
    networks = {"generator": engine.generator, "discriminator": engine.discriminator}
    networks[which] = broken = copy.deepcopy(networks[which])
    for p in broken.parameters():
        p.data.fill_(value)
    with pytest.raises(FloatingPointError):
        probe.look(*networks.values(), MOMENT, resolution=10, points=20)


def test_looking_touches_no_state_and_keeps_no_gradient(engine: GANEngine, probe: Probe) -> None:
    before = digest(engine.state()), torch.get_rng_state()
    gradients = engine.generator.gradients_flat.clone(), engine.discriminator.gradients_flat.clone()
    frame = look(engine, probe, 30)
    points = probe.fixed_points(1)
    assert digest(engine.state()) == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert torch.equal(engine.generator.gradients_flat, gradients[0])
    assert torch.equal(engine.discriminator.gradients_flat, gradients[1])
    for array in (frame.latent_map, frame.sample_map, frame.fakes, frame.image, points.latents, points.reals):
        assert not array.flags.writeable


def test_a_frame_does_not_change_when_training_goes_on(tiny: Preset) -> None:
    engine = GANEngine(tiny, 1, device="cpu", threads=1)
    probe = Probe(engine.config, engine.compute.device)
    frame = look(engine, probe)
    before = [x.copy() for x in (frame.latent_map, frame.sample_map, frame.fakes, frame.image)]
    for _ in range(20):
        engine.step()
    after = frame.latent_map, frame.sample_map, frame.fakes, frame.image
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert not np.array_equal(look(engine, probe).fakes, frame.fakes)


def test_fixed_points_are_the_same_in_every_run_and_follow_their_distributions(engine: GANEngine, probe: Probe) -> None:
    points, again = probe.fixed_points(7), Probe(engine.config, engine.compute.device).fixed_points(8)
    assert (points.run, again.run) == (7, 8)
    for mine, theirs in ((points.latents, again.latents), (points.reals, again.reals)):
        assert (mine.shape, mine.dtype) == ((5_000, 2), np.int16)
        assert np.array_equal(mine, theirs)
    assert np.abs(points.latents - 32767 * probe.latents.numpy()).max() <= 0.51
    latents = points.latents / 32767
    assert np.abs(latents.mean(axis=0)).max() < 5 / np.sqrt(3 * 5_000)
    assert engine.target.inverse is not None
    coordinates = engine.target.inverse(torch.from_numpy(points.reals / 32767))
    assert coordinates[:, 1].abs().max() < 1.002  # on the band, up to the rounding to int16
    assert np.abs(coordinates.numpy() - latents).max() > 0.5  # real points are not the image of the latents shown
