"""The HTTP side of exports: which there are, what was asked for, the files that came of it, and asking for more."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, Request, Response

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.body import object_body, save_body
from gan_core.dashboard.http.files import File
from gan_core.dashboard.http.view import ExportsView
from gan_core.records.exports import MAX_WEIGHTS, NoExport
from gan_core.setup.limits import check_run

Body = Annotated[dict[str, Any], Depends(object_body())]


def add_export_routes(server: FastAPI, exports: ExportsView) -> None:
    """Register what the README lists under /api/exports."""

    @server.get("/api/exports")
    def all_exports() -> Response:
        return as_json({"exports": [asdict(one) for one in exports.listed()], "kinds": list(exports.kinds())})

    @server.post("/api/exports")
    def ask_for_export(body: Body) -> Response:
        given = {name: value for name, value in body.items() if name not in ("run", "what", "suffix")}
        run_id = check_run(body.get("run"))
        return as_json({"id": exports.ask(run_id, str(body.get("what")), str(body.get("suffix")), given)})

    @server.post("/api/weights")
    async def begin_with_weights(request: Request) -> Response:
        """The body is the file; `run` in the query is the run whose experiment it is to be, from its beginning."""
        run_id = check_run(request.query_params.get("run"))
        with exports.upload() as path:
            await save_body(request, path, MAX_WEIGHTS)
            return as_json({"id": await run_sync(exports.begin, run_id, path)})

    @server.get("/api/exports/{job}/file")
    def exported(job: str) -> Response:
        path, name, kind = exports.file(job)
        return File(path.open("rb"), name, kind)

    @server.delete("/api/exports/{job}")
    def remove_export(job: str) -> Response:
        exports.remove(job)
        return as_json({})

    @server.exception_handler(NoExport)
    async def no_export(request: Request, error: NoExport) -> Response:
        return as_json({"error": str(error)}, 404)
