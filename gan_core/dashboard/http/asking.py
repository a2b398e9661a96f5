"""What requests about sweeps and papers' tables have in common: what may be done with one, and it as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.view import TrainedView
from gan_core.records.sweeps import NoSweep
from gan_core.texts.catalogue import say


def workers_of(body: dict[str, Any]) -> int:
    """How many processes are asked for."""
    workers = body.get("workers", 1)
    if isinstance(workers, bool) or not isinstance(workers, int):
        raise ValueError(say("refusal.whole", name="workers", value=repr(workers)[:40]))
    return workers


def do(trained: TrainedView, name: str, body: dict[str, Any]) -> None:
    """Pause one, or go on with it."""
    actions: dict[str, Callable[[], None]] = {
        "pause": lambda: trained.pause(name),
        "go-on": lambda: trained.go_on(name, workers_of(body)),
    }
    action = actions.get(str(body.get("do")))
    if action is None:
        raise ValueError(say("refusal.unknown-action", name=repr(body.get("do")), names=", ".join(actions)))
    action()


def as_file(data: bytes, kind: str | None, name: str) -> Response:
    """What a browser keeps as a file of this name, of a kind of content."""
    headers = {"Content-Disposition": f'attachment; filename="ganscope-{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=kind, headers=headers)


def answer_for_none(server: FastAPI) -> None:
    """Have a name that is none answered with 404 and why."""

    @server.exception_handler(NoSweep)
    async def no_sweep(request: Request, error: NoSweep) -> Response:
        return as_json({"error": str(error)}, 404)
