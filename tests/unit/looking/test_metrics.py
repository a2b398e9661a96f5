"""What a sample says about collapse, on samples whose answer is known beforehand."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from gan_core.looking.measures.quality import (
    along,
    collapsed,
    coverage,
    floors,
    measure,
    on_band,
    place,
    quality,
    saturated,
    sliced_wasserstein,
    slices,
    spread,
)
from gan_core.targets.registry import TARGETS

SPIRAL = TARGETS["spiral"]
N = 5_000


def fakes(u: object, v: object = 0.0) -> torch.Tensor:
    """Points at these coordinates, float32 as a generator gives them."""
    u, v = np.broadcast_arrays(np.asarray(u, np.float64), np.asarray(v, np.float64))
    r, theta = 0.05 + 0.45 * (u + 1) + 0.05 * v, 3 * np.pi * u
    return torch.from_numpy(np.stack((r * np.cos(theta), r * np.sin(theta)), axis=-1).astype(np.float32))


EVEN = (np.arange(N) + 0.5) / N * 2 - 1  # 100 points in each of the 50 bins


def test_even_sample() -> None:
    assert coverage(fakes(EVEN), SPIRAL) == 1
    assert on_band(fakes(EVEN), SPIRAL) == 1


def test_half_of_the_spiral() -> None:
    for half in (EVEN[EVEN < 0], EVEN[EVEN > 0]):
        assert coverage(fakes(half), SPIRAL) == 0.5
        assert on_band(fakes(half), SPIRAL) == 1


def test_every_second_bin() -> None:
    even_bins = EVEN[((EVEN + 1) / 2 * 50).astype(int) % 2 == 0]
    assert coverage(fakes(even_bins), SPIRAL) == 0.5


def test_one_point_reaches_one_bin() -> None:
    assert coverage(fakes(np.full(N, 0.33)), SPIRAL) == 1 / 50


FEW = [(9, 5000, 0), (10, 5000, 1 / 50), (3, 2000, 0), (4, 2000, 1 / 50)]


@pytest.mark.parametrize(("number", "of", "reached"), FEW)
def test_a_bin_is_reached_by_ten_of_five_thousand(number: int, of: int, reached: float) -> None:
    sample = torch.cat((fakes(np.full(number, 0.33)), torch.tensor([[0.95, 0.95]]).expand(of - number, 2)))
    assert coverage(sample, SPIRAL) == reached


@pytest.mark.parametrize(("v", "counts"), [(1.45, True), (-1.45, True), (1.55, False), (-1.55, False), (3.0, False)])
def test_the_band_ends_at_one_and_a_half(v: float, counts: bool) -> None:
    middle = EVEN[np.abs(EVEN) < 0.6]
    assert on_band(fakes(middle, v), SPIRAL) == counts
    assert (coverage(fakes(middle, v), SPIRAL) > 0) == counts


def test_both_ends_count_in_the_first_and_last_bin() -> None:
    assert coverage(fakes(np.repeat([-1.0, 1.0], 10)), SPIRAL) == 2 / 50


def test_corner_is_nowhere() -> None:
    corner = torch.tensor([[0.95, 0.95]]).repeat(N, 1)
    assert coverage(corner, SPIRAL) == 0
    assert on_band(corner, SPIRAL) == 0


def test_real_data_have_the_null_values() -> None:
    real = SPIRAL.sample(N, torch.Generator().manual_seed(0))
    assert coverage(real, SPIRAL) == 1
    assert on_band(real, SPIRAL) == 1


def test_uniform_square_is_on_the_band_by_its_share_of_the_area() -> None:
    """The share is the area of |v| <= 1.5 over 4.

    dA = |det J| du dv = 0.15 pi r du dv, integrated over u in [-1, 1], |v| <= 1.5 where r >= 0 and f(u, v) is in the
    square; bands of this half-width do not overlap. Without these two limits it would be 0.45 pi.
    """
    n = 2_000
    u = (np.arange(n) + 0.5) / n * 2 - 1
    u, v = np.meshgrid(u, u * 1.5)
    r, theta = 0.05 + 0.45 * (u + 1) + 0.05 * v, 3 * np.pi * u
    inside = (r >= 0) & (np.abs(r * np.cos(theta)) <= 1) & (np.abs(r * np.sin(theta)) <= 1)
    areas = (0.15 * np.pi * r * inside).reshape(n, 50, n // 50).sum((0, 2)) * (2 / n) * (3 / n)  # of each bin
    area = areas.sum()
    assert 0.99 * 0.45 * np.pi < area < 0.45 * np.pi + 1e-4  # the limits are a small correction

    along = torch.from_numpy((np.arange(1_000) + 0.5) / 500 - 1)
    square = torch.cartesian_prod(along, along)
    assert on_band(square, SPIRAL) == pytest.approx(area / 4, abs=1e-3)
    assert coverage(square, SPIRAL) == (areas / 4 > 10 / 5000).mean()  # the innermost bins are too small


def test_a_target_without_parts_is_refused() -> None:
    unknown = replace(SPIRAL, strata=None)
    for metric in (coverage, on_band):
        with pytest.raises(ValueError, match="does not say what the parts"):
            metric(fakes(EVEN), unknown)


def test_counts_along_the_spiral() -> None:
    sample = torch.cat((fakes(np.repeat([-1.0, -0.99, 0.33, 1.0], [3, 4, 5, 6])), fakes(EVEN[:7], 2.0)))
    counts = along(sample, SPIRAL)
    assert counts.shape == (50,)
    assert {int(i): int(counts[i]) for i in counts.nonzero()} == {0: 7, 33: 5, 49: 6}
    assert place(sample, SPIRAL).on_band == 18 / 25


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_spiral_s_counts_are_those_of_its_coordinates_to_the_last_fake(dtype: torch.dtype) -> None:
    """By the rule as it stood when the spiral alone had parts, from u and v; of points all over the square, too."""
    anywhere = torch.rand((50_000, 2), generator=torch.Generator().manual_seed(8), dtype=dtype) * 2 - 1
    for sample in (anywhere, SPIRAL.sample(50_000, torch.Generator().manual_seed(8)).to(dtype), fakes(EVEN).to(dtype)):
        u, v = SPIRAL.inverse(sample.double()).unbind(1)  # type: ignore[misc]
        index = ((u[v.abs() <= 1.5] + 1) / 2 * 50).long().clamp(0, 49)
        placed = place(sample, SPIRAL)
        assert torch.equal(placed.along, torch.bincount(index, minlength=50))
        assert placed.on_band == len(index) / len(sample)


def test_how_many_fakes_make_a_part_of_the_spiral_reached_is_as_ever() -> None:
    for n in range(1, 6_000):
        least = max(1, math.ceil(n * (10 / 5000)))
        counts = torch.tensor([least - 1, least] * 25)
        assert replace(place(fakes(EVEN), SPIRAL), along=counts, count=n).coverage == 0.5, n


def test_coverage_goes_by_each_part_s_own_fair_share() -> None:
    """Of the closed ring's seven modes the first has 2/8 of the data: of 4 000 fakes it needs 100, the others 50."""
    target = TARGETS["closed-ring"]
    assert target.modes is not None
    for counts, reached in (((100, 50), 2), ((99, 50), 1), ((100, 49), 1), ((99, 49), 0)):
        off = torch.zeros((4_000 - sum(counts), 2))
        sample = torch.cat([target.modes.centres[i].expand(n, 2) for i, n in enumerate(counts)] + [off.double()])
        assert coverage(sample, target) == reached / 7
        assert on_band(sample, target) == sum(counts) / 4_000


