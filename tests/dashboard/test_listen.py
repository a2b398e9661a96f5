"""The server on a real port: what it answers is what the application answers, and whoever waits costs no thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from flask import Flask
from waitress.server import BaseWSGIServer

from gan_core.dashboard.http.api import HOLD, add_routes
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.listen import MAX_ADMITTED, THREADS, Server

LONG = 60.0  # seconds: how long to wait for what must come
GONE = 10**17  # whoever has this version ends the server
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
        if version == GONE:
            raise SystemExit
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
            headers[name] = value
        return status, headers, self._file.read(int(headers.get("Content-Length", 0)))

    def at_end(self) -> bool:
        return self._file.read() == b""

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(version=5, frame=b"GSC1 the newest")


@pytest.fixture
def app(session: FakeSession) -> Flask:
    app = Flask("served")
    guard(app, "127.0.0.1")
    add_routes(app, session)
    return app


def running(app: Flask, session: FakeSession, host: str) -> Iterator[Server]:
    server = Server(app, session, host, 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    with closing(Connection(server.addresses[0])) as connection:
        connection.ask(f"/api/frame?after={GONE}")
        thread.join(LONG)
    assert not thread.is_alive()
    server.close()


@pytest.fixture
def server(app: Flask, session: FakeSession) -> Iterator[Server]:
    yield from running(app, session, "127.0.0.1")


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[[], Connection]]:
    opened: list[Connection] = []

    def connect() -> Connection:
        opened.append(Connection(server.addresses[0]))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


Connect = Callable[[], Connection]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/frame?after=0", {}, 200),
        ("/api/frame?after=5", {}, 204),
        ("/api/frame", {}, 200),
        ("/api/frame?after=4&after=9", {}, 200),
        ("/api/frame?after=4", {"Origin": "http://127.0.0.1"}, 200),
        ("/api/frame?after=4", {"Accept-Encoding": "gzip, deflate, br, zstd"}, 200),
        ("/api/frame?after=4", {"Origin": "http://evil.example"}, 403),
        ("/api/frame?after=4", {"Origin": ""}, 403),
        ("/api/frame?after=4", {"Host": "evil.example"}, 403),
        ("/api/frame?after=4", {"Host": "127.0.0.1, evil.example"}, 403),
        ("/api/frame?after=4", {"Host": "["}, 403),
        ("/api/frame?after=-1", {}, 400),
        ("/api/frame?after=" + "1" * 19, {}, 400),
        ("/api/frame?after=", {}, 400),
        ("/api/frame?before=3", {}, 200),
        ("/api/frame?after=4&lens=tears", {}, 200),
        ("/api/frame?after=4&lens=tears,best-d", {}, 200),
        ("/api/frame?after=4&lens=glass", {}, 400),
        ("/api/frame?after=4&lens=tears,", {}, 400),
        ("/api/frame/3", {}, 200),
        ("/api/frame/3?after=3", {}, 200),
        ("/api/frames?after=3", {}, 404),
    ],
)
def test_answers_are_those_of_the_application(
    app: Flask, connect: Connect, path: str, headers: dict[str, str], status: int
) -> None:
    """Status, header fields and body; asked twice over one connection, because the second time is the short way."""
    expected = app.test_client().get(path, headers={"Host": "127.0.0.1", **headers})
    connection = connect()
    for _ in range(2):
        code, fields, body = connection.ask(path, **headers).answer()
        assert (code, body) == (expected.status_code, expected.data)
        assert code == status
        fields.pop("Date")
        closes = fields.pop("Connection", None) == "close"
        lengthless = {"Content-Length": "0"} if code == 204 else {}  # there is no body to have one
        assert {**lengthless, **fields} == {**lengthless, **dict(expected.headers)}
        if closes:
            assert connection.at_end()
            connection = connect()


def test_a_connection_is_used_again(connect: Connect, session: FakeSession) -> None:
    connection = connect()
    for version, status in ((0, 200), (4, 200), (5, 204), (0, 200), (5, 204), (9, 204)):
        assert connection.ask(f"/api/frame?after={version}").answer()[0] == status
    assert connection.ask("/api/frame/3").answer()[2] == b"GSC1 the past"
    assert connection.ask().answer()[2] == b"GSC1 the newest"


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who woke the I/O thread."""
    woken: list[str] = []
    original = BaseWSGIServer.pull_trigger

    def pull_trigger(self: BaseWSGIServer) -> None:
        woken.append(threading.current_thread().name)
        original(self)

    monkeypatch.setattr(BaseWSGIServer, "pull_trigger", pull_trigger)
    return woken


def test_many_wait_without_a_thread_and_all_get_the_next_frame(
    wakes: list[str], connect: Connect, session: FakeSession
) -> None:
    """More than waitress has threads for; and one wake-up is enough."""
    threads = threading.active_count()
    waiting = [connect() for _ in range(4 * THREADS)]
    for version, payload in enumerate((b"GSC1 a", b"GSC1 bb", b"GSC1 ccc"), 5):
        session.asked.clear()
        for connection in waiting:
            connection.ask(f"/api/frame?after={version}")
        session.wait_until_asked(len(waiting))
        assert threading.active_count() == threads
        wakes.clear()
        session.publish(version + 1, payload)
        first = [connection.answer() for connection in waiting]
        # Only on a busy machine may some have waited for too long before.
        assert len(wakes) == any(status == 200 for status, _, _ in first)
        for connection, (status, _, body) in zip(waiting, first, strict=True):
            if status == 204:
                status, _, body = connection.ask(f"/api/frame?after={version}").answer()
            assert (status, body) == (200, payload)
    assert session.held == 0


