"""Modes found, high quality and reverse divergence against numbers worked out by hand, and against the data itself."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core.looking.measures.modes import mode_floors, mode_quality
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import Modes

SQUARE = Modes(
    torch.tensor([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)], dtype=torch.float64), torch.full((4,), 0.25), 0.1
)


def test_counts_by_hand() -> None:
    """Six at one mode, one of them 0.31 off; three at a second one; one far from all, nearest to a third."""
    first = [(-0.5, -0.5), (-0.5, -0.21), (-0.79, -0.5), (-0.45, -0.5), (-0.5, -0.4), (-0.5, -0.19)]
    second = [(0.5, 0.5), (0.5, 0.6), (0.4, 0.5)]
    found = mode_quality(torch.tensor([*first, *second, (0.95, -0.95)]), SQUARE)
    assert found["modes"] == 2
    assert found["high_quality"] == 8 / 10
    every = sum(p * math.log(4 * p) for p in (0.6, 0.3, 0.1))
    good = sum(p * math.log(4 * p) for p in (5 / 8, 3 / 8))
    assert found["reverse_kl"] == pytest.approx(every, abs=1e-12)
    assert found["reverse_kl_high_quality"] == pytest.approx(good, abs=1e-12)


@pytest.mark.parametrize(
    ("target", "kl"), [("ring", math.log(8)), ("grid", math.log(25)), ("closed-ring", math.log(8))]
)
def test_one_mode_alone(target: str, kl: float) -> None:
    """ln K, as published: 2.079 and 3.219; one of the modes of single weight, of the ring that is closed."""
    modes = TARGETS.make(target).modes
    assert modes is not None
    found = mode_quality(modes.centres[3].expand(100, 2), modes)
    assert found == {
        "modes": 1,
        "high_quality": 1,
        "reverse_kl": pytest.approx(kl),
        "reverse_kl_high_quality": pytest.approx(kl),
    }


def test_nothing_of_high_quality_has_no_divergence() -> None:
    found = mode_quality(torch.zeros((5, 2)), SQUARE)
    assert (found["modes"], found["high_quality"]) == (0, 0)
    assert math.isnan(found["reverse_kl_high_quality"])
    assert found["reverse_kl"] == pytest.approx(math.log(4))


@pytest.mark.parametrize("target", ["ring", "grid", "closed-ring"])
def test_floors_are_what_the_data_come_to(target: str) -> None:
    """Means over 40 samples of 2 500; by chance the divergence is (K - 1) / 2n, its sd sqrt(2 / (K - 1)) of that."""
    made, n, random = TARGETS.make(target), 2_500, torch.Generator().manual_seed(4)
    assert made.modes is not None
    draws = [mode_quality(made.sample(n, random), made.modes) for _ in range(40)]
    mean = {name: sum(draw[name] for draw in draws) / 40 for name in draws[0]}
    best, k = mode_floors(made.modes, n), len(made.modes.centres)
    assert mean["modes"] == best["modes"] == {"ring": 8, "grid": 25, "closed-ring": 7}[target]
    assert mean["high_quality"] == pytest.approx(0.98889, abs=5 * math.sqrt(0.011 / (40 * n)))
    for name in ("reverse_kl", "reverse_kl_high_quality"):
        assert mean[name] == pytest.approx(best[name], rel=5 * math.sqrt(2 / (k - 1) / 40))
