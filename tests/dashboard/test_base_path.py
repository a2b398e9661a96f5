"""The path below which a proxy shows the server: passed on or taken off, and in every address of the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

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

BASE = "/user/me%40x/proxy/8050"
# What stands in a page and is an address of the server's own.
ADDRESSES = re.compile(r'(?:href|src)="([^"#]+)"')
OF_DASH = re.compile(r'<script id="_dash-config" type="application/json">(.*?)</script>')
CHANGES = ("/", "/api/status")  # with each request


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder: Path = tmp_path_factory.mktemp("runs")
    archive = Archive(Library(folder), StoredRuns(RunFolder(folder)), FakeReruns())  # type: ignore[arg-type]
    return Client(create_app(FakeSession(), archive, choices=CHOICES, base=BASE).server)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/", "/compare", "/healthz", "/api/status", "/api/frame/0", "/assets/app.js"])
def test_an_answer_is_the_same_below_the_path_and_without_it(http: Client, path: str) -> None:
    below, plain = (http.get(at, headers=HEADERS) for at in (f"{BASE}{path}", path))
    assert below.status_code == plain.status_code == 200
    assert below.content_type == plain.content_type
    assert path in CHANGES or below.data == plain.data


def test_the_path_itself_leads_to_the_page(http: Client) -> None:
    answer = http.get(f"{BASE}?run=a", headers=HEADERS)
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{BASE}/?run=a"


@pytest.mark.parametrize("path", ["/user", f"{BASE}x/", "/user/me/proxy/8050/", f"{BASE}/nothing", f"{BASE}{BASE}/"])
def test_other_paths_are_not_there(http: Client, path: str) -> None:
    assert http.get(path, headers=HEADERS).status_code == 404


@pytest.mark.parametrize("path", ["/", "/compare", "/nothing"])
def test_every_address_in_a_page_begins_with_the_path(http: Client, path: str) -> None:
    page = http.get(path, headers=HEADERS).text
    found = ADDRESSES.findall(page)
    assert len(found) >= 3
    assert all(address.startswith(f"{BASE}/") for address in found), found
    assert path == "/nothing" or f'data-base="{BASE}"' in page
    for config in OF_DASH.findall(page):
        assert json.loads(config)["requests_pathname_prefix"] == f"{BASE}/"


def test_a_path_that_nobody_told_it_is_named() -> None:
    plain = Client(create_app(FakeSession(), choices=CHOICES).server)  # type: ignore[arg-type]
    for path, option in (
        ("/gan/", "--base-path /gan"),
        ("/user/me/proxy/8050/compare", "--base-path /user/me/proxy/8050"),
        ("/<b>/", "--base-path /PATH"),
        ("/" + "a/" * 300, "--base-path /PATH"),
    ):
        assert f"add {option} to GANscope" in plain.get(path, headers=HEADERS).text
