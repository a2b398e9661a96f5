"""The index of a folder of runs: what is read when, and what it answers, held against the files themselves."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

import run_files
from gan_core.recording import index, library
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.index import NAME, FileState, Row, RunIndex
from gan_core.recording.library import Library
from gan_core.records.library import DamagedRun, Line, RunQuery, RunSummary

FIRST, SECOND, THIRD = "20260101-000000-aaaaaa", "20260102-000000-bbbbbb", "20260103-000000-cccccc"
LONG_AGO = 1_000_000_000.0  # seconds since the epoch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of three runs, which were written long ago."""
    for run_id in (FIRST, SECOND, THIRD):
        add(tmp_path, run_id)
    return tmp_path


def add(folder: Path, run_id: str, **other: object) -> Path:
    path = folder / f"{run_id}.sqlite"
    RunFile.create(path, run_files.recipe(run_id, **other)).close()
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


@contextmanager
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the runs that are opened meanwhile."""
    names: list[str] = []
    really = RunFile.open

    def noted(path: Path, **how: bool) -> RunFile:
        names.append(path.stem)
        return really(path, **how)

    with monkeypatch.context() as patch:
        patch.setattr(library.RunFile, "open", noted)
        yield names


def ids(lines: list[Line]) -> list[str]:
    return [line.recipe.id if isinstance(line, RunSummary) else line.id for line in lines]


def from_the_files(folder: Path) -> list[Line]:
    """What a list without an index would be."""
    reader = Library(folder)
    return [reader._row(path.stem).line for path in sorted(folder.glob("*.sqlite"), reverse=True)]


# -- what is read ------------------------------------------------------------------------------------------------------


def test_a_file_is_opened_once_also_by_the_next_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = from_the_files(folder)
    with opened(monkeypatch) as names:
        assert Library(folder).runs() == expected
        assert sorted(names) == [FIRST, SECOND, THIRD]
        names.clear()
        assert Library(folder).runs() == expected
        assert Library(folder).page(RunQuery()).lines == expected
        assert names == []


def test_what_changed_is_read_again_and_nothing_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Library(folder)
    runs.runs()
    runs.rename(SECOND, "Mine")
    os.utime(runs.path(SECOND), (LONG_AGO + 1, LONG_AGO + 1))
    (folder / f"{FIRST}.sqlite").unlink()
    (folder / f"{THIRD}.sqlite").rename(folder / "renamed.sqlite")
    fourth = add(folder, "20260104-000000-dddddd")
    with opened(monkeypatch) as names:
        assert ids(runs.runs()) == ["renamed", fourth.stem, SECOND]
        assert set(names) == {fourth.stem, SECOND, "renamed"}
    assert runs.runs() == [
        replace(line, recipe=replace(line.recipe, id=path.stem))
        for path in sorted(folder.glob("*.sqlite"), reverse=True)
        for line in [closing_summary(path)]
    ]
    assert next(line.title for line in runs.runs() if isinstance(line, RunSummary) and line.title) == "Mine"


def closing_summary(path: Path) -> RunSummary:
    with closing(RunFile.open(path)) as file:
        return file.summary()


def test_what_is_only_in_the_log_counts(folder: Path) -> None:
    """A run that is recorded: its newest steps are in the log beside it, and the file itself stays as it is."""
    runs = Library(folder)
    runs.runs()
    with closing(RunFile.open(runs.path(FIRST), write=True)) as file:
        before = runs.path(FIRST).stat()
        with file.transaction():
            file.set_about("title", "in the log")
        after = runs.path(FIRST).stat()
        assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        assert [line.title for line in runs.runs() if isinstance(line, RunSummary)] == ["", "", "in the log"]


def test_what_was_written_just_now_is_not_trusted_to_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may change again without another size and time, where a file system's clock is coarse."""
    runs = Library(folder)
    now = index.time.time()
    os.utime(runs.path(FIRST), (now, now))
    with opened(monkeypatch) as names:
        runs.runs()
        names.clear()
        runs.runs()
        assert names == [FIRST]


def test_what_cannot_be_read_is_tried_again(folder: Path) -> None:
    """Another program may have locked it: it is as it was, and can be read once it is free."""
    path = folder / f"{FIRST}.sqlite"
    runs = Library(folder)
    whole, times = path.read_bytes(), (LONG_AGO, LONG_AGO)
    path.write_bytes(bytes(len(whole)))
    os.utime(path, times)
    damaged = runs.runs()[-1]
    assert isinstance(damaged, DamagedRun)
    assert damaged.error
    path.write_bytes(whole)
    os.utime(path, times)
    assert isinstance(runs.runs()[-1], RunSummary)


def test_a_page_does_not_wait_for_a_whole_folder(folder: Path) -> None:
    """Those that are not read yet are counted, the newest are read first, and the next page reads on."""
    runs = Library(folder)
    nothing = runs.page(RunQuery(), seconds=0)
    assert (nothing.lines, nothing.all, nothing.unread) == ([], 0, 3)
    states = {run_id: FileState(1, 1) for run_id in (FIRST, SECOND, THIRD)}
    some, clock = RunIndex(folder / "elsewhere"), iter(range(10))
    read: list[str] = []

    def row(run_id: str) -> Row:
        read.append(run_id)
        return Row(RunSummary(run_files.recipe(run_id), "", {}, 0, 0, 0, 0, 1), None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index.time, "monotonic", lambda: next(clock))
        left = some.ask(states, row, lambda _, unread: unread, 2.5)  # by that clock each look at it takes a second
        assert (left, read) == (1, [THIRD, SECOND])
        assert some.ask(states, row, lambda _, unread: unread, 2.5) == 0
    assert read == [THIRD, SECOND, FIRST]
    assert runs.page(RunQuery()).unread == 0


