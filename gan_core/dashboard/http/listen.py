"""Listening: uvicorn serves the application, on every address of a name, to whoever is slow and however many come."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as HTTPProtocol
else:
    HTTPProtocol = AutoHTTPProtocol  # in Python alone where httptools is not there

BACKLOG = 1024  # connections that the system accepts before the server does
MAX_CONNECTIONS = 4096
MAX_HEAD = 64 * 1024  # bytes of a request before its body
SPARE_FILES = 256  # for runs, data and pipes
HEAD_WITHIN = 20.0  # seconds that the head of a request may take to come
IDLE_FOR = 75  # seconds that a connection is kept between two requests
ENDING = 0.5  # seconds that answers get to end once the server stops, before the session is closed and after
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Server:
    """The application on a port."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        """Listen, on a free port if `port` is 0. Raises OSError when that cannot be done."""
        self._sockets = _listen(host, port)
        self.addresses = [(str(one.getsockname()[0]), int(one.getsockname()[1])) for one in self._sockets]
        config = uvicorn.Config(
            app,
            http=partial(Connection, _allow_connections()),  # type: ignore[arg-type]  # makes one, as the class does
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE_FOR,
        )
        self._serving = Serving(config)
        self._loop = (config.get_loop_factory() or asyncio.new_event_loop)()

    def run(self) -> None:
        """Serve until `stop`."""
        self._loop.run_until_complete(self._serving.serve(self._sockets))

    def stop(self) -> None:
        """Have `run` return. For handlers of signals: at any time, and as often as they come."""
        self._serving.should_exit = True  # which is looked at ten times a second

    def close(self) -> None:
        """Hang up, after `run` has ended and the session is closed: nobody waits for it any more."""
        self._loop.run_until_complete(self._serving.hang_up())
        self._loop.close()
        for one in self._sockets:
            one.close()


class Serving(uvicorn.Server):
    """Uvicorn as part of a program that has signals and an end of its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: returns whether to end. Once a second whoever is late is hung up on."""
        if counter % 10 == 0:
            for one in [one for one in self._connections() if one.late()]:
                one.transport.close()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in any more, and answer those who can be answered at once. Others may wait for the session."""
        for server in self.servers:
            server.close()
        for one in self._connections():
            one.shutdown()
        await self._answer()

    async def hang_up(self) -> None:
        """Answer those who can be answered now, and let the others go."""
        await self._answer()
        for one in self._connections():
            one.transport.abort()
        await asyncio.sleep(0)

    def _connections(self) -> list[Connection]:
        return [one for one in self.server_state.connections if isinstance(one, Connection)]

    async def _answer(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.01)


class Connection(HTTPProtocol):
    """A connection that is closed where it takes too long over the head of a request, or makes it too large."""

    def __init__(self, most: int, **options: Any) -> None:
        """Of so many at most."""
        super().__init__(**options)
        self._most = most
        self._head = 0  # bytes of a request whose head is not complete
        self._since = self.loop.time()  # when it came, or such a request began, or the last one was complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in; where there are too many, the one that has been without a request for longest goes."""
        if len(self.connections) >= self._most:
            idle = [one for one in self.connections if isinstance(one, Connection) and one.idle()]
            (min(idle, key=lambda one: one._since).transport if idle else transport).abort()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take in what has come."""
        before, idle = self.cycle, self.idle()
        super().data_received(data)
        if self.cycle is not before:
            self._head, self._since = 0, self.loop.time()
        elif idle:
            self._since = self._since if self._head else self.loop.time()
            self._head += len(data)
            if self._head > MAX_HEAD:
                self.transport.abort()

    def idle(self) -> bool:
        """Whether no request is being answered, and it is not on its way out."""
        return (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing()

    def late(self) -> bool:
        """Whether the head of a request, or a first one, is not there in time. (Uvicorn sees to those after it.)"""
        begun = self.cycle is None or self._head > 0
        return begun and self.idle() and self.loop.time() - self._since > HEAD_WITHIN

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: the request is answered as it would be without the wish for another protocol."""


def _listen(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of a name that this machine has."""
    listening: list[socket.socket] = []
    missing: OSError | None = None
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            listening.append(socket.create_server(address, family=family, backlog=BACKLOG))
        except OSError as error:
            missing = OSError(error.errno, os.strerror(error.errno or 0))  # the words alone, without the address
            if error.errno not in _NO_SUCH_ADDRESS:
                break
    else:
        if listening:
            return listening
    for one in listening:
        one.close()
    raise missing or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))


def _allow_connections() -> int:
    """Allow this process as many open files as many connections need, if it may; returns how many there can be."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MAX_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(MAX_CONNECTIONS, soft - SPARE_FILES))
