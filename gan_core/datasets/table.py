"""Points from a table of numbers: a text file with a line a point, as spreadsheets and programs write it.

Lines that are empty or begin with # are passed over. Any other line without two numbers is refused by its
number: what a point is must not depend on what was left out.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gan_core.datasets.layout import SWAPPED, Layout, brief, find_layout, is_number
from gan_core.texts.catalogue import say

MAX_BYTES = 100_000_000  # of a file
MIN_POINTS, MAX_POINTS = 10, 1_000_000
MAX_LINE = 1 << 16  # characters
_MOST, _LEAST = 1e30, 1e-30  # of a number's size; of how far the points are apart along one axis
_HEAD = 50  # lines by which the layout is found
_AT_ONCE = 20_000  # lines that are turned into numbers in one go; in between another thread may have its turn
_BYTES_SWAPPED = bytes.maketrans(b".,", b",.")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

Points = npt.NDArray[np.float64]  # (N, 2)


@dataclass(frozen=True, eq=False)
class Table:
    """The points of a file, in its own units."""

    points: Points
    columns: tuple[str, str]  # what its two columns are called
    parted: str  # by what, in words


def read_table(path: Path, asked: str = "") -> Table:
    """Read the points of a file from two of its columns, those `asked` for if any ("x,y" or "1,2").

    Raises ValueError with a sentence for what is no such file, and OSError where it cannot be read.
    """
    content = _content(path)
    head = [line for _, line in islice(_saying(content), _HEAD)]
    if not head:
        raise ValueError(say("data.empty"))
    layout = find_layout(head, asked)
    if layout.delimiter != "," and b"," in content and b"." not in content:  # perhaps below whole numbers alone
        layout = replace(layout, decimal_comma=True)
    points = _points(content, layout)
    if len(points) < MIN_POINTS:
        raise ValueError(say("data.too-few", points=len(points), least=MIN_POINTS))
    if np.ptp(points, axis=0).max() < _LEAST:
        raise ValueError(say("data.constant"))
    return Table(points, layout.names, layout.words)


def _content(path: Path) -> bytes:
    """What is in a file, in UTF-8. Raises as `read_table`."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ValueError(say("data.folder" if path.is_dir() else "data.no-file"))
    if about.st_size > MAX_BYTES:
        raise ValueError(say("data.too-large", size=about.st_size / 1e6, most=MAX_BYTES / 1e6))
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)  # it may have grown
        if len(content) > MAX_BYTES:
            raise ValueError(say("data.too-large", size=os.fstat(file.fileno()).st_size / 1e6, most=MAX_BYTES / 1e6))
    if content.startswith(_UTF_16) or b"\0" in content[:MAX_LINE]:
        raise ValueError(say("data.utf-16"))
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(say("data.encoding", line=str(content.count(b"\n", 0, error.start) + 1))) from None
    return content


def _lines(content: bytes) -> Iterator[str]:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")


def _saying(content: bytes) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers from 1. Raises ValueError for one that is too long."""
    for number, line in enumerate(_lines(content), 1):
        if len(line) > MAX_LINE:
            raise ValueError(say("data.long-line", line=str(number), most=MAX_LINE))
        if _says(line):
            yield number, line.rstrip("\n")


def _says(line: str) -> bool:
    return not line.isspace() and not line.startswith("#")


def _points(content: bytes, layout: Layout) -> Points:
    """The points of all lines. Raises ValueError with a sentence that names the first line that has none."""
    found: list[Points] = []
    lines = _lines(content.translate(_BYTES_SWAPPED) if layout.decimal_comma else content)
    number, count, header = 1, 0, bool(layout.header)
    while some := list(islice(lines, _AT_ONCE)):
        first, number = number, number + len(some)
        saying = [line for line in some if _says(line)]
        if header and saying:
            header = False
            first, some, saying = first + some.index(saying[0]) + 1, some[some.index(saying[0]) + 1 :], saying[1:]
        if saying:
            found.append(_numbers(saying, layout, some, first))
            count += len(found[-1])
        if count > MAX_POINTS:
            raise ValueError(say("data.too-many", most=MAX_POINTS))
    return np.concatenate(found) if found else np.zeros((0, 2))


def _numbers(saying: list[str], layout: Layout, some: list[str], first: int) -> Points:
    """The points of lines that say something, those of `some`, the first of which is number `first`."""
    try:
        if max(map(len, saying)) > MAX_LINE:
            raise ValueError
        # Whatever a cell holds, no memory is asked for but for the two columns.
        points = np.loadtxt(
            saying,
            delimiter=layout.delimiter,
            usecols=layout.columns,
            comments=None,
            quotechar='"',
            ndmin=2,
            encoding="utf-8",
        )
        if len(points) == len(saying) and (np.abs(points) <= _MOST).all():
            return points
    except ValueError:
        pass
    return np.array(list(_one_by_one(layout, some, first))).reshape(-1, 2)


def _one_by_one(layout: Layout, some: list[str], first: int) -> Iterator[tuple[float, ...]]:
    """The point of each line. Raises ValueError with a sentence on the first that has not two numbers."""
    with_points = replace(layout, decimal_comma=False)  # the lines have them for commas already
    for number, line in enumerate(some, first):
        if len(line) > MAX_LINE:
            raise ValueError(say("data.long-line", line=str(number), most=MAX_LINE))
        if _says(line):
            cells = with_points.cells(line.rstrip("\n"))
            both = zip(layout.columns, (brief(name) for name in layout.names), strict=True)
            yield tuple(_number(cells, column, layout, number, name) for column, name in both)


def _number(cells: list[str], column: int, layout: Layout, line: int, name: str) -> float:
    """One cell of a line as a number. Raises ValueError with a sentence."""
    if column >= len(cells):
        raise ValueError(say("data.short-line", line=str(line), name=name))
    cell = cells[column]
    if not cell:
        raise ValueError(say("data.no-cell", line=str(line), name=name))
    if not is_number(cell) or not abs(float(cell)) <= _MOST:
        as_it_was = cell.translate(SWAPPED) if layout.decimal_comma else cell
        raise ValueError(say("data.no-number", line=str(line), name=name, cell=as_it_was[:40]))
    return float(cell)
