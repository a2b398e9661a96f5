"""The library of runs: one folder of run files; listed, named, deleted and restored, given away and taken in.

Knows no threads, and holds nothing but the folder's place: every call looks at the disk anew. What the files say is
kept in an index beside them, and only those are opened that are not as they were.
"""

from __future__ import annotations

import math
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from gan_core.recording import listing
from gan_core.recording.file.database import BESIDE, DAMAGE, LOG, UNFINISHED, log_bytes, remove, unopened
from gan_core.recording.file.intake import MAX_TITLE, import_run
from gan_core.recording.file.lock import WriteLock
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import DEFAULT_LIMIT, SUFFIX, RunFolder, is_id, new_id
from gan_core.recording.index import Answer, FileState, Row, RunIndex
from gan_core.records.ending import check_ending
from gan_core.records.library import DamagedRun, Line, RunPage, RunQuery, RunSummary
from gan_core.records.notes import Note, as_json, with_note
from gan_core.setup.limits import MAX_SEED
from gan_core.system.files import put_in_place
from gan_core.texts.catalogue import say

KEEP_DELETED = 7 * 24 * 3600.0  # seconds for which a deleted run can be restored
_DELETED = "deleted"


class Library:
    """Runs by their ids.

    What takes an id raises ValueError when it cannot be one, and FileNotFoundError when there is no such run. What
    would change a run raises ValueError with a sentence while another process records into it.
    """

    def __init__(self, folder: Path, limit_bytes: int = DEFAULT_LIMIT, clock: Callable[[], float] = time.time) -> None:
        """Look after `folder`, which need not exist; clears away what was left unfinished or deleted long ago.

        No run taken in may have more than `limit_bytes`; `clock` gives seconds since the epoch.
        """
        self.folder, self.limit, self._clock = folder, limit_bytes, clock
        self._index = RunIndex(folder)
        self._runs, self._deleted = RunFolder(folder, limit_bytes), RunFolder(folder / _DELETED, limit_bytes)
        self._clear()

    def runs(self) -> list[Line]:
        """All runs, the newest first; one that cannot be read stands among them with a sentence."""
        return self._ask(lambda db, _: listing.everything(db))

    def page(self, query: RunQuery, seconds: float = math.inf) -> RunPage:
        """Some of those that a query finds; files that are new are read for as long as there is time."""
        return self._ask(lambda db, unread: listing.page(db, query, unread), seconds)

    def found(self, query: RunQuery) -> list[str]:
        """The ids of all that a query finds, in its order."""
        return self._ask(lambda db, _: listing.ids(db, query))

    def some(self, run_ids: Iterable[str]) -> list[Line]:
        """The runs of these ids, as far as they are there."""
        return self._ask(lambda db, _: listing.lines(db, run_ids))

    def last_written(self, but: str) -> str | None:
        """The id of the run that was trained last, except run `but` and those without a step; None without any."""
        return self._ask(lambda db, _: listing.last_written(db, but))

    def path(self, run_id: str) -> Path:
        """The file of a run."""
        path = self._runs.path(run_id)
        if not path.is_file():
            raise FileNotFoundError(f"There is no run {run_id}.")
        return path

    def rename(self, run_id: str, title: str) -> None:
        """Give a run a name of at most MAX_TITLE characters; an empty one takes it away."""
        words = " ".join(title.split())
        if len(words) > MAX_TITLE or not words.isprintable():
            raise ValueError(say("refusal.name", most=MAX_TITLE))
        with closing(RunFile.open(self.path(run_id), write=True)) as file, file.transaction():
            file.set_about("title", words)

    def note(self, run_id: str, note: Note) -> None:
        """Note something of a run or of one of its steps, instead of what was noted; an empty one takes that away."""
        with closing(RunFile.open(self.path(run_id), write=True)) as file, file.transaction():
            if note.step is not None and note.text and note.step > file.last_step():
                raise ValueError(say("notes.not-recorded", last=file.last_step()))
            file.set_about("notes", as_json(with_note(file.notes, note)))

    def delete(self, run_id: str) -> None:
        """Put a run away; for a week `restore` brings it back. Not for a run that is being recorded."""
        path, away = self.path(run_id), self._deleted.path(run_id)
        with WriteLock(path, alone=True):
            # A damaged one goes as it is; and where nothing can be written any more, deleting must still be possible.
            if log_bytes(path):
                with suppress(ValueError, OSError), closing(RunFile.open(path, write=True)) as file:
                    file.settle()
            away.parent.mkdir(exist_ok=True)
            remove(away)
            _move(path, away)
        now = self._clock()
        os.utime(away, (now, now))  # from when the week counts

    def delete_all(self, run_ids: Iterable[str]) -> dict[str, str]:
        """Put many away; returns, by id, why those that stay cannot be, in sentences."""
        return _for_each(run_ids, self.delete)

    def restore_all(self, run_ids: Iterable[str]) -> dict[str, str]:
        """Bring many back; returns, by id, why those that stay away cannot be, in sentences."""
        return _for_each(run_ids, self.restore)

    def restore(self, run_id: str) -> None:
        """Bring a deleted run back."""
        path, away = self._runs.path(run_id), self._deleted.path(run_id)
        if not away.is_file():
            raise FileNotFoundError(f"There is no deleted run {run_id}.")
        if path.exists():
            raise FileExistsError(f"There is a run {run_id} already.")
        _move(away, path)

    def export(self, run_id: str) -> Path:
        """Write a copy that is one file without a log beside it. The caller removes it; the next start would, too.

        Raises OSError with a sentence when it cannot be written.
        """
        copy = self.folder / f"{run_id}-{secrets.token_hex(4)}{SUFFIX}{UNFINISHED}"
        with closing(RunFile.open(self.path(run_id))) as file:
            file.copy_to(copy)
        return copy

    @contextmanager
    def upload(self) -> Iterator[Path]:
        """Hand out a place, on the disk of the folder, for a file that comes in; it is gone afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / f"upload-{secrets.token_hex(4)}{SUFFIX}{UNFINISHED}"
        try:
            yield place
        finally:
            place.unlink(missing_ok=True)

    def import_file(self, stranger: Path) -> str:
        """Check a file and copy it into a new run; returns its id.

        Raises ValueError with a sentence when it is not a run to the last bit, OSError when there is no room for it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        run_id = new_id(self._clock())
        import_run(stranger, self._runs.path(run_id), run_id, self.limit).close()
        return run_id

    def family(self, run_id: str) -> list[RunSummary]:
        """All runs that have an ancestor in common with this one, itself included; the oldest first.

        A run that is gone still connects those that branched off it.
        """
        self.path(run_id)
        return self._ask(lambda db, _: listing.family(db, run_id))

    def _ask(self, question: Callable[[sqlite3.Connection, int], Answer], seconds: float = math.inf) -> Answer:
        return self._index.ask(self._files(), self._row, question, seconds)

    def _files(self) -> dict[str, FileState]:
        """The runs that there are, by id. One look at the folder serves all of them."""
        files: dict[str, os.stat_result] = {}
        logs: dict[str, os.stat_result] = {}
        for entry in self._entries():
            kind, end = (logs, SUFFIX + LOG) if entry.name.endswith(LOG) else (files, SUFFIX)
            run_id = entry.name.removesuffix(end)
            if entry.name.endswith(end) and is_id(run_id):  # of another name: not one of ours
                with suppress(OSError):  # it went away meanwhile
                    if entry.is_file():
                        kind[run_id] = entry.stat()
        found = {}
        for run_id, file in files.items():
            log = logs.get(run_id)
            beside = (log.st_size, log.st_mtime_ns) if log and log.st_size else ()  # an empty one comes and goes
            found[run_id] = FileState(file.st_size, file.st_mtime_ns, *beside)
        return found

    def _entries(self) -> list[os.DirEntry[str]]:
        """What is in the folder; nothing where there is none. Raises OSError with a sentence."""
        try:
            with os.scandir(self.folder) as entries:
                return list(entries)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except PermissionError as error:
            raise OSError(error.errno, say("refusal.closed-folder", folder=str(self.folder))) from None

    def _row(self, run_id: str) -> Row:
        path = self._runs.path(run_id)
        try:
            with closing(RunFile.open(path)) as file:
                return _read(file, run_id)
        except (ValueError, OSError) as error:
            words = str(error)
        except DAMAGE as error:
            words = str(unopened(path, error))
        return Row(DamagedRun(run_id, _size(path), words), None)

    def _clear(self) -> None:
        with suppress(OSError):  # nothing can be read here
            left = list(self.folder.glob(f"*{SUFFIX}{UNFINISHED}*"))
            deleted = list((self.folder / _DELETED).glob(f"*{SUFFIX}"))
            for path in left:
                with suppress(OSError):  # another server has it open, or nothing can be removed here
                    path.unlink(missing_ok=True)
            for path in deleted:
                with suppress(OSError):
                    if self._clock() - path.stat().st_mtime > KEEP_DELETED:
                        remove(path)


