"""What a look at each task shows, against closed forms and the networks evaluated point by point in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gan_core.looking.looks import LOOKS, smoothstep
from gan_core.looking.probe import POINTS, Probe
from gan_core.records.arrays import POINT_SCALE
from gan_core.records.frames import Moment, Snapshot
from gan_core.setup.config import TASK_NAMES, GANConfig
from gan_core.training.engine import GANEngine
from oracle import forward, network_from, sigmoid
from recorded import engine_of
from task_presets import preset_for, spiral

CPU = torch.device("cpu")
EACH = pytest.mark.parametrize("task", TASK_NAMES)


def looked(task: str, steps: int = 0, resolution: int = 20, points: int = 50) -> tuple[GANEngine, Probe, Snapshot]:
    engine = engine_of(preset_for(task))
    engine.advance(steps)
    probe = Probe(engine.config, CPU)
    moment = Moment(1, steps, 0.0)
    networks = engine.generator, engine.discriminator
    return engine, probe, probe.look(*networks, moment, resolution=resolution, points=points)


def centres(resolution: int) -> np.ndarray:
    """(R, R, 2): abscissa along the second axis, ordinate along the first, from the lowest."""
    along = (np.arange(resolution) + 0.5) * 2 / resolution - 1
    return np.stack(np.meshgrid(along, along), axis=-1)


def said(network: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    return forward(network_from(p.detach().numpy() for p in network.parameters()), x.reshape(-1, 2))[0]


def band(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """r, and the nearest turn's u and |v|, by the article's inverse."""
    r, theta = np.hypot(x[..., 0], x[..., 1]), np.arctan2(x[..., 1], x[..., 0])
    u = theta[..., None] / (3 * np.pi) + 2 * np.arange(-2, 3) / 3
    v = np.where(np.abs(u) <= 1, (r[..., None] - 0.5 - 0.45 * u) / 0.05, np.inf)
    best = np.abs(v).argmin(-1, keepdims=True)
    return r, np.take_along_axis(u, best, -1)[..., 0], np.abs(np.take_along_axis(v, best, -1)[..., 0])


def test_every_task_has_a_look() -> None:
    assert set(LOOKS) == set(TASK_NAMES)


@EACH
def test_shapes_and_what_can_be_shown_at_every_step(task: str) -> None:
    engine, probe, frame = looked(task, 3)
    assert (frame.latent_map.shape, frame.sample_map.shape, frame.latent_map.dtype) == ((20, 20), (20, 20), np.uint8)
    assert (frame.fakes.shape, frame.image.shape, frame.step) == ((50, 2), (20, 20, 2), 3)
    np.testing.assert_allclose(frame.trail_point.centre, frame.fakes.mean(axis=0) / POINT_SCALE, atol=1e-4)
    whole = probe.fakes(engine.generator, 3)
    assert whole.shape == (POINTS, 2)
    assert np.abs(frame.fakes - whole[:50].numpy() * POINT_SCALE).max() <= 0.5 + POINT_SCALE * 2e-6
    assert not frame.latent_map.flags.writeable


@EACH
def test_fixed_points(task: str) -> None:
    _, probe, _ = looked(task)
    points = probe.fixed_points(4)
    assert (points.run, points.task) == (4, task)
    latents, reals = points.latents / POINT_SCALE, points.reals / POINT_SCALE
    apart = np.abs(spiral(latents) - reals).max(axis=1)
    assert (apart.max() < 5e-4) if task in ("fit", "none") else (np.median(apart) > 0.1)
    assert band(reals)[2].max() < 1.002


# -- fit ---------------------------------------------------------------------------------------------------------------


def test_the_fits_error_over_latent_space() -> None:
    """255 at 1e-4 and less, 0 at 1 and more, evenly in the logarithm between."""
    engine, _, frame = looked("fit", 60, resolution=30)
    z = centres(30).reshape(-1, 2)
    error = np.linalg.norm(np.tanh(said(engine.generator, z)) - spiral(z), axis=1).reshape(30, 30)
    expected = 255 * np.clip(-np.log10(error) / 4, 0, 1)
    assert np.abs(frame.latent_map - expected).max() <= 0.5 + 0.1
    assert np.ptp(expected) > 30
    assert frame.trail_point.bluest == frame.trail_point.centre  # there is no D


@pytest.mark.slow
def test_the_best_d_against_the_fit() -> None:
    """p / (p + q) with both counted: real data and G's samples of a million even latents each."""
    engine, _, frame = looked("fit", 60, resolution=50)
    z = centres(1000).reshape(-1, 2)
    p, q = (
        np.histogram2d(x[:, 1], x[:, 0], bins=50, range=[[-1, 1]] * 2)[0]
        for x in (spiral(z), np.tanh(said(engine.generator, z)))
    )
    much, none = p + q > 300, p + q == 0
    assert much.sum() > 100
    assert np.abs(frame.sample_map - 254 * p / np.maximum(p + q, 1))[much].max() < 0.03 * 254
    assert none.sum() > 1000
    assert (frame.sample_map[none] == 255).mean() > 0.98  # some cells have less than a millionth


# -- D alone -----------------------------------------------------------------------------------------------------------


