"""Exports made beside the server: one after the other, in a process of its own, at low priority.

What is asked for waits its turn; what is made lies in a folder beside the runs for a day, or until it is removed. Each
finished file has its record beside it, so that a server that starts again still offers it.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from gan_core.export.asked import RANGES, Asked, read_asked
from gan_core.export.registry import EXPORTS, MEDIA, check, find_export
from gan_core.export.worker import work
from gan_core.recording.file.run_folder import new_id
from gan_core.records.exports import ExportJob, NoExport
from gan_core.system.child import start
from gan_core.texts.catalogue import catalogue, say

BESIDE_RUNS = "exports"  # what the folder is called in one of runs
KEPT = 24 * 3600.0  # seconds
MAX_WAITING, MAX_KEPT = 8, 20  # exports
MAX_BYTES = 4 * 10**9  # that all finished ones may take; the oldest go
BEGUN = "start"  # what a job is called that begins a run with weights
_RECORD = ".json"


class Exports:
    """The exports of one server. Any thread may call the public methods."""

    def __init__(self, folder: Path, find: Callable[[str], Path], clock: Callable[[], float] = time.time) -> None:
        """`find` gives the file of a run by its id; it raises as `Library.path`."""
        self._folder, self._find, self._clock = folder, find, clock
        self._changed = threading.Condition(threading.Lock())
        # All under the lock:
        self._jobs: dict[str, ExportJob] = {}
        self._asked: dict[str, dict[str, Any]] = {}  # of those that are not finished: what the process is told
        self._process: SpawnProcess | None = None
        self._killed = False  # the process, since what it worked on is not wanted
        self._thread: threading.Thread | None = None
        self._closed = False
        self._take_up()

    def kinds(self) -> Sequence[Mapping[str, Any]]:
        """Which exports there are: name, formats, and what can be chosen: usual values, and of numbers the range."""
        usual = vars(Asked(suffix=""))
        return [
            {
                "name": one.name,
                "suffixes": one.suffixes,
                "takes": {name: {"usual": usual[name], "range": RANGES.get(name)} for name in one.takes},
            }
            for one in EXPORTS.values()
        ]

    def listed(self) -> Sequence[ExportJob]:
        """All, the newest first."""
        with self._changed:
            self._clear()
            return list(reversed(self._jobs.values()))

    def ask(self, run_id: str, what: str, suffix: str, given: Mapping[str, Any]) -> str:
        """Have a file made; returns the export's id. Raises ValueError with a sentence, or FileNotFoundError."""
        export = find_export(what)
        asked = read_asked(suffix, given)
        check(export, asked)
        path = self._find(run_id)
        at = f"-{asked.step}" if asked.step is not None else ""
        name = f"ganscope-{run_id}-{what}{at}{suffix}"
        job = ExportJob(secrets.token_hex(8), run_id, what, name, self._clock())
        out = str(self._folder / f"{job.id}{suffix}")
        told = {"path": str(path), "what": what, "suffix": suffix, "given": dict(given), "out": out}
        with self._changed:
            self._queue(job, told)
        return job.id

    @contextmanager
    def upload(self) -> Iterator[Path]:
        """A place for a file of weights that comes in; it is gone afterwards unless `begin` took it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"upload-{secrets.token_hex(8)}"
        try:
            yield place
        finally:
            place.unlink(missing_ok=True)

    def begin(self, run_id: str, weights: Path) -> str:
        """Have a run begun with the weights of a file from `upload`, of the experiment of another one.

        Returns the job's id; its `file` is the id of that run. Raises ValueError with a sentence, or FileNotFoundError.
        """
        path = self._find(run_id)
        new = new_id(self._clock())
        with self._changed:
            job = ExportJob(secrets.token_hex(8), run_id, BEGUN, new, self._clock())
            kept = weights.replace(self._folder / f"{job.id}.weights")
            self._queue(
                job, {"path": str(path), "weights": str(kept), "out": str(path.with_name(f"{new}{path.suffix}"))}
            )
        return job.id

    def file(self, job_id: str) -> tuple[Path, str, str]:
        """A finished file, what it is called, and its media type. Raises NoExport where there is none."""
        with self._changed:
            job = self._job(job_id)
            path = self._path(job)
        if job.state != "done" or not path.is_file():
            raise NoExport(say("export.gone"))
        return path, job.file, MEDIA[path.suffix]

    def remove(self, job_id: str) -> None:
        """Cancel one, or take a finished one away."""
        with self._changed:
            job = self._job(job_id)
            del self._jobs[job_id]
            self._asked.pop(job_id, None)
            if job.state == "working" and self._process is not None:
                self._killed = True
                self._process.kill()  # the thread notices, and clears away what is half made
            else:
                self._unlink(job)

    def close(self) -> None:
        """End the process at once; what is not finished is forgotten."""
        with self._changed:
            self._closed = True
            self._asked.clear()
            process, thread = self._process, self._thread
            if process is not None:
                process.kill()
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    # -- under the lock ----------------------------------------------------------------------------------------------

    def _queue(self, job: ExportJob, told: dict[str, Any]) -> None:
        if self._closed or len(self._asked) >= MAX_WAITING:
            raise ValueError(say("export.too-many", most=MAX_WAITING))
        self._jobs[job.id], self._asked[job.id] = job, told
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="exports", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _job(self, job_id: str) -> ExportJob:
        if job_id not in self._jobs:
            raise NoExport(say("export.gone"))
        return self._jobs[job_id]

    def _path(self, job: ExportJob) -> Path:
        return self._folder / f"{job.id}{Path(job.file).suffix}"

    def _unlink(self, job: ExportJob) -> None:
        for path in (self._folder / f"{job.id}{_RECORD}", *self._folder.glob(f"{job.id}.*")):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _clear(self) -> None:
        """Take away finished ones that are too old, too many or too large, the oldest first."""
        finished = [job for job in self._jobs.values() if job.state in ("done", "failed")]
        nbytes = sum(job.nbytes for job in finished)
        for i, job in enumerate(finished):
            if self._clock() - job.created > KEPT or len(finished) - i > MAX_KEPT or nbytes > MAX_BYTES:
                del self._jobs[job.id]
                self._unlink(job)
                nbytes -= job.nbytes

    def _take_up(self) -> None:
        """Find what an earlier server made; the rest of the folder goes."""
        found = []
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            with suppress(OSError, ValueError, TypeError):
                if path.suffix == _RECORD:
                    job = ExportJob(**json.loads(path.read_text()))
                    if job.id == path.stem and job.state == "done" and self._path(job).is_file():
                        found.append(job)
        self._jobs = {job.id: job for job in sorted(found, key=lambda job: job.created)}
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            if path.name.split(".")[0] not in self._jobs:
                with suppress(OSError):
                    path.unlink()
        self._clear()

    # -- on the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        pipe: Connection | None = None
        while True:
            with self._changed:
                if not self._asked and pipe is not None:  # nothing to do: the process takes memory
                    pipe.close()
                    self._end()
                    pipe = None
                self._changed.wait_for(lambda: self._asked or self._closed)
                if self._closed:
                    self._end()
                    return
                job_id = next(iter(self._asked))
                job = self._jobs[job_id] = replace(self._jobs[job_id], state="working")
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                if pipe is None:
                    texts = catalogue()
                    process, pipe = start(partial(work, texts.language, texts.folder), "exports")
                    with self._changed:
                        self._process = process
                reply = self._follow(job, pipe)
            except (OSError, EOFError) as error:  # it ended, killed perhaps
                why = say("export.died") if isinstance(error, EOFError) else str(error.strerror or error)
                reply = {"is": "ended", "error": why}
            self._finish(job_id, reply)
            with self._changed:
                if self._process is None or self._killed or reply["is"] == "ended":
                    self._end()
                    pipe = None

    def _end(self) -> None:
        """Have no process any more. With the lock held."""
        self._killed = False
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = None

    def _follow(self, job: ExportJob, pipe: Connection) -> dict[str, Any]:
        with self._changed:
            told = self._asked.get(job.id)
        if told is None:
            return {"is": "failed", "error": ""}
        pipe.send_bytes(json.dumps(told).encode())
        while True:
            reply: dict[str, Any] = json.loads(pipe.recv_bytes())
            if reply["is"] != "working":
                return reply
            with self._changed:
                if job.id in self._jobs:
                    how_far = {"done": reply["done"], "total": reply["total"]}
                    self._jobs[job.id] = replace(self._jobs[job.id], **how_far)

    def _finish(self, job_id: str, reply: Mapping[str, Any]) -> None:
        with self._changed:
            told = self._asked.pop(job_id, None)
            job = self._jobs.get(job_id)
            if job is None or told is None:  # nobody wants it any more
                for path in self._folder.glob(f"{job_id}.*"):
                    path.unlink(missing_ok=True)
                return
            if job.what == BEGUN:  # nothing lies in the folder but the weights
                self._unlink(job)
            if reply["is"] == "done" and job.what == BEGUN:
                job = replace(job, state="done")
            elif reply["is"] == "done":
                job = replace(job, state="done", nbytes=self._path(job).stat().st_size)
                with suppress(OSError):  # without it the file is offered until this server ends
                    (self._folder / f"{job_id}{_RECORD}").write_text(json.dumps(asdict(job)))
            else:
                job = replace(job, state="failed", error=str(reply["error"]))
            self._jobs[job_id] = job
            self._clear()
