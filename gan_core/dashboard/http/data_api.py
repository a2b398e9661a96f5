"""The HTTP side of a visitor's own data: a table of points comes in, and becomes a target."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from anyio.to_thread import run_sync
from fastapi import FastAPI, HTTPException, Request, Response

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.body import save_body
from gan_core.dashboard.http.view import SessionView
from gan_core.datasets.folder import PREFIX, Missing, called, keep, listed, remove, sentence
from gan_core.datasets.table import MAX_BYTES
from gan_core.texts.catalogue import say

MAX_WORDS = 200  # characters of a file's name, or of two columns


def add_data_routes(server: FastAPI, session: SessionView) -> None:
    """Register what the README lists under /api/data."""

    @server.get("/api/data")
    def data() -> Response:
        return as_json({"data": listed(), "limit": MAX_BYTES})

    @server.post("/api/data")
    async def take_in(request: Request) -> Response:
        """The body is the file; `name`, `columns` and `scale` may stand in the query.

        `scale` says how points get into the square, by a name in `datasets.dataset.SCALES`; without it one factor does.
        """
        asked = request.query_params
        name, columns, scale = (asked.get(field, "")[:MAX_WORDS] for field in ("name", "columns", "scale"))
        with TemporaryDirectory(prefix="ganscope-") as folder:
            path = Path(folder, "table.csv")
            try:
                await save_body(request, path, MAX_BYTES)
            except HTTPException as error:
                if error.status_code != 413:
                    raise
                size = int(request.headers.get("content-length", MAX_BYTES)) / 1e6
                why = say("data.too-large", size=size, most=MAX_BYTES / 1e6)
                raise ValueError(say("data.refused", name=name, why=why)) from None
            found = await run_sync(partial(keep, path, columns, name, scale=scale))
        return as_json({"target": f"{PREFIX}{found.fingerprint}", "name": found.name, "sentence": sentence(found)})

    @server.delete("/api/data/{target}")
    def take_away(target: str) -> Response:
        if target == session.status().info.config.get("target"):
            return as_json({"error": say("data.in-use", target=called(target))}, 409)
        try:
            remove(target)
        except Missing as missing:
            return as_json({"error": str(missing)}, 404)
        except OSError as error:
            return as_json({"error": say("data.not-removed", why=str(error.strerror or error))}, 507)
        return as_json({})
