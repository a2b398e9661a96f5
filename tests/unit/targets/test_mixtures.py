"""Rings, grids and noisy curves against what the papers' definitions come to, worked out by hand or by quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gan_core.targets import curves
from gan_core.targets.curves import gauss_legendre
from gan_core.targets.registry import TARGETS

N = 100_000


def draw(text: str, n: int = N) -> np.ndarray:
    return TARGETS.make(text).sample(n, torch.Generator().manual_seed(5)).double().numpy()


def density(text: str, x: np.ndarray) -> np.ndarray:
    target = TARGETS.make(text)
    assert target.density is not None
    return target.density(torch.from_numpy(x)).numpy()


def centres_of(text: str, scale: float) -> np.ndarray:
    """Of the published definition, in units of the square."""
    if text.startswith("ring"):
        return scale * np.array([(math.cos(a), math.sin(a)) for a in 2 * math.pi * np.arange(8) / 8])
    return scale * np.array([(i, j) for i in (-4, -2, 0, 2, 4) for j in (-4, -2, 0, 2, 4)])


@pytest.mark.parametrize(("text", "scale", "sd"), [("ring", 0.8, 0.01), ("grid", 0.2, 0.05)])
def test_modes_are_those_of_the_published_tables(text: str, scale: float, sd: float) -> None:
    """Equally likely, at their places, and a share of 1 - exp(-9/2) within three standard deviations of one."""
    centres, x = centres_of(text, scale), draw(text)
    distance = np.linalg.norm(x[:, None] - centres, axis=2)
    nearest, least = distance.argmin(1), distance.min(1)
    within = (least < 3 * sd * scale).mean()
    assert within == pytest.approx(1 - math.exp(-4.5), abs=5 * math.sqrt(0.011 * 0.989 / N))
    shares = np.bincount(nearest, minlength=len(centres)) / N
    assert np.abs(shares - 1 / len(centres)).max() < 5 * math.sqrt(1 / len(centres) / N)
    for i, centre in enumerate(centres):
        mine = x[nearest == i]
        assert np.abs(mine.mean(0) - centre).max() < 5 * sd * scale / math.sqrt(len(mine))
        assert mine.std(0) == pytest.approx(sd * scale, rel=0.05)
    peak = 1 / (len(centres) * 2 * math.pi * (sd * scale) ** 2)
    np.testing.assert_allclose(density(text, centres), peak, rtol=1e-9)
    np.testing.assert_allclose(density(text, centres + np.array((0, sd * scale))), peak * math.exp(-0.5), rtol=1e-9)


def test_a_ring_that_is_closed_has_one_mode_twice() -> None:
    """linspace(0, 2 pi, 8) has both ends: 7 places, of which (0, 1) has 2 of 8 parts."""
    x = draw("closed-ring")
    angle = np.round(np.arctan2(x[:, 0], x[:, 1]) / (2 * math.pi / 7)) % 7
    shares = np.bincount(angle.astype(int), minlength=7) / N
    np.testing.assert_allclose(shares, [2 / 8, *[1 / 8] * 6], atol=0.01)
    tops = density("closed-ring", 0.8 * np.array([(0, 1), (math.sin(2 * math.pi / 7), math.cos(2 * math.pi / 7))]))
    assert tops[0] == pytest.approx(2 * tops[1], rel=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        *("ring(modes=1, sd=0.001)", "ring(modes=64, sd=0.3)", "closed-ring(places=2, sd=0.3)", "grid(side=1, sd=0.5)"),
        *(
            "grid(side=10, sd=0.5)",
            "gaussian(sd=0.005)",
            "gaussian(sd=0.14)",
            "moons(sd=0.5)",
            "circles(factor=0.9, sd=0.3)",
        ),
        *("swiss-roll(sd=2)", "two-spirals(sd=0.5)", "line(sd=0.04)", "checkerboard(side=2)", "checkerboard(side=16)"),
        "pinwheel(arms=1, radial=0.5, across=0.5)",
        "uniform-to-normal(sd=0.01)",
        "uniform-to-normal(sd=0.1428)",
    ],
)
def test_at_the_ends_of_its_numbers_nothing_of_a_target_is_cut_off(text: str) -> None:
    """Of points as fine as single modes the total mass is 1 still: counted where they are, on 500 x 500 places."""
    x = draw(text)
    assert np.abs(x).max() < 1
    if TARGETS.make(text).density is not None:
        low, high = x.min(0) - 0.01, x.max(0) + 0.01
        along = [np.linspace(a, b, 500) for a, b in zip(low, high, strict=True)]
        places = np.stack(np.meshgrid(*along, indexing="ij"), -1).reshape(-1, 2)
        assert density(text, places).mean() * (high - low).prod() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("sd", [0.005, 0.01, 0.125, 0.3])
def test_all_of_a_ring_is_in_the_square(sd: float) -> None:
    """However wide its modes are; the edge is seven standard deviations away, where sampling would be cut off."""
    x = draw(f"ring(sd={sd})")
    assert np.abs(x).max() < 1
    radius = np.linalg.norm(centres_of("ring", 1 / (1 + max(7 * sd, 0.25))), axis=1)[0]
    assert np.linalg.norm(x, axis=1).mean() == pytest.approx(radius * (1 + sd * sd / 2), rel=0.02)


def test_the_swiss_roll_lies_on_its_curve() -> None:
    """As wide as its noise, and as dense as its parameter says: dp/dt even, so by the length 1 / sqrt(1 + t^2)."""
    unit = 4.5 * math.pi * 1.124 if 0.45 * math.pi < 7 * 0.25 else 0
    x = draw("swiss-roll") * (4.5 * math.pi + 7 * 0.25)
    t = np.linspace(1.5 * math.pi, 4.5 * math.pi, 4_000)
    curve = np.stack((t * np.cos(t), t * np.sin(t)), 1)
    off = np.concatenate([np.linalg.norm(part[:, None] - curve, axis=2).min(1) for part in np.split(x[:10_000], 20)])
    assert np.sqrt((off**2).mean()) == pytest.approx(0.25, rel=0.03)
    # In the middle of the roll, far from its ends, the density on the curve is that of a straight line as dense.
    middle = 3 * math.pi
    place = np.array([[middle * math.cos(middle), middle * math.sin(middle)]]) / unit
    along = 1 / (3 * math.pi * math.sqrt(1 + middle**2))
    expected = along / (0.25 * math.sqrt(2 * math.pi)) * unit**2
    assert density("swiss-roll", place)[0] == pytest.approx(expected, rel=0.005)


def test_around_a_circle_the_density_is_the_integral_over_the_circle() -> None:
    """The closed form with a Bessel function against 20 000 Gaussians on each circle."""
    unit, s = 1.35, 0.05 / 1.35
    x = np.random.default_rng(2).uniform(-1, 1, (50, 2))
    angle = 2 * math.pi * (np.arange(20_000) + 0.5) / 20_000
    total = np.zeros(50)
    for radius in (1 / unit, 0.5 / unit):
        on = radius * np.stack((np.cos(angle), np.sin(angle)), 1)
        total += np.exp(-((x[:, None] - on) ** 2).sum(2) / (2 * s * s)).mean(1) / (2 * math.pi * s * s) / 2
    np.testing.assert_allclose(density("circles", x), total, rtol=1e-7, atol=1e-12)


def test_the_rule_integrates_polynomials_exactly() -> None:
    nodes, weights = gauss_legendre(17)
    assert len(nodes) == 32
    for power in range(32):
        assert float((weights * nodes**power).sum()) == pytest.approx(1 / (power + 1), abs=1e-14)


@pytest.mark.parametrize("text", ["moons(sd=0.02)", "moons", "two-spirals", "swiss-roll(sd=0.1)"])
def test_the_rule_for_curves_is_fine_enough(text: str) -> None:
    """Against Gauss and Legendre's with eight times as many nodes, at samples: where there is something to see."""
    x = draw(text, 300)
    found = density(text, x)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curves, "gauss_legendre", lambda least: gauss_legendre(8 * least))
        name, _, inside = text.partition("(")
        make = {"moons": curves.moons, "two-spirals": curves.two_spirals, "swiss-roll": curves.swiss_roll}[name]
        sd = float(inside[3:-1]) if inside else {"moons": 0.1, "two-spirals": 0.1}[name]
        finer = make(sd).density
        assert finer is not None
        np.testing.assert_allclose(found, finer(torch.from_numpy(x)).numpy(), rtol=2e-4)


