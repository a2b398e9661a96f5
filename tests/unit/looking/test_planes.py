"""What is seen of networks that are no maps of the plane: latents of any dimension, packs, norms, scores."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.looking.looks import cell_centres
from gan_core.looking.probe import Probe
from gan_core.records.arrays import POINT_SCALE
from gan_core.records.frames import Moment
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.setup.plane import Plane
from gan_core.targets.target import LATENTS
from gan_core.training.engine import GANEngine
from gan_core.training.networks import as_plain

BASE = GANConfig(generator="12,12:relu", discriminator="12,12:relu", batch=32)
SEEN = [
    {"latent": "normal"},
    {"latent": "normal", "latent_dim": 5},
    {"latent_dim": 1},
    {"packing": 3},
    {"generator": "12,12:relu:batch-norm:tanh", "latent_dim": 3},
    {"discriminator": "12:maxout(pieces=3):spectral-norm", "packing": 2},
    {"objective": "hinge"},
    {"objective": "wasserstein(clip=0.2)"},
    {"objective": "relativistic"},
    {"objective": "least-squares(a=-1, b=1, c=0)"},
]


@pytest.mark.parametrize("changed", SEEN, ids=str)
def test_frames_show_the_networks_as_they_are(changed: dict[str, Any]) -> None:
    """Against the modules themselves, at rest: the others of a latent are 0, a pack is one point so many times."""
    config = replace(BASE, **changed)
    engine = GANEngine(Experiment(config, HyperParameters()), 2, device="cpu")
    engine.advance(30)
    probe, cells = Probe(engine.config, torch.device("cpu")), 16
    frame = probe.look(engine.generator, engine.discriminator, Moment(1, 30, 0.0), resolution=cells, points=300)
    engine.generator.eval()
    engine.discriminator.eval()
    grid, latent = cell_centres(cells, torch.device("cpu")), LATENTS.make(config.latent)
    z = torch.zeros(len(grid), config.latent_dim)
    shown = min(2, config.latent_dim)
    z[:, :shown] = grid[:, :shown] * latent.reach
    with torch.no_grad():
        fakes, image = engine.generator(probe.latents[:300]), engine.generator(z)
        on_image, on_grid = (engine.discriminator(x.repeat(1, config.packing))[:, 0] for x in (image, grid))
    np.testing.assert_allclose(frame.fakes / POINT_SCALE, fakes.clamp(-1, 1).numpy(), atol=1e-4)
    for bytes_, scores in ((frame.latent_map, on_image), (frame.sample_map, on_grid)):
        if frame.score is None:
            found, expected = bytes_.ravel() / 255, torch.sigmoid(scores).numpy()
        else:
            level, reach = frame.score
            found, expected = level + reach * (bytes_.ravel() / 127.5 - 1), scores.numpy()
        assert np.abs(found - expected).max() <= (1 if frame.score is None else frame.score[1] * 2) / 250
    if frame.score is not None:
        both = torch.cat((on_image, on_grid))
        assert frame.score[1] == pytest.approx(float((both - frame.score[0]).abs().max()), rel=1e-4)


@pytest.mark.parametrize(("latent", "reach"), [("uniform", 1.0), ("normal", 3.0)])
def test_a_turned_plane_shows_the_networks_on_it(latent: str, reach: float) -> None:
    """Against the modules at z = reach (a (cos t e_4 + sin t e_2) + b e_5), and every z's distance along both."""
    config, plane = replace(BASE, latent=latent, latent_dim=5), Plane(4, 5, 2, -35.0)
    engine = GANEngine(Experiment(config, HyperParameters()), 2, device="cpu")
    engine.advance(30)
    probe, cells = Probe(engine.config, torch.device("cpu")), 16
    how = {"resolution": cells, "points": 300, "lenses": ("tears",)}
    frame = probe.look(engine.generator, engine.discriminator, Moment(1, 30, 0.0), plane=plane, **how)
    assert frame.plane == plane
    turn, grid = np.radians(-35.0), cell_centres(cells, torch.device("cpu")).numpy()
    basis = np.zeros((2, 5), np.float32)
    basis[0, [3, 1]], basis[1, 4] = (np.cos(turn), np.sin(turn)), 1
    z = torch.from_numpy(reach * grid @ basis)
    with torch.no_grad():
        scores = engine.discriminator(engine.generator(z))[:, 0]
        fakes = engine.generator(probe.latents[:300])
    assert np.abs(frame.latent_map.ravel() / 255 - torch.sigmoid(scores).numpy()).max() <= 1 / 250
    np.testing.assert_allclose(frame.fakes / POINT_SCALE, fakes.clamp(-1, 1).numpy(), atol=1e-4)
    there = (probe.latents[:300].numpy() @ basis.T / reach).clip(-1, 1)
    assert frame.latents is not None
    np.testing.assert_allclose(frame.latents / POINT_SCALE, there, atol=1e-4)
    # The area of the image of the plane, to latent area: by differences of the module, in float64.
    g, step = copy.deepcopy(engine.generator).double(), 1e-6
    ends = [g(z.double() + sign * step * torch.from_numpy(basis[k]).double()) for k in (0, 1) for sign in (1, -1)]
    (a, b), (c, d) = ((ends[2 * k] - ends[2 * k + 1]).detach().numpy().T / (2 * step) for k in (0, 1))
    expected = np.log10(np.abs(a * d - b * c)).reshape(cells, cells)
    found = frame.lenses["stretch"] / 1000
    assert np.median(np.abs(found - expected)) < 2e-3  # but where a kink lies between two of the points
    assert (np.abs(found - expected) < 0.01).mean() > 0.95
    # And what is shown otherwise is not touched by it.
    usual = probe.look(engine.generator, engine.discriminator, Moment(1, 30, 0.0), resolution=cells, points=300)
    assert np.array_equal(usual.sample_map, frame.sample_map)
    assert (usual.plane, usual.latents) == (Plane(), None)


def test_latents_are_shown_where_the_plane_is() -> None:
    """Of five normal numbers the first two, three standard deviations to the edge."""
    config = replace(BASE, latent="normal", latent_dim=5)
    probe = Probe(config, torch.device("cpu"))
    expected = (probe.latents[:, :2] / 3).clamp(-1, 1)
    np.testing.assert_allclose(probe.fixed_points(1).latents / POINT_SCALE, expected.numpy(), atol=1e-4)


@pytest.mark.parametrize("name", LATENTS)
@pytest.mark.parametrize("dim", [1, 2, 64])
def test_latents_have_their_moments(name: str, dim: int) -> None:
    n = 20_000
    z = LATENTS.make(name).sample(n, dim, torch.Generator().manual_seed(1))
    assert (z.shape, z.dtype) == ((n, dim), torch.float32)
    variance = {"uniform": 1 / 3, "normal": 1.0}[name]
    assert float(z.mean()) == pytest.approx(0, abs=5 * (variance / (n * dim)) ** 0.5)
    assert float(z.var()) == pytest.approx(variance, rel=0.05)
    if dim > 1:
        assert abs(float((z[:, 0] * z[:, 1]).mean())) < 5 * variance / n**0.5
    assert torch.equal(z, LATENTS.make(name).sample(n, dim, torch.Generator().manual_seed(1)))


def test_a_plain_network_of_a_plain_one_is_itself() -> None:
    engine = GANEngine(Experiment(BASE, HyperParameters()), 2, device="cpu")
    assert as_plain(engine.generator) is engine.generator
