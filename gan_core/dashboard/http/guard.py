"""Who may talk to the server: requests under one of its own names, and from its own pages; and how much they may send.

Whom it lets in is said in `admission.py`; here that is asked of each request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from fastapi import HTTPException, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan_core.dashboard.http.admission import Admission, Asked, Refusal
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.base_path import BasePath
from gan_core.texts.catalogue import say

MAX_BODY_BYTES = 64 * 1024
_BODY = "ganscope.body"  # where a request's scope has its Body


def guard(
    server: Application,
    admission: Admission | None = None,
    *,
    scripts: Iterable[str] = (),
    ancestors: Iterable[str] = (),
    base: str = "",
) -> None:
    """Refuse (403) every request that is not let in, and set the security headers.

    Without `admission` those are let in that speak to it on this machine. `scripts` are the hashes of inline scripts
    that pages may run, `ancestors` whose pages may frame one, as a Content-Security-Policy has them; `base` is
    the path below which a proxy shows it, or "".
    """
    rule, headers = admission or Admission(), security_headers(scripts, ancestors)
    server.guard = lambda app: Guard(BasePath(app, base) if base else app, rule, headers)


def security_headers(scripts: Iterable[str], ancestors: Iterable[str] = ()) -> list[tuple[bytes, bytes]]:
    """What every answer carries."""
    # Scripts come from here alone. Evaluating text stays possible: browser test tools and extensions wait on conditions
    # in that way, and no text of a visitor ever gets into a script.
    allowed_scripts = " ".join(("'self'", "'unsafe-eval'", *scripts))
    # Two runs beside each other are two of its own pages in frames. Nobody else's page may frame one of them unless an
    # option says so: it could lead a visitor's click onto a button that is not seen.
    framed_by = " ".join(("'self'", *ancestors))
    # Plotly and Mantine write their styles into inline rules.
    policy = (
        f"default-src 'self'; script-src {allowed_scripts}; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors {framed_by}; base-uri 'none'; "
        "form-action 'self'; object-src 'none'"
    )
    named = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": policy,
    }
    if framed_by == "'self'":  # the same, as older browsers know it
        named["X-Frame-Options"] = "SAMEORIGIN"
    return [(name.lower().encode(), value.encode()) for name, value in named.items()]


class Guard:
    """Stands in front of the whole application."""

    def __init__(self, app: ASGIApp, admission: Admission, headers: list[tuple[bytes, bytes]]) -> None:
        self._app, self._headers = app, headers
        self._refusal = lru_cache(maxsize=256)(admission.refusal)  # pages always ask in the same words

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        said = _said(scope)
        refusal = self._refusal(_asked(scope, said))
        if refusal is not None:
            await _answer(refusal, said)(scope, receive, send_marked)
            return
        length = said.get("content-length", "")
        body = Body(receive, int(length) if length.isdecimal() else 0)
        if scope["method"] == "HEAD":  # the server leaves the body out of the answer: it keeps the scope it had
            scope = {**scope, "method": "GET"}
        scope[_BODY] = body
        await self._app(scope, body.receive, send_marked)


def refused(scope: Scope, admission: Admission) -> Response | None:
    """What a request is answered that is not let in; None if it is."""
    said = _said(scope)
    refusal = admission.refusal(_asked(scope, said))
    return None if refusal is None else _answer(refusal, said)


class Body:
    """What a request sends: counted as it arrives, and refused (413) beyond its limit, whatever its header says."""

    def __init__(self, receive: Receive, said: int) -> None:
        """`said` is the length that the header gives, or 0."""
        self.limit = MAX_BODY_BYTES
        self._receive, self._said, self._came = receive, said, 0

    async def receive(self) -> Message:
        """The next piece."""
        if self._said <= self.limit:
            message = await self._receive()
            self._came += len(message.get("body", b""))
            if self._came <= self.limit:
                return message
        raise HTTPException(413, say("refusal.too-large"))


def allow_body(request: Request, most: int) -> None:
    """Have a request send up to so many bytes."""
    request.scope[_BODY].limit = most


def _said(scope: Scope) -> dict[str, str]:
    """The header fields by name; where one stands there twice, with a comma between, which no Host or Origin has."""
    fields: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        fields[key] = f"{fields[key]},{text}" if key in fields else text
    return fields


def _asked(scope: Scope, said: Mapping[str, str]) -> Asked:
    return Asked(
        host=said.get("host"),
        origin=said.get("origin"),
        came_from=(scope.get("client") or ("",))[0],
        came_to=(scope.get("server") or ("",))[0],
        forwarded_host=said.get("x-forwarded-host"),
        forwarded_port=said.get("x-forwarded-port"),
        forwarded_proto=said.get("x-forwarded-proto"),
    )


def _answer(refusal: Refusal, said: Mapping[str, str]) -> Response:
    """JSON for a page's scripts and for programs; the sentence alone where a browser would show it."""
    if "text/html" in said.get("accept", ""):
        return PlainTextResponse(f"{refusal.sentence}\n", 403)
    return JSONResponse({"error": refusal.sentence, "option": refusal.option}, 403)
