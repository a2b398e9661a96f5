"""What is not there, and what no page of ours would ask: short answers, on the whole application."""

from __future__ import annotations

import copy
import logging
import mimetypes
from pathlib import Path
from typing import Any

import pytest
from test_api import HEADERS, FakeSession
from test_runs_api import FakeReruns

from gan_core.dashboard.app import create_app
from gan_core.dashboard.http.view import Archive
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.stored import StoredRuns
from gan_core.training.known import CHOICES
from web_client import Client

CALLBACKS = "/_dash-update-component"


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder: Path = tmp_path_factory.mktemp("runs")
    archive = Archive(Library(folder), StoredRuns(RunFolder(folder)), FakeReruns())  # type: ignore[arg-type]
    return Client(create_app(FakeSession(), archive, choices=CHOICES).server)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path",
    ["/api/nothing", "/api", "/api/", "/api/status/", "/api/frame/1/2", "/api/runs/a/b/c", "/api/%ff", "/api/%00"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_of_the_api_is_answered_in_json(http: Client, path: str, method: str) -> None:
    answer = http.open(path, method=method, headers=HEADERS)
    assert answer.status_code == 404
    assert "There is no such path" in answer.get_json()["error"]


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/compare/", "/index.html", "/apis", "/assets/", "/assets/nothing.js", "/assets/../app.py", "/%00"]
    + ["/_dash-layout/x", "/%ff", "/healthz/<script>", "/" + "a/" * 3000]
    + [
        f"/_dash-component-suites/{path}"
        for path in ("evil/x.js", "dash/x.js", "dash/..%2f..%2fdash.py", "dash/x.v1m1.js")
    ],
)
def test_an_unknown_path_elsewhere_gets_a_short_page(http: Client, path: str) -> None:
    answer = http.get(path, headers=HEADERS)
    assert answer.status_code == 404
    assert answer.content_type.startswith("text/html")
    assert len(answer.data) < 4000
    assert '<a href="/">To the dashboard</a>' in answer.text
    assert "script" not in answer.text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/?run=20260101-000000-aaaaaa", "text/html"),
        ("/compare", "text/html"),
        ("/healthz", "application/json"),
        ("/api/status", "application/json"),
        ("/assets/app.js", "text/javascript"),
        ("/_favicon.ico", "image/"),
        ("/_dash-layout", "application/json"),
        ("/_dash-dependencies", "application/json"),
        ("/_dash-component-suites/dash/dcc/dash_core_components.js", "text/javascript"),
    ],
)
def test_what_there_is_stays(http: Client, path: str, kind: str) -> None:
    answer = http.get(path, headers=HEADERS)
    assert answer.status_code == 200
    assert answer.content_type.startswith(kind)


def test_scripts_and_styles_are_sent_as_such_whatever_the_machine_calls_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a Windows whose registry knows better; browsers then run nothing, and the page stays empty."""
    for table in ("types_map", "suffix_map", "encodings_map", "common_types", "_db"):
        monkeypatch.setattr(mimetypes, table, copy.deepcopy(getattr(mimetypes, table)))
    for ending in (".js", ".css"):
        mimetypes.add_type("text/plain", ending)
    http = Client(create_app(FakeSession(), choices=CHOICES).server)
    for path, kind in (
        ("/assets/app.js", "text/javascript"),
        ("/assets/styles/10-base.css", "text/css"),
        ("/_dash-component-suites/dash/dcc/dash_core_components.js", "text/javascript"),
    ):
        assert http.get(path, headers=HEADERS).content_type.startswith(kind), path


def test_head_is_answered_as_get_is_without_the_body(http: Client) -> None:
    for path in ("/", "/healthz", "/assets/app.js", "/api/frame/3", "/api/frame?after=0"):
        get, head = (http.open(path, method=method, headers=HEADERS) for method in ("GET", "HEAD"))
        assert (head.status_code, head.data, head.headers) == (200, b"", get.headers)


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/assets/app.js", "/healthz", "/api/status"])
def test_a_wrong_method_is_none_of_an_unknown_path(http: Client, path: str) -> None:
    assert http.post(path, headers=HEADERS).status_code == 405


@pytest.mark.parametrize(
    "call",
    [
        {"json": {"output": "x", "inputs": []}},
        {"json": {"output": "status.children", "inputs": [{"id": "pulse", "property": "n_intervals", "value": 1}]}},
        {"json": {"output": "..a.b...c.d..", "outputs": 7, "inputs": {}, "changedPropIds": None}},
        {"json": {"output": None}},
        {"json": {"output": ["x"], "inputs": "y"}},
        {"json": []},
        {"json": "x"},
        {"data": b"", "content_type": "application/json"},
        {"data": b"{", "content_type": "application/json"},
        {"data": b"[" * 60_000, "content_type": "application/json"},
        {"data": b"x" * (1 << 20)},
        {"data": b"\xff\x00\n\r", "content_type": "text/plain"},
    ],
)
def test_a_call_of_a_dash_callback_is_refused_with_one_line_in_the_log(
    http: Client, caplog: pytest.LogCaptureFixture, call: dict[str, Any]
) -> None:
    answer = http.post(CALLBACKS, headers=HEADERS, **call)
    assert answer.status_code == 404
    assert "No callback" in answer.get_json()["error"]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.exc_info is None
    assert "\n" not in record.getMessage()


def test_no_callback_of_the_page_is_the_servers(http: Client) -> None:
    """Or else it would be refused."""
    dependencies = http.get("/_dash-dependencies", headers=HEADERS).get_json()
    assert dependencies
    assert all(one["clientside_function"] for one in dependencies)


def test_browsers_keep_what_an_address_says_the_time_of(http: Client) -> None:
    """Dash adds when a script was written; without that, or for what is not there, they ask each time."""

    def kept_for(path: str) -> int | None:
        return http.get(path, headers=HEADERS).max_age

    assert kept_for("/assets/app.js?m=1") == 365 * 24 * 3600
    for path in ("/assets/app.js", "/assets/nowhere.js?m=1", "/?m=1", "/api/status?m=1"):
        assert not kept_for(path), path
