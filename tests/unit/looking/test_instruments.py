"""Readings against closed forms: a perfect generator, a point, the best possible D, noise on the square."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gan_core.looking.instruments import Instruments, with_chase
from gan_core.looking.looks import Seen, cell_centres
from gan_core.looking.measures import transport
from gan_core.looking.measures.best_d import best_d
from gan_core.looking.measures.density import box_density, target_density
from gan_core.looking.measures.parts import finished
from gan_core.records.frames import Reading, TrailPoint
from gan_core.records.readings import PLACE, READINGS
from gan_core.targets.registry import TARGETS

SPIRAL = TARGETS["spiral"]


def reals(n: int = 2000, seed: int = 1) -> Tensor:
    return SPIRAL.sample(n, torch.Generator().manual_seed(seed))


def seen(fakes: Tensor, image: Tensor, logits: Tensor | None) -> Seen:
    empty = torch.zeros(image.shape[:2], dtype=torch.uint8)
    return Seen(fakes, image, empty, empty, logits)


def spiral_image(resolution: int) -> Tensor:
    return SPIRAL.transform(cell_centres(resolution, torch.device("cpu"))).view(resolution, resolution, 2)


def read(task: str, what: Seen, trail_point: TrailPoint | None = None) -> dict[str, float]:
    point = trail_point or TrailPoint(7, (0.0, 0.0), (0.0, 0.0))
    reading = finished(Instruments(SPIRAL, task, reals()).read(7, what, point))
    assert reading.step == 7
    assert not reading.values.flags.writeable
    return dict(zip(READINGS, reading.values.tolist(), strict=True))


@pytest.mark.parametrize("resolution", [50, 100])
def test_a_perfect_generator_leaves_d_guessing(resolution: int) -> None:
    what = seen(reals(seed=2), spiral_image(resolution), torch.zeros(resolution, resolution))
    values = read("gan", what)
    assert values["coverage"] == 1
    assert values["on_band"] == 1
    assert values["distance"] < 0.03  # real against real: the noise of 2 000 points
    assert values["d_loss"] == pytest.approx(math.log(2), abs=1e-6)  # D says 0.5 everywhere
    assert values["best_d_loss"] == pytest.approx(math.log(2), abs=0.02)
    assert values["map_error"] < 0.05
    assert values["called_real"] == 0
    assert values["corners"] == pytest.approx(0.5)
    assert math.isnan(values["fit_error"])


def test_a_point_of_fakes_is_told_from_nearly_all_data() -> None:
    point = SPIRAL.transform(torch.tensor([[0.3, 0.0]]))
    logits = torch.full((50, 50), 2.0)
    where = TrailPoint(7, tuple(point[0].tolist()), (-0.2, 0.9))
    values = read("gan", seen(point.expand(2000, 2), point.expand(50, 50, 2), logits), where)
    assert values["coverage"] == pytest.approx(1 / 50)
    assert values["on_band"] == 1
    assert values["spread"] == pytest.approx(0, abs=1e-6)
    assert values["best_d_loss"] < 0.05
    assert values["chase"] == pytest.approx(math.dist(where.centre, where.bluest))
    assert values["called_real"] == 1
    assert values["corners"] == pytest.approx(1 / (1 + math.exp(-2)))


def test_the_best_d_against_noise_has_the_closed_form_s_loss() -> None:
    """Cross-entropy 0.2861 nats; cells blur the band's edge, less so the finer they are."""
    for resolution, more in ((100, 0.03), (400, 0.03)):  # at 400 it is counted on cells of 100
        p, q = target_density(SPIRAL, 100), box_density((0, 0), 2, 100)
        times = resolution // 100
        logits = torch.logit(best_d(p, q), eps=1e-6).repeat_interleave(times, 0).repeat_interleave(times, 1)
        grid = cell_centres(resolution, torch.device("cpu")).view(resolution, resolution, 2)
        values = read("noise", seen(torch.rand(2000, 2) * 2 - 1, grid, logits))
        assert values["d_loss"] == pytest.approx(values["best_d_loss"], abs=1e-4)
        assert 0.286 < values["best_d_loss"] < 0.286 + more
        assert values["map_error"] < 1e-4
        assert math.isnan(values["chase"])


def test_d_s_loss_is_never_below_the_best() -> None:
    random = torch.Generator().manual_seed(3)
    for _ in range(20):
        image = torch.rand((50, 50, 2), generator=random) * 2 - 1
        logits = torch.randn((50, 50), generator=random) * 3
        values = read("gan", seen(image.view(-1, 2)[:2000], image, logits))
        assert values["d_loss"] >= values["best_d_loss"] - 1e-6


def test_a_fit_is_judged_by_its_error() -> None:
    instruments = Instruments(SPIRAL, "fit", reals())
    shifted = reals() + torch.tensor([0.03, -0.04])
    reading = finished(instruments.read(7, seen(shifted, spiral_image(50), None), TrailPoint(7, (0, 0), (0, 0))))
    values = dict(zip(READINGS, reading.values.tolist(), strict=True))
    assert values["fit_error"] == pytest.approx(0.05, rel=1e-4)
    assert values["distance"] == pytest.approx(0.05 * 2 / math.pi, rel=1e-3)
    assert math.isnan(values["d_loss"])


def test_only_a_look_at_rest_has_the_exact_distance_and_what_it_is_held_against() -> None:
    """Of the first fakes and the last reals: those that are the data moved by 0.05 are so far from them."""
    instruments, n = Instruments(SPIRAL, "gan", reals()), transport.OF_A_LOOK
    what = seen(reals()[-n:] + torch.tensor([0.03, -0.04]), spiral_image(50), None)
    point = TrailPoint(7, (0, 0), (0, 0))
    for at_rest in (False, True, True):
        values = finished(instruments.read(7, what, point, at_rest=at_rest)).values
        w2, of_data = (float(values[PLACE[name]]) for name in ("w2", "w2_of_data"))
        if not at_rest:
            assert math.isnan(w2)
            assert math.isnan(of_data)
            continue
        assert w2 == pytest.approx(0.05, rel=1e-4)
        assert of_data == pytest.approx(finished(transport.of_real_data(SPIRAL, n)), rel=1e-6)
    alone = finished(Instruments(SPIRAL, "noise", reals()).read(7, what, point, at_rest=True)).values
    assert math.isnan(alone[PLACE["w2"]])  # D alone against points that never change: no fakes


def test_the_stretches_add_up_to_the_fakes_on_the_band() -> None:
    fakes = torch.cat((reals(900), torch.full((100, 2), 0.99)))
    reading = finished(
        Instruments(SPIRAL, "gan", reals()).read(
            7, seen(fakes, spiral_image(50), torch.zeros(50, 50)), TrailPoint(7, (0, 0), (0, 0))
        )
    )
    assert reading.along.sum() == 900


def test_the_chase_is_read_along_the_path() -> None:
    instruments = Instruments(SPIRAL, "gan", reals())
    what = seen(reals(), spiral_image(50), torch.zeros(50, 50))
    path = [TrailPoint(step, (0.1 * step, 0.0), (1.0, 0.0)) for step in range(6)]
    reading = finished(instruments.read(5, what, path[-1]))
    assert math.isnan(reading.values[PLACE["follow"]])
    along = with_chase(reading, path)
    assert along.values[PLACE["follow"]] > 0.9
    assert (along.values[: PLACE["follow"]] == reading.values[: PLACE["follow"]]).all()
    away = with_chase(reading, path[::-1])
    assert away.values[PLACE["follow"]] < -0.9
    assert isinstance(away, Reading)
