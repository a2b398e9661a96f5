"""The sweeps of a server: which there are, who is next, and the child process that trains one of them.

It is trained by the very command that does so without a browser, at low priority, on the folder that the sweep has.
So it outlives every page. It ends with the server, however that ends, and is gone on with when the next one starts.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
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
from gan_core.sweep.kept import KeptSweep, folders
from gan_core.sweep.laborer import Laborer
from gan_core.sweep.notes import Notes, read_notes, write_notes
from gan_core.sweep.plan import Plan, read_plan
from gan_core.sweep.trial import Trials
from gan_core.texts.catalogue import say

BESIDE_RUNS = "sweeps"  # what the folder is called in one of runs
MAX_RUNS, MAX_STEPS, MAX_SWEEPS = 5_000, 100_000, 200  # of one that a page asks for; of all
_HELD = 16  # sweeps that are held in memory, read
_LOOK = 0.3  # seconds between two looks at the child
_DIGITS = 12


class Sweeps:
    """All of them. Any thread may call the public methods; what cannot be done is a ValueError with a sentence.

    A name that is none is a NoSweep.
    """

    def __init__(self, place: Path, cores: int) -> None:
        """`place` is the folder, which need not exist; `cores` are the most processes that one may have."""
        self._place, self.cores = place.resolve(), cores
        self._trials = Trials()
        self._changed = threading.Condition(threading.RLock())
        # All under the lock:
        self._kept: OrderedDict[str, KeptSweep] = OrderedDict()
        self._standings: dict[str, tuple[tuple[tuple[int, int], ...], Plan, int]] = {}
        self._labor: Laborer | None = None
        self._labor_of = ""
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="sweeps", daemon=True)

    def start(self) -> None:
        """Go on with what was to be trained when the last server ended."""
        self._thread.start()

    def close(self) -> None:
        """End the child; what it trains is gone on with by the next server."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            labor, self._labor = self._labor, None
        if labor is not None:
            labor.end()

    # -- what a page asks ----------------------------------------------------------------------------------------------

    def listed(self) -> list[dict[str, Any]]:
        """All, the newest first. A damaged one has a sentence, `damage`."""
        with self._changed:
            return sorted((self._summary(path.name) for path in folders(self._place)), key=lambda one: -one["asked"])

    def begin(self, given: Mapping[str, Any], workers: int) -> str:
        """Have a plan trained; returns the name of its sweep: the same one for the same plan.

        Runs of it that another sweep has done already are not trained again.
        """
        plan = self.check(given)
        name = hashlib.sha256(json.dumps(plan.as_json()).encode()).hexdigest()[:_DIGITS]
        with self._changed:
            there = folders(self._place)
            if len(there) >= MAX_SWEEPS and name not in {path.name for path in there}:
                raise ValueError(say("sweeps.too-many", most=MAX_SWEEPS))
            folder = SweepFolder(self._place / name)
            if not folder.begin(plan):
                folder.add(rows_known(plan, [path for path in there if path.name != name]))
            write_notes(self._place / name, Notes(True, self._workers(workers), time.time()))
            self._changed.notify_all()
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

    def pause(self, name: str) -> None:
        """Stop it; the runs in progress are kept as they were last handed back."""
        with self._changed:
            self._kept_of(name)
            write_notes(self._place / name, replace(read_notes(self._place / name, self.cores), wanted=False))
            self._changed.notify_all()

    def go_on(self, name: str, workers: int) -> None:
        """Train what is not done, with so many processes."""
        with self._changed:
            self._kept_of(name)
            before = read_notes(self._place / name, self.cores)
            asked = before.asked if before.wanted else time.time()
            write_notes(self._place / name, Notes(True, self._workers(workers), asked))
            self._changed.notify_all()

    def delete(self, name: str) -> None:
        """Take it away. Raises OSError."""
        with self._changed:
            path = self._path(name)
            if self._labor is not None and self._labor_of == name:
                self._labor.end()
                self._labor = None
            self._kept.pop(name, None)
            self._standings.pop(name, None)
            shutil.rmtree(path)
            self._changed.notify_all()

    def told(self, name: str, first: int, most: int) -> dict[str, Any]:
        """How it stands, and the rows of `most` runs that are done from number `first` on; from 0 with its layout."""
        with self._changed:
            kept = self._kept_of(name)
            summary = self._summary(name)
            rows = kept.rows[first : first + most]
            return {"sweep": summary, "rows": rows, **({} if first else kept.layout())}

    def looks(self, name: str, start: int) -> dict[str, Any]:
        """What was seen of its runs as they went: see KeptSweep."""
        with self._changed:
            return self._kept_of(name).looks(start)

    def fakes(self, name: str, keys: Sequence[str]) -> dict[str, str]:
        """The last fakes of runs that are done."""
        with self._changed:
            return self._kept_of(name).fakes(keys)

    def reals(self, name: str, cell: int) -> str:
        """Points of the data of a cell."""
        with self._changed:
            return self._kept_of(name).reals(cell)

    def compared(self, name: str, reading: str) -> list[dict[str, Any]]:
        """Its two recipes, held together."""
        with self._changed:
            kept = self._kept_of(name)
        return kept.compared(reading)

    def table(self, name: str) -> bytes:
        """The table of the runs that are done, as a file of Parquet is."""
        from gan_core.sweep.table import as_parquet, table

        with self._changed:
            kept = self._kept_of(name)
        return as_parquet(table(kept.plan, kept.folder.rows()))

    # -- under the lock ------------------------------------------------------------------------------------------------

    def _workers(self, asked: int) -> int:
        if not 1 <= asked <= self.cores:
            raise ValueError(say("sweeps.workers", most=self.cores, workers=asked))
        return asked

    def _path(self, name: str) -> Path:
        path = self._place / name
        if path not in folders(self._place):
            raise NoSweep(say("sweeps.none"))
        return path

    def _kept_of(self, name: str) -> KeptSweep:
        path = self._path(name)
        if name not in self._kept:
            try:
                self._kept[name] = KeptSweep(SweepFolder(path))
            except FileNotFoundError:
                raise NoSweep(say("sweeps.none")) from None
            while len(self._kept) > _HELD:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        self._kept[name].refresh()
        return self._kept[name]

    def _standing(self, name: str) -> tuple[Plan, int]:
        """Its plan, and how many runs are done; a long list is not read anew where no file has changed."""
        files = tuple(_stamp(self._place / name / file) for file in (PLAN, ROWS))
        if name not in self._standings or self._standings[name][0] != files:
            kept = self._kept_of(name)
            self._standings[name] = (files, kept.plan, len(kept.rows))
        _, plan, done = self._standings[name]
        return plan, done

    def _summary(self, name: str) -> dict[str, Any]:
        notes = read_notes(self._place / name, self.cores)
        found: dict[str, Any] = {"id": name, "asked": notes.asked, "workers": notes.workers, "damage": ""}
        try:
            plan, done = self._standing(name)
        except (ValueError, OSError, NoSweep) as error:
            return {**found, "damage": str(error)}
        labor = self._labor if self._labor_of == name else None
        if done >= plan.runs:
            state = "done"
        elif notes.why:
            state = "failed"
        elif not notes.wanted:
            state = "paused"
        else:
            state = "waiting" if labor is None else "running"
        rate = None if labor is None else labor.rate(done)
        about = {"preset": plan.preset, "steps": plan.steps, "seeds": len(plan.seeds), "until": plan.until}
        about |= {"axes": [axis.name for axis in plan.axes], "against": dict(plan.against)}
        return {**found, **about, "runs": plan.runs, "done": done, "state": state, "sentence": notes.why, "rate": rate}

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                self._settle()
                self._changed.wait(_LOOK if self._labor is not None or self._line() else None)

    def _line(self) -> list[str]:
        """Those that are to be trained, in their order."""
        notes = {path.name: read_notes(self._place / path.name, self.cores) for path in folders(self._place)}
        return sorted((name for name in notes if notes[name].wanted), key=lambda name: notes[name].asked)

    def _settle(self) -> None:
        """Take in that the child has ended, tell it to stop, or start the next one."""
        labor = self._labor
        if labor is None:
            self._start_next()
            return
        notes = read_notes(self._place / self._labor_of, self.cores)
        if labor.ended():
            self._labor = None
            self._take_end(labor, notes)
        elif not notes.wanted or notes.workers != labor.workers:
            labor.stop()

    def _take_end(self, labor: Laborer, notes: Notes) -> None:
        name = self._labor_of
        if labor.stopped or not notes.wanted:
            return
        try:
            kept = self._kept_of(name)
        except (ValueError, OSError, NoSweep):
            return
        why = "" if len(kept.rows) >= kept.plan.runs else labor.why()
        with suppress(OSError):  # of a full disk the child has said enough
            write_notes(self._place / name, replace(notes, wanted=False, why=why))

    def _start_next(self) -> None:
        for name in self._line():
            notes = read_notes(self._place / name, self.cores)
            try:
                kept = self._kept_of(name)
                if len(kept.rows) < kept.plan.runs:
                    if _is_free(kept.folder):
                        self._labor_of = name
                        self._labor = Laborer(kept.folder.path, notes.workers, looks=kept.few, done=len(kept.rows))
                        return
                    continue
                write_notes(self._place / name, replace(notes, wanted=False))
            except (ValueError, OSError, NoSweep) as error:
                with suppress(OSError):
                    write_notes(self._place / name, replace(notes, wanted=False, why=str(error)))


def _stamp(file: Path) -> tuple[int, int]:
    """What changes when a file does."""
    with suppress(OSError):
        found = file.stat()
        return found.st_size, found.st_mtime_ns
    return 0, 0


def _is_free(folder: SweepFolder) -> bool:
    """Whether nobody trains it: a child of the server before this one may be about to end."""
    try:
        with folder.alone():
            return True
    except ValueError:
        return False
