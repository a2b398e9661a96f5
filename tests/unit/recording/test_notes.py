"""Notes and tags: written, found, exported, branched, carried through a download, and refused where they are none."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import run_files
from gan_core.__main__ import main
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.start import branch_off
from gan_core.records.library import RunQuery, RunSummary
from gan_core.records.notes import MAX_NOTES, MAX_TEXT, Note, make_note

OF_RUN, OF_STEP = Note(None, "the one to show\nat the meeting", ("show", "best-1")), Note(12, "hops", ("hop",))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    run_files.record(tmp_path / "a.sqlite", 20)
    run_files.record(tmp_path / "b.sqlite", 5)
    library = Library(tmp_path)
    library.note("a", OF_STEP)
    library.note("a", OF_RUN)
    return library


def notes_of(library: Library, run_id: str) -> tuple[Note, ...]:
    (line,) = library.some([run_id])
    assert isinstance(line, RunSummary)
    return line.notes


def test_they_are_listed_and_found(library: Library) -> None:
    assert notes_of(library, "a") == (OF_RUN, OF_STEP)
    for find, expected in (
        ("meeting", ["a"]),
        ("tag=hop", ["a"]),
        ("tag=HOP best-1", ["a"]),
        ("tag=ho", []),
        ("tag=show seed=4", []),
        ("hops", ["a"]),
    ):
        assert library.found(RunQuery(find=find)) == expected, find
    library.note("a", Note(None, "", ()))
    assert notes_of(library, "a") == (OF_STEP,)
    library.note("b", Note(3, "tries", ()))
    assert library.found(RunQuery(find="tries")) == ["b"]


def test_they_leave_with_a_download_a_branch_and_an_export(library: Library, tmp_path: Path) -> None:
    copy = library.export("a")
    assert notes_of(library, library.import_file(copy)) == (OF_RUN, OF_STEP)
    branch_off(RunFolder(tmp_path), "a", 15, "c", 1.0)
    assert notes_of(library, "c") == (OF_STEP,)  # what is noted of a run is its own
    branch_off(RunFolder(tmp_path), "a", 10, "d", 1.0)
    assert notes_of(library, "d") == ()
    out = tmp_path / "a.csv"
    assert main(["export", str(tmp_path / "a.sqlite"), "--what", "curves", "--out", str(out)], {}) == 0
    (line,) = [line for line in out.read_text().splitlines() if line.startswith("# notes: ")]
    assert json.loads(line.removeprefix("# notes: ")) == [
        {"step": None, "text": OF_RUN.text, "tags": ["show", "best-1"]},
        {"step": 12, "text": "hops", "tags": ["hop"]},
    ]


def test_what_is_no_note_is_refused(library: Library) -> None:
    for step, text, tags, words in (
        (-1, "", [], "step from 0"),
        (True, "", [], "step from 0"),
        (1, "x" * (MAX_TEXT + 1), [], "1,000 characters"),
        (1, "a\x00b", [], "can be seen"),
        (1, 7, [], "characters"),
        (1, "", ["two words"], "A tag is a word"),
        (1, "", ["x" * 31], "A tag is a word"),
        (1, "", "abc", "tags"),
        (1, "", ["x"] * 13, "tags"),
    ):
        with pytest.raises(ValueError, match=words):
            make_note(step, text, tags)
    with pytest.raises(ValueError, match="up to step 20"):
        library.note("a", Note(21, "later", ()))
    for step in range(21):
        library.note("a", Note(step, "x", ()))
    assert len(notes_of(library, "a")) == 22
    assert MAX_NOTES > 22


MANY = json.dumps([[step, "x", []] for step in range(MAX_NOTES + 1)])


@pytest.mark.parametrize("value", ["{}", '[["x", "", []]]', '[[1, "a\\u0000", []]]', "[[1]]", MANY])
def test_a_stranger_s_file_with_others_is_refused(library: Library, tmp_path: Path, value: str) -> None:
    copy = library.export("a")
    with closing(sqlite3.connect(copy)) as db, db:
        db.execute("UPDATE about SET value = ? WHERE name = 'notes'", (value,))
    with pytest.raises(ValueError, match="cannot be taken in"):
        library.import_file(copy)


def test_a_file_of_before_has_none(tmp_path: Path) -> None:
    run_files.record(tmp_path / "a.sqlite", 2)
    with closing(RunFile.open(tmp_path / "a.sqlite")) as file:
        assert (file.notes, file.weights) == ((), "")
