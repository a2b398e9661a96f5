"""Densities over cells, against maps with a known Jacobian and the spiral's closed form."""

from __future__ import annotations

import math
from functools import lru_cache

import pytest
import torch

from gan_core.looking.looks import cell_centres
from gan_core.looking.measures.density import box_density, generator_density, target_density
from gan_core.targets.registry import TARGETS

SPIRAL = TARGETS["spiral"]


def grid(side: int) -> torch.Tensor:
    return cell_centres(side, torch.device("cpu")).double()


def mass(density: torch.Tensor) -> float:
    return float(density.double().sum()) * (2 / density.shape[0]) ** 2


@lru_cache
def spiral_cells(resolution: int) -> torch.Tensor:
    """Averages of the closed-form density over cells, from 2 000 x 2 000 points."""
    side = 2000 // resolution
    return SPIRAL.density(grid(2000)).view(resolution, side, resolution, side).mean((1, 3))


@pytest.mark.parametrize("side", [50, 100])
def test_linear_map(side: int) -> None:
    """A z + b spreads the uniform density 1/4 over a parallelogram, as 1/4 / |det A|."""
    a, b = torch.tensor([[0.5, 0.2], [-0.1, 0.6]]).double(), torch.tensor([0.1, -0.15]).double()
    density = generator_density((grid(side) @ a.t() + b).view(side, side, 2), 50).double()
    corners = grid(50)[:, None] + torch.cartesian_prod(*torch.tensor([[-0.02, 0.02]] * 2).double())
    latent = torch.linalg.solve(a, (corners - b).mT).abs().amax(1)  # (cells, 4): <= 1 where a corner is covered
    inside, outside = (latent <= 1).all(1), (latent > 1).all(1)
    assert inside.sum() > 500
    assert float(density.view(-1)[inside].mean()) == pytest.approx(0.25 / float(torch.linalg.det(a)), rel=2e-3)
    assert float((density.view(-1)[inside] / 0.25 * torch.linalg.det(a) - 1).abs().max()) < 0.1
    assert density.view(-1)[outside].sum() == 0
    assert mass(density) == pytest.approx(1, abs=1e-6)


def test_the_border_s_half_cells_are_included() -> None:
    density = generator_density(grid(20).view(20, 20, 2), 50)
    assert float((density - 0.25).abs().max()) < 0.02


@pytest.mark.parametrize(("side", "error"), [(50, 0.05), (100, 0.03)])
def test_a_perfect_generator_has_the_spiral_s_density(side: int, error: float) -> None:
    image = SPIRAL.transform(grid(side)).view(side, side, 2)
    expected = spiral_cells(side)
    density = generator_density(image, side)
    assert float((density - expected).abs().sum() / expected.sum()) < error
    assert mass(density) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("resolution", [50, 100])
def test_target_density_is_the_closed_form_averaged_over_cells(resolution: int) -> None:
    expected, density = spiral_cells(resolution), target_density(SPIRAL, resolution)
    assert float((density - expected).abs().sum() / expected.sum()) < 0.015
    assert mass(density) == pytest.approx(1, abs=1e-6)
    whole = expected > 0.9 * 0.53052 / torch.linalg.vector_norm(grid(resolution), dim=1).view(expected.shape)
    assert density[whole] == pytest.approx(expected[whole].numpy(), rel=0.1)


def test_columns_are_abscissas_and_the_lowest_row_is_first() -> None:
    density = generator_density(torch.tensor([0.31, -0.99]).expand(10, 10, 2), 50)
    assert density.nonzero().tolist() == [[0, 32]]
    assert float(density[0, 32]) == pytest.approx(625)


def test_what_leaves_the_square_is_kept_at_its_edge() -> None:
    density = generator_density((grid(50) * 3).view(50, 50, 2), 50)
    assert mass(density) == pytest.approx(1, abs=1e-6)
    assert mass(density[1:-1, 1:-1]) * (48 / 50) ** 2 == pytest.approx((0.96 / 3) ** 2, abs=5e-3)


def test_uniform_square() -> None:
    assert torch.equal(box_density((0, 0), 2, 50), torch.full((50, 50), 0.25))


@pytest.mark.parametrize("resolution", [50, 70, 100, 400])
def test_small_blob(resolution: int) -> None:
    """Uniform on a square of side 0.04: its area is 0.0016, wherever the cells' edges are."""
    density = box_density((0.5, 0.5), 0.04, resolution)
    assert mass(density) == pytest.approx(1, abs=1e-6)
    assert float(density.max()) <= 625 * (1 + 1e-6)
    centres = grid(resolution)[density.view(-1) > 0]
    assert float((centres - 0.5).abs().max()) < 0.02 + 1 / resolution
    weight = density.view(-1, 1)[density.view(-1) > 0].double()
    assert (centres * weight).sum(0) / weight.sum() == pytest.approx([0.5, 0.5], abs=1e-6)


def test_blob_of_one_cell() -> None:
    """At 50 cells a side the article's blob, 0.48 to 0.52, is just one cell."""
    density = box_density((0.5, 0.5), 0.04, 50)
    assert float(density[37, 37]) == pytest.approx(625)
    assert math.isclose(mass(density), 1, abs_tol=1e-6)
