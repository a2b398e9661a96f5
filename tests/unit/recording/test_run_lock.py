"""One process at a time writes into a run: held against a second, real one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

import run_files
from gan_core.recording.file import lock as run_lock
from gan_core.recording.file.lock import LOCK, WriteLock
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.start import branch_off
from gan_core.recording.stored import StoredRuns

RUN, BRANCH = "20260101-000000-aaaaaa", "20260102-000000-bbbbbb"
ROOT = Path(__file__).parents[3]
OTHER = """
import sys
import threading
from pathlib import Path
from gan_core.recording.file.run_file import RunFile
file = RunFile.open(Path(sys.argv[1]), write=True)
print("open", flush=True)
input()
file.close()
print("closed", flush=True)
input()
"""

pytestmark = pytest.mark.skipif(run_lock.fcntl is None, reason="this system has no such locks")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / f"{RUN}.sqlite"
    run_files.record(path)
    return path


@contextmanager
def another_writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process that has the run open for writing; a line makes it close the file, another one end."""
    command = [sys.executable, "-c", OTHER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.kill()


def close(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    print(file=process.stdin, flush=True)
    assert process.stdout.readline() == "closed\n"


def files(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def test_what_another_process_writes_cannot_be_written(path: Path) -> None:
    library = Library(path.parent)
    before = library.runs()
    with another_writer(path) as other:
        for change in (
            lambda: RunFile.open(path, write=True),
            lambda: library.rename(RUN, "Mine"),
            lambda: library.delete(RUN),
        ):
            with pytest.raises(ValueError, match=r"^Another GANscope is recording into this run;.*\.$"):
                change()
        assert library.runs() == before
        close(other)
        library.rename(RUN, "Mine")
        library.delete(RUN)
        assert library.runs() == []
        library.restore(RUN)
    with closing(RunFile.open(path)) as file:
        assert file.title == "Mine"
    assert LOCK not in "".join(files(path))


def test_it_can_be_looked_at_and_branched_off(path: Path, tmp_path: Path) -> None:
    runs = RunFolder(tmp_path)
    with another_writer(path):
        stored = StoredRuns(runs)
        assert stored.status(RUN).step == 40
        assert stored.frame(RUN, 20) is not None
        branch_off(runs, RUN, 20, BRANCH, 0.0)
        Library(tmp_path).export(RUN).unlink()
    with closing(RunFile.open(runs.path(BRANCH), write=True)) as branch:
        assert branch.last_step() == 20


def test_a_process_that_was_killed_leaves_the_run_free(path: Path) -> None:
    with another_writer(path) as other:
        other.kill()
        other.wait()
        assert path.with_name(path.name + LOCK).exists()  # an empty file that locks nobody out
        with closing(RunFile.open(path, write=True)) as file, file.transaction():
            file.set_about("title", "Mine")
    assert LOCK not in "".join(files(path))


@pytest.mark.slow
def test_one_process_may_write_twice(path: Path) -> None:
    """A run that is being recorded is renamed by the same server."""
    with closing(RunFile.open(path, write=True)):
        Library(path.parent).rename(RUN, "Mine")
        with WriteLock(path):
            pass
        lock = path.with_name(path.name + LOCK)
        assert lock.exists()  # still that of the first
        assert_another_cannot_write(path)
    assert not lock.exists()


def assert_another_cannot_write(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", OTHER, str(path)], cwd=ROOT, capture_output=True, text=True, input="")
    assert done.returncode == 1
    assert "Another GANscope is recording into this run" in done.stderr


def test_a_file_that_cannot_be_opened_is_not_locked(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"no database")
    with pytest.raises(ValueError, match="cannot be opened"):
        RunFile.open(damaged, write=True)
    assert files(damaged) == ["damaged.sqlite"]
    Library(tmp_path).delete("damaged")
    assert files(damaged) == ["deleted"]


def test_where_no_lock_can_be_made_everybody_may_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_lock.os, "open", full)
    with WriteLock(path):
        assert files(path) == [path.name]
    monkeypatch.setattr(run_lock, "fcntl", None)
    with WriteLock(path):
        assert files(path) == [path.name]


@pytest.mark.slow
def test_a_lock_on_a_file_that_is_gone_is_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever had it removes the file before it lets go: a process that had opened it by then must look again."""
    first, real, gone = WriteLock(path), run_lock.fcntl.flock, []

    def flock(descriptor: int, operation: int) -> None:
        if not gone:
            gone.append(first.release())
        real(descriptor, operation)

    run_lock._mine.clear()  # as in another process
    monkeypatch.setattr(run_lock.fcntl, "flock", flock)
    with WriteLock(path) as second:
        assert second._descriptor is not None
        assert_another_cannot_write(path)


def test_a_thread_does_not_take_its_neighbour_for_a_stranger(path: Path) -> None:
    """While one gives a run back again and again, another hears that it is still being written, or has it."""
    over = threading.Event()

    def give_and_take() -> None:
        for _ in range(1000):
            with suppress(ValueError), WriteLock(path, alone=True):
                pass
        over.set()

    neighbour = threading.Thread(target=give_and_take)
    neighbour.start()
    refusals = set()
    while not over.is_set():
        try:
            WriteLock(path, alone=True).release()
        except ValueError as error:
            refusals.add(str(error))
    neighbour.join()
    assert refusals <= {"Steps of this run are still being written into its file; try again once that is done."}
