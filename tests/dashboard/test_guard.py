"""Who may talk to the server: its own names and its own pages, and nobody else."""

from __future__ import annotations

import pytest
from fastapi import Request

from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import MAX_BODY_BYTES, guard
from web_client import Client


def client(host: str = "127.0.0.1", more_hosts: tuple[str, ...] = ()) -> Client:
    server = Application()
    guard(server, host, more_hosts)

    @server.api_route("/thing", methods=["GET", "POST"])
    async def thing() -> str:
        return "done"

    return Client(server)


def ask(client: Client, host: str, origin: str | None = None, method: str = "POST") -> int:
    headers = {"Host": host, **({} if origin is None else {"Origin": origin})}
    return client.open("/thing", method=method, headers=headers).status_code


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8050", "127.0.0.1", "localhost:8050", "LOCALHOST:8050", "[::1]:8050", "[::1]"],
)
def test_its_own_names_are_let_in(host: str) -> None:
    assert ask(client(), host) == 200
    assert ask(client(), host, f"http://{host}") == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8050",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8050",
        "127.0.0.2:8050",
        "192.168.1.7:8050",
        "0.0.0.0:8050",
        "[::2]:8050",
        "",
        "[::1",
        "[",
        "]:8050",
        "a b",
        "localhost:8050:9",
        "127.0.0.1,evil.example",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_names_are_refused(host: str, method: str) -> None:
    """A name that was rebound to this machine, or none that could be one."""
    answer = client().open("/thing", method=method, headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert b"done" not in answer.data
    if "." in host and " " not in host and "," not in host:
        assert answer.status_code == 403
        assert host.encode() in answer.data  # says which, and how to do better
        assert b"--allow-host" in answer.data


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://evil.example:8050",
        "http://127.0.0.1:8051",  # another server on the same machine
        "http://127.0.0.1",
        "http://localhost:8050",  # another origin, even though the same server
        "http://127.0.0.1:8050.evil.example",
        "http://127.0.0.1:8050@evil.example",
        "null",  # a sandboxed frame, a file, a redirect
        "",
        "file://",
        "http://",
        "127.0.0.1:8050",
        "http://[::1",
        "http://[",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_pages_are_refused(origin: str, method: str) -> None:
    assert ask(client(), "127.0.0.1:8050", origin, method) == 403


def test_no_origin_is_no_page() -> None:
    """A navigation, or a program such as curl."""
    assert ask(client(), "127.0.0.1:8050", None, "GET") == 200
    assert ask(client(), "127.0.0.1:8050", None, "POST") == 200


def test_further_names() -> None:
    known = client("192.168.1.7", (" GAN.example.org ", "box"))
    for host in ("192.168.1.7:8050", "gan.example.org", "gan.example.org:443", "BOX:8050", "localhost:8050"):
        assert ask(known, host, f"http://{host.lower()}") == 200
    assert ask(known, "example.org") == 403
    assert ask(known, "gan.example.org", "https://gan.example.org") == 200  # behind a proxy that speaks TLS


@pytest.mark.parametrize("wildcard", ["0.0.0.0", "::", ""])
def test_listening_everywhere_is_no_name(wildcard: str) -> None:
    everywhere = client(wildcard)
    assert ask(everywhere, "localhost:8050") == 200
    assert ask(everywhere, f"{wildcard or 'anything'}:8050") in (400, 403)
    assert ask(everywhere, "192.168.1.7:8050") == 403


def test_a_body_has_a_limit() -> None:
    server = Application()
    guard(server, "127.0.0.1")

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


def test_a_refusal_is_plain_text() -> None:
    """It repeats the name it was asked under, which must not become markup."""
    answer = client().get("/thing", headers={"Host": "<script>alert(1)</script>.example"})
    assert answer.status_code in (400, 403)
    assert answer.content_type.startswith("text/plain") or b"<script>" not in answer.data
