"""The lines that readings are compared with, against closed forms and against the readings themselves."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core.looking.looks import cell_centres
from gan_core.looking.measures.best_d import best_d
from gan_core.looking.measures.density import generator_density, target_density
from gan_core.looking.references import collapsed, floors
from gan_core.records.readings import READINGS
from gan_core.targets.registry import TARGETS

SPIRAL = TARGETS["spiral"]
TASKS = ("gan", "fit", "noise", "blob", "none")


@pytest.mark.parametrize("task", TASKS)
def test_only_numbers_and_only_of_readings(task: str) -> None:
    for found in (floors(SPIRAL, task, 2000, 50), collapsed(SPIRAL, task, 2000, 50)):
        assert set(found) <= set(READINGS)
        assert all(math.isfinite(value) for value in found.values())


def test_real_data_and_one_point_in_the_place_of_fakes() -> None:
    floor, fallen = floors(SPIRAL, "gan", 2000, 50), collapsed(SPIRAL, "gan", 2000, 50)
    assert floor["coverage"] == floor["on_band"] == 1
    assert 0 < floor["distance"] < 0.03 < 0.2 < fallen["distance"]
    assert fallen["coverage"] == pytest.approx(0.02)
    assert fallen["spread"] == pytest.approx(0, abs=1e-6)


def test_a_task_does_not_write_into_another_s_lines() -> None:
    floors(SPIRAL, "gan", 1000, 50), collapsed(SPIRAL, "blob", 1000, 50)
    assert "chase" not in floors(SPIRAL, "fit", 1000, 50)
    assert "map_error" not in collapsed(SPIRAL, "gan", 1000, 50)


def test_the_best_loss_against_a_perfect_g_is_ln_2_and_against_one_point_nothing() -> None:
    for cells, near in ((50, 0.003), (100, 0.001)):
        assert floors(SPIRAL, "gan", 2000, cells)["best_d_loss"] == pytest.approx(math.log(2), abs=near)
        # One of n cells of the band with mass 1 / n of the data: ((1 + n) ln(1 + n) - n ln n) / 2 n.
        n = int((target_density(SPIRAL, cells) > 0).sum())
        evenly = ((1 + n) * math.log(1 + n) - n * math.log(n)) / (2 * n)
        assert collapsed(SPIRAL, "gan", 2000, cells)["best_d_loss"] == pytest.approx(evenly, rel=0.5)


def test_the_map_of_the_best_d_has_the_noise_that_its_help_states() -> None:
    for cells in (50, 100, 400):
        p = target_density(SPIRAL, cells)
        image = SPIRAL.transform(cell_centres(cells, torch.device("cpu"))).view(cells, cells, 2)
        best = torch.nan_to_num(best_d(p, generator_density(image, cells)), 0.5)
        assert float(((best - 0.5).abs() * p).sum() / p.sum()) < 0.012


def test_the_centre_of_real_data_scatters_as_the_covariance_says() -> None:
    """For a normal difference with covariance 2 C / n: its mean length, by quadrature over directions."""
    points = SPIRAL.sample(400_000, torch.Generator().manual_seed(1)).double()
    spread = torch.linalg.eigvalsh(torch.cov(points.t())) * 2 / 2000
    angle = (torch.arange(1000, dtype=torch.float64) + 0.5) * math.pi / 1000
    along = (spread[0] * angle.cos() ** 2 + spread[1] * angle.sin() ** 2).sqrt()
    expected = math.sqrt(math.pi / 2) * float(along.mean())
    assert floors(SPIRAL, "gan", 2000, 50)["chase"] == pytest.approx(expected, rel=0.35)  # of 20 draws


def test_two_points_of_the_spiral_lie_as_far_apart_as_its_turns_say() -> None:
    """On a grid of r and the angle between the two, which is close to even over three turns."""
    r = torch.linspace(0.05, 0.95, 181, dtype=torch.float64)
    u = (r - 0.05) / 0.45 - 1
    x = torch.stack((r * (3 * math.pi * u).cos(), r * (3 * math.pi * u).sin()), dim=1)
    assert collapsed(SPIRAL, "gan", 2000, 50)["chase"] == pytest.approx(float(torch.cdist(x, x).mean()), rel=0.02)


def test_the_error_of_a_d_that_always_says_one_half() -> None:
    """Against a blob that lies outside the band D* is 0 or 1 everywhere; against noise all over, 0 or p / (p + 1/4)."""
    assert collapsed(SPIRAL, "blob", 2000, 50)["map_error"] == pytest.approx(0.5)
    u = (torch.arange(2000, dtype=torch.float64) + 0.5) / 1000 - 1
    r = 0.05 + 0.45 * (u + 1)
    p = 0.53052 / r  # the density on the middle of the band
    area = 0.3 * math.pi * r / r.sum()  # of the band, as far out as this
    expected = ((p / (p + 0.25) - 0.5) * area).sum() / 4 + 0.5 * (1 - 0.3 * math.pi / 4)
    assert collapsed(SPIRAL, "noise", 2000, 100)["map_error"] == pytest.approx(float(expected), abs=0.03)
