"""The newest frame, for whoever waits for it: a waiting request is a coroutine, and costs no thread.

Such requests come from every open page all the time, and most of them have to wait. A new frame is one wake-up of the
event loop, which writes the same bytes to all.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import lru_cache
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.newer import send_newer, wake
from gan_core.dashboard.http.queries import read_lenses, read_number
from gan_core.dashboard.http.view import SessionView
from gan_core.wire import frames as wire

HOLD = 0.25  # seconds that a request for a newer frame is held at most


class NewestFrame:
    """GET /api/frame?after=VERSION&lens=NAMES, as an ASGI application. All but `_frame_came` runs on the event loop."""

    def __init__(self, session: SessionView) -> None:
        self._session = session
        self._waiting: set[asyncio.Future[None]] = set()
        self._woken = False
        self._loop: asyncio.AbstractEventLoop | None = None  # of those who wait
        session.on_frame(self._frame_came)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request once there is a newer frame, or after HOLD with 204."""
        try:
            version, lenses = _asked(scope["query_string"])
        except ValueError as error:
            await as_json({"error": str(error)}, 400)(scope, receive, send)
            return
        payload = await self._newer(version, lenses)
        await send_newer(payload, wire.CONTENT_TYPE, send)

    async def _newer(self, version: int, lenses: frozenset[str]) -> bytes | None:
        loop = self._loop = asyncio.get_running_loop()
        end = loop.time() + HOLD
        while True:
            woken = loop.create_future()
            self._waiting.add(woken)  # before looking: a frame that comes in between is not missed
            try:
                payload = self._session.frame_after(version, 0, lenses)
                if payload is not None or loop.time() >= end:
                    return payload
                timer = loop.call_at(end, wake, woken)
                try:
                    await woken
                finally:
                    timer.cancel()
            finally:
                self._waiting.discard(woken)

    def _frame_came(self) -> None:
        """Called on the training thread: wakes the event loop, if somebody waits, and no more than once for all."""
        if self._waiting and not self._woken and self._loop is not None:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed: the server has ended
                self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        self._woken = False  # before they look, for the same reason
        for woken in self._waiting:
            wake(woken)


@lru_cache(maxsize=64)  # pages that look at the same run ask in the same words
def _asked(query: bytes) -> tuple[int, frozenset[str]]:
    """The version that it has, and the lenses that it wants. Raises ValueError with a sentence."""
    fields = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    return read_number("after", fields.get("after", ["0"])[0]), read_lenses(fields.get("lens", [""])[0])
