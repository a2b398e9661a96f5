"""What a server has trained: one folder after the other, whatever is in it, each by a child process at low priority.

A folder is trained by the very command that does so without a browser. So it outlives every page. It ends with the
server, however that ends, and is gone on with when the next one starts.
"""

from __future__ import annotations

import shutil
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_core.records.sweeps import NoSweep
from gan_core.sweep.folder import SweepFolder, folders
from gan_core.sweep.laborer import Laborer
from gan_core.sweep.notes import Notes, read_notes, write_notes
from gan_core.texts.catalogue import say

_LOOK = 0.3  # seconds between two looks at the child


class Line:
    """Who is next, and the child that trains. Any thread may call the public methods."""

    def __init__(self, cores: int) -> None:
        """`cores` are the most processes that one folder may have."""
        self.cores = cores
        self.changed = threading.Condition(threading.RLock())
        # All under this lock:
        self._kinds: list[Trained] = []
        self._labor: Laborer | None = None
        self._at: Path | None = None  # what it trains
        self._kind: Trained | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="sweeps", daemon=True)

    def join(self, kind: Trained) -> None:
        """Have folders of one kind more trained."""
        with self.changed:
            self._kinds.append(kind)

    def start(self) -> None:
        """Go on with what was to be trained when the last server ended."""
        self._thread.start()

    def close(self) -> None:
        """End the child; what it trains is gone on with by the next server."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()
            labor, self._labor = self._labor, None
        if labor is not None:
            labor.end()

    def labor_at(self, folder: Path) -> Laborer | None:
        """The child that trains a folder now."""
        return self._labor if self._at == folder else None

    def leave(self, folder: Path) -> None:
        """End the child that trains a folder, if one does, and wait until it has ended."""
        labor = self.labor_at(folder)
        if labor is not None:
            labor.end()
            self._labor = None

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        with self.changed:
            while not self._closed:
                self._settle()
                self.changed.wait(_LOOK if self._labor is not None or any(True for _ in self._waiting()) else None)

    def _waiting(self) -> Iterator[tuple[Trained, str]]:
        """Those that are to be trained, in their order."""
        found = [(kind, name, kind.notes(name)) for kind in self._kinds for name in kind.names()]
        for kind, name, _ in sorted((one for one in found if one[2].wanted), key=lambda one: one[2].asked):
            yield kind, name

    def _settle(self) -> None:
        """Take in that the child has ended, tell it to stop, or start the next one."""
        labor, kind, at = self._labor, self._kind, self._at
        if labor is None or kind is None or at is None:
            self._start_next()
            return
        notes = kind.notes(at.name)
        if labor.ended():
            self._labor = None
            self._take_end(kind, at.name, labor, notes)
        elif not notes.wanted or notes.workers != labor.workers:
            labor.stop()

    def _take_end(self, kind: Trained, name: str, labor: Laborer, notes: Notes) -> None:
        if labor.stopped or not notes.wanted:
            return
        try:
            done, runs = kind.progress(name)
        except (ValueError, OSError, NoSweep):
            return
        with suppress(OSError):  # of a full disk the child has said enough
            kind.note(name, replace(notes, wanted=False, why="" if done >= runs else labor.why()))

    def _start_next(self) -> None:
        for kind, name in self._waiting():
            notes = kind.notes(name)
            try:
                done, runs = kind.progress(name)
                if done >= runs:
                    kind.note(name, replace(notes, wanted=False))
                elif kind.is_free(name):
                    program, options = kind.command(name)
                    self._kind, self._at = kind, kind.place / name
                    self._labor = Laborer(self._at, program, options, notes.workers, done=done)
                    return
            except (ValueError, OSError, NoSweep) as error:
                with suppress(OSError):
                    kind.note(name, replace(notes, wanted=False, why=str(error)))


class Trained(ABC):
    """Folders of one kind in one place: what a page may do with each, and what the line needs to know of them.

    Any thread may call the public methods; what cannot be done is a ValueError with a sentence, a name that is none a
    NoSweep.
    """

    def __init__(self, place: Path, line: Line) -> None:
        """`place` is the folder of them all, which need not exist."""
        self.place, self._line = place.resolve(), line
        line.join(self)

    @property
    def cores(self) -> int:
        """The most processes that one may have."""
        return self._line.cores

    # -- what differs --------------------------------------------------------------------------------------------------

    @abstractmethod
    def progress(self, name: str) -> tuple[int, int]:
        """How many of its runs are done, and how many it has. Raises ValueError for a damaged one, OSError, NoSweep."""

    @abstractmethod
    def command(self, name: str) -> tuple[Sequence[str], Sequence[str]]:
        """What trains it: the module with its subcommand, and options; --out, --workers and --child-of are added."""

    @abstractmethod
    def is_free(self, name: str) -> bool:
        """Whether nobody trains it: a child of the server before this one may be about to end."""

    @abstractmethod
    def none(self) -> NoSweep:
        """That there is none of that name."""

    @abstractmethod
    def forget(self, name: str) -> None:
        """Drop what is held in memory of one that is deleted."""

    # -- what a page asks ----------------------------------------------------------------------------------------------

    def pause(self, name: str) -> None:
        """Stop it; the runs in progress are kept as they were last handed back."""
        with self._line.changed:
            self.progress(name)
            self.note(name, replace(self.notes(name), wanted=False))
            self._line.changed.notify_all()

    def go_on(self, name: str, workers: int) -> None:
        """Train what is not done, with so many processes."""
        with self._line.changed:
            self.progress(name)
            before = self.notes(name)
            self.note(name, Notes(True, self._workers(workers), before.asked if before.wanted else time.time()))
            self._line.changed.notify_all()

    def delete(self, name: str) -> None:
        """Take it away. Raises OSError."""
        with self._line.changed:
            path = self.path(name)
            self._line.leave(path)
            self.forget(name)
            shutil.rmtree(path)
            self._line.changed.notify_all()

    # -- under the lock ------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Of all of them."""
        return [path.name for path in folders(self.place)]

    def path(self, name: str) -> Path:
        """Its folder."""
        if name not in self.names():
            raise self.none()
        return self.place / name

    def notes(self, name: str) -> Notes:
        """What this server keeps of it."""
        return read_notes(self.place / name, self.cores)

    def note(self, name: str, notes: Notes) -> None:
        """Keep that. Raises OSError."""
        write_notes(self.place / name, notes)

    def _check(self, name: str, workers: int, most: int, sentence: str) -> None:
        """Raise ValueError for so many processes, or with the sentence for one more where there are `most` already."""
        self._workers(workers)
        there = self.names()
        if len(there) >= most and name not in there:
            raise ValueError(sentence)

    def _want(self, name: str, workers: int) -> None:
        """Have it trained, after all that wait already."""
        self.note(name, Notes(True, self._workers(workers), time.time()))
        self._line.changed.notify_all()

    def _workers(self, asked: int) -> int:
        if not 1 <= asked <= self.cores:
            raise ValueError(say("sweeps.workers", most=self.cores, workers=asked))
        return asked

    def _standing(self, name: str, done: int, runs: int) -> dict[str, Any]:
        """How it stands, as a page is told."""
        notes, labor = self.notes(name), self._line.labor_at(self.place / name)
        if done >= runs:
            state = "done"
        elif notes.why:
            state = "failed"
        elif not notes.wanted:
            state = "paused"
        else:
            state = "waiting" if labor is None else "running"
        rate = None if labor is None else labor.rate(done)
        return {"runs": runs, "done": done, "state": state, "sentence": notes.why, "rate": rate}


def is_free(folder: SweepFolder) -> bool:
    """Whether nobody trains the sweep in a folder."""
    try:
        with folder.alone():
            return True
    except ValueError:
        return False
