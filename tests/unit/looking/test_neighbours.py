"""Metrics by neighbours, against brute force over pairs, closed forms and exact expectations."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from gan_core.looking.measures.neighbours import (
    AT_THE_END,
    NAMES,
    OF_A_LOOK,
    K,
    collapsed,
    equal_accuracy,
    floors,
    measure,
    nearest_neighbour_accuracy,
    neighbourhoods,
)
from gan_core.targets.registry import TARGETS
from gan_core.texts.catalogue import say

Points = npt.NDArray[np.float64]
SPIRAL, RING = TARGETS["spiral"], TARGETS.make("ring")


def normal(n: int, seed: int, sd: float = 1.0) -> Tensor:
    return sd * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def apart(a: Points, b: Points) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])


def by_pairs(fakes: Points, reals: Points) -> dict[str, float]:
    """The definitions of the papers, pair by pair."""

    def ball(sample: Points, i: int) -> float:
        return sorted(apart(sample[i], sample[j]) for j in range(len(sample)) if j != i)[K - 1]

    def mean_apart(sample: Points) -> float:
        return float(np.mean([apart(a, b) for i, a in enumerate(sample) for j, b in enumerate(sample) if i != j]))

    of_reals, of_fakes = ([ball(sample, i) for i in range(len(sample))] for sample in (reals, fakes))
    inside = [[apart(y, x) <= radius for x, radius in zip(reals, of_reals, strict=True)] for y in fakes]
    return {
        "precision": np.mean([any(row) for row in inside]),
        "recall": np.mean([any(apart(x, y) <= r for y, r in zip(fakes, of_fakes, strict=True)) for x in reals]),
        "density": sum(map(sum, inside)) / (K * len(fakes)),
        "neighbour_coverage": np.mean([any(column) for column in zip(*inside, strict=True)]),
        "energy": 2 * np.mean([[apart(y, x) for x in reals] for y in fakes]) - mean_apart(fakes) - mean_apart(reals),
    }


@pytest.mark.parametrize(("n", "m"), [(40, 40), (25, 60), (60, 25), (6, 6), (130, 30)])
def test_all_are_what_counting_pairs_gives(n: int, m: int) -> None:
    """Of fakes that lie half beside the data, in samples of unlike sizes, of one row of a table and of several."""
    fakes, reals = normal(n, 1) + torch.tensor([2.0, 0.0]), normal(m, 2)
    found = measure(fakes, reals)
    assert tuple(found) == NAMES
    assert found == pytest.approx(by_pairs(fakes.numpy(), reals.numpy()), abs=2e-6)
    assert all(0 < found[name] < 1 for name in NAMES[:4]) or n == 6
    assert found == measure(fakes, neighbourhoods(reals))


def test_balls_reach_to_the_fifth_other_point() -> None:
    points = normal(1000, 3)
    distances, _ = cKDTree(points.numpy()).query(points.numpy(), k=K + 1)
    np.testing.assert_allclose(np.sqrt(neighbourhoods(points).balls), distances[:, K], rtol=1e-5)


def test_of_one_law_coverage_has_its_exact_expectation() -> None:
    """A real's ball is empty when its K nearest of the M - 1 other reals and N fakes are all real."""
    for n, m in ((200, 200), (400, 100)):
        expected = 1 - math.comb(m - 1, K) / math.comb(n + m - 1, K)
        found = [measure(normal(n, 2 * i), normal(m, 2 * i + 1)) for i in range(60)]
        coverage = np.array([row["neighbour_coverage"] for row in found])
        assert coverage.mean() == pytest.approx(expected, abs=4 * coverage.std() / math.sqrt(60))
        # A fake and the m - 1 other reals are in any order round a real: it is in K of the m balls.
        density = np.array([row["density"] for row in found])
        assert density.mean() == pytest.approx(1, abs=4 * density.std() / math.sqrt(60))
        energy = np.array([row["energy"] for row in found])
        assert energy.mean() == pytest.approx(0, abs=4 * energy.std() / math.sqrt(60))


def test_identical_samples() -> None:
    x = normal(300, 4)
    found = measure(x, x)
    assert (found["precision"], found["recall"], found["neighbour_coverage"]) == (1, 1, 1)
    assert found["density"] == pytest.approx((K + 1) / K)  # each ball holds its own centre, and K more
    distance = torch.cdist(x, x).sum()
    assert found["energy"] == pytest.approx(float(2 * distance / 300**2 - 2 * distance / (300 * 299)), abs=1e-6)
    assert nearest_neighbour_accuracy(x, x) == 0  # each one's nearest is its twin


def test_separate_samples_share_nothing() -> None:
    found = measure(normal(200, 5, 0.01) + 0.5, normal(200, 6, 0.01) - 0.5)
    assert [found[name] for name in NAMES[:4]] == [0, 0, 0, 0]
    assert nearest_neighbour_accuracy(normal(200, 5, 0.01) + 0.5, normal(200, 6, 0.01) - 0.5) == 1


