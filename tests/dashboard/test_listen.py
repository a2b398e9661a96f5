"""The server on a real port: it answers what the application answers; whoever waits or is slow costs no thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI
from test_api import STATUS

from gan_core.dashboard.http import listen
from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.frames import HOLD, NewestFrame
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.listen import Server
from gan_core.dashboard.http.unknown import add_unknown
from gan_core.records.status import Status
from web_client import Client

LONG = 60.0  # seconds: how long to wait for what must come
MANY = 64  # more than there are threads for
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


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(version=5, frame=b"GSC1 the newest")


@pytest.fixture
def app(session: FakeSession) -> Application:
    app = Application()
    add_unknown(app)
    guard(app, "127.0.0.1")
    add_routes(app, session)
    return app


def running(app: FastAPI, host: str) -> Iterator[Server]:
    server = Server(app, host, 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join(LONG)
    assert not thread.is_alive()
    server.close()


@pytest.fixture
def server(app: FastAPI) -> Iterator[Server]:
    yield from running(app, "127.0.0.1")


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
    app: FastAPI, connect: Connect, path: str, headers: dict[str, str], status: int
) -> None:
    """Status, header fields and body, twice over one connection."""
    expected = Client(app).get(path, headers={"Host": "127.0.0.1", **headers})
    connection = connect()
    for _ in range(2):
        code, fields, body = connection.ask(path, **headers).answer()
        assert (code, body) == (expected.status_code, expected.data)
        assert code == status
        fields.pop("date")
        assert fields == dict(expected.headers)


def test_a_connection_is_used_again(connect: Connect, session: FakeSession) -> None:
    connection = connect()
    for version, status in ((0, 200), (4, 200), (5, 204), (0, 200), (5, 204), (9, 204)):
        assert connection.ask(f"/api/frame?after={version}").answer()[0] == status
    assert connection.ask("/api/frame/3").answer()[2] == b"GSC1 the past"
    assert connection.ask().answer()[2] == b"GSC1 the newest"


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """On which thread those who wait were woken."""
    woken: list[str] = []
    original = NewestFrame._wake_all

    def wake_all(self: NewestFrame) -> None:
        woken.append(threading.current_thread().name)
        original(self)

    monkeypatch.setattr(NewestFrame, "_wake_all", wake_all)
    return woken


def test_many_wait_without_a_thread_and_all_get_the_next_frame(
    wakes: list[str], connect: Connect, session: FakeSession
) -> None:
    """And one wake-up is enough."""
    threads = threading.active_count()
    waiting = [connect() for _ in range(MANY)]
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


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize(("version", "header"), [("1.1", {"Connection": "close"}), ("1.0", {})])
def test_a_client_that_wants_the_connection_closed(
    connect: Connect, version: str, header: dict[str, str], status: int
) -> None:
    for _ in range(2):
        connection = connect().ask(f"/api/frame?after={0 if status == 200 else 5}", version, **header)
        code, fields, body = connection.answer()
        assert (code, fields["connection"]) == (status, "close")
        assert body == (b"GSC1 the newest" if status == 200 else b"")
        assert connection.at_end()


def test_a_body_that_nobody_asked_for_is_passed_over(connect: Connect) -> None:
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


def test_every_address_of_a_name_is_served(app: FastAPI) -> None:
    for server in running(app, "localhost"):
        for address in server.addresses:
            with closing(Connection(address)) as connection:
                for _ in range(2):
                    assert connection.ask(Host=f"localhost:{address[1]}").answer()[2] == b"GSC1 the newest"


# -- many, and slow ones -----------------------------------------------------------------------------------------------


def test_idle_and_slow_connections_keep_nobody_out(connect: Connect) -> None:
    """100 browsers with six connections each, and 300 whose requests come a byte at a time and never end."""
    idle, slow = [connect() for _ in range(600)], [connect() for _ in range(300)]
    for connection in idle[::2]:  # the others have never asked for anything
        assert connection.ask("/api/frame?after=0").answer()[0] == 200
    for byte in b"GET /":
        for connection in slow:
            connection.send(bytes([byte]))
        assert connect().ask("/healthz").answer()[0] == 200
    for connection in (*idle, *slow[:1]):
        if connection is slow[0]:
            connection.send(b"healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        else:
            connection.ask("/healthz")
        assert connection.answer()[0] == 200, "nobody was hung up on for the others' sake"


def test_whoever_does_not_come_to_the_end_of_a_request_is_hung_up_on(
    connect: Connect, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "HEAD_WITHIN", 0.0)
    silent, begun, again, at_rest = (connect() for _ in range(4))
    begun.send(b"GET /healthz HTTP/1.1\r\n")
    for connection in (again, at_rest):
        assert connection.ask().answer()[0] == 200
    again.send(b"G")
    for connection in (silent, begun, again):
        assert connection.at_end()
    assert at_rest.ask().answer()[0] == 200


def test_where_there_are_too_many_the_one_that_is_idle_for_longest_goes(
    app: FastAPI, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "MAX_CONNECTIONS", 3)
    for server in running(app, "127.0.0.1"):
        with ExitStack() as opened:
            waiting, idle, later = (opened.enter_context(closing(Connection(server.addresses[0]))) for _ in range(3))
            for connection in (waiting, idle, later):
                assert connection.ask().answer()[0] == 200
            session.asked.clear()
            waiting.ask("/api/frame?after=5")
            session.wait_until_asked(1)
            new = opened.enter_context(closing(Connection(server.addresses[0])))
            assert new.ask().answer()[0] == 200
            assert idle.at_end()
            assert later.ask().answer()[0] == 200
            assert waiting.answer()[0] == 204


def test_a_head_without_end_is_cut_off(connect: Connect) -> None:
    connection = connect()
    connection.send(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
    with pytest.raises(OSError, match=r"reset|[Bb]roken|aborted"):
        connection.send(b"x" * 10_000_000)
    assert connect().ask("/healthz").answer()[0] == 200


def test_what_is_no_http_gets_one_line_and_400(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect()
    connection.send(b"\x16\x03\x01\x02\x00\x01\x00 hello\r\n\r\n")
    assert connection.answer()[0] == 400
    (record,) = caplog.records
    assert record.exc_info is None
    assert "\n" not in record.getMessage()
