"""Has a crew train what a table asks for and its folder does not hold yet, way after way, each a sweep of its own.

DIR/WAY/      the sweep of one way (gan_core.sweep.folder)
DIR/table.md, DIR/table.json   the table, made of what is there
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gan_core.papers.counts import Count
from gan_core.papers.found import Results
from gan_core.papers.paper import Table, Way
from gan_core.papers.printed import as_json, markdown
from gan_core.sweep.conduct import Conductor, Report
from gan_core.sweep.crew import MakeCrew
from gan_core.sweep.folder import PLAN, SweepFolder, write_whole
from gan_core.sweep.on_worker import train_share

MARKDOWN, JSON = "table.md", "table.json"


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

    def results(self) -> Results:
        """What has come of it so far, all ways that are there."""
        return Results(self.table, {way.name: self._rows(way) for way in self.table.trained})

    def _rows(self, way: Way) -> list[dict[str, Any]]:
        """Of the runs that are done, in the order of the seeds."""
        done = {row["key"]: row for row in self.folder(way).rows()}
        tasks = (task for _, task in self.table.plan(way, self.seeds, self.steps).tasks())
        return [done[task.key] for task in tasks if task.key in done]

    def write(self) -> Results:
        """Make the table anew. Raises OSError."""
        results = self.results()
        write_whole(self.out / MARKDOWN, markdown(results).encode())
        write_whole(self.out / JSON, as_json(results).encode())
        return results


@dataclass(frozen=True)
class Ended:
    """What came of it."""

    results: Results
    stopped: bool = False
    left_out: int = 0


def train(asked: Asked, make_crew: MakeCrew, report: Report) -> Ended:
    """Train all that is not done, and write the table. Raises NoCrew, OSError; ValueError as `Asked.begin`."""

    def done(count: int) -> None:
        report.done(count)
        if count:
            try:
                asked.write()
            except OSError as error:
                report.say(f"{error.filename}: {error.strerror}; the table is written later.")

    does = partial(train_share, measure=Count(asked.table.samples))
    left_out, stopped = 0, False
    with ExitStack() as alone:
        folders = {way.name: asked.folder(way) for way in asked.ways}
        for folder in folders.values():
            alone.enter_context(folder.alone())
        asked.begin()
        try:
            for way in asked.ways:
                plan = asked.table.plan(way, asked.seeds, asked.steps)
                conductor = Conductor(plan, folders[way.name], replace(report, done=done), does=does)
                outcome = conductor.run(make_crew)
                left_out += len(outcome.left_out)
                stopped = outcome.stopped
                if stopped:
                    break
        finally:
            results = asked.write()
    return Ended(results, stopped, left_out)


def names(ways: Sequence[Way]) -> str:
    """Of ways, listed."""
    return ", ".join(way.name for way in ways)
