"""What comes with a request, on a real port: in pieces, without a length, never to its end, or too much."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fastapi import Request
from on_a_port import Connect

from gan_core.dashboard.http import body
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.body import save_body
from waiting import until


@pytest.fixture
def kept(app: Application, tmp_path: Path) -> Path:
    """Where POST /keep puts what comes, a million bytes at most."""
    folder = tmp_path / "kept"
    folder.mkdir()

    @app.post("/keep")
    async def keep(request: Request) -> int:
        with TemporaryDirectory(dir=folder) as place:
            await save_body(request, Path(place, "file"), 10**6)
            return len(Path(place, "file").read_bytes())

    return folder


POST = b"POST /keep HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNK = b"%x\r\n%s\r\n" % (1000, bytes(1000))


def test_a_file_comes_in_pieces_up_to_its_limit(kept: Path, connect: Connect) -> None:
    """Whether the request says its length before or not."""
    for size, status in ((10**6, 200), (10**6 + 1, 413)):
        connection = connect()
        connection.send(POST + b"Content-Length: %d\r\n\r\n" % size + bytes(size))
        code, _, answer = connection.answer()
        assert code == status
        assert answer == b"1000000" if status == 200 else b"larger" in answer
    for count, status in ((1000, 200), (1001, 413)):
        connection = connect()
        connection.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK * count + b"0\r\n\r\n")
        assert connection.answer()[0] == status
        assert connection.ask("/healthz").answer()[0] == 200
    assert [*kept.iterdir()] == []


def test_of_a_broken_upload_nothing_stays(kept: Path, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect()
    connection.send(POST + b"Content-Length: 900000\r\n\r\n" + bytes(100_000))
    until(lambda: bool([*kept.iterdir()]))
    connection.close()
    until(lambda: not [*kept.iterdir()])
    assert caplog.records == []


def test_an_upload_that_stands_still_is_given_up(kept: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "PATIENCE", 0.05)
    connection = connect()
    connection.send(POST + b"Content-Length: 900000\r\n\r\n" + bytes(100_000))
    assert connection.answer()[0] == 408
    assert [*kept.iterdir()] == []