def density(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Real data's 0.53052 / r, as it is inside the band; and which cells lie wholly inside it, or wholly outside."""
    r, _, v = band(x)
    margin = 0.004 / 0.05  # of a cell of 400 x 400, with the slope of the turns
    ends = np.abs(x - [1, 0]).max(-1) < 0.1  # the band's two ends are cut across
    ends |= np.hypot(x[..., 0], x[..., 1]) < 0.1
    return 0.25 / (0.15 * np.pi * r), (v < 1 - margin) & ~ends, (v > 1 + margin) & ~ends


@pytest.mark.parametrize("task", ["noise", "blob"])
def test_this_d_and_the_best_one_over_sample_space(task: str) -> None:
    engine, _, frame = looked(task, 20, resolution=400)
    x = centres(400)
    d = sigmoid(said(engine.discriminator, x)).reshape(400, 400)
    assert np.abs(frame.sample_map - 255 * d).max() <= 0.5 + 0.02
    p, inside, outside = density(x)
    blob = (np.abs(x - 0.5) < 0.02).all(-1)
    if task == "noise":
        off = np.abs(frame.latent_map - 254 * p / (p + 0.25))
        assert np.quantile(off[inside & (p < 5)], 0.99) < 0.03 * 254  # a cell's mean, from some dozens of points
        assert (frame.latent_map[outside] == 0).all()
    else:
        assert (frame.latent_map[inside] == 254).all()
        assert (frame.latent_map[blob] == 0).all()
        assert (frame.latent_map[outside & ~blob] == 255).all()
    assert inside.mean() > 0.1
    row, column = np.unravel_index(d.argmax(), d.shape)
    np.testing.assert_allclose(frame.trail_point.bluest, x[row, column], atol=1e-6)


@pytest.mark.parametrize(("task", "place"), [("noise", lambda z: z), ("blob", lambda z: 0.5 + 0.02 * z)])
def test_fakes_are_the_fixed_opponents(task: str, place: object) -> None:
    _, probe, before = looked(task)
    *_, after = looked(task, 20)
    expected = place(probe.latents[:50].double().numpy()) * POINT_SCALE  # type: ignore[operator]
    assert np.abs(before.fakes - expected).max() <= 0.51
    np.testing.assert_array_equal(after.fakes, before.fakes)
    # A point of the left map is the same point of the right one.
    assert np.abs(before.image - centres(20) * POINT_SCALE).max() <= 0.51


def best(task: str, objective: str = "non-saturating") -> float | None:
    return Probe(GANConfig(task=task, objective=objective), CPU).fixed_points(1).best


def test_the_least_loss_there_could_be() -> None:
    """Against quadrature over the spiral's own coordinates, D* = p / (p + q): E_p[1 - D*] / 2, and ln 2 - JS."""
    z = centres(1000).reshape(-1, 2)
    r = 0.05 + 0.45 * (z[:, 0] + 1) + 0.05 * z[:, 1]
    d = (p := 0.25 / (0.15 * np.pi * r)) / (p + 0.25)
    squared = float((1 - d).mean() / 2)
    # E_q[-log(1 - D*)] is over the band alone, q / p = 0.25 / p as often as real data are there.
    entropy = float((-np.log(d)).mean() / 2 - (np.log(1 - d) * 0.25 / p).mean() / 2)
    assert (squared, entropy) == pytest.approx((0.0913, 0.2861), abs=1e-4)
    for objective, least in (("squared-error", squared), ("non-saturating", entropy)):
        best = Probe(GANConfig(task="noise", objective=objective), CPU).fixed_points(1).best
        assert best == pytest.approx(least, abs=2e-4)
        assert Probe(GANConfig(task="blob", objective=objective), CPU).fixed_points(1).best == pytest.approx(
            0, abs=1e-9
        )
    assert all(Probe(GANConfig(task=task), CPU).fixed_points(1).best is None for task in ("gan", "fit", "none"))


# -- none --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "way"), [(0, 0.0), (30, 5 / 32), (60, 0.5), (120, 1.0), (500, 1.0)])
def test_points_on_their_way(step: int, way: float) -> None:
    """3 t^2 - 2 t^3 of it, t = step / 120: t = 1/4 is 5/32."""
    _, probe, frame = looked("none", step)
    z = probe.latents[:50].double().numpy()
    assert np.abs(frame.fakes - ((1 - way) * z + way * spiral(z)) * POINT_SCALE).max() <= 0.6
    at = centres(20)
    assert (
        np.abs(frame.image - ((1 - way) * at + way * spiral(at.reshape(-1, 2)).reshape(at.shape)) * 32767).max() <= 0.6
    )
    assert frame.trail_point.bluest == frame.trail_point.centre


def test_both_maps_show_how_far_along_a_point_is() -> None:
    *_, frame = looked("none", 5, resolution=100)
    x = centres(100)
    assert np.abs(frame.latent_map - 255 * (x[..., 0] + 1) / 2).max() <= 0.51
    _, u, v = band(x)
    sure = np.abs(v - 1) > 1e-4
    expected = np.where(v <= 1, 254 * (u + 1) / 2, 255)
    assert np.abs(frame.sample_map - expected)[sure].max() <= 0.51


def test_smoothstep_is_still_at_both_ends() -> None:
    assert [smoothstep(t) for t in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0, 0, 0.5, 1, 1]
    for end in (0.0, 1.0):
        assert math.isclose(smoothstep(end + 1e-4), smoothstep(end - 1e-4), abs_tol=1e-7)
