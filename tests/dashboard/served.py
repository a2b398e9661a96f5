"""A server of some routes, and how a test asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from test_api import HEADERS, FakeSession

from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.unknown import add_unknown

Ask = Callable[..., tuple[int, dict[str, Any]]]


def served(add: Callable[[Flask], None]) -> FlaskClient:
    """A client of a server with the usual routes and those that `add` adds."""
    server = Flask("api")
    guard(server, "127.0.0.1")
    add_unknown(server)
    add_routes(server, FakeSession())
    add(server)
    return server.test_client()


def asker(http: FlaskClient, root: str) -> Ask:
    """What asks for a path below `root`, by POST where it has a body: status and JSON."""

    def send(path: str, body: Any = None, method: str = "GET") -> tuple[int, dict[str, Any]]:
        method = "POST" if body is not None else method
        answer = http.open(f"{root}{path}", method=method, headers=HEADERS, json=body)
        return answer.status_code, answer.get_json()

    return send
