"""The library of runs: its lines, and what it is asked for and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gan_core.records.ending import Ending
from gan_core.records.notes import Note
from gan_core.records.story import STATES
from gan_core.setup.recipe import Recipe

FAILED, DAMAGED, NO_STATE = "failed", "damaged", "none"  # beside STATES: what a run can be listed as
LISTED_AS = (*STATES, FAILED, DAMAGED, NO_STATE)
ORDERS = ("newest", "oldest", "longest", "largest", "title")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of the library of runs."""

    recipe: Recipe
    title: str
    outcome: Ending | str  # what came of it; of a file of an older form a sentence; may be empty
    steps: int  # the last one that is recorded
    changes: int
    frames: int
    checkpoints: int
    nbytes: int  # on the disk
    notes: tuple[Note, ...] = ()  # of the run and of its steps


@dataclass(frozen=True, slots=True)
class DamagedRun:
    """A line of the library that cannot be opened."""

    id: str
    nbytes: int
    error: str  # a sentence


Line = RunSummary | DamagedRun


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs are asked for. Of what is None, any will do."""

    find: str = ""  # words and NAME=VALUE, all of which must be so: `gan_core.recording.finding`
    preset: str | None = None
    target: str | None = None
    state: str | None = None  # one of LISTED_AS
    sweep: str | None = None  # its id; empty: of no sweep
    begun_only: bool = False  # leave out those without a step and without a title ...
    but: str = ""  # ... except this one: the one that is open
    order: str = ORDERS[0]
    start: int = 0  # how many of those that are found come before the first one that is wanted
    count: int = 50  # how many are wanted


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some of the runs that were asked for, and how many there are."""

    lines: list[Line]
    total: int  # that are found
    all: int  # that there are
    nbytes: int  # of all
    not_begun: int  # that would have been found but for `begun_only`
    values: Mapping[str, Mapping[str, int]]  # preset, target, state, sweep: of how many each is, the other filters kept
    parents: Mapping[str, RunSummary] = field(default_factory=dict)  # of the lines that have one that is here
    last: str | None = None  # which of all was trained last, except `RunQuery.but`
    unread: int = 0  # files that could not be read in the time there was: they are not among all


def listed_as(line: Line) -> str:
    """One of LISTED_AS."""
    if isinstance(line, DamagedRun):
        return DAMAGED
    if isinstance(line.outcome, str):
        return NO_STATE
    return FAILED if "failed" in line.outcome else str(line.outcome.get("state", NO_STATE))
