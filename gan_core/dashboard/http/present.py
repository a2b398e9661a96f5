"""--present: whoever has the token steers; everybody else watches, and sees what the presenter's page shows.

The token comes once, in the address that is printed (`/?token=...`); what the browser then keeps is a cookie of another
secret, that no script can read. Programs send `Authorization: token ...`. A watcher may ask for everything and change
nothing, but for having steps of the past computed for himself.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, HTTPException, Request, Response
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.body import object_body
from gan_core.dashboard.http.newer import send_newer, wake
from gan_core.dashboard.http.queries import read_number
from gan_core.dashboard.page.panels.registry import PANELS
from gan_core.setup.limits import MAX_STEP
from gan_core.texts.catalogue import say

TRIES = 10  # wrong tokens from one address, until it has to wait
WAIT = 60.0  # seconds
HOLD = 10.0  # seconds that a watcher's request is held at most
MAX_BODY = 4096  # bytes
_MANY = 1000  # addresses, or browsers of presenters, that are remembered
_STEERS = "ganscope.steers"  # in a request's scope, where the server has a presenter
_FREE = ("/api/visit", "/api/warm")  # what a watcher may ask the server to do


class Presenting:
    """Who steers, and what is shown to the others. All of it runs on the event loop."""

    def __init__(self, token: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """With a token of one's own, or one of 192 random bits."""
        self.token = token or secrets.token_urlsafe(24)
        self._clock = clock
        # Of this server alone: browsers send cookies to every port of a machine.
        self.cookie = f"ganscope-presents-{sha256(self.token.encode()).hexdigest()[:8]}"
        self._browsers: dict[bytes, None] = {}  # digests of their cookies
        self._wrong: dict[str, tuple[int, float]] = {}  # address -> tries, when the last one was
        self._waiting: set[asyncio.Future[None]] = set()
        self._version = 0
        self._shown = self._encoded(None)

    # -- who steers ----------------------------------------------------------------------------------------------------

    def admits(self, token: str, address: str) -> bool:
        """Whether a token is the right one; takes as long for any other. Raises HTTPException after too many tries."""
        tries, last = self._wrong.get(address, (0, 0.0))
        if tries >= TRIES and self._clock() - last < WAIT:
            raise HTTPException(429, say("present.wait"), {"Retry-After": f"{WAIT:.0f}"})
        if hmac.compare_digest(_digest(token), _digest(self.token)):
            self._wrong.pop(address, None)
            return True
        self._wrong[address] = (tries + 1 if tries < TRIES else 1, self._clock())
        while len(self._wrong) > _MANY:
            del self._wrong[next(iter(self._wrong))]
        return False

    def new_browser(self) -> str:
        """What a browser of the presenter's is known by from now on."""
        value = secrets.token_urlsafe(24)
        self._browsers[_digest(value)] = None
        while len(self._browsers) > _MANY:
            del self._browsers[next(iter(self._browsers))]
        return value

    def knows(self, value: str) -> bool:
        """Whether a cookie is one of the presenter's."""
        return _digest(value) in self._browsers

    # -- what is shown -------------------------------------------------------------------------------------------------

    @property
    def watchers(self) -> int:
        """How many wait for what is shown next."""
        return len(self._waiting)

    def show(self, view: dict[str, Any]) -> None:
        """Show this to everybody."""
        self._version += 1
        self._shown = self._encoded(view)
        for waiting in self._waiting:
            wake(waiting)

    async def newer(self, version: int) -> bytes | None:
        """What is shown, as soon as it is of another version; None after HOLD."""
        if self._version == version:
            loop = asyncio.get_running_loop()
            coming = loop.create_future()
            timer = loop.call_later(HOLD, wake, coming)
            self._waiting.add(coming)
            try:
                await coming
            finally:
                timer.cancel()
                self._waiting.discard(coming)
        return None if self._version == version else self._shown  # encoded once, for all

    def _encoded(self, view: dict[str, Any] | None) -> bytes:
        return json.dumps({"version": self._version, "steers": False, "shown": view}).encode()


