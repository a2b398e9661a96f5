"""Waiting for frames on a real port: answers are those of the application, and whoever waits costs no thread."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest
from fastapi import FastAPI
from on_a_port import Connect, Connection, FakeSession, running

from gan_core.dashboard.http.frames import HOLD, NewestFrame
from web_client import Client

MANY = 64  # more than there are threads for


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


def test_a_connection_is_used_again(connect: Connect, frames: FakeSession) -> None:
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
    wakes: list[str], connect: Connect, frames: FakeSession
) -> None:
    """And one wake-up is enough."""
    threads = threading.active_count()
    waiting = [connect() for _ in range(MANY)]
    for version, payload in enumerate((b"GSC1 a", b"GSC1 bb", b"GSC1 ccc"), 5):
        frames.asked.clear()
        for connection in waiting:
            connection.ask(f"/api/frame?after={version}")
        frames.wait_until_asked(len(waiting))
        assert threading.active_count() == threads
        wakes.clear()
        frames.publish(version + 1, payload)
        first = [connection.answer() for connection in waiting]
        # Only on a busy machine may some have waited for too long before.
        assert len(wakes) == any(status == 200 for status, _, _ in first)
        for connection, (status, _, body) in zip(waiting, first, strict=True):
            if status == 204:
                status, _, body = connection.ask(f"/api/frame?after={version}").answer()
            assert (status, body) == (200, payload)
    assert frames.held == 0


def test_nobody_is_woken_when_nobody_waits(wakes: list[str], connect: Connect, frames: FakeSession) -> None:
    assert connect().ask().answer()[0] == 200
    frames.publish(6, b"GSC1 unseen")
    assert wakes == []


def test_frames_that_come_while_somebody_is_noted_down_wake_once(
    wakes: list[str], connect: Connect, frames: FakeSession
) -> None:
    """The look has found nothing, and the frames are there before the thread waits: they must not be missed."""

    def publish() -> None:
        frames.publish(6, b"GSC1 just now")
        frames.publish(7, b"GSC1 just after")

    frames.after_a_look = publish
    assert connect().ask("/api/frame?after=5").answer()[2] == b"GSC1 just after"
    assert len(wakes) == 1


def test_whoever_gets_no_frame_is_told_after_a_while(connect: Connect) -> None:
    start = time.monotonic()
    assert connect().ask("/api/frame?after=5").answer()[0] == 204
    assert time.monotonic() - start >= HOLD


def test_lenses_are_passed_on(connect: Connect, frames: FakeSession) -> None:
    for version, status in ((4, 200), (5, 204)):
        assert connect().ask(f"/api/frame?after={version}&lens=tears,pull").answer()[0] == status
        assert frames.lenses == {"tears", "pull"}
        frames.lenses.clear()
    assert frames.held == 0


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


def test_asking_again_while_waiting_is_answered_in_turn(connect: Connect, frames: FakeSession) -> None:
    connection = connect()
    frames.after_a_look = lambda: connection.ask("/api/frame?after=0") and None
    assert connection.ask("/api/frame?after=5").answer()[0] == 204
    assert connection.answer()[::2] == (200, b"GSC1 the newest")


def test_a_name_is_checked_each_time_it_changes(connect: Connect, frames: FakeSession) -> None:
    """What was let in once does not open the door for others on the same connection."""
    for stranger in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        connection = connect()
        assert connection.ask().answer()[0] == 200
        asked = len(frames.asked)
        status, _, body = connection.ask(**stranger).answer()
        assert (status, b"GSC1" in body) == (403, False)
        assert len(frames.asked) == asked
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


def test_somebody_who_hangs_up_while_waiting_harms_nobody(connect: Connect, frames: FakeSession) -> None:
    leaving, staying = connect(), connect()
    frames.asked.clear()
    for connection in (leaving, staying):
        connection.ask("/api/frame?after=5")
    frames.wait_until_asked(2)
    leaving.close()
    frames.publish(6, b"GSC1 " + bytes(100_000))
    status, _, _ = staying.answer()
    assert status in (200, 204)  # the latter on a busy machine
    assert connect().ask().answer()[2] == b"GSC1 " + bytes(100_000)


def test_a_frame_larger_than_the_socket_takes_arrives_whole(connect: Connect, frames: FakeSession) -> None:
    payload = bytes(range(256)) * 80_000  # 20 MB
    frames.publish(6, payload)
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
