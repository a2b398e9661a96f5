"""Listening: waitress serves the application, but whoever asks for the newest frame waits without a thread.

Such requests come from every open page all the time, and most of them have to wait. As a task of waitress each would
hold a thread, and waking them all for a new frame would take the processor from the training. Here a waiting request
is an entry in a table, and a new frame is one wake-up of waitress's I/O thread, which writes the same bytes to all.
What is allowed and what an answer looks like is the application's business: it is asked once for each set of header
fields that browsers send, and once for each frame. Any request out of the ordinary goes through waitress.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from functools import partial
from typing import Any

from flask import Flask
from waitress import create_server, wasyncore
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import BaseWSGIServer
from werkzeug.exceptions import HTTPException

from gan_core.dashboard.http.api import HOLD, frame_answer, read_lenses
from gan_core.dashboard.http.view import SessionView

THREADS = 16  # for everything else
MAX_ADMITTED = 64  # sets of header fields that are remembered, of 8 kB at most
_ORDINARY = re.compile(rb"GET /api/frame\?after=([0-9]{1,18})(?:&lens=([a-z,-]{1,40}))? HTTP/1\.1")
_IDLE = 1.0  # seconds between two looks at connections that nobody uses
_TICK = 0.001  # seconds: the loop waits for whole milliseconds


class Server:
    """The application on a port."""

    def __init__(self, app: Flask, session: SessionView, host: str, port: int) -> None:
        """Listen, on a free port if `port` is 0. Raises OSError when that cannot be done."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that a request waits a moment is nobody's concern
        self._map: dict[int, Any] = {}  # of file descriptors
        self._tasks = create_server(app, self._map, host=host, port=port, threads=THREADS, ident=None).task_dispatcher
        listening = [entry for entry in self._map.values() if isinstance(entry, BaseWSGIServer)]
        self._wake: Callable[[], None] = listening[0].pull_trigger
        self._stopping = False
        self._desk = FrameDesk(app, session, self._wake)
        for listener in listening:
            listener.channel_class = partial(FrameChannel, self._desk)
        self.addresses = [(str(one.effective_host), int(one.effective_port)) for one in listening]
        session.on_frame(self._desk.frame_came)

    def run(self) -> None:
        """Serve until `stop`, or until SystemExit or KeyboardInterrupt, which end here."""
        with suppress(SystemExit, KeyboardInterrupt):
            while self._map and not self._stopping:
                wasyncore.loop(self._desk.serve(), use_poll=True, map=self._map, count=1)
        self._stopping = True
        self._tasks.shutdown()

    def stop(self) -> None:
        """Have `run` return. For handlers of signals: at any time, and as often as they come."""
        if not self._stopping:
            self._stopping = True
            self._wake()

    def close(self) -> None:
        """Hang up, after `run` has ended and the session is closed."""
        wasyncore.close_all(self._map)


