"""Recorded runs trained again in a process of its own, so that the training shares neither lock nor workers with it.

The process starts when something is first asked for, with a lower priority than the server's, and ends with it. What
goes through the pipe is described in `gan_core.rerun.worker`; nothing is pickled.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from gan_core.records.outcomes import Cancelled, Refused, Verdict, Working
from gan_core.setup.plane import USUAL, Plane
from gan_core.system.child import start
from gan_core.texts.catalogue import catalogue, say, use

Outcome = Working | bytes | Verdict | Refused | Cancelled

HELD = 32  # finished results that are held ready
MAX_WAITING = 64  # requests
_NICE = 5  # steps of priority below the server: a re-run takes what the training leaves


@dataclass(frozen=True)
class _Request:
    client: str
    message: dict[str, Any]

    @property
    def ticket(self) -> str:
        return str(self.message["ticket"])

    @property
    def kind(self) -> str:
        return str(self.message["do"])


@dataclass
class _Child:
    process: SpawnProcess
    pipe: Connection
    running: dict[str, _Request]  # by kind: one visit, and beside it one run that is verified
    reader: threading.Thread = field(init=False)


class Reruns:
    """Hands requests to the process and keeps what comes of them. Any thread may call the public methods.

    A client's newer visit replaces its older one, and so does a newer verify: the older one ends between two blocks of
    steps. Clients are served in the order in which they came; a visit does not wait for a verify.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        # All under the lock:
        self._waiting: deque[_Request] = deque()
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()
        self._child: _Child | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the process, so that the first request does not wait for what it has to load."""
        with self._changed:
            if not self._closed:
                self._child = self._child or self._started()

    def visit(
        self,
        client: str,
        path: Path,
        step: int,
        resolution: int,
        run: int,
        lenses: Collection[str] = (),
        plane: Plane = USUAL,
    ) -> str:
        """Ask for the frame of exactly this step, as one of run number `run`. Returns a ticket for `result`."""
        asked = {"do": "visit", "path": str(path), "step": step, "resolution": resolution, "run": run}
        asked |= {"lenses": sorted(lenses), "plane": list(astuple(plane))}
        return self._ask(client, asked)

    def verify(self, client: str, path: Path) -> str:
        """Ask for the proof of a whole run. Returns a ticket for `result`."""
        return self._ask(client, {"do": "verify", "path": str(path)})

    def cancel(self, ticket: str) -> None:
        """Give up a request."""
        with self._changed:
            self._drop(lambda request: request.ticket == ticket)

    def result(self, ticket: str, timeout: float) -> Outcome:
        """What came of a request; Working while it goes on after `timeout` seconds.

        Cancelled also for a ticket that is not known, or not any more: only the last results are held.
        """
        with self._changed:
            self._changed.wait_for(lambda: not isinstance(self._outcomes.get(ticket), Working), timeout)
            return self._outcomes.get(ticket, Cancelled())

    def close(self) -> None:
        """End the process at once; nothing can be asked for any more."""
        with self._changed:
            self._closed = True
            self._drop(lambda request: True)
            child, self._child = self._child, None
            if child is not None:
                child.process.kill()
        if child is not None:
            child.reader.join()  # it alone waits for the process: of two that wait, one may go on before it is told

    # -- under the lock ----------------------------------------------------------------------------------------------

    def _ask(self, client: str, asked: dict[str, Any]) -> str:
        request = _Request(client, {**asked, "ticket": secrets.token_hex(8)})
        with self._changed:
            self._drop(lambda other: (other.client, other.kind) == (client, request.kind))
            self._outcomes[request.ticket] = Working(0, 0)
            if self._closed:
                self._finish(request.ticket, Cancelled())
            elif len(self._waiting) >= MAX_WAITING:
                self._finish(request.ticket, Refused(say("rerun.too-many")))
            else:
                self._waiting.append(request)
                self._hand_over()
        return request.ticket

    def _drop(self, unwanted: Callable[[_Request], bool]) -> None:
        """Give up requests, whether they wait or are being worked on."""
        for request in [request for request in self._waiting if unwanted(request)]:
            self._waiting.remove(request)
            self._finish(request.ticket, Cancelled())
        for request in self._child.running.values() if self._child else ():
            if unwanted(request) and isinstance(self._outcomes.get(request.ticket), Working):
                self._finish(request.ticket, Cancelled())
                self._send({"do": "cancel", "ticket": request.ticket})

    def _hand_over(self) -> None:
        """Give the process the next visit and the next verify, if it has none."""
        for request in list(self._waiting):
            self._child = self._child or self._started()
            if self._child is None:
                return
            if request.kind not in self._child.running:
                self._waiting.remove(request)
                self._child.running[request.kind] = request
                self._send(request.message)

    def _send(self, message: dict[str, Any]) -> None:
        with suppress(OSError):  # it has just ended: its reader notices
            if self._child is not None:
                self._child.pipe.send_bytes(json.dumps(message).encode())

    def _finish(self, ticket: str, outcome: Outcome) -> None:
        if not isinstance(self._outcomes.get(ticket), Working):
            return  # nobody wants it any more
        self._outcomes[ticket] = outcome
        self._outcomes.move_to_end(ticket)
        finished = [t for t, known in self._outcomes.items() if not isinstance(known, Working)]
        for old in finished[:-HELD]:
            del self._outcomes[old]
        self._changed.notify_all()

    def _started(self) -> _Child | None:
        """Start the process; refuses everything that waits if that cannot be."""
        try:
            texts = catalogue()
            process, ours = start(partial(_work, texts.language, texts.folder), "rerun")
        except OSError as error:
            for request in list(self._waiting):
                self._waiting.remove(request)
                self._finish(request.ticket, Refused(say("rerun.no-process", why=str(error))))
            return None
        child = _Child(process, ours, {})
        child.reader = threading.Thread(target=self._read, args=(child,), name="rerun reader", daemon=True)
        child.reader.start()
        return child

    # -- the reader's thread -----------------------------------------------------------------------------------------

    def _read(self, child: _Child) -> None:
        """Take in what the process says, until it ends."""
        with suppress(EOFError, OSError):
            while True:
                reply = json.loads(child.pipe.recv_bytes())
                body = child.pipe.recv_bytes() if reply["is"] == "frame" else b""
                with self._changed:
                    self._take(child, reply, body)
        child.process.kill()
        child.process.join()
        with self._changed:
            child.pipe.close()
            if self._child is child:
                self._child = None
                for request in child.running.values():
                    self._finish(request.ticket, Refused(say("rerun.died")))
                self._hand_over()

    def _take(self, child: _Child, reply: dict[str, Any], body: bytes) -> None:
        ticket, outcome = reply["ticket"], _outcome(reply, body)
        if isinstance(outcome, Working):
            if isinstance(self._outcomes.get(ticket), Working):
                self._outcomes[ticket] = outcome
            return
        self._finish(ticket, outcome)
        child.running = {kind: request for kind, request in child.running.items() if request.ticket != ticket}
        if self._child is child:
            self._hand_over()


def _outcome(reply: dict[str, Any], body: bytes) -> Outcome:
    fields = {name: value for name, value in reply.items() if name not in ("ticket", "is")}
    records: dict[str, Any] = {
        "working": Working,
        "frame": lambda: body,
        "verdict": Verdict,
        "refused": Refused,
        "cancelled": Cancelled,
    }
    outcome: Outcome = records[reply["is"]](**fields)
    return outcome


def _work(language: str, texts: Path, pipe: Connection) -> None:
    use(language, texts)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    from gan_core.rerun.worker import Worker  # only now: torch takes seconds to load

    Worker(pipe).serve()
