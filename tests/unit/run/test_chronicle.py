"""The story of a run: states and changes in the order in which they happened."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gan_core.records.arrays import POINT_SCALE
from gan_core.records.frames import FixedPoints, Moment, Reading, Snapshot, TrailPoint
from gan_core.records.readings import PLACE, READINGS
from gan_core.records.steps import Change, StepMetrics
from gan_core.records.story import Event
from gan_core.run.chronicle import MAX_EVENTS, Chronicle, begin_chronicle, rule_for
from gan_core.run.diagnosis import Look
from gan_core.run.history import History, MetricsLog

NO_METRICS = MetricsLog()


def frame(step: int, coverage: float, spread: float = 0.5, centre: tuple[float, float] = (0.0, 0.0)) -> Snapshot:
    values = np.full(len(READINGS), np.nan, np.float32)
    values[[PLACE["coverage"], PLACE["spread"]]] = coverage, spread
    return Snapshot(
        moment=Moment(1, step, 0.0),
        latent_map=np.zeros((2, 2), np.uint8),
        sample_map=np.zeros((2, 2), np.uint8),
        fakes=np.zeros((3, 2), np.int16),
        image=np.zeros((2, 2, 2), np.int16),
        trail_point=TrailPoint(step, centre, (0.0, 0.0)),
        reading=Reading(step, values, np.zeros(50, np.int16)),
    )


def covering_then_collapsed() -> list[Snapshot]:
    return [frame(step, 0.9) for step in range(10, 410, 10)] + [frame(step, 0.02, 0.01) for step in range(410, 810, 10)]


def test_a_change_of_state_is_an_event_at_the_step_where_it_began() -> None:
    chronicle = Chronicle()
    states = []
    for look in covering_then_collapsed():
        chronicle.add(look, NO_METRICS)
        states.append(chronicle.diagnosis.state)
    assert states[0] == "undecided"
    assert set(states) >= {"covering", "collapsed"}
    events = chronicle.events(())
    assert [event.about for event in events] == [{"state": "covering"}, {"state": "collapsed"}]
    assert 410 < events[1].step < 650  # the window has to fill up with the new looks first
    assert (chronicle.diagnosis.state, chronicle.diagnosis.since) == ("collapsed", events[1].step)


def test_a_look_at_an_earlier_step_or_without_a_reading_says_nothing() -> None:
    chronicle, other = Chronicle(), Chronicle()
    for look in covering_then_collapsed():
        chronicle.add(look, NO_METRICS)
        other.add(look, NO_METRICS)
        other.add(frame(5, 0.0), NO_METRICS)
        other.add(replace(look, reading=None, moment=Moment(1, look.step + 5, 0.0)), NO_METRICS)
    assert other.events(()) == chronicle.events(())


def test_the_story_of_a_history_is_that_of_its_frames() -> None:
    history, chronicle = History(), Chronicle()
    for look in covering_then_collapsed():
        history.add_frame(look)
        chronicle.add(look, NO_METRICS)
    told = begin_chronicle(FixedPoints(1, np.zeros((1, 2), np.int16), np.zeros((1, 2), np.int16)), history)
    assert told.events(()) == chronicle.events(())
    assert told.diagnosis == chronicle.diagnosis


def test_losses_are_means_since_the_look_before() -> None:
    """D wins when its own loss is near 0 and G's is large, in the middle of the looks."""
    metrics = MetricsLog()
    for step in range(1, 401):
        metrics.append(StepMetrics(step, 0.001, 1.0, 9.0, 0.0))
    chronicle = Chronicle()
    for step in range(10, 401, 10):
        chronicle.add(frame(step, 0.02), metrics)
    assert chronicle.diagnosis.state == "d-has-won"


@pytest.mark.parametrize("stride_doublings", [0, 1, 3])
def test_mean_losses(stride_doublings: int) -> None:
    steps = 64
    log = MetricsLog(max_rows=steps >> stride_doublings)
    for step in range(1, steps + 1):
        log.append(StepMetrics(step, float(step), 0.0, float(-step), 0.0))
    held = [step for step in range(1, steps + 1) if (step - 1) % log.stride == 0]
    for after, until in ((0, 64), (10, 33), (31, 32), (32, 33), (63, 64)):
        expected = np.mean([step for step in held if after < step <= until] or [np.nan])
        assert log.mean_losses(after, until) == pytest.approx((expected, -expected), nan_ok=True)


def test_a_value_that_is_dragged_is_one_event() -> None:
    dragged = [Change(100 + i, "lr_g", 1e-3 - i * 1e-5, 1e-3 - (i + 1) * 1e-5) for i in range(50)]
    others = [Change(110, "beta1_d", 0.9, 0.5), Change(900, "lr_g", 5e-4, 2e-4)]
    events = Chronicle().events(sorted([*dragged, *others], key=lambda change: change.step))
    assert list(events) == [
        Event(100, "change", {"name": "lr_g", "old": 1e-3, "new": dragged[-1].new}),
        Event(110, "change", {"name": "beta1_d", "old": 0.9, "new": 0.5}),
        Event(900, "change", {"name": "lr_g", "old": 5e-4, "new": 2e-4}),
    ]


def test_the_newest_events_are_held() -> None:
    changes = [Change(1000 * i, "lr_g", 1e-3, 2e-3) for i in range(MAX_EVENTS + 50)]
    events = Chronicle().events(changes)
    assert len(events) == MAX_EVENTS
    assert events[-1].step == changes[-1].step


def test_a_loss_that_is_not_finite_is_said_at_once() -> None:
    chronicle = Chronicle()
    chronicle.diverged(17)
    assert (chronicle.diagnosis.state, chronicle.diagnosis.since) == ("diverged", 17)
    assert [event.step for event in chronicle.events(())] == [17]


def points(task: str, best: float | None = None) -> FixedPoints:
    random = np.random.default_rng(0)
    reals = (random.uniform(-1, 1, (5000, 2)) * POINT_SCALE).astype(np.int16)
    return FixedPoints(1, reals, reals, task, best)


def looks(d_loss: float, g_loss: float) -> list[Look]:
    return [Look(step, 0.5, 0.5, 0.5, (0.0, 0.0), 0.0, d_loss, g_loss) for step in range(10, 110, 10)]


@pytest.mark.parametrize(
    ("task", "best", "d_loss", "g_loss", "state"),
    [
        ("fit", None, np.nan, 0.004, "learning"),  # the coordinates' variance is 1/3, a hundredth of it 0.0033
        ("fit", None, np.nan, 0.003, "learnt"),
        ("noise", 0.0911, 0.12, np.nan, "learning"),  # a hundredth of the way from 0.25 to 0.0911 is 0.0016
        ("noise", 0.0911, 0.0925, np.nan, "learnt"),
        ("blob", 0.0, 0.002, np.nan, "learnt"),
        ("none", None, np.nan, np.nan, "undecided"),
    ],
)
def test_who_learns_alone_is_judged_by_what_is_left(
    task: str, best: float | None, d_loss: float, g_loss: float, state: str
) -> None:
    assert rule_for(points(task, best))(looks(d_loss, g_loss)) == state
