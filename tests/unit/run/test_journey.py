"""The way to a known step, against a straight walk along it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gan_core.records.steps import Change, StepMetrics
from gan_core.run.history import MetricsLog
from gan_core.run.journey import Journey


@given(
    steps=st.lists(st.integers(1, 60), max_size=12).map(sorted),
    start=st.integers(0, 60),
    way=st.integers(0, 60),
    at_most=st.integers(1, 20),
)
def test_every_change_is_made_before_its_step_and_the_goal_is_not_passed(
    steps: list[int], start: int, way: int, at_most: int
) -> None:
    goal = start + way
    changes = [Change(step, "lr_g", 0.0, float(i)) for i, step in enumerate(steps) if start < step <= goal + 1]
    journey, step, made = Journey(0, goal, changes), start, []
    while True:
        made += [(step, change) for change in journey.take_due(step)]
        if journey.arrived(step):
            break
        count = journey.steps_until_something(step, at_most)
        assert 1 <= count <= at_most
        step += count
    assert step == goal
    assert made == [(change.step - 1, change) for change in changes]


def test_without_a_goal_it_never_arrives() -> None:
    journey = Journey(10)
    assert not journey.arrived(10**9)
    assert journey.steps_until_something(3, 8) == 8
    assert [journey.repeats(step) for step in (0, 9, 10, 11)] == [True, True, False, False]


@given(st.integers(0, 29), st.integers(0, 3), st.integers(0, 31))
def test_one_bit_of_difference_is_seen_and_its_step_named(row: int, column: int, bit: int) -> None:
    rows = np.random.default_rng(0).uniform(0.1, 2, (30, 4)).astype(np.float32)
    recorded = MetricsLog()
    recorded.load(rows, 1)
    metrics = [StepMetrics(i + 1, *map(float, values)) for i, values in enumerate(rows)]
    assert Journey(30).difference(metrics, recorded) is None
    flipped = rows.copy()
    flipped.view(np.uint32)[row, column] ^= np.uint32(1 << bit)
    recorded.load(flipped, 1)
    said = Journey(30).difference(metrics, recorded)
    assert said is not None
    assert said.startswith(f"Step {row + 1} gives other numbers here")
    assert Journey(row).difference(metrics, recorded) is None  # beyond what is known
