"""What Windows asks of whoever keeps files: none is moved or removed while it is open, and one process writes a run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

import like_windows
import run_files
from gan_core.datasets import folder as data
from gan_core.recording.file import lock
from gan_core.recording.file.lock import LOCK, WriteLock
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.start import branch_off
from gan_core.sweep.folder import write_whole
from gan_core.system import files

RUN, BRANCH = "20260101-000000-aaaaaa", "20260102-000000-bbbbbb"

pytestmark = pytest.mark.skipif(not like_windows.HERE.exists(), reason="this system does not say which files are open")


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    like_windows.lock_as_there(monkeypatch)
    like_windows.refuse_open_files(monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    run_files.record(tmp_path / f"{RUN}.sqlite")
    return tmp_path / f"{RUN}.sqlite"


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_the_stand_in_refuses(tmp_path: Path) -> None:
    file = tmp_path / "a"
    with file.open("w"), pytest.raises(PermissionError):
        file.unlink()
    (tmp_path / "b").touch()
    with file.open("w"), pytest.raises(PermissionError):
        (tmp_path / "b").replace(file)
    file.unlink()


def test_the_life_of_a_run(path: Path, tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.rename(RUN, "Mine")
    branch_off(RunFolder(tmp_path), RUN, 20, BRANCH, 0.0)
    library.delete(RUN)
    assert [line.recipe.id for line in library.runs()] == [BRANCH]
    library.restore(RUN)
    copy = library.export(RUN)
    taken = library.import_file(copy)
    copy.unlink()
    with closing(RunFile.open(library.path(taken))) as file:
        assert file.title == "Mine"
        assert file.last_step() == 40
    library.delete(taken)
    assert not [name for name in names(tmp_path) if LOCK in name or ".part" in name]


def test_a_run_that_somebody_reads_is_not_deleted_and_stays_whole(path: Path, tmp_path: Path) -> None:
    library = Library(tmp_path)
    with closing(RunFile.open(path)):
        before = names(tmp_path)
        with pytest.raises(PermissionError):
            library.delete(RUN)
        assert names(tmp_path) >= before
    library.delete(RUN)
    assert library.runs() == []


def test_one_process_writes_a_run(path: Path) -> None:
    mine = WriteLock(path)
    lock._mine.clear()  # as in another process
    with pytest.raises(ValueError, match=r"^Another GANscope is recording into this run"):
        RunFile.open(path, write=True)
    mine.release()
    RunFile.open(path, write=True).close()
    assert LOCK not in "".join(names(path.parent))


def test_a_lock_that_somebody_waits_for_is_given_back_all_the_same(path: Path) -> None:
    beside = path.with_name(path.name + LOCK)
    mine = WriteLock(path)
    with beside.open("rb+"):
        mine.release()
        with WriteLock(path):
            pass
    assert beside.exists()
    with WriteLock(path):
        pass
    assert not beside.exists()


def test_data_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "data"))
    table = tmp_path / "points.csv"
    table.write_text("a,b\n" + "\n".join(f"{n},{n * n % 17}" for n in range(50)), encoding="utf-8")
    found = data.keep(table)
    data.remove(f"{data.PREFIX}{found.fingerprint}")
    assert names(tmp_path / "data") == set()


def test_a_file_that_is_read_meanwhile_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_TRIES", 20)
    target = tmp_path / "notes.json"
    target.write_bytes(b"old")
    readers = [target.open("rb")]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            readers.pop().close()

    monkeypatch.setattr(files.time, "sleep", sleep)
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert len(waits) == 3
    with target.open("rb"), pytest.raises(OSError, match=r"cannot access the file.*notes\.json"):
        write_whole(target, b"newer")
    assert len(waits) == 3 + 19  # a second, and it is said
    assert names(tmp_path) == {"notes.json"}


def test_what_is_forbidden_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "_TRIES", 20)
    monkeypatch.setattr("os.replace", forbid)
    monkeypatch.setattr(files.time, "sleep", lambda seconds: pytest.fail("it waited"))
    with pytest.raises(PermissionError):
        files.put_in_place(tmp_path / "a", tmp_path / "b")
