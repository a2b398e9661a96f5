"""A server on a real port, and connections to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from on_a_port import Connect, Connection, FakeSession, running

from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.listen import Server
from gan_core.dashboard.http.unknown import add_unknown


@pytest.fixture
def frames() -> FakeSession:
    return FakeSession(version=5, frame=b"GSC1 the newest")


@pytest.fixture
def app(frames: FakeSession) -> Application:
    app = Application()
    add_unknown(app)
    guard(app)
    add_routes(app, frames)
    return app


@pytest.fixture
def server(app: Application) -> Iterator[Server]:
    yield from running(app, "127.0.0.1")


@pytest.fixture
def connect(server: Server) -> Iterator[Connect]:
    opened: list[Connection] = []

    def connect() -> Connection:
        opened.append(Connection(server.addresses[0]))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
