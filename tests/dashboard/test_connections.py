"""What many, slow and endless connections get, on a real port."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest
from on_a_port import Connect, Connection, FakeSession, running

from gan_core.dashboard.http import listen
from gan_core.dashboard.http.application import Application


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
    connect: Connect, frames: FakeSession, monkeypatch: pytest.MonkeyPatch
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
    app: Application, frames: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "MAX_CONNECTIONS", 3)
    for server in running(app, "127.0.0.1"):
        with ExitStack() as opened:
            waiting, idle, later = (opened.enter_context(closing(Connection(server.addresses[0]))) for _ in range(3))
            for connection in (waiting, idle, later):
                assert connection.ask().answer()[0] == 200
            frames.asked.clear()
            waiting.ask("/api/frame?after=5")
            frames.wait_until_asked(1)
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
