"""Parts of the data against what the targets are, worked out by hand or by brute force."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from gan_core.looking.measures.modes import mode_quality
from gan_core.setup.limits import MAX_STRATA
from gan_core.targets.curves import on_roll
from gan_core.targets.registry import TARGETS
from gan_core.targets.strata import Strata
from gan_core.targets.target import Target

N = 100_000


def parts_of(text: str) -> Strata:
    strata = TARGETS.make(text).strata
    assert strata is not None
    return strata


def draw(target: Target, n: int = N) -> torch.Tensor:
    return target.sample(n, torch.Generator().manual_seed(4)).double()


def at(text: str, *points: tuple[float, float]) -> list[int]:
    return parts_of(text).of(torch.tensor(points, dtype=torch.float64)).tolist()


@pytest.mark.parametrize("text", ["ring", "closed-ring", "grid", "ring(modes=3, sd=0.2)", "ring(modes=1)", "gaussian"])
def test_what_is_off_a_mixture_is_what_is_of_no_high_quality(text: str) -> None:
    target = TARGETS.make(text)
    assert target.modes is not None
    x = draw(target)
    off = float((parts_of(text).of(x) < 0).double().mean())
    assert off == pytest.approx(1 - mode_quality(x, target.modes)["high_quality"], abs=1e-9)


def test_modes_are_counted_as_the_page_says() -> None:
    assert at("ring", (0.8, 0), (0, 0.8), (-0.8, 0), (0, -0.8), (0, 0), (0.8, 0.023), (0.8, 0.025)) == [
        *(0, 2, 4, 6),  # from the right, counter-clockwise
        *(-1, 0, -1),  # sd is 0.008
    ]
    assert at("closed-ring", (0, 0.8), (0.8 * math.sin(2 * math.pi / 7), 0.8 * math.cos(2 * math.pi / 7))) == [0, 1]
    assert at("grid", (-0.8, -0.8), (-0.8, -0.4), (-0.4, -0.8), (0.8, 0.8)) == [0, 1, 5, 24]  # column by column
    np.testing.assert_allclose(parts_of("closed-ring").fair(), [2 / 8, *[1 / 8] * 6])


def test_one_gaussian_has_two_halves_of_twelve_angles() -> None:
    """r / sd is Rayleigh's: of what is within 3, half is within q, where 1 - exp(-q^2/2) = (1 - exp(-9/2)) / 2."""
    q = math.sqrt(-2 * math.log(1 - (1 - math.exp(-4.5)) / 2))
    up = (math.cos(1.6), math.sin(1.6))  # a little beyond the top: the fourth angle
    radii = (0.5, q - 0.01, q + 0.01, 2.99, 3.01)
    assert at("gaussian(sd=0.1)", *[(0.1 * r * up[0], 0.1 * r * up[1]) for r in radii]) == [3, 3, 15, 15, -1]


def test_circles_are_counted_by_their_angles() -> None:
    """Radii 1 and 0.5 of a unit of 1.35, sd 0.05; 25 stretches of 14.4 degrees, from the right."""
    outer, inner, sd = 1 / 1.35, 0.5 / 1.35, 0.05 / 1.35

    def place(radius: float, degrees: float) -> tuple[float, float]:
        return radius * math.cos(math.radians(degrees)), radius * math.sin(math.radians(degrees))

    found = at("circles", place(outer, 1), place(outer, 15), place(inner, -1), place(inner, 1), place(inner, 90))
    assert found == [0, 1, 49, 25, 31]
    across = [place(inner + k * sd, 7) for k in (-3.01, -2.99, 2.99, 3.01, 6.99, 7.01)]
    assert at("circles", *across) == [-1, 25, 25, -1, -1, 0]


def test_what_is_off_circles_is_what_the_radius_says() -> None:
    """Of a circle's points those are off whose radius, Rice's, is more than 3 sd from R: by quadrature here."""
    R, s = np.array([1, 0.5]) / 1.35, 0.05 / 1.35
    r = np.linspace(0, 1.4, 200_001)[:, None]
    p = r / s**2 * np.exp(-((r - R) ** 2) / (2 * s**2)) * torch.special.i0e(torch.from_numpy(r * R / s**2)).numpy()
    off = np.abs(r - R).min(1, keepdims=True) > 3 * s
    expected = np.where(off, p, 0).sum(0).mean() * (r[1, 0] - r[0, 0])
    assert float((parts_of("circles").of(draw(TARGETS["circles"])) < 0).double().mean()) == pytest.approx(
        expected, abs=5 * math.sqrt(expected / N)
    )


