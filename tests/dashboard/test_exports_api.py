"""The HTTP side of exports, over a real service whose process makes a table of a small run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from served import Ask, asker, served
from test_api import HEADERS

import run_files
from gan_core.dashboard.http.exports_api import add_export_routes
from gan_core.export.service import Exports
from gan_core.recording.file.run_folder import RunFolder
from waiting import until
from web_client import Client


@pytest.fixture
def http(tmp_path: Path) -> Iterator[Client]:
    run_files.record(tmp_path / "a.sqlite", 20)
    with closing(Exports(tmp_path / "exports", RunFolder(tmp_path).path)) as exports:
        yield served(lambda server: add_export_routes(server, exports))


@pytest.fixture
def ask(http: Client) -> Ask:
    return asker(http, "/api/exports")


def test_one_is_asked_for_followed_fetched_and_removed(ask: Ask, http: Client) -> None:
    status, said = ask("")
    assert (status, said["exports"]) == (200, [])
    curves = next(kind for kind in said["kinds"] if kind["name"] == "curves")
    assert curves == {
        "name": "curves",
        "suffixes": [".csv", ".parquet"],
        "takes": {"steps": {"usual": None, "range": None}},
    }
    status, said = ask("", {"run": "a", "what": "curves", "suffix": ".csv", "steps": "3..7"})
    assert status == 200
    job = said["id"]
    until(lambda: ask("")[1]["exports"][0]["state"] in ("done", "failed"))
    (found,) = ask("")[1]["exports"]
    assert (found["state"], found["error"]) == ("done", "")
    answer = http.open(f"/api/exports/{job}/file", method="GET", headers=HEADERS)
    rows = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert [row.split(",")[0] for row in rows] == ["step", "3", "4", "5", "6", "7"]
    assert len(answer.data) == found["nbytes"]
    assert answer.headers["Content-Disposition"] == "attachment; filename=ganscope-a-curves.csv"
    assert ask(f"/{job}", method="DELETE") == (200, {})
    assert ask("")[1]["exports"] == []
    for path, method in ((f"/{job}", "DELETE"), (f"/{job}/file", "GET")):
        assert ask(path, method=method) == (404, {"error": "There is no such export any more."})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"run": "../a", "what": "curves", "suffix": ".csv"}, "id"),
        ({"run": "a", "what": ["film"], "suffix": ".csv"}, "There is no export"),
        ({"run": "a", "what": "curves", "suffix": ".csv/../../x"}, "is written as"),
        ({"run": "a", "what": "curves", "suffix": ".csv", "steps": [1, 2]}, "two dots"),
        ({"run": "a", "what": "curves", "suffix": ".csv", "out": "/etc/passwd"}, "There is no choice out;"),
    ],
)
def test_what_cannot_be_asked_for_is_said(ask: Ask, body: dict[str, object], words: str) -> None:
    status, said = ask("", body)
    assert status == 400
    assert words in said["error"]
