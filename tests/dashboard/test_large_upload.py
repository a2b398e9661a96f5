"""A run file of more than a gigabyte is taken in over a real port, and never held in memory."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from on_a_port import LONG, running
from test_api import HEADERS, FakeSession
from test_runs_api import FakeReruns

from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.listen import Server
from gan_core.dashboard.http.runs_api import add_run_routes
from gan_core.dashboard.http.view import Archive
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.stored import StoredRuns

RECORDED = Path(__file__).parents[1] / "recorded" / "format-3.sqlite"
LIMIT = 2 * 10**9  # what --run-limit 2 means
SPARE = 600_000_000  # bytes; twice that in the file
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture
def server(runs: Path) -> Iterator[Server]:
    app = Application()
    guard(app)
    add_run_routes(app, FakeSession(), Archive(Library(runs, LIMIT), StoredRuns(RunFolder(runs)), FakeReruns()))
    yield from running(app, "127.0.0.1")


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Path]:
    """A recorded run in a file with free pages, as they are left where many frames were thinned."""
    if shutil.disk_usage(tmp_path).free < 4 * LIMIT:
        pytest.skip("needs some gigabytes of disk")
    path = tmp_path / "large.sqlite"
    shutil.copyfile(RECORDED, path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("CREATE TABLE spare (bytes BLOB)")
        db.executemany("INSERT INTO spare VALUES (zeroblob(?))", [(SPARE,)] * 2)
        db.commit()
        db.execute("DROP TABLE spare")
        db.commit()
    yield path
    path.unlink()


@pytest.mark.slow
def test_more_than_a_gigabyte_is_taken_in(large: Path, server: Server, runs: Path) -> None:
    size = large.stat().st_size
    assert size > 2**30
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    host, port = server.addresses[0]
    with closing(HTTPConnection(host, port, LONG)) as http, large.open("rb") as body:
        headers = {**HEADERS, "Content-Type": "application/octet-stream", "Content-Length": str(size)}
        http.request("POST", "/api/runs", body, headers)
        answer = http.getresponse()
        said = json.load(answer)
    assert answer.status == 200, said
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * MAXRSS_UNIT < 2**28
    with closing(RunFile.open(runs / f"{said['id']}.sqlite")) as taken, closing(RunFile.open(RECORDED)) as sent:
        assert taken.last_step() == sent.last_step()
        assert [*taken.checkpoint_steps()] == [*sent.checkpoint_steps()]
