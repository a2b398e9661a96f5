"""What is asked for of a table, and the folder in which it is trained, way after way, each a sweep of its own.

DIR/WAY/      the sweep of one way (gan_core.sweep.folder)
DIR/table.md, DIR/table.json   the table, made of what is there
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_core.papers.paper import Table, Way
from gan_core.sweep.folder import PLAN, SweepFolder


@dataclass(frozen=True)
class Asked:
    """A table, with how many seeds and steps, in which folder; of its ways, those of `only`."""

    table: Table
    seeds: tuple[int, ...]
    steps: int
    out: Path
    only: tuple[str, ...] = ()

    @property
    def ways(self) -> list[Way]:
        """Those that are to be trained."""
        return [way for way in self.table.trained if not self.only or way.name in self.only]

    @property
    def runs(self) -> int:
        """How many it has."""
        return len(self.seeds) * len(self.ways)

    def folder(self, way: Way) -> SweepFolder:
        """Where the runs of a way are."""
        return SweepFolder(self.out / way.name)

    def begin(self) -> int:
        """Take up what is there, or begin it; returns how many of its runs are done.

        Raises ValueError with a sentence where the folder holds another table, or this one with other seeds or steps.
        """
        done = 0
        for way in self.table.trained:
            plan = self.table.plan(way, self.seeds, self.steps)
            plan.check()
            there = (self.out / way.name / PLAN).exists()
            if there or way in self.ways:
                found = self.folder(way).begin(plan)
                done += len(found) if way in self.ways else 0
        return done

    def rows(self, way: Way) -> list[dict[str, Any]]:
        """Of its runs that are done, in the order of the seeds."""
        done = {row["key"]: row for row in self.folder(way).rows()}
        tasks = (task for _, task in self.table.plan(way, self.seeds, self.steps).tasks())
        return [done[task.key] for task in tasks if task.key in done]


def names(ways: Sequence[Way]) -> str:
    """Of ways, listed."""
    return ", ".join(way.name for way in ways)
