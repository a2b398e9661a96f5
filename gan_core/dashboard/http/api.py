"""The HTTP side of a session: frames and progress as bytes, commands as JSON, health for machines."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from gan_core.dashboard.http.view import SessionView
from gan_core.records import commands
from gan_core.records.arrays import LENS_ARRAYS
from gan_core.records.outcomes import Refused
from gan_core.records.status import Phase
from gan_core.texts.catalogue import say
from gan_core.wire import frames as wire

HOLD = 0.25  # seconds that a request for a newer frame is held at most
NO_STEP = 10**17  # beyond any
RECEIPT = 2.0  # seconds that a command's answer waits for it to take effect
TELLING = 30.0  # seconds that a step may take to be told, of large networks


def add_routes(server: Flask, session: SessionView) -> None:
    """Register the paths documented in the README on `server`."""

    @server.get("/healthz")
    def healthz() -> Response:
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

    @server.get("/api/frame")
    def newest_frame() -> Response:
        lenses = read_lenses(request.args.get("lens", ""))
        return frame_answer(session.frame_after(whole_number("after", 0), HOLD, lenses))

    @server.get("/api/frame/<step>")
    def kept_frame(step: str) -> Response:
        return frame_answer(session.frame_at(read_number("STEP", step)))

    @server.get("/api/points")
    def points() -> Response:
        return as_bytes(session.points())

    @server.get("/api/progress")
    def progress() -> Response:
        return as_bytes(session.progress(*progress_wanted()))

    @server.post("/api/command")
    def command() -> Response:
        """Answers once the command is in force, with the status that it led to."""
        try:
            body = request.get_json()
        except RecursionError:
            raise ValueError(say("refusal.nested")) from None
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

    @server.errorhandler(ValueError)
    def bad_value(error: ValueError) -> Response:
        return as_json({"error": str(error)}, 400)


def frame_answer(payload: bytes | None) -> Response:
    """What is answered to somebody who asked for a frame: it, or that there is none."""
    return as_bytes(payload) if payload is not None else Response(status=204, headers={"Cache-Control": "no-store"})


def progress_wanted() -> tuple[int, int, int]:
    """From which row, change and step on somebody asks for progress; without a step, for no readings."""
    return whole_number("from", 0), whole_number("changes", 0), whole_number("readings", NO_STEP)


def read_lenses(text: str) -> frozenset[str]:
    """Read names of lenses with commas between them. Raises ValueError with a sentence."""
    names = frozenset(text.split(",")) if text else frozenset[str]()
    for name in names - set(LENS_ARRAYS):
        raise ValueError(say("refusal.no-lens", name=repr(name[:40]), names=", ".join(LENS_ARRAYS)))
    return names


def whole_number(name: str, default: int) -> int:
    """Read a number of the query. Raises ValueError with a sentence."""
    return read_number(name, request.args.get(name, str(default)))


def read_number(name: str, text: str) -> int:
    """Read a number from 0 up. Raises ValueError with a sentence."""
    # isdecimal and the length keep out what int() would take but nobody means: signs, underscores, a million digits.
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError(say("refusal.whole-from-0", name=name, value=repr(text[:40])))
    return int(text)


def as_bytes(payload: bytes) -> Response:
    """An envelope as an answer."""
    return Response(payload, content_type=wire.CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def as_json(value: dict[str, Any], code: int = 200) -> Response:
    """An object as an answer."""
    response: Response = jsonify(value)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
