"""The HTTP side of recorded runs: real files, a session and a process for re-runs that are not there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from test_api import HEADERS, STATUS, FakeSession

from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.runs_api import add_run_routes
from gan_core.dashboard.http.view import Archive
from gan_core.recording.file.run_file import RunFile, RunFolder
from gan_core.recording.library import Library
from gan_core.recording.stored import StoredRuns
from gan_core.records.outcomes import Cancelled
from gan_core.records.steps import StepMetrics
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.recipe import Recipe

OLD, NEW, PRESENT = "20260101-000000-aaaaaa", "20260102-000000-bbbbbb", "20260103-000000-cccccc"


@dataclass
class FakeReruns:
    """Notes what it is asked for."""

    asked: list[str] = field(default_factory=list)

    def warm(self) -> None:
        self.asked.append("warm")

    def visit(self, client: str, path: Path, step: int, resolution: int, run: int) -> str:
        self.asked.append(f"visit {step}")
        return "ticket"

    def verify(self, client: str, path: Path) -> str:
        self.asked.append(f"verify {path.stem}")
        return "ticket"

    def cancel(self, ticket: str) -> None:
        self.asked.append(f"cancel {ticket}")

    def result(self, ticket: str, timeout: float) -> Cancelled:
        return Cancelled()


@pytest.fixture
def reruns() -> FakeReruns:
    return FakeReruns()


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(state=replace(STATUS, info=replace(STATUS.info, id=PRESENT)))


@pytest.fixture
def http(tmp_path: Path, session: FakeSession, reruns: FakeReruns) -> FlaskClient:
    server, folder = Flask("api"), RunFolder(tmp_path)
    add_routes(server, session)
    add_run_routes(server, session, Archive(Library(tmp_path), StoredRuns(folder), reruns))
    return server.test_client()


def add(folder: Path, run_id: str, created: float, steps: int) -> None:
    config, values = asdict(GANConfig()), asdict(HyperParameters())
    recipe = Recipe(run_id, "better", config, values, 3, "cpu", "float32", 1, "2.0", "a machine", created)
    file = RunFile.create(folder / f"{run_id}.sqlite", recipe)
    with file.transaction():
        file.add_metrics([StepMetrics(step, 0.5, 0.5, 0.5, 0.5) for step in range(1, steps + 1)])
    file.close()


def post(http: FlaskClient, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    answer = http.post(path, headers=HEADERS, json=body)
    return answer.status_code, answer.get_json()


def test_the_process_starts_when_a_page_says_so_and_not_before(http: FlaskClient, reruns: FakeReruns) -> None:
    for path in ("/api/frame/3", "/api/progress", "/api/runs"):
        http.get(path, headers=HEADERS)
    assert reruns.asked == []
    assert post(http, "/api/warm", {}) == (200, {})
    assert reruns.asked == ["warm"]


def test_the_last_run_is_named_while_the_first_one_is_open(
    http: FlaskClient, session: FakeSession, tmp_path: Path
) -> None:
    def last() -> object:
        return http.get("/api/runs", headers=HEADERS).get_json()["last"]

    assert last() is None
    add(tmp_path, OLD, 1.0, steps=3)
    add(tmp_path, NEW, 2.0, steps=0)
    add(tmp_path, PRESENT, 3.0, steps=1)
    assert last() == OLD
    session.state = replace(session.state, info=replace(session.state.info, id=OLD))
    assert last() is None  # it was taken up already


def test_what_another_server_records_is_not_changed(
    http: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path, OLD, 1.0, steps=3)
    with closing(RunFile.open(tmp_path / f"{OLD}.sqlite", write=True)):
        monkeypatch.setattr("gan_core.recording.file.lock._mine", set())  # as in another process
        for body in ({"do": "rename", "title": "Mine"}, {"do": "delete"}):
            code, said = post(http, f"/api/runs/{OLD}", body)
            assert code == 400
            assert said["error"].startswith("Another GANscope is recording into this run;")
        assert http.get(f"/api/runs/{OLD}/status", headers=HEADERS).get_json()["step"] == 3
