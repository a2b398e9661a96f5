"""The rule that names a run's state, on looks made by hand, one rule at a time."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gan_core.records.story import STATES
from gan_core.run.diagnosis import (
    HOLD,
    Change,
    Look,
    Watch,
    changes,
    diagnose,
    diagnose_supervised,
)
from gan_core.texts.catalogue import say

NAN = math.nan
HEALTHY = Look(0, 0.9, 0.5, 0.56, (0.0, 0.0), 0.0, 0.69, 0.69)
BLOB = replace(HEALTHY, coverage=0.04, spread=0.02, centre=(0.4, -0.2))
WON = replace(BLOB, d_loss=1e-3, g_loss=8.0, saturated=1.0, centre=(0.99, 0.99))
PLACES = [(0.5, 0.1), (-0.9, 0.9), (0.2, -0.8), (-0.4, -0.2)]


def run(*kinds: Look | list[Look], each: int = 25, apart: int = 10) -> list[Look]:
    """`each` looks of every kind in turn, so many steps apart; a list is gone through again and again."""
    looks: list[Look] = []
    for kind in kinds:
        cycle = kind if isinstance(kind, list) else [kind]
        looks += [replace(cycle[i % len(cycle)], step=(len(looks) + i + 1) * apart) for i in range(each)]
    return looks


HOPPING = [replace(BLOB, centre=place) for place in PLACES]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (HEALTHY, "covering"),
        (replace(HEALTHY, coverage=0.6), "covering"),
        (replace(HEALTHY, coverage=0.59), "undecided"),
        (replace(HEALTHY, coverage=0.36), "undecided"),
        (BLOB, "collapsed"),
        (replace(BLOB, coverage=0.34), "collapsed"),
        (replace(BLOB, spread=0.4), "undecided"),  # reaches little, but is not one blob
        (HOPPING, "hopping"),
        ([replace(look, spread=0.5) for look in HOPPING], "hopping"),
        ([replace(BLOB, centre=(0.4 + dx, 0.0)) for dx in (0.09, -0.09)], "collapsed"),
        ([replace(BLOB, centre=(0.4 + dx, 0.0)) for dx in (0.11, -0.11)], "hopping"),
        (WON, "d-has-won"),
        ([replace(BLOB, centre=(0.4 + dx, 0.0), spread=0.32) for dx in (0.11, -0.11)], "hopping"),
        ([replace(BLOB, centre=(0.4 + dx, 0.0), spread=0.34) for dx in (0.11, -0.11)], "undecided"),  # a cloud sways
        ([replace(look, d_loss=1e-3, g_loss=8.0) for look in HOPPING], "d-has-won"),
        (replace(WON, d_loss=0.06), "collapsed"),
        (replace(WON, g_loss=-0.001), "d-has-won"),  # as the minimax loss has it
    ],
)
@pytest.mark.parametrize("apart", [1, 10, 500])
def test_states(kind: Look | list[Look], state: str, apart: int) -> None:
    assert diagnose(run(kind, each=50, apart=apart)) == state


def test_diverged_comes_before_all() -> None:
    assert diagnose(run(HEALTHY), diverged=True) == diagnose([], diverged=True) == "diverged"


def test_four_looks_are_too_few() -> None:
    assert diagnose([]) == diagnose(run(HEALTHY, each=4)) == "undecided"
    assert diagnose(run(HEALTHY, each=5)) == "covering"


def test_forty_steps_are_needed_however_many_looks() -> None:
    assert diagnose(run(HEALTHY, each=40, apart=1)) == "undecided"
    assert diagnose(run(HEALTHY, each=41, apart=1)) == "covering"


def test_a_short_outlier_changes_nothing() -> None:
    looks = run(HEALTHY)
    looks[-4:] = [replace(look, coverage=0.0, d_loss=0.0, g_loss=99.0) for look in looks[-4:]]
    assert diagnose(looks) == "covering"


def test_two_hundred_steps_count_where_looks_are_close() -> None:
    """A blob for the last 100 of 200 steps is not the median yet; for 110 it is."""
    assert diagnose(run(HEALTHY, BLOB, each=100, apart=1)) == "undecided"  # half and half: 0.47
    assert diagnose(run(HEALTHY, BLOB, each=100, apart=1)[:-10]) == "covering"
    assert diagnose(run(HEALTHY, BLOB, each=110, apart=1)) != "covering"
    assert diagnose(run(HEALTHY, BLOB, each=200, apart=1)) == "collapsed"


def test_ten_looks_count_where_they_are_far_apart() -> None:
    assert diagnose(run(HEALTHY, BLOB, each=10, apart=1000)) == "collapsed"
    assert diagnose(run(HEALTHY, BLOB, each=10, apart=1000)[:-6]) == "covering"


def test_one_part_of_two_is_a_collapse_and_one_of_one_is_all() -> None:
    """Of two modes one is half of the data: not below any limit of the spiral's, and a collapse all the same."""
    one = replace(BLOB, coverage=0.5)
    assert diagnose(run(one)) == "undecided"
    assert diagnose(run(one), parts=2) == "collapsed"
    assert diagnose(run([replace(look, coverage=0.5) for look in HOPPING]), parts=2) == "hopping"
    assert diagnose(run(one), parts=4) == "undecided"
    assert diagnose(run(replace(BLOB, coverage=1.0)), parts=1) == "covering"


