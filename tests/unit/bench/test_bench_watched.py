from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.bench import presented, watched
from gan_core.bench.client import Client, running_server
from gan_core.bench.crowd import Browser, watch
from gan_core.bench.rounds import Plan, ratios
from gan_core.bench.watched import answer_times, compare, percentile, running_crowd

LONG = 60.0  # seconds: how long to wait for what must come


def test_an_answer_counts_from_when_it_was_asked_for_and_possible() -> None:
    published = [(11, 1.0), (12, 2.0), (13, 3.0)]
    answers = [
        (11, 1.5, 2.25, 12),  # asked first, there at 2.0
        (11, 2.5, 2.625, 12),  # there first, asked at 2.5
        (11, 0.5, 3.25, 13),  # the frame that came last was there at 3.0, but a newer one had been since 2.0
        (13, 3.5, 3.75, None),  # held and given up
        (0, 0.0, 1.5, 11),  # the first there was
    ]
    assert answer_times(answers, published) == [0.25, 0.125, 1.25, 0.5]
    assert answer_times([], published) == []


@given(st.lists(st.floats(0, 1e3), min_size=1), st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]))
def test_percentiles(values: list[float], share: float) -> None:
    assert percentile(values, share) == np.quantile(values, share, method="inverted_cdf")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LONG)
        yield listener


def frame(version: int, size: int = 50_000) -> bytes:
    body = b'GSC1....{"kind":"frame","version":%d}' % version + b"\r\n\r\n" + bytes(size)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX: y\r\n\r\n%s" % (len(body), body)


def serve(listener: socket.socket, requests: list[bytes], *script: bytes | list[bytes]) -> threading.Thread:
    """Answer one request after the other, in pieces where a list is given; hang up where an answer says so."""

    def run() -> None:
        connection = None
        for answer in script:
            if connection is None:
                connection, _ = listener.accept()
            requests.append(connection.recv(10_000))
            for piece in answer if isinstance(answer, list) else [answer]:
                connection.sendall(piece)
            if b"Connection: close" in b"".join(answer if isinstance(answer, list) else [answer]):
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def answer_to(browser: Browser) -> int | None:
    browser.ask()
    answer = None
    while answer is None:
        answer = browser.read()
    had, sent, received, got = answer
    assert sent <= received <= time.monotonic()
    assert browser.version == (got or had)
    return got


def test_a_browser_asks_for_what_is_newer_than_it_has(listener: socket.socket) -> None:
    whole, requests = frame(3), []
    nothing, over = b"HTTP/1.1 204 NO CONTENT\r\n\r\n", b"HTTP/1.1 204 NO CONTENT\r\nConnection: close\r\n\r\n"
    thread = serve(listener, requests, frame(2), nothing, [whole[:5], whole[5:60], whole[60:]], over, frame(9, 0))
    with closing(Browser(listener.getsockname()[1])) as browser:
        assert [answer_to(browser) for _ in range(5)] == [2, None, 3, None, 9]
    thread.join(LONG)
    assert [request.split()[1] for request in requests] == [b"/api/frame?after=%d" % n for n in (0, 2, 2, 3, 3)]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 500 OH\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200", b""])
def test_a_browser_does_not_take_everything(listener: socket.socket, answer: bytes) -> None:
    thread = serve(listener, [], answer)
    with closing(Browser(listener.getsockname()[1])) as browser, pytest.raises(OSError, match="answered"):
        answer_to(browser)
    thread.join(LONG)


def test_clients_ask_no_more_often_than_they_should(listener: socket.socket) -> None:
    """At a server that always has a newer frame."""

    def run() -> None:
        connection, _ = listener.accept()
        with connection:
            while connection.recv(10_000):
                connection.sendall(frame(int(time.monotonic() * 1e6), 0))

    thread = threading.Thread(target=run)
    thread.start()
    start = time.monotonic()
    with closing(Browser(listener.getsockname()[1])) as browser:
        answers = list(watch([browser], asks_a_second=20, seconds=0.225))
    thread.join(LONG)
    assert 1 <= len(answers) <= 5
    assert all(sent >= start + number / 20 for number, (_, sent, _, _) in enumerate(answers))
    assert [had for had, *_ in answers] == [0, *[got for *_, got in answers[:-1]]]


@pytest.mark.slow
def test_many_clients_at_a_server() -> None:
    with running_server("tiny", "cpu", 1) as server, closing(Client(server.port)) as client:
        with running_crowd(server.port, 20) as ask:
            answers = [answer for _ in range(2) for answer in ask(0.5)]
        client.rest()
        published = client.published()
    versions = [version for version, _ in published]
    assert versions == list(range(versions[0], versions[0] + len(versions)))
    assert [there for _, there in published] == sorted(there for _, there in published)
    got = {version for *_, version in answers if version is not None}
    assert got <= set(versions)
    assert len(got) > 1
    assert min(answer_times(answers, published)) > 0  # nobody had a frame before it was there


@pytest.mark.slow
def test_each_number_of_clients_has_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LEAST": 0.3, "LEAD": 0.2, "WATCHED_FOR": 0.0}.items():
        monkeypatch.setattr(watched, name, value)
    rows = {row.name: row for row in compare("tiny", Plan(1, 0.0, "cpu", 1), counts=(1, 3))}
    assert list(rows)[:5] == ["nobody watching", "1 client", "3 clients", "1 client : nobody", "3 clients : nobody"]
    assert rows["3 clients : 1 client"].values == ratios(rows["3 clients"].values, rows["1 client"].values)
    assert rows["3 clients : nobody"].values == ratios(rows["3 clients"].values, rows["nobody watching"].values)
    for name in ("1 client", "3 clients"):
        assert rows[f"frames received by {name}"].values[0] > 0
        assert 0 < rows[f"answer to {name}, p50"].values[0] <= rows[f"answer to {name}, p99"].values[0]


@pytest.mark.slow
def test_a_class_that_watches_has_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presented, "LEAST", 0.3)
    monkeypatch.setattr(presented, "LEAD", 0.2)
    monkeypatch.setattr(watched, "WATCHED_FOR", 0.0)
    rows = {row.name: row for row in presented.watchers_of_a_presenter(Plan(1, 0.0, "cpu", 1), "tiny", watchers=3)}
    assert rows["3 watchers : nobody"].values == ratios(rows["3 watchers"].values, rows["nobody watching"].values)
    for what in ("frame", "cursor"):
        p50, p99 = (rows[f"{what} to 3 watchers, {share}"].values[0] for share in ("p50", "p99"))
        assert 0 < p50 <= p99
