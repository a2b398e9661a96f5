"""Papers' tables of a server: which there are to train, what may be asked of them, and what has come of each so far.

    ID/asked.json   which table, with how many seeds and steps, and which of its ways; the rest is as `asked.py` has it

The same table with other seeds or other steps is another folder; ways that are asked for later go to the same one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gan_core.papers.asked import Asked, names
from gan_core.papers.registry import TABLES
from gan_core.records.sweeps import NoSweep
from gan_core.sweep.folder import PLAN, ROWS, rows_known, write_whole
from gan_core.sweep.line import Line, Trained, is_free
from gan_core.sweep.service import stamp
from gan_core.sweep.trial import Trials
from gan_core.texts.catalogue import say

if TYPE_CHECKING:
    from gan_core.papers.found import Results  # and with it scipy, once a table is looked at

Made = TypeVar("Made")
BESIDE_RUNS = "tables"  # what the folder is called in one of runs
ASKED = "asked.json"
MAX_SEEDS, MAX_TABLES = 100, 50  # of one that a page asks for; of all
_SHOWN = 4  # tables that are held in memory, made
_DIGITS = 12


@dataclass(frozen=True)
class _Seen:
    """One as it was when its files had this stamp."""

    stamp: str
    asked: Asked
    done: int


class Tables(Trained):
    """All of them. Any thread may call the public methods; what cannot be done is a ValueError with a sentence.

    A name that is none is a NoSweep.
    """

    def __init__(self, place: Path, line: Line) -> None:
        """`place` is the folder, which need not exist."""
        super().__init__(place, line)
        self._trials = Trials()
        # Under the line's lock:
        self._seen: dict[str, _Seen] = {}
        self._shown: dict[str, tuple[str, dict[str, Any]]] = {}  # by name, the last one made last

    # -- what a page asks ----------------------------------------------------------------------------------------------

    def papers(self) -> list[dict[str, Any]]:
        """Which tables there are to train."""
        return [table.described() for table in TABLES.values()]

    def listed(self) -> list[dict[str, Any]]:
        """Those that are trained here, or were, the newest first. A damaged one has a sentence, `damage`."""
        with self._line.changed:
            return sorted((self._summary(name) for name in self.names()), key=lambda one: -one["asked"])

    def begin(self, given: Mapping[str, Any], workers: int) -> str:
        """Have it trained; returns the name of its folder, which may hold other ways already.

        Runs that another folder of the same table has are not trained again.
        """
        table, seeds, steps, ways = _read(given)
        name = hashlib.sha256(json.dumps([table, seeds, steps]).encode()).hexdigest()[:_DIGITS]
        with self._line.changed:
            self._check(name, workers, MAX_TABLES, say("papers.too-many", most=MAX_TABLES))
            before = self._read_asked(name).only if name in self.names() else ()
            more = [way for way in ways if way not in before]
            asked = Asked(TABLES[table], tuple(range(seeds)), steps, self.place / name, (*before, *more))
            if more:
                self._line.leave(self.place / name)  # what it is told of ways, it is told at its start
                found = {"table": table, "seeds": seeds, "steps": steps, "ways": list(asked.only)}
                asked.out.mkdir(parents=True, exist_ok=True)
                write_whole(asked.out / ASKED, json.dumps(found).encode())
                asked.begin()
                self._take_over(asked, more)
            self._want(name, workers)
        return name

    def cost(self, given: Mapping[str, Any], workers: int) -> dict[str, Any]:
        """What it takes: `seconds` of one core a run, by way that is known, and of the clock `seconds_in_all`.

        That is None until a run of each way has been tried.
        """
        table, seeds, steps, ways = _read(given)
        self._workers(workers)
        seconds: dict[str, float] = {}
        for way in (way for way in TABLES[table].trained if way.name in ways):
            found = self._trials.ask(TABLES[table].plan(way, (0,), steps))
            if found is not None and found.error:
                raise ValueError(found.error)
            if found is None or found.seconds is None:
                return {"seconds": seconds, "ways": len(ways), "seconds_in_all": None}
            seconds[way.name] = found.seconds
        in_all = sum(seconds.values()) * ceil(seeds / workers)
        return {"seconds": seconds, "ways": len(ways), "seconds_in_all": in_all}

    def told(self, name: str, seen: str) -> dict[str, Any]:
        """How it stands, and the whole table where it is not as it was when it had the version `seen`."""
        with self._line.changed:
            there = self._see(name)
            found: dict[str, Any] = {"sweep": self._summary(name), "version": there.stamp}
            kept = self._shown.get(name)
        if seen == there.stamp:
            return found
        if kept is None or kept[0] != there.stamp:
            kept = (there.stamp, _shown(there.asked))
            with self._line.changed:
                self._shown.pop(name, None)
                self._shown[name] = kept
                for old in list(self._shown)[:-_SHOWN]:
                    del self._shown[old]
        return {**found, "table": kept[1]}

    def file(self, name: str, kind: str) -> bytes:
        """It as a file: "md" or "json". Raises ValueError with a sentence for another kind."""
        from gan_core.papers.printed import as_json, markdown

        kinds = {"md": markdown, "json": as_json}
        if kind not in kinds:
            raise ValueError(say("papers.kind", name=repr(kind), names=", ".join(kinds)))
        with self._line.changed:
            asked = self._see(name).asked
        return _made(asked, kinds[kind]).encode()

    # -- under the lock ------------------------------------------------------------------------------------------------

    def progress(self, name: str) -> tuple[int, int]:
        """How many of its runs are done, and how many it has."""
        there = self._see(name)
        return there.done, there.asked.runs

    def command(self, name: str) -> tuple[Sequence[str], Sequence[str]]:
        """What trains it."""
        asked = self._see(name).asked
        options = ["--seeds", str(len(asked.seeds)), "--steps", str(asked.steps), "--only", *asked.only]
        return ("gan_core.bench.tables",), [asked.table.name, *options]

    def is_free(self, name: str) -> bool:
        """Whether nobody trains any of its ways."""
        asked = self._see(name).asked
        return all(is_free(asked.folder(way)) for way in asked.ways)

    def none(self) -> NoSweep:
        """That there is no such table."""
        return NoSweep(say("papers.none"))

    def forget(self, name: str) -> None:
        """Drop what is held of it."""
        self._seen.pop(name, None)
        self._shown.pop(name, None)

    def _summary(self, name: str) -> dict[str, Any]:
        notes = self.notes(name)
        found: dict[str, Any] = {"id": name, "asked": notes.asked, "workers": notes.workers, "damage": ""}
        try:
            there = self._see(name)
        except (ValueError, OSError, NoSweep) as error:
            return {**found, "damage": str(error)}
        asked = there.asked
        about = {"table": asked.table.name, "title": asked.table.title, "seeds": len(asked.seeds)}
        about |= {"steps": asked.steps, "protocol": asked.table.steps, "ways": list(asked.only)}
        return {**found, **about, **self._standing(name, there.done, asked.runs)}

    def _see(self, name: str) -> _Seen:
        """What is asked, and how many runs are done; rows are not read anew where no file has changed."""
        path = self.path(name)
        parts = sorted(one.name for one in path.iterdir() if one.is_dir())
        files = [path / ASKED, *(path / part / file for part in parts for file in (PLAN, ROWS))]
        now = hashlib.sha256(repr([parts, *map(stamp, files)]).encode()).hexdigest()[:_DIGITS]
        if name not in self._seen or self._seen[name].stamp != now:
            asked = self._read_asked(name)
            done = sum(len(asked.rows(way)) for way in asked.ways)
            self._seen[name] = _Seen(now, asked, done)
        return self._seen[name]

    def _read_asked(self, name: str) -> Asked:
        """What a folder holds. Raises ValueError with a sentence for a damaged one, OSError."""
        file = self.path(name) / ASKED
        try:
            table, seeds, steps, ways = _read(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(say("papers.damaged", file=str(file), why=str(error))) from None
        return Asked(TABLES[table], tuple(range(seeds)), steps, self.place / name, tuple(ways))

    def _take_over(self, asked: Asked, more: Sequence[str]) -> None:
        """Take rows of these ways, of which nothing is there, from the other folders of the same table."""
        others = [self.place / name for name in self.names() if self.place / name != asked.out]
        for way in (way for way in asked.ways if way.name in more):
            plan = asked.table.plan(way, asked.seeds, asked.steps)
            places = [other / way.name for other in others if self._is_of(other.name, asked)]
            asked.folder(way).add(rows_known(plan, places))

    def _is_of(self, name: str, asked: Asked) -> bool:
        try:
            return self._read_asked(name).table.name == asked.table.name
        except (ValueError, OSError):
            return False


def _shown(asked: Asked) -> dict[str, Any]:
    from gan_core.papers.shown import shown

    seeds = {way.name: len(asked.seeds) for way in asked.ways}
    return _made(asked, lambda results: shown(results, seeds))


def _made(asked: Asked, make: Callable[[Results], Made]) -> Made:
    """What is made of all that is there. Raises ValueError with a sentence where that is damaged."""
    from gan_core.papers.found import Results

    try:
        return make(Results.of(asked))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(say("papers.damaged", file=str(asked.out), why=repr(error))) from None


def _read(given: Mapping[str, Any]) -> tuple[str, int, int, list[str]]:
    """Table, seeds, steps and ways, as anybody gives them. Raises ValueError with a sentence."""
    table = TABLES.get(str(given.get("table")))
    if table is None:
        raise ValueError(say("papers.unknown", name=repr(given.get("table"))[:60], names=", ".join(TABLES)))
    seeds, steps = (_whole(name, given.get(name)) for name in ("seeds", "steps"))
    if not 1 <= seeds <= MAX_SEEDS:
        raise ValueError(say("papers.seeds", most=MAX_SEEDS, seeds=seeds))
    if not 1 <= steps <= table.steps:
        raise ValueError(say("papers.steps", most=table.steps, steps=steps))
    asked = given.get("ways")
    if not isinstance(asked, list) or not asked:
        raise ValueError(say("papers.no-ways", names=names(table.trained)))
    there = [way.name for way in table.trained]
    unknown = next((way for way in asked if way not in there), None)
    if unknown is not None:
        raise ValueError(say("papers.unknown-way", name=repr(unknown)[:60], names=", ".join(there)))
    return table.name, seeds, steps, [way for way in there if way in asked]


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(say("refusal.whole", name=name, value=repr(value)[:40]))
    return value
