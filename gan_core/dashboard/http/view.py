"""What the dashboard needs of a training session. The tests' fakes meet the same protocol."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gan_core.records.commands import Command
from gan_core.records.exports import ExportJob
from gan_core.records.library import Line, RunPage, RunQuery
from gan_core.records.notes import Note
from gan_core.records.outcomes import Cancelled, Refused, Verdict, Working
from gan_core.records.status import Status
from gan_core.setup.plane import Plane


class PendingReceipt(Protocol):
    """Says when a command has taken effect."""

    refusal: str | None  # why it could not be obeyed, in a sentence; known once it has taken effect

    def wait(self, timeout: float) -> int | None:
        """Block until it is in force: the first step under it, or None after `timeout` seconds."""


class SessionView(Protocol):
    """A training session as the browser's side sees it. Bytes are envelopes of `gan_core.wire.frames`."""

    def send(self, command: Command) -> PendingReceipt:
        """Queue a command."""

    def status(self) -> Status:
        """What is going on."""

    def told(self, timeout: float) -> bytes | Refused | None:
        """The next step, told, or why it cannot be; None if that takes longer than `timeout` seconds."""

    def frame_after(self, version: int, timeout: float, lenses: Collection[str] = ()) -> bytes | None:
        """The newest frame if it is newer than `version`, waiting up to `timeout` seconds.

        Frames to come have the arrays of `lenses` for as long as somebody asks for them.
        """

    def frame_at(self, step: int) -> bytes | None:
        """The kept frame nearest to `step`."""

    def on_frame(self, wake: Callable[[], None]) -> None:
        """Have `wake` called after every new frame, on another thread."""

    def points(self) -> bytes:
        """The run's fixed inputs."""

    def progress(self, start: int, changes_from: int, readings_from: int) -> bytes:
        """Status, and what happened since row `start`, change `changes_from` and step `readings_from`."""


class LibraryView(Protocol):
    """The folder of recorded runs. What cannot be done is a ValueError or OSError with a sentence."""

    @property
    def folder(self) -> Path:
        """Where they are."""

    @property
    def limit(self) -> int:
        """Bytes that each may take."""

    def runs(self) -> Sequence[Line]:
        """All of them, the newest first; damaged ones with a sentence."""

    def page(self, query: RunQuery, seconds: float) -> RunPage:
        """Some of those that are asked for; files that are new are read for so many seconds at most."""

    def found(self, query: RunQuery) -> Sequence[str]:
        """The ids of all that are asked for."""

    def some(self, run_ids: Iterable[str]) -> Sequence[Line]:
        """Those of these ids."""

    def family(self, run_id: str) -> Sequence[Line]:
        """Those that have an ancestor in common with one."""

    def last_written(self, but: str) -> str | None:
        """Which of them, except one, was trained last."""

    def path(self, run_id: str) -> Path:
        """The file of one that is there."""

    def rename(self, run_id: str, title: str) -> None:
        """Give it a title."""

    def note(self, run_id: str, note: Note) -> None:
        """Note something of it or of one of its steps."""

    def delete(self, run_id: str) -> None:
        """Put it aside, for some days."""

    def restore(self, run_id: str) -> None:
        """Take back what was deleted."""

    def delete_all(self, run_ids: Iterable[str]) -> Mapping[str, str]:
        """Put many aside; why the others cannot be, by id."""

    def restore_all(self, run_ids: Iterable[str]) -> Mapping[str, str]:
        """Take many back; why the others cannot be, by id."""

    def export(self, run_id: str) -> Path:
        """Write one whole file of it, which the caller removes."""

    def upload(self) -> AbstractContextManager[Path]:
        """A place for a file that comes in."""

    def import_file(self, path: Path) -> str:
        """Check a stranger's file and take it in under a new id."""


class StoredView(Protocol):
    """What is in recorded runs. Bytes are envelopes of `gan_core.wire.frames`."""

    def status(self, run_id: str) -> Status:
        """How it stopped."""

    def frame(self, run_id: str, step: int) -> bytes | None:
        """The kept frame nearest to `step`."""

    def points(self, run_id: str) -> bytes:
        """Its fixed inputs."""

    def progress(self, run_id: str, start: int, changes_from: int, readings_from: int) -> bytes:
        """Status, metrics from row `start`, changes from number `changes_from`, readings from a step on, kept steps."""


