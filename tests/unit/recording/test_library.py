"""The folder of runs: what it lists, gives away, takes in, and never loses."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from test_run_import import assert_sentence, contents

import run_files
from gan_core.recording.file.intake import MAX_TITLE
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.index import NAME
from gan_core.recording.library import KEEP_DELETED, Library
from gan_core.records.library import DamagedRun, RunSummary
from gan_core.records.steps import StepMetrics
from gan_core.wire.envelope import with_header

LIMIT = 10**8
NOW = 1_800_000_000.0
FIRST, SECOND, THIRD = "20260101-000000-aaaaaa", "20260102-000000-bbbbbb", "20260103-000000-cccccc"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / f"{FIRST}.sqlite"
    run_files.record(path)
    return path


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(recorded: Path, tmp_path: Path, clock: Clock) -> Library:
    """A library of one run."""
    (tmp_path / "runs").mkdir()
    shutil.copy(recorded, tmp_path / "runs")
    return Library(tmp_path / "runs", LIMIT, clock)


def add(library: Library, run_id: str, **other: object) -> Path:
    path = library.folder / f"{run_id}.sqlite"
    with closing(RunFile.create(path, run_files.recipe(run_id, **other))):
        return path


def ids(library: Library) -> list[str]:
    return [run.recipe.id if isinstance(run, RunSummary) else run.id for run in library.runs()]


def names(folder: Path) -> set[str]:
    """What is in the folder, but for the index, which may be there or not."""
    return {path.name for path in folder.iterdir()} - {NAME}


# -- listing -----------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_an_empty_library(tmp_path: Path, recorded: Path) -> None:
    library = Library(tmp_path / "not" / "yet", LIMIT)
    assert library.runs() == []
    with pytest.raises(FileNotFoundError, match="no run"):
        library.path(FIRST)
    assert not library.folder.exists()
    assert ids(library) == []
    library.import_file(recorded)
    assert len(library.runs()) == 1


def test_a_run_is_listed_with_what_it_has(library: Library) -> None:
    (run,) = library.runs()
    assert isinstance(run, RunSummary)
    assert (run.recipe.id, run.recipe.preset, run.recipe.seed) == (FIRST, "tiny", 3)
    assert (run.steps, run.changes, run.frames, run.checkpoints) == (40, 5, 9, 5)
    assert run.nbytes == library.path(FIRST).stat().st_size


def test_the_newest_comes_first(library: Library) -> None:
    add(library, THIRD)
    add(library, SECOND)
    assert ids(library) == [THIRD, SECOND, FIRST]


def test_the_name_of_the_file_counts(library: Library) -> None:
    shutil.copy(library.path(FIRST), library.folder / "my-copy.sqlite")
    assert ids(library) == ["my-copy", FIRST]
    library.rename("my-copy", "Mine")
    assert [run.title for run in library.runs() if isinstance(run, RunSummary)] == ["Mine", ""]


def test_damaged_files_stand_in_the_list_and_hide_no_other(library: Library) -> None:
    whole = library.path(FIRST).read_bytes()
    damaged = {"a-empty": b"", "b-other": b"no database", "c-cut": whole[:9000], "d-zeros": whole[:100] + bytes(90_000)}
    for name, data in damaged.items():
        (library.folder / f"{name}.sqlite").write_bytes(data)
    assert ids(library) == ["d-zeros", "c-cut", "b-other", "a-empty", FIRST]
    *runs, last = library.runs()
    assert isinstance(last, RunSummary)
    for run in runs:
        assert isinstance(run, DamagedRun)
        assert re.fullmatch(rf"{run.id}\.sqlite cannot .*[^.]\.", run.error)
        assert run.nbytes == len(damaged[run.id])
    for name, data in damaged.items():
        assert (library.folder / f"{name}.sqlite").read_bytes() == data


def test_other_files_are_left_alone(library: Library) -> None:
    others = ("notes.txt", "Capital.sqlite", "-dash.sqlite", "a b.sqlite", f"{'x' * 41}.sqlite", "umläut.sqlite")
    for name in others:
        (library.folder / name).write_bytes(b"mine")
    (library.folder / "folder.sqlite").mkdir()
    assert ids(library) == [FIRST]
    Library(library.folder, LIMIT)
    assert all((library.folder / name).read_bytes() == b"mine" for name in others)


# -- ids ---------------------------------------------------------------------------------------------------------------


CALLS = ("path", "delete", "restore", "export", "family", "rename")
NO_IDS = (
    "",
    ".",
    "..",
    "../secret",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "A",
    "-a",
    "a.b",
    "a\n",
    "a\0b",
    "x" * 41,
    "ä",
    "%2e",
)


@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_id_leads_nowhere(library: Library, call: str) -> None:
    (library.folder.parent / "secret.sqlite").write_bytes(library.path(FIRST).read_bytes())
    before = sorted(library.folder.parent.rglob("*"))
    for run_id in NO_IDS:
        with pytest.raises(ValueError, match=r"is not the id of a run.*\.$"):
            getattr(library, call)(run_id, *(["x"] if call == "rename" else []))
    assert sorted(library.folder.parent.rglob("*")) == before


@pytest.mark.parametrize("call", CALLS)
def test_a_run_that_is_not_there(library: Library, call: str) -> None:
    with pytest.raises(FileNotFoundError, match=rf"^There is no (deleted )?run {SECOND}\.$"):
        getattr(library, call)(SECOND, *(["x"] if call == "rename" else []))
    assert names(library.folder) == {f"{FIRST}.sqlite"}


# -- names -------------------------------------------------------------------------------------------------------------


def test_a_name_is_kept_trimmed(library: Library) -> None:
    library.rename(FIRST, "  The  one with β = 0.5 \n")
    (run,) = library.runs()
    assert isinstance(run, RunSummary)
    assert run.title == "The one with β = 0.5"
    library.rename(FIRST, "")
    (run,) = library.runs()
    assert isinstance(run, RunSummary)
    assert run.title == ""


@pytest.mark.parametrize("title", ["x" * (MAX_TITLE + 1), "a\0b", "right\u202eleft", "\ud800"])
def test_a_name_that_cannot_be_is_refused(library: Library, title: str) -> None:
    library.rename(FIRST, "x" * MAX_TITLE)
    with pytest.raises(ValueError, match="up to 80"):
        library.rename(FIRST, title)
    (run,) = library.runs()
    assert isinstance(run, RunSummary)
    assert run.title == "x" * MAX_TITLE


def test_a_run_that_is_being_recorded_can_be_named(library: Library) -> None:
    with closing(RunFile.open(library.path(FIRST), write=True)) as recording:
        library.rename(FIRST, "Now")
        with recording.transaction():
            recording.set_about("outcome", {"state": "hopping"})
        assert recording.title == "Now"
    with closing(RunFile.open(library.path(FIRST))) as file:
        assert (file.title, file.outcome) == ("Now", {"state": "hopping"})


# -- deleting ----------------------------------------------------------------------------------------------------------


def test_a_deleted_run_comes_back_as_it_was(library: Library) -> None:
    before = contents(library.path(FIRST))
    library.delete(FIRST)
    assert ids(library) == []
    with pytest.raises(FileNotFoundError):
        library.path(FIRST)
    library.restore(FIRST)
    assert contents(library.path(FIRST)) == before
    with pytest.raises(FileNotFoundError):
        library.restore(FIRST)


def test_what_is_only_in_the_log_is_deleted_and_restored_too(library: Library) -> None:
    """The file of a server that was killed: its newest steps are in the log beside it."""
    path, log = library.path(FIRST), library.folder / f"{FIRST}.sqlite-wal"
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        file.set_about("title", "in the log")
        file._db.execute("PRAGMA wal_autocheckpoint = 0")
    with closing(RunFile.open(path, write=True)) as file:
        with file.transaction():
            file.set_about("outcome", {"state": "hopping"})
        kept = path.read_bytes(), log.read_bytes()
    path.write_bytes(kept[0])
    log.write_bytes(kept[1])
    library.delete(FIRST)
    assert names(library.folder) == {"deleted"}
    library.restore(FIRST)
    with closing(RunFile.open(path)) as file:
        assert (file.title, file.outcome) == ("in the log", {"state": "hopping"})


def test_a_damaged_run_can_be_deleted_and_restored(library: Library) -> None:
    (library.folder / "broken.sqlite").write_bytes(b"no database")
    library.delete("broken")
    assert names(library.folder) == {"deleted", f"{FIRST}.sqlite"}
    library.restore("broken")
    assert library.path("broken").read_bytes() == b"no database"


def test_a_run_of_the_same_name_is_not_overwritten(library: Library) -> None:
    library.delete(FIRST)
    add(library, FIRST)
    before = contents(library.path(FIRST))
    with pytest.raises(FileExistsError, match="already"):
        library.restore(FIRST)
    assert contents(library.path(FIRST)) == before


def test_deleted_runs_go_for_good_after_a_week(library: Library, clock: Clock) -> None:
    os.utime(library.path(FIRST), (0, 0))  # that it was recorded long ago is not the point
    library.delete(FIRST)
    clock.now += KEEP_DELETED - 60
    again = Library(library.folder, LIMIT, clock)
    again.restore(FIRST)
    again.delete(FIRST)
    clock.now += KEEP_DELETED + 60
    with pytest.raises(FileNotFoundError):
        Library(library.folder, LIMIT, clock).restore(FIRST)
    assert names(library.folder / "deleted") == set()


# -- away and in -------------------------------------------------------------------------------------------------------


def test_away_and_in_again(library: Library, tmp_path: Path) -> None:
    copy = library.export(FIRST)
    assert copy.parent == library.folder
    assert contents(copy) == contents(library.path(FIRST))
    assert ids(library) == [FIRST]  # it is no run of the library
    other = Library(tmp_path / "other", LIMIT, library._clock)
    run_id = other.import_file(copy)
    assert run_id.startswith("20270115-080000-")  # NOW
    assert contents(other.path(run_id)) == contents(copy)
    assert names(other.folder) == {f"{run_id}.sqlite"}
    copy.unlink()
    assert names(library.folder) == {f"{FIRST}.sqlite"}


def test_a_run_is_exported_while_it_is_recorded(library: Library) -> None:
    with closing(RunFile.open(library.path(FIRST), write=True)) as recording:
        with recording.transaction():
            recording.set_about("title", "in the log")
        copy = library.export(FIRST)
        with recording.transaction():
            recording.set_about("title", "later")
    with closing(RunFile.open(copy)) as file:
        assert file.title == "in the log"


def test_what_was_left_unfinished_is_cleared_away(library: Library) -> None:
    library.export(FIRST)
    (library.folder / "x.sqlite.part-wal").write_bytes(b"left")
    assert len(names(library.folder)) == 3
    Library(library.folder, LIMIT)
    assert names(library.folder) == {f"{FIRST}.sqlite"}


def test_what_is_no_run_is_refused_and_leaves_nothing(library: Library, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    for data in (b"", b"no database", library.path(FIRST).read_bytes()[:50_000]):
        upload.write_bytes(data)
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            library.import_file(upload)
        assert_sentence(str(caught.value))
        assert names(library.folder) == {f"{FIRST}.sqlite"}


def test_no_more_than_a_run_may_take_is_taken_in(library: Library) -> None:
    small = Library(library.folder, 10_000, library._clock)
    with pytest.raises(ValueError, match="more than the 10,000"):
        small.import_file(library.path(FIRST))


# -- families ----------------------------------------------------------------------------------------------------------


def test_a_family_is_all_that_branched_off_one_run(library: Library) -> None:
    def branch(name: str, parent: str, created: float) -> None:
        add(library, name, parent=parent, parent_step=1, created=created)

    branch("child-a", FIRST, 2e9)
    branch("child-b", FIRST, 2.1e9)
    branch("grandchild", "child-a", 2.2e9)
    add(library, "stranger")
    family = [FIRST, "child-a", "child-b", "grandchild"]
    for member in family:
        assert [run.recipe.id for run in library.family(member)] == family
    assert [run.recipe.id for run in library.family("stranger")] == ["stranger"]
    library.delete("child-a")
    assert [run.recipe.id for run in library.family(FIRST)] == [FIRST, "child-b"]
    assert [run.recipe.id for run in library.family("grandchild")] == ["grandchild"]
    library.restore("child-a")
    library.delete(FIRST)
    assert [run.recipe.id for run in library.family("grandchild")] == ["child-a", "child-b", "grandchild"]


def test_a_family_in_a_circle_ends(library: Library) -> None:
    add(library, "egg", parent="hen", parent_step=0)
    add(library, "hen", parent="egg", parent_step=0)
    assert {run.recipe.id for run in library.family("hen")} == {"egg", "hen"}


# -- the last one ------------------------------------------------------------------------------------------------------


def test_the_run_that_was_trained_last_need_not_have_been_begun_last(library: Library) -> None:
    """As its frames say: here all of the first run's are of 1234.5 s after the epoch."""
    assert library.last_written(but="") == FIRST
    assert library.last_written(but=FIRST) is None
    add(library, SECOND, created=NOW + 1)
    assert library.last_written(but="") == FIRST  # the other one has no step yet
    with closing(RunFile.open(library.path(SECOND), write=True)) as file, file.transaction():
        file.add_metrics([StepMetrics(1, 0.5, 0.5, 0.5, 0.5)])
    assert library.last_written(but="") == SECOND
    with closing(RunFile.open(library.path(FIRST), write=True)) as file, file.transaction():
        file.add_frame(41, with_header(run_files.frame(41), time=NOW + 2))
    assert library.last_written(but="") == FIRST
    library.rename(SECOND, "Mine")
    assert library.last_written(but="") == FIRST
    assert library.last_written(but=FIRST) == SECOND


def test_a_damaged_run_is_never_the_last_one(library: Library) -> None:
    (library.folder / "z-damaged.sqlite").write_bytes(b"no database")
    add(library, SECOND, created=NOW)
    with closing(RunFile.open(library.path(SECOND), write=True)) as file, file.transaction():
        file.add_metrics([StepMetrics(1, 0.5, 0.5, 0.5, 0.5)])
        file.add_frame(1, b"no frame")
    assert library.last_written(but="") == FIRST
