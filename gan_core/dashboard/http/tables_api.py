"""The HTTP side of papers' tables: which there are, one as it fills, what it would take, and it as a file."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.asking import answer_for_none, as_file, do, workers_of
from gan_core.dashboard.http.body import object_body
from gan_core.dashboard.http.view import TablesView

MAX_BODY = 1 << 16  # bytes
Body = Annotated[dict[str, Any], Depends(object_body(MAX_BODY))]
MAX_WORD = 60  # characters
_KINDS = {"md": "text/markdown; charset=utf-8", "json": "application/json"}


def add_table_routes(server: FastAPI, tables: TablesView) -> None:
    """Register what the README lists under /api/tables."""

    @server.get("/api/tables")
    def all_tables() -> Response:
        there = {"papers": list(tables.papers()), "tables": list(tables.listed()), "cores": tables.cores}
        return as_json(there)

    @server.post("/api/tables")
    def begin_table(body: Body) -> Response:
        return as_json({"id": tables.begin(body, workers_of(body))})

    @server.post("/api/tables/cost")
    def cost_of_table(body: Body) -> Response:
        """202 while runs are tried: to be asked again."""
        found = dict(tables.cost(body, workers_of(body)))
        return as_json(found, 202 if found["seconds_in_all"] is None else 200)

    @server.get("/api/tables/{name}")
    def one_table(request: Request, name: str) -> Response:
        return as_json(dict(tables.told(name, request.query_params.get("seen", "")[:MAX_WORD])))

    @server.post("/api/tables/{name}")
    def act_on_table(name: str, body: Body) -> Response:
        do(tables, name, body)
        return as_json({})

    @server.delete("/api/tables/{name}")
    def delete_table(name: str) -> Response:
        tables.delete(name)
        return as_json({})

    @server.get("/api/tables/{name}/table.{kind}")
    def file_of_table(name: str, kind: str) -> Response:
        return as_file(tables.file(name, kind[:MAX_WORD]), _KINDS.get(kind), f"{name}.{kind}")

    answer_for_none(server)
