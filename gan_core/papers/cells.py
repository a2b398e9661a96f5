"""Numbers of a table as they are read: published ones, ours with their interval, counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gan_core.papers.found import At
from gan_core.papers.paper import ALONG, PER_CENT, Cell, Column, Published, Table
from gan_core.sweep.statistics import Mean

UNCONFIRMED = "†"
# What every run tells along its way, as it is printed.
TOLD = {
    "modes": Column("modes", "modes", 1),
    "high_quality": Column("high_quality", "high quality, ball, %", 1, PER_CENT),
    "reverse_kl": Column("reverse_kl", "reverse KL, all", 4),
    "coverage": Column("coverage", "parts reached, %", 1, PER_CENT),
    "on_band": Column("on_band", "on the data, %", 1, PER_CENT),
}


def marked(source: str, *, confirmed: bool) -> str:
    """A source, with the sign of those that are quoted from memory."""
    return source if confirmed else source + UNCONFIRMED


def published(line: Published, columns: Sequence[Column]) -> list[str]:
    """A line of a published table, as it stands there; empty where it has no number."""
    return [_published(line.cells.get(column.reading, "")) for column in columns]


def _published(cell: Cell) -> str:
    if isinstance(cell, tuple):
        return f"{cell[0]:g} ± {cell[1]:g}"
    return cell if isinstance(cell, str) else f"{cell:g}"


def ours(found: Mapping[str, Mean], columns: Sequence[Column]) -> list[str]:
    """Means over runs, each with its interval."""
    return [_mean(found[column.reading], column) for column in columns]


def _mean(found: Mean, column: Column) -> str:
    """The interval is cut to what there can be: the mean of what is never negative is not, either."""
    if not found.of:
        return "none"
    if math.isnan(found.low):
        return _said(found.value, column)
    low, high = max(found.low, column.least), min(found.high, column.most)
    return f"{_said(found.value, column)} ({_said(low, column)} to {_said(high, column)})"


def known(found: Mapping[str, float], columns: Sequence[Column]) -> list[str]:
    """Numbers without an interval; empty where one is not known."""
    return [_said(found[column.reading], column) if column.reading in found else "" for column in columns]


def _said(value: float, column: Column) -> str:
    return f"{value * column.scale:.{column.digits}f}"


def grouped(*counts: float) -> list[str]:
    """Whole numbers, their thousands apart."""
    return [f"{count:,.0f}" for count in counts]


def told_of(table: Table, found: Mapping[str, At]) -> list[Column]:
    """The columns that a table at equal gradients, or samples, has: those of its own that runs tell along the way."""
    shown = {column.reading for column in table.columns}
    return [TOLD[name] for name in ALONG if name in shown and any(at.readings[name].of for at in found.values())]