class FrameDesk:
    """Who waits for a frame, and what they get. Everything but `frame_came` runs on the I/O thread."""

    def __init__(self, app: Flask, session: SessionView, wake: Callable[[], None]) -> None:
        self._app, self._session, self._wake = app, session, wake
        # The version it has, the lenses it wants, when to give up; the earliest first.
        self._waiting: dict[FrameChannel, tuple[int, frozenset[str], float]] = {}
        self._woken = False
        self._admitted: dict[bytes, bool] = {}  # header fields that the application let in -> hang up afterwards
        self._environ: dict[str, Any] = {}  # of a request that was let in
        self._made: dict[tuple[bool, bool], tuple[bytes | None, int, bytes]] = {}  # payload, second, answer

    def frame_came(self) -> None:
        """Called on the training thread: wakes the I/O thread if somebody waits."""
        if self._waiting and not self._woken:
            self._woken = True
            self._wake()

    def admits(self, channel: FrameChannel, data: bytes, fields: bytes) -> bool:
        """Whether this is one whole request that the application lets in. Pages always send the same header fields."""
        if fields in self._admitted:
            return True
        request = channel.parser_class(channel.adj)
        whole = request.received(data) == len(data) and request.completed
        if not whole or request.error or request.expect_continue:
            return False
        environ = channel.task_class(channel, request).get_environment()
        try:
            with self._app.request_context(environ):
                if self._app.preprocess_request() is not None:
                    return False
        except HTTPException:
            return False
        if len(self._admitted) >= MAX_ADMITTED:
            self._admitted.clear()
        self._admitted[fields] = bool(request.connection_close)
        self._environ = environ
        return True

    def waits(self, channel: FrameChannel) -> bool:
        """Whether a connection has asked and got no answer yet."""
        return channel in self._waiting

    def ask(self, channel: FrameChannel, version: int, lenses: frozenset[str], fields: bytes) -> None:
        """Answer an admitted request as soon as there is a frame newer than `version`."""
        channel.closes = self._admitted[fields]
        # Noted down before looking: a frame that comes in between is not missed.
        self._waiting[channel] = version, lenses, time.monotonic() + HOLD
        self._answer_if_newer(channel, version, lenses)

    def serve(self) -> float:
        """Answer whoever can be answered. Returns in how many seconds the next one gives up."""
        if self._woken:
            self._woken = False  # before looking, for the same reason
            for channel, (version, lenses, _) in list(self._waiting.items()):
                self._answer_if_newer(channel, version, lenses)
        while self._waiting:
            channel, (version, lenses, end) = next(iter(self._waiting.items()))
            left = end - time.monotonic()
            if left > 0:
                return left + _TICK
            self._answer(channel, self._session.frame_after(version, 0, lenses))
        return _IDLE

    def _answer_if_newer(self, channel: FrameChannel, version: int, lenses: frozenset[str]) -> None:
        payload = self._session.frame_after(version, 0, lenses)
        if payload is not None:
            self._answer(channel, payload)

    def _answer(self, channel: FrameChannel, payload: bytes | None) -> None:
        del self._waiting[channel]
        channel.answer(self._made_once(payload, channel.closes))

    def _made_once(self, payload: bytes | None, closes: bool) -> bytes:
        """The whole answer, put together once for each frame; its date is right to the second."""
        second, kind = int(time.time()), (payload is None, closes)
        last = self._made.get(kind)
        if last is None or last[0] is not payload or last[1] != second:
            self._made[kind] = last = payload, second, self._make(payload, closes, second)
        return last[2]

    def _make(self, payload: bytes | None, closes: bool, second: int) -> bytes:
        with self._app.request_context(self._environ):
            response = self._app.process_response(frame_answer(payload))
        headers = response.get_wsgi_headers(self._environ)
        headers["Date"] = formatdate(second, usegmt=True)
        if closes:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {response.status}", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1") + (payload or b"")


class FrameChannel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection on which an ordinary request for the newest frame makes no task."""

    closes = False  # whether to hang up after the answer

    def __init__(self, desk: FrameDesk, *arguments: Any, **options: Any) -> None:
        self._desk = desk
        super().__init__(*arguments, **options)

    def readable(self) -> bool:
        """Nothing more is read from somebody who waits."""
        return not self._desk.waits(self) and bool(super().readable())

    def received(self, data: bytes) -> bool:
        """Take in what has come."""
        line, _, fields = data.partition(b"\r\n")
        ordinary = _ORDINARY.fullmatch(line)
        if ordinary and self._at_rest() and self._desk.admits(self, data, fields):
            with suppress(ValueError):  # no such lens: the application says so
                self._desk.ask(self, int(ordinary[1]), read_lenses((ordinary[2] or b"").decode()), fields)
                return True
        return bool(super().received(data))

    def answer(self, data: bytes) -> None:
        """Send a whole answer, or hang up."""
        try:
            sent = self.send(data)
            if self.connected and sent < len(data):
                self.write_soon(data[sent:])
        except (OSError, ClientDisconnected):
            self.handle_close()
        self.close_when_flushed = self.closes

    def _at_rest(self) -> bool:
        return not (self.requests or self.request is not None or self.will_close or self.close_when_flushed)
