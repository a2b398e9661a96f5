"""The exact Wasserstein-2 distance, against all pairings, a linear programme, another library and closed forms."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from torch import Tensor

from gan_core.looking.measures.parts import finished
from gan_core.looking.measures.transport import OF_A_LOOK, collapsed, of_real_data, wasserstein_2
from gan_core.targets.registry import TARGETS
from gan_core.texts.catalogue import say

SPIRAL, GRID = TARGETS["spiral"], TARGETS.make("grid")


def normal(n: int, seed: int, sd: float = 1.0) -> Tensor:
    return sd * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def squares(x: Tensor, y: Tensor) -> np.ndarray:
    return torch.cdist(x, y).square().numpy()


@pytest.mark.parametrize("scale", [1.0, 1e-3, 40.0])
def test_of_six_points_it_is_the_best_of_all_pairings_and_the_optimal_plan(scale: float) -> None:
    """Also of a blob, and of fakes far beyond the data. The plan may split points; the best one does not."""
    for seed in range(5):
        x, y = normal(6, seed, scale) + torch.tensor([3.0, -1.0]), normal(6, 100 + seed)
        cost = squares(x, y)
        best = min(cost[range(6), order].mean() for order in permutations(range(6)))
        sums = np.vstack([np.kron(np.eye(6), np.ones(6)), np.kron(np.ones(6), np.eye(6))])  # of each row and column
        plan = linprog(cost.ravel() / 6, A_eq=sums, b_eq=np.ones(12))
        assert wasserstein_2(x, y) == pytest.approx(math.sqrt(best), rel=1e-9)
        assert wasserstein_2(x, y) == pytest.approx(math.sqrt(plan.fun), rel=1e-6)


def test_of_many_points_it_is_what_pot_finds() -> None:
    ot = pytest.importorskip("ot")
    for n, x in ((200, normal(200, 1, 0.01)), (300, SPIRAL.sample(300, torch.Generator().manual_seed(2)).double())):
        y = SPIRAL.sample(n, torch.Generator().manual_seed(3)).double()
        even = np.full(n, 1 / n)
        assert wasserstein_2(x, y) == pytest.approx(math.sqrt(ot.emd2(even, even, squares(x, y))), rel=1e-9)


def test_a_sample_that_is_moved_is_as_far_as_it_was_moved() -> None:
    """Moving all points alike is the best way to get there; scaling from the middle, too: |c - 1| times the spread."""
    x = SPIRAL.sample(300, torch.Generator().manual_seed(4))
    assert wasserstein_2(x + torch.tensor([0.3, -0.4]), x) == pytest.approx(0.5, rel=1e-6)
    centred = x.double() - x.double().mean(0)
    assert wasserstein_2(0.25 * centred, centred) == pytest.approx(
        0.75 * float(centred.square().sum(1).mean().sqrt()), rel=1e-9
    )
    assert wasserstein_2(x, x[torch.randperm(300)]) == 0


def test_all_fakes_in_one_place_are_as_far_as_the_data_are_from_there() -> None:
    y, place = normal(200, 5), torch.tensor([[0.7, -0.2]], dtype=torch.float64)
    assert wasserstein_2(place.expand(200, 2), y) == pytest.approx(math.sqrt(squares(place, y).mean()))
    # Over places of the data: E|x - c|² is about twice the variance, and the root of a mean is above the mean of roots.
    x = SPIRAL.sample(100_000, torch.Generator().manual_seed(6))
    roots = torch.cdist(SPIRAL.sample(500, torch.Generator().manual_seed(7)), x).square().mean(1).sqrt()
    assert collapsed(SPIRAL, OF_A_LOOK) == pytest.approx(float(roots.mean()), rel=0.03)


@pytest.mark.parametrize(("n", "quarter"), [(500, 0.270), (1000, 0.168)])
def test_two_samples_of_the_grid_are_as_far_apart_as_was_found_elsewhere(n: int, quarter: float) -> None:
    """By POT, one pair each, of the grid {-4, -2, 0, 2, 4}² / 4; most of it is modes that are filled unevenly."""
    found = finished(of_real_data(GRID, n))
    assert GRID.modes is not None
    unit = float(GRID.modes.centres.max())  # where the quarter of the published grid has 1
    assert found / unit == pytest.approx(quarter, rel=0.3)


def test_samples_of_unlike_sizes_have_no_pairing() -> None:
    with pytest.raises(ValueError, match="4 and 5 points"):
        wasserstein_2(normal(4, 1), normal(5, 2))
    with pytest.raises(ValueError, match="0 and 0 points"):
        wasserstein_2(normal(0, 1), normal(0, 2))


def test_the_words_name_as_many_points_as_are_asked() -> None:
    assert f"{OF_A_LOOK} fakes and {OF_A_LOOK} real points" in say("reading.w2.help")
    assert f"{OF_A_LOOK} real points and {OF_A_LOOK} others" in say("reading.w2_of_data.help")
