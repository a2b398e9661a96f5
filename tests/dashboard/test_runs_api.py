"""The HTTP side of recorded runs: real files, a session and a process for re-runs that are not there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from served import served
from test_api import HEADERS, STATUS, FakeSession

from gan_core.dashboard.http.run_query import MAX_MANY
from gan_core.dashboard.http.runs_api import add_run_routes
from gan_core.dashboard.http.view import Archive
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.stored import StoredRuns
from gan_core.records.outcomes import Cancelled
from gan_core.records.steps import StepMetrics
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.recipe import Recipe
from web_client import Client

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
def http(tmp_path: Path, session: FakeSession, reruns: FakeReruns) -> Client:
    archive = Archive(Library(tmp_path), StoredRuns(RunFolder(tmp_path)), reruns)
    return served(lambda server: add_run_routes(server, session, archive), session)


def add(folder: Path, run_id: str, created: float, steps: int, **other: Any) -> None:
    config, values = asdict(GANConfig()), asdict(HyperParameters())
    recipe = Recipe(run_id, "better", config, values, 3, "cpu", "float32", 1, "2.0", "a machine", created, **other)
    file = RunFile.create(folder / f"{run_id}.sqlite", recipe)
    with file.transaction():
        file.add_metrics([StepMetrics(step, 0.5, 0.5, 0.5, 0.5) for step in range(1, steps + 1)])
    file.close()


def post(http: Client, path: str, body: Any) -> tuple[int, Any]:
    answer = http.post(path, headers=HEADERS, json=body)
    return answer.status_code, answer.get_json()


def test_the_process_starts_when_a_page_says_so_and_not_before(http: Client, reruns: FakeReruns) -> None:
    for path in ("/api/frame/3", "/api/progress", "/api/runs"):
        http.get(path, headers=HEADERS)
    assert reruns.asked == []
    assert post(http, "/api/warm", {}) == (200, {})
    assert reruns.asked == ["warm"]


def test_the_last_run_is_named_while_the_first_one_is_open(http: Client, session: FakeSession, tmp_path: Path) -> None:
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
    http: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path, OLD, 1.0, steps=3)
    with closing(RunFile.open(tmp_path / f"{OLD}.sqlite", write=True)):
        monkeypatch.setattr("gan_core.recording.file.lock._mine", set())  # as in another process
        for body in ({"do": "rename", "title": "Mine"}, {"do": "delete"}):
            code, said = post(http, f"/api/runs/{OLD}", body)
            assert code == 400
            assert said["error"].startswith("Another GANscope is recording into this run;")
        assert http.get(f"/api/runs/{OLD}/status", headers=HEADERS).get_json()["step"] == 3


# -- the list, a page at a time, and many at once ---------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of three runs, the newest of which is open and has no step yet, and a damaged file."""
    add(tmp_path, OLD, 1.0, steps=3)
    add(tmp_path, NEW, 2.0, steps=5, parent=OLD, parent_step=2)
    add(tmp_path, PRESENT, 3.0, steps=0)
    (tmp_path / "broken.sqlite").write_bytes(b"no database")
    return tmp_path


def get(http: Client, query: str = "") -> dict[str, Any]:
    answer = http.get(f"/api/runs{query}", headers=HEADERS)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def ids(said: dict[str, Any]) -> list[str]:
    return [run["id"] for run in said["runs"]]


def test_a_page_has_rows_counts_and_what_there_is_to_filter_by(http: Client, folder: Path) -> None:
    plain, page = get(http), get(http, "?count=2&from=1")
    by_id = {run["id"]: run for run in plain["runs"]}
    assert page["runs"] == [by_id[NEW], by_id[OLD]]
    assert (page["from"], page["total"], page["all"], page["empty"], page["unread"]) == (1, 4, 4, 0, 0)
    assert page["nbytes"] == sum(run["nbytes"] for run in plain["runs"])
    assert page["parents"] == {OLD: by_id[OLD]}
    assert page["values"] == {
        "preset": {"better": 3, "": 1},
        "target": {"spiral": 3, "": 1},
        "state": {"none": 3, "damaged": 1},
        "sweep": {"": 4},
    }
    for name in ("current", "last", "folder", "limit"):
        assert page[name] == plain[name]
    assert set(plain) == {"runs", "current", "last", "folder", "limit"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?sort=oldest", ["broken", OLD, NEW, PRESENT]),
        ("?sort=longest", [NEW, OLD, PRESENT, "broken"]),
        ("?state=damaged", ["broken"]),
        ("?state=none&from=1", [NEW, OLD]),
        ("?preset=quick", []),
        ("?preset=better&target=spiral&sweep=&state=none&count=1", [PRESENT]),
        ("?sweep=s1", []),
        ("?find=bBbBbB", [NEW]),
        ("?find=scenario=better%20seed=3%20branch", [NEW]),
        ("?find=damaged", ["broken"]),
        ("?ids=broken,nothing,20260101-000000-aaaaaa", ["broken", OLD]),
        ("?ids=", []),
        (f"?family={OLD}", [OLD, NEW]),
        ("?family=nothing", []),
        ("?count=0", []),
    ],
)
def test_a_query_finds_what_it_says(
    http: Client,
    folder: Path,
    query: str,
    expected: list[str],
) -> None:
    assert ids(get(http, query)) == expected
    if "ids=" not in query and "family=" not in query and "from=" not in query and "count=" not in query:
        assert get(http, f"{query}&only=ids")["ids"] == expected