Curves = Callable[[np.ndarray], list[np.ndarray]]  # (M,) parameters -> points of each curve, (M, 2), in own units


def moons(t: np.ndarray) -> list[np.ndarray]:
    upper = np.stack((np.cos(np.pi * t), np.sin(np.pi * t)), 1)
    return [upper, np.array((1, 0.5)) - upper]


def roll(u: np.ndarray) -> list[np.ndarray]:
    t = 1.5 * np.pi * (1 + 2 * u)
    return [np.stack((t * np.cos(t), t * np.sin(t)), 1)]


def spirals(u: np.ndarray) -> list[np.ndarray]:
    t = 3 * np.pi * np.sqrt(u)
    arm = np.stack((-t * np.cos(t), t * np.sin(t)), 1) / 3
    return [arm, -arm]


def line(t: np.ndarray) -> list[np.ndarray]:
    return [np.stack((1.4 * t - 0.7, 1.4 * t - 0.7), 1)]


# Middle, unit and sd as the targets' own functions have them, in the curves' units.
CURVES: list[tuple[str, Curves, tuple[float, float], float, float]] = [
    ("moons", moons, (0.5, 0.25), 1.5 + 0.7, 0.1),
    ("moons(sd=0.3)", moons, (0.5, 0.25), 1.5 + 2.1, 0.3),
    ("swiss-roll", roll, (0, 0), 4.5 * math.pi + 1.75, 0.25),
    ("swiss-roll(sd=2)", roll, (0, 0), 4.5 * math.pi + 14, 2),
    ("two-spirals", spirals, (0, 0), math.pi + 0.7, 0.1),
    ("two-spirals(sd=0.5)", spirals, (0, 0), math.pi + 3.5, 0.5),
    ("line", line, (0, 0), 1, 0.02),
]


@pytest.mark.parametrize(("text", "curves", "middle", "unit", "sd"), CURVES, ids=[row[0] for row in CURVES])
def test_parts_of_a_curve_are_those_of_its_nearest_point(
    text: str, curves: Curves, middle: tuple[float, float], unit: float, sd: float
) -> None:
    """By brute force over 20 000 points of each curve; what is within a hair of a border may be on its other side."""
    strata, target = parts_of(text), TARGETS.make(text)
    anywhere = torch.rand((200, 2), generator=torch.Generator().manual_seed(2), dtype=torch.float64) * 2 - 1
    x = torch.cat((draw(target, 200), anywhere))
    own = x.numpy() * unit + np.array(middle)
    t = np.linspace(0, 1, 20_001) ** 2  # close together where a curve of the square root begins
    distance = np.stack([[np.hypot(*(curve - point).T) for curve in curves(t)] for point in own])
    nearest, count = distance.reshape(len(own), -1), distance.shape[1]
    which, step = np.divmod(nearest.argmin(1), len(t))
    place, least, each = t[step], nearest.min(1), 50 // count
    expected = np.where(least <= 3 * sd, which * each + np.clip((place * each).astype(int), 0, each - 1), -1)
    unsure = (np.abs(least - 3 * sd) < 1e-3) | (np.abs(place * each - np.round(place * each)) < 5e-3)
    unsure &= (place > 0) & (place < 1)
    assert unsure.mean() < 0.05
    found = strata.of(x).numpy()
    assert (found == expected)[~unsure].all()
    assert strata.groups == count


