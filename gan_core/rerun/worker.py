"""What the process that re-runs steps does: it answers requests that come through a pipe.

Knows no threads and starts nothing. What comes in is JSON: {"do": "visit", "ticket", "path", "step", "resolution",
"run", "lenses", "plane"}, {"do": "verify", "ticket", "path"} or {"do": "cancel", "ticket"}. What goes out is JSON with
`ticket` and `is`: "working" (`done`, `total`), "frame" (a second message follows: the envelope), "verdict" (the fields
of Verdict), "refused" (`sentence`) or "cancelled".
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from gan_core.looking.probe import LIVE_POINTS, POINTS, SHARP_RESOLUTION, Probe
from gan_core.recording.file.run_file import RunFile
from gan_core.records.frames import Moment
from gan_core.records.outcomes import Cancelled
from gan_core.rerun.proof import verify
from gan_core.rerun.retrace import Replay, Report
from gan_core.setup.plane import USUAL, Plane, read_plane
from gan_core.texts.catalogue import say
from gan_core.wire import frames as wire

_LISTEN = 0.01  # seconds between two looks for something new,
_TELL = 0.05  # and between two words about how far it is

Request = dict[str, Any]


class Pipe(Protocol):
    """A pipe's end."""

    def poll(self) -> bool:
        """Whether something came, or the other end is gone."""

    def recv_bytes(self) -> bytes:
        """The next message. Raises EOFError when the other end is gone."""

    def send_bytes(self, buf: bytes) -> None:
        """Send one message."""


class Worker:
    """Does one request after the other, but a visit in between while a whole run is verified."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._waiting: list[Request] = []
        self._cancelled: set[str] = set()
        self._listened = 0.0
        self._replay: Replay | None = None  # where the last visit left it
        self._probe: Probe | None = None
        self._of: tuple[str, object] | None = None  # the run of both

    def serve(self) -> None:
        """Answer until the other end is gone: then EOFError or OSError comes out of here."""
        while True:
            self._take(json.loads(self._pipe.recv_bytes()))
            while self._waiting:
                self._answer(self._waiting.pop(0))
            self._cancelled.clear()

    def _take(self, message: Request) -> None:
        if message["do"] == "cancel":
            self._cancelled.add(message["ticket"])
        else:
            self._waiting.append(message)

    def _listen(self) -> None:
        now = time.monotonic()
        if now - self._listened >= _LISTEN:
            self._listened = now
            while self._pipe.poll():
                self._take(json.loads(self._pipe.recv_bytes()))

    def _answer(self, request: Request) -> None:
        ticket, body = request["ticket"], b""
        try:
            reply, body = self._done(request)
        except Cancelled:
            reply = {"is": "cancelled"}
        except FileNotFoundError:
            reply = {"is": "refused", "sentence": say("refusal.no-run")}
        except (ValueError, FloatingPointError) as error:
            reply = {"is": "refused", "sentence": str(error)}
        except sqlite3.Error as error:
            reply = {"is": "refused", "sentence": say("rerun.unreadable", why=str(error))}
        except Exception as error:  # whatever it is, the next request may go well
            self._replay = None
            reply = {"is": "refused", "sentence": say("rerun.failed", why=f"{type(error).__name__}: {error}")}
        self._say({"ticket": ticket, **reply})
        if body:
            self._pipe.send_bytes(body)

    def _done(self, request: Request) -> tuple[Request, bytes]:
        report = self._reporter(request)
        if not report(0, 0):
            raise Cancelled
        with closing(RunFile.open(Path(request["path"]))) as file:
            return _DO[request["do"]](self, request, file, report)

    def _visit(self, request: Request, file: RunFile, report: Report) -> tuple[Request, bytes]:
        replay, probe = self._at_hand(request["path"], file)
        plane = _plane_of(request, replay.engine.config.latent_dim)
        replay.go_to(file, request["step"], report)
        engine, resolution = replay.engine, request["resolution"]
        engine.compute.enter()
        sharp = resolution >= SHARP_RESOLUTION
        for frame in probe.look_in_parts(
            engine.generator,
            engine.discriminator,
            Moment(request["run"], request["step"], 0.0),
            resolution=resolution,
            points=POINTS if sharp else LIVE_POINTS,
            lenses=request.get("lenses", ()),
            of_g=engine.beside_generator(),
            plane=plane,
        ):
            if not report(0, 0):
                raise Cancelled
            if frame is not None:
                packed = wire.pack_frame(frame, [frame.trail_point])
                header = {**packed.header, "exact": True, "verified": replay.verified}
                return {"is": "frame"}, replace(packed, header=header).envelope(version=0, kept=True)
        raise RuntimeError("the last part of a look is its snapshot")

    def _verify(self, request: Request, file: RunFile, report: Report) -> tuple[Request, bytes]:
        return {"is": "verdict", **asdict(verify(file, report))}, b""

    def _at_hand(self, path: str, file: RunFile) -> tuple[Replay, Probe]:
        """The engine of the last visit if it was one of the same run, else a new one."""
        if self._replay is None or self._probe is None or self._of != (path, file.recipe):
            self._replay = self._probe = None  # before there are two in the memory
            self._replay = Replay(file.recipe)
            self._probe = Probe(self._replay.engine.config, self._replay.engine.compute.device)
            self._of = path, file.recipe
        return self._replay, self._probe

    def _reporter(self, request: Request) -> Report:
        ticket, told = request["ticket"], 0.0

        def report(done: int, total: int) -> bool:
            nonlocal told
            self._listen()
            if request["do"] == "verify":  # can take minutes, which nobody should wait for to see a step
                for visit in [other for other in self._waiting if other["do"] == "visit"]:
                    self._waiting.remove(visit)
                    self._answer(visit)
            now = time.monotonic()
            if total and now - told >= _TELL:
                told = now
                self._say({"ticket": ticket, "is": "working", "done": done, "total": total})
            return ticket not in self._cancelled

        return report

    def _say(self, reply: Request) -> None:
        self._pipe.send_bytes(json.dumps(reply).encode())


def _plane_of(request: Request, dim: int) -> Plane:
    plane = read_plane(request["plane"]) if request.get("plane") else USUAL
    if not plane.fits(dim):
        raise ValueError(say("refusal.no-plane", dim=dim))
    return plane


_DO: dict[str, Callable[[Worker, Request, RunFile, Report], tuple[Request, bytes]]] = {
    "visit": Worker._visit,
    "verify": Worker._verify,
}
