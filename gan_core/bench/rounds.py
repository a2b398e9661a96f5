"""Measuring things side by side: rounds in which everybody gets a slice of time in turn. Knows nothing of GANs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Plan:
    """How much to measure, and on what."""

    rounds: int
    seconds: float  # length of one slice
    device: str = "auto"
    threads: int | None = None
    quick: bool = False  # fewer points on the curves


@dataclass(frozen=True)
class Row:
    """One line of the report: a figure in every round."""

    group: str
    name: str
    unit: str
    values: tuple[float, ...]  # one a round
    at: float | None = None  # on a curve: its place on the horizontal axis

    @property
    def spread(self) -> tuple[float, float, float]:
        """Least, median and greatest value."""
        return min(self.values), median(self.values), max(self.values)


def interleave(slices: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, tuple[float, ...]]:
    """Call every slice once a round and collect what they return, by name.

    Every other round runs backwards, so that nobody always follows the same neighbour. A first round is not counted:
    it pays for what is allocated or compiled once.
    """
    found: dict[str, list[float]] = {name: [] for name in slices}
    for i in range(rounds + 1):
        order = list(slices) if i % 2 == 0 else list(slices)[::-1]
        for name in order:
            value = slices[name]()
            if i > 0:
                found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}


def rate(call: Callable[[], object], seconds: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """Calls a second, over as many calls as begin within `seconds`; at least one."""
    start = now = clock()
    calls = 0
    while calls == 0 or now - start < seconds:
        call()
        calls += 1
        now = clock()
    return calls / (now - start)


def ratios(above: tuple[float, ...], below: tuple[float, ...]) -> tuple[float, ...]:
    """Ratio of two figures in each round."""
    return tuple(a / b for a, b in zip(above, below, strict=True))