def test_the_nearest_point_of_a_roll() -> None:
    """No point of the curve is nearer, all over and well within its middle, where several turns compete."""
    x = torch.randn((400, 2), generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 9
    for first, last in ((1.5 * math.pi, 4.5 * math.pi), (0.0, 3 * math.pi)):
        grid = torch.linspace(first, last, 40_001, dtype=torch.float64)
        found = on_roll(x, first, last)
        nearest, best = (torch.cdist(x, torch.stack((t * t.cos(), t * t.sin()), 1)) for t in (found, grid))
        assert (nearest.diagonal() <= best.min(dim=1).values + 1e-6).all()
        assert ((found >= first) & (found <= last)).all()


@pytest.mark.parametrize("side", [2, 3, 4, 5, 16])
def test_squares_are_counted_column_by_column(side: int) -> None:
    squares = [(i, j) for i in range(side) for j in range(side) if (i + j) % 2 == 0]
    others = [(i, j) for i in range(side) for j in range(side) if (i + j) % 2]
    middles = [((i + 0.5) * 2 / side - 1, (j + 0.5) * 2 / side - 1) for i, j in squares + others]
    expected = [*range(len(squares)), *[-1] * len(others)]
    assert at(f"checkerboard(side={side})", *middles) == expected
    assert at(f"checkerboard(side={side})", (-1.01, -1.01), (1.01, 1.01)) == [-1, -1]


def test_quantiles_of_what_is_normal() -> None:
    """Against NumPy: a normal number in 1 000 000 equal parts, of which those within 3 sd are cut into 50."""
    sd = 0.14
    inside = np.sort(np.random.default_rng(0).normal(size=1_000_000))
    inside = inside[np.abs(inside) <= 3]
    middles = np.quantile(inside, (np.arange(50) + 0.5) / 50) * sd
    assert at("uniform-to-normal", *[(float(x), 0.3) for x in middles]) == list(range(50))
    ends = [(2.99 * sd, 0.5), (-2.99 * sd, -0.74), (3.01 * sd, 0), (-3.01 * sd, 0), (0, 0.76), (0, -0.76)]
    assert at("uniform-to-normal", *ends) == [49, 0, -1, -1, -1, -1]


def test_what_is_normal_has_its_moments_and_its_density() -> None:
    target = TARGETS.make("uniform-to-normal(sd=0.1)")
    x = draw(target)
    assert float(x[:, 0].mean()) == pytest.approx(0, abs=5 * 0.1 / math.sqrt(N))
    assert float(x[:, 0].std()) == pytest.approx(0.1, rel=5 / math.sqrt(2 * N))
    assert float((x[:, 0] / 0.1).pow(4).mean()) == pytest.approx(3, abs=5 * math.sqrt(96 / N))
    assert float(x[:, 1].square().mean()) == pytest.approx(1 / 12, rel=0.02)
    assert float(x[:, 1].abs().max()) <= 0.5
    assert abs(float((x[:, 0] * x[:, 1]).mean())) < 5 * 0.1 * math.sqrt(1 / 12 / N)
    assert target.density is not None
    places = torch.tensor([[0, 0], [0.1, 0.4], [0.1, 0.6]], dtype=torch.float64)
    peak = 10 / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(target.density(places), [peak, peak * math.exp(-0.5), 0], rtol=1e-12)


@pytest.mark.parametrize("arms", [2, 5, 16])
def test_a_turn_by_one_arm_moves_each_point_to_the_next_part(arms: int) -> None:
    """Clockwise; and a point of an arm's own middle line is in it."""
    strata = parts_of(f"pinwheel(arms={arms})")
    x = draw(TARGETS.make(f"pinwheel(arms={arms})"), 5_000)
    c, s = math.cos(2 * math.pi / arms), math.sin(2 * math.pi / arms)
    before, after = strata.of(x), strata.of(x @ torch.tensor(((c, -s), (s, c)), dtype=torch.float64))
    assert ((before < 0) == (after < 0)).all()
    on = before >= 0
    assert torch.equal((before[on] + 1) % arms, after[on])
    unit = 1 + 7 * 0.3
    line = [(r * math.cos(0.25 * math.exp(r)) / unit, -r * math.sin(0.25 * math.exp(r)) / unit) for r in (0.2, 1, 1.8)]
    assert at(f"pinwheel(arms={arms})", *line, (0, 0), (1, 1)) == [0, 0, 0, -1, -1]


def test_one_arm_alone_has_no_parts() -> None:
    assert TARGETS.make("pinwheel(arms=1)").strata is None


@pytest.mark.parametrize(
    "text", ["ring(modes=64)", "closed-ring(places=64)", "grid(side=10)", "checkerboard(side=16)", "pinwheel(arms=16)"]
)
def test_no_target_of_ours_has_more_parts_than_can_be_shown(text: str) -> None:
    assert parts_of(text).count <= MAX_STRATA


def nowhere(x: torch.Tensor) -> torch.Tensor:
    return torch.full((len(x),), -1)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"count": 0}, "1 to 256 parts, not 0"),
        ({"count": 257}, "1 to 256 parts, not 257"),
        ({"count": 3, "shares": torch.ones(3)}, "add up to 1"),
        ({"count": 3, "shares": torch.tensor([0.5, 0.5])}, "shares of 3 parts"),
        ({"count": 2, "shares": torch.tensor([1.0, 0.0])}, "positive"),
        ({"count": 3, "groups": 2}, "cannot be 2 equal groups"),
    ],
)
def test_parts_that_cannot_be_are_refused(made: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Strata(of=nowhere, **made)  # type: ignore[arg-type]