def test_all_points_in_one_place() -> None:
    """The edge of a ball is in it, even of one without extent: both samples in one place are as near as can be."""
    here = torch.tensor([[0.1, -0.7]]).expand(50, 2)
    assert measure(here, here) == {
        "precision": 1,
        "recall": 1,
        "density": 50 / K,
        "neighbour_coverage": 1,
        "energy": 0,
    }
    assert nearest_neighbour_accuracy(here, here) == 0.5
    elsewhere = measure(here + 0.5, here)
    assert [elsewhere[name] for name in NAMES[:4]] == [0, 0, 0, 0]
    assert elsewhere["energy"] == pytest.approx(math.sqrt(2))
    reals = normal(80, 15)
    assert measure(here, reals) == pytest.approx(measure(here[: K + 1], reals), abs=1e-6)


def test_two_tight_blobs_have_the_energy_distance_of_the_closed_form() -> None:
    """Twice the way between them, less the mean distance of two normal points, sigma sqrt(pi), of each."""
    t, sigma = 0.8, 0.02
    fakes, reals = normal(800, 7, sigma) + torch.tensor([t, 0.0]), normal(800, 8, sigma)
    assert measure(fakes, reals)["energy"] == pytest.approx(2 * t - 2 * sigma * math.sqrt(math.pi), abs=4e-3)


def test_precision_and_recall_tell_what_is_left_out_from_what_is_made_up() -> None:
    """Half of the modes: all of the fakes are good, half of the data are reached; thrice the extent: the reverse."""
    reals = RING.sample(800, torch.Generator().manual_seed(1))
    some = RING.sample(1600, torch.Generator().manual_seed(2))
    right = measure(some[some[:, 0] > 0][:800], reals)
    assert right["precision"] > 0.95
    assert right["recall"] == pytest.approx(float((reals[:, 0] > 0).double().mean()), abs=0.05)
    wide = measure(normal(800, 9, 3.0), normal(800, 10))
    assert wide["recall"] > 0.95 > 0.65 > wide["precision"]


def test_the_nearest_neighbour_tells_two_samples_apart_as_often_as_counting_does() -> None:
    x, y = normal(60, 11), normal(45, 12) + 0.7
    both, of = torch.cat((x, y)).numpy(), [0] * 60 + [1] * 45
    right = 0
    for i, a in enumerate(both):
        nearest = min((j for j in range(len(both)) if j != i), key=lambda j, a=a: apart(a, both[j]))
        right += of[nearest] == of[i]
    assert nearest_neighbour_accuracy(x, y) == pytest.approx(right / 105)


def test_of_one_law_the_nearest_neighbour_tells_nothing() -> None:
    found = np.array([nearest_neighbour_accuracy(normal(200, 2 * i), normal(200, 2 * i + 1)) for i in range(60)])
    assert found.mean() == pytest.approx(equal_accuracy(200), abs=4 * found.std() / math.sqrt(60))


def test_too_few_points_have_no_neighbours() -> None:
    found = measure(normal(K, 13), normal(100, 14))
    assert all(math.isnan(found[name]) for name in NAMES)
    assert math.isfinite(measure(normal(K + 1, 13), normal(100, 14))["recall"])
    with pytest.raises(ValueError, match="it takes 6"):
        neighbourhoods(normal(K, 13))


@pytest.mark.parametrize("n", [OF_A_LOOK, AT_THE_END])
def test_floors_are_those_of_one_law(n: int) -> None:
    floor = floors(SPIRAL, n)
    assert floor["neighbour_coverage"] == pytest.approx(1 - math.comb(n - 1, K) / math.comb(2 * n - 1, K), abs=0.01)
    assert floor["density"] == pytest.approx(1, abs=0.03)
    assert floor["energy"] == pytest.approx(0, abs=3e-3)
    assert 0.96 < floor["precision"] < 1
    assert floor["precision"] == pytest.approx(floor["recall"], abs=0.01)  # of one law they are the same number


def test_collapse_keeps_precision_and_loses_the_rest() -> None:
    """Recall: no real point is exactly there. A fake is in about K balls of M; energy: 2 E|x - c| - E|x - x'|."""
    fallen = collapsed(SPIRAL, 500)
    assert fallen["precision"] > 0.9
    assert fallen["recall"] == 0
    assert fallen["neighbour_coverage"] == pytest.approx(K / 500, rel=0.2)
    x, c = (SPIRAL.sample(2000, torch.Generator().manual_seed(seed)) for seed in (5, 6))
    assert fallen["energy"] == pytest.approx(float(2 * torch.cdist(x, c).mean() - torch.cdist(x, x).mean()), rel=0.05)


def test_the_words_name_as_many_points_as_are_asked() -> None:
    for name in NAMES[:4]:
        assert f"{OF_A_LOOK} real points" in say(f"reading.{name}.help")
    assert f"{OF_A_LOOK} fakes and {OF_A_LOOK} real points" in say("view.quality.help")
