"""Has a crew train what a table asks for and its folder does not hold yet, and keeps the table written."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from gan_core.papers.asked import Asked
from gan_core.papers.counts import Count
from gan_core.papers.found import Results
from gan_core.papers.printed import as_json, markdown
from gan_core.sweep.conduct import Conductor, Report
from gan_core.sweep.crew import MakeCrew
from gan_core.sweep.folder import write_whole
from gan_core.sweep.on_worker import train_share

MARKDOWN, JSON = "table.md", "table.json"


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
                write(asked)
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
            results = write(asked)
    return Ended(results, stopped, left_out)


def write(asked: Asked) -> Results:
    """Make the table anew. Raises OSError."""
    results = Results.of(asked)
    write_whole(asked.out / MARKDOWN, markdown(results).encode())
    write_whole(asked.out / JSON, as_json(results).encode())
    return results
