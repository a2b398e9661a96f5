"""What a paper claims of a table's ways, and whether it holds of the runs that are there.

The rules were written down before any result. Fewer than LEAST seeds decide nothing, but for a claim about every seed,
which one seed refutes. An order holds where the means are in it and the permutation test of their difference has p of
LIMIT at most; where only the means are, it is undecided.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median

HOLDS, FAILS, UNDECIDED, TOO_FEW = "holds", "does not hold", "undecided", "too few seeds"
LEAST = 5
LIMIT = 0.05

# By way, what was counted at the end of each of its runs; nothing of one that diverged.
Found = Mapping[str, Sequence[Mapping[str, float | None]]]


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds, and by what."""

    verdict: str
    told: str


@dataclass(frozen=True)
class Claim:
    """A sentence that could be refuted, and who says it."""

    words: str
    source: str
    judge: Callable[[Found], Verdict]
    confirmed: bool = True  # False: the source is quoted from memory
    of: str = ""  # the way that it is about, where one scenario shows it


def more(reading: str, way: str, than: str) -> Callable[[Found], Verdict]:
    """That the mean of a reading is greater of one way than of another."""
    return partial(_ordered, reading, way, than)


def alike(reading: str, way: str, other: str) -> Callable[[Found], Verdict]:
    """That no difference shows between two ways."""
    return partial(_alike, reading, way, other)


def every(reading: str, way: str, *, least: float = -math.inf, most: float = math.inf) -> Callable[[Found], Verdict]:
    """That a reading lies between two numbers, both included, with every seed; a run without it refutes it."""
    return partial(_every, reading, way, least, most)


def median_of(
    reading: str, way: str, *, least: float = -math.inf, most: float = math.inf
) -> Callable[[Found], Verdict]:
    """That the median of a reading lies between two numbers, both included."""
    return partial(_median, reading, way, least, most)


def numbers(found: Found, way: str, reading: str) -> list[float]:
    """A reading of all runs of a way that have it."""
    return [value for run in found.get(way, ()) if (value := run.get(reading)) is not None]


def _ordered(reading: str, way: str, than: str, found: Found) -> Verdict:
    a, b = numbers(found, way, reading), numbers(found, than, reading)
    told = _means(a, b)
    if min(len(a), len(b)) < LEAST:
        return Verdict(TOO_FEW, told)
    p = _p(a, b)
    in_order = fmean(a) > fmean(b)
    return Verdict((HOLDS if p <= LIMIT else UNDECIDED) if in_order else FAILS, f"{told}, p {p:.3f}")


def _alike(reading: str, way: str, other: str, found: Found) -> Verdict:
    a, b = numbers(found, way, reading), numbers(found, other, reading)
    if min(len(a), len(b)) < LEAST:
        return Verdict(TOO_FEW, _means(a, b))
    p = _p(a, b)
    return Verdict(HOLDS if p > LIMIT else FAILS, f"{_means(a, b)}, p {p:.3f}")


def _every(reading: str, way: str, least: float, most: float, found: Found) -> Verdict:
    runs = [run.get(reading) for run in found.get(way, ())]
    told = ", ".join("no number" if value is None else f"{value:.4g}" for value in runs) or "no run is done"
    if any(value is None or not least <= value <= most for value in runs):
        return Verdict(FAILS, told)
    return Verdict(HOLDS if len(runs) >= LEAST else TOO_FEW, told)


def _median(reading: str, way: str, least: float, most: float, found: Found) -> Verdict:
    there = numbers(found, way, reading)
    if len(there) < LEAST:
        return Verdict(TOO_FEW, f"median {median(there):.4g}" if there else "no run is done")
    middle = median(there)
    return Verdict(HOLDS if least <= middle <= most else FAILS, f"median {middle:.4g}")


def _means(a: Sequence[float], b: Sequence[float]) -> str:
    return " and ".join(f"{fmean(x):.4g}" if x else "no run" for x in (a, b))


def _p(a: Sequence[float], b: Sequence[float]) -> float:
    from gan_core.sweep.statistics import permutation  # scipy: which tables there are is asked more often

    return permutation(a, b)
