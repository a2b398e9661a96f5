"""Which steps stay, against a plain account of all that were ever added."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from gan_core.run.thinning import Thinning

GAPS = st.lists(st.integers(1, 40), max_size=300)
DENSE, LATER = st.integers(0, 30), st.integers(2, 20)


def steps_of(gaps: list[int]) -> list[int]:
    steps = [0]
    for gap in gaps:
        steps.append(steps[-1] + gap)
    return steps


@given(GAPS, DENSE, LATER)
def test_what_is_kept_is_what_was_added_and_not_dropped(gaps: list[int], dense: int, later: int) -> None:
    thinning, kept = Thinning(dense, later), set()
    for step in steps_of(gaps):
        if thinning.wants(step):
            dropped = thinning.add(step)
            kept.add(step)
            assert set(dropped) <= kept  # each is dropped once, and only after it was there
            kept -= set(dropped)
        assert thinning.steps == sorted(kept)


@given(GAPS, DENSE, LATER)
def test_the_beginning_is_whole_and_the_rest_bounded_and_spread(gaps: list[int], dense: int, later: int) -> None:
    thinning, steps = Thinning(dense, later), steps_of(gaps)
    for step in steps:
        if thinning.wants(step):
            thinning.add(step)
    first = [step for step in steps if step <= dense]
    assert thinning.steps[: len(first)] == first
    rest = thinning.steps[len(first) :]
    assert len(rest) <= later
    # One in each bucket, the widths powers of two: no two buckets that have steps are left without one.
    offered = [step for step in steps if step > dense]
    width = next(2**k for k in range(20) if len({(step - 1) // 2**k for step in offered}) <= later)
    assert {(step - 1) // width for step in rest} == {(step - 1) // width for step in offered}
    assert len(rest) == len({(step - 1) // width for step in offered})


@given(GAPS, DENSE, LATER)
def test_taken_up_again_it_keeps_the_same(gaps: list[int], dense: int, later: int) -> None:
    thinning = Thinning(dense, later)
    for step in steps_of(gaps):
        if thinning.wants(step):
            thinning.add(step)
    assert Thinning(dense, later, thinning.steps).steps == thinning.steps


def test_a_step_is_kept_once() -> None:
    thinning = Thinning(10, 4)
    for step in (0, 5, 11):
        assert thinning.wants(step)
        assert thinning.add(step) == []
        assert not thinning.wants(step)
    assert thinning.wants(3)  # looked at later than 5: a dense step is wanted whatever came before it
    thinning.add(3)
    assert thinning.steps == [0, 3, 5, 11]


def test_a_long_run_stays_small() -> None:
    thinning, random_ = Thinning(600, 600), random.Random(0)
    step = 0
    while step < 10**7:
        if thinning.wants(step):
            thinning.add(step)
        step += random_.randrange(1, 2000)
    assert 300 <= len([step for step in thinning.steps if step > 600]) <= 600
    gaps = [b - a for a, b in zip(thinning.steps, thinning.steps[1:], strict=False) if a > 600]
    assert max(gaps) < 10**7 / 100