class RerunsView(Protocol):
    """Steps that are computed anew, and whole runs that are checked, in a process of their own."""

    def warm(self) -> None:
        """Get ready for the first request."""

    def visit(
        self, client: str, path: Path, step: int, resolution: int, run: int, lenses: Collection[str], plane: Plane
    ) -> str:
        """Ask for the exact frame of a step; returns a ticket. What this client asked for before is dropped."""

    def verify(self, client: str, path: Path) -> str:
        """Ask for a check of a whole run."""

    def cancel(self, ticket: str) -> None:
        """Give up a request."""

    def result(self, ticket: str, timeout: float) -> Working | bytes | Verdict | Refused | Cancelled:
        """What has become of a request, waiting up to `timeout` seconds for its end."""


@dataclass(frozen=True)
class Archive:
    """The recorded runs, from three sides."""

    library: LibraryView
    stored: StoredView
    reruns: RerunsView


class TrainedView(Protocol):
    """What a server trains beside its run. What cannot be done is a ValueError with a sentence.

    A name that is none is a NoSweep.
    """

    @property
    def cores(self) -> int:
        """The most processes that one may have."""

    def listed(self) -> Sequence[Mapping[str, Any]]:
        """All, the newest first; damaged ones with a sentence."""

    def pause(self, name: str) -> None:
        """Stop it."""

    def go_on(self, name: str, workers: int) -> None:
        """Train what is not done, with so many processes."""

    def delete(self, name: str) -> None:
        """Take it away."""


class TablesView(TrainedView, Protocol):
    """The papers' tables of a server."""

    def papers(self) -> Sequence[Mapping[str, Any]]:
        """Which tables there are to train."""

    def begin(self, given: Mapping[str, Any], workers: int) -> str:
        """Have one trained; returns its name."""

    def cost(self, given: Mapping[str, Any], workers: int) -> Mapping[str, Any]:
        """Seconds of a run of each way, and of all; the latter None while they are measured."""

    def told(self, name: str, seen: str) -> Mapping[str, Any]:
        """How it stands, and the table where it is not of the version `seen`."""

    def file(self, name: str, kind: str) -> bytes:
        """It as a file."""


class SweepsView(TrainedView, Protocol):
    """The sweeps of a server."""

    def begin(self, given: Mapping[str, Any], workers: int) -> str:
        """Have a plan trained; returns the name of its sweep."""

    def cost(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """How many runs and steps a plan has, and seconds of one run, None while they are measured."""

    def told(self, name: str, first: int, most: int) -> Mapping[str, Any]:
        """How it stands, and rows from a number on; from 0 with its layout."""

    def looks(self, name: str, start: int) -> Mapping[str, Any]:
        """What was seen of its runs, from a byte on."""

    def fakes(self, name: str, keys: Sequence[str]) -> Mapping[str, str]:
        """The last fakes of runs that are done, in base64."""

    def reals(self, name: str, cell: int) -> str:
        """Points of the data of a cell, likewise."""

    def compared(self, name: str, reading: str) -> Sequence[Mapping[str, Any]]:
        """Its two recipes, held together by a reading."""

    def table(self, name: str) -> bytes:
        """The table of the runs that are done."""


class ExportsView(Protocol):
    """Files made of recorded runs. What cannot be done is a ValueError with a sentence; no such id is a NoExport."""

    def kinds(self) -> Sequence[Mapping[str, Any]]:
        """Which exports there are."""

    def listed(self) -> Sequence[ExportJob]:
        """All that were asked for, the newest first."""

    def ask(self, run_id: str, what: str, suffix: str, given: Mapping[str, Any]) -> str:
        """Have one made; returns its id."""

    def upload(self) -> AbstractContextManager[Path]:
        """A place for a file of weights that comes in."""

    def begin(self, run_id: str, weights: Path) -> str:
        """Have a run begun with them, of the experiment of another one."""

    def file(self, job_id: str) -> tuple[Path, str, str]:
        """A finished file, what it is called, and its media type."""

    def remove(self, job_id: str) -> None:
        """Cancel one, or take it away."""
