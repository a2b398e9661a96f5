"""Who may talk to the server: requests under one of its own names, and from its own pages.

A page of another site can make a visitor's browser send requests to this machine. Checking Host stops names that were
rebound to it (DNS rebinding); checking Origin stops everything that another page sends.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, Response, request

from gan_core.dashboard.http.admission import Admission, Asked

MAX_BODY_BYTES = 64 * 1024


def guard(server: Flask, host: str, more_hosts: Iterable[str] = (), *, scripts: Iterable[str] = ()) -> None:
    """Refuse (403) every request whose Host or Origin is not this server's, and set the security headers.

    `host` is the address it listens on; `more_hosts` are further names it goes by, behind a proxy for example;
    `scripts` are the hashes of inline scripts that pages may run, as in a Content-Security-Policy.
    """
    admission = Admission(host, more_hosts)
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
        refusal = admission.refusal(Asked(host=request.headers.get("Host"), origin=request.headers.get("Origin")))
        return None if refusal is None else _refusal(refusal.sentence)

    @server.after_request
    def set_headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "SAMEORIGIN"  # frame-ancestors, as older browsers know it
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Content-Security-Policy"] = policy
        return response


def _refusal(sentence: str) -> Response:
    return Response(sentence + "\n", status=403, content_type="text/plain; charset=utf-8")
