"""How a table of numbers is written: what parts its columns, its decimal sign, whether its first line names them.

Found from its first lines: of the ways in which a table can be read, the one by which most cells are numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gan_core.texts.catalogue import say

MAX_COLUMNS = 1000
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# The first of equally good ones counts. None: white space; True: decimal commas.
_WAYS: tuple[tuple[str | None, bool], ...] = (
    ("\t", False),
    (";", False),
    (",", False),
    (None, False),
    ("\t", True),
    (";", True),
    (None, True),
)
_PARTED_BY = {"\t": "tabs", ";": "semicolons", ",": "commas", None: "spaces"}  # names in the catalogue
SWAPPED = str.maketrans(".,", ",.")


@dataclass(frozen=True)
class Layout:
    """How the lines of a table are read."""

    delimiter: str | None  # None: any white space
    decimal_comma: bool
    header: tuple[str, ...]  # names of all columns; none where the first line has numbers already
    columns: tuple[int, int]  # from 0: those that are the points' coordinates

    def cells(self, line: str) -> list[str]:
        """The cells of a line, without the white space and quotes around them; decimal commas as points.

        Where commas are decimal, points are none: they part thousands, and so become what no number has.
        """
        cells = _split(line, self.delimiter)
        return [cell.translate(SWAPPED) for cell in cells] if self.decimal_comma else cells

    @property
    def names(self) -> tuple[str, str]:
        """What both columns are called: by the first line, else by their numbers from 1."""
        a, b = (self.header[column] if self.header else str(column + 1) for column in self.columns)
        return a, b

    @property
    def words(self) -> str:
        """What parts the columns, in words."""
        parted = say(f"data.parted.{_PARTED_BY[self.delimiter]}")
        return say("data.decimal-commas", parted=parted) if self.decimal_comma else parted


def find_layout(head: Sequence[str], asked: str = "") -> Layout:
    """How a table is read whose first lines that say something are `head`.

    `asked` are two columns by name or by number from 1, with a comma between; else the first two of numbers count.
    Raises ValueError with a sentence.
    """
    ways = [Layout(delimiter, comma, (), (0, 1)) for delimiter, comma in _WAYS]
    best = max(ways, key=lambda way: _share(way, head))
    rows = [best.cells(line) for line in head]
    if max(map(len, rows)) > MAX_COLUMNS:
        raise ValueError(say("data.too-many-columns", columns=max(map(len, rows)), most=MAX_COLUMNS))
    if not _share(best, head) and len(head) == 1:
        raise ValueError(say("data.only-a-header", line=brief(head[0])))
    if not _share(best, head):
        single = [is_number(line.strip()) or is_number(line.strip().translate(SWAPPED)) for line in head]
        raise ValueError(say("data.one-column" if sum(single) * 2 > len(head) else "data.no-numbers"))
    numeric = _numeric(rows)
    header = () if any(is_number(rows[0][i]) for i in numeric if i < len(rows[0])) else tuple(rows[0])
    if asked.strip():
        columns = _asked(asked, header, max(map(len, rows)))
    elif len(numeric) < 2:
        raise ValueError(say("data.one-column"))
    else:
        columns = numeric[0], numeric[1]
    return Layout(best.delimiter, best.decimal_comma, header, columns)


def is_number(cell: str) -> bool:
    """Whether a cell has a number, with a decimal point."""
    return _NUMBER.fullmatch(cell) is not None


def brief(text: str) -> str:
    """What can be said of a text that may be of any length."""
    return text if len(text) <= 40 else f"{text[:40]}…"


def _split(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return [cell.strip('"') for cell in line.split()]
    if '"' not in line:
        return [cell.strip() for cell in line.split(delimiter)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]


def _share(way: Layout, head: Sequence[str]) -> float:
    """The share of cells that are numbers, of lines with as many cells as most have; 0 for a single column."""
    rows = [way.cells(line) for line in head[1:] or head]
    counts = [len(row) for row in rows]
    usual = max(set(counts), key=lambda count: (counts.count(count), count))
    alike = [row for row in rows if len(row) == usual]
    if usual < 2:
        return 0.0
    return sum(is_number(cell) for row in alike for cell in row) / (usual * len(rows))


def _numeric(rows: list[list[str]]) -> list[int]:
    """Numbers of the columns of which, below the first line, half of the cells and more are numbers."""
    below = rows[1:] or rows
    return [
        column
        for column in range(max(map(len, below)))
        if sum(column < len(row) and is_number(row[column]) for row in below) * 2 >= len(below)
    ]


def _asked(asked: str, header: tuple[str, ...], count: int) -> tuple[int, int]:
    """The two columns that somebody names. Raises ValueError with a sentence."""
    names = [name.strip() for name in asked.split(",")]
    if len(names) != 2:
        raise ValueError(say("data.two-columns", asked=brief(asked)))
    first, second = (_column(name, header, count) for name in names)
    if first == second:
        raise ValueError(say("data.same-column", name=brief(names[0])))
    return first, second


def _column(name: str, header: tuple[str, ...], count: int) -> int:
    if name in header:
        return header.index(name)
    if name.isascii() and name.isdecimal() and len(name) < 5 and 1 <= int(name) <= count:
        return int(name) - 1
    there = ", ".join(brief(each) for each in header[:20]) if header else say("data.columns-to", last=str(count))
    raise ValueError(say("data.no-column", name=brief(name), there=there))