HOSTILE: dict[str, tuple[str, object]] = {
    "created never": ("created", float("nan")),
    "created at the end of time": ("created", float("inf")),
    "created before": ("created", -1.0),
    "a seed that no browser keeps": ("seed", 10**400),
    "no name": ("preset", "\ud800"),
    "no parent": ("parent", "\ud800"),
    "a parent's step": ("parent_step", 10**400),
    "changed at": ("changed_at", 10**400),
    "title": ("title", "\ud800"),
    "state": ("outcome", {"state": "delighted"}),
    "states": ("outcome", {"state": ["covering"]}),
    "failed": ("outcome", {"failed": "x"}),
    "coverage": ("outcome", {"coverage": float("nan"), "on_band": 1}),
    "too many steps": ("stride", 2**62),
    "far too many": ("stride", 10**400),
    "no stride": ("stride", [1]),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_file_that_cannot_be_listed_is_damaged_and_hides_no_other(folder: Path, how: str) -> None:
    """Whatever somebody has written into one that lies in the folder."""
    name, value = HOSTILE[how]
    path = add(folder, "hostile")
    with closing(sqlite3.connect(path)) as db:
        (recipe,) = db.execute("SELECT value FROM about WHERE name = 'recipe'").fetchone()
        about = {name: value}
        if name in json.loads(recipe):
            about = {"recipe": {**json.loads(recipe), name: value}}
        db.executemany("UPDATE about SET value = ? WHERE name = ?", [(json.dumps(v), n) for n, v in about.items()])
        db.execute("INSERT INTO metrics VALUES (0, ?)", (bytes(36),))
        db.commit()
    runs = Library(folder)
    for query in (RunQuery(), RunQuery(find="a")):
        page = runs.page(query)
        line = next(line for line in page.lines if isinstance(line, DamagedRun))
        assert line.error.startswith("hostile.sqlite cannot be opened as a run: ")
        assert page.all == 4
        json.loads(json.dumps([asdict(line) for line in page.lines]), parse_constant=pytest.fail)


# -- a cache -----------------------------------------------------------------------------------------------------------


def spoiled_schema(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE lines")


def other_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 1")


def nonsense_in_it(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE lines SET line = 'x'")


SPOILT = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "no database": lambda path: path.write_bytes(b"nothing of the kind" * 999),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:6000]),
    "zeros": lambda path: path.write_bytes(path.read_bytes()[:5000] + bytes(path.stat().st_size - 5000)),
    "other tables": spoiled_schema,
    "other version": other_version,
    "nonsense": nonsense_in_it,
}


@pytest.mark.parametrize("spoil", SPOILT)
def test_one_that_is_no_index_is_made_anew(folder: Path, spoil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = from_the_files(folder)
    assert Library(folder).runs() == expected
    SPOILT[spoil](folder / NAME)
    with opened(monkeypatch) as names:
        assert Library(folder).runs() == expected
        assert set(names) == {FIRST, SECOND, THIRD}
        names.clear()
        assert Library(folder).runs() == expected
        assert names == []
    files = {f"{run_id}.sqlite" for run_id in (FIRST, SECOND, THIRD)}
    assert {path.name for path in folder.iterdir()} == {*files, NAME}


def test_where_none_can_be_written_it_is_kept_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = from_the_files(folder)
    (folder / NAME).mkdir()  # for whoever may write everywhere, too
    runs = Library(folder)
    with opened(monkeypatch) as names:
        assert runs.runs() == expected
        names.clear()
        assert runs.page(RunQuery()).lines == expected
        add(folder, "new")
        assert ids(runs.runs()) == ["new", THIRD, SECOND, FIRST]
        assert names == ["new"]
    assert (folder / NAME).is_dir()


def test_one_that_cannot_be_written_is_read_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As while another server writes into it."""
    Library(folder).runs()
    add(folder, "new")
    monkeypatch.setattr(index.sqlite3, "connect", hurried(sqlite3.connect))
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as other, opened(monkeypatch) as names:
        other.execute("BEGIN IMMEDIATE")
        assert ids(Library(folder).runs()) == ["new", THIRD, SECOND, FIRST]
        assert set(names) == {"new"}
        other.execute("COMMIT")


def hurried(connect: object) -> object:
    """Not to wait for another program."""
    return lambda *where, **how: connect(*where, **{**how, "timeout": 0})  # type: ignore[operator]


def test_two_servers_share_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Library(folder), Library(folder)
    one.runs()
    with opened(monkeypatch) as names:
        other.runs()
        assert names == []
        other.delete(SECOND)
        names.clear()
        assert ids(one.runs()) == ids(other.runs()) == [THIRD, FIRST]
        add(folder, "new")
        assert ids(one.runs()) == ids(other.runs()) == ["new", THIRD, FIRST]
        assert names == ["new"]


def test_a_folder_without_runs_gets_no_index(tmp_path: Path) -> None:
    assert Library(tmp_path).runs() == []
    assert list(tmp_path.iterdir()) == []


def test_an_id_is_asked_for_by_itself(folder: Path) -> None:
    runs = Library(folder)
    assert ids(runs.some([SECOND, "nothing", FIRST])) == [SECOND, FIRST]
    assert runs.found(RunQuery(find=SECOND)) == [SECOND]
    shutil.rmtree(folder)
    assert runs.some([SECOND]) == []