def _read(file: RunFile, run_id: str) -> Row:
    summary, written = file.summary(), None
    try:
        _check(summary)
    except ValueError as error:
        raise unopened(file.path, error) from None
    with suppress(*DAMAGE, OSError):
        written = file.written() if summary.steps else None
    return Row(replace(summary, recipe=replace(summary.recipe, id=run_id)), written)  # the file's name is what counts


def _check(summary: RunSummary) -> None:
    """Raise ValueError unless a run can be listed and sent: anybody may have put its file there."""
    recipe = summary.recipe
    numbers = (recipe.created, recipe.seed, recipe.parent_step or 0, recipe.changed_at or 0, summary.steps)
    if not all(0 <= number <= MAX_SEED for number in numbers):
        raise ValueError("its numbers are out of range")
    for words in (summary.title, recipe.preset, recipe.parent or ""):
        words.encode()
    check_ending(summary.outcome)


def _for_each(run_ids: Iterable[str], act: Callable[[str], None]) -> dict[str, str]:
    refused: dict[str, str] = {}
    for run_id in run_ids:
        try:
            act(run_id)
        except FileNotFoundError:
            refused[run_id] = say("refusal.no-run")
        except OSError as error:
            refused[run_id] = str(error.strerror or error)
        except ValueError as error:
            refused[run_id] = str(error)
    return refused


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _move(source: Path, target: Path) -> None:
    # The log first: without its database it is nothing, while a database without its log would lack the newest steps.
    moved: list[tuple[Path, Path]] = []
    try:
        for end in (*BESIDE, ""):
            here, there = source.with_name(source.name + end), target.with_name(target.name + end)
            with suppress(FileNotFoundError):
                put_in_place(here, there)
                moved.append((here, there))
    except OSError:  # on Windows, somebody reads it
        for here, there in moved:
            with suppress(OSError):
                put_in_place(there, here)
        raise
