"""Coverage and on-band share on samples whose answer is known beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_core.metrics import coverage, on_band
from gan_core.targets import TARGETS

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


@pytest.mark.parametrize(("number", "reached"), [(9, 0), (10, 1 / 50)])
def test_a_bin_is_reached_by_ten(number: int, reached: float) -> None:
    assert coverage(fakes(np.full(number, 0.33)), SPIRAL) == reached


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
    area = (0.15 * np.pi * r * inside).sum() * (2 / n) * (3 / n)
    assert 0.99 * 0.45 * np.pi < area < 0.45 * np.pi + 1e-4  # the limits are a small correction

    along = torch.from_numpy((np.arange(1_000) + 0.5) / 500 - 1)
    square = torch.cartesian_prod(along, along)
    assert on_band(square, SPIRAL) == pytest.approx(area / 4, abs=1e-3)
    assert coverage(square, SPIRAL) == 1


def test_a_target_without_an_inverse_is_refused_by_name() -> None:
    unknown = replace(SPIRAL, name="swirl", inverse=None)
    for metric in (coverage, on_band):
        with pytest.raises(ValueError, match="swirl"):
            metric(fakes(EVEN), unknown)
