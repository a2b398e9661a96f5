"""The spiral against the article's formulas, written out again in NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gan_core.targets.registry import TARGETS
from gan_core.targets.target import Target, charted, uniform_square

SPIRAL = TARGETS["spiral"]


def image(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """f(u, v) of the article, float64: (N, 2)."""
    r = 0.05 + 0.45 * (u + 1) + 0.05 * v
    theta = 3 * np.pi * u
    return np.stack((r * np.cos(theta), r * np.sin(theta)), axis=1)


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def inverse(x: np.ndarray) -> np.ndarray:
    assert SPIRAL.inverse is not None
    return SPIRAL.inverse(torch.from_numpy(x)).numpy()


def density(x: np.ndarray) -> np.ndarray:
    assert SPIRAL.density is not None
    return SPIRAL.density(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize(
    ("uv", "x"),
    [
        ((0, 0), (0.5, 0)),
        ((0, 1), (0.55, 0)),
        ((0, -1), (0.45, 0)),
        ((1 / 6, 0), (0, 0.575)),
        ((-1 / 6, 0), (0, -0.425)),
        ((1 / 3, 0), (-0.65, 0)),
        ((2 / 3, 0), (0.8, 0)),
        ((-1, -1), (0, 0)),  # the inner end
        ((-1, 1), (-0.1, 0)),
        ((1, 1), (-1, 0)),  # the outer end
        ((1, -1), (-0.9, 0)),
    ],
)
def test_points_worked_out_by_hand(uv: tuple[float, float], x: tuple[float, float]) -> None:
    got = SPIRAL.transform(torch.tensor([uv], dtype=torch.float64))
    np.testing.assert_allclose(got, [x], atol=1e-12)


@pytest.mark.parametrize(("dtype", "of_u", "of_v"), [(np.float64, 1e-12, 1e-12), (np.float32, 1e-6, 1e-5)])
def test_inverse_leads_back(dtype: type, of_u: float, of_v: float) -> None:
    """20 000 points out and back. float32 places x to 6e-8, which v sees divided by the half-width 0.05."""
    u, v = np.random.default_rng(0).uniform(-1, 1, (2, 20_000))
    back = inverse(image(u, v).astype(dtype))
    assert back.dtype == dtype
    np.testing.assert_allclose(back[:, 0], u, atol=of_u)
    np.testing.assert_allclose(back[:, 1], v, atol=of_v)


def test_transform_and_inverse_are_a_pair_in_float32() -> None:
    uv = uniform_square(20_000, stream())
    back = SPIRAL.inverse(SPIRAL.transform(uv))
    assert (back - uv)[:, 0].abs().max() < 1e-6
    assert (back - uv)[:, 1].abs().max() < 2e-5


def test_ends_of_the_spiral_have_an_inverse() -> None:
    v = np.linspace(-0.99, 0.99, 7)
    for u in (-1.0, 1.0):
        for dtype in (np.float64, np.float32):
            back = inverse(image(np.full(7, u), v).astype(dtype))
            np.testing.assert_allclose(back, np.stack((np.full(7, u), v), axis=1), atol=1e-5)


def test_inverse_off_the_band_takes_the_turn_with_the_least_v() -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (5_000, 2))
    expected = []
    for a, b in x:
        candidates = []
        for k in range(-4, 5):
            u = math.atan2(b, a) / (3 * math.pi) + 2 * k / 3
            if -1 <= u <= 1:
                candidates.append((abs(v := (math.hypot(a, b) - 0.5 - 0.45 * u) / 0.05), u, v))
        expected.append(min(candidates)[1:])
    np.testing.assert_allclose(inverse(x), expected, atol=1e-9)


def test_density_in_the_band_and_off_it() -> None:
    """0.25/(0.15 pi r) where |v| < 1, nothing between the turns, in the corners and beyond either end."""
    random = np.random.default_rng(2)
    u, v = random.uniform(-1, 1, 5_000), random.uniform(-0.999, 0.999, 5_000)
    inside = image(u, v)
    np.testing.assert_allclose(density(inside), 0.25 / (0.15 * np.pi * np.hypot(*inside.T)), rtol=1e-9)

    gap = random.uniform(1.001, 4.999, 5_000)  # the next turn's band begins at v = 5
    between = image(u, gap)[u < 1 / 3]
    assert (density(between) == 0).all()
    corners = np.array([(a, b) for a in (-0.99, 0.99) for b in (-0.99, 0.99)])
    assert (density(corners) == 0).all()
    past_the_ends = image(np.array([1.001, 1.01, -1.001]), np.zeros(3))
    assert (density(past_the_ends) == 0).all()


def test_density_integrates_to_one_and_halves_where_it_should() -> None:
    """Midpoint rule on 2 000 x 2 000 cells. r is symmetric about 0.5 and u about 0, so each half holds 1/2."""
    n = 2_000
    along = (np.arange(n) + 0.5) * 2 / n - 1
    total = within = inner_half = 0.0
    for y in np.array_split(along, 20):
        x = np.stack([a.ravel() for a in np.meshgrid(along, y)], axis=1)
        mass = density(x) * (2 / n) ** 2
        total += mass.sum()
        within += mass[np.hypot(*x.T) < 0.5].sum()
        inner_half += mass[inverse(x)[:, 0] < 0].sum()
    assert total == pytest.approx(1, abs=1e-3)
    assert within == pytest.approx(0.5, abs=1e-3)
    assert inner_half == pytest.approx(0.5, abs=1e-3)


def test_samples_are_uniform_in_both_coordinates() -> None:
    """Kolmogorov-Smirnov: the largest gap to the uniform distribution is under 1.95/sqrt(n) in 999 of 1 000 seeds."""
    n = 20_000
    x = SPIRAL.sample(n, stream(3))
    assert (x.shape, x.dtype) == ((n, 2), torch.float32)
    assert x.abs().max() <= 1
    uv = np.sort(inverse(x.double().numpy()), axis=0)
    expected = np.linspace(-1, 1, n)
    assert np.abs(uv[:, 0] - expected).max() / 2 < 1.95 / math.sqrt(n)
    assert np.abs(uv[:, 1] - expected).max() / 2 < 1.95 / math.sqrt(n)


def test_the_stream_fixes_the_sample() -> None:
    assert torch.equal(SPIRAL.sample(10, stream(4)), SPIRAL.sample(10, stream(4)))
    assert not torch.equal(SPIRAL.sample(10, stream(4)), SPIRAL.sample(10, stream(5)))


def test_uniform_square_fills_the_square() -> None:
    x = uniform_square(50_000, stream(6)).double()
    assert -1 <= x.min() < -0.999
    assert 0.999 < x.max() <= 1
    # Five standard errors: variance 1/3 of each coordinate, 1/9 of their product.
    assert x.mean(dim=0).abs().max() < 5 / math.sqrt(3 * len(x))
    assert abs((x[:, 0] * x[:, 1]).mean()) < 5 / 3 / math.sqrt(len(x))


def test_a_target_samples_through_its_own_transform() -> None:
    target = charted(lambda uv: uv + 10)
    assert (target.sample(5, stream()) - 10).abs().max() <= 1
    uv = uniform_square(5, stream(3))
    assert torch.equal(target.even(uv), uv + 10)
    assert torch.equal(target.goal()(uv), uv + 10)


def test_a_target_that_is_no_image_of_the_square_stands_for_itself_by_fixed_draws() -> None:
    target = Target(lambda n, generator: torch.rand((n, 2), generator=generator) / 2)
    uv = uniform_square(50, stream(3))
    even = target.even(uv)
    assert even.shape == (50, 2)
    assert (even >= 0).all()
    assert torch.equal(even, target.even(uv * 0.5))
    with pytest.raises(ValueError, match="no transform of the square"):
        target.goal()