def test_quality() -> None:
    half = fakes(EVEN[EVEN < 0], np.where(EVEN[EVEN < 0] < -0.5, 0.0, 2.0))
    assert quality(half, SPIRAL) == {"coverage": 0.26, "on_band": 0.5}
    assert quality(half, replace(SPIRAL, strata=None)) == {"coverage": None, "on_band": None}


@pytest.mark.parametrize("shift", [(0.3, 0.0), (0.0, -0.2), (0.5, 0.4)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_distance_of_a_shift(shift: tuple[float, float], dtype: torch.dtype) -> None:
    """On each line all points move by |<t, theta>|, whose mean over directions is 2/pi |t|."""
    x = SPIRAL.sample(500, torch.Generator().manual_seed(1)).to(dtype)
    moved = x + torch.tensor(shift, dtype=dtype)
    assert sliced_wasserstein(x, moved) == pytest.approx(2 / math.pi * math.hypot(*shift), rel=4e-3)
    assert sliced_wasserstein(x, x.flip(0)) == pytest.approx(0, abs=1e-9)


def test_distance_of_a_scaling() -> None:
    """On each line a point at s moves to k s: |k - 1| E|s|, and E|s| over directions is 2/pi E|x|."""
    x = SPIRAL.sample(500, torch.Generator().manual_seed(2)).double()
    expected = 2 / math.pi * 0.7 * float(torch.linalg.vector_norm(x, dim=1).mean())
    assert sliced_wasserstein(x, 1.7 * x) == pytest.approx(expected, rel=2e-3)
    assert sliced_wasserstein(1.7 * x, x) == sliced_wasserstein(x, 1.7 * x)


@pytest.mark.parametrize(("n", "m"), [(6, 6), (4, 6), (5, 7), (1, 9), (12, 3)])
def test_distance_against_the_area_between_distribution_functions(n: int, m: int) -> None:
    """On a line W1 is the integral of |F - G|, here by counting, with the directions written out."""
    random = torch.Generator().manual_seed(n * 100 + m)
    x, y = torch.randn(n, 2, generator=random).double(), torch.randn(m, 2, generator=random).double()
    total = 0.0
    for k in range(8):
        line = np.array([np.cos((k + 0.5) * np.pi / 8), np.sin((k + 0.5) * np.pi / 8)])
        a, b = x.numpy() @ line, y.numpy() @ line
        ends = sorted([*a, *b])
        for low, high in pairwise(ends):
            total += abs((a <= low).mean() - (b <= low).mean()) * (high - low)
    assert sliced_wasserstein(x, y, directions=8) == pytest.approx(total / 8, rel=1e-9)


def test_spread_of_a_ring_and_of_a_point() -> None:
    turn = torch.arange(100, dtype=torch.float64) * (2 * math.pi / 100)
    ring = torch.stack((0.3 + 0.2 * turn.cos(), -0.5 + 0.2 * turn.sin()), dim=1)
    assert spread(ring) == pytest.approx(0.2)
    assert spread(ring[:1].expand(50, 2)) == 0


def test_saturated_counts_points_with_any_coordinate_at_the_edge() -> None:
    assert saturated(torch.tensor([[0.995, 0.0], [0.0, -0.995], [1.0, 1.0], [0.985, -0.985]])) == 0.75


def test_floors_are_what_the_article_s_facts_say() -> None:
    floor = floors(SPIRAL, 2000)
    assert floor["distance"] == pytest.approx(0.017, abs=0.004)  # measured elsewhere, with random directions
    assert floor["coverage"] == floor["on_band"] == 1
    assert floors(SPIRAL, 8000)["distance"] == pytest.approx(floor["distance"] / 2, rel=0.35)  # as 1 / sqrt(n)


def test_collapse_lines_are_those_of_one_point() -> None:
    """Every fake at c: spread 0, one bin, and 2/pi E|x - c|, here by brute force over pairs of real points."""
    line = collapsed(SPIRAL, 2000)
    assert line["coverage"] == pytest.approx(1 / 50)
    assert line["on_band"] == 1
    assert line["spread"] == pytest.approx(0, abs=1e-6)
    x, c = (SPIRAL.sample(2000, torch.Generator().manual_seed(seed)) for seed in (5, 6))
    assert line["distance"] == pytest.approx(2 / math.pi * float(torch.cdist(x, c).mean()), rel=0.05)


def test_other_targets_have_the_metrics_that_need_no_parts() -> None:
    real = SPIRAL.sample(1000, torch.Generator().manual_seed(0))
    row = measure(real, slices(real), replace(SPIRAL, strata=None))
    assert math.isnan(row["coverage"])
    assert math.isnan(row["on_band"])
    assert row["distance"] == 0
    assert row == pytest.approx(measure(real, real, SPIRAL) | {"coverage": math.nan, "on_band": math.nan}, nan_ok=True)