class Gate:
    """Stands in front of the application: knows the presenter by his cookie, and lets nobody else change anything."""

    def __init__(self, app: ASGIApp, presenting: Presenting, base: str = "") -> None:
        self._app, self._presenting, self._base = app, presenting, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request answered, or refuse it."""
        try:
            answer = self._answer(scope)
        except HTTPException as refused:
            answer = _refusal(scope, refused.status_code, str(refused.detail), refused.headers)
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> ASGIApp | None:
        headers, address = Headers(scope=scope), (scope.get("client") or ("",))[0]
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(asked).get("token")
        if given is not None and scope["method"] in ("GET", "HEAD") and not scope["path"].startswith("/api/"):
            return self._welcome(scope, given, address, [pair for pair in asked if pair[0] != "token"])
        scope[_STEERS] = self._presenting.knows(self._cookie(headers)) or self._by_header(headers, address)
        if scope[_STEERS] or scope["method"] in ("GET", "HEAD") or scope["path"].startswith(_FREE):
            return None
        return _refusal(scope, 403, say("present.watching"))

    def _welcome(self, scope: Scope, token: str, address: str, others: list[tuple[str, str]]) -> ASGIApp:
        if not self._presenting.admits(token, address):
            return _refusal(scope, 403, say("present.wrong"))
        query = f"?{urlencode(others)}" if others else ""
        answer = RedirectResponse(f"{self._base}{scope['path']}{query}", 303, {"Cache-Control": "no-store"})
        cookie = {"path": f"{self._base}/", "httponly": True, "samesite": "strict", "max_age": 7 * 24 * 3600}
        answer.set_cookie(self._presenting.cookie, self._presenting.new_browser(), **cookie)  # type: ignore[arg-type]
        return answer

    def _cookie(self, headers: Headers) -> str:
        try:
            kept = SimpleCookie(headers.get("cookie", "")).get(self._presenting.cookie)
        except CookieError:
            return ""
        return kept.value if kept is not None else ""

    def _by_header(self, headers: Headers, address: str) -> bool:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() not in ("token", "bearer"):
            return False
        if not self._presenting.admits(token.strip(), address):
            raise HTTPException(403, say("present.wrong"))
        return True


class Presented:
    """GET /api/presented?after=VERSION: what the presenter's page shows; to himself at once, with how many watch.

    An ASGI application, since every page of a class asks for it all the time.
    """

    def __init__(self, presenting: Presenting) -> None:
        self._presenting = presenting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer once something else is shown, or after HOLD with 204."""
        try:
            asked = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
            after = read_number("after", asked.get("after", "0"))
        except ValueError as error:
            await as_json({"error": str(error)}, 400)(scope, receive, send)
            return
        if scope[_STEERS]:
            await as_json({"steers": True, "watchers": self._presenting.watchers})(scope, receive, send)
            return
        await send_newer(await self._presenting.newer(after), "application/json", send)


def add_presenting(server: Application, presenting: Presenting, base: str = "") -> None:
    """Put the gate in front, and register /api/presented."""
    server.gate = lambda app: Gate(app, presenting, base)
    server.express["/api/presented"] = Presented(presenting)

    @server.post("/api/presented")
    async def present(body: Annotated[dict[str, Any], Depends(object_body(MAX_BODY))]) -> Response:
        presenting.show(read_view(body))
        return as_json({"watchers": presenting.watchers})


def steers(request: Request) -> bool:
    """Whether whoever sends a request may change something; everybody where there is no presenter."""
    return bool(request.scope.get(_STEERS, True))


def read_view(body: dict[str, Any]) -> dict[str, Any]:
    """Read what a page shows: step (None: the newest), preview, cursor, choices. Raises ValueError with a sentence."""
    view: dict[str, Any] = {name: _step(body.get(name)) for name in ("step", "preview")}
    choices = body.get("choices", {})
    panels = {panel.id.removesuffix("-panel") for panel in PANELS.values()}
    if not isinstance(choices, dict) or not all(
        name in panels and isinstance(text, str) and len(text) <= 40 for name, text in choices.items()
    ):
        raise ValueError(say("present.no-view", part="choices"))
    return {**view, "choices": choices, "cursor": _cursor(body.get("cursor"), panels)}


def _cursor(given: Any, panels: set[str]) -> dict[str, Any] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("panel") not in panels:
        raise ValueError(say("present.no-view", part="cursor"))
    if given["panel"] == "metrics":
        return {"panel": "metrics", "step": _step(given.get("step")) or 0, "height": _number(given.get("height"))}
    return {"panel": given["panel"], "x": _number(given.get("x")), "y": _number(given.get("y"))}


def _number(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) < 1e6:
        raise ValueError(say("present.no-view", part="cursor"))
    return float(given)


def _step(given: Any) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MAX_STEP:
        raise ValueError(say("present.no-view", part="step"))
    return given


def _refusal(scope: Scope, code: int, sentence: str, headers: Any = None) -> ASGIApp:
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return PlainTextResponse(f"{sentence}\n", code, headers)
    answer = as_json({"error": sentence}, code)
    answer.headers.update(headers or {})
    return answer


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="replace")).digest()
