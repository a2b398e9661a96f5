"""Who may talk to the server: requests under one of its own names, and from its own pages.

A page of another site can make a visitor's browser send requests to this machine. Checking Host stops names that were
rebound to it (DNS rebinding); checking Origin stops everything that another page sends.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, request

from gan_core.texts.catalogue import say

MAX_BODY_BYTES = 64 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WILDCARDS = ("0.0.0.0", "::", "")


def guard(server: Flask, host: str, more_hosts: Iterable[str] = (), *, scripts: Iterable[str] = ()) -> None:
    """Refuse (403) every request whose Host or Origin is not this server's, and set the security headers.

    `host` is the address it listens on; `more_hosts` are further names it goes by, behind a proxy for example;
    `scripts` are the hashes of inline scripts that pages may run, as in a Content-Security-Policy.
    """
    named = () if host in _WILDCARDS else (host,)
    allowed = frozenset(name.strip().lower() for name in (*_LOOPBACK, *named, *more_hosts))
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
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @server.before_request
    def refuse_strangers() -> Response | None:
        if _name(request.host) not in allowed:
            return _refusal(say("refusal.host", host=repr(request.host)))
        origin = request.headers.get("Origin")
        if origin is not None and _address(origin) != request.host.lower():
            return _refusal(say("refusal.origin", origin=repr(origin)))
        return None

    @server.after_request
    def set_headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "SAMEORIGIN"  # frame-ancestors, as older browsers know it
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Content-Security-Policy"] = policy
        return response


def _address(origin: str) -> str:
    """Name and port in an Origin header; empty when it is malformed."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name in a Host header, without its port; an IPv6 address without its brackets; empty when malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _refusal(sentence: str) -> Response:
    return Response(sentence + "\n", status=403, content_type="text/plain; charset=utf-8")
