"""What can be said of runs that differ in the seed alone: shares with intervals, and two recipes held together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

RESAMPLES = 9_999  # of a permutation test; fewer runs have fewer permutations, and then all of them are taken
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Share:
    """`count` of `of`, with the interval of Wilson (1927) for the share that is behind it."""

    count: int
    of: int
    low: float
    high: float


def share(count: int, of: int) -> Share:
    """The share `count` of `of`, at least one, with its 95 % interval."""
    found = stats.binomtest(count, of).proportion_ci(CONFIDENCE, method="wilson")
    return Share(count, of, float(found.low), float(found.high))


@dataclass(frozen=True)
class Mean:
    """The mean of `of` numbers, with Student's interval for the mean that is behind them; NaN where it is not known."""

    value: float
    low: float
    high: float
    of: int


def mean(numbers: Sequence[float]) -> Mean:
    """The mean with its 95 % interval (Student 1908); there is none of a single number, and no mean of none."""
    if len(numbers) < 2:
        value = float(numbers[0]) if numbers else math.nan
        return Mean(value, math.nan, math.nan, len(numbers))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(numbers) - 1) * stats.sem(numbers))
    middle = float(np.mean(numbers))
    return Mean(middle, middle - half, middle + half, len(numbers))


def permutation(a: Sequence[float], b: Sequence[float], resamples: int = RESAMPLES) -> float:
    """Two-sided p of the permutation test of the difference of means (Fisher 1935); 1 where one has less than two."""
    if min(len(a), len(b)) < 2:
        return 1.0

    def difference(x: Any, y: Any, axis: int) -> Any:
        return np.mean(x, axis=axis) - np.mean(y, axis=axis)

    found = stats.permutation_test(
        (a, b), difference, vectorized=True, n_resamples=resamples, rng=np.random.default_rng(0)
    )
    return float(found.pvalue)


@dataclass(frozen=True)
class Comparison:
    """One reading of two recipes, each over its seeds."""

    reading: str
    by: str  # "steps" or "gradients": what is equal
    at: tuple[int, int]  # steps of the two
    gradients: tuple[float, float]  # that they had taken by then, mean over the seeds
    median: tuple[float, float]
    count: tuple[int, int]  # runs with that number
    p: float


def compare(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]], reading: str) -> tuple[Comparison, ...]:
    """Hold two recipes together by one reading: at equal steps, and at equal gradients taken.

    Rows are those of a sweep (`gan_core.sweep.work.row_of`). Equal steps are the last ones that are told of all runs;
    equal gradients are those of the recipe that has taken fewer by its end, and the other's last told step within
    them. Runs that ended before are told of as they ended.
    """
    if not a or not b:
        return ()
    steps = min(last_told(a), last_told(b))
    rates = [paid_a_step(rows, "gradients") for rows in (a, b)]
    budget = min(rate * last_told(rows) for rate, rows in zip(rates, (a, b), strict=True))
    found = []
    for by, at in (
        ("steps", (steps, steps)),
        ("gradients", tuple(told_within(rows, budget / rate) for rate, rows in zip(rates, (a, b), strict=True))),
    ):
        numbers = [numbers_at(rows, reading, step) for rows, step in zip((a, b), at, strict=True)]
        found.append(
            Comparison(
                reading,
                by,
                (at[0], at[1]),
                (at[0] * rates[0], at[1] * rates[1]),
                (_median(numbers[0]), _median(numbers[1])),
                (len(numbers[0]), len(numbers[1])),
                permutation(numbers[0], numbers[1]),
            )
        )
    return tuple(found)


def paid_a_step(rows: Sequence[Mapping[str, Any]], what: str) -> float:
    """How many "gradients", or "samples", a step of these rows took, on average over them."""
    return float(np.mean([row[what] / max(row["steps"], 1) for row in rows]))


def last_told(rows: Sequence[Mapping[str, Any]]) -> int:
    """The last step that is told of any of these rows; 0 if none is."""
    return max((int(row["told"][-1]) for row in rows if row["told"]), default=0)


def told_within(rows: Sequence[Mapping[str, Any]], steps: float) -> int:
    """The last step told of any run that is not beyond so many steps; the first one told, if all are."""
    told = sorted({int(step) for row in rows for step in row["told"]})
    return max((step for step in told if step <= steps * (1 + 1e-9)), default=told[0] if told else 0)


def numbers_at(rows: Sequence[Mapping[str, Any]], reading: str, step: int) -> list[float]:
    """Of each run at that step, or at its last one before; runs without a number are left out."""
    found = []
    for row in rows:
        at = [i for i, told in enumerate(row["told"]) if told <= step]
        value = row["readings"][reading][at[-1]] if at else None
        if value is not None:
            found.append(float(value))
    return found


def _median(numbers: Sequence[float]) -> float:
    return float(np.median(numbers)) if numbers else math.nan