def test_without_parts_the_spread_tells() -> None:
    def blind(look: Look) -> Look:
        return replace(look, coverage=NAN, on_band=NAN)

    assert diagnose(run(blind(BLOB))) == "collapsed"
    assert diagnose(run([blind(look) for look in HOPPING])) == "hopping"
    assert diagnose(run(blind(HEALTHY))) == "undecided"
    assert diagnose(run(blind(WON))) == "d-has-won"


def test_unknown_losses_do_not_win() -> None:
    assert diagnose(run(replace(BLOB, d_loss=NAN, g_loss=NAN))) == "collapsed"


@pytest.mark.parametrize(
    ("loss", "best", "untrained", "state"),
    [
        (6e-5, 0, 0.16, "learnt"),  # figure 3 at 600 steps
        (0.12, 0.0912, 0.25, "learning"),  # figure 4 at 600 steps
        (0.107, 0.0912, 0.25, "learning"),  # and at 3 000
        (0.0925, 0.0912, 0.25, "learnt"),
        (0.5, 0.0912, 0.25, "learning"),
        (NAN, 0, 1, "diverged"),
        (math.inf, 0, 1, "diverged"),
    ],
)
def test_supervised(loss: float, best: float, untrained: float, state: str) -> None:
    assert diagnose_supervised(loss, best, untrained) == state


def test_every_state_has_a_sentence() -> None:
    sentences = [say(f"state.{state}.sentence") for state in STATES]
    assert all(text.endswith(".") and len(text) < 120 for text in sentences)


def fed(states: str, watch: Watch) -> list[Change]:
    """States as one letter each, at steps 10, 20, ...; the changes they made."""
    found = (watch.add(10 * (i + 1), state) for i, state in enumerate(states))
    return [change for change in found if change]


def test_a_change_counts_after_three_looks_from_the_first_of_them() -> None:
    watch = Watch("a")
    assert fed("aabb", watch) == []
    assert watch.current == Change(0, "a")
    assert watch.add(50, "b") == Change(30, "b")
    assert watch.current == Change(30, "b")
    assert HOLD == 3


@pytest.mark.parametrize("states", ["aaba", "abbabba", "abcbcbc", "bbccbb"])
def test_what_flickers_is_no_change(states: str) -> None:
    assert fed(states, Watch("a")) == []


def test_several_changes() -> None:
    assert fed("abbbbcacccbbcaaa", Watch("a")) == [Change(20, "b"), Change(80, "c"), Change(140, "a")]


def test_divergence_counts_at_once() -> None:
    assert Watch("covering").add(7, "diverged") == Change(7, "diverged")


def test_changes_over_a_run() -> None:
    """Healthy, then a blob: the first five looks are needed, then three to hold; later the window has to turn over."""
    found = changes(run(HEALTHY, BLOB, each=40))
    assert found[0] == Change(50, "covering")
    assert [change.state for change in found[1:]] == ["hopping", "collapsed"]  # from one place to another, then still
    assert 400 + 100 <= found[1].step <= 400 + 110
    assert 400 + 180 <= found[2].step <= 400 + 200


def test_d_has_won_by_the_measure_of_its_own_objective() -> None:
    """A loss of 0.1 is next to none of the 2 that a hinge has where D cannot tell; of a critic it says nothing."""
    looks = [Look(step, math.nan, math.nan, 0.5, (0.0, 0.0), 0.0, 0.1, 0.0) for step in range(0, 200, 10)]
    assert diagnose(looks) == "undecided"
    assert diagnose(looks, chance=2.0) == "d-has-won"
    assert diagnose([replace(look, d_loss=-3.0) for look in looks], chance=None) == "undecided"
