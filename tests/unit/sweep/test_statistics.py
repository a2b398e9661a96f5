from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy import stats

from gan_core.sweep.statistics import compare, mean, permutation, share

Z = 1.959963984540054  # of the normal distribution, 97.5 %


@pytest.mark.parametrize(("count", "of"), [(5, 8), (0, 8), (8, 8), (1, 1), (37, 100)])
def test_the_interval_is_wilsons(count: int, of: int) -> None:
    p = count / of
    middle = (p + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z * math.sqrt(p * (1 - p) / of + Z**2 / (4 * of**2)) / (1 + Z**2 / of)
    found = share(count, of)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-9)


def test_five_of_eight() -> None:
    found = share(5, 8)
    assert f"{found.low:.2f} to {found.high:.2f}" == "0.31 to 0.86"


@pytest.mark.parametrize("numbers", [[8.0, 7.0, 8.0, 6.0, 8.0], [0.31, 0.35], [25.0, 25.0, 25.0]])
def test_the_interval_of_a_mean_is_students(numbers: list[float]) -> None:
    found = mean(numbers)
    assert (found.value, found.of) == (pytest.approx(np.mean(numbers)), len(numbers))
    if len(set(numbers)) == 1:
        assert (found.low, found.high) == (25.0, 25.0)
    else:
        interval = stats.ttest_1samp(numbers, 0.0).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_one_number_has_no_interval_and_none_has_no_mean() -> None:
    assert (mean([3.0]).value, mean([3.0]).of) == (3.0, 1)
    assert math.isnan(mean([3.0]).low)
    assert math.isnan(mean([]).value)


def test_p_is_the_share_of_all_ways_to_part_the_runs() -> None:
    a, b = [0.1, 0.4, 0.35, 0.2], [0.5, 0.7, 0.3, 0.9]
    both, observed = np.array(a + b), abs(np.mean(a) - np.mean(b))
    ways = [abs(both[list(some)].mean() - np.delete(both, list(some)).mean()) for some in combinations(range(8), 4)]
    exact = np.mean([way >= observed - 1e-12 for way in ways])
    assert permutation(a, b) == pytest.approx(exact, abs=1e-9)
    assert permutation(a, []) == 1.0


def row(steps: int, gradients_a_step: int, values: dict[int, float | None]) -> dict[str, Any]:
    return {
        "steps": steps,
        "gradients": steps * gradients_a_step,
        "told": list(values),
        "readings": {"coverage": list(values.values())},
    }


def test_two_recipes_at_equal_steps_and_at_equal_gradients() -> None:
    """B takes three gradients a step where A takes two: at the end of A's 300 steps, B is at 200."""
    a = [row(300, 2, {100: 0.1, 200: 0.2, 300: 0.3 + i / 100}) for i in range(4)]
    b = [row(300, 3, {100: 0.4, 200: 0.5 + i / 100, 300: 0.9}) for i in range(4)]
    by_steps, by_gradients = compare(a, b, "coverage")
    assert (by_steps.at, by_steps.gradients) == ((300, 300), (600, 900))
    assert by_steps.median == pytest.approx((0.315, 0.9))
    assert (by_gradients.at, by_gradients.gradients) == ((300, 200), (600, 600))
    assert by_gradients.median == pytest.approx((0.315, 0.515))
    assert by_gradients.p == pytest.approx(2 / 70)  # the two most extreme of 70 ways


def test_runs_that_ended_before_count_as_they_ended_and_unknown_numbers_do_not() -> None:
    a = [row(100, 2, {100: 0.7}), row(300, 2, {100: 0.1, 300: 0.3})]
    b = [row(300, 2, {100: None, 300: None}), row(300, 2, {100: 0.1, 300: 0.5})]
    by_steps, _ = compare(a, b, "coverage")
    assert by_steps.median == (0.5, 0.5)
    assert by_steps.count == (2, 1)
    assert compare([], b, "coverage") == ()
