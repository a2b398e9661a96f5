"""The application on a real port, over a session that is not there, and connections that read HTTP to the letter."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from test_api import STATUS

from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.listen import Server
from gan_core.records.status import Status

LONG = 60.0  # seconds: how long to wait for what must come
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class FakeSession:
    """Has the frames it was given; notes what it was asked, and says so."""

    version: int = 0
    frame: bytes | None = None
    asked: list[int] = field(default_factory=list)
    lenses: set[str] = field(default_factory=set)
    held: float = 0.0  # seconds that a caller was ready to wait, altogether
    wakes: list[Callable[[], None]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    after_a_look: Callable[[], None] | None = None

    def on_frame(self, wake: Callable[[], None]) -> None:
        self.wakes.append(wake)

    def frame_after(self, version: int, timeout: float, lenses: Collection[str] = ()) -> bytes | None:
        with self.changed:
            self.asked.append(version)
            self.lenses |= set(lenses)
            self.held += timeout
            self.changed.notify_all()
            found = self.frame if self.version > version else None
        hook, self.after_a_look = self.after_a_look, None
        if hook:
            hook()
        return found

    def status(self) -> Status:
        return STATUS

    def frame_at(self, step: int) -> bytes | None:
        return b"GSC1 the past"

    def publish(self, version: int, frame: bytes) -> None:
        with self.changed:  # so that nobody's time runs out between the two
            self.version, self.frame = version, frame
            for wake in self.wakes:
                wake()

    def wait_until_asked(self, times: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.asked) >= times, LONG)


class Connection:
    """One connection of a client that reads HTTP to the letter."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.host, self.port = address
        self._socket = socket.create_connection(address, LONG)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, path: str = "/api/frame?after=0", version: str = "1.1", **headers: str) -> Connection:
        lines = [f"GET {path} HTTP/{version}", *(f"{k}: {v}" for k, v in {"Host": "127.0.0.1", **headers}.items())]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))
        return self

    def answer(self) -> Answer:
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().decode("latin-1").strip():
            name, _, value = line.partition(": ")
            assert name not in headers
            headers[name.lower()] = value
        return status, headers, self._file.read(int(headers.get("content-length", 0)))

    def at_end(self) -> bool:
        return self._file.read() == b""

    def close(self) -> None:
        self._file.close()
        self._socket.close()


Connect = Callable[[], Connection]


def running(app: Application, host: str) -> Iterator[Server]:
    server = Server(app, host, 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join(LONG)
    assert not thread.is_alive()
    closing = threading.Thread(target=server.close)  # not here: the main thread may have the browser's event loop
    closing.start()
    closing.join(LONG)
    assert not closing.is_alive()