def test_nobody_is_woken_when_nobody_waits(wakes: list[str], connect: Connect, session: FakeSession) -> None:
    assert connect().ask().answer()[0] == 200
    session.publish(6, b"GSC1 unseen")
    assert wakes == []


def test_frames_that_come_while_somebody_is_noted_down_wake_once(
    wakes: list[str], connect: Connect, session: FakeSession
) -> None:
    """The look has found nothing, and the frames are there before the thread waits: they must not be missed."""

    def publish() -> None:
        session.publish(6, b"GSC1 just now")
        session.publish(7, b"GSC1 just after")

    session.after_a_look = publish
    assert connect().ask("/api/frame?after=5").answer()[2] == b"GSC1 just after"
    assert len(wakes) == 1


def test_whoever_gets_no_frame_is_told_after_a_while(connect: Connect) -> None:
    start = time.monotonic()
    assert connect().ask("/api/frame?after=5").answer()[0] == 204
    assert time.monotonic() - start >= HOLD


def test_lenses_are_passed_on(connect: Connect, session: FakeSession) -> None:
    for version, status in ((4, 200), (5, 204)):
        assert connect().ask(f"/api/frame?after={version}&lens=tears,pull").answer()[0] == status
        assert session.lenses == {"tears", "pull"}
        session.lenses.clear()
    assert session.held == 0


def test_a_request_may_come_in_pieces(connect: Connect) -> None:
    request = b"GET /api/frame?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for cut in (1, 20, 33, len(request) - 2):
        connection = connect()
        connection.send(request[:cut])
        other = connect().ask().answer()  # by now the first piece has been read
        connection.send(request[cut:])
        assert connection.answer()[::2] == other[::2] == (200, b"GSC1 the newest")


def test_requests_may_come_before_their_turn(connect: Connect) -> None:
    connection = connect()
    paths = ["/api/frame?after=5", "/api/frame?after=0", "/api/frame/3", "/api/frame?after=5", "/api/frame?after=0"]
    connection.ask(paths[0]).answer()
    connection.send(b"".join(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for path in paths[1:4]))
    assert [connection.answer()[0] for _ in range(2)] == [200, 200]
    assert connection.answer()[0] == 204


def test_asking_again_while_waiting_is_answered_in_turn(connect: Connect, session: FakeSession) -> None:
    connection = connect()
    session.after_a_look = lambda: connection.ask("/api/frame?after=0") and None
    assert connection.ask("/api/frame?after=5").answer()[0] == 204
    assert connection.answer()[::2] == (200, b"GSC1 the newest")


def test_a_name_is_checked_each_time_it_changes(connect: Connect, session: FakeSession) -> None:
    """What was let in once does not open the door for others on the same connection."""
    for stranger in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        connection = connect()
        assert connection.ask().answer()[0] == 200
        asked = len(session.asked)
        status, _, body = connection.ask(**stranger).answer()
        assert (status, b"GSC1" in body) == (403, False)
        assert len(session.asked) == asked
        assert connection.ask().answer()[0] == 200


def test_any_number_of_different_browsers_is_let_in(connect: Connect) -> None:
    connection = connect()
    for number in range(3 * MAX_ADMITTED):
        assert connection.ask(**{"User-Agent": f"browser {number}"}).answer()[0] == 200


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize(("version", "header"), [("1.1", {"Connection": "close"}), ("1.0", {})])
def test_a_client_that_wants_the_connection_closed(
    connect: Connect, version: str, header: dict[str, str], status: int
) -> None:
    for _ in range(2):
        connection = connect().ask(f"/api/frame?after={0 if status == 200 else 5}", version, **header)
        code, fields, body = connection.answer()
        assert (code, fields["Connection"]) == (status, "close")
        assert body == (b"GSC1 the newest" if status == 200 else b"")
        assert connection.at_end()


def test_a_body_is_no_ordinary_request(connect: Connect) -> None:
    connection = connect()
    for _ in range(2):
        connection.ask(**{"Content-Length": "4"}).send(b"GET ")
        assert connection.answer()[::2] == (200, b"GSC1 the newest")
    assert connection.ask(**{"Content-Length": "0"}).answer()[0] == 200


def test_somebody_who_hangs_up_while_waiting_harms_nobody(connect: Connect, session: FakeSession) -> None:
    leaving, staying = connect(), connect()
    session.asked.clear()
    for connection in (leaving, staying):
        connection.ask("/api/frame?after=5")
    session.wait_until_asked(2)
    leaving.close()
    session.publish(6, b"GSC1 " + bytes(100_000))
    status, _, _ = staying.answer()
    assert status in (200, 204)  # the latter on a busy machine
    assert connect().ask().answer()[2] == b"GSC1 " + bytes(100_000)


def test_a_frame_larger_than_the_socket_takes_arrives_whole(connect: Connect, session: FakeSession) -> None:
    payload = bytes(range(256)) * 80_000  # 20 MB
    session.publish(6, payload)
    connections = [connect().ask("/api/frame?after=5") for _ in range(3)]
    for connection in connections:
        assert connection.answer()[2] == payload
        assert connection.ask("/api/frame?after=6").answer()[0] == 204


def test_every_address_of_a_name_is_served(app: Flask, session: FakeSession) -> None:
    for server in running(app, session, "localhost"):
        for address in server.addresses:
            with closing(Connection(address)) as connection:
                for _ in range(2):
                    assert connection.ask(Host=f"localhost:{address[1]}").answer()[2] == b"GSC1 the newest"
