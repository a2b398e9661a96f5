"""What a server reads in the folder of a sweep while somebody else trains it: rows, looks and fakes, as they come.

Whatever stands in the files, what is no row of this plan is passed over.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gan_core.setup.config import BOUNDS
from gan_core.setup.presets import find_preset
from gan_core.sweep.eye import LOOK, READ
from gan_core.sweep.folder import LOOKS, ROWS, Row, SweepFolder
from gan_core.sweep.plan import RECIPE, RECIPES, Plan, words
from gan_core.targets.registry import TARGETS
from gan_core.texts.catalogue import say
from gan_core.training.known import completed

FEW = 64  # runs up to which looks are written and read, and rows told with all their steps
MANY_ROWS = 500  # rows of one answer
MUCH = 1 << 20  # bytes of looks that are read for one answer
MOST_FAKES = 64  # runs of which fakes are asked for at once
REALS = 800  # real points to hold fakes against
POINT = 32_767
_TEXTS = ("verdict", "ended", "machine")
_COUNTS = ("since", "steps", "samples", "gradients")


@dataclass(frozen=True)
class Place:
    """Where in the file of rows one stands."""

    start: int
    length: int


class KeptSweep:
    """One sweep as it is read. Of one thread at a time."""

    def __init__(self, folder: SweepFolder) -> None:
        """Raises ValueError with a sentence for a damaged plan, OSError where there is none."""
        self.folder, self.plan = folder, folder.plan()
        find_preset(self.plan.preset)
        self.plan.check()
        self._cells, self._runs = _laid_out(self.plan)
        self._cell_of = {key: cell for key, cell, _ in self._runs}
        self.rows: list[dict[str, Any]] = []
        self._places: dict[str, Place] = {}
        self._read = 0

    @property
    def few(self) -> bool:
        """Whether so few runs that each can be watched as it goes."""
        return self.plan.runs <= FEW

    def layout(self) -> dict[str, Any]:
        """What does not change: the cells, each with its recipe, and the runs as (key, cell, seed)."""
        axes = [(axis.name, axis.values) for axis in self.plan.axes]  # in their order, which objects of JSON have not
        return {
            "plan": self.plan.as_json(), "axes": axes, "cells": self._cells, "runs": self._runs, "few": self.few
        }  # fmt: skip

    def refresh(self) -> int:
        """Read what has been added; returns how many runs are done."""
        with suppress(FileNotFoundError), (self.folder.path / ROWS).open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # it is being written
                self._take(line, self._read)
                self._read += len(line)
        return len(self.rows)

    def _take(self, line: bytes, start: int) -> None:
        row = _row(line, along=self.few)
        if row is not None and row["key"] in self._cell_of and row["key"] not in self._places:
            self._places[row["key"]] = Place(start, len(line))
            self.rows.append({**row, "cell": self._cell_of[row["key"]]})

    def looks(self, start: int) -> dict[str, Any]:
        """What was seen of runs as they went, from a byte of the file on, and of each run the last fakes among it."""
        found: list[dict[str, Any]] = []
        fakes: dict[str, str] = {}
        read = start
        with suppress(FileNotFoundError), (self.folder.path / LOOKS).open("rb") as file:
            file.seek(start)
            while read - start < MUCH and (line := file.readline()).endswith(b"\n"):
                read += len(line)
                look = _look(line)
                if look is not None and look["key"] in self._cell_of:
                    fakes[look["key"]] = look.pop("fakes")
                    found.append(look)
        return {"looks": found, "fakes": fakes, "next": read}

    def fakes(self, keys: Sequence[str]) -> dict[str, str]:
        """The last fakes of runs that are done, as their rows have them: int16 pairs in base64, POINT a unit."""
        self.refresh()
        found: dict[str, str] = {}
        with suppress(FileNotFoundError), (self.folder.path / ROWS).open("rb") as file:
            for key in keys:
                if key in self._places:
                    file.seek(self._places[key].start)
                    found[key] = str(json.loads(file.read(self._places[key].length)).get("fakes", ""))
        return found

    def reals(self, cell: int) -> str:
        """Points of the data of a cell, as `fakes` are. Raises ValueError with a sentence."""
        import torch

        if cell >= len(self._cells):
            raise ValueError(say("sweeps.no-cell", most=len(self._cells)))
        texts = {name: str(value) for name, value in self._cells[cell]["config"].items()}
        config = find_preset(self.plan.preset).config.changed(texts)
        points = TARGETS.make(config.target).sample(REALS, torch.Generator().manual_seed(0)).numpy()
        return base64.b64encode((points.clip(-1, 1) * POINT).round().astype("<i2").tobytes()).decode()

    def compared(self, reading: str) -> list[dict[str, Any]]:
        """Both recipes of every cell, held together by one reading. Raises ValueError with a sentence."""
        from gan_core.sweep.statistics import compare

        if reading not in READ:
            raise ValueError(say("sweeps.no-reading", name=repr(reading), names=", ".join(READ)))
        by_cell: dict[int, list[Row]] = {}
        for row in self.folder.rows():
            if row["key"] in self._cell_of and _row(json.dumps(row).encode(), along=True):
                by_cell.setdefault(self._cell_of[row["key"]], []).append(row)
        places = {words(cell["of"]): i for i, cell in enumerate(self._cells)}
        found = []
        for i, cell in enumerate(self._cells):
            if cell["of"].get(RECIPE) != RECIPES[0]:
                continue
            twin = places[words({**cell["of"], RECIPE: RECIPES[1]})]
            both = compare(by_cell.get(i, []), by_cell.get(twin, []), reading)
            found += [{**{name: _finite(x) for name, x in vars(one).items()}, "cells": [i, twin]} for one in both]
        return found


def _laid_out(plan: Plan) -> tuple[list[dict[str, Any]], list[tuple[str, int, int]]]:
    """The cells, each with what is not as the preset has it, and all runs as (key, cell, seed)."""
    preset = find_preset(plan.preset)
    usual = vars(completed(preset.config)), vars(preset.values)
    cells: list[dict[str, Any]] = []
    runs: list[tuple[str, int, int]] = []
    places: dict[str, int] = {}
    for cell, task in plan.tasks():
        name = words(cell)
        if name not in places:
            places[name] = len(cells)
            config, values = (
                {k: v for k, v in mine.items() if v != there[k]}
                for mine, there in zip((vars(task.config), vars(task.values)), usual, strict=True)
            )
            varied = {n: getattr(task.values, n) if n in BOUNDS else text for n, text in cell.items()}
            cells.append({"of": cell, "varied": varied, "config": config, "values": values})
        runs.append((task.key, places[name], task.seed))
    return cells, runs


def _row(line: bytes, *, along: bool) -> dict[str, Any] | None:
    """A row without its fakes, with all the steps that it tells or with the last alone; None for what is none."""
    try:
        row = json.loads(line)
        readings = {name: [_finite(x) for x in row["readings"][name]] for name in READ}
        told = [int(step) for step in row["told"]]
        if any(len(numbers) != len(told) for numbers in readings.values()):
            return None
        slim = {"key": str(row["key"]), "seconds": float(row["seconds"])}
        slim |= {name: str(row[name]) for name in _TEXTS} | {name: int(row[name]) for name in _COUNTS}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not along:
        told, readings = told[-1:], {name: numbers[-1:] for name, numbers in readings.items()}
    return {**slim, "told": told, "readings": readings}


def _look(line: bytes) -> dict[str, Any] | None:
    try:
        look = json.loads(line)
        found = {name: _finite(look.get(name)) for name in LOOK}
        return {
            "key": str(look["key"]), "step": int(look["step"]), "state": str(look["state"]),
            "fakes": str(look["fakes"]), **found,
        }  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _finite(value: Any) -> Any:
    """As JSON has it: a number that is none is null."""
    if isinstance(value, tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
