"""A server of some routes, and how a test asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from test_api import HEADERS, FakeSession

from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.unknown import add_unknown
from web_client import Client

Ask = Callable[..., tuple[int, dict[str, Any]]]


def served(add: Callable[[FastAPI], None], session: FakeSession | None = None) -> Client:
    """A client of a server with the usual routes and those that `add` adds."""
    server = Application()
    add_unknown(server)
    guard(server)
    add_routes(server, session or FakeSession())
    add(server)
    return Client(server)


def asker(http: Client, root: str) -> Ask:
    """What asks for a path below `root`, by POST where it has a body: status and JSON."""

    def send(path: str, body: Any = None, method: str = "GET") -> tuple[int, dict[str, Any]]:
        options = {} if body is None else {"json": body}
        answer = http.open(f"{root}{path}", method=method if body is None else "POST", headers=HEADERS, **options)
        return answer.status_code, answer.get_json()

    return send
