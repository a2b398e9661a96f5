"""The best possible D and what D's loss is made of, against closed forms and quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gan_core.looking.looks import cell_centres
from gan_core.looking.measures.best_d import best_d, best_squared_error, jensen_shannon, map_error, split
from gan_core.looking.measures.density import box_density, generator_density, target_density
from gan_core.targets.registry import TARGETS

SPIRAL = TARGETS["spiral"]
R = 100
LN2 = math.log(2)


@pytest.fixture(scope="module")
def real() -> torch.Tensor:
    """The density of the real points; nobody writes into it."""
    return target_density(SPIRAL, R)


def logit(d: torch.Tensor) -> torch.Tensor:
    return torch.logit(d.double().nan_to_num(0.5), eps=1e-12)


def random_density(seed: int) -> torch.Tensor:
    q = torch.rand((R, R), generator=torch.Generator().manual_seed(seed)) ** 8
    return q / q.sum() * (R / 2) ** 2


def test_the_same_density_leaves_a_coin_to_toss(real: torch.Tensor) -> None:
    loss, best = split(real, real, torch.zeros(R, R))
    assert (loss, best) == pytest.approx((LN2, LN2))
    assert jensen_shannon(real, real) == pytest.approx(0, abs=1e-7)
    d = best_d(real, real)
    assert (d[real > 0] == 0.5).all()
    assert d[real == 0].isnan().all()


def test_disjoint_densities_can_be_told_apart_without_loss(real: torch.Tensor) -> None:
    corner = box_density((-0.95, 0.95), 0.1, R)
    assert split(real, corner, torch.zeros(R, R)) == pytest.approx((LN2, 0))
    assert jensen_shannon(real, corner) == pytest.approx(LN2)
    assert set(best_d(real, corner).nan_to_num(-1).unique().tolist()) == {-1, 0, 1}


def test_half_of_the_spiral(real: torch.Tensor) -> None:
    """q = 2 p on one half: D* is 1/3 there and 1 on the other; the best loss is (ln 3 / 2 + ln 1.5) / 2."""
    z = cell_centres(200, torch.device("cpu"))
    half = generator_density(SPIRAL.transform(torch.stack(((z[:, 0] - 1) / 2, z[:, 1]), 1)).view(200, 200, 2), R)
    d = best_d(real, half)
    assert float(d[half > 0].median()) == pytest.approx(1 / 3, abs=0.01)
    assert (d[(real > 0) & (half == 0)] == 1).all()
    assert split(real, half, logit(d))[1] == pytest.approx((math.log(3) / 2 + math.log(1.5)) / 2, abs=0.01)


def test_one_point(real: torch.Tensor) -> None:
    """All fakes in one cell, which holds a share m of the real points."""
    point = SPIRAL.transform(torch.tensor([[0.3, 0.0]]))
    q = generator_density(point.expand(50, 50, 2), R)
    m = float(real[q > 0]) * (2 / R) ** 2
    best = split(real, q, torch.zeros(R, R))[1]
    assert best == pytest.approx((m * math.log(1 + 1 / m) + math.log(1 + m)) / 2, rel=1e-5)
    assert best < 0.02


def test_spiral_against_the_uniform_square() -> None:
    """By quadrature in u and v, where p dA = du dv / 4; and the same on fine cells."""
    along = (np.arange(1000) + 0.5) / 500 - 1
    u, v = np.meshgrid(along, along)
    ratio = 0.25 * (0.05 + 0.45 * (u + 1) + 0.05 * v) / 0.53052  # q / p inside the band; outside, q alone costs nothing
    entropy = (np.log1p(ratio) + ratio * np.log1p(1 / ratio)).mean() / 2
    squared = (ratio / (1 + ratio)).mean() / 2
    assert (entropy, squared) == pytest.approx((0.28609, 0.09125), abs=1e-5)

    fine = 1000
    p = SPIRAL.density(cell_centres(fine, torch.device("cpu")).double()).view(fine, fine)
    q = torch.full_like(p, 0.25)
    best = best_d(p, q)
    assert split(p, q, logit(best)) == pytest.approx((entropy, entropy), abs=1e-3)
    assert best_squared_error(p, q) == pytest.approx(squared, abs=1e-3)
    assert jensen_shannon(p, q) == pytest.approx(LN2 - entropy, abs=1e-3)


def test_coarse_cells_can_only_make_the_best_worse() -> None:
    losses = [split(target_density(SPIRAL, r), box_density((0, 0), 2, r), torch.zeros(r, r))[1] for r in (50, 100, 400)]
    assert losses[0] > losses[1] > losses[2] > 0.2858


@pytest.mark.parametrize("seed", range(5))
def test_no_d_beats_the_best(seed: int) -> None:
    p, q = random_density(seed), random_density(seed + 100)
    noise = torch.randn((R, R), generator=torch.Generator().manual_seed(seed))
    for logits in (noise, 30 * noise, logit(best_d(p, q)) + 0.01 * noise):
        loss, best = split(p, q, logits)
        assert loss > best
    loss, best = split(p, q, logit(best_d(p, q)))
    assert loss == pytest.approx(best, abs=1e-6)


def test_loss_is_the_cross_entropy_of_the_two_halves() -> None:
    """Against the mean over as many points as each cell's mass asks for."""
    p = torch.tensor([[3.0, 1], [0, 0]]) / 4
    q = torch.tensor([[0.0, 1], [1, 2]]) / 4
    logits = torch.tensor([[2.0, -1], [0.5, -3]])
    real, fake = logits.flatten()[[0, 0, 0, 1]], logits.flatten()[[1, 2, 3, 3]]
    labels = torch.tensor([1.0] * 4 + [0.0] * 4)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(torch.cat((real, fake)), labels)
    assert split(p, q, logits)[0] == pytest.approx(float(expected), rel=1e-6)


def test_certain_d_has_a_finite_loss(real: torch.Tensor) -> None:
    loss, _ = split(real, box_density((0, 0), 2, R), torch.full((R, R), 1e4))
    assert loss == pytest.approx(5e3)


def test_map_error() -> None:
    p, q = torch.tensor([[0.75, 0.25], [0.0, 0.0]]), torch.tensor([[0.25, 0.25], [0.5, 0.0]])
    logits = logit(torch.tensor([[0.5, 0.5], [0.1, 0.9]]))  # D* is 0.75, 0.5, 0, and not defined
    assert map_error(p, q, logits) == pytest.approx((1.0 * 0.25 + 0.5 * 0 + 0.5 * 0.1) / 2)
    assert map_error(p, q, logits, uniform=True) == pytest.approx((0.25 + 0 + 0.1) / 3)
    assert map_error(p, q, logit(best_d(p, q))) == pytest.approx(0, abs=1e-9)
