"""G's derivative, against autograd, finite differences and networks that are a known map."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core.looking.measures.jacobian import determinants, folded, jacobians, log_stretch, stretches
from gan_core.setup.config import GANConfig, sized
from gan_core.targets.registry import TARGETS
from gan_core.training.networks import MLP, make_generator

CONFIGS = [sized(width=16, depth=1), sized(width=24, depth=3)]


def random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def generator(config: GANConfig, seed: int) -> MLP:
    g = make_generator(config, random(seed))
    g.parameters_flat.mul_(1.5).add_(0.1 * torch.randn(g.parameters_flat.shape, generator=random(seed + 50)))
    return g


def latents(n: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, 2, generator=random(seed)) * 2 - 1


def linear_map(config: GANConfig, matrix: list[list[float]], scale: float = 1e-3) -> MLP:
    """A generator that is z -> tanh(scale A z): two units of each layer carry z, lifted to where LeakyReLU is straight.

    A is applied by the last layer, which takes the lift back.
    """
    g = MLP(2, 2, config.networks["generator"], random(0))
    layers = g.views(g.parameters_flat)
    for weight, bias in layers:
        weight.zero_()
        bias.zero_()
    for i, (weight, bias) in enumerate(layers[:-1]):
        weight[:2, :2] = torch.eye(2)
        bias[:2] = 4.0 if i == 0 else 0.0
    weight, bias = layers[-1]
    weight[:, :2] = scale * torch.tensor(matrix)
    bias[:] = -weight[:, :2].sum(1) * 4.0
    return g


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(3))
def test_against_reverse_mode(config: GANConfig, seed: int) -> None:
    g, z = generator(config, seed), latents(150)
    expected = torch.func.vmap(torch.func.jacrev(lambda one: g(one[None])[0]))(z)
    found = jacobians(g, z)
    assert found.shape == (150, 2, 2)
    torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-5)


def test_against_finite_differences() -> None:
    """In float64, with the layers written out; points within a step of a kink are few and left out by the quantile."""
    g, z = generator(CONFIGS[1], 7), latents(300).double()
    layers = g.views(g.parameters_flat.double())

    def value(x: torch.Tensor) -> torch.Tensor:
        for weight, bias in layers[:-1]:
            x = x @ weight.t() + bias
            x = torch.maximum(x, g.leak * x)
        return torch.tanh(x @ layers[-1][0].t() + layers[-1][1])

    found, step = jacobians(g, z), 1e-6
    assert found.dtype == torch.float64
    for axis in range(2):
        shift = step * torch.eye(2, dtype=torch.float64)[axis]
        error = (found[:, :, axis] - (value(z + shift) - value(z - shift)) / (2 * step)).abs().amax(1)
        assert float(error.quantile(0.98)) < 1e-7


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize(
    ("matrix", "determinant"), [([[2, 1], [0.5, 3]], 5.5), ([[0, 1], [1, 0]], -1), ([[1, 2], [2, 4]], 0)]
)
def test_known_linear_map(config: GANConfig, matrix: list[list[float]], determinant: float) -> None:
    """det J = det A times tanh's two slopes, which are 1 to six digits this near to 0."""
    found = jacobians(linear_map(config, matrix), latents(2000)) * 1e3
    torch.testing.assert_close(found, torch.tensor(matrix).float().expand(2000, 2, 2), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(determinants(found), torch.full((2000,), float(determinant)), rtol=1e-4, atol=1e-4)
    if determinant:
        assert (folded(found) == (determinant < 0)).all()
        assert float((log_stretch(found) - math.log10(abs(determinant))).abs().max()) < 1e-4


def test_blocks_do_not_show() -> None:
    g, z = generator(CONFIGS[1], 3), latents(2500)
    torch.testing.assert_close(jacobians(g, z)[250:260], jacobians(g, z[250:260]))


def test_saturated_tanh_keeps_its_slope() -> None:
    """At tanh(12), which is 1 in float32, the slope is 4 exp(-24); at tanh(50) log |det| is still a number."""
    g = linear_map(CONFIGS[0], [[1, 0], [0, 1]], scale=1)
    g.views(g.parameters_flat)[-1][1].add_(12)
    found = jacobians(g, torch.zeros(1, 2))
    assert float(found[0, 0, 0]) == pytest.approx(4 * math.exp(-24), rel=1e-4)
    g.views(g.parameters_flat)[-1][1].add_(38)
    assert float(log_stretch(jacobians(g, torch.zeros(1, 2)))) < -37
    assert torch.isfinite(log_stretch(jacobians(g, latents(10)))).all()


def test_stretches_are_singular_values() -> None:
    j = torch.randn(500, 2, 2, generator=random(1), dtype=torch.float64)
    torch.testing.assert_close(stretches(j), torch.linalg.svdvals(j))
    torch.testing.assert_close(stretches(j).prod(1), determinants(j).abs())


def test_the_spiral_s_own_map_is_turned_over_everywhere() -> None:
    """Its det J, here by autograd of the map, is -0.15 pi r: a G that learns it is `folded` in one piece."""
    uv = latents(200).double()
    found = torch.func.vmap(torch.func.jacrev(lambda one: TARGETS["spiral"].transform(one[None])[0]))(uv)
    r = torch.linalg.vector_norm(TARGETS["spiral"].transform(uv), dim=1)
    torch.testing.assert_close(determinants(found), -0.15 * math.pi * r)
    assert folded(found).all()


def test_looking_leaves_no_trace() -> None:
    g = generator(CONFIGS[0], 1)
    g.gradients_flat.fill_(3)
    before = g.parameters_flat.clone()
    jacobians(g, latents(10))
    assert torch.equal(g.parameters_flat, before)
    assert (g.gradients_flat == 3).all()
