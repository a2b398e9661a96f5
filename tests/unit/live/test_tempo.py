"""At what pace a run is shown, on a simulated clock: no real time passes here."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gan_core.live.tempo import FRAMES_PER_SECOND, TAKEN_WITHIN, Pace, Tempo
from gan_core.setup.presets import PRESETS

PACES = ((1, 1), (100, 5), (300, 20), (600, None))


def tempo(paces: object = PACES) -> Tempo:
    made = Tempo()
    made.open("some", paces)
    return made


def shown(of: Tempo, until: int) -> list[int]:
    """The steps at which training stops to be seen."""
    step, stops = 0, []
    while step < until:
        step += of.until_shown(step, until - step)
        if of.shows(step):
            stops.append(step)
    return stops


def test_a_scenario_goes_over_to_full_speed_at_its_steps() -> None:
    expected = [*range(1, 100), *range(100, 300, 5), *range(300, 600, 20)]
    assert shown(tempo(), 2_000) == expected
    assert [tempo().at(step).steps for step in (0, 1, 99, 100, 299, 300, 599, 600, 10**9)] == [
        *(1, 1, 1, 5, 5, 20, 20, None, None)
    ]


def test_what_the_visitor_chooses_ends_the_schedule_for_this_scenario() -> None:
    made = tempo()
    made.chosen = Pace(7)
    assert shown(made, 50) == [7, 14, 21, 28, 35, 42, 49]
    made.open("some", PACES)  # the same run again
    assert made.at(1000) == Pace(7)
    made.open("another", ((1, None),))
    assert made.at(1) == Pace(None)
    assert shown(made, 50) == []
    made.open("some", PACES)
    assert made.at(1) == Pace(1)  # what was chosen once is over


def play(of: Tempo, frames: int, step: float, look: float, take: float | None) -> list[float]:
    """When each frame is put up, where it is taken so many seconds after that, or by nobody."""
    now, times = 0.0, [0.0]
    of.put_up(0, now)
    for number in range(1, frames + 1):
        now += of.until_trained(number - 1, now) + step
        taken_at = float("inf") if take is None else times[-1] + take
        while wait := of.until_put_up(number, now, now >= taken_at):
            now = min(now + wait, taken_at) if now < taken_at else now + wait
        now += look
        of.put_up(number, now)
        times.append(now)
    return times[1:]


def rate(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


def test_a_fast_machine_shows_so_many_frames_a_second_and_no_more() -> None:
    times = play(tempo(((1, 1),)), 500, step=0.001, look=0.004, take=0.0)
    assert rate(times) == pytest.approx(FRAMES_PER_SECOND, rel=0.02)
    assert min(b - a for a, b in pairwise(times)) > 0.5 / FRAMES_PER_SECOND  # and evenly


def test_a_slow_machine_loses_nothing_to_the_limit() -> None:
    times = play(tempo(((1, 1),)), 100, step=0.1, look=0.05, take=0.0)
    assert rate(times) == pytest.approx(1 / 0.15, rel=0.01)


@pytest.mark.parametrize("take", [0.06, 0.2, 0.9])
def test_a_page_that_is_slow_to_take_frames_sets_the_pace(take: float) -> None:
    """The step after is trained meanwhile: what is added is its look alone."""
    times = play(tempo(((1, 1),)), 50, step=0.02, look=0.01, take=take)
    assert rate(times) == pytest.approx(1 / (take + 0.01), rel=0.01)


def test_a_page_that_takes_nothing_stops_no_training() -> None:
    times = play(tempo(((1, 1),)), 20, step=0.02, look=0.01, take=None)
    assert rate(times) == pytest.approx(1 / (TAKEN_WITHIN + 0.01), rel=0.01)


def test_slow_motion_is_one_step_a_second() -> None:
    made = tempo()
    made.chosen = Pace(1, per_second=1.0)
    times = play(made, 30, step=0.02, look=0.01, take=0.005)
    assert all(b - a == pytest.approx(1.0, abs=0.05) for a, b in pairwise(times[1:]))
    assert made.until_trained(30, times[-1]) == pytest.approx(1.0, abs=0.05)  # no step is trained ahead of its time
    made.chosen = Pace(1)
    assert made.until_trained(30, times[-1]) == 0  # at once


@pytest.mark.parametrize(("steps", "seconds"), [(1, 0.001), (1, 0.02), (1, 0.5), (5, 0.02), (20, 0.02)])
def test_a_frame_may_take_what_leaves_so_many_a_second_or_little_beside_the_steps(steps: int, seconds: float) -> None:
    most, comfortable = tempo(((1, steps),)).room(1, seconds)
    training = steps * seconds
    assert 0 < comfortable < most
    enough = 1 / (training + most) >= FRAMES_PER_SECOND * 0.999
    assert enough or most / training == pytest.approx(0.25)


def test_the_article_begins_at_every_step() -> None:
    """So do the zoo and what one begins from. The long ones come to full speed by themselves, after the beginning."""
    for preset in PRESETS.values():
        first, *others = preset.paces
        assert first == ((1, None) if preset.name == "quick" else (1, 1))
        assert [since for since, _ in preset.paces] == sorted({since for since, _ in preset.paces})
        by_step = ("dirac", "bilinear")  # short, and every step is one of the way
        if preset.name in ("longer", "better", "tears") or (
            (preset.group == "laboratory" or preset.group.startswith("shelf")) and preset.name not in by_step
        ):
            assert [steps for _, steps in others] == [5, 20, None]
            assert others[-1][0] < preset.length
        else:
            assert not others
        assert preset.pauses == (preset.figure is not None and preset.length <= 600)
