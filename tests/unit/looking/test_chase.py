"""The chase, on walks whose answer is known."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core.looking.measures.chase import follow, follow_by_chance

SPOT = torch.tensor([0.5, -0.25])


def walk(turn: float, steps: int = 20) -> torch.Tensor:
    """Each move is a tenth of the way to SPOT, turned by so many degrees."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    centres = [torch.tensor([-0.3, 0.4])]
    for _ in range(steps):
        x, y = (0.1 * (SPOT - centres[-1])).tolist()
        centres.append(centres[-1] + torch.tensor([cos * x - sin * y, sin * x + cos * y]))
    return torch.stack(centres)


@pytest.mark.parametrize("turn", [0, 30, 60, 90, 120, 180])
def test_the_cosine_of_the_angle_between_move_and_way(turn: float) -> None:
    centres = walk(turn)
    assert follow(centres, SPOT.expand_as(centres)) == pytest.approx(math.cos(math.radians(turn)), abs=1e-6)


def test_a_spot_that_jumps_is_followed_from_where_it_was() -> None:
    """The move after look t answers to the spot of look t, not to that of look t + 1."""
    spots = torch.tensor([[0.9, 0.0], [-0.9, 0.0]]).repeat(5, 1)
    centres = [torch.zeros(2)]
    for spot in spots[:-1]:
        centres.append(centres[-1] + 0.5 * (spot - centres[-1]))
    assert follow(torch.stack(centres), spots) == pytest.approx(1)
    assert follow(torch.stack(centres), spots.flip(0)) < 0


def test_moves_at_random_follow_nothing() -> None:
    random = torch.Generator().manual_seed(0)
    centres = torch.randn(4000, 2, generator=random).mul(0.001).cumsum(0)
    assert follow(centres, torch.rand(4000, 2, generator=random) * 2 - 1) == pytest.approx(0, abs=0.05)


def test_nothing_to_say() -> None:
    centres = walk(0)
    assert math.isnan(follow(centres[:4], SPOT.expand(4, 2)))
    assert not math.isnan(follow(centres[:5], SPOT.expand(5, 2)))
    assert math.isnan(follow(centres[:1].expand(9, 2), SPOT.expand(9, 2)))
    assert math.isnan(follow(centres, centres))
    assert math.isnan(follow(torch.empty(0, 2), torch.empty(0, 2)))


@pytest.mark.parametrize("looks", [5, 20, 100])
def test_chance_is_two_standard_deviations_of_moves_in_any_direction(looks: int) -> None:
    """Whatever the way, and however long each move."""
    random = torch.Generator().manual_seed(looks)
    spots = torch.rand(looks, 2, generator=random) * 2 - 1
    walks = 1e-6 * torch.randn(4000, looks, 2, generator=random, dtype=torch.float64).cumsum(1)
    found = torch.tensor([follow(walk, spots) for walk in walks])
    assert 2 * float(found.std()) == pytest.approx(follow_by_chance(looks), rel=0.05)
    assert math.isnan(follow_by_chance(4))
