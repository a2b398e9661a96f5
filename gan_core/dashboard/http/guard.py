"""Who may talk to the server: requests under one of its own names, and from its own pages; and how much they may send.

A page of another site can make a visitor's browser send requests to this machine. Checking Host stops names that were
rebound to it (DNS rebinding); checking Origin stops everything that another page sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan_core.dashboard.http.application import Application
from gan_core.texts.catalogue import say

MAX_BODY_BYTES = 64 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WILDCARDS = ("0.0.0.0", "::", "")
_BODY = "ganscope.body"  # where a request's scope has its Body

Refusal = Callable[[str, str | None], str | None]  # why a request with this Host and Origin is refused


def guard(server: Application, host: str, more_hosts: Iterable[str] = (), *, scripts: Iterable[str] = ()) -> None:
    """Refuse (403) every request whose Host or Origin is not this server's, and set the security headers.

    `host` is the address it listens on; `more_hosts` are further names it goes by, behind a proxy for example;
    `scripts` are the hashes of inline scripts that pages may run, as in a Content-Security-Policy.
    """
    server.guard = partial(Guard, refusal=own_names(host, more_hosts), headers=security_headers(scripts))


def own_names(host: str, more_hosts: Iterable[str]) -> Refusal:
    """The rule that lets in requests under a server's own names, and from pages of the very name they are sent to."""
    named = () if host in _WILDCARDS else (host,)
    allowed = frozenset(name.strip().lower() for name in (*_LOOPBACK, *named, *more_hosts))

    @lru_cache(maxsize=64)  # pages always send the same
    def refusal(host: str, origin: str | None) -> str | None:
        if _name(host) not in allowed:
            return say("refusal.host", host=repr(host))
        if origin is not None and _address(origin) != host.lower():
            return say("refusal.origin", origin=repr(origin))
        return None

    return refusal


def security_headers(scripts: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """What every answer carries."""
    # Scripts come from here alone. Evaluating text stays possible: browser test tools and extensions wait on conditions
    # in that way, and no text of a visitor ever gets into a script.
    allowed_scripts = " ".join(("'self'", "'unsafe-eval'", *scripts))
    # Two runs beside each other are two of its own pages in frames. Nobody else's page may frame one of them: it could
    # lead a visitor's click onto a button that is not seen.
    # Plotly and Mantine write their styles into inline rules.
    policy = (
        f"default-src 'self'; script-src {allowed_scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; "
        "form-action 'self'; object-src 'none'"
    )
    named = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",  # frame-ancestors, as older browsers know it
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": policy,
    }
    return [(name.lower().encode(), value.encode()) for name, value in named.items()]


class Guard:
    """Stands in front of the whole application."""

    def __init__(self, app: ASGIApp, refusal: Refusal, headers: list[tuple[bytes, bytes]]) -> None:
        self._app, self._refusal, self._headers = app, refusal, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        host, origin, length = _said(scope["headers"])
        why = self._refusal(host, origin)
        if why is not None:
            await PlainTextResponse(why + "\n", 403)(scope, receive, send_marked)
            return
        body = Body(receive, length)
        if scope["method"] == "HEAD":  # the server leaves the body out of the answer: it keeps the scope it had
            scope = {**scope, "method": "GET"}
        scope[_BODY] = body
        await self._app(scope, body.receive, send_marked)


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


def _said(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, str | None, int]:
    """Host, Origin and Content-Length. More than one of a name are no name and no address."""
    host, origin, length = "", None, 0
    for name, value in headers:
        if name == b"host":
            host = f"{host}, {value.decode('latin-1')}" if host else value.decode("latin-1")
        elif name == b"origin":
            origin = value.decode("latin-1") if origin is None else f"{origin}, {value.decode('latin-1')}"
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    return host, origin, length


def _address(origin: str) -> str:
    """Name and port in an Origin header; empty when it is malformed."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name in a Host header, without its port; an IPv6 address without its brackets; empty when malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # which raises where it is none
        return (parts.hostname or "").lower()
    except ValueError:
        return ""
