"""What stands in front of the application: who is refused and how, a body's limit, and the headers of every answer.

Whom it lets in is a table of its own, in tests/unit/dashboard/test_admission.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Request
from starlette.types import Receive, Scope, Send

from gan_core.dashboard.http.admission import Admission
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import MAX_BODY_BYTES, guard
from web_client import Answer, Client

NAVIGATION = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def client(admission: Admission | None = None, *, came_from: str = "127.0.0.1", **options: Any) -> Client:
    """Whoever asks comes from an address."""
    server = Application()
    guard(server, admission, **options)

    @server.api_route("/thing", methods=["GET", "POST"])
    async def thing() -> str:
        return "done"

    async def connected(scope: Scope, receive: Receive, send: Send) -> None:
        await server({**scope, "client": (came_from, 50_000), "server": ("192.168.1.7", 8050)}, receive, send)

    return Client(connected)


def ask(client: Client, host: str, method: str = "POST", **fields: str) -> Answer:
    headers = {"Host": host, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return client.open("/thing", method=method, headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_its_own_names_and_pages_are_let_in(method: str) -> None:
    for host in ("127.0.0.1:8050", "gan.localhost:8050", "[::1]:8050", "192.168.1.7:8050"):
        assert ask(client(), host, method).status_code == 200
        assert ask(client(), host, method, Origin=f"http://{host}").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("host", "origin", "option"),
    [
        ("evil.example:8050", None, "--allow-host evil.example"),
        ("192.168.1.8:8050", None, "--allow-host 192.168.1.8"),
        ("127.0.0.1:8050", "https://x-8050.app.example", "--allow-origin https://x-8050.app.example"),
        ("127.0.0.1:8050", "http://127.0.0.1:8051", "--allow-origin http://127.0.0.1:8051"),
        ("127.0.0.1:8050", "null", None),
        ("127.0.0.1:8050", "", None),
        ("", None, None),
        ("[::1", None, None),
        ("<script>alert(1)</script>.example", None, None),
    ],
)
def test_others_are_refused_with_the_option_that_lets_them_in(
    method: str, host: str, origin: str | None, option: str | None
) -> None:
    """In JSON to scripts and programs, and as plain text to a browser that would show it: no markup in either."""
    asked = {} if origin is None else {"Origin": origin}
    answer = ask(client(), host, method, **asked)
    assert answer.status_code == 403
    assert answer.get_json()["option"] == option
    sentence = answer.get_json()["error"]
    assert option is None or option in sentence
    shown = ask(client(), host, method, **asked, **NAVIGATION)
    assert shown.status_code == 403
    assert shown.content_type.startswith("text/plain")
    assert shown.text == f"{sentence}\n"


@pytest.mark.parametrize(
    ("header", "values"), [("host", ["127.0.0.1", "127.0.0.1"]), ("origin", ["http://a", "http://a"])]
)
def test_what_is_said_twice_is_not_let_in(header: str, values: list[str]) -> None:
    server = Application()
    guard(server, Admission(allow_origin=["http://a"]))

    async def doubled(scope: Scope, receive: Receive, send: Send) -> None:
        more = [(header.encode(), value.encode()) for value in values]
        kept = [(name, value) for name, value in scope["headers"] if name.decode() != header]
        await server({**scope, "headers": [*kept, *more]}, receive, send)

    assert Client(doubled).get("/thing", headers={"Host": "127.0.0.1"}).status_code == 403


def test_what_is_forwarded_counts_only_from_a_named_proxy() -> None:
    rule = Admission(allow_host=["gan.example"], trust_proxy=["10.0.0.2"])
    forwarded = {"X_Forwarded_Host": "gan.example", "X_Forwarded_Proto": "https", "Origin": "https://gan.example"}
    for came_from, code in (("10.0.0.2", 200), ("10.0.0.3", 403), ("127.0.0.1", 403)):
        assert ask(client(rule, came_from=came_from), "127.0.0.1:8050", **forwarded).status_code == code


def test_whose_pages_may_frame_it() -> None:
    answer = ask(client(ancestors=["http://localhost:8888", "vscode-webview:"]), "127.0.0.1:8050")
    policy = answer.headers["Content-Security-Policy"]
    assert "; frame-ancestors 'self' http://localhost:8888 vscode-webview:; " in policy
    assert "X-Frame-Options" not in answer.headers  # which knows no list, and would refuse them


def test_a_body_has_a_limit() -> None:
    server = Application()
    guard(server)

    @server.post("/thing")
    async def thing(request: Request) -> int:
        return len(await request.body())

    http = Client(server)
    headers = {"Host": "127.0.0.1:8050"}
    assert http.post("/thing", headers=headers, data=b"x" * MAX_BODY_BYTES).data == str(MAX_BODY_BYTES).encode()
    assert http.post("/thing", headers=headers, data=b"x" * (MAX_BODY_BYTES + 1)).status_code == 413


@pytest.mark.parametrize(("host", "code"), [("127.0.0.1:8050", 200), ("evil.example", 403)])
def test_every_answer_carries_the_security_headers(host: str, code: int) -> None:
    answer = client().get("/thing", headers={"Host": host})
    assert answer.status_code == code
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    rules = {rule.split()[0]: rule.split()[1:] for rule in answer.headers["Content-Security-Policy"].split(";")}
    assert rules["default-src"] == ["'self'"]
    assert rules["frame-ancestors"] == ["'self'"]  # the page of two runs beside each other frames its own server's
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert rules["base-uri"] == ["'none'"]
    assert rules["object-src"] == ["'none'"]
    sources = {source for rule in rules.values() for source in rule}
    assert not any("*" in source or source.startswith("http") for source in sources)  # nothing from outside
