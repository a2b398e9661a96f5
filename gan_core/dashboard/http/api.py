"""The HTTP side of a session: frames and progress as bytes, commands as JSON, health for machines."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from gan_core.dashboard.http.answers import as_bytes, as_json, frame_answer
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.body import json_body
from gan_core.dashboard.http.frames import NewestFrame
from gan_core.dashboard.http.queries import progress_wanted, read_number
from gan_core.dashboard.http.view import SessionView
from gan_core.records import commands
from gan_core.records.outcomes import Refused
from gan_core.records.status import Phase
from gan_core.texts.catalogue import say
from gan_core.wire import frames as wire

RECEIPT = 2.0  # seconds that a command's answer waits for it to take effect
TELLING = 30.0  # seconds that a step may take to be told, of large networks
JSON = Annotated[Any, Depends(json_body())]


def add_routes(server: Application, session: SessionView) -> None:
    """Register the paths documented in the README on `server`. Handlers that are no coroutines run in threads."""
    newest = server.express["/api/frame"] = NewestFrame(session)
    server.add_route("/api/frame", newest, methods=["GET"])  # type: ignore[arg-type]  # and no other method

    @server.get("/healthz")
    async def healthz() -> Response:
        """On the event loop, so that it is answered even where all threads are busy."""
        status = session.status()
        return as_json(
            {
                "status": "failed" if status.phase is Phase.FAILED else "ok",
                "phase": status.phase,
                "step": status.step,
                "steps_per_second": status.steps_per_second,
                "frames": status.frames,
                "memory_bytes": status.memory_bytes,
                "error": status.error,
            }
        )

    @server.get("/api/status")
    def status() -> Response:
        return as_json(wire.status_json(session.status()))

    @server.get("/api/frame/{step}")
    def kept_frame(step: str) -> Response:
        return frame_answer(session.frame_at(read_number("STEP", step)))

    @server.get("/api/points")
    def points() -> Response:
        return as_bytes(session.points())

    @server.get("/api/progress")
    def progress(request: Request) -> Response:
        return as_bytes(session.progress(*progress_wanted(request)))

    @server.post("/api/command")
    def command(body: JSON) -> Response:
        """Answers once the command is in force, with the status that it led to."""
        receipt = session.send(commands.parse(body))
        step = receipt.wait(RECEIPT)
        if receipt.refusal is not None:
            return as_json({"error": receipt.refusal, "run": session.status().info.run}, 409)
        return as_json({"from_step": step, "status": wire.status_json(session.status())})

    @server.post("/api/told")
    def told() -> Response:
        """The next step of a paused run, in stages; it stays to come."""
        match session.told(TELLING):
            case bytes() as step:
                return as_bytes(step)
            case Refused(sentence):
                return as_json({"error": sentence}, 409)
            case _:
                return as_json({"error": say("refusal.told-late")}, 503)

    @server.exception_handler(ValueError)
    async def bad_value(request: Request, error: ValueError) -> Response:
        return as_json({"error": str(error)}, 400)