def test_the_checkerboard_is_that_of_the_flow_papers() -> None:
    """x1 even on [-2, 2], x2 even on [0, 1), less 2 in half the cases, and 1 more where floor(x1) is odd."""
    random = np.random.default_rng(1)
    x1 = random.uniform(-2, 2, N)
    x2 = random.uniform(0, 1, N) - 2 * random.integers(0, 2, N) + np.floor(x1) % 2
    both = (np.stack((x1, x2), 1) / 2, draw("checkerboard"))
    theirs, ours = (np.histogram2d(*x.T, bins=8, range=[[-1, 1]] * 2)[0] for x in both)
    assert np.array_equal(theirs > 0, ours > 0)
    assert np.abs(theirs - ours).max() < 6 * math.sqrt(2 * N / 32)
    odd = draw("checkerboard(side=3)")
    assert np.histogram2d(*odd.T, bins=3, range=[[-1, 1]] * 2)[0] == pytest.approx(
        N / 5 * np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]), abs=5 * math.sqrt(N / 5)
    )


def test_the_pinwheel_is_that_of_the_flow_papers() -> None:
    """FFJORD's recipe once more, by the counts in 30 x 30 cells; its arms turn clockwise."""
    random = np.random.default_rng(3)
    features = random.standard_normal((N, 2)) * (0.3, 0.1) + (1, 0)
    angles = 2 * math.pi / 5 * random.integers(0, 5, N) + 0.25 * np.exp(features[:, 0])
    cos, sin = np.cos(angles), np.sin(angles)
    along, beside = features.T
    both = (np.stack((along * cos + beside * sin, beside * cos - along * sin), 1) / 3.1, draw("pinwheel"))
    theirs, ours = (np.histogram2d(*x.T, bins=30, range=[[-0.6, 0.6]] * 2)[0] for x in both)
    some = theirs + ours > 20
    chi = ((theirs - ours)[some] ** 2 / (theirs + ours)[some]).sum()
    assert chi < some.sum() + 5 * math.sqrt(2 * some.sum())
