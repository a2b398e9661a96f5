"""What has come of a table so far: of each way its runs, in numbers; at equal steps, gradients and samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gan_core.papers.asked import Asked
from gan_core.papers.claims import Claim, Found, Verdict, numbers
from gan_core.papers.counts import floors
from gan_core.papers.paper import ALONG, Table, Way
from gan_core.sweep.statistics import Mean, last_told, mean, numbers_at, paid_a_step, told_within
from gan_core.targets.registry import TARGETS

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # of the runs that are done, as sweeps have them, by way
PAID = ("gradients", "samples")


@dataclass(frozen=True)
class Ours:
    """Of one way at its end: counted as the protocol says."""

    readings: Mapping[str, Mean]  # over the runs that have it
    seeds: int
    diverged: int
    steps: int  # that the runs had, at most
    gradients: float  # mean over the runs
    samples: float
    seconds: float  # of one core


@dataclass(frozen=True)
class At:
    """Of one way at a step on the way: in the fakes that every run of a sweep is looked at through."""

    step: int
    gradients: float
    samples: float
    readings: Mapping[str, Mean]


@dataclass(frozen=True)
class Results:
    """A table with what has come of it."""

    table: Table
    rows: Rows

    @classmethod
    def of(cls, asked: Asked) -> Results:
        """What is in a folder, of all ways that are there."""
        return cls(asked.table, {way.name: asked.rows(way) for way in asked.table.trained})

    def ours(self, way: Way) -> Ours | None:
        """What came of a way; None where no run of it is done."""
        rows = self.rows.get(way.name, ())
        if not rows:
            return None
        paid = [float(np.mean([row[what] for row in rows])) for what in (*PAID, "seconds")]
        return Ours(
            {column.reading: mean(numbers(self.counted, way.name, column.reading)) for column in self.table.columns},
            len(rows),
            sum(row["ended"] == "diverged" for row in rows),
            max(int(row["steps"]) for row in rows),
            *paid,
        )

    @cached_property
    def counted(self) -> Found:
        """What was counted at the end of each run, and what its last look told; nothing of one that diverged."""
        return {name: [_at_the_end(row) for row in rows] for name, rows in self.rows.items()}

    def at_equal(self, what: str) -> dict[str, At]:
        """Every way as it was when it had taken as many "gradients", or "samples", as the one that took fewest.

        A run tells of ten of its steps: of each way it is the last one told within that number.
        """
        there = {name: rows for name, rows in self.rows.items() if rows and last_told(rows)}
        rates = {name: {of: paid_a_step(rows, of) for of in PAID} for name, rows in there.items()}
        budget = min((rates[name][what] * last_told(rows) for name, rows in there.items()), default=0.0)
        found = {}
        for name, rows in there.items():
            step = told_within(rows, budget / rates[name][what])
            readings = {reading: mean(numbers_at(rows, reading, step)) for reading in ALONG}
            found[name] = At(step, step * rates[name]["gradients"], step * rates[name]["samples"], readings)
        return found

    def verdicts(self) -> list[tuple[Claim, Verdict]]:
        """Every claim with what came out."""
        return [(claim, claim.judge(self.counted)) for claim in self.table.claims]

    def perfect(self) -> dict[str, dict[str, float]]:
        """By target that has modes: what the data themselves come to, on average over samples."""
        found = {}
        for way in self.table.trained:
            target = self.table.target(way)
            modes = TARGETS.make(target).modes
            if modes is not None:
                found[target] = floors(modes, self.table.samples)
        return found


def _at_the_end(row: Mapping[str, Any]) -> dict[str, float | None]:
    if row["ended"] == "diverged":
        return {}
    last = {name: along[-1] for name, along in row["readings"].items() if along}
    return {**last, **row.get("measured", {})}
