"""Tables of points: however they are written, and what is said of those that are none."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from gan_core.datasets import table
from gan_core.datasets.table import read_table

POINTS = [(i / 4, 3 - i * i / 8) for i in range(12)]
DOTS = "\n".join(f"{x},{y}" for x, y in POINTS)


def written(content: str | bytes, folder: Path) -> Path:
    path = folder / "points.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(pattern: str) -> str:
    """A table with a line a point, where x and y stand for its coordinates."""
    return "\n".join(pattern.replace("x", f"{x}").replace("y", f"{y}") for x, y in POINTS)


@pytest.mark.parametrize(
    ("content", "columns", "parted"),
    [
        (DOTS, ("1", "2"), "commas"),
        (f"{DOTS}\n", ("1", "2"), "commas"),
        (DOTS.replace("\n", "\r\n"), ("1", "2"), "commas"),
        (DOTS.replace("\n", "\r"), ("1", "2"), "commas"),
        (f"\ufeffheight,weight\n{DOTS}", ("height", "weight"), "commas"),
        (f'"a, b","c"\n{DOTS}', ("a, b", "c"), "commas"),
        (f"# by hand\n\nheight,weight\n# the first\n\n  \n{DOTS}\n\n", ("height", "weight"), "commas"),
        (lines('"x" , "y"'), ("1", "2"), "commas"),
        (lines("x;y"), ("1", "2"), "semicolons"),
        (lines("x;y").replace(".", ","), ("1", "2"), "semicolons, decimal commas"),
        (lines("x\ty").replace(".", ","), ("1", "2"), "tabs, decimal commas"),
        (lines("x y").replace(".", ","), ("1", "2"), "spaces, decimal commas"),
        (lines("x\ty"), ("1", "2"), "tabs"),
        (lines("   x     y"), ("1", "2"), "spaces"),
        ("grösse;gewicht\n" + lines("x;y"), ("grösse", "gewicht"), "semicolons"),
        ("name,place,lon,lat\n" + lines('one,"here, there",x,y'), ("lon", "lat"), "commas"),
        (lines("one two;x;y").replace(".", ","), ("2", "3"), "semicolons, decimal commas"),
        (lines("2024-05-01 10:00,x,y"), ("2", "3"), "commas"),
        ("a,b,c\n" + lines("x,y,7"), ("a", "b"), "commas"),
    ],
)
def test_numbers_are_read_however_they_are_written(
    content: str, columns: tuple[str, str], parted: str, tmp_path: Path
) -> None:
    found = read_table(written(content, tmp_path))
    np.testing.assert_array_equal(found.points, POINTS)
    assert (found.columns, found.parted) == (columns, parted)


def test_decimal_commas_that_come_late_are_decimal_all_the_same(tmp_path: Path) -> None:
    content = "\n".join(["1;2"] * 60 + ["1,5;2,5"])
    np.testing.assert_array_equal(read_table(written(content, tmp_path)).points[-2:], [(1, 2), (1.5, 2.5)])


@pytest.mark.parametrize(
    ("asked", "columns", "wanted"),
    [("b,a", ("b", "a"), (1, 0)), ("3,1", ("c", "a"), (2, 0)), (" a , 3 ", ("a", "c"), (0, 2))],
)
def test_columns_may_be_chosen(asked: str, columns: tuple[str, str], wanted: tuple[int, int], tmp_path: Path) -> None:
    rows = [(i, 2.0 * i, i * i - 3.0) for i in range(12)]
    content = "a,b,c\n" + "\n".join(",".join(map(str, row)) for row in rows)
    found = read_table(written(content, tmp_path), asked)
    np.testing.assert_array_equal(found.points, np.array(rows)[:, wanted])
    assert found.columns == columns


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "There is nothing in it."),
        ("\n  \n# nothing yet\n", "There is nothing in it."),
        ("x,y\n", "It has a first line, “x,y”, and no rows below it."),
        (DOTS.split("\n")[0], "It has 1 row, and at least 10 are needed."),
        ("\n".join(DOTS.split("\n")[:9]), "It has 9 rows, and at least 10 are needed."),
        ("Once upon a time\nthere was a table\nwithout numbers", "It has no two columns of numbers."),
        (lines("x"), "It has one column of numbers, and a point takes two"),
        ("x\n" + lines("x"), "It has one column of numbers, and a point takes two"),
        ("name,x\n" + lines("one,x"), "It has one column of numbers, and a point takes two"),
        (f"{DOTS}\nnan,1", "Line 13 has “nan” in column 1, and every row needs two numbers up to 1e30"),
        (f"x,y\n{DOTS}\n1,inf", "Line 14 has “inf” in column y, and every row needs two numbers up to 1e30"),
        (f"{DOTS}\n1,1e999", "Line 13 has “1e999” in column 2"),
        (f"{DOTS}\n-2e30,1", "Line 13 has “-2e30” in column 1"),
        (f"{DOTS}\n1,1_000", "Line 13 has “1_000” in column 2"),
        (f"x,y\n\n{DOTS}\n# but\n1,ten\n2,3", "Line 16 has “ten” in column y"),
        (f"{DOTS}\n1,", "Line 13 has nothing in column 2"),
        (f"{DOTS}\n1", "Line 13 ends before column 2."),
        (lines("x;y").replace(".", ",") + "\n1.234,5;1", "Line 13 has “1.234,5” in column 1"),
        ("one,1\n" + DOTS, "Line 1 has “one” in column 1"),
        ("\n".join(["1.5,2"] * 20), "All of its points are the same one"),
        ("\n".join([",".join(["1"] * 1001)] * 20), "It has 1,001 columns, and a table may have 1,000"),
        ("1," * 1_000_000 + "1", "Line 1 has more than 65,536 characters."),
        (f"{DOTS}\n1,2{' ' * 70_000}", "Line 13 has more than 65,536 characters."),
        (DOTS.encode("utf-16"), "It is no text in UTF-8, perhaps one in UTF-16"),
        (DOTS.encode("utf-16-le"), "It is no text in UTF-8, perhaps one in UTF-16"),
        (b"PK\x03\x04\x14\0\x06\0", "It is no text in UTF-8"),
        (f"{DOTS}\ngröße,1".encode("latin-1"), "Line 13 is not in UTF-8, perhaps in Latin-1"),
    ],
)
def test_what_is_no_table_of_points_is_refused_with_a_sentence(content: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as refusal:
        read_table(written(content, tmp_path))
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("x", "“x” is not two columns, as in x,y or 1,2."),
        ("x,y,z", "“x,y,z” is not two columns"),
        ("x,z", "There is no column “z”; there are x, y."),
        ("0,1", "There is no column “0”; there are x, y."),
        ("1,3", "There is no column “3”; there are x, y."),
        ("x,1", "Both coordinates are the column “x”"),
    ],
)
def test_columns_that_there_are_not(asked: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read_table(written(f"x,y\n{DOTS}", tmp_path), asked)


def test_columns_without_names_go_by_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no column “x”; there are 1 to 2"):
        read_table(written(DOTS, tmp_path), "x,y")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="It is a folder"):
        read_table(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="It is no ordinary file"):
            read_table(tmp_path / "pipe")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)  # holes: nothing is written
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(ValueError, match=re.escape("It has 2,000 MB, and a table may have 100 MB")):
        read_table(path)


def test_a_row_more_than_may_be_is_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_POINTS", 12)
    assert len(read_table(written(DOTS, tmp_path)).points) == 12
    with pytest.raises(ValueError, match="It has more than 12 rows"):
        read_table(written(f"{DOTS}\n1,2", tmp_path))


@pytest.mark.parametrize("at_once", [1, 2, 5, 14])
def test_it_does_not_matter_in_how_many_goes_a_table_is_read(
    at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_AT_ONCE", at_once)
    content = f"\n# points\nx,y\n\n{DOTS}"
    np.testing.assert_array_equal(read_table(written(content, tmp_path)).points, POINTS)
    with pytest.raises(ValueError, match="Line 18 has “ten” in column y"):
        read_table(written(f"{content}\n\n1,ten\n3", tmp_path))