def test_empty_runs_are_left_out_but_for_the_one_that_is_open(
    http: Client,
    session: FakeSession,
    folder: Path,
) -> None:
    assert ids(get(http, "?empty=hide")) == [PRESENT, NEW, OLD, "broken"]
    session.state = replace(session.state, info=replace(session.state.info, id=OLD))
    hidden = get(http, "?empty=hide")
    assert (ids(hidden), hidden["empty"], hidden["total"], hidden["all"]) == ([NEW, OLD, "broken"], 1, 3, 4)
    assert post(http, f"/api/runs/{PRESENT}", {"do": "rename", "title": "Mine"}) == (200, {})
    assert get(http, "?empty=hide")["empty"] == 0


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?form=3", "/api/runs knows no 'form'; there are from, count, find,"),
        ("?from=-1", "from must be a whole number from 0 up; '-1' is not."),
        ("?count=many", "count must be a whole number from 0 up; 'many' is not."),
        ("?count=501", "count may be up to 500; 501 is more."),
        ("?state=fine", "state must be one of covering, collapsed,"),
        ("?sort=size", "sort must be one of newest, oldest, longest, largest, title; 'size' is not."),
        ("?empty=yes", "empty must be one of show, hide; 'yes' is not."),
        ("?only=names", "only must be one of rows, ids; 'names' is not."),
        (f"?find={'x' * 201}", "find may have up to 200 characters."),
        (f"?sweep={'x' * 201}", "sweep may have up to 200 characters."),
        ("?ids=../secret", "run must be the id of a recorded run"),
        (f"?ids={','.join(['a'] * 501)}", "501 runs are more than the 500 that may be asked for at once."),
        ("?family=A", "run must be the id of a recorded run"),
        ("?ids=a&family=a", "Each of ids, family stands by itself"),
        ("?ids=a&count=3", "Each of ids, family stands by itself"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(http: Client, query: str, sentence: str) -> None:
    answer = http.get(f"/api/runs{query}", headers=HEADERS)
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith(sentence)
    assert answer.get_json()["error"].endswith(".")


def test_many_are_deleted_and_brought_back_in_one_request_each(http: Client, folder: Path) -> None:
    before = get(http)["runs"]
    wanted = [OLD, "broken", OLD, "nothing", PRESENT]
    with closing(RunFile.open(folder / f"{NEW}.sqlite", write=True)):  # as while it is recorded
        code, said = post(http, "/api/library", {"do": "delete", "runs": [*wanted, NEW]})
    assert (code, said["done"]) == (200, 2)
    assert set(said["left"]) == {PRESENT, "nothing", NEW}
    assert said["left"][PRESENT] == "This run is the one that is open; open another one first."
    assert said["left"]["nothing"] == "There is no such run; it may have been deleted."
    assert said["left"][NEW].startswith("Steps of this run are still being written into its file;")
    assert ids(get(http)) == [PRESENT, NEW]
    assert post(http, "/api/library", {"do": "restore", "runs": [OLD, "broken"]}) == (200, {"left": {}, "done": 2})
    assert get(http)["runs"] == before
    code, said = post(http, "/api/library", {"do": "restore", "runs": [OLD]})
    assert (code, said) == (200, {"left": {OLD: "There is no such run; it may have been deleted."}, "done": 0})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([], "The request must be a JSON object."),
        ({"do": "delete"}, "runs must be a list of the ids of recorded runs."),
        ({"do": "delete", "runs": OLD}, "runs must be a list of the ids of recorded runs."),
        ({"do": "delete", "runs": [OLD, 3]}, "run must be the id of a recorded run"),
        ({"do": "delete", "runs": [OLD, "../x"]}, "run must be the id of a recorded run"),
        ({"do": "rename", "runs": [OLD]}, "Unknown action 'rename'; there are delete, restore."),
        ({"do": "delete", "runs": ["a"] * (MAX_MANY + 1)}, "20,001 runs are more than the 20,000"),
    ],
)
def test_a_list_that_is_none_deletes_nothing(http: Client, folder: Path, body: Any, sentence: str) -> None:
    code, said = post(http, "/api/library", body)
    assert code == 400
    assert said["error"].startswith(sentence)
    assert len(get(http)["runs"]) == 4


def test_a_list_may_be_longer_than_other_requests(http: Client, folder: Path) -> None:
    strangers = [f"{number:040d}" for number in range(MAX_MANY)]
    code, said = post(http, "/api/library", {"do": "restore", "runs": strangers})
    assert (code, said["done"], len(said["left"])) == (200, 0, MAX_MANY)
    code, _ = post(http, "/api/library", {"do": "restore", "runs": strangers * 2})
    assert code == 413
