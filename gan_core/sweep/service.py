"""The sweeps of a server: which there are, what may be asked of them, and what has come of each so far."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_core.records.commands import check_size
from gan_core.records.sweeps import NoSweep
from gan_core.setup.presets import find_preset
from gan_core.sweep.folder import PLAN, ROWS, SweepFolder, rows_known
from gan_core.sweep.kept import KeptSweep
from gan_core.sweep.line import Line, Trained, is_free
from gan_core.sweep.plan import Plan, read_plan
from gan_core.sweep.trial import Trials
from gan_core.texts.catalogue import say

BESIDE_RUNS = "sweeps"  # what the folder is called in one of runs
MAX_RUNS, MAX_STEPS, MAX_SWEEPS = 5_000, 100_000, 200  # of one that a page asks for; of all
_HELD = 16  # sweeps that are held in memory, read
_DIGITS = 12


class Sweeps(Trained):
    """All of them. Any thread may call the public methods; what cannot be done is a ValueError with a sentence.

    A name that is none is a NoSweep.
    """

    def __init__(self, place: Path, line: Line) -> None:
        """`place` is the folder, which need not exist."""
        super().__init__(place, line)
        self._trials = Trials()
        # All under the line's lock:
        self._kept: OrderedDict[str, KeptSweep] = OrderedDict()
        self._standings: dict[str, tuple[tuple[tuple[int, int], ...], Plan, int]] = {}

    # -- what a page asks ----------------------------------------------------------------------------------------------

    def listed(self) -> list[dict[str, Any]]:
        """All, the newest first. A damaged one has a sentence, `damage`."""
        with self._line.changed:
            return sorted((self._summary(name) for name in self.names()), key=lambda one: -one["asked"])

    def begin(self, given: Mapping[str, Any], workers: int) -> str:
        """Have a plan trained; returns the name of its sweep: the same one for the same plan.

        Runs of it that another sweep has done already are not trained again.
        """
        plan = self.check(given)
        name = hashlib.sha256(json.dumps(plan.as_json()).encode()).hexdigest()[:_DIGITS]
        with self._line.changed:
            self._check(name, workers, MAX_SWEEPS, say("sweeps.too-many", most=MAX_SWEEPS))
            folder = SweepFolder(self.place / name)
            if not folder.begin(plan):
                folder.add(rows_known(plan, [self.place / other for other in self.names() if other != name]))
            self._want(name, workers)
        return name

    def check(self, given: Mapping[str, Any]) -> Plan:
        """Read a plan that a page asks for."""
        plan = read_plan(given)
        if not 1 <= plan.steps <= MAX_STEPS:
            raise ValueError(say("sweeps.steps", most=MAX_STEPS, steps=plan.steps))
        if not 1 <= plan.runs <= MAX_RUNS:
            raise ValueError(say("sweeps.runs", most=MAX_RUNS, runs=plan.runs))
        find_preset(plan.preset)
        plan.check()
        asked = {**dict(plan.config), **dict(plan.against), **{axis.name: "" for axis in plan.axes}}
        for config in {task.config for _, task in plan.tasks()}:
            check_size(config, asked)
        return plan

    def cost(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """How many runs and steps a plan has, and what one run takes: `seconds` is None while it is measured."""
        plan = self.check(given)
        found = self._trials.ask(replace(plan, seeds=plan.seeds[:1]))  # with any seed it takes as long
        if found is not None and found.error:
            raise ValueError(found.error)
        return {"runs": plan.runs, "steps": plan.runs * plan.steps, "seconds": found and found.seconds}

    def told(self, name: str, first: int, most: int) -> dict[str, Any]:
        """How it stands, and the rows of `most` runs that are done from number `first` on; from 0 with its layout."""
        with self._line.changed:
            kept = self._kept_of(name)
            summary = self._summary(name)
            rows = kept.rows[first : first + most]
            return {"sweep": summary, "rows": rows, **({} if first else kept.layout())}

    def looks(self, name: str, start: int) -> dict[str, Any]:
        """What was seen of its runs as they went: see KeptSweep."""
        with self._line.changed:
            return self._kept_of(name).looks(start)

    def fakes(self, name: str, keys: Sequence[str]) -> dict[str, str]:
        """The last fakes of runs that are done."""
        with self._line.changed:
            return self._kept_of(name).fakes(keys)

    def reals(self, name: str, cell: int) -> str:
        """Points of the data of a cell."""
        with self._line.changed:
            return self._kept_of(name).reals(cell)

    def compared(self, name: str, reading: str) -> list[dict[str, Any]]:
        """Its two recipes, held together."""
        with self._line.changed:
            kept = self._kept_of(name)
        return kept.compared(reading)

    def table(self, name: str) -> bytes:
        """The table of the runs that are done, as a file of Parquet is."""
        from gan_core.sweep.table import as_parquet, table

        with self._line.changed:
            kept = self._kept_of(name)
        return as_parquet(table(kept.plan, kept.folder.rows()))

    # -- under the lock ------------------------------------------------------------------------------------------------

    def progress(self, name: str) -> tuple[int, int]:
        """How many of its runs are done, and how many it has."""
        kept = self._kept_of(name)
        return len(kept.rows), kept.plan.runs

    def command(self, name: str) -> tuple[Sequence[str], Sequence[str]]:
        """What trains it: it goes on with the plan that its folder holds."""
        return ("gan_core", "sweep"), ["--looks"] if self._kept_of(name).few else []

    def is_free(self, name: str) -> bool:
        """Whether nobody trains it."""
        return is_free(SweepFolder(self.place / name))

    def none(self) -> NoSweep:
        """That there is no such sweep."""
        return NoSweep(say("sweeps.none"))

    def forget(self, name: str) -> None:
        """Drop what is held of it."""
        self._kept.pop(name, None)
        self._standings.pop(name, None)

    def _kept_of(self, name: str) -> KeptSweep:
        path = self.path(name)
        if name not in self._kept:
            try:
                self._kept[name] = KeptSweep(SweepFolder(path))
            except FileNotFoundError:
                raise self.none() from None
            while len(self._kept) > _HELD:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        self._kept[name].refresh()
        return self._kept[name]

    def _summary(self, name: str) -> dict[str, Any]:
        notes = self.notes(name)
        found: dict[str, Any] = {"id": name, "asked": notes.asked, "workers": notes.workers, "damage": ""}
        try:
            plan, done = self._known(name)
        except (ValueError, OSError, NoSweep) as error:
            return {**found, "damage": str(error)}
        about = {"preset": plan.preset, "steps": plan.steps, "seeds": len(plan.seeds), "until": plan.until}
        about |= {"axes": [axis.name for axis in plan.axes], "against": dict(plan.against)}
        return {**found, **about, **self._standing(name, done, plan.runs)}

    def _known(self, name: str) -> tuple[Plan, int]:
        """Its plan, and how many runs are done; a long list is not read anew where no file has changed."""
        files = tuple(stamp(self.place / name / file) for file in (PLAN, ROWS))
        if name not in self._standings or self._standings[name][0] != files:
            kept = self._kept_of(name)
            self._standings[name] = (files, kept.plan, len(kept.rows))
        _, plan, done = self._standings[name]
        return plan, done


def stamp(file: Path) -> tuple[int, int]:
    """What changes when a file does."""
    with suppress(OSError):
        found = file.stat()
        return found.st_size, found.st_mtime_ns
    return 0, 0
