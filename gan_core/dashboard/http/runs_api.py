"""The HTTP side of recorded runs: the list, what is in one, exact steps, download and upload."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, Request, Response

from gan_core.dashboard.http.answers import as_bytes, as_json, frame_answer
from gan_core.dashboard.http.body import object_body, save_body
from gan_core.dashboard.http.files import File
from gan_core.dashboard.http.present import steers
from gan_core.dashboard.http.queries import progress_wanted, read_lenses, read_number
from gan_core.dashboard.http.run_query import MAX_MANY_BYTES, read_ids, read_many, read_query
from gan_core.dashboard.http.view import Archive, LibraryView, SessionView
from gan_core.records.ending import ending_words
from gan_core.records.library import DamagedRun, Line, RunPage, RunQuery, listed_as
from gan_core.records.notes import Note, make_note
from gan_core.records.outcomes import Refused, Verdict, Working
from gan_core.setup.limits import check_run
from gan_core.setup.plane import USUAL, read_plane
from gan_core.texts.catalogue import say
from gan_core.wire import frames as wire

HOLD = 0.25  # seconds that a request for a result is held at most
READING = 2.0  # seconds that a page of the list may take to read files that are new
RESOLUTIONS = range(2, 401)  # cells a side
MAX_CLIENT = 64  # characters of a page's token
Body = Annotated[dict[str, Any], Depends(object_body())]
LongBody = Annotated[dict[str, Any], Depends(object_body(MAX_MANY_BYTES))]


def add_run_routes(server: FastAPI, session: SessionView, archive: Archive) -> None:
    """Register what the README lists under /api/runs, /api/library and /api/visit."""
    library, stored, reruns = archive.library, archive.stored, archive.reruns
    first = session.status().info.id  # while it is open, a page may offer the run before it

    @server.get("/api/runs")
    def runs(request: Request) -> Response:
        """All of them, or what the query asks for: a page of those it finds, some by their ids, a family."""
        current = session.status().info.id
        about = {"current": current, "folder": str(library.folder), "limit": library.limit}
        asked = request.query_params
        if "ids" in asked or "family" in asked:
            return as_json({"runs": [_flat(run) for run in _chosen(library, asked)], **about})
        if asked:
            query = read_query(asked, but=current)
            if asked.get("only") == "ids":
                found = library.found(query)
                return as_json({"ids": found, "total": len(found)})
            page = library.page(query, READING)
            return as_json({**_told(page, query), **about, "last": page.last if current == first else None})
        last = library.last_written(but=current) if current == first else None
        return as_json({"runs": [_flat(run) for run in library.runs()], **about, "last": last})

    @server.post("/api/runs")
    async def upload(request: Request) -> Response:
        with library.upload() as path:
            await save_body(request, path, library.limit)
            return as_json({"id": await run_sync(library.import_file, path)})

    @server.post("/api/library")
    def act_on_many(body: LongBody) -> Response:
        """Delete or bring back many; what cannot be is left as it is, and the answer says why, by id."""
        run_ids, current = read_many(body), session.status().info.id
        actions = {"delete": library.delete_all, "restore": library.restore_all}
        action = actions.get(str(body.get("do")))
        if action is None:
            raise ValueError(say("refusal.unknown-action", name=repr(body.get("do")), names=", ".join(actions)))
        open_now = {current: say("refusal.run-is-open")} if current in run_ids and body["do"] == "delete" else {}
        left = action(run_id for run_id in run_ids if run_id not in open_now)
        return as_json({"left": {**open_now, **left}, "done": len(run_ids) - len(open_now) - len(left)})

    @server.post("/api/runs/{run_id}")
    def act(run_id: str, body: Body) -> Response:
        if body.get("do") == "delete" and run_id == session.status().info.id:
            return as_json({"error": say("refusal.run-is-open")}, 409)
        actions: dict[str, Callable[[], None]] = {
            "rename": lambda: library.rename(check_run(run_id), str(body.get("title", ""))),
            "note": lambda: library.note(check_run(run_id), _note(body)),
            "delete": lambda: library.delete(check_run(run_id)),
            "restore": lambda: library.restore(check_run(run_id)),
        }
        action = actions.get(str(body.get("do")))
        if action is None:
            raise ValueError(say("refusal.unknown-action", name=repr(body.get("do")), names=", ".join(actions)))
        action()
        return as_json({})

    @server.get("/api/runs/{run_id}/file")
    def download(run_id: str) -> Response:
        path = library.export(check_run(run_id))
        name = f"ganscope-{run_id}.sqlite"
        file = path.open("rb")
        with suppress(PermissionError):  # where a file that is open cannot be removed, the next start does it
            path.unlink()
        return File(file, name, "application/vnd.sqlite3")

    @server.get("/api/runs/{run_id}/status")
    def run_status(run_id: str) -> Response:
        return as_json(wire.status_json(stored.status(check_run(run_id))))

    @server.get("/api/runs/{run_id}/frame/{step}")
    def run_frame(run_id: str, step: str) -> Response:
        return frame_answer(stored.frame(check_run(run_id), read_number("STEP", step)))

    @server.get("/api/runs/{run_id}/points")
    def run_points(run_id: str) -> Response:
        return as_bytes(stored.points(check_run(run_id)))

    @server.get("/api/runs/{run_id}/progress")
    def run_progress(request: Request, run_id: str) -> Response:
        return as_bytes(stored.progress(check_run(run_id), *progress_wanted(request)))

    @server.post("/api/warm")
    def warm() -> Response:
        """Have the process for visits started before the first one: what it loads takes seconds."""
        reruns.warm()
        return as_json({})

    @server.post("/api/visit")
    def visit(request: Request, body: Body) -> Response:
        """Ask for the exact frame of a step, or for a check of a whole run."""
        client, run_id = str(body.get("client", ""))[:MAX_CLIENT], check_run(body.get("run"))
        path = library.path(run_id)
        if body.get("verify"):
            if not steers(request):  # a step of the past is a moment's work, a whole run is not
                return as_json({"error": say("present.watching")}, 403)
            return as_json({"ticket": reruns.verify(client, path)})
        step, resolution = (_number(body, name) for name in ("step", "resolution"))
        if resolution not in RESOLUTIONS:
            raise ValueError(say("refusal.resolution", low=RESOLUTIONS[0], high=RESOLUTIONS[-1], value=str(resolution)))
        lenses = read_lenses(str(body.get("lens", "")))
        plane = read_plane(body["plane"]) if "plane" in body else USUAL
        number = session.status().info.run if run_id == session.status().info.id else stored.status(run_id).info.run
        return as_json({"ticket": reruns.visit(client, path, step, resolution, number, lenses, plane)})

    @server.get("/api/visit/{ticket}")
    def visited(ticket: str) -> Response:
        match reruns.result(ticket[:MAX_CLIENT], HOLD):
            case Working(done, total):
                return as_json({"done": done, "total": total}, 202)
            case Verdict() as verdict:
                return as_json({"verdict": {**asdict(verdict), "proved": verdict.proved}})
            case Refused(sentence):
                return as_json({"error": sentence}, 409)
            case bytes() as frame:
                return as_bytes(frame)
            case _:
                return as_json({"error": say("refusal.replaced")}, 410)

    @server.delete("/api/visit/{ticket}")
    def give_up(ticket: str) -> Response:
        reruns.cancel(ticket[:MAX_CLIENT])
        return as_json({})

    @server.exception_handler(OSError)
    async def trouble_with_a_file(request: Request, error: OSError) -> Response:
        gone = isinstance(error, FileNotFoundError)
        words = say("refusal.no-run") if gone else str(error.strerror or error)
        locked = error.errno == errno.EBUSY
        return as_json({"error": words}, 404 if gone else 423 if locked else 507)


def _told(page: RunPage, query: RunQuery) -> dict[str, Any]:
    return {
        "runs": [_flat(run) for run in page.lines],
        "from": query.start,
        "total": page.total,
        "all": page.all,
        "nbytes": page.nbytes,
        "empty": page.not_begun,
        "values": page.values,
        "parents": {run_id: _flat(run) for run_id, run in page.parents.items()},
        "unread": page.unread,
    }


def _chosen(library: LibraryView, asked: Mapping[str, str]) -> Sequence[Line]:
    if len(asked) > 1:
        raise ValueError(say("refusal.by-itself", names="ids, family"))
    if "ids" in asked:
        return library.some(read_ids(asked["ids"]))
    try:
        return library.family(check_run(asked["family"]))
    except FileNotFoundError:  # one that is not recorded yet
        return []


def _flat(run: Line) -> dict[str, Any]:
    """One line of the list as JSON: `damage` is a sentence, or empty."""
    if isinstance(run, DamagedRun):
        return {"id": run.id, "nbytes": run.nbytes, "damage": run.error, "state": listed_as(run)}
    summary = {**asdict(run), "outcome": ending_words(run.outcome), "state": listed_as(run)}
    return {**summary.pop("recipe"), **summary, "damage": ""}


def _note(body: dict[str, Any]) -> Note:
    return make_note(body.get("step"), body.get("text", ""), body.get("tags", []))


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(say("refusal.whole", name=name, value=repr(value)))
    return read_number(name, str(value))
