"""The HTTP side of papers' tables, over real folders; nothing is trained but what a test puts into them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from served import Ask, asker, served
from test_api import HEADERS

from gan_core.dashboard.http.tables_api import MAX_BODY, add_table_routes
from gan_core.papers.asked import Asked
from gan_core.papers.counts import Count
from gan_core.papers.registry import TABLES
from gan_core.papers.service import Tables
from gan_core.sweep.line import Line
from gan_core.sweep.trial import Cost
from gan_core.sweep.work import Share, work
from web_client import Client

SHORT: dict[str, Any] = {"table": "d2l-grid", "seeds": 2, "steps": 20, "ways": ["gan", "gan-r1"]}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "tables", Line(cores=2))


@pytest.fixture
def http(tables: Tables) -> Client:
    return served(lambda server: add_table_routes(server, tables))


@pytest.fixture
def ask(http: Client) -> Ask:
    return asker(http, "/api/tables")


def train_gan(folder: Path) -> dict[str, Any]:
    """What the command would write into the folder of one run; returns its row."""
    asked = Asked(TABLES["d2l-grid"], (0, 1), 20, folder)
    way, *_ = asked.ways
    _, task = next(asked.table.plan(way, asked.seeds, 20).tasks())
    (row,) = work(Share((task,)), measure=Count(asked.table.samples)).rows
    assert asked.folder(way).add([row]) is None
    return row


def test_one_is_begun_listed_told_and_given(ask: Ask, http: Client, tmp_path: Path) -> None:
    code, said = ask("")
    assert (code, said["tables"], said["cores"]) == (200, [], 2)
    listed = [(paper["name"], paper["steps"], len(paper["ways"])) for paper in said["papers"]]
    assert listed[:4] == [
        ("pacgan-ring", 400_000, 5), ("pacgan-grid", 400_000, 5), ("d2l-grid", 20_000, 9), ("wgan-gp-toys", 100_000, 6),
    ]  # fmt: skip
    assert [name for name, _, _ in listed] == list(TABLES)
    code, said = ask("", {**SHORT, "workers": 2})
    assert code == 200
    name = said["id"]
    (listed,) = ask("")[1]["tables"]
    assert {key: listed[key] for key in ("id", "table", "seeds", "steps", "protocol", "runs", "done", "state")} == {
        "id": name, "table": "d2l-grid", "seeds": 2, "steps": 20, "protocol": 20_000, "runs": 4, "done": 0,
        "state": "waiting",
    }  # fmt: skip
    row = train_gan(tmp_path / "tables" / name)

    told = ask(f"/{name}")[1]
    table = told["table"]
    assert told["sweep"]["done"] == 1
    assert "table" not in ask(f"/{name}?seen={told['version']}")[1]
    gan = table["lines"][0]
    assert (gan["seeds"], gan["here"]["seeds"]) == (2, 1)
    scales = [(column.scale, column.digits) for column in TABLES["d2l-grid"].columns]
    numbers = [row["measured"][column.reading] for column in TABLES["d2l-grid"].columns]
    assert gan["here"]["cells"] == [f"{n * s:.{d}f}" for n, (s, d) in zip(numbers, scales, strict=True)]
    others = [line["here"] for line in table["lines"][1:]]
    assert set(map(type, others)) == {type(None)}
    recalled = [claim["source"].endswith("†") for claim in table["claims"]]
    assert recalled == [not claim.confirmed for claim in TABLES["d2l-grid"].claims]
    assert (table["differences"], table["otherwise"]) == (
        list(TABLES["d2l-grid"].differences), list(TABLES["d2l-grid"].otherwise),
    )  # fmt: skip

    for kind, begin in (("md", "# "), ("json", "{")):
        answer = http.get(f"/api/tables/{name}/table.{kind}", headers=HEADERS)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="ganscope-{name}.{kind}"'
        assert answer.text.startswith(begin)
    assert ask(f"/{name}/table.csv") == (
        400,
        {"error": "A table is given as a file of the kind md, json; 'csv' is not one."},
    )


def test_what_can_be_done_with_one(ask: Ask) -> None:
    name = ask("", SHORT)[1]["id"]
    assert ask(f"/{name}", {"do": "pause"}) == (200, {})
    assert ask(f"/{name}")[1]["sweep"]["state"] == "paused"
    assert ask(f"/{name}", {"do": "go-on", "workers": 2}) == (200, {})
    assert ask(f"/{name}")[1]["sweep"]["state"] == "waiting"
    assert ask(f"/{name}", {"do": "stop"}) == (400, {"error": "Unknown action 'stop'; there are pause, go-on."})
    assert ask(f"/{name}", method="DELETE") == (200, {})
    gone = (404, {"error": "There is no such table; it may have been deleted."})
    assert ask(f"/{name}") == ask(f"/{name}", {"do": "pause"}) == ask(f"/{name}/table.md") == gone


def test_what_it_would_take_is_the_sum_of_its_ways(ask: Ask, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, Cost] = {}
    monkeypatch.setattr(tables._trials, "ask", lambda plan: known.get(dict(plan.config).get("penalty", "none")))
    asked = {**SHORT, "seeds": 5, "workers": 2}
    assert ask("/cost", asked) == (202, {"seconds": {}, "ways": 2, "seconds_in_all": None})
    known["none"] = Cost(3.0)
    assert ask("/cost", asked) == (202, {"seconds": {"gan": 3.0}, "ways": 2, "seconds_in_all": None})
    known["r1"] = Cost(5.0)  # five runs of each on two processes: three after each other
    assert ask("/cost", asked) == (200, {"seconds": {"gan": 3.0, "gan-r1": 5.0}, "ways": 2, "seconds_in_all": 24.0})
    known["r1"] = Cost(error="There is no room.")
    assert ask("/cost", asked) == (400, {"error": "There is no room."})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ([], "must be a JSON object"),
        ({}, "There is no table None; there are pacgan-ring"),
        ({**SHORT, "steps": 20_001}, "1 to 20,000 steps"),
        ({**SHORT, "ways": ["lazy"]}, "no way 'lazy'"),
        ({**SHORT, "workers": "all"}, "workers must be a whole number"),
        ({**SHORT, "workers": 0}, "1 to 2 processes"),
    ],
)
def test_what_is_no_table_is_refused(ask: Ask, body: Any, why: str) -> None:
    for path in ("", "/cost"):
        code, said = ask(path, body)
        assert code == 400
        assert why in said["error"]


def test_too_much_and_strangers_are_refused(http: Client) -> None:
    answer = http.post("/api/tables", headers=HEADERS, json={**SHORT, "more": "x" * MAX_BODY})
    assert answer.status_code == 413
    answer = http.post("/api/tables", headers={**HEADERS, "Origin": "http://elsewhere.example"}, json=SHORT)
    assert answer.status_code == 403
